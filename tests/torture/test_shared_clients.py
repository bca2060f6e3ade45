"""What web processes share: the cores, and the clients whose connections stay open."""

import os
import time
from http.client import HTTPConnection

import psutil

from tests.torture.little import Little
from ussd.scales import EVEN

CLIENTS = 40


def test_each_thread_of_a_web_process_runs_on_the_core_of_its_process(little: Little) -> None:
    cores = sorted(os.sched_getaffinity(0))
    held = sorted(_cores(one) for one in psutil.Process(little.line.process_id).children())

    assert held == ([[[one]] for one in cores] if len(cores) == 2 else [[cores], [cores]])


def _cores(process: psutil.Process) -> list[list[int]]:
    """Give the cores that threads of a process may run on, each way once."""
    ways = {tuple(sorted(os.sched_getaffinity(one.id))) for one in process.threads()}
    return [list(one) for one in sorted(ways)]


def test_many_clients_that_come_at_once_are_shared_evenly(little: Little) -> None:
    with Clients(little) as clients:
        clients.ask()
        held = clients.held()

    assert sum(held) == CLIENTS
    assert held[-1] - held[0] <= 2 * EVEN


def test_clients_of_one_process_come_to_the_other_once_that_is_there(little: Little) -> None:
    frozen = psutil.Process(little.line.process_id).children()[0]
    frozen.suspend()
    with Clients(little) as clients:
        try:
            clients.ask()
            alone = clients.held()
        finally:
            frozen.resume()
        until = time.monotonic() + 20
        while (held := clients.held())[-1] - held[0] > 2 * EVEN and time.monotonic() < until:
            clients.ask()

    assert alone == [0, CLIENTS]
    assert sum(held) == CLIENTS
    assert held[-1] - held[0] <= 2 * EVEN


class Clients:
    """As many connections as a gateway might keep open."""

    def __init__(self, little: Little) -> None:
        self._little = little
        port = little.line.port
        self._all = [HTTPConnection("127.0.0.1", port, timeout=10) for _ in range(CLIENTS)]

    def __enter__(self) -> "Clients":
        """Connect, once both processes serve."""
        until = time.monotonic() + 20
        while b"line_worker_starts_total 1.0" in self._metrics() and time.monotonic() < until:
            time.sleep(0.1)
        for one in self._all:
            one.close()
            one.connect()
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._all:
            one.close()

    def ask(self) -> None:
        """Ask on every connection; one that is to come anew does so."""
        for one in self._all:
            one.request("GET", "/health/live")
            answer = one.getresponse()
            assert (answer.status, answer.read()) == (200, b"live\n")
            if one.sock is None:
                one.connect()

    def _metrics(self) -> bytes:
        one = self._all[0]
        one.request("GET", "/metrics")
        return one.getresponse().read()

    def held(self) -> list[int]:
        """Count the connections of each web process, the fewest first, once all are taken."""
        until = time.monotonic() + 10
        while sum(held := self._held()) < CLIENTS and time.monotonic() < until:
            time.sleep(0.02)
        return held

    def _held(self) -> list[int]:
        ours = {one.sock.getsockname()[1] for one in self._all}
        processes = psutil.Process(self._little.line.process_id).children()
        return sorted(
            sum(bool(one.raddr) and one.raddr.port in ours for one in process.net_connections())
            for process in processes
        )
