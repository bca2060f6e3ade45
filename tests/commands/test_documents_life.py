"""Facts about a document's life: its states, its places, and what is remembered of them."""

import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from commands.imports import load_file
from menus.line import Line
from models.audit import audit
from models.documents import documents
from models.history import Placed, history_of
from models.importing import Outcome
from tests.caller import PHONE, Caller
from tests.conftest import Open, inbox, line_of
from tests.servers import RedisServer
from tests.world import put

ID = "20123456"
HEADER = "kind,number,centre,state,received_on,phone"
FIRST, SECOND, THIRD = date(2026, 9, 28), date(2026, 9, 29), date(2026, 9, 30)
NAIROBI, MOMBASA = "047-01", "001-01"


@pytest.fixture
def app(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    """A line on each database in turn."""
    return open_app(database_url, redis.url)


@pytest.fixture
def line(app: Flask) -> Line:
    return line_of(app)


class Lists:
    """Lists that centres send, one after the other."""

    def __init__(self, line: Line, folder: Path) -> None:
        self._line, self._folder, self._made = line, folder, 0

    def __call__(self, day: date, *rows: str) -> Outcome:
        self._made += 1
        file = self._folder / f"{self._made}.csv"
        file.write_text("\n".join([HEADER, *rows, "\n" * self._made]), encoding="utf-8")
        return load_file(self._line, file, day).outcome


@pytest.fixture
def lists(line: Line, tmp_path: Path) -> Lists:
    return Lists(line, tmp_path)


def run(app: Flask, *args: str) -> Result:
    return app.test_cli_runner().invoke(args=["documents", *args], env={"OPERATOR": "wanjiku"})


def placed(line: Line) -> list[tuple[str, str]]:
    """Read every document's state and centre, oldest first."""
    query = select(documents.c.state, documents.c.centre_code).order_by(documents.c.id)
    with line.database.working() as connection:
        return [tuple(row) for row in connection.execute(query)]


def changes(line: Line) -> list[tuple[Placed, Placed, str, str]]:
    """Read what became of the only document."""
    with line.database.working() as connection:
        its_id = connection.scalars(select(documents.c.id)).one()
        return [(one.was, one.now, one.who, one.why) for one in history_of(connection, its_id)]


# Lists of several centres


def test_a_card_that_another_centre_received_later_has_moved(line: Line, lists: Lists) -> None:
    lists(FIRST, f"id_card,{ID},{NAIROBI},ready,2026-09-20,")
    outcome = lists(SECOND, f"id_card,{ID},{MOMBASA},ready,2026-09-27,")

    assert placed(line) == [("ready", MOMBASA)]
    assert (outcome.changed, outcome.moved, outcome.added) == (1, 1, 0)


def test_a_card_that_moved_may_be_on_its_way_again(line: Line, lists: Lists) -> None:
    lists(FIRST, f"id_card,{ID},{NAIROBI},ready,2026-09-20,")
    lists(SECOND, f"id_card,{ID},{MOMBASA},coming,2026-09-27,")

    assert placed(line) == [("coming", MOMBASA)]


@pytest.mark.parametrize("day", ["2026-09-19", "2026-09-20", ""])
def test_an_older_list_of_another_centre_moves_nothing(
    line: Line, lists: Lists, day: str
) -> None:
    lists(FIRST, f"id_card,{ID},{NAIROBI},ready,2026-09-20,")
    outcome = lists(SECOND, f"id_card,{ID},{MOMBASA},ready,{day},")

    assert placed(line) == [("ready", NAIROBI)]
    assert (outcome.same, outcome.elsewhere) == (1, 1)


def test_a_list_that_cannot_tell_which_is_later_confirms_nothing(
    line: Line, lists: Lists
) -> None:
    lists(FIRST, f"id_card,{ID},{NAIROBI},ready,,")
    lists(SECOND, f"id_card,{ID},{MOMBASA},ready,,")
    with line.database.working() as connection:
        confirmed = connection.scalars(select(documents.c.confirmed_on)).one()

    assert confirmed == FIRST


def test_a_card_that_was_coming_is_ready_where_it_came_to(line: Line, lists: Lists) -> None:
    lists(FIRST, f"id_card,{ID},{NAIROBI},coming,,")
    lists(SECOND, f"id_card,{ID},{MOMBASA},ready,,")

    assert placed(line) == [("ready", MOMBASA)]


def test_a_card_is_collected_where_it_came_to(line: Line, lists: Lists) -> None:
    lists(FIRST, f"id_card,{ID},{NAIROBI},ready,,")
    lists(SECOND, f"id_card,{ID},{MOMBASA},collected,,")

    assert placed(line) == [("collected", MOMBASA)]


def test_a_list_from_before_a_card_was_collected_brings_nothing_back(
    line: Line, lists: Lists
) -> None:
    lists(FIRST, f"id_card,{ID},{NAIROBI},collected,2026-09-20,")
    lists(SECOND, f"id_card,{ID},{MOMBASA},ready,2026-09-19,")

    assert placed(line) == [("collected", NAIROBI)]


def test_a_card_may_come_back(line: Line, lists: Lists) -> None:
    lists(FIRST, f"id_card,{ID},{NAIROBI},ready,2026-09-20,")
    lists(SECOND, f"id_card,{ID},{MOMBASA},ready,2026-09-27,")
    lists(THIRD, f"id_card,{ID},{NAIROBI},ready,2026-09-28,")

    assert placed(line) == [("ready", NAIROBI)]


def test_callers_learn_where_it_is_now(app: Flask, lists: Lists) -> None:
    lists(FIRST, f"id_card,{ID},{NAIROBI},ready,2026-09-20,")
    lists(SECOND, f"id_card,{ID},{MOMBASA},ready,2026-09-27,")

    assert "\nMombasa\n" in Caller(app.test_client()).keys("1", "1", ID)


def test_birth_entries_do_not_move_for_districts_repeat_them(line: Line, lists: Lists) -> None:
    lists(FIRST, f"birth_certificate,123/2004,{NAIROBI},ready,2026-09-20,")
    lists(SECOND, f"birth_certificate,123/2004,{MOMBASA},ready,2026-09-27,")

    assert placed(line) == [("ready", NAIROBI), ("ready", MOMBASA)]


def test_two_centres_in_one_list_are_one_card_where_it_came_last(
    line: Line, lists: Lists
) -> None:
    lists(
        FIRST,
        f"id_card,{ID},{NAIROBI},ready,2026-09-20,",
        f"id_card,{ID},{MOMBASA},ready,2026-09-27,",
    )

    assert placed(line) == [("ready", MOMBASA)]


def test_an_owners_phone_that_a_later_list_adds_is_kept(line: Line, lists: Lists) -> None:
    lists(FIRST, f"id_card,{ID},{NAIROBI},ready,,")
    outcome = lists(SECOND, f"id_card,{ID},{NAIROBI},ready,,0711000111")
    with line.database.working() as connection:
        row = connection.execute(select(documents)).one()

    assert outcome.changed == 1
    assert bytes(row.phone_hmac) == line.keys.phone_hmac("+254711000111")
    assert line.keys.people.open(row.phone, f"documents|{row.id}") == "+254711000111"


def test_an_owners_phone_that_is_known_stays(line: Line, lists: Lists) -> None:
    lists(FIRST, f"id_card,{ID},{NAIROBI},ready,,0711000111")
    outcome = lists(FIRST, f"id_card,{ID},{NAIROBI},ready,,0711000222")

    assert outcome.same == 1


# What is remembered


def test_a_list_that_changes_nothing_leaves_no_history(line: Line, lists: Lists) -> None:
    lists(FIRST, f"id_card,{ID},{NAIROBI},ready,,")
    lists(SECOND, f"id_card,{ID},{NAIROBI},ready,,")

    assert changes(line) == []


def test_every_change_is_remembered_with_who_and_why(
    app: Flask, line: Line, lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPERATOR", "otieno")
    lists(FIRST, f"id_card,{ID},{NAIROBI},coming,,")
    lists(SECOND, f"id_card,{ID},{NAIROBI},ready,,")
    run(app, "move", "id_card", ID, MOMBASA, "--why", "asked for by its owner")
    run(app, "mark", "id_card", ID, "collected", "--why", "handed out")

    assert changes(line) == [
        (Placed("coming", NAIROBI), Placed("ready", NAIROBI), "otieno", "list"),
        (
            Placed("ready", NAIROBI),
            Placed("coming", MOMBASA),
            "wanjiku",
            "asked for by its owner",
        ),
        (Placed("coming", MOMBASA), Placed("collected", MOMBASA), "wanjiku", "handed out"),
    ]


def test_marking_a_document_as_it_is_leaves_no_history(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "ready")
    run(app, "mark", "id_card", ID, "ready")

    assert changes(line) == []


def test_a_reason_with_a_number_in_it_is_refused(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "ready")
    said = run(app, "mark", "id_card", ID, "collected", "--why", "by 0711000111")

    assert said.exit_code == 1
    assert placed(line) == [("ready", NAIROBI)]


# Moving by hand


def test_a_moved_document_is_coming_to_its_new_centre(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "ready")

    assert run(app, "move", "id_card", ID, "mombasa").output == (
        "id_card at 047-01: was ready, is coming at 001-01;"
        " 0 texts to those who asked to be told\n"
    )
    assert placed(line) == [("coming", MOMBASA)]


def test_a_moved_document_may_be_ready_there(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "ready")
    run(app, "move", "id_card", ID, MOMBASA, "--state", "ready")

    assert placed(line) == [("ready", MOMBASA)]


def test_who_waits_is_told_where_it_is_ready(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "coming")
    Caller(app.test_client(), PHONE).keys("1", "1", ID, "2")
    run(app, "move", "id_card", ID, MOMBASA, "--state", "ready")

    assert ["Mombasa" in body for body in inbox(line)] == [True]


def test_the_list_of_the_centre_that_it_left_does_not_bring_it_back(
    app: Flask, line: Line, lists: Lists
) -> None:
    lists(FIRST, f"id_card,{ID},{NAIROBI},ready,2026-09-20,")
    run(app, "move", "id_card", ID, MOMBASA)
    lists(line.country.day(line.clock()), f"id_card,{ID},{NAIROBI},ready,2026-09-20,")

    assert placed(line) == [("coming", MOMBASA)]


@pytest.mark.parametrize(
    ("args", "fault"),
    [
        (("id_card", ID, "Nowhere"), "TO: no centre of this code or name"),
        (("id_card", "20123457", MOMBASA), "no document of this kind bears this number"),
        (("passport", ID, MOMBASA), "KIND is not one of: id_card, birth_certificate,"),
    ],
)
def test_a_move_that_cannot_be_is_refused(
    app: Flask, line: Line, args: tuple[str, str, str], fault: str
) -> None:
    put(line, "id_card", ID, "ready")
    said = run(app, "move", *args)

    assert said.exit_code == 1
    assert fault in said.output
    assert placed(line) == [("ready", NAIROBI)]


# Showing one


def test_a_document_is_shown_with_all_that_became_of_it(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "coming")
    run(app, "mark", "id_card", ID, "ready", "--why", "it came")
    said = run(app, "show", "id_card", ID).output
    moment = r"[0-9-]{10} [0-9:]{5}"

    assert re.fullmatch(
        "id_card: ready at 047-01\n"
        "confirmed on [0-9-]{10}\n"
        f"{moment} loaded by line: list\n"
        f"{moment} coming at 047-01 -> ready at 047-01 by wanjiku: it came\n",
        said,
    )


def test_what_is_shown_holds_no_number_and_no_phone(
    app: Flask, line: Line, lists: Lists
) -> None:
    lists(FIRST, f"id_card,{ID},{NAIROBI},ready,,0711000111")
    said = run(app, "show", "id_card", ID).output

    assert said.startswith("id_card: ready at 047-01\n")
    assert "0711" not in said
    assert ID not in said


def test_who_was_shown_what_is_in_the_audit(app: Flask, line: Line) -> None:
    put(line, "id_card", ID, "ready")
    run(app, "show", "id_card", ID)
    run(app, "mark", "id_card", ID, "collected")
    run(app, "move", "id_card", ID, MOMBASA)
    with line.database.working() as connection:
        rows = connection.execute(select(audit.c.who, audit.c.act, audit.c.about)).all()

    assert [tuple(row) for row in rows] == [
        ("wanjiku", "documents show", '{"document":1}'),
        ("wanjiku", "documents mark", '{"centre":"","document":1,"state":"collected"}'),
        ("wanjiku", "documents move", '{"centre":"001-01","document":1,"state":"coming"}'),
    ]
