"""Facts about whom a campaign tells, whom it leaves out, and what is kept of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, Table, insert, select, update

from menus import campaigns as written
from menus.campaigns import Tally
from menus.line import Line
from models.callers import caller_row, choose_language, stop
from models.campaigns import (
    FAR,
    Choice,
    OtherChoice,
    Stopped,
    begin,
    campaigns,
    campaigns_stopped,
    every_campaign,
    id_of,
    resume,
)
from models.campaigns import stop as stop_campaign
from models.choosing import Skip
from models.documents import State, documents
from models.documents import change as change_document
from models.gsm7 import septets
from models.ledgers import ledger
from models.numbers import Kind
from models.outbox import Delivery, Priority, outbox, outbox_documents, sent_with_code
from models.reported import AGAIN
from tests.caller import PHONE
from tests.commands.campaign_set import load, ready
from tests.conftest import Open, inbox, line_of
from tests.servers import RedisServer
from tests.world import report_not_there

SECOND, THIRD = "+254711000222", "+254711000333"
THIRTY = Choice(30)


@pytest.fixture
def line(open_app: Open, database_url: str, redis: RedisServer) -> Line:
    """A line on each database in turn."""
    return line_of(open_app(database_url, redis.url))


def plan(line: Line, choice: Choice = THIRTY, name: str = "one") -> Tally:
    return written.plan(line, name, choice, lambda *_: None)


def queue(line: Line, choice: Choice = THIRTY, name: str = "one") -> Tally:
    return written.queue(line, name, choice, lambda *_: None)


def rows(line: Line, table: Table) -> list[Row[Any]]:
    with line.database.working() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def change(line: Line, table: Table, **values: object) -> None:
    with line.database.working() as connection:
        connection.execute(update(table).values(**values))


def its_id(line: Line, name: str = "one") -> int:
    with line.database.working() as connection:
        found = id_of(connection, name)
    assert found is not None
    return found


def wants_none(line: Line, phone: str = PHONE) -> None:
    phone_hmac = line.keys.phone_hmac(phone)
    with line.database.working() as connection:
        stop(connection, phone_hmac, line.keys.people.seal(phone, caller_row(phone_hmac)))


def speaks(line: Line, phone: str, language: str) -> None:
    phone_hmac = line.keys.phone_hmac(phone)
    sealed = line.keys.people.seal(phone, caller_row(phone_hmac))
    with line.database.working() as connection:
        choose_language(connection, phone_hmac, sealed, language)


def skipped(line: Line, choice: Choice = THIRTY) -> dict[Skip, int]:
    """Plan a campaign that must come to nothing; say why."""
    tally = plan(line, choice)
    assert tally.recipients == 0
    return dict(tally.skipped)


# Whom it tells


def test_an_owner_gets_one_text_that_says_all_that_it_must(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    queue(line)

    (row,) = rows(line, outbox)
    assert inbox(line) == [
        "Your ID ..678 is READY at GPO Nairobi. Mon-Fri 07:00-19:00. Bring: waiting card."
        f" Collecting is free; only 1919 texts you. Ref {row.code}. Reply STOP to end."
    ]


def test_its_message_is_a_campaigns(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    queue(line)

    (row,) = rows(line, outbox)
    assert (row.priority, row.state, row.segments, row.attempts) == (
        Priority.CAMPAIGN,
        Delivery.QUEUED,
        1,
        0,
    )
    assert row.campaign_id == its_id(line)
    assert row.cause == f"campaign|{row.campaign_id}|{row.phone_hmac.hex()[:40]}"
    assert bytes(row.phone_hmac) == line.keys.phone_hmac(PHONE)


def test_it_opens_as_any_message(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    queue(line)

    (row,) = rows(line, outbox)
    assert line.keys.people.open(row.phone, f"outbox|phone|{row.cause}") == PHONE


def test_its_owner_can_check_its_code_once_it_is_sent(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    queue(line)
    change(line, outbox, state=Delivery.SENT)

    (row,) = rows(line, outbox)
    with line.database.working() as connection:
        assert sent_with_code(connection, [line.keys.phone_hmac(PHONE)], row.code) is not None
        assert sent_with_code(connection, [line.keys.phone_hmac(SECOND)], row.code) is None


def test_it_names_its_documents(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE), ready(line, "22345678", PHONE, days=40)])
    queue(line)

    (row,) = rows(line, outbox)
    ids = [one.id for one in rows(line, documents)]
    named = [(one.message_id, one.document_id) for one in rows(line, outbox_documents)]
    assert named == [(row.id, one) for one in ids]


def test_an_owner_of_several_gets_one_text(line: Line) -> None:
    load(
        line,
        [
            ready(line, "12345678", PHONE),
            ready(line, "22345999", PHONE, kind=Kind.DRIVING_LICENCE, centre="022-01"),
        ],
    )
    tally = queue(line)

    (row,) = rows(line, outbox)
    assert inbox(line) == [
        "ID ..678 READY: GPO Nairobi. Licence ..999 READY: Thika. Collecting is free;"
        f" only 1919 texts you. Ref {row.code}. Reply STOP to end."
    ]
    assert (tally.chosen, tally.told, tally.recipients, tally.segments) == (2, 2, 1, 1)


def test_an_owner_of_many_gets_one_segment(line: Line) -> None:
    load(line, [ready(line, f"{nth}2345678", PHONE) for nth in range(1, 10)])
    queue(line)

    (text,) = inbox(line)
    assert "More: dial *1919#. Collecting is free" in text
    assert septets(text) <= 160


def test_owners_are_apart(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE), ready(line, "22345999", SECOND)])
    queue(line)

    assert ["..678" in one for one in inbox(line)] == [True]
    assert ["..999" in one for one in inbox(line, SECOND)] == [True]


def test_two_owners_have_two_codes(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE), ready(line, "22345999", SECOND)])
    queue(line)

    assert len({row.code for row in rows(line, outbox)}) == 2


# In which language


def test_it_speaks_the_language_that_a_caller_chose(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE), ready(line, "22345999", SECOND)])
    speaks(line, PHONE, "sw")
    tally = queue(line)

    assert inbox(line)[0].startswith("Kitambulisho ..678 tayari: GPO Nairobi.")
    assert inbox(line, SECOND)[0].startswith("Your ID ..999 is READY")
    assert tally.languages == {"sw": 1, "en": 1}


def test_who_chose_none_is_spoken_to_as_is_said(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE), ready(line, "22345999", SECOND)])
    speaks(line, PHONE, "en")
    queue(line, Choice(30, language="sw"))

    assert inbox(line)[0].startswith("Your ID")
    assert inbox(line, SECOND)[0].startswith("Kitambulisho")


# Which documents


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (Choice(0), 4),
        (Choice(10), 3),
        (Choice(11), 2),
        (Choice(11, 30), 1),
        (Choice(0, 9), 1),
        (Choice(10, 10), 1),
        (Choice(31), 1),
        (Choice(101), 0),
    ],
)
def test_documents_are_chosen_by_how_long_they_lie(
    line: Line, choice: Choice, told: int
) -> None:
    ages = (0, 10, 30, 100)
    load(line, [ready(line, f"1234567{nth}", PHONE, days) for nth, days in enumerate(ages)])

    assert plan(line, choice).told == told


def test_one_of_no_known_day_lies_since_it_was_confirmed(line: Line) -> None:
    today = line.country.day(line.clock())
    load(line, [ready(line, "12345678", PHONE, days=None)], today - timedelta(days=20))

    assert [plan(line, Choice(days)).told for days in (20, 21)] == [1, 0]


def test_documents_are_chosen_by_centre(line: Line) -> None:
    places = ("047-01", "022-01", "001-01")
    load(line, [ready(line, f"1234567{n}", PHONE, centre=one) for n, one in enumerate(places)])

    assert plan(line, Choice(30, centres=("022-01", "001-01"))).told == 2


def test_documents_are_chosen_by_kind(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE, kind=one) for one in Kind])

    assert plan(line, Choice(30, kinds=(Kind.ID_CARD,))).told == 1
    assert plan(line).told == 3


@pytest.mark.parametrize("state", [State.COMING, State.COLLECTED, State.RETURNED])
def test_what_is_not_ready_is_not_chosen(line: Line, state: State) -> None:
    load(line, [ready(line, "12345678", PHONE, state=state)])

    assert plan(line).chosen == 0


# Who is left out


def test_who_has_no_phone_is_left_out(line: Line) -> None:
    load(line, [ready(line, "12345678", None)])

    assert skipped(line) == {Skip.NO_PHONE: 1}


def test_who_wants_no_texts_is_left_out(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE), ready(line, "22345678", PHONE)])
    wants_none(line)

    assert skipped(line) == {Skip.STOPPED: 2}


def test_a_phone_that_does_not_open_is_left_out(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    change(line, documents, phone=b"\0" * 40)

    assert skipped(line) == {Skip.UNREADABLE: 1}


def test_a_phone_moved_to_another_row_is_left_out(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    change(line, documents, phone_hmac=line.keys.phone_hmac(SECOND))

    assert skipped(line) == {Skip.UNREADABLE: 1}


def test_a_phone_that_opens_on_one_document_is_enough(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE), ready(line, "22345678", PHONE)])
    with line.database.working() as connection:
        first = update(documents).where(documents.c.id == 1)
        connection.execute(first.values(phone=b"\0" * 40))

    assert plan(line).told == 2


def test_what_is_being_checked_is_left_out(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE), ready(line, "22345999", PHONE)])
    for phone in (SECOND, THIRD):
        report_not_there(line, "12345678", phone)
    tally = queue(line)

    assert tally.skipped == {Skip.CHECKED: 1}
    assert inbox(line)[0].startswith("Your ID ..999 ")


def test_what_its_owner_was_told_of_lately_is_left_out(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    queue(line, name="first")
    now = datetime.now(UTC)
    change(line, outbox, state=Delivery.DELIVERED, submitting_at=now - timedelta(days=13))

    assert skipped(line) == {Skip.TOLD: 1}
    assert plan(line, Choice(30, told_within=12)).told == 1
    assert plan(line, Choice(30, told_within=0)).told == 1


def test_only_what_its_owner_was_told_of_is_left_out(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    queue(line, name="first")
    load(line, [ready(line, "22345999", PHONE)])
    tally = queue(line)

    assert tally.skipped == {Skip.TOLD: 1}
    assert inbox(line)[-1].startswith("Your ID ..999 ")


def test_what_its_owner_is_about_to_be_told_of_is_left_out(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    queue(line, name="first")

    assert skipped(line) == {Skip.TOLD: 1}


@pytest.mark.parametrize("fate", ["failed", "stopped"])
def test_what_never_went_out_has_told_nobody(line: Line, fate: str) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    queue(line, name="first")
    if fate == "failed":
        change(line, outbox, state=Delivery.FAILED, submitting_at=datetime.now(UTC))
    else:
        campaign_id = its_id(line, "first")
        with line.database.working() as connection:
            stop_campaign(connection, campaign_id)

    assert plan(line).told == 1


def test_every_document_is_told_of_or_left_out_for_one_reason(line: Line) -> None:
    load(
        line,
        [
            ready(line, "12345678", None),
            ready(line, "22345678", PHONE),
            ready(line, "32345678", SECOND),
            ready(line, "42345678", SECOND),
            ready(line, "52345678", THIRD),
        ],
    )
    wants_none(line)
    report_not_there(line, "32345678", PHONE)
    report_not_there(line, "32345678", THIRD)
    tally = plan(line)

    assert tally.chosen == 5 == tally.told + tally.skipped.total()
    assert tally.skipped == {Skip.NO_PHONE: 1, Skip.STOPPED: 1, Skip.CHECKED: 1}


# Once


def test_a_plan_queues_nothing_and_keeps_nothing(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    plan(line)

    assert rows(line, outbox) == rows(line, campaigns) == []


def test_a_campaign_tells_nobody_twice(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    queue(line)
    change(line, outbox, state=Delivery.FAILED)
    tally = queue(line)

    assert tally.recipients == 0
    assert tally.skipped == {Skip.IN_IT: 1}
    assert len(inbox(line)) == 1


def test_a_campaign_that_goes_on_tells_who_came_since(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    queue(line)
    load(line, [ready(line, "22345678", SECOND)])

    assert plan(line).recipients == 1
    assert queue(line).recipients == 1
    assert len(inbox(line, SECOND)) == 1


def test_a_campaign_broken_off_has_queued_nothing(line: Line) -> None:
    load(line, [ready(line, str(20_000_000 + nth), f"+2547{nth:08}") for nth in range(2_500)])

    def break_off(done: int, _of: int) -> None:
        if done > 2_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        written.queue(line, "one", THIRTY, break_off)
    assert rows(line, outbox) == rows(line, campaigns) == rows(line, outbox_documents) == []
    assert queue(line).recipients == 2_500


def test_messages_that_others_queued_keep_their_ids(line: Line) -> None:
    """Ids are drawn beforehand: others draw on from there."""
    load(line, [ready(line, "12345678", PHONE), ready(line, "22345678", SECOND)])
    queue(line)
    columns = dict(rows(line, outbox)[0]._mapping)
    del columns["id"]
    columns["cause"] = "another"
    with line.database.working() as connection:
        connection.execute(insert(outbox).values(columns))

    assert len({row.id for row in rows(line, outbox)}) == 3


def test_a_name_stands_for_one_choice(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    queue(line)

    with pytest.raises(OtherChoice):
        queue(line, Choice(31))


# Stopped, and going on


def test_what_a_stopped_campaign_has_queued_is_not_due(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE), ready(line, "22345678", SECOND)])
    queue(line)
    campaign_id = its_id(line)
    with line.database.working() as connection:
        assert stop_campaign(connection, campaign_id) == 2
        assert stop_campaign(connection, campaign_id) == 0
        due = connection.scalars(
            select(outbox.c.id).where(outbox.c.due_at < datetime(9998, 1, 1, tzinfo=UTC))
        )
        assert due.all() == []
        assert campaigns_stopped(connection, [campaign_id, 99]) == {campaign_id}


def test_what_senders_have_in_hand_is_left_to_them(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    queue(line)
    change(line, outbox, state=Delivery.SUBMITTING)
    campaign_id = its_id(line)
    with line.database.working() as connection:
        assert stop_campaign(connection, campaign_id) == 0


def test_a_stopped_campaign_takes_nobody_in(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    queue(line)
    campaign_id = its_id(line)
    with line.database.working() as connection:
        stop_campaign(connection, campaign_id)

    with pytest.raises(Stopped):
        queue(line)


def test_a_campaign_goes_on_where_it_was_stopped(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE), ready(line, "22345678", SECOND)])
    queue(line)
    campaign_id = its_id(line)
    with line.database.working() as connection:
        stop_campaign(connection, campaign_id)
        assert resume(connection, campaign_id) == 2
        assert resume(connection, campaign_id) == 0
        not_due = outbox.c.due_at > datetime.now(UTC)
        assert connection.scalars(select(outbox.c.id).where(not_due)).all() == []
        assert campaigns_stopped(connection, [campaign_id]) == set()
    assert queue(line).recipients == 0


def test_another_campaign_is_not_stopped_with_it(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    queue(line, name="other")
    with line.database.working() as connection:
        stopped = begin(connection, "one", THIRTY)
        assert stop_campaign(connection, stopped) == 0


def test_far_is_far_on_each_database(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    queue(line)
    change(line, outbox, due_at=FAR)

    (row,) = rows(line, outbox)
    assert row.due_at.year in (9998, 9999)


# What is told of it afterwards


def test_campaigns_are_listed_the_latest_first(line: Line) -> None:
    load(line, [ready(line, "12345678", PHONE)])
    queue(line)
    queue(line, Choice(500), name="two")
    with line.database.working() as connection:
        listed = every_campaign(connection)

    assert [(one.name, one.messages, one.queued, one.stopped) for one in listed] == [
        ("two", 0, 0, False),
        ("one", 1, 1, False),
    ]


def test_the_ledger_counts_what_became_of_messages_and_documents(line: Line) -> None:
    fates: list[dict[str, object]] = [
        {"state": Delivery.QUEUED},
        {"state": Delivery.DELIVERED, "money": 8_000, "sent_at": datetime.now(UTC)},
        {"state": Delivery.SENT, "sent_at": datetime.now(UTC)},
        {"state": Delivery.UNKNOWN},
        {"state": Delivery.FAILED, "reason": "stopped"},
        {"state": Delivery.FAILED, "reason": "not ready any more"},
        {"state": Delivery.FAILED, "reason": "stopped"},
        {
            "state": Delivery.FAILED,
            "reason": "absent",
            "money": 9_000,
            "sent_at": datetime.now(UTC),
        },
        {"state": Delivery.QUEUED, "cause": f"{AGAIN}|8"},
    ]
    known = [ready(line, str(20_000_000 + nth), f"+2547{nth:08}") for nth in range(len(fates))]
    load(line, [*known, ready(line, "12345678", None)])
    queue(line)
    message_ids = [row.id for row in rows(line, outbox)]
    told = {row.message_id: row.document_id for row in rows(line, outbox_documents)}
    campaign_id, october = its_id(line), date(2026, 10, 1)
    with line.database.working() as connection:
        for message_id, fate in zip(message_ids, fates, strict=True):
            connection.execute(update(outbox).where(outbox.c.id == message_id).values(**fate))
        for document_id in (told[one] for one in message_ids[:2]):
            change_document(connection, document_id, october, "a", "b", State.COLLECTED)
        found = ledger(connection, campaign_id)

    assert found.recipients == 9
    assert found.states == {
        Delivery.QUEUED: 2,
        Delivery.DELIVERED: 1,
        Delivery.SENT: 1,
        Delivery.UNKNOWN: 1,
        Delivery.FAILED: 4,
    }
    assert found.failed == {"stopped": 2, "absent": 1, "not ready any more": 1}
    assert found.again == 1
    assert (found.segments, found.money, found.uncharged) == (4, 17_000, 2)
    assert (found.told, found.collected) == (3, 1)
    assert found.skipped == {"no phone": 1}


def test_the_ledger_of_a_campaign_of_nobody_is_empty(line: Line) -> None:
    queue(line)
    campaign_id = its_id(line)
    with line.database.working() as connection:
        found = ledger(connection, campaign_id)

    assert (found.recipients, found.segments, found.money, found.told) == (0, 0, 0, 0)
