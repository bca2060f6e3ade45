"""Facts about the doorbell: soon heard, never waited for, and back when Redis is."""

import threading
import time
from collections.abc import Iterator

import pytest

from menus.bell import CHANNEL, Bell
from menus.sessions import connect
from tests.servers import RedisServer

SOON = 0.1
"""Seconds in which a ring is heard."""

AT_ONCE = 0.05
"""Seconds that nobody notices: nothing was waited for."""


class Ears:
    """Who listens, and how often they heard a ring."""

    def __init__(self, redis: RedisServer) -> None:
        self.heard = 0
        self._redis = redis
        self._changed = threading.Condition()
        self.bell = Bell(connect(redis.url))
        self.bell.listen(self._hear)

    def wait_until_open(self) -> None:
        until = time.monotonic() + 10
        while not dict(self._redis.client.pubsub_numsub(CHANNEL)).get(CHANNEL.encode()):
            assert time.monotonic() < until, "nobody listens"
            time.sleep(0.01)

    def wait(self, more_than: int = 0, seconds: float = 10.0) -> bool:
        """Wait for a ring; say whether it came."""
        with self._changed:
            return self._changed.wait_for(lambda: self.heard > more_than, seconds)

    def _hear(self) -> None:
        with self._changed:
            self.heard += 1
            self._changed.notify_all()


@pytest.fixture
def ears(own_redis: RedisServer) -> Iterator[Ears]:
    one = Ears(own_redis)
    one.wait_until_open()
    yield one
    one.bell.close()


@pytest.fixture
def bell(own_redis: RedisServer) -> Iterator[Bell]:
    """Another process's end."""
    one = Bell(connect(own_redis.url))
    yield one
    one.close()


def seconds_to_ring(bell: Bell, times: int = 20) -> float:
    """Ring often; give how long the slowest took."""
    slowest = 0.0
    for _ in range(times):
        began = time.monotonic()
        bell.ring()
        slowest = max(slowest, time.monotonic() - began)
    return slowest


def test_a_ring_is_heard_soon(bell: Bell, ears: Ears) -> None:
    bell.ring()
    ears.wait()  # the first ring starts the thread and makes the connection
    took = []
    for _ in range(9):
        heard, began = ears.heard, time.monotonic()
        bell.ring()
        assert ears.wait(more_than=heard)
        took.append(time.monotonic() - began)
        time.sleep(0.02)

    assert sorted(took)[4] < SOON


def test_without_a_ring_nothing_is_heard(ears: Ears) -> None:
    assert not ears.wait(seconds=1.5)


def test_a_ring_is_heard_by_all_who_listen(
    bell: Bell, ears: Ears, own_redis: RedisServer
) -> None:
    others = Ears(own_redis)
    until = time.monotonic() + 10
    while not others.heard and time.monotonic() < until:
        bell.ring()
        time.sleep(0.05)
    others.bell.close()

    assert others.heard
    assert ears.heard


def test_a_thousand_rings_at_once_are_few(bell: Bell, ears: Ears) -> None:
    for _ in range(1000):
        bell.ring()
    assert ears.wait()
    time.sleep(0.3)

    assert ears.heard < 500


def test_rings_while_redis_is_frozen_are_few_when_it_goes_on(
    bell: Bell, ears: Ears, own_redis: RedisServer
) -> None:
    with own_redis.frozen():
        for _ in range(100):
            bell.ring()
            time.sleep(0.005)
    time.sleep(1)

    assert ears.heard <= 10


def test_a_ring_returns_at_once(bell: Bell, ears: Ears) -> None:
    assert seconds_to_ring(bell) < AT_ONCE


def test_a_ring_returns_at_once_with_redis_frozen(bell: Bell, own_redis: RedisServer) -> None:
    with own_redis.frozen():
        assert seconds_to_ring(bell, times=200) < AT_ONCE


def test_a_ring_returns_at_once_with_redis_gone(bell: Bell, own_redis: RedisServer) -> None:
    own_redis.stop()

    assert seconds_to_ring(bell, times=200) < AT_ONCE


def test_a_ring_is_heard_again_once_redis_goes_on(
    bell: Bell, ears: Ears, own_redis: RedisServer
) -> None:
    with own_redis.frozen():
        bell.ring()
        time.sleep(2)

    assert rings_until_heard(bell, ears) < 5


def test_a_ring_is_heard_again_once_redis_is_back(
    bell: Bell, ears: Ears, own_redis: RedisServer
) -> None:
    bell.ring()
    ears.wait()
    own_redis.stop()
    bell.ring()
    own_redis.start()

    assert rings_until_heard(bell, ears) < 10


def test_who_listens_before_redis_is_there_hears_once_it_is(
    bell: Bell, own_redis: RedisServer
) -> None:
    own_redis.stop()
    ears = Ears(own_redis)
    own_redis.start()
    took = rings_until_heard(bell, ears)
    ears.bell.close()

    assert took < 10


def rings_until_heard(bell: Bell, ears: Ears) -> float:
    """Ring twice a second until it is heard; give how long that took."""
    began, heard = time.monotonic(), ears.heard
    while time.monotonic() - began < 20:
        bell.ring()
        if ears.wait(more_than=heard, seconds=0.5):
            break
    return time.monotonic() - began


def test_a_closed_bell_rings_no_more(bell: Bell, ears: Ears) -> None:
    bell.close()
    bell.ring()

    assert not ears.wait(seconds=0.5)


def test_a_closed_bell_hears_no_more(bell: Bell, ears: Ears) -> None:
    ears.bell.close()
    bell.ring()

    assert not ears.wait(seconds=0.5)


@pytest.mark.parametrize("used", ["never", "rung", "listening"])
@pytest.mark.parametrize("trouble", ["none", "frozen", "gone"])
def test_a_bell_closes_in_time(own_redis: RedisServer, used: str, trouble: str) -> None:
    bell = Bell(connect(own_redis.url))
    if used == "rung":
        bell.ring()
    if used == "listening":
        bell.listen(lambda: None)
    if trouble == "frozen":
        own_redis.freeze()
    if trouble == "gone":
        own_redis.stop()
    began = time.monotonic()
    bell.close()
    took = time.monotonic() - began
    own_redis.thaw() if trouble == "frozen" else None

    assert took < 3.5


def test_who_listens_may_ring_as_well(ears: Ears) -> None:
    ears.bell.ring()

    assert ears.wait(seconds=2)
