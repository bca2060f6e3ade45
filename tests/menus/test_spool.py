"""The spool: what is in it is on the disk, whole, sealed, and taken out whatever happens."""

import errno
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from menus.drainer import Drainer, Work
from menus.spool import LARGEST, LARGEST_FILE, Spool
from models.base import Unavailable
from models.keys import Sealer, Versions

KEY = Sealer(Versions(((1, b"k" * 32),)), "spool")
DAY = timedelta(days=1)


class Taker:
    """Takes what comes, and remembers it."""

    def __init__(self, fails: Callable[[str], Exception | None] = lambda _: None) -> None:
        self.taken: list[str] = []
        self.fails = fails
        self.may = True

    def take(self, text: str, _at: datetime) -> None:
        if fault := self.fails(text):
            raise fault
        self.taken.append(text)

    @property
    def work(self) -> Work:
        return Work(lambda text: text.split()[0], self.take, lambda: self.may)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", KEY)


def put(spool: Spool, *texts: str) -> None:
    for one in texts:
        with spool.writing() as book:
            book.add(one)


def drain(spool: Spool, taker: Taker) -> list[str]:
    """Take out all that can be taken, as another process would."""
    Drainer(spool, "test", DAY).drain(taker.work)
    return taker.taken


def only_file(spool: Spool, folder: Path) -> Path:
    (file,) = [one for one in folder.iterdir() if one.suffix in (".open", ".closed")]
    return file


def test_what_is_put_in_is_taken_out_once_in_its_order(spool: Spool) -> None:
    put(spool, *(f"one {n}" for n in range(20)))
    waits = spool.waiting().count
    taken = drain(spool, Taker())

    assert waits == 20
    assert taken == [f"one {n}" for n in range(20)]
    assert drain(spool, Taker()) == []
    assert spool.waiting().count == 0
    assert spool.is_empty()


def test_what_one_process_puts_in_another_takes_out(tmp_path: Path) -> None:
    put(Spool(tmp_path / "spool", KEY), "one")
    other = Spool(tmp_path / "spool", KEY)

    assert other.waiting().count == 1
    assert drain(other, Taker()) == ["one"]


