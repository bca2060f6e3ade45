"""The locks: every package that the line is installed from, with the digests of its files.

`requirements.txt` says what the line needs and why; `requirements.lock` beside it says what
that comes to, for every Python from 3.11 on. pip installs nothing that is not in the lock,
and no file that has another digest. `make lock` writes both locks anew.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCKS = {
    ROOT / "requirements.txt": ROOT / "requirements.lock",
    ROOT / "tests" / "requirements.txt": ROOT / "tests" / "requirements.lock",
}
"""What is wanted, and what that is locked to."""

_PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\#]+)")
_DIGEST = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Locked:
    """One package of a lock.

    Attributes:
        digests: SHA-256 of every file of it, in hexadecimal.
    """

    name: str
    version: str
    digests: list[str] = field(repr=False)


def wanted(file: Path) -> dict[str, str]:
    """Read what a requirements file pins, with the files that it names: version by package."""
    pins: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            pins |= wanted(file.parent / line.removeprefix("-r ").strip())
        elif found := _PIN.match(line):
            pins[normal(found[1])] = found[2]
        elif line.partition("#")[0].strip():
            raise ValueError(f"{file.name}: not pinned: {line}")
    return pins


def locked(file: Path) -> list[Locked]:
    """Read a lock, a package at a time."""
    packages: list[Locked] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if found := _PIN.match(line):
            packages.append(Locked(normal(found[1]), found[2], []))
        packages[-1].digests.extend(_DIGEST.findall(line))
    return packages


def normal(name: str) -> str:
    """Write a package's name as the index does: `redis_lite` is `redis-lite`."""
    return re.sub(r"[-_.]+", "-", name).lower()
