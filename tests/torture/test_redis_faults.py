"""Redis frozen, killed and paused under load: nobody is told anything wrong, nobody waits long.

The long form is under the load of R1. `SECONDS` says how long each fault lasts, `RATE` how
many hops come a second, `DOCUMENTS` how many there are, to see in little that it works.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from bench import lists
from bench.driver import LATE_SECONDS, Driver, Measured, plan_for
from bench.figures import tell
from bench.service import Service, in_service
from bench.stores import Line, Stores
from bench.traffic import Number
from tests.conftest import Open, line_of
from tests.servers import RedisServer
from tests.world import put

SECONDS = float(os.environ.get("SECONDS", "60"))
RATE = float(os.environ.get("RATE", "300"))
DOCUMENTS = int(os.environ.get("DOCUMENTS", str(lists.PUBLISHED)))
CALM_SECONDS = min(20.0, SECONDS + 4)
HOP_SECONDS = 2.0

NORMAL_SECONDS = 0.1
"""What p99 is under R1's load."""

P99_MS, SLOWEST_MS, BACK_SECONDS = 500.0, 1000.0, 5.0
"""What is promised while Redis is away, and how soon all is as before."""

_ON_TIME = f"at most {LATE_SECONDS * 1000:.0f} ms"

Fault = Callable[[RedisServer, Callable[[float], None]], None]
"""Breaks a Redis, lets so many seconds go by, and mends it."""


def frozen(redis: RedisServer, last: Callable[[float], None]) -> None:
    with redis.frozen():
        last(SECONDS)


def killed(redis: RedisServer, last: Callable[[float], None]) -> None:
    redis.stop()
    last(SECONDS / 3)
    redis.start()


def paused_for_writes(redis: RedisServer, last: Callable[[float], None]) -> None:
    _pause(redis, last, "WRITE")


def paused(redis: RedisServer, last: Callable[[float], None]) -> None:
    _pause(redis, last, "ALL")


def _pause(redis: RedisServer, last: Callable[[float], None], what: str) -> None:
    began = time.monotonic()
    asked = ("CLIENT", "PAUSE", int(SECONDS * 1000), what)
    redis.client.execute_command(*asked)  # type: ignore[no-untyped-call]
    last(began + SECONDS - time.monotonic())


@dataclass(frozen=True)
class Broken:
    """What came of hops while Redis was broken, and how soon all was normal after it."""

    during: Measured
    after: Measured
    back: float


def broken(line: Line, redis: RedisServer, numbers: list[Number], fault: Fault) -> Broken:
    """Break Redis under load."""
    driver = Driver(plan_for(line, numbers, rate=RATE))
    began = driver.drive(5.0)
    fault(redis, time.sleep)
    mended = time.monotonic()
    ended = driver.drive(CALM_SECONDS)
    found = driver.stop()
    after = found.between(mended, ended)
    return Broken(
        found.between(began, mended), after, after.normal_after(mended, NORMAL_SECONDS)
    )


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with in_service(DOCUMENTS) as one:
        yield one


@pytest.mark.torture
@pytest.mark.timed
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", [frozen, killed, paused_for_writes, paused])
def test_with_redis_broken_under_load_every_hop_is_answered_rightly_and_in_time(
    fault: Fault, service: Service
) -> None:
    found = broken(service.line, service.stores.redis, list(service.numbers), fault)
    name = f"Redis {fault.__name__.replace('_', ' ')} under {RATE:.0f} hops a second"
    for one, when in ((found.during, "meanwhile"), (found.after, "after")):
        one.tell(f"{name}, {when}")
    faults = sum(one.faults.total() for one in (found.during, found.after))
    p99, slowest = found.during.ms(0.99), found.during.ms(1)
    figures = [
        ("wrong or failed hops", faults, "0", faults == 0),
        ("p99", f"{p99:,.0f} ms", f"at most {P99_MS:.0f} ms", p99 <= P99_MS),
        (
            "the slowest",
            f"{slowest:,.0f} ms",
            f"at most {SLOWEST_MS:,.0f} ms",
            slowest <= SLOWEST_MS,
        ),
        (
            "normal after",
            f"{found.back:.2f} s",
            f"at most {BACK_SECONDS:.0f} s",
            found.back <= BACK_SECONDS,
        ),
    ]
    late = found.during.late_ms(0.99)
    on_time = not found.during.is_driver_late
    figures.append(("sent late by the driver, p99", f"{late:,.1f} ms", _ON_TIME, on_time))
    for what, value, target, holds in figures:
        tell("R2", f"{name}: {what}", value, target, holds)

    assert all(holds for *_, holds in figures)


@pytest.fixture
def stores() -> Iterator[Stores]:
    one = Stores()
    yield one
    one.close()


def test_a_short_load_with_redis_killed_and_started_again_fails_no_hop(
    stores: Stores, open_app: Open, postgres_url: str
) -> None:
    numbers = [Number("id_card", f"1234567{nth}") for nth in range(10)]
    app = open_app(postgres_url, stores.redis.url, **stores.keys)
    for one in numbers:
        put(line_of(app), one.kind, one.text, "ready")
    with stores.serving(postgres_url) as line:
        driver = Driver(plan_for(line, numbers, rate=40.0))
        driver.drive(1.0)
        stores.redis.stop()
        driver.drive(2.0)
        stores.redis.start()
        driver.drive(1.5)
        found = driver.stop()

    assert not found.faults
    assert found.count >= 40 * 4
    assert found.ms(1) < HOP_SECONDS * 1000
