"""Expand, then contract: the code that runs goes on while a migration is made, and after it."""

import ast
import re
import threading
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import inspect

from commands import database
from models.base import Database
from tests.caller import Caller
from tests.conftest import Open, inbox, line_of
from tests.next_migration import with_next
from tests.servers import PostgresServer, RedisServer
from tests.world import put

VERSIONS = sorted((database._MIGRATIONS / "versions").glob("[0-9]*.py"))
BEFORE_THE_RULE = 16
"""The number of the last migration that was written without it."""

_TAKES_AWAY = re.compile(r"drop_(table|column|constraint)|rename|alter_column|DROP|RENAME")


def breaks_the_rule(source: str) -> bool:
    """Say whether a migration takes away what code that runs may use, and does not say so."""
    module = ast.parse(source)
    upgrade = next(
        one for one in module.body if isinstance(one, ast.FunctionDef) and one.name == "upgrade"
    )
    contracts = (ast.get_docstring(module) or "").startswith("Contract: ")
    return bool(_TAKES_AWAY.search(ast.unparse(upgrade))) and not contracts


def test_every_migration_from_now_on_only_adds_or_says_that_it_contracts() -> None:
    later = [one for one in VERSIONS if int(one.name[:4]) > BEFORE_THE_RULE]

    assert len(VERSIONS) >= BEFORE_THE_RULE
    assert [one.name for one in later if breaks_the_rule(one.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("description", "statement", "breaks"),
    [
        ("More.", 'op.add_column("a", b)', False),
        ("Less.", 'op.drop_column("a", "b")', True),
        ("Contract: what 0017 expanded.", 'op.drop_column("a", "b")', False),
        ("Other.", 'op.alter_column("a", "b", type_=c)', True),
        ("Other.", 'op.execute("ALTER TABLE a RENAME TO b")', True),
    ],
)
def test_the_rule_sees_what_takes_away(description: str, statement: str, breaks: bool) -> None:
    source = f'"""{description}"""\n\ndef upgrade() -> None:\n    {statement}\n'

    assert breaks_the_rule(source) is breaks


def test_the_line_answers_and_keeps_on_a_schema_that_is_one_migration_ahead(
    open_app: Open,
    database_url: str,
    redis: RedisServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = open_app(database_url, redis.url)
    put(line_of(app), "id_card", "12345678", "ready")
    caller = Caller(app.test_client())
    before = caller.keys("1", "1", "12345678")
    monkeypatch.setattr(database, "_MIGRATIONS", with_next(tmp_path))
    database.migrate(line_of(app).database)
    after = Caller(app.test_client(), "+254711000778").keys("1", "1", "12345678")
    promised = caller.key("1")
    put(line_of(app), "id_card", "23456789", "ready")

    assert after == before
    assert promised.startswith("CON We will text you the answer.")
    assert len(inbox(line_of(app))) == 1
    with line_of(app).database.working() as connection:
        assert inspect(connection).has_table("shelves")


def test_a_migration_waits_for_a_reader_without_holding_others_up(
    postgres: PostgresServer,
    postgres_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "_MIGRATIONS", with_next(tmp_path))
    migrating = Database(postgres_url)
    slowest = 0.0
    with psycopg.connect(postgres_url) as backup:
        backup.execute("SELECT count(*) FROM documents")  # and the transaction stays open
        thread = threading.Thread(target=database.migrate, args=(migrating,))
        thread.start()
        with psycopg.connect(postgres_url, autocommit=True) as caller:
            until = time.monotonic() + 1.5
            while time.monotonic() < until:
                began = time.monotonic()
                caller.execute("SELECT 1 FROM documents LIMIT 1")
                slowest = max(slowest, time.monotonic() - began)
        waited = thread.is_alive()
        backup.rollback()
    thread.join(timeout=20)
    with migrating.working() as connection:
        is_made = inspect(connection).has_table("shelves")
    migrating.close()

    assert waited
    assert is_made
    assert slowest < 0.9  # a statement of a hop has a second