def test_a_writer_killed_at_any_octet_of_a_line_loses_no_other_line(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    put(Spool(folder, KEY), "first", "second")
    file = only_file(Spool(folder, KEY), folder)
    whole = file.read_bytes()
    start = whole.index(b"\n") + 1
    for end in range(start, len(whole)):
        file.write_bytes(whole[:end])
        again = Spool(folder, KEY)
        counted = again.waiting().count
        put(again, "third")

        assert counted == 1
        assert [one.text for one in again.read(file)] == ["first", "third"]


def test_half_a_line_that_nothing_was_written_behind_is_dropped_and_counted(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "spool"
    put(Spool(folder, KEY), "first", "second")
    file = only_file(Spool(folder, KEY), folder)
    file.write_bytes(file.read_bytes()[:-9])
    again = Spool(folder, KEY)

    assert drain(again, Taker()) == ["first"]
    assert again.waiting().dropped == 1
    assert again.is_empty()


def test_octets_that_a_power_cut_left_are_dropped_and_the_lines_around_them_taken(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "spool"
    spool = Spool(folder, KEY)
    put(spool, "first")
    file = only_file(spool, folder)
    file.write_bytes(file.read_bytes() + b"\0" * 700 + b"\n")
    put(Spool(folder, KEY), "second")

    assert drain(Spool(folder, KEY), Taker()) == ["first", "second"]
    assert Spool(folder, KEY).waiting().dropped == 1


@pytest.mark.parametrize("field", range(5))
def test_a_line_that_was_tampered_with_is_not_taken_and_goes_after_a_day(
    tmp_path: Path, field: int
) -> None:
    folder, now = tmp_path / "spool", datetime.now(UTC)
    spool = Spool(folder, KEY)
    put(spool, "first", "second")
    file = only_file(spool, folder)
    line, rest = file.read_bytes().split(b"\n", 1)
    parts = line.split(b" ")
    swap = {b"0": b"1", b"-": b"a"}
    at = len(parts[field]) // 2
    one = parts[field][at : at + 1]
    parts[field] = parts[field][:at] + swap.get(one, b"0") + parts[field][at + 1 :]
    file.write_bytes(b" ".join(parts) + b"\n" + rest)
    taker, again = Taker(), Spool(folder, KEY)
    Drainer(again, "test", 1000 * DAY * 365).drain(taker.work)
    waits = again.waiting().count
    Drainer(again, "test", DAY, lambda: now + 1000 * DAY * 365).drain(taker.work)

    assert taker.taken == ["second"]
    assert waits == 1
    assert (again.waiting().count, again.waiting().dropped) == (0, 1)


def test_with_another_key_nothing_is_taken_and_nothing_lost(tmp_path: Path) -> None:
    put(Spool(tmp_path / "spool", KEY), "first")
    other = Spool(tmp_path / "spool", Sealer(Versions(((1, b"x" * 32),)), "spool"))
    elsewhere = Spool(tmp_path / "spool", Sealer(KEY.versions, "another purpose"))

    assert drain(other, Taker()) == drain(elsewhere, Taker()) == []
    assert drain(Spool(tmp_path / "spool", KEY), Taker()) == ["first"]


def test_a_key_that_was_rotated_opens_what_the_older_one_sealed(tmp_path: Path) -> None:
    put(Spool(tmp_path / "spool", KEY), "first")
    newer = Sealer(Versions(((2, b"n" * 32), (1, b"k" * 32))), "spool")

    assert drain(Spool(tmp_path / "spool", newer), Taker()) == ["first"]


def test_a_spool_that_is_full_takes_nothing_more(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", KEY, largest=500)
    put(spool, "first", "second")
    with pytest.raises(OSError, match=str(errno.EDQUOT)):
        put(spool, *("x" * 100 for _ in range(3)))

    assert LARGEST == 256 * 1024 * 1024
    assert drain(spool, Taker())[:2] == ["first", "second"]


def test_a_file_that_is_large_is_followed_by_another(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", KEY)
    texts = [f"{n} " + "x" * (LARGEST_FILE // 4) for n in range(9)]
    put(spool, *texts)
    files = [one for one in (tmp_path / "spool").iterdir() if one.suffix == ".closed"]

    assert len(files) >= 2
    assert max(one.stat().st_size for one in files) <= LARGEST_FILE
    assert sorted(drain(spool, Taker())) == texts


def test_what_is_older_than_a_day_is_dropped_and_counted(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    put(Spool(tmp_path / "spool", KEY, clock=lambda: now - DAY), "old")
    put(Spool(tmp_path / "spool", KEY, clock=lambda: now - DAY + timedelta(minutes=1)), "young")
    spool = Spool(tmp_path / "spool", KEY)
    oldest = spool.waiting().oldest_seconds

    assert oldest == pytest.approx(DAY.total_seconds(), abs=5)
    assert drain(spool, Taker()) == ["young"]
    assert spool.waiting().dropped == 1
    assert spool.waiting().oldest_seconds == 0


def test_what_the_database_does_not_take_stays_with_all_that_came_after_it_for_its_phone(
    spool: Spool,
) -> None:
    put(spool, "a 1", "b 1", "a 2", "a 3", "b 2")
    away = Taker(lambda text: Unavailable() if text == "a 2" else None)
    first = drain(spool, away)
    waits = spool.waiting().count
    second = drain(spool, Taker())

    assert sorted(first) == ["a 1", "b 1", "b 2"]
    assert waits == 2
    assert second == ["a 2", "a 3"]


def test_what_fails_for_a_fault_of_ours_holds_up_nothing(spool: Spool) -> None:
    put(spool, "a 1", "a 2")
    taken = drain(spool, Taker(lambda text: KeyError("x") if text == "a 1" else None))

    assert taken == ["a 2"]
    assert spool.waiting().count == 1


def test_nothing_is_taken_while_nothing_may_be(spool: Spool) -> None:
    put(spool, "one")
    taker = Taker()
    taker.may = False

    assert drain(spool, taker) == []
    assert spool.waiting().count == 1


def test_two_processes_do_not_take_at_once(spool: Spool) -> None:
    put(spool, "one")
    with spool.alone() as alone:
        taken = drain(spool, Taker())

    assert alone
    assert taken == []
    assert drain(spool, Taker()) == ["one"]


def test_a_taker_killed_while_it_settles_leaves_things_twice_and_none_lost(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "spool"
    spool = Spool(folder, KEY)
    put(spool, "a 1", "b 1")
    spool.close_file()
    (file,) = spool.closed()
    left = spool.read(file)[1:]
    (folder / "00000000000000000001-aa.new").write_bytes(left[0].line[:-5])
    spool.settle(file, left)
    file.write_bytes(left[0].line)
    again = Spool(folder, KEY)

    assert drain(again, Taker()) == ["b 1", "b 1"]
    assert again.is_empty()
    assert sorted(one.name for one in folder.iterdir()) == ["taker"]


def test_writers_at_once_in_threads_and_processes_lose_nothing(tmp_path: Path) -> None:
    folder, each = tmp_path / "spool", 60
    spool = Spool(folder, KEY)
    context = multiprocessing.get_context("fork")
    others = [context.Process(target=_write, args=(folder, f"p{n}", each)) for n in range(2)]
    for one in others:
        one.start()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: _write(folder, f"t{n}", each, spool), range(4)))
    for one in others:
        one.join()
    taken = drain(Spool(folder, KEY), Taker())

    assert len(taken) == len(set(taken)) == 6 * each
    assert [one for one in taken if one.startswith("t1 ")] == [f"t1 {n}" for n in range(each)]


def test_what_was_acknowledged_is_there_after_its_writer_was_killed(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    for _ in range(3):
        writer = context.Process(target=_acknowledge, args=(folder, theirs))
        writer.start()
        ours.recv()
        time.sleep(0.05)
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join()
    said = 3
    while ours.poll():
        ours.recv()
        said += 1

    assert said <= len(drain(Spool(folder, KEY), Taker())) <= said + 3


def test_a_disk_that_is_full_keeps_what_was_there_and_takes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    put(Spool(folder, KEY), "first")
    context = multiprocessing.get_context("fork")
    writer = context.Process(target=_fill, args=(folder,))
    writer.start()
    writer.join()

    assert writer.exitcode == errno.ENOSPC  # half of it was written, and went
    assert drain(Spool(folder, KEY), Taker()) == ["first"]


def test_a_folder_that_is_gone_takes_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", KEY)
    (tmp_path / "spool").rmdir()

    with pytest.raises(FileNotFoundError):
        put(spool, "one")
    assert spool.is_empty()


def _write(folder: Path, name: str, count: int, spool: Spool | None = None) -> None:
    put(spool or Spool(folder, KEY), *(f"{name} {n}" for n in range(count)))


def _acknowledge(folder: Path, said: "multiprocessing.connection.Connection") -> None:
    spool, count = Spool(folder, KEY), 0
    while True:
        put(spool, f"{os.getpid()} {count}")
        said.send(count)
        count += 1


def _fill(folder: Path) -> None:
    """Write where no file may be larger than its first line and a half."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = next(one for one in folder.iterdir() if one.suffix == ".open").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + size // 2, size + size // 2))
    try:
        put(Spool(folder, KEY), "second")
    except OSError as error:
        os._exit(error.errno or 1)
    os._exit(0)
