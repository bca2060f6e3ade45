"""Runs the migrations: on a connection that is handed in, or on the one the settings name."""

from alembic import context
from sqlalchemy import Connection

from config import Config
from models.base import Database, metadata


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


if "connection" in context.config.attributes:
    _run(context.config.attributes["connection"])
else:
    with Database(Config.from_env().database_url).working() as given:
        _run(given)
