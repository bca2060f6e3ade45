"""Facts about setting one document's state by hand."""

from collections.abc import Callable
from datetime import date

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from menus.line import Line
from menus.wishes import TellMeWhenReady, grant
from models.documents import documents
from models.reports import reports
from tests.caller import PHONE, Caller
from tests.conftest import Open, inbox, line_of
from tests.servers import RedisServer
from tests.world import CONFIRMED, put, report_not_there

ID, ENTRY = "20123456", "7654321098"
OTHERS = ("+254711000222", "+254711000333")


@pytest.fixture
def app(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    """A line on each database in turn."""
    return open_app(database_url, redis.url)


@pytest.fixture
def line(app: Flask) -> Line:
    return line_of(app)


def mark(app: Flask, *args: str, typed: str | None = None) -> Result:
    return app.test_cli_runner().invoke(args=["documents", "mark", *args], input=typed)


def states(line: Line) -> list[tuple[str, str, date]]:
    """Read every document's centre, state and day of its confirmation, oldest first."""
    query = select(documents.c.centre_code, documents.c.state, documents.c.confirmed_on)
    with line.database.working() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(documents.c.id))]


def subscribe(line: Line, number: str = ID, kind: str = "id_card", phone: str = PHONE) -> None:
    wish = TellMeWhenReady(number, kind, "en")
    assert grant(line.database, line.keys, line.country, phone, [wish], 5)


def today(line: Line) -> date:
    return line.country.day(line.clock())


def test_a_document_is_marked_as_of_today(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "coming")

    said = mark(app, "id_card", ID, "ready")

    assert said.output == (
        "id_card at 047-01: was coming, is ready; 0 texts to those who asked to be told\n"
    )
    assert states(line) == [("047-01", "ready", today(line))]


def test_callers_learn_of_it(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "coming")
    mark(app, "id_card", ID, "ready")

    assert "ID ..456 is READY" in Caller(app.test_client()).keys("1", "1", ID)


@pytest.mark.parametrize("number", ["301234567", "301 234 567", "R12345"])
def test_it_is_found_by_any_number_that_callers_ask_by(
    app: Flask, line: Line, number: str
) -> None:
    put(line, "id_card", ID, "coming", waiting_card="301234567", receipt="R12345")

    assert mark(app, "id_card", number, "ready").exit_code == 0
    assert states(line)[0][1] == "ready"


def test_the_number_is_asked_for_and_not_shown(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "ready")

    said = mark(app, "id_card", "-", "collected", typed=f"{ID}\n")

    assert said.exit_code == 0
    assert states(line)[0][1] == "collected"
    assert ID not in said.output


def test_one_that_nobody_knows_is_refused(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "ready")

    said = mark(app, "driving_licence", ID, "collected")

    assert said.exit_code == 1
    assert said.output == "Error: no document of this kind bears this number\n"
    assert states(line) == [("047-01", "ready", CONFIRMED)]


def test_one_of_several_is_refused(app: Flask, line: Line) -> None:
    for centre in ("001-01", "027-01"):
        put(line, "birth_certificate", ENTRY, "ready", centre)

    said = mark(app, "birth_certificate", ENTRY, "collected")

    assert said.output == (
        "Error: 2 documents of this kind bear this number, at 001-01, 027-01: say --centre\n"
    )
    assert {state for _, state, _ in states(line)} == {"ready"}


def test_the_centre_tells_which_is_meant(app: Flask, line: Line) -> None:
    for centre in ("001-01", "027-01"):
        put(line, "birth_certificate", ENTRY, "ready", centre)

    assert (
        mark(app, "birth_certificate", ENTRY, "collected", "--centre", "027-01").exit_code == 0
    )
    assert [(centre, state) for centre, state, _ in states(line)] == [
        ("001-01", "ready"),
        ("027-01", "collected"),
    ]


def test_a_centre_may_be_named(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "ready")

    assert mark(app, "id_card", ID, "collected", "--centre", "gpo nairobi").exit_code == 0


