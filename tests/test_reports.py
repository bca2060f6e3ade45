"""What a report is kept of: the documents that the caller meant, and no others."""

import pytest
from flask import Flask
from sqlalchemy import select

from models.centres import centres
from models.desks import desks
from models.ratings import ratings
from models.reports import Received, waiting
from tests.caller import Caller
from tests.conftest import line_of
from tests.world import put


def test_a_move_is_asked_of_the_document_of_the_county_that_was_picked(app: Flask) -> None:
    put(line_of(app), "birth_certificate", "7654321098", "ready", "001-01")
    put(line_of(app), "birth_certificate", "7654321098", "ready", "027-01")
    Caller(app.test_client()).keys("1", "2", "7654321098", "27", "7", "3", "Kisumu")

    assert [(one.centre_code, one.wanted) for one in _reports(app)] == [("027-01", "042")]


@pytest.mark.parametrize(
    "keys", [("5", "2", "1", "45678901"), ("45678901", "6", "7", "1")], ids=["help", "page"]
)
def test_only_what_was_said_to_be_ready_can_have_been_absent(
    keys: tuple[str, ...], app: Flask
) -> None:
    put(line_of(app), "id_card", "45678901", "ready", "032-01")
    put(line_of(app), "driving_licence", "45678901", "coming", "023-01")
    for phone in ("+254711000111", "+254711000112"):
        Caller(app.test_client(), phone).keys(*keys)
    page = Caller(app.test_client(), "+254711000113").keys("45678901", "6")

    assert page.startswith("CON Licence ..901 is not ready yet.")


def test_what_was_typed_is_kept_beside_the_place_that_it_was_taken_for(app: Flask) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    Caller(app.test_client()).keys("12345678", "7", "3", "Kilgoris")

    assert [(one.wanted, one.words) for one in _reports(app)] == [("033", "Kilgoris")]


def test_a_centre_that_is_gone_gets_no_mark_and_no_thanks(app: Flask) -> None:
    caller = Caller(app.test_client())
    caller.keys("5", "4", "47")
    line = line_of(app)
    with line.database.working() as connection:
        connection.execute(desks.delete().where(desks.c.centre_code == "047-01"))
        connection.execute(centres.delete().where(centres.c.code == "047-01"))
    line.watch.look()

    assert caller.key("11").startswith("CON We know no such open centre.")
    with line.database.working() as connection:
        assert connection.execute(select(ratings)).all() == []


def _reports(app: Flask) -> list[Received]:
    line = line_of(app)
    with line.database.working() as connection:
        return waiting(connection, line.keys)
