"""Hygiene: unsafe code, secrets in what is kept, packages that nothing holds to a digest.

`make audit` runs it, and prints a figure a line. Whether a package has a known hole is asked
of a public service, where that is reached.
"""

import json
import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

from bench.figures import tell
from bench.locks import LOCKS, ROOT, locked, normal, wanted

_KNOWN = ROOT / "bench" / "known_secrets.toml"
_BEGINNING = 12
"""Letters of a finding's SHA-1 by which it is known."""

_GRAVE = ("MEDIUM", "HIGH")
_BIN = Path(sys.executable).parent
_TOOLS = {"pip", "setuptools", "wheel"}
"""What makes an environment, and is no package of ours."""

PIP_AUDIT = "pip-audit==2.10.1"
CYCLONEDX = "cyclonedx-bom==7.5.0"
_SECONDS = 180


def main() -> bool:
    """Look at all of it; say whether all is clean."""
    return all([_unsafe(), _secrets(), _unlocked(), _installed(), _holes()])


def bill() -> None:
    """Write the bill of materials, in CycloneDX's form, to `var/sbom.json`."""
    to = ROOT / "var" / "sbom.json"
    to.parent.mkdir(exist_ok=True)
    written = ["requirements", str(ROOT / "requirements.lock"), "--output-file", str(to)]
    _tool(CYCLONEDX, "cyclonedx-py", *written, "--output-reproducible").check_returncode()
    count = len(json.loads(to.read_text(encoding="utf-8"))["components"])
    print(f"{to.relative_to(ROOT)}: {count} packages")


def _unsafe() -> bool:
    """Tell what bandit finds in the line's code."""
    command = [str(_BIN / "bandit"), "-q", "-r", ".", "-c", "pyproject.toml", "-f", "json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    report = json.loads(done.stdout)
    faults = [one for one in report["results"] if one["issue_severity"] in _GRAVE]
    _say([f"{one['filename']}:{one['line_number']} {one['issue_text']}" for one in faults])
    lines = report["metrics"]["_totals"]["loc"]
    name = f"bandit over {lines:,} lines of the line's code: findings, medium or graver"
    faults += report["errors"]
    return _none(name, len(faults))


def _secrets() -> bool:
    """Tell what looks like a secret in what is kept, and is not known to be none."""
    found: dict[str, str] = {}
    secrets, files = SecretsCollection(), _tracked()
    with default_settings():
        for file in files:
            secrets.scan_file(str(file))
    for file_name, secret in secrets:
        found[secret.secret_hash[:_BEGINNING]] = f"{file_name}:{secret.line_number}"
    known = tomllib.loads(_KNOWN.read_text(encoding="utf-8"))["known"]
    strange = {digest: place for digest, place in found.items() if digest not in known}
    _say([f"{place} {digest}" for digest, place in strange.items()])
    _say([f"not found any more: {one}" for one in sorted(known.keys() - found.keys())])
    return _none(f"secrets in the {len(files):,} files that are kept", len(strange))


def _tracked() -> list[Path]:
    """List what git keeps, or would keep; locks are digests from end to end."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    files = [Path(one) for one in listed.stdout.split("\0") if one]
    return [one for one in files if one.suffix != ".lock" and (ROOT / one).is_file()]


def _unlocked() -> bool:
    """Tell which packages no digest holds."""
    loose = []
    for file, lock in LOCKS.items():
        packages = locked(lock)
        versions = {one.name: one.version for one in packages}
        loose += [one.name for one in packages if not one.digests]
        loose += [one for one, pin in wanted(file).items() if versions.get(one) != pin]
    _say(loose)
    count = sum(len(locked(lock)) for lock in LOCKS.values())
    return _none(f"packages of {count} in the locks without a digest", len(loose))


def _installed() -> bool:
    """Tell what is installed here that the tests' lock does not name."""
    [*_, lock] = LOCKS.values()
    named = {(one.name, one.version) for one in locked(lock)}
    here = {(normal(one.name), one.version) for one in distributions()}
    strange = [one for one in sorted(here - named) if one[0] not in _TOOLS]
    _say([" ".join(one) for one in strange])
    return _none("packages installed here that no lock names", len(strange))


def _holes() -> bool:
    """Tell which packages have a known hole, where the service that knows is reached."""
    lock = str(ROOT / "requirements.lock")
    asked = ["--requirement", lock, "--require-hashes", "--disable-pip", "--format", "json"]
    try:
        done = _tool(PIP_AUDIT, "pip-audit", *asked, "--progress-spinner", "off")
        told: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):
        told = []
    packages = [one for one in told if "skip_reason" not in one]
    if not packages:  # it skips what it cannot ask for, and then says that all is well
        print("known holes: the service that knows them is not reached from here", flush=True)
        return True
    holed = [one for one in packages if one["vulns"]]
    _say([f"{one['name']} {one['version']}: {one['vulns'][0]['id']}" for one in holed])
    return _none(f"packages of {len(packages)} with a known hole", len(holed))


def _tool(package: str, name: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run a tool that only this needs, in an environment of its own."""
    command = [str(_BIN / "uv"), "--quiet", "tool", "run", "--from", package, name, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)


def _none(name: str, count: int) -> bool:
    tell("S14", name, count, "0", count == 0)
    return count == 0


def _say(lines: list[str]) -> None:
    for one in lines:
        print(f"  {one}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["bill"]:
        bill()
    else:
        sys.exit(not main())
