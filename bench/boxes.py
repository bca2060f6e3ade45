"""A centre's box of 400 among 226,247 documents: scanned, closed, undone; and a stock-take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice

from bench.stores import KINDS, SMALL, opened, tell
from commands import demonstration_set
from models import stock_takes
from models.base import Connection, Database
from models.boxes import Box, count_box, find_box, open_box, scan
from models.centres import every_centre
from models.closing import close
from models.counties import populations
from models.country import kenya
from models.importing import Import
from models.keys import Keys, Versions
from models.numbers import Kind
from models.undoing import undo

BOX = 400
DOCUMENTS = 5_000 if SMALL else demonstration_set.TOTAL
HERE, WHO, TODAY = "047-01", "officer", date(2026, 11, 22)


def main() -> None:
    """Print a figure a line, on each database in turn."""
    with opened() as stores:
        lookup, phone, archive = (
            Versions.read(stores.keys[name])
            for name in ("LOOKUP_KEY", "PHONE_KEY", "ARCHIVE_PUBLIC_KEY")
        )
        keys = Keys(lookup, phone, archive.secrets[0])
        for kind in KINDS:
            database = Database(stores.database(kind))
            database.open()
            _fill(database, keys)
            _measure_box(database, keys, kind)
            _measure_stock_take(database, kind)
            database.close()


def _fill(database: Database, keys: Keys) -> None:
    with database.working() as connection:
        rows = demonstration_set.rows(every_centre(connection), populations(connection))
        for _ in Import(connection, keys, TODAY).load(islice(rows, DOCUMENTS)):
            continue


def _measure_box(database: Database, keys: Keys, kind: str) -> None:
    numbers = [str(41_000_000 + 7 * nth) for nth in range(BOX)]
    sheet = {number: line for line, number in enumerate(numbers, 1)}
    with _timed(database, f"{kind}: a sheet of {BOX} opened, s") as connection:
        made = open_box(connection, keys, HERE, Kind.DRIVING_LICENCE, WHO, sheet)
    began = time.monotonic()
    for number in numbers:
        with database.working() as connection:
            scan(connection, keys, kenya(), _held(connection, made), number, TODAY)
    tell(f"{kind}: one scan, ms", (time.monotonic() - began) / BOX * 1000)
    with _timed(database, f"{kind}: the box counted, s") as connection:
        count_box(connection, _held(connection, made))
    with _timed(database, f"{kind}: the box closed, s") as connection:
        close(connection, keys, _held(connection, made), TODAY, WHO)
    with _timed(database, f"{kind}: the box undone, s") as connection:
        box = _held(connection, made)
        assert box.closed_at
        undo(connection, box, TODAY, box.closed_at, WHO)


def _measure_stock_take(database: Database, kind: str) -> None:
    with _timed(database, f"{kind}: a stock-take begun, s") as connection:
        made = stock_takes.begin(connection, HERE, "", WHO)
    with _timed(database, f"{kind}: a stock-take ended, s") as connection:
        taken = stock_takes.find_stock_take(connection, made, HERE, for_change=True)
        assert taken
        _, lost = stock_takes.end(connection, taken, TODAY, WHO)
    tell(f"{kind}: documents that it did not see", len(lost))


@contextmanager
def _timed(database: Database, what: str) -> Iterator[Connection]:
    """Do something in a transaction, and tell how long it took with its end."""
    began = time.monotonic()
    with database.working() as connection:
        yield connection
    tell(what, time.monotonic() - began)


def _held(connection: Connection, made: int) -> Box:
    box = find_box(connection, made, HERE, for_change=True)
    assert box
    return box
