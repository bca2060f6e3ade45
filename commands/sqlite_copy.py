"""Copies of an SQLite database, made and read back while others use it."""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from models.base import Database


class Failed(Exception):
    """A copy could not be made or read; the text says why."""


def copy_to(database: Database, fresh: Path) -> None:
    """Copy a database to a file, as it is at one moment, and check the copy.

    It is read in one go: beside a write-ahead log that holds up nobody who writes.

    Raises:
        Failed: it could not be copied, or the copy is not whole.
    """
    with _failing(), _opened(_file(database)) as source, _opened(fresh) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, and none beside it
        _check(copy)


def copy_from(database: Database, file: Path, revisions: Collection[str]) -> None:
    """Fill an empty database from a copy: all of it, or nothing.

    Args:
        revisions: the versions of the schema that are known here.

    Raises:
        Failed: the copy is not whole, or of a version that is not known.
    """
    with _failing(), _opened(file, "?mode=ro") as copy:
        _check(copy)
        _refuse_unknown(copy, revisions)
        with _opened(_file(database)) as target:
            copy.backup(target)
            target.execute("PRAGMA journal_mode = WAL")


def _file(database: Database) -> Path:
    return Path(str(database.engines[0].url.database))


@contextmanager
def _opened(file: Path, how: str = "") -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"{file.resolve().as_uri()}{how}", uri=True, timeout=30)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise Failed(str(error)) from None


def _check(copy: sqlite3.Connection) -> None:
    (said,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise Failed("the copy is not whole")


def _refuse_unknown(copy: sqlite3.Connection, revisions: Collection[str]) -> None:
    found = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    if found is None or found[0] not in revisions:
        raise Failed("it is of a version of 1919 that is not known here")
