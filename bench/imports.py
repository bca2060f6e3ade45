"""Imports of 226,247 and of a million rows: seconds, memory, and what callers feel meanwhile.

The real command loads a centre's list. On PostgreSQL its time stands beside that of a plain
COPY of the same file into a table of six texts, the least that any import can take there.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from bench import lists
from bench.driver import Driver, plan_for
from bench.stores import KINDS, POSTGRESQL, SMALL, SQLITE, Stores, opened, tell
from models.base import Database
from models.documents import counts

ROWS = (2_000, 20_000) if SMALL else (lists.PUBLISHED, 1_000_000)
BEFORE_SECONDS = 5.0 if SMALL else 30.0
WARM_UP_SECONDS = 3.0

_MB = 1_000_000
_SAMPLE_SECONDS = 0.5
_BLOCK = 65_536


@dataclass(frozen=True)
class Imported:
    """How an import went.

    Args:
        began, ended: in seconds of the machine's monotonic clock.
        peak: octets of memory at most, of the command and of what it started.
    """

    began: float
    ended: float
    peak: int

    @property
    def seconds(self) -> float:
        """How long it took, with the start of the command."""
        return self.ended - self.began


def main() -> None:
    """Measure, and print a figure a line."""
    with opened() as stores:
        files, start = {}, 0
        for rows in ROWS:
            file = stores.folder / f"{rows}.csv"
            files[rows], start = lists.write(file, rows, start), start + rows
        floors = {rows: _copy(stores, file) for rows, file in files.items()}
        for kind in KINDS:
            few, many = ROWS
            first = stores.database(kind)
            _alone(stores, kind, first, few, files[few], floors[few])
            another = stores.database(kind)
            _alone(stores, kind, another, many, files[many], floors[many])
            _forget(stores, kind, another)
            _among_callers(stores, kind, first, files[many])
            _forget(stores, kind, first)


def _alone(stores: Stores, kind: str, url: str, rows: int, file: Path, floor: float) -> None:
    """Load a list into a database while nobody calls."""
    name = f"{kind}: import of {rows:,} rows"
    done = _import(stores, url, file)
    assert _documents(url) == rows, "not every row was loaded"
    tell(f"{name}: seconds", done.seconds)
    tell(f"{name}: memory at most, MB", done.peak / _MB)
    if kind == POSTGRESQL:
        tell(f"{name}: plain COPY, seconds", floor)
        tell(f"{name}: times plain COPY", done.seconds / floor)


def _among_callers(stores: Stores, kind: str, url: str, file: Path) -> None:
    """Load the long list while callers ask for what the short one brought."""
    few, many = ROWS
    with stores.serving(url) as line:
        driver = Driver(plan_for(line, lists.numbers(few)))
        time.sleep(WARM_UP_SECONDS)
        since = time.monotonic()
        time.sleep(BEFORE_SECONDS)
        done = _import(stores, url, file)
        measured = driver.stop()
    assert _documents(url) == few + many, "not every row was loaded"
    before = measured.between(since, done.began)
    during = measured.between(done.began, done.ended)
    name = f"{kind}: import of {many:,} rows among callers"
    tell(f"{name}: seconds", done.seconds)
    tell(f"{name}: memory at most, MB", done.peak / _MB)
    before.tell(f"{kind}: before the import")
    during.tell(f"{kind}: during the import")
    tell(f"{kind}: hop p99 during the import, times before", during.ms(0.99) / before.ms(0.99))
    tell(f"{kind}: driver, share of a core", measured.share)


def _import(stores: Stores, url: str, file: Path) -> Imported:
    """Run the command, and watch its memory."""
    began, peak = time.monotonic(), 0
    process = stores.flask(url, "documents", "import", str(file))
    for octets in _memory(process):
        peak = max(peak, octets)
    ended = time.monotonic()
    assert process.returncode == 0, f"the import failed:\n{stores.said()}"
    return Imported(began, ended, peak)


def _memory(process: psutil.Popen) -> Iterator[int]:
    """Give the memory of a process and of all below it, every so often while it runs.

    What several of them share counts once.
    """
    family, sample = [psutil.Process(process.pid)], 0
    while process.poll() is None:
        if sample % 4 == 0:  # to find children is dear, and they live long
            with suppress(psutil.NoSuchProcess):
                family = [family[0], *family[0].children(recursive=True)]
        sample += 1
        yield sum(map(_octets, family))
        with suppress(psutil.TimeoutExpired):
            process.wait(_SAMPLE_SECONDS)


def _octets(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except psutil.Error:
        return 0  # it has just ended


def _copy(stores: Stores, file: Path) -> float:
    """Copy a file into a plain table; give the seconds, the median of three."""
    took = []
    with psycopg.connect(stores.postgres.url("postgres")) as connection:
        for _ in range(3):
            columns = ", ".join(f"{name} text" for name in lists.HEADER)
            connection.execute(f"CREATE TABLE plain ({columns})")
            connection.commit()
            began = time.monotonic()
            copying = "COPY plain FROM STDIN (FORMAT csv, HEADER)"
            with connection.cursor().copy(copying) as copy, file.open("rb") as read:
                while block := read.read(_BLOCK):
                    copy.write(block)
            connection.commit()
            took.append(time.monotonic() - began)
            connection.execute("DROP TABLE plain")
            connection.commit()
    return statistics.median(took)


def _documents(url: str) -> int:
    """Count all documents of a database."""
    database = Database(url)
    with database.working() as connection:
        found = sum(counts(connection).values())
    database.close()
    return found


def _forget(stores: Stores, kind: str, url: str) -> None:
    if kind == POSTGRESQL:
        stores.postgres.drop(url)
    else:
        for ending in ("", "-wal", "-shm"):
            Path(url.removeprefix(f"{SQLITE}:///") + ending).unlink(missing_ok=True)
