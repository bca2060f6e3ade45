"""`flask database`: migrations and reference data."""

import logging
import time
from pathlib import Path

import click
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from flask import current_app
from flask.cli import AppGroup
from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from commands.line import line
from commands.operator import operator
from models import reference_data
from models.audit import append
from models.base import Database

COMMAND = AppGroup("database", help="The database.")

_MIGRATIONS = Path(__file__).parent.parent / "migrations"
_LOCK_MS = 300
_LOCK_TRIES = 200
_LOCK_PAUSE_SECONDS = 0.7
_log = logging.getLogger(__name__)
_TOLD = ("counties", "constituencies", "centres", "services", "desks")


@COMMAND.command("prepare")
def prepare_database() -> None:
    """Bring the database to this version: migrations, then the reference data."""
    folder = current_app.config["REFERENCE_DIR"]
    try:
        loaded = prepare(line().database, folder, operator())
    except reference_data.BadReference as bad:
        raise click.ClickException(str(bad)) from None
    counts = ", ".join(f"{loaded[name]} {name}" for name in _TOLD)
    click.echo(f"the database is ready: {counts}")


def prepare(
    database: Database, folder: Path = reference_data.KENYA, who: str = ""
) -> dict[str, int]:
    """Migrate, and load the reference data; give the number of rows by table.

    Args:
        folder: where the files of the reference data lie.
        who: the operator's account, for the audit; empty where nobody typed it.
    """
    migrate(database)
    with database.working() as connection:
        loaded = reference_data.load(connection, folder)
        if who:
            append(connection, who, "database prepare", **loaded)
        return loaded


def migrate(database: Database) -> None:
    """Bring the schema to this version, while the line answers.

    On PostgreSQL a change of a table waits for whoever reads it, and all who come later wait
    behind it: so it gives up soon, and is tried again.

    Raises:
        sqlalchemy.exc.OperationalError: somebody held a table for as long as it was tried.
    """
    for tries_left in reversed(range(_LOCK_TRIES)):
        try:
            _migrate(database)
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable) or not tries_left:
                raise
            _log.info("a table is held by others: the migration is tried again")
            time.sleep(_LOCK_PAUSE_SECONDS)
        else:
            return


def _migrate(database: Database) -> None:
    with database.working() as connection:
        if database.is_postgresql:
            connection.execute(text(f"SET LOCAL lock_timeout = {_LOCK_MS}"))
        settings = alembic_settings()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")


def known_revisions() -> set[str]:
    """List the versions of the schema that can be brought to this one."""
    scripts = ScriptDirectory.from_config(alembic_settings())
    return {one.revision for one in scripts.walk_revisions()}


def alembic_settings() -> AlembicConfig:
    """Give what Alembic needs to know of the migrations."""
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(_MIGRATIONS))
    return settings
