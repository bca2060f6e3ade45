"""Facts about counting days anew: right against what happened, and the same each time."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from models.base import Database
from models.country import kenya
from models.documents import documents as document_rows
from models.lookups import Channel, Outcome
from models.lookups import lookups as lookup_rows
from models.outbox import Delivery, Priority
from models.reports import Matter
from models.retention import Keep
from models.summaries import days, documents, refresh
from models.summaries.documents import DOCUMENTS, standing
from models.summaries.flows import FLOWS
from models.summaries.lookups import LOOKUPS, Asked, asked, asked_by_day
from models.summaries.ratings import RATINGS
from models.summaries.refresher import Refresher
from models.summaries.reports import REPORTS
from models.summaries.span import Span
from models.summaries.summary import Summary
from models.summaries.texts import TEXTS
from tests.models.summaries.past import BIRTH, HERE, ID, NOW, THERE, TODAY, Past, ago, at, rows

ALL = (DOCUMENTS, FLOWS, TEXTS, LOOKUPS, RATINGS, REPORTS)
COUNTED = [ago(1), TODAY]


@pytest.fixture
def past(database_url: str) -> Iterator[Past]:
    database = Database(database_url)
    database.open()
    yield Past(database)
    database.close()


def count(past: Past, *which: Summary) -> list[list[tuple[object, ...]]]:
    """Count yesterday and today; give what is held then."""
    refresh.refresh(past.database, kenya(), NOW, COUNTED)
    with past.reading() as connection:
        return [rows(connection, one) for one in which]


def test_documents_are_counted_as_they_stand(past: Past) -> None:
    for days_ago in (0, 7, 8, 30, 31, 90, 91, 180, 181, 365, 366, 2_000):
        past.load(ago(0), {"received_on": ago(days_ago)})
    past.load(
        ago(0),
        {"confirmed_on": ago(40)},
        {"state": "collected", "received_on": ago(400)},
        {"state": "coming", "kind": BIRTH, "centre_code": THERE},
    )
    (held,) = count(past, DOCUMENTS)

    assert held == [
        (TODAY, THERE, BIRTH, "coming", 0, 1),
        (TODAY, HERE, ID, "collected", 0, 1),
        (TODAY, HERE, ID, "ready", 0, 2),
        (TODAY, HERE, ID, "ready", 8, 2),
        (TODAY, HERE, ID, "ready", 31, 3),
        (TODAY, HERE, ID, "ready", 91, 2),
        (TODAY, HERE, ID, "ready", 181, 2),
        (TODAY, HERE, ID, "ready", 366, 2),
    ]


def test_an_earlier_days_picture_stays_as_it_was(past: Past) -> None:
    past.load(ago(1), {}, {})
    refresh.refresh(past.database, kenya(), NOW - timedelta(days=1), [ago(1)])
    with past.reading() as connection:
        connection.execute(update(document_rows).values(state="collected"))
    count(past)
    with past.reading() as connection:
        now = standing(connection, TODAY, ("day", "state"))
        then = standing(connection, ago(1), ("day", "state"))
        later = standing(connection, TODAY + timedelta(days=9), ("day", "state"))

    assert [tuple(row) for row in then] == [(ago(1), "ready", 2)]
    assert [tuple(row) for row in now] == [(TODAY, "collected", 2)]
    assert later == now


@pytest.mark.parametrize("chunk", [2, 20_000])
def test_flows_are_what_the_days_did(
    past: Past, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "CHUNK", chunk)
    old = past.load(ago(20), *[{}] * 8)
    texted, untexted, undone, moved, sent_back, came, straight, untouched = old
    past.text(at(ago(3)), (texted,))
    past.text(at(ago(3)), (untexted,), state=Delivery.FAILED)
    past.text(at(ago(3)), (straight, undone))
    for its_id in (texted, untexted, undone):
        past.change(at(ago(1), 8), its_id, "ready", "collected")
    past.change(at(ago(1), 9), undone, "collected", "ready")
    past.change(at(ago(1)), moved, "ready", "ready", THERE)
    past.change(at(TODAY, 1), sent_back, "ready", "returned")
    past.change(at(ago(1), 23), came, "coming", "ready")
    past.change(at(TODAY, 0), straight, "coming", "collected")
    past.change(at(ago(2), 23), untouched, "ready", "collected")
    new = past.load(
        ago(1),
        {},
        {"received_on": ago(31)},
        {"received_on": ago(32)},
        {"state": "coming"},
        {"state": "collected"},
        {"state": "collected", "kind": BIRTH},
    )
    past.change(at(ago(1), 15), new[5], "ready", "collected")
    past.change(at(TODAY, 2), new[0], "ready", "collected")
    (held,) = count(past, FLOWS)

    assert held == [
        # day, centre, kind: received, listed, collected, those told of it, returned
        (ago(1), THERE, ID, 0, 0, 0, 0, 0),
        (ago(1), HERE, BIRTH, 1, 0, 1, 0, 0),
        (ago(1), HERE, ID, 3, 1, 2, 1, 0),
        (TODAY, HERE, ID, 1, 0, 2, 1, 1),
    ]


def test_texts_are_counted_by_the_day_they_were_queued_on(past: Past) -> None:
    past.text(at(ago(1), 0), money=8_000)
    past.text(at(ago(1), 23), money=16_000, segments=2)
    past.text(at(ago(1)), state=Delivery.SENT, segments=3)
    past.text(at(TODAY), state=Delivery.QUEUED, priority=Priority.ANSWER, segments=4)
    past.text(at(TODAY), state=Delivery.FAILED, priority=Priority.CAMPAIGN, money=8_000)
    past.text(at(ago(2), 23))
    (held,) = count(past, TEXTS)

    assert held == [
        (ago(1), Priority.NOTICE, "delivered", 2, 3, 24_000, 0),
        (ago(1), Priority.NOTICE, "sent", 1, 3, 0, 3),
        (TODAY, Priority.ANSWER, "queued", 1, 0, 0, 0),
        (TODAY, Priority.CAMPAIGN, "failed", 1, 1, 8_000, 0),
    ]


def test_look_ups_are_counted_by_channel_and_outcome(past: Past) -> None:
    past.ask(ago(1), Outcome.FOUND, Outcome.FOUND, Outcome.UNKNOWN, Outcome.SPENT)
    past.ask(TODAY, Outcome.FOUND, channel=Channel.SMS)
    past.ask(ago(2), Outcome.FOUND)
    (held,) = count(past, LOOKUPS)
    with past.reading() as connection:
        both = asked(connection, Span(ago(1), TODAY))
        by_day = asked_by_day(connection, Span(ago(9), TODAY))

    assert held == [
        (ago(1), "ussd", "found", 2, 2),
        (ago(1), "ussd", "spent", 1, 0),
        (ago(1), "ussd", "unknown", 1, 0),
        (TODAY, "sms", "found", 1, 1),
    ]
    assert both == Asked(5, 4, 3)
    assert (both.answered_share, both.found_share) == (0.8, 0.6)
    assert by_day == {ago(1): Asked(4, 3, 2), TODAY: Asked(1, 1, 1)}


def test_marks_and_reports_are_counted_by_centre(past: Past) -> None:
    one, other = past.load(ago(20), {}, {"kind": BIRTH, "centre_code": THERE})
    past.rate(ago(1), 1, (1, 2, 3))
    past.rate(ago(1), 3, (4,))
    past.rate(ago(2), 2, (5,))
    past.say(ago(1), Matter.NOT_THERE, one)
    past.say(ago(1), Matter.NOT_THERE, one, phone=2)
    past.say(TODAY, Matter.NOT_THERE, other)
    past.say(TODAY, Matter.MONEY)
    marks, said = count(past, RATINGS, REPORTS)

    assert marks == [(ago(1), HERE, 1, 3), (ago(1), HERE, 3, 1)]
    assert said == [
        (ago(1), "not_there", HERE, ID, 2),
        (TODAY, "money", "", "", 1),
        (TODAY, "not_there", THERE, BIRTH, 1),
    ]


def test_a_day_counted_again_gives_the_same_and_what_is_gone_goes(past: Past) -> None:
    its_id = past.load(ago(1), {}, {})[0]
    past.change(at(TODAY), its_id, "ready", "collected")
    past.text(at(TODAY))
    past.ask(ago(1), Outcome.FOUND)
    past.rate(TODAY, 1, (1,))
    past.say(TODAY, Matter.MONEY)
    first = count(past, *ALL)
    again = count(past, *ALL)
    with past.reading() as connection:
        connection.execute(delete(lookup_rows))
    without = count(past, *ALL)

    assert all(first)
    assert again == first
    assert without == [
        held if which is not LOOKUPS else [] for which, held in zip(ALL, first, strict=True)
    ]


def test_what_is_due_is_today_yesterday_and_what_was_missed(past: Past) -> None:
    keep = Keep()

    def due() -> list[int]:
        with past.reading() as connection:
            return [(TODAY - day).days for day in refresh.due(connection, keep, TODAY)]

    never = due()
    with past.reading() as connection:
        for days_ago in (*range(9, 31), 7, *range(2, 6)):
            days.note(connection, ago(days_ago), NOW, pictured=True)
    first_of_today = due()
    with past.reading() as connection:
        days.note(connection, TODAY, NOW, pictured=True)

    assert never == [*range(30, -1, -1)]
    assert first_of_today == [8, 6, 5, 4, 3, 2, 1, 0]
    assert due() == [8, 6, 1, 0]


def test_days_whose_rows_retention_may_have_removed_are_let_alone(past: Past) -> None:
    with past.reading() as connection:
        found = refresh.due(connection, Keep(lookups=7), TODAY)

    assert found == [*Span(ago(6), TODAY)]


def test_one_process_at_a_time_counts_and_none_before_it_is_time(past: Past) -> None:
    moment = [NOW]
    refreshers = [
        Refresher(past.database, kenya(), Keep(), lambda: moment[0]) for _ in range(2)
    ]
    first = [one.look() for one in refreshers]
    moment[0] += timedelta(minutes=14, seconds=59)
    early = [one.look() for one in refreshers]
    moment[0] += timedelta(seconds=1)
    on_time = [one.look() for one in refreshers]
    with past.reading() as connection:
        counted = days.counted(connection, Span(ago(30), TODAY))

    assert (first, early, on_time) == ([True, False], [False, False], [True, False])
    assert counted == {day: day == TODAY for day in Span(ago(30), TODAY)}


def test_ages_begin_where_they_say(past: Past) -> None:
    past.load(TODAY, *({"received_on": ago(one)} for one in documents.AGES))
    (held,) = count(past, DOCUMENTS)

    assert [row[-2:] for row in held] == [(age, 1) for age in documents.AGES]
