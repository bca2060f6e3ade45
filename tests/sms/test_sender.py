"""From the outbox to the gateway: each message once, and what became of it."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Row, select, update

from menus.line import Line
from menus.wishes import TellMeWhenReady, grant
from models.base import Database
from models.outbox import Delivery, by_state, outbox, queue
from models.sending import ATTEMPTS
from models.subscriptions import subscriptions
from sms.sender import BATCH, run, send_some, sweep
from tests.caller import PHONE
from tests.conftest import Open, inbox, line_of
from tests.servers import RedisServer
from tests.sms.gateway import Answer, Gateway, Post, answering, recipient
from tests.world import put

REFUSED = Answer(answering(recipient(PHONE, 403, status="InvalidPhoneNumber")))
PASSING = Answer(answering(message="InvalidSenderId"))
UNKNOWN = Answer("<html>", 500, "text/html")


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    one = Gateway()
    yield one
    one.close()


@pytest.fixture
def any_line(open_app: Open, database_url: str, redis: RedisServer) -> Line:
    """A line on each database in turn."""
    return line_of(open_app(database_url, redis.url))


def put_in(line: Line, cause: str = "one", phone: str = PHONE, body: str = "Habari") -> bool:
    with line.database.working() as connection:
        return queue(connection, line.keys, cause, phone, body)


def rows(line: Line) -> list[Row[Any]]:
    with line.database.working() as connection:
        return list(connection.execute(select(outbox).order_by(outbox.c.id)))


def the_row(line: Line) -> Row[Any]:
    (row,) = rows(line)
    return row


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


def test_a_queued_message_is_sent_with_the_gateways_name_for_it(
    any_line: Line, gateway: Gateway
) -> None:
    put_in(any_line)
    send_some(any_line, gateway.sender())
    row = the_row(any_line)

    assert (row.state, row.gateway_id, row.cost) == ("sent", "ATXid_1", "KES 0.8000")


def test_the_gateway_gets_the_phone_and_the_text_that_were_queued(
    any_line: Line, gateway: Gateway
) -> None:
    put_in(any_line, body="ID ..678 is READY & free")
    send_some(any_line, gateway.sender())

    assert [(post.to, post.message) for post in gateway.posts] == [
        (PHONE, "ID ..678 is READY & free")
    ]


def test_messages_go_out_in_the_order_they_were_queued(line: Line, gateway: Gateway) -> None:
    for number in range(5):
        put_in(line, cause=f"cause {number}", body=f"text {number}")
    send_some(line, gateway.sender())

    assert [post.message for post in gateway.posts] == [f"text {n}" for n in range(5)]


def test_a_sent_message_is_not_sent_again(any_line: Line, gateway: Gateway) -> None:
    put_in(any_line)

    assert [send_some(any_line, gateway.sender()) for _ in range(2)] == [1, 0]


def test_an_empty_outbox_sends_nothing(line: Line, gateway: Gateway) -> None:
    assert send_some(line, gateway.sender()) == 0


def test_one_round_sends_a_batch_at_most(line: Line, gateway: Gateway) -> None:
    for number in range(BATCH + 1):
        put_in(line, cause=f"cause {number}")

    assert send_some(line, gateway.sender()) == BATCH


def test_a_sender_that_is_stopped_takes_no_further_message(
    line: Line, gateway: Gateway
) -> None:
    put_in(line, "one")
    put_in(line, "two")
    send_some(line, gateway.sender(), stopped=lambda: len(gateway.posts) == 1)

    assert [row.state for row in rows(line)] == ["sent", "queued"]


def test_a_refused_message_has_failed_for_its_reason(any_line: Line, gateway: Gateway) -> None:
    put_in(any_line)
    gateway.answer(REFUSED)
    send_some(any_line, gateway.sender())
    row = the_row(any_line)

    assert (row.state, row.reason, row.gateway_id) == ("failed", "InvalidPhoneNumber", None)


def test_a_failed_message_is_not_sent_again(line: Line, gateway: Gateway) -> None:
    put_in(line)
    gateway.answer(REFUSED)
    send_some(line, gateway.sender())
    let_time_pass(line, due_at=timedelta(days=1))

    assert send_some(line, gateway.sender()) == 0


def test_a_refused_request_that_looks_like_success_waits_for_another_try(
    any_line: Line, gateway: Gateway
) -> None:
    put_in(any_line)
    gateway.answer(PASSING)
    send_some(any_line, gateway.sender())
    row = the_row(any_line)

    assert (row.state, row.reason) == ("queued", "InvalidSenderId")


def test_a_message_that_waits_is_not_tried_before_it_is_due(
    any_line: Line, gateway: Gateway
) -> None:
    put_in(any_line)
    gateway.answer(PASSING)
    send_some(any_line, gateway.sender())

    assert send_some(any_line, gateway.sender()) == 0


def test_a_refused_request_that_looks_like_success_is_tried_again(
    any_line: Line, gateway: Gateway
) -> None:
    put_in(any_line)
    gateway.answer(PASSING)
    send_some(any_line, gateway.sender())
    let_time_pass(any_line, due_at=timedelta(0))
    send_some(any_line, gateway.sender())
    row = the_row(any_line)

    assert (row.state, row.attempts, row.reason) == ("sent", 2, None)


def test_each_wait_is_twice_the_one_before(line: Line, gateway: Gateway) -> None:
    put_in(line)
    waits = []
    for _ in range(ATTEMPTS - 1):
        gateway.answer(PASSING)
        send_some(line, gateway.sender())
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
        send_some(any_line, gateway.sender())
        let_time_pass(any_line, due_at=timedelta(0))
    row = the_row(any_line)

    assert (row.state, row.attempts, row.reason) == ("failed", ATTEMPTS, "InvalidSenderId")


def test_a_message_that_was_given_up_is_not_sent_again(line: Line, gateway: Gateway) -> None:
    put_in(line)
    for _ in range(ATTEMPTS + 3):
        gateway.answer(PASSING)
        send_some(line, gateway.sender())
        let_time_pass(line, due_at=timedelta(0))

    assert len(gateway.posts) == ATTEMPTS


def test_a_message_of_unknown_fate_is_unknown(any_line: Line, gateway: Gateway) -> None:
    put_in(any_line)
    gateway.answer(UNKNOWN)
    send_some(any_line, gateway.sender())
    row = the_row(any_line)

    assert (row.state, row.reason) == ("unknown", "HTTP error")


@pytest.mark.parametrize(
    "answer",
    [
        UNKNOWN,
        Answer(closes=True),
        Answer("", 429),
        Answer("{"),
        Answer('{"SMSMess', claims=500),
        Answer(answering(recipient("+254711000122"))),
    ],
    ids=["500", "closed", "429", "no-json", "cut", "another-phone"],
)
def test_a_message_of_unknown_fate_is_never_sent_again(
    line: Line, gateway: Gateway, answer: Answer
) -> None:
    put_in(line)
    gateway.answer(answer)
    send_some(line, gateway.sender())
    let_time_pass(line, due_at=timedelta(days=1), changed_at=timedelta(days=1))
    sweep(line)
    send_some(line, gateway.sender())

    assert len(gateway.posts) == 1


def test_a_refused_message_holds_up_no_other(line: Line, gateway: Gateway) -> None:
    for cause in ("one", "two", "three", "four"):
        put_in(line, cause)
    gateway.answer(REFUSED, PASSING, UNKNOWN)
    send_some(line, gateway.sender())

    assert [row.state for row in rows(line)] == ["failed", "queued", "unknown", "sent"]


def test_a_message_that_cannot_be_opened_holds_up_no_other(
    line: Line, gateway: Gateway
) -> None:
    put_in(line, "one")
    put_in(line, "two", body="the second")
    with line.database.working() as connection:
        connection.execute(update(outbox).where(outbox.c.cause == "one").values(body=b"torn"))
    run(line, gateway.sender(), once_sent(gateway))

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
    send_some(line, gateway.sender())
    other.close()

    assert seen == [{Delivery.SUBMITTING: 1}]


def test_others_may_write_while_the_gateway_is_called(
    open_app: Open, database_url: str, redis: RedisServer, gateway: Gateway
) -> None:
    line = line_of(open_app(database_url, redis.url))
    written: list[bool] = []
    gateway.watch = lambda _: written.append(put_in(line, "meanwhile"))
    put_in(line)
    send_some(line, gateway.sender(), stopped=lambda: bool(gateway.posts))

    assert written == [True]


def test_two_senders_send_two_hundred_messages_once_each(
    open_app: Open, postgres_url: str, redis: RedisServer, gateway: Gateway
) -> None:
    lines = [line_of(open_app(postgres_url, redis.url)) for _ in range(2)]
    with lines[0].database.working() as connection:
        for number in range(200):
            queue(connection, lines[0].keys, f"cause {number}", PHONE, f"text {number}")

    def send_all(line: Line) -> None:
        while send_some(line, gateway.sender()):
            pass

    threads = [Thread(target=send_all, args=(line,)) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(post.message for post in gateway.posts) == Counter(
        f"text {number}" for number in range(200)
    )
    assert count(lines[0], Delivery.SENT) == 200


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


def test_a_message_that_another_swept_keeps_its_fate(line: Line, gateway: Gateway) -> None:
    def give_up(_: Post) -> None:
        let_time_pass(line, changed_at=timedelta(seconds=61))
        sweep(line)

    gateway.watch = give_up
    put_in(line)
    send_some(line, gateway.sender())

    assert the_row(line).state == "unknown"


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
    run(line, gateway.sender(), once_sent(gateway))

    assert len(gateway.posts) == 1


def test_a_sender_at_work_sends_until_it_is_stopped(line: Line, gateway: Gateway) -> None:
    put_in(line, "one")
    put_in(line, "two")
    run(line, gateway.sender(), lambda: len(gateway.posts) == 2)

    assert [row.state for row in rows(line)] == ["sent", "sent"]


def test_a_sender_that_is_stopped_before_it_starts_sends_nothing(
    line: Line, gateway: Gateway
) -> None:
    put_in(line)
    run(line, gateway.sender(), lambda: True)

    assert gateway.posts == []
