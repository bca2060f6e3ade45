"""The audit at its size: what adding an act takes, and what checking 100,000 of them takes.

On SQLite and on PostgreSQL as it comes, with four writers at once and with one.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from commands.database import prepare
from models.audit import append
from models.base import Database
from models.chain import verify
from tests.models.test_audit import fill
from tests.servers import PostgresServer

ROWS = 100_000
APPENDS = 500
WRITERS = 4


def main() -> None:
    """Print a line for each figure."""
    for name, database in _databases():
        with database.working() as connection:
            fill(connection, ROWS)
        began = time.perf_counter()
        checked = verify(database)
        seconds = time.perf_counter() - began
        assert checked.holds
        assert checked.rows == ROWS
        print(f"{name} verify {ROWS:,} acts: {seconds:.2f} s")
        for writers in (1, WRITERS):
            times = _append(database, writers)
            cuts = quantiles(times, n=100)
            p50, p99 = 1000 * cuts[49], 1000 * cuts[98]
            print(f"{name} append, {writers} at once: p50 {p50:.2f} ms, p99 {p99:.2f} ms")
        assert verify(database).holds


def _append(database: Database, writers: int) -> list[float]:
    """Add acts, each in a transaction of its own; give the seconds that each took."""
    times: list[float] = []

    def write(who: str) -> None:
        for count in range(APPENDS // writers):
            began = time.perf_counter()
            with database.working() as connection:
                append(connection, who, "bench", count=count)
            times.append(time.perf_counter() - began)

    threads = [threading.Thread(target=write, args=(f"writer {n}",)) for n in range(writers)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return times


def _databases() -> Iterator[tuple[str, Database]]:
    with (
        TemporaryDirectory() as folder,
        _open(f"sqlite:///{Path(folder) / 'audit.sqlite'}") as one,
    ):
        yield "sqlite", one
    server = PostgresServer(durable=True)
    try:
        with _open(server.create()) as one:
            yield "postgresql", one
    finally:
        server.remove()


@contextmanager
def _open(url: str) -> Iterator[Database]:
    database = Database(url)
    prepare(database)
    database.open()
    try:
        yield database
    finally:
        database.close()
