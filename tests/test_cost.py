"""What a hop costs: round trips to Redis, statements to the database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from redis.connection import Connection as RedisConnection
from sqlalchemy import event, update

from app import create_app
from models.base import Database, metadata
from models.documents import documents
from models.editions import editions
from tests.caller import PHONE, Caller
from tests.conftest import Open, config, line_of
from tests.servers import RedisServer
from tests.world import announce, notify, put

NOBODY = "unix:///nonexistent/redis.sock"


@dataclass
class Cost:
    """What was spent."""

    trips: int = 0
    statements: list[str] = field(default_factory=list)

    @property
    def writes(self) -> list[str]:
        return [one for one in self.statements if not one.startswith("SELECT")]


@pytest.fixture(scope="module")
def peopled(
    lasting_url: str, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """A line with documents, on each database in turn, for all tests of this module."""
    settings = config(lasting_url, redis_server.url, tmp_path_factory.mktemp("cost"))
    app = create_app(settings)
    put(line_of(app), "id_card", "12345678", "ready")
    put(line_of(app), "id_card", "23456789", "coming", "022-01")
    announce(line_of(app))
    yield app
    app.extensions["people"].close()
    line_of(app).close()


@pytest.fixture
def busy(peopled: Flask, redis: RedisServer) -> Flask:
    """A line that knows documents and nobody who calls, its script known to Redis."""
    line = line_of(peopled)
    with line.database.working() as connection:
        for table in reversed(metadata.sorted_tables):
            if "phone_hmac" in table.c and table is not documents:
                connection.execute(table.delete())
        connection.execute(update(editions).values(changed_at=None))
    line.watch.look()
    notify(line, "48213", "2026-10-01")
    Caller(peopled.test_client(), "+254711999999").dial()
    return peopled


@pytest.mark.parametrize(
    "keys",
    [
        [],
        ["1"],
        ["1", "1"],
        ["5"],
        ["9"],
        ["1", "0"],
        ["1", "00"],
        ["98"],
        ["1", "1", "notanumber"],
        ["2"],
        ["2", "98", "98"],
        ["2", "42"],
        ["2", "Kisumu"],
        ["2", "kisimu"],
        ["2", "Nowhere"],
        ["2", "Kimilili", "4"],
        ["2", "47", "11", "2"],
        ["3"],
        ["3", "2", "2", "98"],
        ["3", "2", "4", "42", "98"],
        ["3", "1", "4", "thika"],
        ["4"],
        ["4", "1", "1"],
        ["4", "2"],
        ["98", "6", "98"],
        ["5", "5"],
        ["5", "2"],
        ["5", "2", "1"],
        ["5", "2", "3"],
        ["5", "2", "4"],
        ["5", "3"],
        ["5", "4", "47", "11"],
        ["5", "4", "Kisumu"],
    ],
    ids=" ".join,
)
def test_a_hop_without_data_costs_two_round_trips_and_no_statement(
    keys: list[str], busy: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(busy.test_client())
    caller.dial()
    caller.session += "2"  # another call: the language is known to Redis by now
    with watching(busy, monkeypatch) as cost:
        pages = [caller.dial(), *map(caller.key, keys)]

    assert cost.trips == 2 * len(pages)
    assert cost.statements == []


def test_the_first_dial_ever_reads_the_language_with_one_statement(
    busy: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watching(busy, monkeypatch) as cost:
        Caller(busy.test_client()).dial()

    assert cost.trips == 2
    assert len(cost.statements) == 1
    assert cost.writes == []


@pytest.mark.parametrize("number", ["12345678", "23456789", "34567890"])
@pytest.mark.parametrize("way", [["1", "1"], []], ids=["by the menus", "on the home page"])
def test_a_look_up_costs_two_round_trips_and_one_statement(
    way: list[str], number: str, busy: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(busy.test_client())
    caller.keys(*way)
    with watching(busy, monkeypatch) as cost:
        caller.key(number)

    assert cost.trips == 2
    assert len(cost.statements) == 1
    assert cost.writes == []


def test_a_sixth_number_costs_two_round_trips_and_asks_the_database_nothing(
    busy: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = "+254711000606"
    asked = [
        Caller(busy.test_client(), phone).dial(str(number))
        for number in range(30_000_000, 30_000_005)
    ]
    with watching(busy, monkeypatch) as cost:
        page = Caller(busy.test_client(), phone).dial("30000005")

    assert ["No document found" in one for one in [*asked, page]] == [*[True] * 5, False]
    assert cost.trips == 2
    assert cost.statements == []


@pytest.mark.parametrize("keys", [["1", "1", "12345678"], ["12345678"], ["1", "1", "23456789"]])
def test_a_direct_dial_of_somebody_new_costs_two_round_trips_and_one_statement(
    keys: list[str], busy: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watching(busy, monkeypatch) as cost:
        Caller(busy.test_client()).dial(*keys)

    assert cost.trips == 2
    assert len(cost.statements) == 1
    assert cost.writes == []


@pytest.mark.parametrize("code", ["48213", "48214"])
def test_whether_a_message_is_real_costs_two_round_trips_and_one_statement(
    code: str, busy: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(busy.test_client())
    caller.keys("5", "3")
    with watching(busy, monkeypatch) as cost:
        page = caller.key(code)

    assert page.startswith("CON Yes." if code == "48213" else "CON No.")
    assert cost.trips == 2
    assert len(cost.statements) == 1
    assert cost.writes == []


@pytest.mark.parametrize(
    ("keys", "statements"),
    [(["1"], 0), (["2", "42"], 0), (["3", "2"], 0), (["1", "1", "12345678"], 1)],
    ids=["a menu", "a centre", "a service", "an answer"],
)
def test_carrying_on_costs_two_round_trips_and_what_its_page_does(
    keys: list[str], statements: int, busy: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Caller(busy.test_client()).keys(*keys)
    caller = Caller(busy.test_client())
    with watching(busy, monkeypatch) as dialled:
        offered = caller.dial()
    with watching(busy, monkeypatch) as carried_on:
        page = caller.key("9")

    assert "9 Carry on" in offered
    assert page == before
    assert (dialled.trips, dialled.statements) == (2, [])
    assert (carried_on.trips, len(carried_on.statements)) == (2, statements)
    assert carried_on.writes == []


@pytest.mark.parametrize(
    ("keys", "wish"),
    [(["5", "2", "1"], "12345678"), (["5", "2", "1"], "34567890"), (["12345678", "7"], "1")],
    ids=["typed", "typed and unknown", "of an answer"],
)
def test_a_report_costs_two_round_trips_one_look_up_and_its_write(
    keys: list[str], wish: str, busy: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(busy.test_client())
    caller.keys(*keys)
    with watching(busy, monkeypatch) as cost:
        page = caller.key(wish)
    written = [one.split()[:3] for one in cost.writes if one != "BEGIN IMMEDIATE"]

    assert page.startswith("CON Noted.")
    assert cost.trips == 2
    assert sum("document_numbers" in one for one in cost.statements) == 1
    assert written == [["INSERT", "INTO", "reports"]]


@pytest.mark.parametrize(
    ("keys", "table"),
    [
        (["5", "1"], "call_backs"),
        (["5", "2", "2"], "reports"),
        (["5", "2", "4", "too slow"], "reports"),
        (["2", "42", "1"], "outbox"),
        (["3", "2", "1"], "outbox"),
        (["5", "4", "42", "1"], "ratings"),
        (["5", "4", "42", "1", "4", "2"], "ratings"),
    ],
    ids=lambda one: one if isinstance(one, str) else " ".join(one),
)
def test_a_wish_that_shows_no_document_costs_its_write_and_no_look_up(
    keys: list[str], table: str, busy: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    *before, wish = keys
    caller = Caller(busy.test_client())
    caller.keys(*before)
    with watching(busy, monkeypatch) as cost:
        caller.key(wish)
    written = [one.split()[:3] for one in cost.writes if one != "BEGIN IMMEDIATE"]

    assert cost.trips == 2
    assert written == [["INSERT", "INTO", table]]
    assert [one for one in cost.statements if "document_numbers" in one] == []


@pytest.mark.parametrize(
    ("keys", "statements"),
    [([], 0), (["1", "0"], 0), (["2", "42"], 0), (["1", "1", "12345678"], 1)],
    ids=["a dial", "a menu", "a centre", "an answer"],
)
def test_a_hop_costs_no_more_while_an_edition_is_new(
    keys: list[str], statements: int, busy: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = line_of(busy)
    Caller(busy.test_client()).dial()
    with line.database.working() as connection:
        connection.execute(update(editions).values(changed_at=datetime.now(UTC)))
    line.watch.look()
    assert line.watch.is_wary()
    caller = Caller(busy.test_client())
    with watching(busy, monkeypatch) as cost:
        pages = [caller.dial(), *map(caller.key, keys)]

    assert cost.trips == 2 * len(pages)
    assert len(cost.statements) == statements
    assert cost.writes == []


def test_a_lost_session_costs_no_more_while_an_edition_is_new(
    busy: Flask, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = line_of(busy)
    caller = Caller(busy.test_client())
    caller.keys("1", "1")
    with line.database.working() as connection:
        connection.execute(update(editions).values(changed_at=datetime.now(UTC)))
    redis.client.delete(line.sessions.place(PHONE, "africastalking", caller.session).session)
    line.watch.look()
    with watching(busy, monkeypatch) as cost:
        page = caller.key("12345678")

    assert page.startswith("CON Sorry, the line lost your place.")
    assert cost.trips == 2
    assert cost.statements == []


def test_a_wish_is_the_only_thing_that_is_written(
    busy: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(busy.test_client())
    caller.keys("1", "1", "12345678")
    with watching(busy, monkeypatch) as cost:
        caller.key("1")

    assert cost.trips == 2
    assert [one.split()[0] for one in cost.writes if one != "BEGIN IMMEDIATE"] == ["INSERT"]


def test_a_repeated_hop_costs_one_round_trip_and_no_statement(
    busy: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(busy.test_client())
    caller.keys("1", "1", "12345678")
    with watching(busy, monkeypatch) as cost:
        caller.send()

    assert cost.trips == 1
    assert cost.statements == []


def test_without_redis_a_look_up_is_one_counted_transaction(
    open_app: Open, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app(sqlite_url, NOBODY)
    put(line_of(app), "id_card", "12345678", "ready")
    caller = Caller(app.test_client())
    caller.keys("1", "1")
    with watching(app, monkeypatch) as cost:
        caller.key("12345678")

    assert [one.split()[0] for one in cost.statements] == [
        "BEGIN",
        "SELECT",
        "INSERT",
        "SELECT",
    ]


@contextmanager
def watching(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cost]:
    """Count what goes over the wires while the block runs."""
    cost = Cost()
    mine = threading.get_ident()
    send: Any = RedisConnection.send_packed_command

    def counted(self: RedisConnection, *args: object, **options: object) -> object:
        cost.trips += threading.get_ident() == mine  # not what is watched off the hop
        return send(self, *args, **options)

    def noted(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if threading.get_ident() == mine:
            cost.statements.append(statement)

    database: Database = line_of(app).database
    monkeypatch.setattr(RedisConnection, "send_packed_command", counted)
    monkeypatch.setattr(
        "redis.connection.AbstractConnection.send_packed_command", counted, raising=False
    )
    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", noted)
    yield cost
    for engine in database.engines:
        event.remove(engine, "before_cursor_execute", noted)
    monkeypatch.undo()
