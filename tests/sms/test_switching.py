"""One sender and its gateways: what a gateway's trouble does to others' messages."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select, update

from menus.line import Line
from models.gateways import absences, gateways
from models.outbox import outbox, queue
from models.spending import Limits
from sms.gateway import Sender
from sms.health import TROUBLES
from sms.sender import run
from tests.sms.gateway import Answer, Gateway, Post, accepted, answering, recipient
from tests.sms.kannel_gateway import Smsbox
from tests.sms.senders import phone_of, wait_until

FIRST = phone_of(0)


@pytest.fixture
def first(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """Africa's Talking, which is used while it is well."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    one = Gateway()
    yield one
    one.close()


@pytest.fixture
def second(first: Gateway) -> Iterator[Smsbox]:
    """Kannel, for when the first is away."""
    one = Smsbox()
    yield one
    one.close()


@contextmanager
def sending(line: Line, *senders: Sender) -> Iterator[None]:
    """A sender at work while the block runs."""
    over = threading.Event()
    work = threading.Thread(target=run, args=(line, senders, Limits(), over.is_set))
    work.start()
    try:
        yield
    finally:
        over.set()
        work.join()


def put(line: Line, *numbers: int) -> None:
    with line.database.working() as connection:
        for number in numbers:
            queue(connection, line.keys, f"test|{number}", phone_of(number), f"text {number}")


def the_row(line: Line) -> Row[Any]:
    with line.database.working() as connection:
        return connection.execute(select(outbox).where(outbox.c.cause == "test|0")).one()


def has(gateway: Gateway, many: int) -> Callable[[], bool]:
    """Say whether a gateway was handed so many messages."""
    return lambda: len(gateway.posts) >= many


def let_it_be_tried(line: Line) -> None:
    """Wait until a gateway is away, and let the time go by after which it is tried."""
    wait_until(lambda: away(line), 10, "no gateway is away")
    with line.database.working() as connection:
        long_ago = datetime.now(UTC) - timedelta(minutes=2)
        connection.execute(update(gateways).values(changed_at=long_ago))


def away(line: Line) -> list[str]:
    with line.database.working() as connection:
        return [one.name for one in absences(connection)]


def without_credit(post: Post) -> Answer:
    return Answer(answering(recipient(post.to, 405, status="InsufficientBalance")))


def test_a_message_that_a_gateway_does_not_take_now_neither_fails_soon_nor_stops_others(
    line: Line, first: Gateway, second: Smsbox
) -> None:
    first.accept = lambda post: (without_credit if post.to == FIRST else accepted)(post)
    put(line, *range(30))
    with sending(line, first.sender(), second.kannel()):
        wait_until(has(first, 29 + TROUBLES), 20, "it is not tried again")
        wait_until(lambda: the_row(line).state == "queued", 5, "it is not queued again")
        time.sleep(1)
    row = the_row(line)

    assert (row.state, row.attempts) == ("queued", TROUBLES)
    assert round((row.due_at - row.changed_at).total_seconds()) == 60
    assert second.posts == []


def test_a_message_that_goes_to_another_gateway_keeps_its_place_among_those_that_wait(
    line: Line, first: Gateway, second: Smsbox
) -> None:
    first.accept = without_credit
    put(line, *range(10))
    with sending(line, first.sender(), second.kannel()):
        wait_until(has(second, 10), 20, "the second is not used")
    with line.database.working() as connection:
        rows = connection.execute(
            select(outbox).where(outbox.c.attempts > 1).order_by(outbox.c.due_at)
        ).all()

    assert rows
    assert any(row.due_at == row.made_at for row in rows)


def test_one_late_answer_among_others_stops_nobody(line: Line, first: Gateway) -> None:
    def say(post: Post) -> Answer:
        time.sleep(5 if post.to == FIRST else 0.1)
        return accepted(post)

    first.accept = say
    put(line, *range(300))
    with sending(line, first.sender()):
        took = wait_until(has(first, 300), 30, "the sender stopped")

    assert took < 10


def test_while_one_message_tries_a_gateway_others_go_through_the_next(
    line: Line, first: Gateway, second: Smsbox
) -> None:
    over = threading.Event()

    def hang(_: Post) -> Answer:
        over.wait(8)
        return Answer(closes=True)

    first.accept = without_credit
    put(line, *range(10))
    with sending(line, first.sender(), second.kannel()):
        wait_until(has(second, 10), 20, "the second is not used")
        first.accept, tries = hang, len(first.posts)
        let_it_be_tried(line)
        time.sleep(2)
        put(line, 10)
        wait_until(has(first, tries + 1), 10, "the first is not tried")
        put(line, *range(11, 21))
        took = wait_until(has(second, 20), 20, "all wait")
        over.set()

    assert took < 2
