"""`flask database backup` and `restore`: all of it as one file, while the line answers.

SQLite is copied by its own backup, PostgreSQL by pg_dump and pg_restore.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import inspect, text

from commands import postgresql_tools, sqlite_copy
from commands.audit import told, verified
from commands.database import known_revisions, migrate
from commands.line import line
from commands.operator import operator
from models.audit import append
from models.base import Database
from models.chain import anchor

_POSTGRESQL, _SQLITE = b"PGDMP", b"SQLite format 3\0"


class BadBackup(click.ClickException):
    """A file was not made, or cannot be restored; the text says why."""


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup(file: Path) -> None:
    """Write the whole database to FILE, as it is at one moment; the line goes on answering.

    Keep the keys apart from it: without them it tells nobody's number.
    """
    database = line().database
    with _placed(file) as fresh:
        _copy(database, fresh)
        digest = _digest(fresh)
        octets = fresh.stat().st_size
    with database.working() as connection:
        append(connection, operator(), "database backup", octets=octets, sha256=digest)
    with database.working() as connection:
        end = anchor(connection)
    click.echo(f"{file.name}: {octets:,} octets, SHA-256 {digest}")
    click.echo(f"keep this elsewhere: {end.written()}")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def restore(file: Path) -> None:
    """Fill an empty database from FILE, bring it to this version, and check its audit."""
    database = line().database
    _refuse_wrong(database, file)
    digest = _digest(file)
    _fill(database, file)
    migrate(database)
    _tell_planner(database)
    checked = verified(database)
    with database.working() as connection:
        append(connection, operator(), "database restore", sha256=digest)
    click.echo(f"restored from {file.name}, SHA-256 {digest}")
    click.echo("\n".join(told(checked)))
    if not checked.holds:
        raise SystemExit(1)


COMMANDS = (backup, restore)


def _copy(database: Database, fresh: Path) -> None:
    try:
        if database.is_postgresql:
            postgresql_tools.dump(database, fresh, current_app.config["PG_BIN"])
        else:
            sqlite_copy.copy_to(database, fresh)
    except (postgresql_tools.Failed, sqlite_copy.Failed) as why:
        raise BadBackup(f"nothing was written: {why}") from None


def _fill(database: Database, file: Path) -> None:
    known = known_revisions()
    try:
        if database.is_postgresql:
            postgresql_tools.restore(database, file, current_app.config["PG_BIN"], known)
        else:
            sqlite_copy.copy_from(database, file, known)
    except (postgresql_tools.Failed, sqlite_copy.Failed) as why:
        raise BadBackup(f"nothing was restored: {why}") from None


def _refuse_wrong(database: Database, file: Path) -> None:
    """Refuse a database that holds anything, and a file that is not for it."""
    with database.working() as connection:
        if inspect(connection).get_table_names():
            raise BadBackup("nothing was restored: the database is not empty")
    with file.open("rb") as opened:
        begins = opened.read(len(_SQLITE))
    own = _POSTGRESQL if database.is_postgresql else _SQLITE
    if begins.startswith(own):
        return
    if begins.startswith((_POSTGRESQL, _SQLITE)):
        raise BadBackup("nothing was restored: the file is of the other kind of database")
    raise BadBackup("nothing was restored: the file is no backup")


@contextmanager
def _placed(file: Path) -> Iterator[Path]:
    """Give a file to write; it gets its name once it is whole, and nobody else reads it."""
    if file.exists():
        raise BadBackup(f"nothing was written: {file.name} is there already")
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        raise BadBackup(f"nothing was written: {error.strerror}") from None
    os.close(descriptor)
    fresh = Path(name)
    try:
        yield fresh
        _sync(fresh)
        _name(fresh, file)
        _sync(file.parent)
    finally:
        fresh.unlink(missing_ok=True)


def _name(fresh: Path, file: Path) -> None:
    """Name a file without taking another's place."""
    try:
        os.link(fresh, file)
    except FileExistsError:
        raise BadBackup(f"nothing was written: {file.name} is there already") from None
    except OSError:  # the file system knows no second name
        fresh.rename(file)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _tell_planner(database: Database) -> None:
    """Let PostgreSQL look at what has come: its planner knows nothing of it yet."""
    if database.is_postgresql:
        with database.working() as connection:
            connection.execute(text("ANALYZE"))
