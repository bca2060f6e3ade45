"""Threads take what waits in its order, the warmest of them first."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from ussd.threads import Threads


@pytest.fixture
def three() -> Iterator[Threads]:
    threads = Threads(3, "test")
    yield threads
    threads.shutdown()


def _hold(held: threading.Event) -> None:
    held.wait(5)


def _meet(together: threading.Barrier) -> None:
    with suppress(threading.BrokenBarrierError):
        together.wait(5)


def _sign(names: list[int], done: threading.Event) -> None:
    names.append(threading.get_ident())
    done.set()


def test_what_waits_is_taken_in_its_order() -> None:
    one, taken, done = Threads(1, "test"), list[int](), threading.Event()
    for each in range(50):
        one.submit(taken.append, each)
    one.submit(done.set)
    was_done = done.wait(5)
    one.shutdown()

    assert was_done
    assert taken == list(range(50))


def test_as_much_is_done_at_a_time_as_there_are_threads(three: Threads) -> None:
    together = threading.Barrier(4)
    for _ in range(3):
        three.submit(_meet, together)
    together.wait(5)

    assert not together.broken


def test_the_thread_that_worked_last_works_next(three: Threads) -> None:
    names = list[int]()
    for _ in range(20):
        done = threading.Event()
        three.submit(_sign, names, done)
        done.wait(5)
        time.sleep(0.01)  # until it is free again

    assert len(set(names)) == 1


def test_what_waits_is_done_before_threads_end() -> None:
    few, taken, done = Threads(2, "test"), list[int](), threading.Event()
    held = threading.Event()
    for _ in range(2):
        few.submit(_hold, held)
    for each in range(10):
        few.submit(taken.append, each)
    few.submit(done.set)
    few.shutdown()
    held.set()

    assert done.wait(5)
    assert sorted(taken) == list(range(10))


def test_threads_that_are_free_end_when_told_to() -> None:
    before = threading.active_count()
    few = Threads(4, "test")
    time.sleep(0.05)
    few.shutdown()
    until = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.01)

    assert threading.active_count() == before
