"""Facts about taking messages for sending, and keeping what became of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from models import callers
from models.base import Database, in_utc
from models.documents import documents
from models.outbox import Delivery, Priority
from models.sending import (
    HANG_SECONDS,
    Outcome,
    Outgoing,
    Terms,
    give_up_lost,
    take,
)
from models.spending import Limits
from tests.caller import PHONE
from tests.conftest import config
from tests.outbox import DAY, GATEWAY, Outbox, phones

ANSWER, NOTICE, CAMPAIGN = Priority
OTHER = "+254711000222"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def box(database_url: str, tmp_path: Path) -> Iterator[Outbox]:
    """An outbox on each database in turn."""
    database = Database(database_url)
    yield Outbox(database, config(database_url, "redis://none", tmp_path).keys)
    database.close()


def stop(box: Outbox, phone: str = PHONE) -> None:
    with box.database.working() as connection:
        callers.stop(connection, box.keys.phone_hmac(phone), b"sealed")


def become(box: Outbox, document_id: int, state: str) -> None:
    with box.database.working() as connection:
        this = documents.c.id == document_id
        connection.execute(update(documents).where(this).values(state=state))


def age(box: Outbox, since: timedelta) -> None:
    """Let what was handed over have been so a while ago."""
    box.let_pass(since, "submitting_at", "sent_at", "changed_at")


def sent_before(box: Outbox, times: int, body: str | None = None) -> None:
    """Let a phone have got so many texts just now, all different or all the same."""
    for number in range(times):
        box.send(body=body or f"text {number}")


# Order


def test_a_due_message_is_taken_with_its_phone_and_text(box: Outbox) -> None:
    message_id = box.put("ID ..678 is READY & free")
    (message,) = box.take()

    assert (message.phone, message.body) == (PHONE, "ID ..678 is READY & free")
    assert (message.reference, message.attempts) == (f"{message_id}-1", 1)


def test_a_taken_message_is_submitting_through_its_gateway(box: Outbox) -> None:
    box.put()
    box.take()
    row = box.row()

    assert (row.state, row.gateway, row.attempts) == ("submitting", GATEWAY, 1)
    assert in_utc(row.submitting_at) > datetime.now(UTC) - MINUTE


def test_a_taken_message_is_not_taken_again(box: Outbox) -> None:
    box.put()

    assert [len(box.take()) for _ in range(2)] == [1, 0]


def test_a_taken_message_has_no_name_before_the_gateway_gives_it_one(box: Outbox) -> None:
    box.put()
    box.take()

    assert box.row().gateway_id is None


def test_a_gateway_that_knows_messages_by_our_names_has_them_from_the_beginning(
    box: Outbox,
) -> None:
    message_id = box.put()
    terms = Terms("kannel", DAY, Limits(), names_by_us=True)
    with box.database.working() as connection:
        take(connection, box.keys, 1, terms)
    row = box.row()

    assert (row.gateway, row.gateway_id) == ("kannel", f"{message_id}-1")


def test_a_message_is_not_taken_before_it_is_due(box: Outbox) -> None:
    box.put(due_at=datetime.now(UTC) + MINUTE)

    assert box.take() == []


def test_no_more_are_taken_than_asked_for(box: Outbox) -> None:
    for phone, _ in zip(phones(), range(5), strict=False):
        box.put(phone=phone)

    assert len(box.take(3)) == 3


def test_of_one_priority_those_due_first_are_taken_first(box: Outbox) -> None:
    now = datetime.now(UTC)
    for minutes in (2, 3, 1):
        box.put(f"due {minutes} min ago", due_at=now - minutes * MINUTE)

    assert [one.body for one in box.take()] == [
        f"due {minutes} min ago" for minutes in (3, 2, 1)
    ]


def test_answers_go_before_notices_and_those_before_campaigns(box: Outbox) -> None:
    now = datetime.now(UTC)
    for priority in (CAMPAIGN, NOTICE, ANSWER):
        box.put(priority.name, priority=priority, due_at=now - (1 + priority) * HOUR)

    assert [one.body for one in box.take()] == ["ANSWER", "NOTICE", "CAMPAIGN"]


def test_a_thousand_campaign_messages_hold_up_no_answer(box: Outbox) -> None:
    for phone, _ in zip(phones(), range(50), strict=False):
        box.put(phone=phone, priority=CAMPAIGN)
    box.put("the answer")

    assert [one.body for one in box.take(1)] == ["the answer"]


def test_outside_the_hours_only_answers_are_taken(box: Outbox) -> None:
    for priority in Priority:
        box.put(priority.name, priority=priority)

    assert [one.body for one in box.take(unasked=False)] == ["ANSWER"]
    assert box.states() == ["submitting", "queued", "queued"]


def test_nothing_waiting_is_nothing_taken(box: Outbox) -> None:
    assert box.take() == []


# Stopped phones


def test_a_stopped_phone_gets_what_it_asks_for(box: Outbox) -> None:
    stop(box)
    box.put()

    assert len(box.take()) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_stopped_phone_gets_no_campaign_whenever_it_was_made(box: Outbox, when: str) -> None:
    if when == "after":
        stop(box)
    box.put(priority=CAMPAIGN)
    stop(box)
    taken = box.take()
    row = box.row()

    assert taken == []
    assert (row.state, row.reason, row.attempts) == ("failed", "stopped", 0)


def test_a_stopped_phone_gets_no_notice_made_before_it_was_stopped(box: Outbox) -> None:
    box.put(priority=NOTICE)
    stop(box)

    assert box.take() == []
    assert box.row().reason == "stopped"


def test_a_stopped_phone_gets_the_notice_of_what_it_asked_for_since(box: Outbox) -> None:
    stop(box)
    box.put(priority=NOTICE)

    assert len(box.take()) == 1


def test_another_phones_stop_is_no_matter(box: Outbox) -> None:
    box.put(priority=CAMPAIGN)
    stop(box, OTHER)

    assert len(box.take()) == 1


def test_a_phone_that_was_started_again_gets_campaigns(box: Outbox) -> None:
    stop(box)
    with box.database.working() as connection:
        callers.start(connection, box.keys.phone_hmac(PHONE))
    box.put(priority=CAMPAIGN)

    assert len(box.take()) == 1


# Documents


def test_a_notice_goes_out_while_its_document_is_ready(box: Outbox) -> None:
    box.put(priority=NOTICE, documents=(box.put_document(),))

    assert len(box.take()) == 1


@pytest.mark.parametrize("state", ["coming", "collected", "returned"])
@pytest.mark.parametrize("priority", [NOTICE, CAMPAIGN])
def test_a_message_of_a_document_that_is_not_ready_any_more_fails(
    box: Outbox, priority: Priority, state: str
) -> None:
    document = box.put_document()
    box.put(priority=priority, documents=(document,))
    become(box, document, state)

    assert box.take() == []
    assert (box.row().state, box.row().reason) == ("failed", "not ready any more")


def test_a_message_of_a_document_that_is_gone_fails(box: Outbox) -> None:
    box.put(priority=CAMPAIGN, documents=(999,))

    assert box.take() == []
    assert box.row().reason == "not ready any more"


def test_a_message_of_two_documents_goes_out_while_one_is_ready(box: Outbox) -> None:
    two = (box.put_document(), box.put_document("collected"))
    box.put(priority=CAMPAIGN, documents=two)

    assert len(box.take()) == 1


def test_a_message_of_no_document_goes_out(box: Outbox) -> None:
    box.put(priority=CAMPAIGN)

    assert len(box.take()) == 1


# What one phone gets in an hour


def test_the_same_text_goes_to_a_phone_three_times_in_an_hour(box: Outbox) -> None:
    sent_before(box, 2, "Habari")
    box.put("Habari")

    assert len(box.take()) == 1


def test_the_same_text_fails_the_fourth_time_in_an_hour(box: Outbox) -> None:
    sent_before(box, 3, "Habari")
    box.put("Habari")

    assert box.take() == []
    assert (box.rows()[-1].state, box.rows()[-1].reason) == ("failed", "same text again")


def test_the_same_text_four_times_at_once_goes_out_three_times(box: Outbox) -> None:
    for _ in range(4):
        box.put("Habari")

    assert len(box.take()) == 3
    assert sorted(box.states()) == ["failed", *["submitting"] * 3]


def test_the_same_text_goes_to_a_phone_again_after_an_hour(box: Outbox) -> None:
    sent_before(box, 3, "Habari")
    age(box, HOUR)
    box.put("Habari")

    assert len(box.take()) == 1


def test_the_same_text_goes_to_other_phones(box: Outbox) -> None:
    sent_before(box, 3, "Habari")
    box.put("Habari", OTHER)

    assert len(box.take()) == 1


def test_what_failed_does_not_count_as_the_same_text(box: Outbox) -> None:
    sent_before(box, 3, "Habari")
    box.change(state=Delivery.FAILED)
    box.put("Habari")

    assert len(box.take()) == 1


def test_a_tenth_text_in_an_hour_goes_to_a_phone(box: Outbox) -> None:
    sent_before(box, 9)
    box.put("the tenth")

    assert len(box.take()) == 1


def test_an_eleventh_text_in_an_hour_is_put_off_by_ten_minutes(box: Outbox) -> None:
    sent_before(box, 10)
    message_id = box.put("the eleventh")

    assert box.take() == []
    row = box.row(message_id)
    assert row.state == "queued"
    assert 9 < (in_utc(row.due_at) - datetime.now(UTC)) / MINUTE <= 10


def test_eleven_texts_at_once_are_ten_and_one_that_waits(box: Outbox) -> None:
    for number in range(11):
        box.put(f"text {number}")

    assert len(box.take()) == 10
    assert sorted(box.states()) == ["queued", *["submitting"] * 10]


def test_an_eleventh_text_goes_out_after_the_hour(box: Outbox) -> None:
    sent_before(box, 10)
    message_id = box.put("the eleventh")
    box.take()
    age(box, HOUR)
    box.change(message_id, due_at=datetime.now(UTC))

    assert [one.body for one in box.take()] == ["the eleventh"]


def test_a_text_that_is_put_off_holds_up_no_other_phone(box: Outbox) -> None:
    sent_before(box, 10)
    box.put("the eleventh")
    box.put("another phone's", OTHER)

    assert [one.body for one in box.take()] == ["another phone's"]


# What cannot be read


def test_a_message_that_does_not_open_fails_and_holds_up_no_other(box: Outbox) -> None:
    torn = box.put(body="the first")
    box.change(torn, body=b"torn")
    box.put("the second")

    assert [one.body for one in box.take()] == ["the second"]
    assert (box.row(torn).state, box.row(torn).reason) == ("failed", "unreadable")


def test_a_message_of_another_cause_does_not_open(box: Outbox) -> None:
    box.put()
    box.change(cause="another cause")

    assert box.take() == []
    assert box.row().reason == "unreadable"


# What became of messages


def taken(box: Outbox) -> Outgoing:
    box.put()
    (message,) = box.take()
    return message


def test_an_accepted_message_is_sent_with_the_gateways_name_for_it(box: Outbox) -> None:
    box.settle(Outcome(taken(box), Delivery.SENT, "ATXid_1", "KES 0.8000"))
    row = box.row()

    assert (row.state, row.gateway_id, row.cost) == ("sent", "ATXid_1", "KES 0.8000")
    assert row.sent_at


@pytest.mark.parametrize("state", [Delivery.FAILED, Delivery.UNKNOWN])
def test_another_outcome_is_kept_with_its_reason_and_its_moment(
    box: Outbox, state: Delivery
) -> None:
    box.settle(Outcome(taken(box), state, reason="no answer"))
    row = box.row()

    assert (row.state, row.reason) == (state, "no answer")
    assert getattr(row, f"{state}_at")


def test_a_message_to_be_tried_again_waits_for_its_pause_for_any_gateway(box: Outbox) -> None:
    outcome = Outcome(taken(box), Delivery.QUEUED, reason="throttled", pause=5 * MINUTE)
    box.settle(outcome)
    row = box.row()

    assert (row.state, row.gateway, row.reason) == ("queued", None, "throttled")
    assert 4 < (in_utc(row.due_at) - datetime.now(UTC)) / MINUTE <= 5


def test_a_message_to_be_tried_at_once_keeps_its_place_among_those_that_wait(
    box: Outbox,
) -> None:
    message = taken(box)
    due_at = box.row().due_at
    box.settle(Outcome(message, Delivery.QUEUED))

    assert box.row().due_at == due_at


def test_each_attempt_has_another_name(box: Outbox) -> None:
    message = taken(box)
    box.settle(Outcome(message, Delivery.QUEUED))
    (again,) = box.take()

    assert [message.reference, again.reference] == [f"{message.id}-1", f"{message.id}-2"]


def test_each_submission_is_counted(box: Outbox) -> None:
    message = taken(box)
    for attempts in (1, 2, 3):
        assert message.attempts == attempts
        box.settle(Outcome(message, Delivery.QUEUED))
        (message,) = box.take()

    assert box.row().attempts == 4


def test_a_reason_is_gone_once_the_message_is_sent(box: Outbox) -> None:
    box.settle(Outcome(taken(box), Delivery.QUEUED, reason="throttled"))
    (message,) = box.take()
    box.settle(Outcome(message, Delivery.SENT, "ATXid_1"))

    assert box.row().reason is None


@pytest.mark.parametrize("state", [Delivery.SENT, Delivery.FAILED, Delivery.QUEUED])
def test_who_submitted_a_message_that_was_given_up_knows_better(
    box: Outbox, state: Delivery
) -> None:
    message = taken(box)
    box.change(changed_at=datetime.now(UTC) - 2 * MINUTE)
    give_up(box)
    box.settle(Outcome(message, state))

    assert box.row().state == state


def test_an_outcome_of_an_earlier_attempt_is_left_alone(box: Outbox) -> None:
    first = taken(box)
    box.settle(Outcome(first, Delivery.QUEUED))
    box.take()
    box.settle(Outcome(first, Delivery.SENT, "ATXid_1"))

    assert (box.row().state, box.row().attempts) == ("submitting", 2)


@pytest.mark.parametrize("state", [Delivery.SENT, Delivery.DELIVERED, Delivery.FAILED])
def test_an_outcome_changes_nothing_that_is_known_already(box: Outbox, state: Delivery) -> None:
    message = taken(box)
    box.change(state=state)
    box.settle(Outcome(message, Delivery.UNKNOWN, reason="no answer"))

    assert (box.row().state, box.row().reason) == (state, None)


# Senders that vanish


def give_up(box: Outbox) -> int:
    with box.database.working() as connection:
        return give_up_lost(connection)


def test_what_is_submitting_for_over_a_minute_becomes_unknown(box: Outbox) -> None:
    taken(box)
    box.change(changed_at=datetime.now(UTC) - timedelta(seconds=HANG_SECONDS + 1))

    assert give_up(box) == 1
    assert (box.row().state, box.row().reason) == ("unknown", "sender lost")
    assert box.row().unknown_at


def test_what_is_submitting_for_less_is_left_to_its_sender(box: Outbox) -> None:
    taken(box)
    box.change(changed_at=datetime.now(UTC) - timedelta(seconds=HANG_SECONDS - 5))

    assert give_up(box) == 0
    assert box.row().state == "submitting"


def test_what_is_unknown_is_not_taken_again(box: Outbox) -> None:
    taken(box)
    box.change(changed_at=datetime.now(UTC) - HOUR)
    give_up(box)
    box.change(due_at=datetime.now(UTC) - HOUR)

    assert box.take() == []
