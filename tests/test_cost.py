"""What a hop costs: round trips to Redis, statements to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from redis.connection import Connection as RedisConnection
from sqlalchemy import event

from models.base import Database
from tests.caller import Caller
from tests.conftest import Open, line_of
from tests.servers import RedisServer
from tests.world import put

NOBODY = "unix:///nonexistent/redis.sock"


@dataclass
class Cost:
    """What was spent."""

    trips: int = 0
    statements: list[str] = field(default_factory=list)

    @property
    def writes(self) -> list[str]:
        return [one for one in self.statements if not one.startswith("SELECT")]


@pytest.fixture
def busy(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    """A line with documents, its script known to Redis."""
    app = open_app(database_url, redis.url)
    put(line_of(app), "id_card", "12345678", "ready")
    put(line_of(app), "id_card", "23456789", "coming", "022-01")
    Caller(app.test_client(), "+254711999999").dial()
    return app


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
    ],
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


@pytest.mark.parametrize("keys", [["1", "1", "12345678"], ["12345678"], ["1", "1", "23456789"]])
def test_a_direct_dial_of_somebody_new_costs_two_round_trips_and_one_statement(
    keys: list[str], busy: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watching(busy, monkeypatch) as cost:
        Caller(busy.test_client()).dial(*keys)

    assert cost.trips == 2
    assert len(cost.statements) == 1
    assert cost.writes == []


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
    send: Any = RedisConnection.send_packed_command

    def counted(self: RedisConnection, *args: object, **options: object) -> object:
        cost.trips += 1
        return send(self, *args, **options)

    def noted(_connection: object, _cursor: object, statement: str, *_: object) -> None:
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
