"""`flask database`: migrations and reference data."""

from pathlib import Path

import click
from alembic import command
from alembic.config import Config as AlembicConfig
from flask import current_app
from flask.cli import AppGroup

from commands.line import line
from models import reference_data
from models.base import Database

COMMAND = AppGroup("database", help="The database.")

_MIGRATIONS = Path(__file__).parent.parent / "migrations"
_TOLD = ("counties", "constituencies", "centres", "services", "desks")


@COMMAND.command("prepare")
def prepare_database() -> None:
    """Bring the database to this version: migrations, then the reference data."""
    try:
        loaded = prepare(line().database, current_app.config["REFERENCE_DIR"])
    except reference_data.BadReference as bad:
        raise click.ClickException(str(bad)) from None
    counts = ", ".join(f"{loaded[name]} {name}" for name in _TOLD)
    click.echo(f"the database is ready: {counts}")


def prepare(database: Database, folder: Path = reference_data.KENYA) -> dict[str, int]:
    """Migrate, and load the reference data; give the number of rows by table.

    Args:
        folder: where the files of the reference data lie.
    """
    with database.working() as connection:
        settings = AlembicConfig()
        settings.set_main_option("script_location", str(_MIGRATIONS))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
    with database.working() as connection:
        return reference_data.load(connection, folder)
