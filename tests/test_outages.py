"""What callers meet when a store is frozen, killed or away: a page, in time, and a true one."""

import threading
import time

import pytest
from flask import Flask

from menus.sessions import PAUSE_SECONDS, TIMEOUT_SECONDS
from models import call_backs, ratings, reports
from tests.caller import Caller
from tests.conftest import Open, inbox, line_of
from tests.gateways import Flares
from tests.servers import PostgresServer, RedisServer
from tests.world import notify, put

PROMISE = "CON Sorry, we cannot look that up just now.\nWe will text you the answer"
HOP_SECONDS = 2.0
"""A deadline and no figure of speed: what a caller is promised."""


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
    with postgres.frozen():
        menu = caller.key("1")
        question = caller.key("1")
        answer = caller.key("12345678")
        again = caller.key("00")

    assert menu.startswith("CON Which document?")
    assert question.startswith("CON Type your ID number")
    assert answer.startswith(PROMISE)
    assert again.startswith("CON 1919 Ndio Form!")
    assert caller.slowest < HOP_SECONDS


def test_a_first_dial_with_postgresql_frozen_is_answered_in_time(
    served: Flask, postgres: PostgresServer
) -> None:
    caller = Timed(served.test_client(), "+254711000112")
    with postgres.frozen():
        page = caller.dial()

    assert page.startswith("CON 1919 Ndio Form!")
    assert caller.slowest < HOP_SECONDS


def test_a_wish_that_cannot_be_kept_is_not_promised(
    served: Flask, postgres: PostgresServer
) -> None:
    caller = Timed(served.test_client())
    caller.keys("1", "1", "12345678")
    with postgres.frozen():
        page = caller.key("1")
    _wait_until_it_answers(served)

    assert page.startswith("END Sorry, we could not note that.")
    assert caller.slowest < HOP_SECONDS
    assert inbox(line_of(served)) == []


def test_with_postgresql_frozen_centres_and_services_are_told_from_memory(
    served: Flask, postgres: PostgresServer
) -> None:
    caller, other = Timed(served.test_client()), Timed(served.test_client(), "+254711000114")
    keys = ["2", "42", "00", "2", "Thika", "00", "3", "2", "2", "00", "4", "2", "00", "98", "6"]
    undisturbed = [other.dial(), *map(other.key, keys)]
    caller.dial()
    with postgres.frozen():
        frozen = [caller.key(key) for key in keys]

    assert frozen == undisturbed[1:]
    assert caller.slowest < HOP_SECONDS


def test_with_postgresql_frozen_nobody_is_told_that_a_message_is_real_or_not(
    served: Flask, postgres: PostgresServer
) -> None:
    notify(line_of(served), "48213", "2026-10-01")
    caller = Timed(served.test_client())
    caller.keys("5", "3")
    with postgres.frozen():
        page = caller.key("48213")
    _wait_until_it_answers(served)

    assert page.startswith("CON Sorry, we cannot look that up just now.")
    assert "do not pay" in page
    assert caller.key("3").startswith("CON Yes. 1919 sent you the message with Ref 48213")
    assert caller.slowest < HOP_SECONDS


@pytest.mark.parametrize(
    "keys",
    [["5", "1"], ["5", "2", "2"], ["5", "2", "4", "slow"], ["5", "4", "42", "1"]],
    ids=["a call-back", "a report", "words", "a mark"],
)
def test_what_cannot_be_noted_is_not_promised(
    keys: list[str], served: Flask, postgres: PostgresServer
) -> None:
    *before, wish = keys
    caller = Timed(served.test_client())
    caller.keys(*before)
    with postgres.frozen():
        page = caller.key(wish)
    _wait_until_it_answers(served)

    assert page.startswith("END Sorry, we could not note that.")
    assert caller.slowest < HOP_SECONDS
    assert _kept(served) == 0


