"""Statements that stand ready: what hops ask most, written out once and handed to the driver.

SQLAlchemy took two thirds of a look-up's time, and more than PostgreSQL, to put values into a
statement that it keeps and to describe what came (0.34 ms of CPU against 0.12 by the driver
alone). Its connections, their limits, its listeners and its errors stay; only what is made
for PostgreSQL goes past it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.exc import DBAPIError

Given = Mapping[str, object]


@dataclass(frozen=True)
class _Written:
    """A statement as the driver takes it, with the values that are its own."""

    text: str
    fixed: Mapping[str, object]


class Ready:
    """A statement that stands ready.

    Args:
        make: makes it for a kind of database. Its columns are such as PostgreSQL's driver
            gives them: SQLAlchemy reads none of them otherwise.
    """

    def __init__(self, make: Callable[[str], Select[Any]]) -> None:
        self._make = cache(make)
        self._written: dict[tuple[int, ...], _Written] = {}

    def rows(self, connection: Connection, given: Given) -> Sequence[Any]:
        """Ask it, and give all rows.

        Args:
            given: the values of its names; of those that it has expanding, a list.

        Raises:
            sqlalchemy.exc.DBAPIError: as a statement of SQLAlchemy's own.
        """
        driver = connection.connection.dbapi_connection
        # One that has a replica to turn to asks by SQLAlchemy, which leads it there.
        if type(connection) is not Connection or not isinstance(driver, psycopg.Connection):
            return connection.execute(self._make(connection.dialect.name), given).all()
        values = _spread(given)
        lengths = tuple(len(one) for one in given.values() if isinstance(one, list))
        written = self._written.get(lengths)
        if written is None:
            written = _write(self._make(connection.dialect.name), connection.dialect, given)
            self._written[lengths] = written
        values.update(written.fixed)
        try:
            cursor = driver.cursor(row_factory=namedtuple_row)
            asked = (connection, cursor, written.text, values, None, False)
            connection.dispatch.before_cursor_execute(*asked)
            return cursor.execute(written.text, values).fetchall()
        except psycopg.Error as error:
            raise _fault(connection, driver, error) from error


def _spread(given: Given) -> dict[str, object]:
    """Name each value as SQLAlchemy does: those of a list by their places, from 1."""
    spread: dict[str, object] = {}
    for name, value in given.items():
        if isinstance(value, list):
            spread.update({f"{name}_{nth}": one for nth, one in enumerate(value, 1)})
        else:
            spread[name] = value
    return spread


def _write(statement: Select[Any], dialect: Dialect, given: Given) -> _Written:
    whole = statement.compile(dialect=dialect).construct_expanded_state(dict(given))
    own = _spread(given)
    fixed = {name: value for name, value in whole.parameters.items() if name not in own}
    return _Written(whole.statement, fixed)


def _fault(connection: Connection, driver: Any, error: psycopg.Error) -> BaseException:
    """Give an error as SQLAlchemy does, its connection let go of where it is lost."""
    is_lost = bool(driver.closed or driver.broken)
    if is_lost:
        connection.invalidate(error)
    return DBAPIError.instance(
        None, None, error, psycopg.Error, True, is_lost, connection.dialect
    )
