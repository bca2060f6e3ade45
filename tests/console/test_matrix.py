"""Every route of the console against every role: a route not in the table is a fault."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from console.pages import OPEN_TO
from models.agents import Role
from tests.conftest import line_of, people_of
from tests.console.desk import get, post, sign_in

ROLES = ("nobody", *Role)
TABLE = [
    line.split("\t")
    for line in (Path(__file__).parent / "matrix.tsv").read_text("utf-8").splitlines()
    if line and not line.startswith(("#", "method"))
]
CELLS = {
    (method, route): dict(zip(ROLES, cells, strict=True)) for method, route, *cells in TABLE
}
_PART = re.compile(r"<(?:(?P<kind>[a-z]+):)?(?P<name>[a-z_]+)>")
_FILLED = {"int": "1", "path": "console.css"}


ENDS = {"/console/sign-out", "/console/me/everywhere"}
"""What ends the session that it is asked in."""


def _routes(app: Flask) -> set[tuple[str, str]]:
    """Give every method and route of the console, as Flask knows them."""
    return {
        (method, rule.rule)
        for rule in people_of(app).url_map.iter_rules()
        if rule.rule.startswith("/console")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def _ask(client: FlaskClient, method: str, route: str) -> TestResponse:
    address = _PART.sub(lambda part: _FILLED.get(part["kind"] or "", "x"), route)
    return get(client, address) if method == "GET" else post(client, address)


def _is_in(answer: TestResponse, role: str) -> bool:
    """Say whether somebody was let in, whatever came of it."""
    assert answer.status_code < 500, answer.text
    is_sent_away = role == "nobody" and answer.headers.get("Location", "").endswith("/sign-in")
    return answer.status_code != 403 and not is_sent_away


def test_every_view_names_its_roles(app: Flask) -> None:
    functions = people_of(app).view_functions
    views = {view for name, view in functions.items() if name.startswith("console.")}
    views.remove(functions["console.static"])

    assert views
    assert views <= set(OPEN_TO)


def test_every_route_is_in_the_table_and_nothing_else(app: Flask) -> None:
    assert _routes(app) == set(CELLS)


@pytest.mark.parametrize("role", ROLES)
def test_every_cell_of_a_role_holds(app: Flask, role: str) -> None:
    wrong = []
    client = _client(app, role)
    for (method, route), cells in CELLS.items():
        ends_session = route in ENDS
        answer = _ask(
            _client(app, role, "another-one") if ends_session else client, method, route
        )
        if _is_in(answer, role) != (cells[role] == "y"):
            wrong.append(f"{method} {route}: {answer.status_code}")

    assert wrong == []
    assert len(CELLS) >= 10


def _client(app: Flask, role: str, account: str = "") -> FlaskClient:
    client = app.test_client()
    if role != "nobody":
        sign_in(client, line_of(app), Role(role), account)
    return client
