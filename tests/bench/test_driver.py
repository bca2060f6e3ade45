"""The driver's arithmetic: when hops are due, and from when their time runs."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice, pairwise

import pytest

from bench.driver import Measured, measure, percentile
from bench.sending import Plan, Sent
from bench.traffic import NOT_FOUND, READY, Hop, Mix, Number, traffic

KNOWN = [Number("id_card", "91234567"), Number("birth_certificate", "123456789")]
PAGE = b"CON 91234567 is READY. No document found"
STALL = 0.5


def hops(count: int, mix: Mix = Mix.CALLERS, known: float = 0.7) -> list[Hop]:
    return list(islice(traffic(KNOWN, mix, 100.0, known, "a seed"), count))


class Stalling:
    """A line that answers every hop alike, but for one: there all wait for half a second."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listening.getsockname()[1])
        self._stall = threading.Lock()
        self._count = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while connection.recv(65_536):
                with self._stall:
                    self._count += 1
                    if self._count == 150:
                        time.sleep(STALL)
                length = f"Content-Length: {len(PAGE)}\r\n\r\n".encode()
                connection.sendall(b"HTTP/1.1 200 OK\r\n" + length + PAGE)


@pytest.fixture
def stalling() -> Iterator[Stalling]:
    one = Stalling()
    yield one
    one.close()


def test_hops_are_due_at_an_even_rate() -> None:
    assert [one.at for one in hops(500)] == [nth / 100 for nth in range(500)]


def test_the_hops_of_a_session_come_in_order_two_seconds_apart_at_least() -> None:
    sessions: dict[str, list[Hop]] = {}
    for one in hops(3_000):
        sessions.setdefault(one.session, []).append(one)
    for session in sessions.values():
        for before, after in pairwise(session):
            assert after.at - before.at > 1.999
            assert after.phone == before.phone
            assert after.text.startswith(before.text)

    assert {len(one) for one in sessions.values()} == {1, 2, 3, 4}
    assert len({one[0].phone for one in sessions.values()}) == len(sessions)


def test_look_ups_are_one_hop_each_and_ask_for_known_numbers_in_turn() -> None:
    asked = [one.text for one in hops(6, Mix.LOOK_UPS, known=1.0)]

    assert asked == [KNOWN[0].text, KNOWN[1].text] * 3


def test_a_known_number_must_be_ready_and_an_unknown_one_must_not_be_found() -> None:
    known = {one.text for one in KNOWN}
    said = Counter(
        (one.text in known, one.says) for one in hops(1_000, Mix.LOOK_UPS, known=0.7)
    )

    assert set(said) == {(True, READY), (False, NOT_FOUND)}
    assert 600 < said[True, READY] < 800


@pytest.mark.parametrize(
    ("part", "expected"), [(0.5, 50), (0.9, 90), (0.99, 99), (0.999, 100), (1, 100)]
)
def test_a_percentile_is_the_least_value_that_a_share_does_not_pass(
    part: float, expected: int
) -> None:
    assert percentile(list(range(100, 0, -1)), part) == expected


def test_a_stretch_of_time_has_the_hops_that_were_due_in_it() -> None:
    whole = Measured([Sent(due / 10, due / 100, 0.0, "") for due in range(10)])
    found = whole.between(0.2, 0.5)

    assert [one.due for one in found.hops] == [0.2, 0.3, 0.4]
    assert found.ms(1) == 40


def test_every_hop_behind_a_stall_counts_its_wait_from_when_it_was_due(
    stalling: Stalling,
) -> None:
    plan = Plan(stalling.port, "t" * 32, KNOWN)
    found = measure(plan, seconds=2.0, warm_up=1.0)
    waited = sorted((one.seconds for one in found.hops if one.seconds > 0.05), reverse=True)
    even = [STALL - nth / 100 for nth in range(len(waited))]

    assert not found.faults
    assert len(found.hops) >= 195
    assert len(waited) >= 40  # with its time from when it was sent, one alone would show
    assert sum(waited) >= 0.9 * sum(even)
