"""Headers and cookies of every page that people look at (ASVS 5.0: 3.3, 3.4, 14.3)."""

from flask import Flask
from flask.testing import FlaskClient

from console.security import HEADERS
from menus.line import Line
from models.agents import Role
from tests.conftest import line_of
from tests.console.desk import get, sign_in
from tests.console.test_matrix import CELLS, _ask, _client

POLICY = dict(
    part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";")
)


def test_every_answer_has_every_header(app: Flask) -> None:
    lacking = []
    for role in ("nobody", Role.ADMINISTRATOR):
        client = _client(app, role)
        for method, route in CELLS:
            answer = _ask(client, method, route)
            wanted = {**HEADERS, "Strict-Transport-Security": "max-age=31536000"}
            if "static" not in route:
                wanted["Cache-Control"] = "no-store"
            lacking += [
                f"{method} {route}: {name}"
                for name, value in wanted.items()
                if answer.headers.get(name) != value
            ]

    assert lacking == []


def test_pages_may_use_nothing_that_stands_in_them_or_elsewhere() -> None:
    assert POLICY["default-src"] == "'none'"
    assert POLICY["frame-ancestors"] == POLICY["base-uri"] == "'none'"
    assert {value for name, value in POLICY.items() if name.endswith("-src")} == {
        "'none'",
        "'self'",
    }


def test_every_cookie_is_bound_to_this_host_and_kept_from_scripts(
    client: FlaskClient, line: Line
) -> None:
    sign_in(client, line, Role.AGENT)
    get(client, "/console/me")
    cookies = [one for one in (client._cookies or {}).values() if one.domain == "localhost"]

    assert {one.key for one in cookies} == {
        "__Host-line-agent",
        "__Host-line-browser",
        "__Host-line-form",
    }
    assert all(one.secure and one.http_only and one.path == "/" for one in cookies)
    assert {one.same_site for one in cookies} == {"Strict"}


def test_an_address_that_is_no_page_answers_with_one(client: FlaskClient) -> None:
    answer = get(client, "/console/nothing")

    assert answer.status_code == 404
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
    assert "There is no such page" in answer.text


def test_gateways_meet_none_of_it(app: Flask) -> None:
    answer = app.test_client().get("/ussd/nothing")

    assert answer.status_code == 404
    assert "Content-Security-Policy" not in answer.headers
    assert line_of(app).database.answers()
