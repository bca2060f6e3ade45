"""From the outbox to the gateway: each message once, and what became of it."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Row, select, update

from menus.bell import CHANNEL, Bell
from menus.line import Line
from menus.sessions import connect
from menus.wishes import TellMeWhenReady, grant
from models.base import Database, in_utc
from models.outbox import Delivery, Priority, by_state, outbox, queue
from models.reported import Report, take_report
from models.sending import ATTEMPTS
from models.spending import Limits, Spent, spent_on
from models.subscriptions import subscriptions
from sms import sender as at_work
from sms.africastalking import Sender
from sms.gateway import Sender as AnySender
from sms.health import STALL_SECONDS
from sms.sender import Office, run, sweep
from tests.caller import PHONE
from tests.conftest import Open, inbox, line_of
from tests.outbox import phones
from tests.servers import PostgresServer, RedisServer
from tests.sms.gateway import Answer, Gateway, Post, answering, recipient
from tests.world import put

REFUSED = Answer(answering(recipient(PHONE, 403, status="InvalidPhoneNumber")))
PASSING = Answer(answering(message="InvalidSenderId"))
UNKNOWN = Answer("<html>", 500, "text/html")
FAST = Limits(rate=1000)
NOON, EVENING = datetime(2026, 10, 9, 9, tzinfo=UTC), datetime(2026, 10, 9, 17, tzinfo=UTC)
"""Noon in Nairobi, and eight o'clock at night."""

FEW = 4
"""Messages that a gateway in trouble is handed at most: two at first, then one by one till
the third trouble."""


@pytest.fixture(autouse=True)
def _without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def second() -> Iterator[Gateway]:
    """Another gateway."""
    one = Gateway()
    yield one
    one.close()


@pytest.fixture
def any_line(open_app: Open, database_url: str, redis: RedisServer) -> Line:
    """A line on each database in turn."""
    return line_of(open_app(database_url, redis.url))


def senders(gateway: Gateway, second: Gateway) -> list[AnySender]:
    """Give the senders of two gateways, the first to be used while it is well."""

    class Second(Sender):
        name = "second"

    return [gateway.sender(), Second("live", "k", second.url, "1919")]


def put_in(
    line: Line,
    cause: str = "one",
    phone: str = PHONE,
    body: str = "Habari",
    priority: Priority = Priority.ANSWER,
) -> bool:
    with line.database.working() as connection:
        return queue(connection, line.keys, cause, phone, body, priority=priority)


def put_many(line: Line, number: int, priority: Priority = Priority.ANSWER) -> list[str]:
    """Queue messages to as many phones; give their texts."""
    texts = [f"{priority.name} {one}" for one in range(number)]
    with line.database.working() as connection:
        for text, phone in zip(texts, phones(), strict=False):
            queue(connection, line.keys, text, phone, text, priority=priority)
    return texts


def send(line: Line, *gateways: AnySender) -> int:
    """Send all that is due, and give how many messages were handed over."""
    office = Office(line, gateways, FAST)
    try:
        return office.empty()
    finally:
        office.close()


@contextmanager
def sending(line: Line, *gateways: AnySender) -> Iterator[None]:
    """A sender at work while the block runs."""
    over = threading.Event()
    thread = Thread(target=run, args=(line, gateways, FAST, over.is_set))
    thread.start()
    try:
        yield
    finally:
        over.set()
        line.bell.close()
        thread.join()


def wait_until(so: Callable[[], bool], seconds: float = 20) -> float:
    """Wait until something is so; give how many seconds it took."""
    began = time.monotonic()
    while not so():
        assert time.monotonic() - began < seconds, "it is not so in time"
        time.sleep(0.02)
    return time.monotonic() - began


def rows(line: Line) -> list[Row[Any]]:
    with line.database.working() as connection:
        return list(connection.execute(select(outbox).order_by(outbox.c.id)))


def the_row(line: Line) -> Row[Any]:
    (row,) = rows(line)
    return row


def states(line: Line) -> list[str]:
    """Give the states of all messages, in the order of the alphabet."""
    return sorted(row.state for row in rows(line))


