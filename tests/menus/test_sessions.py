"""When Redis is left alone, and when it is used again."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from menus import sessions
from menus.pages import Page
from menus.session import Session
from menus.sessions import Loaded, Place, Sessions, Verdict
from tests.caller import PHONE
from tests.conftest import Open, line_of
from tests.servers import RedisServer

PAUSE_SECONDS = 0.3
HELLO = Session(page=Page("Hello", ends=False))


@pytest.fixture
def kept(
    open_app: Open, sqlite_url: str, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> Sessions:
    monkeypatch.setattr(sessions, "PAUSE_SECONDS", PAUSE_SECONDS)
    return line_of(open_app(sqlite_url, own_redis.url)).sessions


def save(kept: Sessions, place: Place) -> Verdict:
    return kept.save(place, HELLO, Loaded(), [], "", at_home=True)[0]


def pause(redis: RedisServer, what: str, seconds: float) -> None:
    asked = ("CLIENT", "PAUSE", int(seconds * 1000), what)
    redis.client.execute_command(*asked)  # type: ignore[no-untyped-call]


def test_a_redis_that_can_be_read_but_takes_no_writes_is_left_alone_until_it_does(
    kept: Sessions, own_redis: RedisServer
) -> None:
    place = kept.place(PHONE, "gateway", "call")
    before = kept.load(place)
    pause(own_redis, "WRITE", 2.0)
    began = time.monotonic()
    verdict = save(kept, place)
    left_alone = kept.load(place)
    time.sleep(PAUSE_SECONDS)
    tried = kept.load(place)
    time.sleep(began + 2.0 + PAUSE_SECONDS - time.monotonic())
    after = kept.load(place)

    assert before is not None
    assert verdict is Verdict.AWAY
    assert (left_alone, tried) == (None, None)
    assert after is not None
    assert save(kept, place) is Verdict.SAVED


def test_one_thread_tries_a_frozen_redis_while_all_others_go_on_without(
    kept: Sessions, own_redis: RedisServer
) -> None:
    place = kept.place(PHONE, "gateway", "call")

    def timed(_nth: int) -> float:
        began = time.monotonic()
        assert kept.load(place) is None
        return time.monotonic() - began

    own_redis.freeze()
    timed(0)
    time.sleep(PAUSE_SECONDS)
    with ThreadPoolExecutor(8) as threads:
        took = sorted(threads.map(timed, range(8)))

    assert took[-1] >= sessions.TIMEOUT_SECONDS * 0.9
    assert took[4] < sessions.TIMEOUT_SECONDS  # the rest wait for nothing


def test_one_that_is_closed_leaves_no_connection_open(
    kept: Sessions, own_redis: RedisServer
) -> None:
    place = kept.place(PHONE, "africastalking", "closes")
    kept.load(place)
    others = _connected(own_redis)
    assert others

    kept.close()

    assert not _connected(own_redis) & others


def _connected(redis: RedisServer) -> set[str]:
    """Give the ids of who is connected, without who asks."""
    client = redis.client
    own = client.client_id()
    told = client.client_list()
    return {one["id"] for one in told if one["id"] != str(own)}
