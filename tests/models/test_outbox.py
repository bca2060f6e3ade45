"""Facts about the outbox itself: what a message is queued with, and what is asked of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from models.base import Database, in_utc
from models.campaigns import FAR, campaigns
from models.outbox import (
    Delivery,
    Priority,
    answers_since,
    by_state,
    is_queued,
    is_queued_or_lately,
    outbox_documents,
    queue,
    queued_since,
    texts_to,
)
from models.sending import Outgoing
from tests.caller import PHONE
from tests.conftest import config
from tests.outbox import DAY, Outbox

OTHER = "+254711000222"
HOUR = timedelta(hours=1)


@pytest.fixture
def box(sqlite_url: str, tmp_path: Path) -> Iterator[Outbox]:
    database = Database(sqlite_url)
    yield Outbox(database, config(sqlite_url, "redis://none", tmp_path).keys)
    database.close()


def put_campaign(box: Outbox, name: str, stopped: bool) -> int:
    now = datetime.now(UTC)
    row = {"name": name, "choice": "{}", "skipped": "{}", "made_at": now}
    with box.database.working() as connection:
        made: int = connection.scalars(
            insert(campaigns)
            .values({**row, "stopped_at": now if stopped else None})
            .returning(campaigns.c.id)
        ).one()
    return made


def test_a_message_is_queued_once_for_its_cause_with_its_documents(box: Outbox) -> None:
    with box.database.working() as connection:
        new = [
            queue(connection, box.keys, "cause", PHONE, body, "12345", Priority.NOTICE, (7, 9))
            for body in ("first", "second")
        ]
        told = connection.execute(select(outbox_documents)).all()
        texts = texts_to(connection, box.keys, PHONE)
    row = box.row()

    assert new == [True, False]
    assert [tuple(one) for one in told] == [(row.id, 7), (row.id, 9)]
    assert texts == [(Delivery.QUEUED, "first")]
    assert (row.code, row.priority, row.segments) == ("12345", Priority.NOTICE, 1)
    assert (row.attempts, row.campaign_id) == (0, None)


def test_a_message_is_due_at_once_or_when_it_is_said(box: Outbox) -> None:
    with box.database.working() as connection:
        queue(connection, box.keys, "plain", PHONE, "x" * 161)
    row = box.row()

    assert row.due_at == row.made_at == row.changed_at
    assert abs(in_utc(row.made_at) - datetime.now(UTC)) < HOUR
    assert (row.segments, row.code, row.priority) == (2, None, Priority.ANSWER)


def test_the_same_text_to_the_same_phone_is_known_and_no_other(box: Outbox) -> None:
    pairs = ((PHONE, "a"), (PHONE, "a"), (PHONE, "b"), (OTHER, "a"))
    ids = [box.put(body=body, phone=phone) for phone, body in pairs]
    same = [bytes(box.row(one).same) for one in ids]

    assert same[0] == same[1]
    assert len(set(same)) == 3


def test_whether_and_when_a_cause_was_queued_is_known(box: Outbox) -> None:
    box.put(cause="one")
    now = datetime.now(UTC)
    with box.database.working() as connection:
        assert is_queued(connection, "one")
        assert not is_queued(connection, "another")
        assert queued_since(connection, "one", now - HOUR)
        assert not queued_since(connection, "one", now + HOUR)
        assert not queued_since(connection, "another", now - HOUR)


def test_answers_to_a_phone_are_counted_from_a_moment_on(box: Outbox) -> None:
    for priority in Priority:
        box.put(priority=priority)
    box.put(made_at=datetime.now(UTC) - 2 * HOUR)
    box.put(phone=OTHER, cause="one")
    hmacs, now = box.keys.phone_hmacs(PHONE), datetime.now(UTC)
    with box.database.working() as connection:
        counts = [answers_since(connection, hmacs, now - hours * HOUR) for hours in (1, 3, -1)]
        both = [
            is_queued_or_lately(connection, cause, hmacs, now - 3 * HOUR)
            for cause in ("another", "one")
        ]

    assert counts == [1, 2, 0]
    assert both == [(False, 2), (True, 2)]


def test_messages_are_counted_by_their_state(box: Outbox) -> None:
    for state in (Delivery.FAILED, Delivery.QUEUED, Delivery.FAILED):
        box.put(state=state)
    with box.database.working() as connection:
        assert by_state(connection) == {Delivery.FAILED: 2, Delivery.QUEUED: 1}


def test_texts_to_a_phone_are_read_oldest_first_and_those_of_no_other(box: Outbox) -> None:
    box.put("one")
    box.put("two", state=Delivery.SENT)
    box.put("three", phone=OTHER)
    with box.database.working() as connection:
        texts = texts_to(connection, box.keys, PHONE)

    assert texts == [(Delivery.QUEUED, "one"), (Delivery.SENT, "two")]


def test_a_message_in_hand_counts_to_the_day_it_was_taken_on(box: Outbox) -> None:
    box.put()
    (message,) = box.take()

    assert isinstance(message, Outgoing)
    assert (message.day, message.segments) == (DAY, 1)
    assert PHONE not in repr(message)
    assert "Habari" not in repr(message)


def test_a_stopped_campaigns_message_waits_and_holds_up_no_other(box: Outbox) -> None:
    stopped, other = (put_campaign(box, name, name == "stopped") for name in ("stopped", "on"))
    held = box.put(priority=Priority.CAMPAIGN, campaign_id=stopped)
    goes = box.put(priority=Priority.CAMPAIGN, campaign_id=other, phone=OTHER)
    taken = [one.id for one in box.take()]

    assert taken == [goes]
    assert box.row(held).state == Delivery.QUEUED
    assert in_utc(box.row(held).due_at) == FAR


def test_a_campaign_stopped_after_its_message_was_taken_stops_the_next(box: Outbox) -> None:
    campaign = put_campaign(box, "one", stopped=False)
    first = box.put(priority=Priority.CAMPAIGN, campaign_id=campaign)
    taken = [one.id for one in box.take()]
    with box.database.working() as connection:
        connection.execute(update(campaigns).values(stopped_at=datetime.now(UTC)))
    box.put(priority=Priority.CAMPAIGN, campaign_id=campaign, phone=OTHER)

    assert taken == [first]
    assert box.take() == []