def let_time_pass(line: Line, **columns: timedelta) -> None:
    """Move moments of every message into the past."""
    past = {name: datetime.now(UTC) - ago for name, ago in columns.items()}
    with line.database.working() as connection:
        connection.execute(update(outbox).values(past))


def count(line: Line, state: Delivery) -> int:
    with line.database.working() as connection:
        return by_state(connection).get(state, 0)


def subscribe(
    line: Line, number: str = "12345678", kind: str = "", language: str = "en"
) -> None:
    wish = TellMeWhenReady(number, kind, language)
    grant(line.database, line.keys, line.country, PHONE, [wish], seconds=5)


def once_sent(gateway: Gateway) -> Callable[[], bool]:
    """Stop a sender that has sent something, or that was asked to go on often enough."""
    rounds = iter([False] * 6)
    return lambda: next(rounds, True) or bool(gateway.posts)


# Out to the gateway


def test_a_queued_message_is_sent_with_the_gateways_name_for_it(
    any_line: Line, gateway: Gateway
) -> None:
    put_in(any_line)
    send(any_line, gateway.sender())
    row = the_row(any_line)

    assert (row.state, row.gateway_id, row.cost) == ("sent", "ATXid_1", "KES 0.8000")
    assert (row.gateway, row.money) == ("africastalking", 8_000)


def test_the_gateway_gets_the_phone_and_the_text_that_were_queued(
    any_line: Line, gateway: Gateway
) -> None:
    put_in(any_line, body="ID ..678 is READY & free")
    send(any_line, gateway.sender())

    assert [(post.to, post.message) for post in gateway.posts] == [
        (PHONE, "ID ..678 is READY & free")
    ]


def test_all_that_is_due_is_sent_once_each(any_line: Line, gateway: Gateway) -> None:
    texts = put_many(any_line, 40)

    assert send(any_line, gateway.sender()) == 40
    assert sorted(post.message for post in gateway.posts) == sorted(texts)
    assert states(any_line) == ["sent"] * 40


def test_answers_go_out_before_campaigns_that_wait_for_longer(
    open_app: Open, sqlite_url: str, redis: RedisServer, gateway: Gateway
) -> None:
    line = line_of(open_app(sqlite_url, redis.url, lambda: NOON))
    put_many(line, 20, Priority.CAMPAIGN)
    put_in(line, body="the answer")
    send(line, gateway.sender())

    assert "the answer" in [post.message for post in gateway.posts[:2]]
    assert len(gateway.posts) == 21


def test_at_night_only_answers_go_out(
    open_app: Open, sqlite_url: str, redis: RedisServer, gateway: Gateway
) -> None:
    line = line_of(open_app(sqlite_url, redis.url, lambda: EVENING))
    for priority in Priority:
        put_in(line, priority.name, body=priority.name, priority=priority)
    send(line, gateway.sender())

    assert [post.message for post in gateway.posts] == ["ANSWER"]
    assert states(line) == ["queued", "queued", "sent"]


def test_a_text_after_midnight_there_counts_to_the_new_day(
    open_app: Open, sqlite_url: str, redis: RedisServer, gateway: Gateway
) -> None:
    line = line_of(
        open_app(sqlite_url, redis.url, lambda: datetime(2026, 10, 9, 21, 30, tzinfo=UTC))
    )
    put_in(line)
    send(line, gateway.sender())
    with line.database.working() as connection:
        days = [spent_on(connection, date(2026, 10, day)) for day in (9, 10)]

    assert days == [Spent(), Spent(1, 8_000)]


def test_a_sent_message_is_not_sent_again(any_line: Line, gateway: Gateway) -> None:
    put_in(any_line)

    assert [send(any_line, gateway.sender()) for _ in range(2)] == [1, 0]


def test_an_empty_outbox_sends_nothing(line: Line, gateway: Gateway) -> None:
    assert send(line, gateway.sender()) == 0


def test_a_refused_message_has_failed_for_its_reason(any_line: Line, gateway: Gateway) -> None:
    put_in(any_line)
    gateway.answer(REFUSED)
    send(any_line, gateway.sender())
    row = the_row(any_line)

    assert (row.state, row.reason, row.gateway_id) == ("failed", "InvalidPhoneNumber", None)


