"""More than the line can take: what it can is answered, the rest is told so at once.

The line with all its stores has one core, who floods it another. `SECONDS` and `DOCUMENTS`
make the long form shorter and smaller, to see that it works.
"""

import http.client
import os
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from bench import lists
from bench.driver import Driver, plan_for
from bench.figures import tell
from bench.flood import BUSY, BUSY_PAGE, GOOD, OTHER, Flood, Flooded
from bench.service import Service, in_service
from bench.stores import Line
from bench.traffic import Number
from tests.torture.little import NUMBER, Little

SECONDS = float(os.environ.get("SECONDS", "60"))
DOCUMENTS = int(os.environ.get("DOCUMENTS", str(lists.PUBLISHED)))
LINES_CORE, FLOODS_CORE = 0, 1
CALLERS = 16
"""As many as the line has threads: so it is always at work, and nobody waits for long."""

GOODPUT, SHED_MS, NORMAL_SECONDS = 0.6, 200.0, 10.0
CALM_SHARE, CALM_P99 = 0.25, 0.25
"""Afterwards a quarter of the capacity comes, and is normal with that p99, in seconds."""


def flooded(
    line: Line, numbers: list[Number], seconds: float, rate: float = 100.0, callers: int = 0
) -> Flooded:
    """Flood a line, at a rate or by so many callers; give what came of what was due then."""
    core = FLOODS_CORE if (os.cpu_count() or 1) > 1 else None
    flood = Flood(plan_for(line, numbers, rate=rate), callers, core)
    time.sleep(seconds)
    return flood.stop()


def test_a_flooded_line_answers_every_hop_with_a_page(little: Little) -> None:
    found = flooded(little.line, [NUMBER], seconds=2.0, rate=700.0)

    assert len(found.of(GOOD).hops) > 0
    assert len(found.of(GOOD).hops) + len(found.of(BUSY).hops) > 100
    assert dict(found.faults) == {}


def _asked(line: Line, nth: int) -> tuple[list[str], float]:
    """Ask for a number and a text in one hop, then dial over the same connection."""
    began, pages = time.monotonic(), []
    connection = http.client.HTTPConnection("127.0.0.1", line.port, timeout=10)
    for text in (f"{NUMBER.text}*1", ""):
        fields = f"sessionId=late{nth}{text[:1]}&phoneNumber=%2B2547330{nth:05d}&text={text}"
        connection.request(
            "POST",
            f"/ussd/africastalking/{line.token}",
            f"{fields}&serviceCode=*1919%23&networkCode=63902",
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        pages.append(connection.getresponse().read().decode())
    connection.close()
    return pages, time.monotonic() - began


def test_who_waits_too_long_for_a_thread_is_told_and_may_dial_again(little: Little) -> None:
    file = little.settings["DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # so that each thread waits a second for its turn
        with ThreadPoolExecutor(64) as callers:
            asking = [callers.submit(_asked, little.line, nth) for nth in range(64)]
            time.sleep(2.4)
            other.execute("ROLLBACK")
            answers = [one.result() for one in asking]

    assert all(page.startswith(("CON ", "END ")) for pages, _ in answers for page in pages)
    assert any(pages[0].startswith(BUSY_PAGE) for pages, _ in answers)
    assert max(seconds for _, seconds in answers) < 10.0


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """A line in service whose processes all have one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {LINES_CORE})
    try:
        with in_service(DOCUMENTS) as one:
            yield one
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.torture
@pytest.mark.timed
@pytest.mark.timeout(1200)
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="the flood needs a core of its own")
def test_three_times_the_capacity_leaves_most_of_it_and_ten_times_is_told(
    service: Service,
) -> None:
    numbers = list(service.numbers)
    flooded(service.line, numbers, min(SECONDS, 10.0), callers=CALLERS)  # to warm up
    length = min(SECONDS, 30.0)
    measured = flooded(service.line, numbers, length, callers=CALLERS)
    capacity = len(measured.of(GOOD).hops) / length
    tell("R10", "capacity on one core with all stores", f"{capacity:.0f} hops/s", "told", True)
    holds = []
    for times in (3, 10):
        found = flooded(service.line, numbers, SECONDS, times * capacity)
        holds.append(_told(service, times, capacity, found))

    assert all(holds)


def _told(service: Service, times: int, capacity: float, found: Flooded) -> bool:
    """Tell what came of a flood, and how soon all was normal; say whether all holds."""
    good, busy = found.of(GOOD), found.of(BUSY)
    goodput = len(good.hops) / SECONDS / capacity
    normal = _normal_after(service, capacity * CALM_SHARE)
    for fault, count in found.faults.items():
        print(f"{times} times the capacity: {fault}: {count}")
    broken = found.faults.total()
    must = times == 3
    figures = [
        ("offered", f"{len(found.hops) / SECONDS:.0f} hops/s", "told", True),
        ("answered, of the capacity", f"{goodput:.0%}", "at least 60%", goodput >= GOODPUT),
        ("answered, p99", f"{good.ms(0.99):,.0f} ms", "told", True),
        ("pages that say it is busy", len(busy.hops), "told", True),
        ("those pages, p99", f"{busy.ms(0.99):,.0f} ms", "at most 200 ms",
         not busy.hops or busy.ms(0.99) <= SHED_MS),
        ("other pages than asked for", len(found.of(OTHER).hops), "told", True),
        ("answers that are no page", broken, "0", broken == 0),
        ("sent late by the flood, p99", f"{found.late_ms(0.99):,.0f} ms", "told", True),
        ("normal after", f"{normal:.1f} s", "at most 10 s", normal <= NORMAL_SECONDS),
    ]  # fmt: skip
    for what, value, target, holds in figures:
        target = target if must else "told"
        tell("R10", f"{times} times the capacity: {what}", value, target, holds or not must)
    return not must or all(holds for *_, holds in figures)


def _normal_after(service: Service, rate: float) -> float:
    """Give the seconds from now until callers are answered as ever."""
    moment = time.monotonic()
    driver = Driver(plan_for(service.line, service.numbers, rate=rate))
    driver.drive(NORMAL_SECONDS + 7.0)
    return driver.stop().normal_after(moment, CALM_P99)
