"""Lists that were sent: sealed on disk, whole or damaged, locked by whoever is at one."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.keys import Keys, Versions
from models.uploads import Damaged, Incoming, Uploads
from tests.conftest import KEYS

LIST = b"kind,number\nid_card,20123456\n"
LONG = LIST * 90_000
"""Of three blocks."""


def keys(phone: str = KEYS["PHONE_KEY"]) -> Keys:
    public = Versions.read(KEYS["ARCHIVE_PUBLIC_KEY"]).secrets[0]
    return Keys(Versions.read(KEYS["LOOKUP_KEY"]), Versions.read(phone), public)


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path / "uploads", keys())


def sent(uploads: Uploads, octets: bytes) -> Incoming:
    incoming = uploads.receive()
    for start in range(0, len(octets), 65_536):
        incoming.write(octets[start : start + 65_536])
    incoming.seek(0)
    incoming.kept = True
    incoming.close()
    return incoming


@pytest.fixture(params=[LIST, LONG, b""], ids=["short", "long", "empty"])
def octets(request: pytest.FixtureRequest) -> bytes:
    found: bytes = request.param
    return found


def test_a_list_opens_as_it_was_sent(uploads: Uploads, octets: bytes) -> None:
    incoming = sent(uploads, octets)
    with uploads.opened(incoming.name, incoming.digest) as path:
        found = path.read_bytes()
        by_another = subprocess.run(["wc", "-c", path], capture_output=True, check=True).stdout

    assert found == octets
    assert int(by_another.split()[0]) == len(octets)
    assert incoming.digest == hashlib.sha256(octets).hexdigest()
    assert not path.exists()


def test_nothing_of_a_list_lies_on_disk_in_the_clear(uploads: Uploads) -> None:
    incoming = sent(uploads, LONG)
    with uploads.opened(incoming.name, incoming.digest):
        files = list(uploads.folder.iterdir())
        written = b"".join(one.read_bytes() for one in files)

    assert [one.name for one in files] == [incoming.name]
    assert b"20123456" not in written
    assert {oct(one.stat().st_mode)[-3:] for one in (*files, uploads.folder)} == {"600", "700"}


def _blocks(octets: bytes) -> Iterator[tuple[int, int]]:
    """Give where each part of a sealed file begins and ends."""
    place = 0
    while place < len(octets):
        after = place + 4 + int.from_bytes(octets[place : place + 4])
        yield place, after
        place = after


def test_a_list_that_was_changed_cut_or_shuffled_does_not_open(uploads: Uploads) -> None:
    incoming = sent(uploads, LONG)
    file = uploads.folder / incoming.name
    whole = file.read_bytes()
    key, first, second, *rest = (whole[one:two] for one, two in _blocks(whole))
    ends = b"".join(rest)
    opened = []
    for changed in (
        b"",
        key,
        key + first + second,
        key + second + first + ends,
        key + first + ends,
        key + first + second + ends + ends,
        whole[:-1],
        whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:],
    ):
        file.write_bytes(changed)
        try:
            with uploads.opened(incoming.name, incoming.digest):
                opened.append(changed)
        except Damaged:
            continue

    assert len(rest) == 1
    assert opened == []


def test_a_list_does_not_open_under_another_name_digest_or_key(uploads: Uploads) -> None:
    incoming, other = sent(uploads, LIST), sent(uploads, LIST + LIST)
    (uploads.folder / ("0" * 32)).write_bytes((uploads.folder / incoming.name).read_bytes())
    foreign = Uploads(uploads.folder, keys("1:" + "ab" * 32))
    for store, name, digest in (
        (uploads, "0" * 32, incoming.digest),
        (uploads, incoming.name, other.digest),
        (uploads, "f" * 32, incoming.digest),
        (foreign, incoming.name, incoming.digest),
    ):
        with pytest.raises(Damaged), store.opened(name, digest):
            pass

    assert uploads.is_here(incoming.name)


def test_what_is_not_to_be_kept_goes_when_it_is_closed(uploads: Uploads) -> None:
    incoming = uploads.receive()
    incoming.write(LIST)
    incoming.close()
    incoming.close()

    assert list(uploads.folder.iterdir()) == []


def test_a_process_that_was_handed_the_lock_holds_it_until_it_ends(uploads: Uploads) -> None:
    incoming = uploads.receive()
    incoming.seek(0)
    incoming.kept = True
    sleeping = [sys.executable, "-c", "input()"]
    process = subprocess.Popen(sleeping, stdin=subprocess.PIPE, pass_fds=(incoming.lock,))
    incoming.close()
    held = uploads.locked(incoming.name)
    process.kill()
    process.wait()
    assert process.stdin
    process.stdin.close()
    free = uploads.locked(incoming.name)

    assert held is None
    assert free is not None
    os.close(free)
    assert uploads.locked("../uploads") is None
    assert uploads.locked("0" * 32) is None


def test_how_far_the_work_is_can_be_read(uploads: Uploads) -> None:
    incoming = sent(uploads, LIST)
    before = uploads.progress(incoming.name)
    uploads.note(incoming.name, 40, 100)
    after = uploads.progress(incoming.name)
    uploads.forget(incoming.name)

    assert (before, after) == ((0, 0), (40, 100))
    assert list(uploads.folder.iterdir()) == []


def test_reports_go_with_their_day(uploads: Uploads) -> None:
    incoming = sent(uploads, LIST)
    report = uploads.report(incoming.name)
    report.write_text("line,column,reason\n")
    uploads.drop_reports(before=report.stat().st_mtime - 1)
    kept = report.exists()
    uploads.drop_reports(before=report.stat().st_mtime + 1)

    assert kept
    assert not report.exists()
    assert uploads.is_here(incoming.name)