def test_a_failed_message_is_not_sent_again(line: Line, gateway: Gateway) -> None:
    put_in(line)
    gateway.answer(REFUSED)
    send(line, gateway.sender())
    let_time_pass(line, due_at=timedelta(days=1))

    assert send(line, gateway.sender()) == 0


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(PASSING, "InvalidSenderId"), (Answer("", 429), "throttled")],
    ids=["looks like success", "throttled"],
)
def test_a_message_that_may_pass_later_waits_for_another_try(
    any_line: Line, gateway: Gateway, answer: Answer, reason: str
) -> None:
    put_in(any_line)
    gateway.answer(answer)
    send(any_line, gateway.sender())
    row = the_row(any_line)

    assert (row.state, row.reason) == ("queued", reason)


def test_a_message_that_waits_is_not_tried_before_it_is_due(
    any_line: Line, gateway: Gateway
) -> None:
    put_in(any_line)
    gateway.answer(PASSING)
    send(any_line, gateway.sender())

    assert send(any_line, gateway.sender()) == 0


def test_a_message_that_waited_is_tried_again(any_line: Line, gateway: Gateway) -> None:
    put_in(any_line)
    gateway.answer(PASSING)
    send(any_line, gateway.sender())
    let_time_pass(any_line, due_at=timedelta(0))
    send(any_line, gateway.sender())
    row = the_row(any_line)

    assert (row.state, row.attempts, row.reason) == ("sent", 2, None)


def test_with_one_gateway_each_wait_is_twice_the_one_before(
    line: Line, gateway: Gateway
) -> None:
    put_in(line)
    waits = []
    for _ in range(ATTEMPTS - 1):
        gateway.answer(PASSING)
        send(line, gateway.sender())
        row = the_row(line)
        waits.append(round((row.due_at - row.changed_at).total_seconds()))
        let_time_pass(line, due_at=timedelta(0))

    assert waits == [15, 30, 60, 120, 240, 480, 960]


def test_a_message_refused_at_every_attempt_has_failed(
    any_line: Line, gateway: Gateway
) -> None:
    put_in(any_line)
    for _ in range(ATTEMPTS):
        gateway.answer(PASSING)
        send(any_line, gateway.sender())
        let_time_pass(any_line, due_at=timedelta(0))
    row = the_row(any_line)

    assert (row.state, row.attempts, row.reason) == ("failed", ATTEMPTS, "InvalidSenderId")


def test_a_message_that_was_given_up_is_not_sent_again(line: Line, gateway: Gateway) -> None:
    put_in(line)
    for _ in range(ATTEMPTS + 3):
        gateway.answer(PASSING)
        send(line, gateway.sender())
        let_time_pass(line, due_at=timedelta(0))

    assert len(gateway.posts) == ATTEMPTS


def test_a_message_of_unknown_fate_is_unknown(any_line: Line, gateway: Gateway) -> None:
    put_in(any_line)
    gateway.answer(UNKNOWN)
    send(any_line, gateway.sender())
    row = the_row(any_line)

    assert (row.state, row.reason) == ("unknown", "HTTP 500")


@pytest.mark.parametrize(
    "answer",
    [
        UNKNOWN,
        Answer(closes=True),
        Answer("{"),
        Answer('{"SMSMess', claims=500),
        Answer(answering(recipient("+254711000122"))),
    ],
    ids=["500", "closed", "no-json", "cut", "another-phone"],
)
def test_a_message_of_unknown_fate_is_never_sent_again(
    line: Line, gateway: Gateway, answer: Answer
) -> None:
    put_in(line)
    gateway.answer(answer)
    send(line, gateway.sender())
    let_time_pass(line, due_at=timedelta(days=1), changed_at=timedelta(days=1))
    sweep(line)
    send(line, gateway.sender())

    assert len(gateway.posts) == 1
    assert the_row(line).state == "unknown"


