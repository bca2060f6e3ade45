"""Documents as they stood at the end of each day, by centre, kind, state and age."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Row,
    Select,
    SmallInteger,
    String,
    case,
    cast,
    func,
    select,
)

from models.documents import State, documents
from models.summaries.span import Span
from models.summaries.summary import Summary

AGES = (0, 8, 31, 91, 181, 366)
"""Days since a document was received, or first confirmed: each the first of its ages."""

DOCUMENTS = Summary(
    "documents",
    keys=(
        Column("centre_code", String(8)),
        Column("kind", String(20)),
        Column("state", String(10)),
        Column("age", SmallInteger, autoincrement=False),
    ),
    counts=("documents",),
)
"""A picture a day: today's as it was counted last, an earlier day's as it was counted last on
that day. `age` is one of `AGES`; of what was collected or returned it is 0."""


GONE = (State.COLLECTED, State.RETURNED)
"""The states of a document that lies nowhere any more."""


def picture(
    connection: Connection, today: date, first_id: int, last_id: int
) -> Sequence[Row[Any]]:
    """Count some documents as they stand, from the rows themselves.

    Args:
        first_id: of those that are counted; `last_id` is counted too.

    Returns:
        Rows with the keys of `DOCUMENTS` and its count, and the `newest` batch among them
        that a document came with.
    """
    since = func.coalesce(documents.c.received_on, documents.c.confirmed_on)
    ages = [(since <= today - timedelta(days=one), one) for one in reversed(AGES)]
    age = case((documents.c.state.in_(GONE), 0), *ages, else_=0).label("age")
    keys = (documents.c.centre_code, documents.c.kind, documents.c.state)
    query = select(
        *keys,
        age,
        func.count().label("documents"),
        func.max(documents.c.loaded_by).label("newest"),
    ).where(documents.c.id.between(first_id, last_id))
    return connection.execute(query.group_by(*keys, "age")).all()


def standing(
    connection: Connection, day: date, by: Sequence[str], **only: object
) -> Sequence[Row[Any]]:
    """Count documents as they stood on a day, or on the last day before it that was counted.

    Args:
        by: of `day`, `centre_code`, `kind`, `state`, `age`.
        only: of the same, each with the one value that is counted.

    Returns:
        Rows with these and `documents`; none where no day was counted. One statement.
    """
    table = DOCUMENTS.table
    last = select(func.max(table.c.day)).where(table.c.day <= day).scalar_subquery()
    keys = [table.c[one] for one in by]
    which = [table.c[name] == value for name, value in only.items()]
    counted = cast(func.sum(table.c.documents), BigInteger).label("documents")
    query: Select[Any] = select(*keys, counted).where(table.c.day == last, *which)
    return connection.execute(query.group_by(*keys).order_by(*keys)).all()


def by_day(
    connection: Connection, span: Span, by: Sequence[str] = ("day", "kind", "state")
) -> Sequence[Row[Any]]:
    """Count documents as they stood at the end of each day of a span; one statement."""
    return DOCUMENTS.total(connection, span, by)
