"""Facts about delivery reports: which message they speak of, and what they change."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, func, select, update

from models import callers
from models.base import Database, in_utc
from models.country import kenya
from models.outbox import Delivery, Priority, outbox_documents
from models.reported import (
    NotToSettle,
    Report,
    Verdict,
    match_strays,
    settle_by_hand,
    stray_reports,
    take_report,
)
from models.sending import Outcome
from models.sending_hours import next_morning
from tests.caller import PHONE
from tests.conftest import config
from tests.outbox import GATEWAY, Outbox

OTHER = "+254711000222"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
EVENING = datetime(2026, 10, 9, 17, 0, tzinfo=UTC)
MORNING = datetime(2026, 10, 10, 5, 0, tzinfo=UTC)
"""20:00 in Nairobi, and 08:00 on the day after."""

SENT, DELIVERED, FAILED = Delivery.SENT, Delivery.DELIVERED, Delivery.FAILED
UNKNOWN, SUBMITTING = Delivery.UNKNOWN, Delivery.SUBMITTING


@pytest.fixture
def box(database_url: str, tmp_path: Path) -> Iterator[Outbox]:
    """An outbox on each database in turn."""
    database = Database(database_url)
    yield Outbox(database, config(database_url, "redis://none", tmp_path).keys)
    database.close()


def report(
    box: Outbox,
    state: Delivery | None = DELIVERED,
    gateway_id: str = "name",
    phone: str = PHONE,
    gateway: str = GATEWAY,
    **others: Any,
) -> bool:
    """Let a report come in; say whether it is known which message it speaks of."""
    told = Report(gateway, gateway_id, state, phone, **others)
    with box.database.working() as connection:
        return take_report(connection, box.keys, told, next_morning(kenya(), EVENING))


def absent(box: Outbox, **others: Any) -> bool:
    return report(box, FAILED, reason="AbsentSubscriber", is_absent=True, **others)


def match(box: Outbox) -> int:
    with box.database.working() as connection:
        return match_strays(connection, box.keys, next_morning(kenya(), EVENING))


def strays(box: Outbox) -> list[Row[Any]]:
    with box.database.working() as connection:
        query = select(stray_reports).order_by(stray_reports.c.id)
        return list(connection.execute(query))


def lose(box: Outbox, ago: timedelta = MINUTE, **others: Any) -> int:
    """Put in a message of unknown fate, submitted a while ago; give its id."""
    moment = datetime.now(UTC) - ago
    values = {"state": UNKNOWN, "submitting_at": moment, "unknown_at": moment, "sent_at": None}
    return box.send(**(values | others))


# By name


@pytest.mark.parametrize("state", [DELIVERED, FAILED])
def test_a_report_moves_on_the_message_that_it_names(box: Outbox, state: Delivery) -> None:
    message_id = box.send(gateway_id="name")
    other = box.send(gateway_id="another")

    assert report(box, state)
    assert box.row(message_id).state == state
    assert getattr(box.row(message_id), f"{state}_at")
    assert box.row(other).state == "sent"


def test_a_report_without_a_phone_is_known_by_its_name(box: Outbox) -> None:
    box.send(gateway_id="name")

    assert report(box, phone="")
    assert box.row().state == "delivered"


def test_the_same_name_at_another_gateway_is_another_message(box: Outbox) -> None:
    box.send(gateway_id="name")

    assert not report(box, gateway="kannel")
    assert box.row().state == "sent"


def test_why_a_message_failed_is_kept(box: Outbox) -> None:
    box.send(gateway_id="name")
    report(box, FAILED, reason="UserInBlacklist")

    assert box.row().reason == "UserInBlacklist"


def test_a_report_of_no_known_state_changes_nothing_and_is_not_kept(box: Outbox) -> None:
    box.send(gateway_id="name")

    assert report(box, None)
    assert box.row().state == "sent"
    assert strays(box) == []


def test_a_report_of_a_message_that_is_not_ours_is_kept_as_a_stray(box: Outbox) -> None:
    box.send(gateway_id="name")

    assert not report(box, gateway_id="foreign", phone=OTHER)
    (stray,) = strays(box)
    assert (stray.gateway, stray.gateway_id, stray.state) == (GATEWAY, "foreign", "delivered")


def test_a_report_repeated_is_taken_once(box: Outbox) -> None:
    box.send(gateway_id="name")
    report(box)
    first = box.row()
    report(box)

    assert box.row() == first


def test_a_stray_repeated_is_kept_once(box: Outbox) -> None:
    for _ in range(3):
        report(box, gateway_id="foreign")

    assert len(strays(box)) == 1


def test_a_report_that_comes_before_the_name_is_kept_finds_its_message_later(
    box: Outbox,
) -> None:
    box.put()
    (message,) = box.take()
    early = report(box)
    box.settle(Outcome(message, SENT, "name"))
    matched = match(box)

    assert (early, matched) == (False, 1)
    assert box.row().state == "delivered"
    assert strays(box) == []


@pytest.mark.parametrize(
    "order", [(SENT, DELIVERED), (DELIVERED, SENT)], ids=["in order", "not"]
)
def test_two_early_reports_of_one_message_leave_it_delivered(
    box: Outbox, order: tuple[Delivery, Delivery]
) -> None:
    box.put()
    (message,) = box.take()
    for state in order:
        report(box, state)
    box.settle(Outcome(message, SENT, "name"))

    assert match(box) == 2
    assert box.row().state == "delivered"


# Never backwards

_AFTER = {
    SENT: {SENT: SENT, DELIVERED: DELIVERED, FAILED: FAILED},
    DELIVERED: dict.fromkeys((SENT, DELIVERED, FAILED), DELIVERED),
    FAILED: dict.fromkeys((SENT, DELIVERED, FAILED), FAILED),
    UNKNOWN: {SENT: SENT, DELIVERED: DELIVERED, FAILED: FAILED},
    SUBMITTING: {SENT: SENT, DELIVERED: DELIVERED, FAILED: FAILED},
}


@pytest.mark.parametrize(
    ("before", "told", "after"),
    [
        (one, told, after)
        for one, told_after in _AFTER.items()
        for told, after in told_after.items()
    ],
)
def test_a_report_moves_a_message_on_and_never_back(
    box: Outbox, before: Delivery, told: Delivery, after: Delivery
) -> None:
    box.send(state=before, gateway_id="name", reason=None)

    assert report(box, told)
    assert box.row().state == after


def test_what_failed_keeps_its_reason_whatever_is_reported_later(box: Outbox) -> None:
    box.send(gateway_id="name")
    report(box, FAILED, reason="UserInBlacklist")
    report(box, FAILED, reason="Expired")
    report(box, DELIVERED)

    assert (box.row().state, box.row().reason) == ("failed", "UserInBlacklist")


def test_a_report_that_overtakes_the_senders_own_word_stays(box: Outbox) -> None:
    box.put()
    (message,) = box.take()
    box.change(gateway_id="name")
    report(box, DELIVERED)
    box.settle(Outcome(message, SENT, "name"))

    assert box.row().state == "delivered"


# By phone


@pytest.mark.parametrize("state", [SENT, DELIVERED, FAILED])
def test_a_report_settles_the_only_message_of_unknown_fate_to_its_phone(
    box: Outbox, state: Delivery
) -> None:
    lose(box)

    assert report(box, state)
    assert (box.row().state, box.row().gateway_id) == (state, "name")


def test_a_message_settled_by_its_phone_is_known_by_name_from_then_on(box: Outbox) -> None:
    lose(box)
    report(box, SENT)
    lose(box)
    report(box, DELIVERED)

    assert box.states() == ["delivered", "unknown"]


def test_a_report_without_a_phone_settles_nothing_of_unknown_fate(box: Outbox) -> None:
    lose(box)

    assert not report(box, phone="")
    assert box.row().state == "unknown"


@pytest.mark.parametrize(
    "others",
    [
        {"phone": OTHER},
        {"gateway": "kannel"},
        {"gateway_id": "another"},
        {"ago": HOUR + MINUTE},
    ],
    ids=["another phone", "another gateway", "another name", "over an hour ago"],
)
def test_a_report_settles_no_message_that_it_cannot_mean(
    box: Outbox, others: dict[str, Any]
) -> None:
    lose(box, **others)

    assert not report(box)
    assert box.row().state == "unknown"
    assert len(strays(box)) == 1


def test_a_report_settles_neither_of_two_messages_of_unknown_fate(box: Outbox) -> None:
    lose(box)
    lose(box)

    assert not report(box)
    assert box.states() == ["unknown", "unknown"]


def test_a_message_of_unknown_fate_of_long_ago_stands_in_no_ones_way(box: Outbox) -> None:
    lose(box, 2 * HOUR)
    lose(box)

    assert report(box)
    assert box.states() == ["unknown", "delivered"]


def test_a_report_settles_nothing_while_another_message_is_being_submitted(
    box: Outbox,
) -> None:
    lost = lose(box)
    box.put()
    (beside,) = box.take()
    early = report(box)
    undecided = match(box)
    box.settle(Outcome(beside, SENT, "another"))
    matched = match(box)

    assert (early, undecided, matched) == (False, 0, 1)
    assert (box.row(lost).state, box.row(beside.id).state) == ("delivered", "sent")


def test_a_report_finds_the_message_that_was_being_submitted_beside_by_its_name(
    box: Outbox,
) -> None:
    lost = lose(box)
    box.put()
    (beside,) = box.take()
    report(box)
    box.settle(Outcome(beside, SENT, "name"))
    match(box)

    assert (box.row(lost).state, box.row(beside.id).state) == ("unknown", "delivered")


def test_a_report_of_a_message_whose_sender_died_settles_it_once_it_is_given_up(
    box: Outbox,
) -> None:
    box.put()
    box.take()
    early = report(box)
    box.change(state=UNKNOWN, unknown_at=datetime.now(UTC))

    assert (early, match(box)) == (False, 1)
    assert box.row().state == "delivered"


def test_a_report_that_came_before_a_message_was_submitted_does_not_settle_it(
    box: Outbox,
) -> None:
    report(box, gateway_id="of an earlier message")
    lose(box, timedelta(seconds=-1))

    assert match(box) == 0
    assert box.row().state == "unknown"


# Strays


def test_strays_are_kept_for_a_day(box: Outbox) -> None:
    report(box)
    age_strays(box, timedelta(hours=23))
    match(box)

    assert len(strays(box)) == 1


def test_strays_are_forgotten_after_a_day(box: Outbox) -> None:
    report(box)
    age_strays(box, timedelta(hours=25))

    assert match(box) == 0
    assert strays(box) == []


def test_a_stray_holds_no_phone_in_clear(box: Outbox) -> None:
    report(box)
    (stray,) = strays(box)

    assert bytes(stray.phone_hmac) == box.keys.phone_hmac(PHONE)
    assert PHONE not in str(stray)


def age_strays(box: Outbox, ago: timedelta) -> None:
    with box.database.working() as connection:
        connection.execute(update(stray_reports).values(made_at=datetime.now(UTC) - ago))


# Phones that were absent


def test_an_absent_phone_is_tried_again_at_eight_the_next_morning(box: Outbox) -> None:
    message_id = box.send(body="ID ..678 is READY", gateway_id="name")
    absent(box)
    first, again = box.rows()

    assert (first.state, first.reason) == ("failed", "AbsentSubscriber")
    assert (again.state, again.cause) == ("queued", f"again|{message_id}")
    assert in_utc(again.due_at) == MORNING


def test_the_second_try_goes_to_the_same_phone_with_the_same_text(box: Outbox) -> None:
    box.send(body="ID ..678 is READY", gateway_id="name")
    absent(box)
    box.change(box.rows()[1].id, due_at=datetime.now(UTC))
    (again,) = box.take()

    assert (again.phone, again.body) == (PHONE, "ID ..678 is READY")


def test_the_second_try_has_the_code_the_rank_and_the_age_of_the_first(box: Outbox) -> None:
    box.send(gateway_id="name", code="54321", priority=Priority.CAMPAIGN, campaign_id=7)
    absent(box)
    first, again = box.rows()
    kept = ("code", "priority", "campaign_id", "segments", "phone_hmac", "same", "made_at")

    assert [getattr(again, one) for one in kept] == [getattr(first, one) for one in kept]


def test_the_second_try_says_the_same_documents_are_ready(box: Outbox) -> None:
    documents = (box.put_document(), box.put_document())
    box.send(gateway_id="name", documents=documents)
    absent(box)
    again = box.rows()[1].id
    with box.database.working() as connection:
        query = select(outbox_documents).where(outbox_documents.c.message_id == again)
        told_of = {row.document_id for row in connection.execute(query)}

    assert told_of == set(documents)


def test_the_second_try_is_not_made_once_the_document_is_gone(box: Outbox) -> None:
    document = box.put_document("collected")
    box.send(gateway_id="name", documents=(document,), priority=Priority.NOTICE)
    absent(box)
    again = box.rows()[1].id
    box.change(again, due_at=datetime.now(UTC))

    assert box.take() == []
    assert box.row(again).reason == "not ready any more"


def test_the_second_try_of_a_notice_is_not_made_to_a_phone_that_was_stopped_meanwhile(
    box: Outbox,
) -> None:
    box.send(gateway_id="name", priority=Priority.NOTICE)
    with box.database.working() as connection:
        callers.stop(connection, box.keys.phone_hmac(PHONE), b"sealed")
    absent(box)
    again = box.rows()[1].id
    box.change(again, due_at=datetime.now(UTC))

    assert box.take() == []
    assert box.row(again).reason == "stopped"


def test_an_absence_reported_twice_is_one_second_try(box: Outbox) -> None:
    box.send(gateway_id="name")
    absent(box)
    absent(box)

    assert len(box.rows()) == 2


def test_a_second_try_that_finds_the_phone_absent_is_the_last(box: Outbox) -> None:
    box.send(gateway_id="name")
    absent(box)
    box.change(box.rows()[1].id, state=SENT, gateway=GATEWAY, gateway_id="second")
    absent(box, gateway_id="second")

    assert box.states() == ["failed", "failed"]


def test_another_failure_is_not_tried_again(box: Outbox) -> None:
    box.send(gateway_id="name")
    report(box, FAILED, reason="UserInBlacklist")

    assert len(box.rows()) == 1


def test_an_absence_reported_of_what_was_delivered_is_not_tried_again(box: Outbox) -> None:
    box.send(gateway_id="name")
    report(box)
    absent(box)

    assert box.states() == ["delivered"]


def test_an_early_report_of_an_absent_phone_is_tried_again_all_the_same(box: Outbox) -> None:
    box.put()
    (message,) = box.take()
    absent(box)
    box.settle(Outcome(message, SENT, "name"))
    match(box)
    match(box)

    assert box.states() == ["failed", "queued"]
    assert in_utc(box.rows()[1].due_at) == MORNING


def test_a_message_that_does_not_open_is_not_tried_again(box: Outbox) -> None:
    message_id = box.send(gateway_id="name")
    box.change(message_id, body=b"torn")
    absent(box)

    assert box.states() == ["failed"]


# By hand


def by_hand(box: Outbox, message_id: int, verdict: Verdict) -> None:
    with box.database.working() as connection:
        settle_by_hand(connection, box.keys, message_id, verdict)


@pytest.mark.parametrize("verdict", [Verdict.DELIVERED, Verdict.FAILED])
def test_a_person_settles_a_message_of_unknown_fate(box: Outbox, verdict: Verdict) -> None:
    message_id = lose(box)
    by_hand(box, message_id, verdict)
    row = box.row()

    assert (row.state, row.reason) == (verdict.value, "by hand")
    assert getattr(row, f"{verdict}_at")


def test_a_person_has_a_message_of_unknown_fate_sent_once_more_at_once(box: Outbox) -> None:
    document = box.put_document()
    message_id = lose(box, body="ID ..678 is READY", code="54321", documents=(document,))
    by_hand(box, message_id, Verdict.AGAIN)
    first, again = box.rows()
    (taken,) = box.take()

    assert (first.state, first.reason) == ("failed", "by hand")
    assert (again.cause, again.code) == (f"again|{message_id}", "54321")
    assert (taken.id, taken.phone, taken.body) == (again.id, PHONE, "ID ..678 is READY")


def test_a_person_has_a_second_try_of_unknown_fate_sent_once_more(box: Outbox) -> None:
    message_id = lose(box, cause="again|99")
    by_hand(box, message_id, Verdict.AGAIN)

    assert box.rows()[1].cause == f"again|{message_id}"


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("state", [one for one in Delivery if one is not UNKNOWN])
def test_a_person_settles_no_message_in_another_state(
    box: Outbox, state: Delivery, verdict: Verdict
) -> None:
    message_id = box.send(state=state)
    with pytest.raises(NotToSettle, match=f"it is {state}: only what is unknown"):
        by_hand(box, message_id, verdict)

    assert box.states() == [state]


def test_a_person_settles_no_message_that_is_not_there(box: Outbox) -> None:
    with pytest.raises(NotToSettle, match="there is no such message"):
        by_hand(box, 1, Verdict.FAILED)


def test_a_message_that_does_not_open_is_not_sent_once_more(box: Outbox) -> None:
    message_id = lose(box)
    box.change(message_id, phone=b"torn")
    with pytest.raises(NotToSettle, match="cannot be read"):
        by_hand(box, message_id, Verdict.AGAIN)

    assert box.states() == ["unknown"]


def test_what_a_person_settled_stays_whatever_a_sender_says_later(box: Outbox) -> None:
    box.put()
    (message,) = box.take()
    box.change(state=UNKNOWN)
    by_hand(box, message.id, Verdict.FAILED)
    box.settle(Outcome(message, SENT, "name"))

    assert (box.row().state, box.row().reason) == ("failed", "by hand")


def test_nothing_that_is_settled_is_left_waiting(box: Outbox) -> None:
    by_hand(box, lose(box), Verdict.DELIVERED)
    with box.database.working() as connection:
        assert connection.scalar(select(func.count()).select_from(stray_reports)) == 0
    assert box.take() == []