def test_a_message_in_trouble_holds_up_no_other(line: Line, gateway: Gateway) -> None:
    put_many(line, 10)
    gateway.accept = lambda post: {
        "ANSWER 0": Answer(answering(recipient(post.to, 403, status="InvalidPhoneNumber"))),
        "ANSWER 1": PASSING,
        "ANSWER 2": UNKNOWN,
    }.get(post.message, Answer(answering(recipient(post.to))))
    send(line, gateway.sender())

    assert [row.state for row in rows(line)] == ["failed", "queued", "unknown", *["sent"] * 7]


def test_a_message_that_cannot_be_opened_holds_up_no_other(
    line: Line, gateway: Gateway
) -> None:
    put_in(line, "one")
    put_in(line, "two", body="the second")
    with line.database.working() as connection:
        connection.execute(update(outbox).where(outbox.c.cause == "one").values(body=b"torn"))
    run(line, [gateway.sender()], FAST, once_sent(gateway))

    assert [post.message for post in gateway.posts] == ["the second"]


def test_that_a_message_is_submitting_is_kept_before_the_gateway_is_called(
    open_app: Open, database_url: str, redis: RedisServer, gateway: Gateway
) -> None:
    line = line_of(open_app(database_url, redis.url))
    other = Database(database_url)
    seen: list[dict[Delivery, int]] = []

    def look(_: Post) -> None:
        with other.working() as connection:
            seen.append(by_state(connection))

    gateway.watch = look
    put_in(line)
    send(line, gateway.sender())
    other.close()

    assert seen == [{Delivery.SUBMITTING: 1}]


def test_others_may_write_while_the_gateway_is_called(any_line: Line, gateway: Gateway) -> None:
    written: list[bool] = []

    def write(_: Post) -> None:
        if not written:
            written.append(put_in(any_line, "meanwhile", "+254711000222"))

    gateway.watch = write
    put_in(any_line)

    assert send(any_line, gateway.sender()) == 2
    assert written == [True]


