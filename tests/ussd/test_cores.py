"""Which core a web process runs on."""

import os
from threading import Thread

import pytest

from ussd.cores import settle

CORES = sorted(os.sched_getaffinity(0))


def settled(seat: int, processes: int) -> set[int]:
    """Give the cores that a thread which settled there may run on."""
    found: set[int] = set()

    def run() -> None:
        settle(seat, processes)
        found.update(os.sched_getaffinity(0))

    thread = Thread(target=run)
    thread.start()
    thread.join()
    return found


@pytest.mark.parametrize("each", [1, 2])
def test_every_core_gets_as_many_processes(each: int) -> None:
    processes = each * len(CORES)

    held = [settled(seat, processes) for seat in range(processes)]

    assert held == [{core} for core in CORES] * each


def test_where_they_cannot_be_shared_evenly_processes_run_anywhere() -> None:
    assert settled(0, len(CORES) + 1) == set(CORES) or len(CORES) == 1
    assert settled(0, 1) == set(CORES)
