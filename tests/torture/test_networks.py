"""What callers meet when the network between the line and its stores does what networks do.

It delays, stalls, resets, and cuts replies in the middle, while callers ask for their own
documents side by side. `ROUNDS` says how often the long form does each.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from flask import Flask

from bench.figures import tell
from bench.proxy import Manner, Proxy
from menus import sessions
from tests.caller import Caller
from tests.conftest import Open, line_of
from tests.redis_groups import wait_for
from tests.servers import PostgresServer, RedisServer
from tests.world import put

HOP_SECONDS = 2.0
"""A deadline and no figure of speed: what a caller is promised."""

CUT, RESET = Manner(cut_after=3), Manner(cut_after=40, resets=True)
LATE, TRICKLING, STALLED = Manner(delay=0.2), Manner(trickle=0.04), Manner(stalls=True)
FAULTS = [LATE, CUT, RESET, TRICKLING, STALLED, *(Manner(cut_after=one) for one in (1, 17, 90))]
ROUNDS = int(os.environ.get("ROUNDS", "20"))
CALLERS = 6


@pytest.fixture
def to_redis(redis: RedisServer) -> Iterator[Proxy]:
    """A network to Redis."""
    proxy = Proxy(f"{redis.folder}/redis.sock")
    yield proxy
    proxy.close()


@pytest.fixture
def to_postgres(postgres: PostgresServer, postgres_url: str) -> Iterator[Proxy]:
    """A network to PostgreSQL."""
    folder = urlsplit(postgres_url).query.removeprefix("host=")
    proxy = Proxy(f"{folder}/.s.PGSQL.5432")
    yield proxy
    proxy.close()


def over(proxy: Proxy, postgres_url: str) -> str:
    """Give the address of a database, by way of a proxy."""
    return f"postgresql://postgres@127.0.0.1:{proxy.port}{urlsplit(postgres_url).path}"


def number(caller: int) -> str:
    return f"1234{caller}{caller}{caller}{caller}"


class Crowd:
    """Callers at once, each with a document of the own number, who look at the clock."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._calls = 0
        self.slowest = 0.0
        self.hops = 0
        for one in range(CALLERS):
            put(line_of(app), "id_card", number(one), "ready")

    def call(self) -> list[str]:
        """Let each ask for the own number, hop by hop; give the answers, in their order."""
        self._calls += 1
        self.hops += 4 * CALLERS
        with ThreadPoolExecutor(CALLERS) as threads:
            return list(threads.map(self._one, range(CALLERS)))

    def _one(self, caller: int) -> str:
        phone = f"+2547119{self._calls:03}{caller:02}"
        call = Caller(self._app.test_client(), phone)
        page = self._timed(call)
        for key in ("1", "1", number(caller)):
            call.inputs.append(key)
            page = self._timed(call)
        return page

    def _timed(self, call: Caller) -> str:
        began = time.monotonic()
        page = call.send()
        self.slowest = max(self.slowest, time.monotonic() - began)
        return page


def through(
    faults: Sequence[Manner], proxy: Proxy, crowd: Crowd, mended: Callable[[], None]
) -> tuple[list[list[str]], list[list[str]]]:
    """Let a crowd call while each fault lasts, and after each; give the answers of both."""
    during, after = [], []
    for fault in faults:
        proxy.behave(fault)
        during.append(crowd.call())
        proxy.behave()
        mended()
        after.append(crowd.call())
    return during, after


def own_answers(pages: list[str]) -> bool:
    """Say whether each caller was told of the own document."""
    return all(
        page.startswith(f"CON ID ..{number(caller)[-3:]} is READY.")
        for caller, page in enumerate(pages)
    )


def others_answers(pages: list[str]) -> int:
    """Count the callers who were told of another's document."""
    return sum(
        " is READY." in page and f"..{number(caller)[-3:]} " not in page
        for caller, page in enumerate(pages)
    )


