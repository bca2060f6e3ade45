"""Deploys under load: five reloads and a migration, and no hop fails.

`SECONDS` is the time between two of them; `DOCUMENTS` makes it smaller, to see that it works.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from bench import lists
from bench.driver import Driver, Measured, plan_for
from bench.figures import tell
from bench.service import in_service
from bench.stores import Line
from bench.traffic import Mix
from commands import database
from models.base import Database
from tests.next_migration import with_next
from tests.torture.little import NUMBER, Little

SECONDS = float(os.environ.get("SECONDS", "15"))
DOCUMENTS = int(os.environ.get("DOCUMENTS", str(lists.PUBLISHED)))
RATE = 100.0
RELOADS = 5


def reload(line: Line, longest: float = 60.0) -> float:
    """Reload a line; give the seconds until none of the old processes is left."""
    master = psutil.Process(line.process_id)
    old = set(master.children())
    began = time.monotonic()
    master.send_signal(signal.SIGHUP)
    while old & set(master.children()):
        assert time.monotonic() < began + longest, "the old processes do not go"
        time.sleep(0.05)
    return time.monotonic() - began


def reloaded(driver: Driver, line: Line, times: int, pause: float) -> tuple[Measured, float]:
    """Reload a line again and again under load; give what came of it, and the longest."""
    longest = 0.0
    driver.drive(pause)
    for _ in range(times):
        longest = max(longest, reload(line))
        driver.drive(pause)
    return driver.stop(), longest


def test_a_reload_fails_no_hop_and_takes_other_processes(little: Little) -> None:
    before = set(psutil.Process(little.line.process_id).children())
    driver = Driver(plan_for(little.line, [NUMBER], Mix.LOOK_UPS, rate=40.0))
    found, _ = reloaded(driver, little.line, times=1, pause=0.5)
    after = set(psutil.Process(little.line.process_id).children())

    assert found.count > 20
    assert dict(found.faults) == {}
    assert len(after) == len(before)
    assert not before & after


@pytest.mark.torture
@pytest.mark.timed
@pytest.mark.timeout(1200)
def test_five_reloads_and_a_migration_fail_no_hop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_MIGRATIONS", with_next(tmp_path))
    with in_service(DOCUMENTS) as service:
        driver = Driver(plan_for(service.line, service.numbers, rate=RATE))
        driver.drive(SECONDS)
        seconds = _migrated(service.url, driver.drive)
        found, longest = reloaded(driver, service.line, RELOADS, SECONDS)
    name = f"{RELOADS} reloads and a migration at {RATE:.0f} hops a second"
    found.tell(name)
    failed = found.faults.total()
    figures = [
        ("wrong or failed hops", failed, "0", failed == 0),
        ("hops", found.count, "told", True),
        ("the slowest hop", f"{found.ms(1):,.0f} ms", "at most 2,000 ms", found.ms(1) <= 2000),
        ("the longest reload", f"{longest:.1f} s", "told", True),
        ("the migration, behind a backup", f"{seconds:.1f} s", "told", True),
    ]
    for what, value, target, holds in figures:
        tell("R11", f"{name}: {what}", value, target, holds)

    assert all(holds for *_, holds in figures)


def _migrated(url: str, drive: Callable[[float], float]) -> float:
    """Migrate under load while something reads all the time, as a backup does.

    Returns:
        Seconds.
    """
    migrating = Database(url)
    began = time.monotonic()
    with psycopg.connect(url) as backup:
        backup.execute("SELECT count(*) FROM documents")
        thread = threading.Thread(target=database.migrate, args=(migrating,))
        thread.start()
        drive(3.0)
    thread.join()
    seconds = time.monotonic() - began
    migrating.close()
    return seconds
