"""`flask lookups`: what stands out, and closing it."""

import json
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from menus.line import Line
from models.audit import audit
from tests.conftest import Open, line_of
from tests.lookups import keys, lookup, phone, take
from tests.servers import RedisServer

KEYS = keys()


@pytest.fixture
def app(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    return open_app(database_url, redis.url)


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["lookups", *words])


def stand_out(line: Line, name: str = "one") -> None:
    """Let a run of numbers stand out, asked by seven phones."""
    run_of_numbers = [lookup(KEYS, phone(one // 5), str(30_000_000 + one)) for one in range(35)]
    with line.database.working() as connection:
        assert len(take(connection, name, run_of_numbers)) == 1


def rows_of_audit(app: Flask) -> list[Any]:
    with line_of(app).database.working() as connection:
        return list(connection.execute(select(audit).order_by(audit.c.id)))


def test_what_stands_out_is_listed(app: Flask) -> None:
    stand_out(line_of(app))
    head, row = run(app, "flags").output.splitlines()

    assert head.split()[:2] == ["id", "what"]
    assert row.split("  ")[0] == "1"
    assert "numbers side by side" in row
    assert row.split()[-3:] == ["35", "7", "ussd"]


def test_where_nothing_stands_out_that_is_said(app: Flask) -> None:
    assert run(app, "flags").output == "Nothing stands out.\n"


def test_a_flag_is_closed_and_the_audit_says_by_whom(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPERATOR", "amina")
    stand_out(line_of(app))
    closed = run(app, "close", "1")
    last = rows_of_audit(app)[-1]

    assert closed.output == "Flag 1 is closed.\n"
    assert run(app, "flags").output == "Nothing stands out.\n"
    assert len(run(app, "flags", "--closed").output.splitlines()) == 2
    assert (last.who, last.act) == ("amina", "lookups close")
    assert json.loads(last.about) == {"flag": 1, "kind": "sequence"}


@pytest.mark.parametrize("flag", ["1", "99"])
def test_closing_what_is_not_open_is_refused_and_leaves_no_trace(app: Flask, flag: str) -> None:
    stand_out(line_of(app))
    run(app, "close", "1")
    before = len(rows_of_audit(app))
    refused = run(app, "close", flag)

    assert refused.exit_code == 1
    assert refused.output == f"Error: there is no open flag {flag}\n"
    assert len(rows_of_audit(app)) == before