@pytest.mark.parametrize(
    ("centre", "fault"),
    [
        ("Nowhere", "--centre: no centre of this code or name"),
        ("001-01", "no document of this kind bears this number"),
    ],
)
def test_a_centre_where_it_is_not_is_refused(
    app: Flask, line: Line, centre: str, fault: str
) -> None:
    put(line, "id_card", ID, "ready")

    assert (
        mark(app, "id_card", ID, "collected", "--centre", centre).output == f"Error: {fault}\n"
    )
    assert states(line) == [("047-01", "ready", CONFIRMED)]


def test_one_made_anew_is_meant_and_not_the_one_collected(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "collected", "001-01")
    put(line, "id_card", ID, "coming", "027-01")

    assert mark(app, "id_card", ID, "ready").exit_code == 0
    assert [(centre, state) for centre, state, _ in states(line)] == [
        ("001-01", "collected"),
        ("027-01", "ready"),
    ]


def test_what_was_collected_by_mistake_may_be_put_back(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "collected")

    assert mark(app, "id_card", ID, "ready").exit_code == 0
    assert states(line)[0][1] == "ready"


def test_names_that_are_none_are_refused_without_a_word_of_what_was_typed(app: Flask) -> None:
    said = mark(app, ID, "id_card", "there")

    assert said.output == (
        "Error: KIND is not one of: id_card, birth_certificate, driving_licence\n"
        "STATE is not one of: coming, ready, collected, returned\n"
    )


def test_it_is_being_checked_no_longer(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "ready")
    for phone in OTHERS:
        report_not_there(line, ID, phone)
    assert "checking" in Caller(app.test_client()).keys("1", "1", ID)

    mark(app, "id_card", ID, "ready")

    assert "is READY" in Caller(app.test_client()).keys("1", "1", ID)
    with line.database.working() as connection:
        closed = connection.scalars(select(reports.c.closed_at)).all()
    assert None not in closed


# Who waits for it


def test_who_waits_for_it_is_told(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "coming")
    subscribe(line)

    assert mark(app, "id_card", ID, "ready").output.endswith(
        "1 texts to those who asked to be told\n"
    )
    assert len(inbox(line)) == 1
    assert inbox(line)[0].startswith("Your ID ..456 is READY at ")


def test_who_waits_for_another_is_not_told(app: Flask, line: Line) -> None:
    """It was ready already when they asked, and the sender's own look tells them."""
    put(line, "id_card", ID, "coming")
    put(line, "id_card", "20999999", "ready")
    subscribe(line, "20999999", phone=OTHERS[0])

    mark(app, "id_card", ID, "ready")

    assert inbox(line, OTHERS[0]) == []


@pytest.mark.parametrize("state", ["coming", "collected", "returned"])
def test_nobody_is_told_of_what_is_not_ready(app: Flask, line: Line, state: str) -> None:
    put(line, "id_card", ID, "coming")
    subscribe(line)

    mark(app, "id_card", ID, state)

    assert inbox(line) == []


def by_hand(app: Flask, line: Line) -> None:
    assert mark(app, "id_card", ID, "ready").exit_code == 0


def by_import(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "ready", confirmed=today(line))


WAYS = pytest.mark.parametrize(
    "ways",
    [
        (by_hand,),
        (by_import,),
        (by_hand, by_hand),
        (by_hand, by_import),
        (by_import, by_hand),
        (by_import, by_hand, by_import),
    ],
    ids=lambda ways: "-".join(one.__name__ for one in ways),
)


@WAYS
def test_who_waits_for_a_known_document_is_told_exactly_once(
    app: Flask, line: Line, ways: tuple[Callable[[Flask, Line], None], ...]
) -> None:
    put(line, "id_card", ID, "coming")
    subscribe(line)

    for way in ways:
        way(app, line)

    assert len(inbox(line)) == 1


@WAYS
def test_who_waits_for_a_number_not_known_yet_is_told_exactly_once(
    app: Flask, line: Line, ways: tuple[Callable[[Flask, Line], None], ...]
) -> None:
    subscribe(line)
    assert mark(app, "id_card", ID, "ready").exit_code == 1
    assert inbox(line) == []
    put(line, "id_card", ID, "coming")

    for way in ways:
        way(app, line)

    assert len(inbox(line)) == 1


def test_who_was_told_is_not_told_again_when_it_is_put_back(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "coming")
    subscribe(line)
    for state in ("ready", "collected", "ready"):
        mark(app, "id_card", ID, state)

    assert len(inbox(line)) == 1
