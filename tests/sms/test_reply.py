"""Facts about conversations by SMS: one effect for each text, whatever the gateway does."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from menus.dial import Text
from menus.line import Line
from models.base import Unavailable
from models.callers import callers
from models.outbox import Delivery, Priority, outbox, outbox_documents
from models.reports import reports
from models.subscriptions import subscriptions
from sms import reply as replying
from sms.reply import MOST_AN_HOUR, reply
from tests.caller import PHONE, Caller
from tests.conftest import Open, inbox, line_of
from tests.servers import RedisServer
from tests.world import put

NOBODY = "unix:///nonexistent/redis.sock"
HOW = "1919: text your ID"
STOPPED = "You will get no more texts from 1919 but the answers you ask for."
Say = Callable[..., bool]


@pytest.fixture
def busy(open_app: Open, database_url: str, redis: RedisServer) -> Line:
    """A line on each database, with a document on its way."""
    line = line_of(open_app(database_url, redis.url))
    put(line, "id_card", "23456789", "coming", "022-01")
    return line


@pytest.fixture
def away(open_app: Open, database_url: str) -> Line:
    """A line on each database, without Redis."""
    line = line_of(open_app(database_url, NOBODY))
    put(line, "id_card", "23456789", "coming", "022-01")
    return line


def say(line: Line, body: str, name: str = "", phone: str = PHONE) -> bool:
    """Deliver a text; give whether it was answered now."""
    return reply(line, Text("test", name or body, phone, body))


def last(line: Line) -> str:
    return inbox(line)[-1]


def rows(line: Line, table: str) -> int:
    tables = {"subscriptions": subscriptions, "reports": reports, "callers": callers}
    with line.database.working() as connection:
        return len(connection.execute(select(tables[table])).all())


def at_once(count: int, deliver: Callable[[int], object]) -> list[object]:
    """Deliver from as many threads, all of which start together."""
    ready = threading.Barrier(count)

    def one(number: int) -> object:
        ready.wait()
        return deliver(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


# One effect for a text


def test_a_text_delivered_three_times_at_once_steps_the_conversation_once(busy: Line) -> None:
    say(busy, "CENTRE")
    new = at_once(3, lambda _: say(busy, "98", "same"))
    say(busy, "98", "next")

    assert sorted(map(bool, new)) == [False, False, True]
    assert [one.split("\n")[0] for one in inbox(busy)[1:]] == ["06 Taita-Taveta", "11 Isiolo"]


def test_a_wish_delivered_eight_times_at_once_is_kept_once(busy: Line) -> None:
    say(busy, "ID 23456789")
    at_once(8, lambda _: say(busy, "2", "same"))

    assert last(busy).startswith("We will text you when it is ready.")
    assert len(inbox(busy)) == 2
    assert rows(busy, "subscriptions") == 1


def test_different_texts_at_once_are_each_taken_once(busy: Line) -> None:
    say(busy, "SERVICE")
    names = [f"more-{number}" for number in range(3)]
    at_once(6, lambda number: say(busy, "98", names[number % 3]))
    pages = [one.split(" ")[0] for one in inbox(busy)[1:]]

    assert len(pages) == 3
    assert pages.count("6") == 1
    assert pages.count("11") == 2  # the last page stays


def test_an_old_text_delivered_again_does_not_reset_the_conversation(busy: Line) -> None:
    say(busy, "CENTRE", "first")
    say(busy, "thika", "second")
    assert not say(busy, "CENTRE", "first")
    say(busy, "2", "third")

    assert last(busy).startswith("Services at Thika:")


def test_a_repeat_after_the_conversation_is_forgotten_is_answered_no_more(
    busy: Line, redis: RedisServer
) -> None:
    say(busy, "CENTRE")
    say(busy, "2", "digit")
    redis.flush()

    assert not say(busy, "2", "digit")
    assert len(inbox(busy)) == 2


class _CutOff(Exception):
    """The process died here."""


def cut_off(line: Line, monkeypatch: pytest.MonkeyPatch, where: str, body: str) -> None:
    """Deliver a text to a process that dies where it would call a function."""

    def die(*_: object, **__: object) -> None:
        raise _CutOff

    with monkeypatch.context() as patch:
        patch.setattr(where, die)
        with pytest.raises(_CutOff):
            say(line, body, "cut off")


@pytest.mark.parametrize("where", ["sms.reply.queue", "menus.turn.grant"])
def test_a_wish_that_was_cut_off_is_kept_when_the_text_comes_again(
    busy: Line, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    say(busy, "ID 23456789")
    cut_off(busy, monkeypatch, where, "2")

    assert len(inbox(busy)) == 1
    assert say(busy, "2", "cut off")
    assert last(busy).startswith("We will text you when it is ready.")
    assert rows(busy, "subscriptions") == 1


def test_an_answer_that_was_cut_off_is_the_same_though_the_conversation_went_on(
    busy: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(busy, "CENTRE")
    cut_off(busy, monkeypatch, "sms.reply.queue", "98")
    say(busy, "98", "another")
    assert say(busy, "98", "cut off")
    say(busy, "98", "a third")

    assert [one.split("\n")[0] for one in inbox(busy)[1:]] == [
        "11 Isiolo",
        "06 Taita-Taveta",
        "16 Machakos",
    ]


def test_an_answer_that_is_forgotten_is_asked_for_again(
    busy: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(busy, "CENTRE")
    cut_off(busy, monkeypatch, "sms.reply.queue", "98")
    for number in range(replying.WITH_ANSWERS):
        say(busy, "98", f"more-{number}")
    with pytest.raises(Unavailable):
        say(busy, "98", "cut off")


def test_a_report_delivered_three_times_is_kept_once(busy: Line) -> None:
    put(busy, "id_card", "12345678", "ready")
    for body in ("ID 12345678", "7"):
        say(busy, body)
    at_once(3, lambda _: say(busy, "1", "same"))

    assert rows(busy, "reports") == 1


# Without Redis


@pytest.mark.parametrize("body", ["2", "98", "0", "thika"])
def test_without_redis_what_answers_a_page_is_told_how_to_ask(away: Line, body: str) -> None:
    say(away, "CENTRE")
    say(away, body)

    assert last(away).startswith(HOW)


def test_without_redis_three_deliveries_at_once_are_answered_once(away: Line) -> None:
    at_once(3, lambda _: say(away, "ID 23456789", "same"))

    assert len(inbox(away)) == 1


# By SMS and by USSD


def test_a_conversation_by_sms_is_not_offered_to_a_call_to_carry_on(app: Flask) -> None:
    say(line_of(app), "SERVICE passport")

    assert "Carry on" not in Caller(app.test_client()).dial()


def test_a_dropped_call_is_not_carried_on_by_sms(app: Flask) -> None:
    Caller(app.test_client()).keys("2", "thika")
    say(line_of(app), "LANGUAGE")
    say(line_of(app), "9")

    assert "Carry on" not in inbox(line_of(app))[0]
    assert last(line_of(app)).startswith("That is not one of the choices.")


def test_a_language_chosen_by_sms_is_spoken_in_a_call(app: Flask) -> None:
    say(line_of(app), "LUGHA kiswahili")

    assert "Weka nambari" in Caller(app.test_client()).dial()


def test_what_is_asked_for_as_a_text_comes_in_one_text(app: Flask) -> None:
    line = line_of(app)
    say(line, "CENTRE thika")
    say(line, "1")

    assert len(inbox(line)) == 2
    assert last(line).startswith("Huduma Centre Thika.")


# Stopping


def test_a_stop_is_kept_once_and_said_in_the_keywords_language(busy: Line) -> None:
    at_once(3, lambda _: say(busy, "ACHA", "same"))

    assert inbox(busy) == [
        "Hutapata SMS zaidi kutoka 1919, ila majibu unayouliza. Tuma ANZA ili uzipate tena."
    ]
    assert rows(busy, "callers") == 1


def test_an_old_stop_delivered_again_after_a_start_changes_nothing(busy: Line) -> None:
    say(busy, "STOP", "old")
    say(busy, "START")
    assert not say(busy, "STOP", "old")

    assert stopped_at(busy) is None
    assert len(inbox(busy)) == 2


def test_a_stop_that_was_cut_off_left_nothing_and_is_kept_when_it_comes_again(
    busy: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(busy, monkeypatch, "sms.reply.stop", "STOP")
    assert (inbox(busy), rows(busy, "callers")) == ([], 0)

    assert say(busy, "STOP", "cut off")
    assert stopped_at(busy) is not None


def test_starting_again_tells_what_became_ready_meanwhile_once(busy: Line) -> None:
    say(busy, "ID 23456789")
    say(busy, "2")
    say(busy, "STOP")
    put(busy, "id_card", "23456789", "ready", "022-01")
    told = len(inbox(busy))
    for _ in range(3):
        say(busy, "START")

    assert told == 3
    assert [one.split(".")[0] for one in inbox(busy)[3:]] == [
        "You will get texts from 1919 again, when a document that you wait for is ready",
        "Your ID ",
    ]


def test_starting_tells_no_other_phone(busy: Line) -> None:
    other = "+254700000009"
    for body in ("ID 23456789", "2", "STOP"):
        say(busy, body, f"{body} of another", other)
    put(busy, "id_card", "23456789", "ready", "022-01")
    say(busy, "START")

    assert len(inbox(busy, other)) == 3


def test_a_notice_is_queued_as_one_with_its_document(busy: Line) -> None:
    say(busy, "ID 23456789")
    say(busy, "2")
    put(busy, "id_card", "23456789", "ready", "022-01")
    with busy.database.working() as connection:
        notices = connection.execute(
            select(outbox.c.id).where(outbox.c.priority == Priority.NOTICE)
        ).scalars()
        (notice,) = notices.all()
        about = connection.scalars(
            select(outbox_documents.c.document_id).where(
                outbox_documents.c.message_id == notice
            )
        )
        assert len(about.all()) == 1


def stopped_at(line: Line, phone: str = PHONE) -> datetime | None:
    with line.database.working() as connection:
        query = select(callers.c.stopped_at).where(
            callers.c.phone_hmac == line.keys.phone_hmac(phone)
        )
        moment: datetime | None = connection.scalar(query)
    return moment


# Too many


def test_after_ten_answers_in_an_hour_nothing_is_looked_up_or_stepped(busy: Line) -> None:
    for number in range(MOST_AN_HOUR):
        say(busy, "hello", f"hello-{number}")
    assert not say(busy, "CENTRE")
    make_older(busy, timedelta(hours=1))
    say(busy, "2", "later")

    assert len(inbox(busy)) == MOST_AN_HOUR + 1
    assert last(busy).startswith("Type the first letters of a county")  # from the home answer


def test_another_phone_has_ten_answers_of_its_own(busy: Line) -> None:
    for number in range(MOST_AN_HOUR):
        say(busy, "hello", f"hello-{number}")

    assert say(busy, "hello", "other", "+254700000009")


def test_notices_are_none_of_the_ten(busy: Line) -> None:
    for number in range(MOST_AN_HOUR):
        say(busy, "hello", f"hello-{number}")
    with busy.database.working() as connection:
        connection.execute(update(outbox).values(priority=Priority.NOTICE))

    assert say(busy, "hello")


def make_older(line: Line, time: timedelta) -> None:
    """Let the answers have been queued earlier."""
    with line.database.working() as connection:
        connection.execute(update(outbox).values(made_at=datetime.now(UTC) - time))


# Late


@pytest.mark.parametrize(
    ("ago", "late"),
    [
        (None, False),
        (timedelta(0), False),
        (timedelta(minutes=60), False),
        (timedelta(minutes=61), True),
        (timedelta(days=400), True),
        (timedelta(hours=-5), False),
    ],
)
def test_only_a_text_of_more_than_an_hour_ago_is_late(
    open_app: Open, sqlite_url: str, redis: RedisServer, ago: timedelta | None, late: bool
) -> None:
    now = datetime(2026, 10, 5, 7, tzinfo=UTC)
    line = line_of(open_app(sqlite_url, redis.url, lambda: now))
    sent_at = None if ago is None else now - ago
    reply(line, Text("test", "one", PHONE, "hello", sent_at))

    assert last(line).startswith("Your text reached us late. ") is late


def test_what_was_sent_is_still_queued_while_nobody_sends(busy: Line) -> None:
    say(busy, "hello")
    with busy.database.working() as connection:
        states = connection.scalars(select(outbox.c.state)).all()

    assert states == [Delivery.QUEUED]
