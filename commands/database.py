"""`flask database`: migrations and reference data."""

from pathlib import Path

import click
from alembic import command
from alembic.config import Config as AlembicConfig
from flask.cli import AppGroup

from commands.line import line
from models import centres, counties
from models.base import Database

COMMAND = AppGroup("database", help="The database.")

_MIGRATIONS = Path(__file__).parent.parent / "migrations"


@COMMAND.command("prepare")
def prepare_database() -> None:
    """Bring the database to this version: migrations, then counties and centres."""
    loaded = prepare(line().database)
    click.echo(f"the database is ready: {loaded[0]} counties, {loaded[1]} centres")


def prepare(database: Database) -> tuple[int, int]:
    """Migrate, and load the reference data; give the number of counties and centres."""
    with database.working() as connection:
        settings = AlembicConfig()
        settings.set_main_option("script_location", str(_MIGRATIONS))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
    with database.working() as connection:
        return counties.load(connection), centres.load(connection)
