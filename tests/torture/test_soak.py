"""The soak: half an hour of callers, and no process grows, slows or asks more of the database.

Apart from the torture: `make soak`. `SECONDS` makes it shorter, to see that it works.
"""

import os
import time
from collections.abc import Mapping
from contextlib import suppress

import psutil
import psycopg
import pytest

from bench import lists
from bench.driver import Driver, plan_for
from bench.figures import tell
from bench.service import Service, in_service

SECONDS = float(os.environ.get("SECONDS", "1800"))
DOCUMENTS = int(os.environ.get("DOCUMENTS", str(lists.PUBLISHED)))
RATE = 100.0
PART = SECONDS / 6
"""Five minutes of thirty: what comes first is not counted, what comes last is compared."""

GROWTH, SLOWER, MORE = 1.05, 1.2, 1.1
LEAST_MS = 50.0
"""A p99 below this is no other for a caller."""


def memory(service: Service) -> dict[str, int]:
    """Give the octets that each process holds; of PostgreSQL's, what they do not share.

    Redis holds what callers of the last minutes and of the day left: there it is each key's.
    """
    web = psutil.Process(service.line.process_id)
    every = {f"web {nth}": one for nth, one in enumerate(_children(web), 1)}
    every |= {"web's master": web, "sender": psutil.Process(service.sender.pid)}
    held = {name: one.memory_info().rss for name, one in every.items()}
    redis = service.stores.redis
    held["Redis, a key"] = _rss(redis.process_id) // max(1, int(redis.client.dbsize()))
    postmaster = psutil.Process(service.stores.postgres.process_id)
    held["PostgreSQL"] = sum(_own(one) for one in [postmaster, *_children(postmaster)])
    return held


def _children(process: psutil.Process) -> list[psutil.Process]:
    return sorted(process.children(recursive=True), key=lambda one: one.pid)


def _rss(process_id: int) -> int:
    return int(psutil.Process(process_id).memory_info().rss)


def _own(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess):
        return int(process.memory_full_info().uss)
    return 0


def transactions(url: str) -> int:
    """Count the transactions of a database so far: a hop's statement is one of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database"
            " WHERE datname = current_database()"
        ).fetchone()
    assert row
    return int(row[0])


def _most(seen: list[Mapping[str, int]]) -> dict[str, int]:
    return {name: max(one.get(name, 0) for one in seen) for name in seen[0]}


def _watched(service: Service, driver: Driver, seconds: float) -> tuple[dict[str, int], float]:
    """Let it drive; give the most memory that each process held, and transactions a second."""
    before, began, seen = transactions(service.url), time.monotonic(), []
    while time.monotonic() < began + seconds:
        driver.drive(min(10.0, seconds / 4))
        seen.append(memory(service))
    rate = (transactions(service.url) - before) / (time.monotonic() - began)
    return _most(list(seen)), rate


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_after_half_an_hour_all_is_as_after_five_minutes() -> None:
    with in_service(DOCUMENTS) as service:
        driver = Driver(plan_for(service.line, service.numbers, rate=RATE))
        since = time.monotonic()
        driver.drive(PART)
        first, asked_first = _watched(service, driver, PART)
        driver.drive(SECONDS - 3 * PART)
        last, asked_last = _watched(service, driver, PART)
        until = time.monotonic()
        found = driver.stop()
    early = found.between(since, since + PART).ms(0.99)
    late = found.between(until - PART, until).ms(0.99)
    name = f"{SECONDS / 60:g} minutes at {RATE:g} hops a second"
    growth = {one: last[one] / held for one, held in first.items() if held}
    slower = late <= max(early * SLOWER, LEAST_MS)
    more = asked_last / asked_first
    figures = [
        (f"memory of {one}, times", round(times, 3), "at most 1.05", times <= GROWTH)
        for one, times in growth.items()
    ]
    figures += [
        ("wrong or failed hops", found.faults.total(), "0", not found.faults.total()),
        ("hops", found.count, "told", True),
    ]
    said = [
        ("p99 in the first part", f"{early:.0f} ms", "told", True),
        ("p99 in the last part", f"{late:.0f} ms", "at most 1.2 times, or 50 ms", slower),
        ("transactions a hop, times", f"{more:.2f}", "0.9 to 1.1", 1 / MORE <= more <= MORE),
    ]
    for what, value, target, holds in [*figures, *said]:
        tell("R14", f"{name}: {what}", value, target, holds)

    assert all(holds for *_, holds in [*figures, *said])