def test_two_senders_send_two_hundred_messages_once_each(
    open_app: Open, postgres_url: str, redis: RedisServer, gateway: Gateway
) -> None:
    lines = [line_of(open_app(postgres_url, redis.url)) for _ in range(2)]
    texts = put_many(lines[0], 200)
    threads = [Thread(target=send, args=(line, gateway.sender())) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(post.message for post in gateway.posts) == Counter(texts)
    assert count(lines[0], Delivery.SENT) == 200


# What senders leave


def test_a_message_left_submitting_for_over_a_minute_becomes_unknown(any_line: Line) -> None:
    put_in(any_line)
    with any_line.database.working() as connection:
        connection.execute(update(outbox).values(state=Delivery.SUBMITTING))
    let_time_pass(any_line, changed_at=timedelta(seconds=61))
    sweep(any_line)
    row = the_row(any_line)

    assert (row.state, row.reason) == ("unknown", "sender lost")


def test_a_message_that_is_submitting_now_is_left_to_its_sender(any_line: Line) -> None:
    put_in(any_line)
    with any_line.database.working() as connection:
        connection.execute(update(outbox).values(state=Delivery.SUBMITTING))
    let_time_pass(any_line, changed_at=timedelta(seconds=30))
    sweep(any_line)

    assert the_row(any_line).state == "submitting"


def test_a_message_waiting_for_long_is_not_given_up(line: Line) -> None:
    put_in(line)
    let_time_pass(line, changed_at=timedelta(days=2), due_at=timedelta(days=2))
    sweep(line)

    assert the_row(line).state == "queued"


def test_a_message_that_was_given_up_meanwhile_is_settled_as_its_gateway_said(
    any_line: Line, gateway: Gateway
) -> None:
    given_up: list[str] = []

    def give_up(_: Post) -> None:
        let_time_pass(any_line, changed_at=timedelta(seconds=61))
        sweep(any_line)
        given_up.append(the_row(any_line).state)

    gateway.watch = give_up
    put_in(any_line)
    send(any_line, gateway.sender())

    assert given_up == ["unknown"]
    assert (the_row(any_line).state, the_row(any_line).reason) == ("sent", None)


def test_a_sweep_finds_the_message_of_a_report_that_came_too_early(
    any_line: Line, gateway: Gateway
) -> None:
    def report(_: Post) -> None:
        told = Report("africastalking", "ATXid_1", Delivery.DELIVERED, PHONE)
        with any_line.database.working() as connection:
            assert not take_report(connection, any_line.keys, told, datetime.now(UTC))

    gateway.watch = report
    put_in(any_line)
    send(any_line, gateway.sender())
    before = the_row(any_line).state
    sweep(any_line)

    assert (before, the_row(any_line).state) == ("sent", "delivered")


def test_a_sweep_tries_an_absent_phone_again_at_eight_in_the_morning_there(
    open_app: Open, database_url: str, redis: RedisServer, gateway: Gateway
) -> None:
    line = line_of(open_app(database_url, redis.url, lambda: EVENING))
    told = Report("africastalking", "ATXid_1", Delivery.FAILED, PHONE, is_absent=True)

    def report(_: Post) -> None:
        with line.database.working() as connection:
            take_report(connection, line.keys, told, datetime.now(UTC))

    gateway.watch = report
    put_in(line)
    send(line, gateway.sender())
    sweep(line)

    assert [row.state for row in rows(line)] == ["failed", "queued"]
    assert in_utc(rows(line)[1].due_at) == datetime(2026, 10, 10, 5, tzinfo=UTC)


# What is queued, and who is told


def test_the_same_cause_queues_nothing_twice(any_line: Line) -> None:
    answers = [put_in(any_line, body="first"), put_in(any_line, body="second")]

    assert answers == [True, False]
    assert inbox(any_line) == ["first"]


def test_neither_phone_nor_text_lies_open_in_the_outbox(line: Line) -> None:
    put_in(line, body="ID ..678 is READY")
    row = the_row(line)
    stored = b"".join(
        value if isinstance(value, bytes) else str(value).encode() for value in row
    )

    assert b"711000111" not in stored
    assert b"READY" not in stored


@pytest.mark.parametrize(
    ("language", "beginning"),
    [("en", "Your ID ..678 is READY"), ("sw", "Kitambulisho ..678 tayari")],
)
def test_a_subscriber_is_told_in_their_language_when_the_document_is_loaded(
    any_line: Line, language: str, beginning: str
) -> None:
    subscribe(any_line, language=language)
    put(any_line, "id_card", "12345678", "ready")
    (told,) = inbox(any_line)

    assert told.startswith(beginning)


def test_a_subscriber_is_told_when_a_document_on_its_way_becomes_ready(line: Line) -> None:
    put(line, "id_card", "12345678", "coming")
    subscribe(line)
    put(line, "id_card", "12345678", "ready")

    assert len(inbox(line)) == 1


@pytest.mark.parametrize("state", ["coming", "collected", "returned"])
def test_a_subscriber_is_not_told_of_a_document_that_is_not_ready(
    line: Line, state: str
) -> None:
    subscribe(line)
    put(line, "id_card", "12345678", state)
    sweep(line)

    assert inbox(line) == []


def test_a_subscriber_is_not_told_of_another_kind_than_asked_for(line: Line) -> None:
    subscribe(line, kind="driving_licence")
    put(line, "id_card", "12345678", "ready")
    sweep(line)

    assert inbox(line) == []


def test_a_subscriber_is_told_once_however_often_the_document_is_loaded(
    any_line: Line,
) -> None:
    subscribe(any_line)
    for _ in range(3):
        put(any_line, "id_card", "12345678", "ready")
        sweep(any_line)

    assert len(inbox(any_line)) == 1


def test_a_subscriber_whose_number_has_two_documents_is_told_once(line: Line) -> None:
    subscribe(line)
    put(line, "id_card", "12345678", "ready")
    put(line, "driving_licence", "12345678", "ready")
    sweep(line)

    assert len(inbox(line)) == 1


def test_a_subscription_made_after_the_document_was_ready_is_told_at_the_next_sweep(
    any_line: Line,
) -> None:
    put(any_line, "id_card", "12345678", "ready")
    subscribe(any_line)
    sweep(any_line)
    sweep(any_line)

    assert len(inbox(any_line)) == 1


def test_two_senders_that_sweep_at_once_tell_a_subscriber_once(
    open_app: Open, postgres_url: str, redis: RedisServer
) -> None:
    lines = [line_of(open_app(postgres_url, redis.url)) for _ in range(2)]
    put(lines[0], "id_card", "12345678", "ready")
    subscribe(lines[0])
    threads = [Thread(target=sweep, args=(line,)) for line in lines * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(inbox(lines[0])) == 1


def test_a_subscription_that_cannot_be_opened_stops_no_message(
    line: Line, gateway: Gateway
) -> None:
    put(line, "id_card", "12345678", "ready")
    subscribe(line)
    put_in(line)
    with line.database.working() as connection:
        connection.execute(update(subscriptions).values(phone=b"torn"))
    run(line, [gateway.sender()], FAST, once_sent(gateway))

    assert len(gateway.posts) == 1


# A sender at work


def test_a_sender_at_work_sends_until_it_is_stopped(line: Line, gateway: Gateway) -> None:
    put_in(line, "one")
    put_in(line, "two")
    run(line, [gateway.sender()], FAST, lambda: len(gateway.posts) == 2)

    assert states(line) == ["sent", "sent"]


def test_a_sender_that_is_stopped_before_it_starts_sends_nothing(
    line: Line, gateway: Gateway
) -> None:
    put_in(line)
    run(line, [gateway.sender()], FAST, lambda: True)

    assert gateway.posts == []


def test_a_sender_that_is_stopped_takes_no_further_message_and_keeps_what_became_of_those(
    line: Line, gateway: Gateway
) -> None:
    put_many(line, 30)
    gateway.watch = lambda _: time.sleep(0.05)
    run(line, [gateway.sender()], FAST, lambda: bool(gateway.posts))
    handed_over = len(gateway.posts)

    assert 1 <= handed_over <= FEW
    assert states(line) == ["queued"] * (30 - handed_over) + ["sent"] * handed_over


def test_a_sender_wakes_when_the_bell_rings(
    line: Line, redis: RedisServer, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_work, "POLL_SECONDS", 30.0)
    bell = Bell(connect(redis.url))

    def ring_until_sent() -> bool:
        bell.ring()
        return bool(gateway.posts)

    with sending(line, gateway.sender()):
        wait_until(lambda: dict(redis.client.pubsub_numsub(CHANNEL))[CHANNEL.encode()] > 0)
        put_in(line, "the first")
        wait_until(ring_until_sent)
        time.sleep(0.5)  # what rang meanwhile is over
        put_in(line, "the second")
        bell.ring()
        took = wait_until(lambda: len(gateway.posts) == 2)
        bell.ring()
    bell.close()

    assert took < 5


def test_without_the_bell_a_sender_finds_what_waits_by_itself(
    line: Line, gateway: Gateway
) -> None:
    with sending(line, gateway.sender()):
        time.sleep(0.5)
        put_in(line)
        took = wait_until(lambda: bool(gateway.posts))

    assert took < 5
    assert the_row(line).state == "sent"


def test_with_redis_gone_a_sender_sends_all_the_same(
    open_app: Open, sqlite_url: str, own_redis: RedisServer, gateway: Gateway
) -> None:
    line = line_of(open_app(sqlite_url, own_redis.url))
    with own_redis.frozen(), sending(line, gateway.sender()):
        put_in(line)
        wait_until(lambda: bool(gateway.posts))

    assert the_row(line).state == "sent"


# Two gateways


def test_the_second_gateway_gets_nothing_while_the_first_is_well(
    line: Line, gateway: Gateway, second: Gateway
) -> None:
    put_many(line, 20)
    send(line, *senders(gateway, second))

    assert (len(gateway.posts), len(second.posts)) == (20, 0)


@pytest.mark.parametrize(
    ("answer", "lost"), [(UNKNOWN, True), (PASSING, False)], ids=["errors", "refuses"]
)
def test_the_second_takes_over_within_few_messages_and_nothing_is_sent_on_both(
    any_line: Line, gateway: Gateway, second: Gateway, answer: Answer, lost: bool
) -> None:
    texts = put_many(any_line, 30)
    gateway.accept = lambda _: answer
    with sending(any_line, *senders(gateway, second)):
        wait_until(lambda: count(any_line, Delivery.QUEUED) == 0)
    tried = {post.message for post in gateway.posts}
    sent = [post.message for post in second.posts]

    assert 3 <= len(gateway.posts) <= FEW
    assert sorted(sent) == sorted(set(texts) - tried if lost else texts)
    assert states(any_line) == ["sent"] * len(sent) + ["unknown"] * (30 - len(sent))


def test_a_gateway_that_is_not_there_loses_nothing(
    any_line: Line, gateway: Gateway, second: Gateway
) -> None:
    both = senders(gateway, second)
    gateway.close()
    texts = put_many(any_line, 10)
    with sending(any_line, *both):
        wait_until(lambda: count(any_line, Delivery.SENT) == 10)

    assert sorted(post.message for post in second.posts) == sorted(texts)


def test_a_gateway_that_hangs_is_left_after_three_seconds(
    line: Line, gateway: Gateway, second: Gateway
) -> None:
    put_many(line, 10)
    gateway.accept = lambda _: Answer(hangs=True)
    with sending(line, *senders(gateway, second)):
        wait_until(lambda: bool(gateway.posts))
        took = wait_until(lambda: bool(second.posts))
        gateway.hang_up()
        wait_until(lambda: count(line, Delivery.SUBMITTING) == 0)
    hung = len(gateway.posts)

    assert STALL_SECONDS - 0.5 < took < STALL_SECONDS + 3
    assert hung <= 2
    assert states(line) == ["sent"] * (10 - hung) + ["unknown"] * hung


def test_with_both_gateways_away_messages_are_parked(
    any_line: Line, gateway: Gateway, second: Gateway
) -> None:
    put_many(any_line, 30)
    gateway.accept = second.accept = lambda _: UNKNOWN
    send(any_line, *senders(gateway, second))
    handed_over = len(gateway.posts) + len(second.posts)

    assert handed_over <= 2 * FEW
    assert states(any_line) == ["queued"] * (30 - handed_over) + ["unknown"] * handed_over


# A database that goes away


def test_a_sender_whose_database_goes_away_keeps_what_a_gateway_said_until_it_is_back(
    open_app: Open,
    postgres_url: str,
    postgres: PostgresServer,
    redis: RedisServer,
    gateway: Gateway,
) -> None:
    line = line_of(open_app(postgres_url, redis.url))
    other = Database(postgres_url)
    put_in(line)
    gateway.watch = lambda _: shut(postgres, postgres_url)
    with sending(line, gateway.sender()):
        wait_until(lambda: bool(gateway.posts))
        time.sleep(2)
        reopen(postgres, postgres_url)
        wait_until(lambda: state_of(other) == "sent")
    other.close()

    assert len(gateway.posts) == 1


def state_of(database: Database) -> str:
    with database.working() as connection:
        return str(connection.scalar(select(outbox.c.state)))


def shut(postgres: PostgresServer, url: str) -> None:
    """Break every connection to a database, and let nobody in."""
    postgres.execute(f'ALTER DATABASE "{name_of(url)}" ALLOW_CONNECTIONS false')
    postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test_%'"
    )


def reopen(postgres: PostgresServer, url: str) -> None:
    postgres.execute(f'ALTER DATABASE "{name_of(url)}" ALLOW_CONNECTIONS true')


def name_of(url: str) -> str:
    return url.split("/")[3].split("?")[0]


def test_an_outcome_that_cannot_be_kept_now_is_kept_with_the_next(
    open_app: Open,
    postgres_url: str,
    postgres: PostgresServer,
    redis: RedisServer,
    gateway: Gateway,
) -> None:
    line = line_of(open_app(postgres_url, redis.url))
    put_in(line)
    gateway.watch = lambda _: shut(postgres, postgres_url)
    office = Office(line, [gateway.sender()], FAST)
    with pytest.raises(Exception, match=r"."):
        office.empty()
    reopen(postgres, postgres_url)
    gateway.watch = None
    wait_until(lambda: answers(line))
    office.empty()
    office.close()

    assert the_row(line).state == "sent"
    assert len(gateway.posts) == 1


def answers(line: Line) -> bool:
    try:
        return bool(rows(line))
    except Exception:
        return False