def test_a_report_of_a_number_that_cannot_be_looked_up_is_not_promised(
    served: Flask, postgres: PostgresServer
) -> None:
    caller = Timed(served.test_client())
    caller.keys("5", "2", "1")
    with postgres.frozen():
        page = caller.key("12345678")
    _wait_until_it_answers(served)

    assert page.startswith("END Sorry, we could not note that.")
    assert caller.slowest < HOP_SECONDS
    assert _kept(served) == 0


def test_what_was_not_noted_is_noted_when_the_hop_comes_again(
    served: Flask, postgres: PostgresServer
) -> None:
    caller = Timed(served.test_client())
    caller.keys("5")
    with postgres.frozen():
        caller.key("1")
    _wait_until_it_answers(served)

    assert caller.send().startswith("CON A person will call you back on this phone.")
    assert _kept(served) == 1


def test_a_line_that_starts_while_postgresql_is_away_lists_centres_once_it_is_back(
    open_app: Open, postgres_url: str, postgres: PostgresServer, own_redis: RedisServer
) -> None:
    with postgres.frozen():
        app = open_app(postgres_url, own_redis.url)
        caller = Timed(app.test_client())
        pages = [caller.keys(key) for key in ("2", "3", "4")]
        rated = caller.keys("5", "4")
    _wait_until_it_answers(app)
    line_of(app).watch.look()

    assert {page.split("\n")[0] for page in (*pages, rated)} == {
        "CON Sorry, we cannot look that up just now."
    }
    assert caller.slowest < HOP_SECONDS
    assert caller.keys("2", "42").startswith("CON Kisumu\n")


def test_with_redis_frozen_centres_reports_and_marks_are_the_same_and_in_time(
    served: Flask, own_redis: RedisServer
) -> None:
    keys = ["2", "42", "1", "00", "5", "1", "00", "5", "2", "2", "00", "5", "4", "42", "1"]
    caller = Timed(served.test_client())
    undisturbed = [caller.dial(), *map(caller.key, keys)]
    other = Timed(served.test_client(), "+254711000113")
    own_redis.freeze()
    frozen = [other.dial(), *map(other.key, keys)]

    assert frozen == undisturbed
    assert other.slowest < HOP_SECONDS
    assert len(inbox(line_of(served), "+254711000113")) == 1
    assert _kept(served) == 2 * 3


def test_the_line_looks_up_again_once_postgresql_is_back(
    served: Flask, postgres: PostgresServer
) -> None:
    caller = Timed(served.test_client())
    caller.keys("1", "1")
    with postgres.frozen():
        caller.key("12345678")
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
    with postgres.frozen():
        pages = [caller.dial(), *map(caller.key, ["1", "1", "12345678"])]

    assert pages[0].startswith("CON 1919 Ndio Form!")
    assert pages[-1].startswith(PROMISE)
    assert caller.slowest < HOP_SECONDS


def test_readiness_tells_of_the_database_and_liveness_does_not(
    served: Flask, postgres: PostgresServer
) -> None:
    client = served.test_client()
    before = client.get("/health/ready").status_code
    with postgres.frozen():
        while_frozen = client.get("/health/ready").status_code
        live = client.get("/health/live").status_code

    assert (before, while_frozen, live) == (200, 503, 200)


def _kept(app: Flask) -> int:
    """Count what was kept of calls: reports, call-backs and marks."""
    line = line_of(app)
    with line.database.working() as connection:
        return (
            len(reports.waiting(connection, line.keys))
            + len(call_backs.waiting(connection, line.keys))
            + sum(ratings.summary(connection).values())
        )


def _wait_until_it_answers(app: Flask) -> None:
    until = time.monotonic() + 20
    while not line_of(app).database.answers():
        assert time.monotonic() < until, "the database did not come back"
        time.sleep(0.05)


# The tests' own stores


def test_a_machine_that_stands_still_for_a_moment_fails_no_test_but_those_of_outages(
    redis: RedisServer, app: Flask
) -> None:
    caller = Flares(app)
    caller.dial()
    redis.freeze()
    moment = threading.Timer(2 * TIMEOUT_SECONDS, redis.thaw)
    moment.start()
    page = caller.key("1")
    moment.join()

    assert page.startswith("CON Which document?")
