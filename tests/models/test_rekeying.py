"""Facts about rows under two versions of a key: they are one phone's, and one number's."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Table, func, select, update

from menus.wishes import (
    CallMeBack,
    Complain,
    Rate,
    SpeakTo,
    TellMeWhenReady,
    TextMe,
    Wish,
    grant,
)
from models import call_backs, reports
from models.base import Database
from models.callers import caller_row, callers, read_language, stop, stopped_among
from models.country import kenya
from models.documents import State, document_numbers, find
from models.importing import Import
from models.keys import Keys
from models.matching import Row
from models.numbers import Kind, NumberType
from models.outbox import Delivery, Priority, outbox, queue, sent_with_code
from models.ratings import ratings
from models.rekeying import rekey_phones
from models.reported import Report as Reported
from models.reported import match_strays, stray_reports, take_report
from models.reports import Matter, Report
from models.sending import STOPPED, Terms, take
from models.spending import Limits
from models.subscriptions import due, subscription_numbers, subscriptions
from tests.rotating import BOTH, NEW, OLD, left

PHONE, OTHER = "+254711000111", "+254711000112"
NUMBER = "12345678"
TODAY = date(2026, 9, 30)
TERMS = Terms("africastalking", TODAY, Limits())
EVERY_WISH: tuple[tuple[Wish, Table], ...] = (
    (SpeakTo("sw"), callers),
    (TextMe("where", "GPO Nairobi"), outbox),
    (TellMeWhenReady(NUMBER, "", "en"), subscriptions),
    (CallMeBack("en", "contact"), call_backs.call_backs),
    (Complain(Report(Matter.OTHER, "en", number=NUMBER, words="askari")), reports.reports),
    (Complain(Report(Matter.NOT_THERE, "en", (1,), NUMBER)), reports.reports),
    (Rate("047-01", 3), ratings),
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    database.open()
    load(database, OLD)
    yield database
    database.close()


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url)
    database.open()
    load(database, OLD)
    yield database
    database.close()


def load(
    database: Database, keys: Keys, number: str = NUMBER, state: str = "coming", phone: str = ""
) -> None:

    row = Row(
        Kind.ID_CARD,
        State(state),
        "047-01",
        None,
        {NumberType.NATIONAL_ID: number},
        phone or None,
    )
    with database.working() as connection:
        for _ in Import(connection, keys, TODAY).load([row]):
            pass


def wish(database: Database, keys: Keys, *wishes: Wish, phone: str = PHONE) -> bool:
    return grant(database, keys, kenya(), phone, wishes, 5.0)


def stop_phone(database: Database, keys: Keys, phone: str = PHONE) -> None:
    hmac = keys.phone_hmac(phone)
    with database.working() as connection:
        rekey_phones(connection, keys, [phone])
        stop(connection, hmac, keys.people.seal(phone, caller_row(hmac)))


def text_to(database: Database, keys: Keys, cause: str, **others: object) -> None:
    with database.working() as connection:
        assert queue(connection, keys, cause, PHONE, f"A text. {cause}", **others)  # type: ignore[arg-type]


def count(database: Database, table: Table) -> int:
    with database.working() as connection:
        return connection.scalars(select(func.count()).select_from(table)).one()


def found(database: Database, keys: Keys) -> int:
    hmacs = keys.number_hmacs(NumberType.NATIONAL_ID, NUMBER)
    with database.working() as connection:
        return len(find(connection, hmacs, list(Kind), keys.phone_hmac(PHONE))[0])


@pytest.mark.parametrize(
    ("wished", "table"), EVERY_WISH, ids=lambda one: getattr(one, "name", type(one).__name__)
)
def test_what_is_wished_for_again_under_the_new_key_is_the_same_wish(
    wished: Wish, table: Table, database: Database
) -> None:
    assert wish(database, OLD, wished)
    assert wish(database, BOTH, wished)

    assert count(database, table) == 1
    assert table.name.replace("_", " ") not in {what for _, what in left(database)}


def test_every_row_of_a_phone_moves_with_its_next_wish(database: Database) -> None:
    wish(database, OLD, *(one for one, _ in EVERY_WISH))
    wish(database, OLD, SpeakTo("en"), phone=OTHER)
    wish(database, BOTH, SpeakTo("en"))

    assert {
        what: rows for (key, what), rows in left(database).items() if key == "PHONE_KEY"
    } == {"callers": 1}
    with database.working() as connection:
        said = reports.waiting(connection, NEW)
        rung = call_backs.waiting(connection, NEW)
    assert [(one.phone, one.number, one.words) for one in said] == [
        (PHONE, NUMBER, "askari"),
        (PHONE, NUMBER, ""),
    ]
    assert [one.phone for one in rung] == [PHONE]


def test_a_language_of_the_old_key_is_read_under_both(database: Database) -> None:
    wish(database, OLD, SpeakTo("sw"))
    with database.working() as connection:
        assert read_language(connection, BOTH.phone_hmacs(PHONE)) == "sw"
        assert read_language(connection, NEW.phone_hmacs(PHONE)) is None


def test_a_code_of_the_old_key_is_known_under_both(database: Database) -> None:
    text_to(database, OLD, "notice", code="48213")
    with database.working() as connection:
        connection.execute(update(outbox).values(state=Delivery.SENT))
        assert sent_with_code(connection, BOTH.phone_hmacs(PHONE), "48213")


@pytest.mark.parametrize(("first", "then"), [(OLD, BOTH), (BOTH, OLD)], ids=["new", "old"])
def test_a_stop_holds_whichever_key_a_notice_was_queued_under(
    first: Keys, then: Keys, database: Database
) -> None:
    text_to(database, first, "notice", priority=Priority.NOTICE)
    stop_phone(database, then)
    with database.working() as connection:
        taken = take(connection, BOTH, 10, TERMS)
        reasons = connection.scalars(select(outbox.c.reason)).all()

    assert (taken, reasons) == ([], [STOPPED])


def test_an_hours_texts_are_counted_under_both_keys(database: Database) -> None:
    for nth in range(10):
        text_to(database, OLD, f"answer-{nth}")
    with database.working() as connection:
        assert len(take(connection, OLD, 10, TERMS)) == 10
    text_to(database, BOTH, "one more")
    with database.working() as connection:
        assert take(connection, BOTH, 10, TERMS) == []


def test_a_text_of_a_key_that_a_sender_has_not_yet_waits_for_it(sqlite: Database) -> None:
    text_to(sqlite, BOTH, "answer")
    with sqlite.working() as connection:
        assert take(connection, OLD, 10, TERMS) == []
        state, due_at = connection.execute(select(outbox.c.state, outbox.c.due_at)).one()

    assert state == Delivery.QUEUED
    assert due_at.replace(tzinfo=UTC) > datetime.now(UTC)


def test_a_stop_of_an_older_process_is_not_lost_beside_a_newer_row(database: Database) -> None:
    wish(database, BOTH, SpeakTo("sw"))
    stop_phone(database, OLD)
    with database.working() as connection:
        rekey_phones(connection, BOTH, [PHONE])
        stopped = stopped_among(connection, [NEW.phone_hmac(PHONE)])
        language = read_language(connection, NEW.phone_hmacs(PHONE))

    assert count(database, callers) == 1
    assert (len(stopped), language) == (1, "sw")


def test_a_stop_that_is_an_hmac_alone_moves_once_its_phone_is_known(sqlite: Database) -> None:
    stop_phone(sqlite, OLD)
    with sqlite.working() as connection:
        connection.execute(update(callers).values(phone=b""))
        rekey_phones(connection, BOTH, [PHONE])
        stopped = stopped_among(connection, [NEW.phone_hmac(PHONE)])
        kept = connection.scalars(select(callers.c.phone)).one()

    assert (len(stopped), kept) == (1, b"")


def test_two_subscriptions_that_two_processes_made_become_one(database: Database) -> None:
    asked = TellMeWhenReady(NUMBER, "", "en")
    wish(database, BOTH, asked)
    wish(database, OLD, asked)
    assert count(database, subscriptions) == 2
    wish(database, BOTH, asked)

    assert count(database, subscriptions) == 1


def test_a_number_that_is_waited_for_again_moves_with_its_documents(database: Database) -> None:
    asked = TellMeWhenReady(NUMBER, "", "en")
    wish(database, OLD, asked)
    wish(database, BOTH, asked, phone=OTHER)
    load(database, BOTH, state="ready")
    with database.working() as connection:
        versions = connection.scalars(select(document_numbers.c.key_version)).all()
        told = {one.phone for one in due(connection, BOTH)}

    assert versions == [2]
    assert told == {PHONE, OTHER}
    assert found(database, BOTH) == 1


def test_who_waits_under_the_old_key_is_told_of_a_document_of_the_old_one(
    database: Database,
) -> None:
    wish(database, OLD, TellMeWhenReady(NUMBER, "", "en"))
    load(database, BOTH, state="ready")
    with database.working() as connection:
        assert [one.phone for one in due(connection, BOTH)] == [PHONE]


def test_a_report_that_came_before_a_move_still_finds_its_text(database: Database) -> None:
    text_to(database, OLD, "answer")
    report = Reported("africastalking", "ATXid_1", Delivery.DELIVERED, PHONE)
    with database.working() as connection:
        take_report(connection, OLD, report, datetime.now(UTC))
        assert count_of(connection, stray_reports) == 1
        assert len(take(connection, BOTH, 10, TERMS)) == 1
        earlier = datetime.now(UTC) - timedelta(minutes=1)
        unknown = {"state": Delivery.UNKNOWN, "submitting_at": earlier}
        connection.execute(update(outbox).values(**unknown))
        assert match_strays(connection, BOTH, datetime.now(UTC)) == 1
        states = connection.scalars(select(outbox.c.state)).all()

    assert states == [Delivery.DELIVERED]


def count_of(connection: object, table: Table) -> int:
    return connection.scalars(select(func.count()).select_from(table)).one()  # type: ignore[attr-defined,no-any-return]


def test_with_one_version_nothing_is_asked(sqlite: Database) -> None:
    with sqlite.working() as connection:
        assert rekey_phones(connection, NEW, [PHONE]) == 0


def test_what_does_not_open_is_left_as_it_is(database: Database) -> None:
    wish(database, OLD, CallMeBack("en", "contact"), EVERY_WISH[4][0])
    with database.working() as connection:
        connection.execute(update(reports.reports).values(words=b"\0\1" + bytes(60)))
    wish(database, BOTH, CallMeBack("en", "contact"))

    assert left(database)["PHONE_KEY", "reports"] == 1
    assert ("PHONE_KEY", "call backs") not in left(database)


def test_numbers_waited_for_lie_under_the_current_key_alone(database: Database) -> None:
    wish(database, BOTH, TellMeWhenReady(NUMBER, "id_card", "en"))
    with database.working() as connection:
        hmacs = {bytes(one) for one in connection.scalars(select(subscription_numbers.c.hmac))}

    assert hmacs <= {NEW.number_hmac(one, NUMBER) for one in NumberType}


def test_who_waits_under_the_old_key_is_told_of_a_new_document(database: Database) -> None:
    wish(database, OLD, TellMeWhenReady("30303030", "", "en"))
    load(database, BOTH, "30303030", "ready")
    with database.working() as connection:
        assert [one.phone for one in due(connection, BOTH)] == [PHONE]
