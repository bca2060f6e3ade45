"""The driver's arithmetic: when hops are due, and from when their time runs."""

import math
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice, pairwise

import pytest

from bench.driver import Measured, measure, percentile
from bench.sending import Plan
from bench.slots import SLOT, Slots, Times
from bench.traffic import HOME, Hop, Mix, Number, Text, traffic

KNOWN = [Number("id_card", "91234567"), Number("birth_certificate", "123456789")]
READY = b"CON ID ..567 is READY. Birth cert ..789 is READY"
STALL = 0.5


def hops(count: int, mix: Mix = Mix.CALLERS, known: float = 0.7) -> list[Hop]:
    found = islice(traffic(KNOWN, mix, 100.0, known, "a seed"), count)
    return [one for one in found if isinstance(one, Hop)]


def answer(page: bytes, head: bytes = b"HTTP/1.1 200 OK\r\n") -> bytes:
    return head + f"Content-Length: {len(page)}\r\n\r\n".encode() + page


class StandIn:
    """What a line might answer: the bytes that a function gives for the nth request."""

    def __init__(self, answer_to: Callable[[int], bytes]) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listening.getsockname()[1])
        self.connections = 0
        self._answer_to = answer_to
        self._lock = threading.Lock()
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
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while connection.recv(65_536):
                with self._lock:
                    self._count += 1
                    written = self._answer_to(self._count)
                if not written:
                    return
                connection.sendall(written)
                if b"Connection: close" in written:
                    return


Stand = Callable[[Callable[[int], bytes]], StandIn]


@pytest.fixture
def stand_in() -> Iterator[Stand]:
    opened: list[StandIn] = []

    def make(answer_to: Callable[[int], bytes]) -> StandIn:
        opened.append(StandIn(answer_to))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def drive(port: int, seconds: float = 0.5, rate: float = 200.0) -> Measured:
    plan = Plan(port, "t" * 32, KNOWN, Mix.LOOK_UPS, rate=rate, known=1.0)
    return measure(plan, seconds, warm_up=0.0)


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

    assert {len(one) for one in sessions.values()} == {1, 2, 3, 4, 5}
    assert len({one[0].phone for one in sessions.values()}) == len(sessions)


def test_look_ups_are_one_hop_each_and_ask_for_known_numbers_in_turn() -> None:
    asked = [one.text for one in hops(6, Mix.LOOK_UPS, known=1.0)]

    assert asked == [KNOWN[0].text, KNOWN[1].text] * 3


def test_a_known_number_must_be_ready_and_an_unknown_one_must_not_be_found() -> None:
    known = {one.text for one in KNOWN}
    asked = hops(1_000, Mix.LOOK_UPS, known=0.7)
    said = Counter((one.text in known, one.says.split("..")[0]) for one in asked)

    assert all(f"..{one.text[-3:]}" in one.says for one in asked)
    assert set(said) == {
        (True, "ID "),
        (True, "Birth cert "),
        (False, "No document found for "),
    }
    assert 600 < sum(count for (known, _), count in said.items() if known) < 800


@pytest.mark.parametrize("mix", [Mix.CALLERS, Mix.LOOK_UPS, Mix.RESULTS_DAY])
def test_every_page_is_expected_to_say_something(mix: Mix) -> None:
    assert all(one.says for one in hops(3_000, mix))


def test_on_results_day_most_hops_ask_for_a_number() -> None:
    asked = [one for one in hops(3_000, Mix.RESULTS_DAY) if "READY" in one.says]
    asked += [one for one in hops(3_000, Mix.RESULTS_DAY) if "No document" in one.says]

    assert len(asked) > 1_500


def test_texts_have_names_and_phones_of_their_own() -> None:
    found = list(islice(traffic(KNOWN, Mix.TEXTS, 50.0, 1.0, "a seed"), 200))
    names = {one.name for one in found if isinstance(one, Text)}

    assert [one.at for one in found] == [nth / 50 for nth in range(200)]
    assert len(names) == len({one.phone for one in found}) == 200


def test_a_page_that_does_not_say_what_it_must_is_a_fault() -> None:
    hop = Hop(0.0, "s", "+254711000111", "", HOME)

    assert hop.fault(f"CON {HOME}\n1 My document") == ""
    assert hop.fault("CON Is 123 it?\n1 Yes") == "'Is nnn it?' instead of 'nnnn Ndio Form!'"
    assert hop.fault("<html>") == "no page"


@pytest.mark.parametrize(
    ("part", "expected"), [(0.5, 50), (0.9, 90), (0.99, 99), (0.999, 100), (1, 100)]
)
def test_a_percentile_is_the_least_value_that_a_share_does_not_pass(
    part: float, expected: int
) -> None:
    times = Times()
    assert percentile(list(range(100, 0, -1)), part) == expected
    for one in range(100, 0, -1):
        times.add(one / 1000)

    assert times.share(part) * 1000 == pytest.approx(expected, rel=0.001)
    assert times.over(0.0905) == 10


def test_a_stretch_of_time_has_the_slots_that_lie_in_it() -> None:
    slots = Slots(100.0, pack_after=1.0)
    for due in range(10):
        slots.add(100 + due * SLOT, due / 100, 0.0, "bad" if due == 3 else "")
        slots.pack(100 + due * SLOT)
    whole = Measured(slots.all())
    found = whole.between(100 + 2 * SLOT, 100 + 5 * SLOT)

    assert (whole.count, found.count) == (10, 3)
    assert found.ms(1) == pytest.approx(40, rel=0.001)
    assert found.faults == {"bad": 1}


def test_it_is_normal_again_when_five_seconds_have_passed_well() -> None:
    slots = Slots(0.0, pack_after=99.0)
    for nth in range(60):
        slots.add(nth * SLOT, 0.4 if 8 <= nth < 14 else 0.01, 0.0, "")
    found = Measured(slots.all())

    assert found.normal_after(2.0, seconds=0.1) == 14 * SLOT - 2.0
    assert found.normal_after(4.0, seconds=0.1) == 0.0
    assert math.isnan(found.normal_after(11.0, seconds=0.1))


def test_every_hop_behind_a_stall_counts_its_wait_from_when_it_was_due(
    stand_in: Stand,
) -> None:
    def stall(nth: int) -> bytes:
        time.sleep(STALL if nth == 50 else 0)
        return answer(READY)

    found = drive(stand_in(stall).port, seconds=1.5, rate=100.0)

    assert not found.faults
    assert found.count >= 145
    assert found.times.over(0.05) >= 40  # with its time from when it was sent, one would show
    assert found.times.over(STALL / 2) >= 20


def test_a_connection_that_the_line_closes_is_no_fault_and_another_is_opened(
    stand_in: Stand,
) -> None:
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
    line = stand_in(lambda _: answer(READY, closing))
    found = drive(line.port)

    assert not found.faults
    assert line.connections > 64


def test_what_is_wrong_with_answers_is_told_and_counted(stand_in: Stand) -> None:
    wrong = {
        80: b"",
        90: answer(b"busy", b"HTTP/1.1 503 Service Unavailable\r\n"),
        100: answer(b"CON Which document?"),
        110: b"no HTTP\r\n\r\n",
    }
    found = drive(stand_in(lambda nth: wrong.get(nth, answer(READY))).port)
    (page,) = [fault for fault in found.faults if " instead of " in fault]

    assert page.startswith("'Which document?' instead of '")
    assert {fault: count for fault, count in found.faults.items() if fault != page} == {
        "ConnectionResetError": 1,
        "status 503": 1,
        "ValueError": 1,
    }
