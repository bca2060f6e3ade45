"""What callers meet when a store is frozen, killed or away: a page, in time, and a true one."""

import time
from collections.abc import Iterator

import pytest
from flask import Flask

from menus.sessions import PAUSE_SECONDS
from tests.caller import Caller
from tests.conftest import Open, inbox, line_of
from tests.servers import PostgresServer, RedisServer
from tests.world import put

HOP_SECONDS = 2.0
"""A deadline and no figure of speed: what a caller is promised."""


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A Redis of this test's own, to freeze and kill."""
    server = RedisServer()
    yield server
    server.remove()


@pytest.fixture
def served(open_app: Open, postgres_url: str, own_redis: RedisServer) -> Flask:
    app = open_app(postgres_url, own_redis.url)
    put(line_of(app), "id_card", "12345678", "ready")
    return app


class Timed(Caller):
    """A caller who looks at the clock."""

    slowest = 0.0

    def send(self, text: str | None = None) -> str:
        started = time.monotonic()
        page = super().send(text)
        self.slowest = max(self.slowest, time.monotonic() - started)
        return page


def test_with_postgresql_frozen_every_hop_is_answered_in_time(
    served: Flask, postgres: PostgresServer
) -> None:
    caller = Timed(served.test_client())
    caller.dial()
    postgres.freeze()
    try:
        menu = caller.key("1")
        question = caller.key("1")
        answer = caller.key("12345678")
        again = caller.key("00")
    finally:
        postgres.thaw()

    assert menu.startswith("CON Which document?")
    assert question.startswith("CON Type your ID number")
    assert answer.startswith("CON Sorry, we cannot look that up just now.")
    assert again.startswith("CON 1919 Ndio Form!")
    assert caller.slowest < HOP_SECONDS


def test_a_first_dial_with_postgresql_frozen_is_answered_in_time(
    served: Flask, postgres: PostgresServer
) -> None:
    caller = Timed(served.test_client(), "+254711000112")
    postgres.freeze()
    try:
        page = caller.dial()
    finally:
        postgres.thaw()

    assert page.startswith("CON 1919 Ndio Form!")
    assert caller.slowest < HOP_SECONDS


def test_a_wish_that_cannot_be_kept_is_not_promised(
    served: Flask, postgres: PostgresServer
) -> None:
    caller = Timed(served.test_client())
    caller.keys("1", "1", "12345678")
    postgres.freeze()
    try:
        page = caller.key("1")
    finally:
        postgres.thaw()
    _wait_until_it_answers(served)

    assert page.startswith("END Sorry, we could not note that.")
    assert caller.slowest < HOP_SECONDS
    assert inbox(line_of(served)) == []


def test_the_line_looks_up_again_once_postgresql_is_back(
    served: Flask, postgres: PostgresServer
) -> None:
    caller = Timed(served.test_client())
    caller.keys("1", "1")
    postgres.freeze()
    try:
        caller.key("12345678")
    finally:
        postgres.thaw()
    _wait_until_it_answers(served)

    page = Caller(served.test_client()).keys("1", "1", "12345678")

    assert page.startswith("CON ID ..678 is READY.")


def test_with_redis_frozen_the_pages_are_the_same_and_in_time(
    served: Flask, own_redis: RedisServer
) -> None:
    caller = Timed(served.test_client())
    undisturbed = [caller.dial(), *map(caller.key, ["1", "1", "12345678", "1"])]
    other = Timed(served.test_client(), "+254711000113")
    own_redis.freeze()
    frozen = [other.dial(), *map(other.key, ["1", "1", "12345678", "1"])]

    assert frozen == undisturbed
    assert other.slowest < HOP_SECONDS
    assert len(inbox(line_of(served), "+254711000113")) == 1


def test_redis_frozen_in_the_middle_of_a_session_loses_nobody_their_place(
    served: Flask, own_redis: RedisServer
) -> None:
    caller = Timed(served.test_client())
    caller.keys("1", "1")
    own_redis.freeze()
    answer = caller.key("12345678")
    own_redis.thaw()
    time.sleep(PAUSE_SECONDS)
    texted = caller.key("1")

    assert answer.startswith("CON ID ..678 is READY.")
    assert texted.startswith("CON We will text you the answer.")
    assert caller.slowest < HOP_SECONDS


def test_redis_killed_and_started_again_is_used_again(
    served: Flask, own_redis: RedisServer
) -> None:
    caller = Timed(served.test_client())
    caller.keys("1", "1")
    own_redis.stop()
    while_away = caller.key("12345678")
    own_redis.start()
    time.sleep(PAUSE_SECONDS)
    caller.key("00")

    assert while_away.startswith("CON ID ..678 is READY.")
    assert own_redis.client.dbsize() > 0


def test_with_both_stores_frozen_nothing_is_looked_up_and_a_page_comes_in_time(
    served: Flask, own_redis: RedisServer, postgres: PostgresServer
) -> None:
    caller = Timed(served.test_client())
    own_redis.freeze()
    postgres.freeze()
    try:
        pages = [caller.dial(), *map(caller.key, ["1", "1", "12345678"])]
    finally:
        postgres.thaw()

    assert pages[0].startswith("CON 1919 Ndio Form!")
    assert pages[-1].startswith("CON Sorry, we cannot look that up just now.")
    assert caller.slowest < HOP_SECONDS


def test_readiness_tells_of_the_database_and_liveness_does_not(
    served: Flask, postgres: PostgresServer
) -> None:
    client = served.test_client()
    before = client.get("/health/ready").status_code
    postgres.freeze()
    try:
        while_frozen = client.get("/health/ready").status_code
        live = client.get("/health/live").status_code
    finally:
        postgres.thaw()

    assert (before, while_frozen, live) == (200, 503, 200)


def _wait_until_it_answers(app: Flask) -> None:
    until = time.monotonic() + 20
    while not line_of(app).database.answers():
        assert time.monotonic() < until, "the database did not come back"
        time.sleep(0.05)
