"""Facts about the counts that operators ask of the outbox."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from models import callers
from models.base import Connection, Database, Unavailable
from models.gateways import note_away, note_back
from models.outbox import Delivery, Priority
from models.reported import Report, take_report
from models.sms_counts import Ages, Counts, Unknown, Waiting, sms_counts, unknown_ones
from models.spending import Limits, Spent
from models.subscriptions import mark_met, subscribe, subscriptions
from tests.caller import PHONE
from tests.conftest import config
from tests.outbox import DAY, GATEWAY, Outbox
from tests.servers import PostgresServer

ANSWER, NOTICE, CAMPAIGN = Priority
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
LIMITS = Limits(segments=1000, money=50_000_000, price=8_000)


@pytest.fixture
def box(database_url: str, tmp_path: Path) -> Iterator[Outbox]:
    """An outbox on each database in turn."""
    database = Database(database_url)
    database.open()
    yield Outbox(database, config(database_url, "redis://none", tmp_path).keys)
    database.close()


def counts(box: Outbox) -> Counts:
    return sms_counts(box.database, DAY, LIMITS)


def ago(time: timedelta) -> datetime:
    return datetime.now(UTC) - time


def subscribe_once(connection: Connection, box: Outbox, phone: str) -> None:
    assert subscribe(connection, box.keys, phone, b"s" * 32, "", "en", [b"n" * 32])


def test_an_empty_outbox_counts_nothing(box: Outbox) -> None:
    assert counts(box) == Counts(
        states=dict.fromkeys(Delivery, 0),
        waiting=dict.fromkeys(Priority, Waiting()),
        submitting_seconds=0,
        unknown=Ages(),
        handed_over={60: 0, 600: 0, 3600: 0},
        spent=Spent(),
        limits=LIMITS,
        away=(),
        strays=0,
        subscriptions=0,
        stopped=0,
    )


def test_messages_are_counted_by_state(box: Outbox) -> None:
    for number, state in enumerate(Delivery, start=1):
        for _ in range(number):
            box.put(state=state)

    assert counts(box).states == {state: n for n, state in enumerate(Delivery, start=1)}


def test_what_waits_is_counted_by_priority_and_by_whether_it_is_due(box: Outbox) -> None:
    for priority, due, later in ((ANSWER, 1, 0), (NOTICE, 2, 3), (CAMPAIGN, 0, 4)):
        for _ in range(due):
            box.put(priority=priority)
        for _ in range(later):
            box.put(priority=priority, due_at=ago(-HOUR))
    waiting = counts(box).waiting

    assert {one: (waits.queued, waits.due) for one, waits in waiting.items()} == {
        ANSWER: (1, 1),
        NOTICE: (5, 2),
        CAMPAIGN: (4, 0),
    }
    assert counts(box).states[Delivery.QUEUED] == 10


def test_what_is_not_queued_does_not_wait(box: Outbox) -> None:
    for state in Delivery:
        if state is not Delivery.QUEUED:
            box.put(state=state, due_at=ago(HOUR))

    assert counts(box).waiting == dict.fromkeys(Priority, Waiting())


def test_the_oldest_due_message_tells_how_long_it_has_been_due(box: Outbox) -> None:
    for minutes in (5, 90, 30):
        box.put(priority=NOTICE, due_at=ago(minutes * MINUTE))
    waiting = counts(box).waiting

    assert 90 * 60 <= waiting[NOTICE].oldest_due_seconds < 91 * 60
    assert waiting[ANSWER].oldest_due_seconds == 0


def test_a_message_that_is_not_due_has_been_due_for_no_time(box: Outbox) -> None:
    box.put(due_at=ago(-HOUR))

    assert counts(box).waiting[ANSWER] == Waiting(queued=1)


def test_the_oldest_submission_under_way_tells_how_long_it_has_lasted(box: Outbox) -> None:
    box.put(state=Delivery.SUBMITTING, submitting_at=ago(40 * SECOND))
    box.put(state=Delivery.SUBMITTING, submitting_at=ago(5 * SECOND))
    box.put(state=Delivery.SENT, submitting_at=ago(HOUR))

    assert 40 <= counts(box).submitting_seconds < 50


def test_messages_of_unknown_fate_are_counted_by_age(box: Outbox) -> None:
    for time in (MINUTE, 59 * MINUTE, 61 * MINUTE, 23 * HOUR, 25 * HOUR, 500 * HOUR):
        box.put(state=Delivery.UNKNOWN, unknown_at=ago(time))
    box.put(state=Delivery.DELIVERED, unknown_at=ago(MINUTE))

    assert counts(box).unknown == Ages(hour=2, day=2, older=2)


def test_a_message_of_unknown_fate_without_a_moment_is_an_old_one(box: Outbox) -> None:
    box.put(state=Delivery.UNKNOWN)

    assert counts(box).unknown == Ages(older=1)


@pytest.mark.parametrize("state", [one for one in Delivery if one is not Delivery.QUEUED])
def test_what_was_handed_over_counts_whatever_became_of_it(
    box: Outbox, state: Delivery
) -> None:
    box.put(state=state, submitting_at=ago(SECOND))

    assert counts(box).handed_over == {60: 1, 600: 1, 3600: 1}


def test_what_was_handed_over_is_counted_by_how_lately(box: Outbox) -> None:
    for seconds in (1, 50, 70, 590, 610, 3590, 3610):
        box.put(state=Delivery.SENT, submitting_at=ago(seconds * SECOND))

    assert counts(box).handed_over == {60: 2, 600: 4, 3600: 6}


def test_what_today_came_to_stands_beside_its_limits(box: Outbox) -> None:
    box.put("x" * 161)
    box.take(limits=LIMITS)
    counted = counts(box)

    assert (counted.spent, counted.limits) == (Spent(2, 16_000), LIMITS)


def test_another_day_came_to_nothing_yet(box: Outbox) -> None:
    box.put()
    box.take(limits=LIMITS)
    tomorrow = sms_counts(box.database, DAY + timedelta(days=1), LIMITS)

    assert tomorrow.spent == Spent()


def test_gateways_that_are_away_are_named(box: Outbox) -> None:
    with box.database.working() as connection:
        note_away(connection, "kannel", "no answer")
        note_away(connection, GATEWAY, "HTTP 500")
        note_back(connection, "kannel")

    assert [(one.name, one.reason) for one in counts(box).away] == [(GATEWAY, "HTTP 500")]


def test_strays_subscriptions_and_stopped_phones_are_counted(box: Outbox) -> None:
    with box.database.working() as connection:
        report = Report(GATEWAY, "foreign", Delivery.DELIVERED)
        take_report(connection, box.keys, report, datetime.now(UTC))
        for phone in (PHONE, "+254711000222", "+254711000333"):
            subscribe_once(connection, box, phone)
        mark_met(connection, list(connection.scalars(subscriptions.select().limit(1))))
        for phone_hmac in (b"1" * 32, b"2" * 32, b"3" * 32):
            callers.stop(connection, phone_hmac, b"sealed")
        callers.start(connection, b"3" * 32)
    counted = counts(box)

    assert (counted.strays, counted.subscriptions, counted.stopped) == (1, 2, 2)


def test_counting_takes_four_statements_each_by_itself(box: Outbox) -> None:
    seen: list[str] = []
    hops, work = box.database.engines
    for engine in (hops, work):
        event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    counts(box)

    assert len(seen) == 4
    assert all(one.startswith("SELECT") for one in seen)


def test_a_database_that_does_not_answer_is_not_waited_for(
    postgres_url: str, postgres: PostgresServer
) -> None:
    database = Database(postgres_url)
    database.open()
    with postgres.frozen():
        began = datetime.now(UTC)
        with pytest.raises(Unavailable):
            sms_counts(database, DAY, LIMITS, seconds=0.5)
        took = datetime.now(UTC) - began
    database.close()

    assert took < 2 * SECOND


# Messages of unknown fate, one by one


def unknowns(box: Outbox, most: int = 100) -> list[Unknown]:
    with box.database.reading() as connection:
        return unknown_ones(connection, most)


def test_a_message_of_unknown_fate_is_listed_with_what_is_known_of_it(box: Outbox) -> None:
    submitted = ago(MINUTE)
    message_id = box.put(
        state=Delivery.UNKNOWN,
        submitting_at=submitted,
        unknown_at=submitted,
        gateway=GATEWAY,
        reason="no answer",
        attempts=2,
        campaign_id=7,
    )

    assert unknowns(box) == [Unknown(message_id, submitted, GATEWAY, "no answer", 2, 7)]


def test_only_messages_of_unknown_fate_are_listed(box: Outbox) -> None:
    for state in Delivery:
        box.put(state=state)

    assert len(unknowns(box)) == 1


def test_those_of_unknown_fate_for_longest_come_first_and_no_more_than_wanted(
    box: Outbox,
) -> None:
    ids = [box.put(state=Delivery.UNKNOWN, unknown_at=ago(hours * HOUR)) for hours in (1, 3, 2)]

    assert [one.id for one in unknowns(box, 2)] == [ids[1], ids[2]]


def test_nothing_personal_is_in_what_is_counted_or_listed(box: Outbox) -> None:
    box.put("a private text", state=Delivery.UNKNOWN)
    said = f"{counts(box)} {unknowns(box)}"

    assert PHONE not in said
    assert "private" not in said
