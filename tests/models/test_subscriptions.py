"""Facts about who waits for a document: phones that were stopped, and started again."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from menus.line import Line
from menus.notices import tell
from menus.wishes import number_hmacs
from models.callers import caller_row, start, stop
from models.subscriptions import due, subscribe, subscriptions
from tests.caller import PHONE
from tests.conftest import Open, inbox, line_of
from tests.servers import RedisServer
from tests.world import put

OTHER = "+254711000222"
NUMBER = "12345678"


@pytest.fixture
def app(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    """A line on each database."""
    return open_app(database_url, redis.url)


def wait_for(line: Line, number: str = NUMBER, phone: str = PHONE) -> None:
    with line.database.working() as connection:
        hmacs = number_hmacs(line.keys, line.country, number, "")
        subject = line.keys.subject(number)
        assert subscribe(connection, line.keys, phone, subject, "", "en", hmacs)


def stop_phone(line: Line, phone: str = PHONE) -> None:
    phone_hmac = line.keys.phone_hmac(phone)
    sealed = line.keys.people.seal(phone, caller_row(phone_hmac))
    with line.database.working() as connection:
        stop(connection, phone_hmac, sealed)


def start_phone(line: Line, phone: str = PHONE) -> None:
    with line.database.working() as connection:
        start(connection, line.keys.phone_hmac(phone))


def due_phones(line: Line, phone: str = "") -> list[str]:
    phone_hmac = line.keys.phone_hmac(phone) if phone else None
    with line.database.working() as connection:
        return [one.phone for one in due(connection, line.keys, phone_hmac=phone_hmac)]


def make_older(line: Line, time: timedelta) -> None:
    """Let every subscription have been made, and met, earlier."""
    moment = datetime.now(UTC) - time
    with line.database.working() as connection:
        connection.execute(update(subscriptions).values(made_at=moment))
        met = subscriptions.c.met_at.is_not(None)
        connection.execute(update(subscriptions).where(met).values(met_at=moment))


@pytest.fixture
def waiting(app: Flask) -> Line:
    """Two phones that wait for a document, which is ready and not told yet."""
    line = line_of(app)
    put(line, "id_card", NUMBER, "ready")
    for phone in (PHONE, OTHER):
        wait_for(line, phone=phone)
    return line


def test_a_phone_that_was_stopped_since_it_subscribed_is_not_due(waiting: Line) -> None:
    stop_phone(waiting)

    assert due_phones(waiting) == [OTHER]


def test_it_is_due_again_when_it_is_started(waiting: Line) -> None:
    stop_phone(waiting)
    start_phone(waiting)

    assert due_phones(waiting) == [PHONE, OTHER]


def test_what_is_subscribed_to_after_stopping_is_due(app: Flask) -> None:
    line = line_of(app)
    put(line, "id_card", NUMBER, "ready")
    stop_phone(line)
    wait_for(line)

    assert due_phones(line) == [PHONE]


def test_what_was_subscribed_to_before_stopping_and_again_after_it_is_due(
    waiting: Line,
) -> None:
    stop_phone(waiting)
    wait_for(waiting)

    assert due_phones(waiting) == [PHONE, OTHER]


def test_an_open_subscription_that_is_asked_for_again_keeps_its_moment(waiting: Line) -> None:
    make_older(waiting, timedelta(hours=1))
    with waiting.database.working() as connection:
        before = connection.scalars(select(subscriptions.c.made_at)).all()
    wait_for(waiting)
    with waiting.database.working() as connection:
        after = connection.scalars(select(subscriptions.c.made_at)).all()

    assert before == after


def test_one_met_lately_stays_met_for_a_phone_that_was_stopped(waiting: Line) -> None:
    with waiting.database.working() as connection:
        tell(connection, waiting.keys, waiting.languages)
    stop_phone(waiting)
    wait_for(waiting)

    assert due_phones(waiting) == []


def test_those_of_one_phone_can_be_asked_for(waiting: Line) -> None:
    assert due_phones(waiting, OTHER) == [OTHER]


def test_telling_one_phone_tells_no_other(waiting: Line) -> None:
    with waiting.database.working() as connection:
        told = tell(
            connection,
            waiting.keys,
            waiting.languages,
            phone_hmac=waiting.keys.phone_hmac(OTHER),
        )

    assert (told, len(inbox(waiting, OTHER)), inbox(waiting)) == (1, 1, [])
    assert due_phones(waiting) == [PHONE]


def test_a_list_that_comes_while_a_phone_is_stopped_tells_it_nothing(app: Flask) -> None:
    line = line_of(app)
    put(line, "id_card", NUMBER, "coming")
    wait_for(line)
    stop_phone(line)
    put(line, "id_card", NUMBER, "ready")

    assert inbox(line) == []