@pytest.fixture
def on_redis(
    open_app: Open, sqlite_url: str, to_redis: Proxy, monkeypatch: pytest.MonkeyPatch
) -> Crowd:
    """A crowd on a line whose every hop tries Redis again."""
    monkeypatch.setattr(sessions, "PAUSE_SECONDS", 0.0)
    return Crowd(open_app(sqlite_url, f"redis://127.0.0.1:{to_redis.port}/0"))


@pytest.fixture
def on_postgres(
    open_app: Open, postgres_url: str, to_postgres: Proxy, redis: RedisServer
) -> tuple[Crowd, Callable[[], None]]:
    """A crowd on a line on PostgreSQL, and what waits until that answers again."""
    app = open_app(over(to_postgres, postgres_url), redis.url)

    def well() -> bool:
        """Say whether it answers for a while: what failed late may yet be noticed."""
        answers = []
        for _ in range(6):
            answers.append(line_of(app).database.answers())
            time.sleep(0.05)
        return all(answers)

    def mended() -> None:
        to_postgres.drop()
        wait_for(well, "the database answered")

    return Crowd(app), mended


def test_a_network_that_cuts_or_trickles_replies_of_redis_shows_nobody_anothers_page(
    on_redis: Crowd, to_redis: Proxy
) -> None:
    during, after = through([RESET, RESET, TRICKLING], to_redis, on_redis, lambda: None)

    assert all(map(own_answers, (*during, *after)))
    assert to_redis.cuts > CALLERS
    assert on_redis.slowest < HOP_SECONDS


def test_a_network_that_cuts_replies_of_postgresql_shows_nobody_anothers_answer(
    on_postgres: tuple[Crowd, Callable[[], None]], to_postgres: Proxy
) -> None:
    crowd, mended = on_postgres
    during, after = through([RESET], to_postgres, crowd, mended)

    assert all(map(own_answers, after))
    assert sum(map(others_answers, during)) == 0
    assert to_postgres.cuts > 0
    assert crowd.slowest < HOP_SECONDS


@pytest.mark.torture
@pytest.mark.timeout(900)
def test_whatever_a_network_does_to_redis_every_caller_gets_the_own_page_in_time(
    on_redis: Crowd, to_redis: Proxy
) -> None:
    during, after = through(FAULTS * ROUNDS, to_redis, on_redis, lambda: None)
    wrong = [one for one in (*during, *after) if not own_answers(one)]
    name = f"a network to Redis that cuts, stalls, resets and trickles: {on_redis.hops:,} hops"
    tell("R2", f"{name}, wrong answers", len(wrong), "0", not wrong)
    _tell_slowest("R2", name, on_redis)

    assert wrong == []
    assert on_redis.slowest < HOP_SECONDS


@pytest.mark.torture
@pytest.mark.timeout(900)
def test_whatever_a_network_does_to_postgresql_nobody_gets_anothers_answer_and_all_in_time(
    on_postgres: tuple[Crowd, Callable[[], None]], to_postgres: Proxy
) -> None:
    crowd, mended = on_postgres
    during, after = through(FAULTS * ROUNDS, to_postgres, crowd, mended)
    others = sum(map(others_answers, during))
    wrong = [one for one in after if not own_answers(one)]
    name = f"a network to PostgreSQL that cuts, stalls and resets: {crowd.hops:,} hops"
    tell("R6", f"{name}, answers of another caller's", others, "0", others == 0)
    tell("R6", f"{name}, wrong answers once it is well", len(wrong), "0", not wrong)
    _tell_slowest("R6", name, crowd)

    assert others == 0
    assert wrong == []
    assert crowd.slowest < HOP_SECONDS


def _tell_slowest(goal: str, name: str, crowd: Crowd) -> None:
    holds = crowd.slowest < HOP_SECONDS
    tell(goal, f"{name}, the slowest", f"{crowd.slowest:.2f} s", "under 2 s", holds)
