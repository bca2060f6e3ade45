"""Facts about what callers report, and about documents in doubt for it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from menus.line import Line
from models import subscriptions
from models.documents import Found, State, documents, find
from models.matching import Row
from models.numbers import Kind, NumberType
from models.reports import (
    MOST,
    Matter,
    Received,
    Report,
    close,
    doubted,
    report,
    reports,
    waiting,
)
from sms.sender import sweep
from tests.conftest import Open, inbox, line_of
from tests.servers import RedisServer
from tests.world import CONFIRMED, load_rows, put

PHONES = [f"+2547110001{nth:02}" for nth in range(11, 40)]
PHONE, OTHER, THIRD = PHONES[:3]
NUMBER = "87654321"
WORDS = "canary words"
TODAY, TOMORROW = date(2026, 9, 30), date(2026, 10, 1)
BEFORE, LATER = CONFIRMED - timedelta(days=5), CONFIRMED + timedelta(days=2)
GONE = Report(Matter.NOT_THERE, "en", documents=(1,), number=NUMBER)


@pytest.fixture
def line(open_app: Open, database_url: str, redis: RedisServer) -> Line:
    """A line on each database in turn."""
    return line_of(open_app(database_url, redis.url))


@pytest.fixture
def ready(line: Line) -> Line:
    """A line that knows one card, ready, and one licence of the same number."""
    put(line, "id_card", NUMBER, "ready")
    put(line, "driving_licence", NUMBER, "ready")
    return line


@pytest.fixture
def disputed(line: Line) -> Line:
    """A line on which two phones say that the one card is not there."""
    put(line, "id_card", NUMBER, "ready")
    say(line, GONE, PHONE)
    say(line, GONE, OTHER)
    return line


def say(line: Line, given: Report, phone: str = PHONE, day: date = TODAY) -> bool:
    with line.database.working() as connection:
        return report(connection, line.keys, phone, given, day)


def open_ones(line: Line) -> list[Received]:
    with line.database.working() as connection:
        return waiting(connection, line.keys)


def close_one(line: Line, report_id: int) -> bool:
    with line.database.working() as connection:
        return close(connection, report_id)


def kept(line: Line) -> int:
    with line.database.working() as connection:
        return connection.scalars(select(func.count()).select_from(reports)).one()


def let_time_pass(line: Line, minutes: float) -> None:
    """Move what happened into the past."""
    past = datetime.now(UTC) - timedelta(minutes=minutes)
    with line.database.working() as connection:
        connection.execute(update(reports).values(made_at=past))
        closed = reports.c.closed_at.is_not(None)
        connection.execute(update(reports).where(closed).values(closed_at=past))


def look_up(line: Line) -> list[Found]:
    hmacs = line.keys.number_hmacs(NumberType.NATIONAL_ID, NUMBER)
    with line.database.working() as connection:
        return find(connection, hmacs, Kind, b"p" * 32)[0]


def is_checked(line: Line) -> bool:
    return any(one.checked for one in look_up(line))


def in_doubt(line: Line) -> set[int]:
    with line.database.working() as connection:
        return doubted(connection)


def subscribe(line: Line, phone: str = THIRD) -> None:
    subject = line.keys.subject(NUMBER)
    hmacs = line.keys.number_hmacs(NumberType.NATIONAL_ID, NUMBER)
    with line.database.working() as connection:
        subscriptions.subscribe(connection, line.keys, phone, subject, "", "en", hmacs)


# What is kept


@pytest.mark.parametrize("matter", list(Matter))
def test_a_report_is_read_back_as_it_was_made(ready: Line, matter: Matter) -> None:
    given = Report(
        matter,
        "sw",
        documents=(1,),
        number=NUMBER,
        centre_code="047-01",
        wanted="022",
        words=WORDS,
    )
    assert say(ready, given)
    (one,) = open_ones(ready)

    assert (one.matter, one.language, one.document_id) == (matter, "sw", 1)
    assert (one.centre_code, one.wanted) == ("047-01", "022")
    assert (one.phone, one.number, one.words) == (PHONE, NUMBER, WORDS)


def test_a_report_of_no_document_is_read_back(line: Line) -> None:
    say(line, Report(Matter.OTHER, "en", words=WORDS))
    (one,) = open_ones(line)

    assert (one.document_id, one.number, one.centre_code, one.wanted) == (None, "", "", "")
    assert one.words == WORDS


def test_a_report_knows_its_number_as_look_ups_do(line: Line) -> None:
    say(line, Report(Matter.MONEY, "en", number=f"0{NUMBER}"))
    with line.database.working() as connection:
        subject = connection.scalars(select(reports.c.subject)).one()

    assert bytes(subject or b"") == line.keys.subject(NUMBER)


def test_words_that_are_too_long_are_cut(line: Line) -> None:
    say(line, Report(Matter.OTHER, "en", words="w" * 500))
    (one,) = open_ones(line)

    assert one.words == "w" * 182


def test_words_in_any_letters_are_read_back(line: Line) -> None:
    say(line, Report(Matter.OTHER, "en", words="pole 😀 | ñ"))
    (one,) = open_ones(line)

    assert one.words == "pole 😀 | ñ"


def test_several_documents_are_a_report_each(ready: Line) -> None:
    say(ready, Report(Matter.NOT_THERE, "en", documents=(1, 2), number=NUMBER))

    assert [one.document_id for one in open_ones(ready)] == [1, 2]


def test_a_document_given_twice_is_one_report(ready: Line) -> None:
    say(ready, Report(Matter.NOT_THERE, "en", documents=(1, 1)))

    assert kept(ready) == 1


def test_the_oldest_report_comes_first(line: Line) -> None:
    say(line, Report(Matter.MONEY, "en"), PHONE)
    let_time_pass(line, minutes=5)
    say(line, Report(Matter.MONEY, "en"), OTHER)

    assert [one.phone for one in open_ones(line)] == [PHONE, OTHER]


def test_moments_are_told_with_their_zone(line: Line) -> None:
    say(line, Report(Matter.MONEY, "en"))
    (one,) = open_ones(line)

    assert timedelta(0) <= datetime.now(UTC) - one.made_at < timedelta(minutes=1)


def test_a_closed_report_waits_no_longer(line: Line) -> None:
    say(line, Report(Matter.MONEY, "en"))
    close_one(line, open_ones(line)[0].id)

    assert open_ones(line) == []


def test_a_report_is_closed_once(line: Line) -> None:
    say(line, Report(Matter.MONEY, "en"))
    (one,) = open_ones(line)

    assert [close_one(line, one.id) for _ in range(2)] == [True, False]


def test_a_report_that_there_is_not_is_not_closed(line: Line) -> None:
    assert not close_one(line, 1919)


# Once


@pytest.mark.parametrize(
    "given",
    [
        GONE,
        Report(Matter.NOT_THERE, "en", documents=(1, 2)),
        Report(Matter.MONEY, "en", centre_code="047-01", words=WORDS),
        Report(Matter.MOVE, "en", documents=(1,), wanted="022-01"),
        Report(Matter.OTHER, "en", words=WORDS),
        Report(Matter.OTHER, "en"),
    ],
    ids=["gone", "two gone", "money", "move", "words", "nothing said"],
)
def test_a_report_delivered_again_is_kept_once(ready: Line, given: Report) -> None:
    assert [say(ready, given) for _ in range(3)] == [True] * 3
    assert kept(ready) == len(given.documents or [None])


def test_a_report_delivered_again_after_midnight_is_kept_once(ready: Line) -> None:
    say(ready, GONE)
    let_time_pass(ready, minutes=9)

    assert say(ready, GONE, day=TOMORROW)
    assert kept(ready) == 1


def test_a_report_of_the_next_day_is_another(ready: Line) -> None:
    say(ready, GONE)
    let_time_pass(ready, minutes=11)
    say(ready, GONE, day=TOMORROW)

    assert kept(ready) == 2


def test_a_report_closed_within_the_call_stays_closed(ready: Line) -> None:
    say(ready, GONE)
    close_one(ready, open_ones(ready)[0].id)
    let_time_pass(ready, minutes=9)

    assert say(ready, GONE)
    assert open_ones(ready) == []


def test_a_report_closed_in_an_earlier_call_is_opened_again(ready: Line) -> None:
    say(ready, GONE)
    close_one(ready, open_ones(ready)[0].id)
    let_time_pass(ready, minutes=11)
    say(ready, GONE)
    (one,) = open_ones(ready)

    assert (one.phone, one.number) == (PHONE, NUMBER)
    assert kept(ready) == 1


def test_one_document_reported_by_two_of_its_numbers_is_one_report(ready: Line) -> None:
    say(ready, GONE)
    say(ready, Report(Matter.NOT_THERE, "en", documents=(1,), number="301234567"))

    assert kept(ready) == 1


def test_noughts_before_a_number_make_no_other_report(line: Line) -> None:
    say(line, Report(Matter.MONEY, "en", number=NUMBER))
    say(line, Report(Matter.MONEY, "en", number=f"00{NUMBER}"))

    assert kept(line) == 1


@pytest.mark.parametrize(
    "other",
    [
        Report(Matter.MOVE, "en", documents=(1,), wanted="022"),
        Report(Matter.MONEY, "en", documents=(2,), wanted="022"),
        Report(Matter.MONEY, "en", documents=(1,), wanted="023"),
        Report(Matter.MONEY, "en", documents=(1,), wanted="022", centre_code="047-01"),
        Report(Matter.MONEY, "en", documents=(1,), wanted="022", words="again"),
        Report(Matter.MONEY, "en", number=NUMBER, wanted="022"),
    ],
    ids=["matter", "document", "wanted", "centre", "words", "number"],
)
def test_a_report_of_something_else_is_another(ready: Line, other: Report) -> None:
    say(ready, Report(Matter.MONEY, "en", documents=(1,), wanted="022"))
    say(ready, other)

    assert kept(ready) == 2


def test_a_report_made_ten_times_at_once_is_one(ready: Line) -> None:
    gate = threading.Barrier(10)

    def say_one(_: int) -> bool:
        gate.wait()
        return say(ready, GONE)

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(say_one, range(10)))

    assert answers == [True] * 10
    assert kept(ready) == 1


# Room


def fill_up(line: Line) -> None:
    for nth in range(MOST):
        assert say(line, Report(Matter.OTHER, "en", words=f"{WORDS} {nth}"))


def test_a_phone_with_twenty_open_reports_has_no_room(line: Line) -> None:
    fill_up(line)

    assert not say(line, Report(Matter.OTHER, "en", words="one more"))
    assert kept(line) == 20


def test_what_is_kept_already_needs_no_room(line: Line) -> None:
    fill_up(line)

    assert say(line, Report(Matter.OTHER, "en", words=f"{WORDS} 0"))


def test_documents_that_have_not_all_room_are_not_kept(ready: Line) -> None:
    for nth in range(MOST - 1):
        say(ready, Report(Matter.OTHER, "en", words=f"{WORDS} {nth}"))

    assert not say(ready, Report(Matter.NOT_THERE, "en", documents=(1, 2)))
    assert kept(ready) == 19


def test_a_closed_report_makes_room(line: Line) -> None:
    fill_up(line)
    close_one(line, open_ones(line)[0].id)

    assert say(line, Report(Matter.OTHER, "en", words="one more"))


def test_open_reports_of_long_ago_take_room(line: Line) -> None:
    fill_up(line)
    let_time_pass(line, minutes=60 * 24 * 30)

    assert not say(line, Report(Matter.OTHER, "en"), day=TODAY + timedelta(days=30))


def test_another_phone_has_its_own_room(line: Line) -> None:
    fill_up(line)

    assert say(line, Report(Matter.OTHER, "en"), OTHER)


# Secrecy


def test_nothing_personal_lies_open_in_a_report(ready: Line) -> None:
    say(ready, Report(Matter.MONEY, "en", number=NUMBER, words=WORDS))
    with ready.database.working() as connection:
        (row,) = connection.execute(select(reports))
    stored = b"".join(
        value if isinstance(value, bytes) else str(value).encode() for value in row
    )

    assert [
        one for one in (PHONE[4:], NUMBER, NUMBER[-6:], "canary") if one.encode() in stored
    ] == []


def test_no_report_shows_anything_personal(line: Line) -> None:
    given = Report(Matter.MONEY, "en", number=NUMBER, words=WORDS)
    say(line, given)
    shown = repr(given) + repr(open_ones(line))

    assert [one for one in (PHONE[4:], NUMBER, "canary") if one in shown] == []


@pytest.mark.parametrize("name", ["phone", "number", "words"])
def test_what_was_moved_to_another_row_does_not_open(line: Line, name: str) -> None:
    say(line, Report(Matter.MONEY, "en", number=NUMBER, words=WORDS), PHONE)
    say(line, Report(Matter.MONEY, "en", number="12345678", words="other"), OTHER)
    with line.database.working() as connection:
        first = select(reports.c[name]).order_by(reports.c.id).limit(1)
        connection.execute(update(reports).values({name: connection.scalar(first)}))

    assert getattr(open_ones(line)[1], name) == ""


def test_words_moved_to_the_place_of_the_number_do_not_open(line: Line) -> None:
    say(line, Report(Matter.MONEY, "en", number=NUMBER, words=WORDS))
    with line.database.working() as connection:
        connection.execute(update(reports).values(number=reports.c.words))

    assert open_ones(line)[0].number == ""


# Documents in doubt


def test_what_is_found_tells_its_id(ready: Line) -> None:
    assert {(one.kind, one.id) for one in look_up(ready)} == {
        (Kind.ID_CARD, 1),
        (Kind.DRIVING_LICENCE, 2),
    }


def test_a_document_that_nobody_reported_is_not_being_checked(ready: Line) -> None:
    assert not is_checked(ready)


def test_a_document_that_one_phone_reported_is_not_being_checked(ready: Line) -> None:
    say(ready, GONE)

    assert not is_checked(ready)


def test_one_phone_that_reports_on_many_days_is_one_phone(ready: Line) -> None:
    for days in range(5):
        say(ready, GONE, day=TODAY + timedelta(days=days))
        let_time_pass(ready, minutes=11)

    assert kept(ready) == 5
    assert not is_checked(ready)


def test_a_document_that_two_phones_reported_is_being_checked(disputed: Line) -> None:
    assert is_checked(disputed)


def test_a_document_beside_the_one_reported_is_not_being_checked(ready: Line) -> None:
    say(ready, GONE, PHONE)
    say(ready, GONE, OTHER)

    assert {(one.id, one.checked) for one in look_up(ready)} == {(1, True), (2, False)}


@pytest.mark.parametrize("matter", [one for one in Matter if one is not Matter.NOT_THERE])
def test_other_matters_put_no_document_in_doubt(ready: Line, matter: Matter) -> None:
    for phone in (PHONE, OTHER):
        say(ready, Report(matter, "en", documents=(1,)), phone)

    assert not is_checked(ready)


def test_a_document_is_no_longer_being_checked_once_a_report_is_closed(disputed: Line) -> None:
    close_one(disputed, open_ones(disputed)[0].id)

    assert not is_checked(disputed)


def test_a_number_that_finds_nothing_finds_nothing_in_doubt(line: Line) -> None:
    assert look_up(line) == []


# The centre's own word


@pytest.mark.parametrize("confirmed", [CONFIRMED, LATER], ids=["the same day", "later"])
def test_a_list_that_names_a_document_again_confirms_it(
    disputed: Line, confirmed: date
) -> None:
    put(disputed, "id_card", NUMBER, "ready", confirmed=confirmed)

    assert not is_checked(disputed)
    assert open_ones(disputed) == []


@pytest.mark.parametrize("confirmed", [CONFIRMED, LATER], ids=["the same day", "later"])
def test_a_list_that_says_collected_ends_the_doubt(disputed: Line, confirmed: date) -> None:
    put(disputed, "id_card", NUMBER, "collected", confirmed=confirmed)

    assert open_ones(disputed) == []


def test_a_list_that_adds_a_number_confirms_a_document(disputed: Line) -> None:
    put(disputed, "id_card", NUMBER, "ready", confirmed=LATER, waiting_card="301234567")

    assert open_ones(disputed) == []


def test_a_list_that_still_calls_a_document_coming_does_not_confirm_it(disputed: Line) -> None:
    put(disputed, "id_card", NUMBER, "coming", confirmed=LATER)

    assert is_checked(disputed)


def test_an_older_list_does_not_confirm_a_document(disputed: Line) -> None:
    put(disputed, "id_card", NUMBER, "ready", confirmed=BEFORE)

    assert is_checked(disputed)


def test_a_list_that_does_not_name_a_document_does_not_confirm_it(disputed: Line) -> None:
    put(disputed, "id_card", "12345678", "ready", confirmed=LATER)

    assert is_checked(disputed)


def test_another_centres_list_does_not_confirm_a_document(disputed: Line) -> None:
    put(disputed, "id_card", NUMBER, "ready", "022-01", confirmed=LATER)

    assert [(one.centre.code, one.checked) for one in look_up(disputed)] == [("047-01", True)]


def test_a_document_that_came_to_another_centre_later_is_not_in_doubt(disputed: Line) -> None:
    number = {NumberType.NATIONAL_ID: NUMBER}
    load_rows(disputed, [Row(Kind.ID_CARD, State.READY, "022-01", LATER, number)], LATER)

    assert [(one.centre.code, one.checked) for one in look_up(disputed)] == [("022-01", False)]


def test_a_list_that_confirms_closes_no_report_of_another_matter(ready: Line) -> None:
    say(ready, Report(Matter.MONEY, "en", documents=(1,)))
    put(ready, "id_card", NUMBER, "ready", confirmed=LATER)

    assert [one.matter for one in open_ones(ready)] == [Matter.MONEY]


def test_a_list_closes_also_the_report_of_a_single_phone(ready: Line) -> None:
    say(ready, GONE)
    put(ready, "id_card", NUMBER, "ready", confirmed=LATER)

    assert in_doubt(ready) == set()


def test_two_phones_put_a_confirmed_document_in_doubt_again(disputed: Line) -> None:
    put(disputed, "id_card", NUMBER, "ready", confirmed=LATER)
    let_time_pass(disputed, minutes=11)
    say(disputed, GONE, PHONE)
    say(disputed, GONE, OTHER)

    assert is_checked(disputed)


def test_a_list_that_names_many_documents_in_doubt_confirms_them_all(line: Line) -> None:
    rows = cards(1100)
    load_rows(line, rows)
    with line.database.working() as connection:
        ids = connection.scalars(select(documents.c.id)).all()
    for phone in PHONES[:2]:
        for start in range(0, 1100, 20):
            say(line, Report(Matter.NOT_THERE, "en", tuple(ids[start : start + 20])), phone)
            with line.database.working() as connection:  # another phone, for its room
                connection.execute(
                    update(reports)
                    .where(reports.c.phone_hmac == line.keys.phone_hmac(phone))
                    .values(phone_hmac=(phone + str(start)).encode().ljust(32))
                )
    assert len(in_doubt(line)) == 1100
    load_rows(line, rows, LATER)

    assert in_doubt(line) == set()


def test_a_list_without_doubts_is_loaded_with_no_statement_more(line: Line) -> None:
    rows = cards(50)
    load_rows(line, rows)
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    for engine in line.database.engines:
        event.listen(engine, "before_cursor_execute", note)
    load_rows(line, rows, LATER)

    about = [one for one in statements if "reports" in one and "subscriptions" not in one]
    assert [one.split()[0] for one in about] == ["SELECT"]


def cards(many: int) -> list[Row]:
    return [
        Row(
            Kind.ID_CARD,
            State.READY,
            "047-01",
            None,
            {NumberType.NATIONAL_ID: str(20_000_000 + nth)},
        )
        for nth in range(many)
    ]


# Subscribers


def test_a_subscriber_is_not_told_of_a_document_that_is_being_checked(disputed: Line) -> None:
    subscribe(disputed)
    sweep(disputed)

    assert inbox(disputed, THIRD) == []


def test_a_subscriber_is_told_when_the_centre_confirms_the_document(disputed: Line) -> None:
    subscribe(disputed)
    sweep(disputed)
    put(disputed, "id_card", NUMBER, "ready", confirmed=LATER)

    assert len(inbox(disputed, THIRD)) == 1


def test_a_subscriber_is_told_when_the_centre_confirms_on_the_same_day(disputed: Line) -> None:
    subscribe(disputed)
    put(disputed, "id_card", NUMBER, "ready")

    assert len(inbox(disputed, THIRD)) == 1


def test_a_subscriber_is_told_of_what_is_ready_beside_what_is_being_checked(
    disputed: Line,
) -> None:
    subscribe(disputed)
    put(disputed, "driving_licence", NUMBER, "ready")

    (told,) = inbox(disputed, THIRD)
    assert told.startswith("Your Licence")


def test_a_subscriber_is_told_of_a_document_that_one_phone_reported(ready: Line) -> None:
    say(ready, GONE)
    subscribe(ready)
    sweep(ready)

    assert len(inbox(ready, THIRD)) == 1
