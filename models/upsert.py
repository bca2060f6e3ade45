"""Insert a row, or leave or change the one already there: atomic on both databases."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Row, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(
    connection: Connection,
    table: Table,
    row: Mapping[str, object],
    on: Sequence[str],
    change: Sequence[str] = (),
) -> bool:
    """Insert `row` unless one with the same `on` columns is there; then set `change`.

    Where nothing is to be changed, any other row in its way, by whatever key, leaves it out.

    Returns:
        Whether a row was inserted or changed.
    """
    return upserted(connection, table, row, on, change) is not None


def upserted(
    connection: Connection,
    table: Table,
    row: Mapping[str, object],
    on: Sequence[str],
    change: Sequence[str] = (),
) -> Row[Any] | None:
    """Do as `upsert` does; give the key of the row that was inserted or changed, if one was."""
    statement = _upserting(connection.dialect.name, table, tuple(on), tuple(change))
    return connection.execute(statement, dict(row)).first()


def insert_new(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert rows, and leave out those that another row is in the way of, by whatever key."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).on_conflict_do_nothing()
    connection.execute(statement, [dict(row) for row in rows])


@cache
def _upserting(
    dialect: str, table: Table, on: Sequence[str], change: Sequence[str]
) -> Executable:
    """Make the statement, which takes a row: made anew each time, it took a third of it."""
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = make(table)
    if change:
        new = {name: statement.excluded[name] for name in change}
        done = statement.on_conflict_do_update(index_elements=list(on), set_=new)
    else:
        done = statement.on_conflict_do_nothing()
    # rowcount will not do: psycopg has none for an insert that SQLAlchemy lets return its key
    return done.returning(*table.primary_key.columns)
