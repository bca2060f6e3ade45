"""What is installed is what was locked: every package by the digests of its files."""

from collections import Counter
from pathlib import Path

import pytest

from bench.locks import LOCKS, ROOT, locked, wanted

both = pytest.mark.parametrize(("file", "lock"), LOCKS.items(), ids=["line", "tests"])


@both
def test_the_lock_holds_each_pin_and_no_other_version(file: Path, lock: Path) -> None:
    versions = {one.name: one.version for one in locked(lock)}
    lacking = {
        name: version for name, version in wanted(file).items() if versions.get(name) != version
    }
    assert not lacking, "run `make lock`"


@both
def test_every_package_of_a_lock_is_there_once_and_has_digests(file: Path, lock: Path) -> None:
    packages = locked(lock)
    assert len(packages) > len(wanted(file))
    assert not [one.name for one in packages if not one.digests]
    assert set(Counter(one.name for one in packages).values()) == {1}


@both
def test_a_lock_names_no_place_to_fetch_from(file: Path, lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert file.name not in text
    assert not [one for one in ("://", "--index", "--find-links", " @ ") if one in text]


def test_both_locks_agree() -> None:
    line, tests = (
        {one.name: (one.version, sorted(one.digests)) for one in locked(lock)}
        for lock in LOCKS.values()
    )
    assert {name: tests.get(name) for name in line} == line


def test_a_pin_that_is_none_is_refused(tmp_path: Path) -> None:
    loose = tmp_path / "requirements.txt"
    loose.write_text("# why\nflask==3.1.3 # why\nredis>=8\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"not pinned: redis>=8"):
        wanted(loose)


def test_everything_is_installed_by_its_lock_alone() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    installs = [one for one in makefile.splitlines() if "pip install" in one]
    assert installs
    assert all("--require-hashes" in one and ".lock" in one for one in installs)
