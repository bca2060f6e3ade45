"""One sender and its gateways: what a gateway's trouble does to others' messages."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

from sqlalchemy import select

from menus.line import Line
from models.outbox import outbox, queue
from models.spending import Limits
from sms.gateway import Fate, Submitted
from sms.health import TROUBLES
from sms.sender import run
from tests.sms.senders import phone_of, wait_until

Say = Callable[[str], Submitted]
"""Says what becomes of a message to a phone."""


def well(_: str) -> Submitted:
    return Submitted(Fate.ACCEPTED)


class Told:
    """A gateway that does as a test says; it keeps whom it was asked to send to, and when."""

    names_by_us = True

    def __init__(self, name: str, say: Say = well) -> None:
        self.name = name
        self.say = say
        self.asked: list[tuple[float, str]] = []

    def send(self, reference: str, phone: str, body: str) -> Submitted:
        self.asked.append((time.monotonic(), phone))
        return self.say(phone)

    def answers(self) -> bool:
        return True


@contextmanager
def sending(line: Line, *senders: Told) -> Iterator[None]:
    """A sender at work while the block runs."""
    over = threading.Event()
    work = threading.Thread(target=run, args=(line, senders, Limits(), over.is_set))
    work.start()
    try:
        yield
    finally:
        over.set()
        work.join()


def put(line: Line, numbers: range) -> None:
    with line.database.working() as connection:
        for number in numbers:
            queue(connection, line.keys, f"test|{number}", phone_of(number), f"text {number}")


def test_a_message_that_a_gateway_does_not_take_now_neither_fails_soon_nor_stops_others(
    line: Line,
) -> None:
    cannot = phone_of(0)

    def say(phone: str) -> Submitted:
        return Submitted(Fate.PASSING if phone == cannot else Fate.ACCEPTED, reason="no route")

    first, second = Told("africastalking", say), Told("kannel")
    put(line, range(30))
    with sending(line, first, second):
        wait_until(lambda: len(first.asked) >= 30, 10, "nothing is sent")
        time.sleep(5)
    with line.database.working() as connection:
        row = connection.execute(select(outbox).where(outbox.c.cause == "test|0")).one()

    assert (row.state, row.attempts) == ("queued", TROUBLES)
    assert round((row.due_at - row.changed_at).total_seconds()) == 60
    assert second.asked == []


def test_one_slow_answer_among_others_stops_nobody(line: Line) -> None:
    """A gateway hangs when nothing comes from it, not when one answer is late."""
    late = phone_of(0)

    def say(phone: str) -> Submitted:
        time.sleep(5 if phone == late else 0.1)
        return well(phone)

    only = Told("africastalking", say)
    put(line, range(400))
    with sending(line, only):
        wait_until(lambda: len(only.asked) == 400, 30, "the sender stopped")
    moments = sorted(moment for moment, _ in only.asked)
    gaps = [later - one for one, later in pairwise(moments)]

    assert max(gaps) < 1


def test_while_one_message_tries_a_gateway_others_go_through_the_next(line: Line) -> None:
    """A trial may hang, too."""
    over = threading.Event()
    first, second = Told("africastalking"), Told("kannel")

    def fail(phone: str) -> Submitted:
        return Submitted(Fate.PASSING, reason="no credit")

    def hang(phone: str) -> Submitted:
        over.wait(9)
        return Submitted(Fate.UNKNOWN, reason="no answer")

    first.say = fail
    put(line, range(10))
    with sending(line, first, second):
        wait_until(lambda: len(second.asked) >= 10, 20, "the second is not used")
        first.say, tried = hang, len(first.asked)
        number = 10
        while len(first.asked) == tried:
            put(line, range(number, number + 1))
            number += 1
            time.sleep(0.1)
        put(line, range(1000, 1010))
        count = len(second.asked)
        waited = wait_until(lambda: len(second.asked) >= count + 10, 20, "all wait")
        over.set()

    assert waited < 2
