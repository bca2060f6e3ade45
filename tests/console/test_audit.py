"""The audit, as supervisors and administrators read it."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text, update

from console.office import audit as pages
from menus.line import Line
from models.agents import Role
from models.audit import append, audit
from tests.console.desk import get, post, sign_in


def test_the_latest_acts_are_listed_and_chosen_by_how_they_begin(
    client: FlaskClient, line: Line
) -> None:
    with line.database.working() as connection:
        append(connection, "amina", "documents import", batch=7, rows=226_247)
    sign_in(client, line, Role.SUPERVISOR)
    every = get(client, "/console/audit").text
    chosen = get(client, "/console/audit?act=documents%20imp").text
    none = get(client, "/console/audit?act=%25").text

    assert every.index(">agents sign-in<") < every.index(">documents import<")
    assert "batch 7, rows 226247" in chosen
    assert ">agents sign-in<" not in chosen
    assert "There are no such acts." in none


def test_whether_the_chain_holds_is_found_on_demand(client: FlaskClient, line: Line) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    held = post(client, "/console/audit/verify").text
    with line.database.working() as connection:
        connection.execute(text("DROP TRIGGER audit_update"))  # as a thief would
        connection.execute(update(audit).values(who="somebody <b>else</b>"))
    broken = post(client, "/console/audit/verify").text

    assert "The chain holds: 1 acts" in held
    assert "THE AUDIT DOES NOT HOLD. The first bad act is 1." in broken
    assert "<b>else" not in broken


def test_an_audit_too_long_to_wait_for_is_left_to_the_command(
    client: FlaskClient, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    monkeypatch.setattr(pages, "QUICK", 0)

    assert "flask audit verify" in post(client, "/console/audit/verify").text
