"""A summary: a table of counts by day and by something else, added to or counted anew."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    Row,
    Table,
    cast,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from models.base import metadata
from models.summaries.span import Span

DAY = "day"


class Summary:
    """One table: the day and `keys` name a row, `counts` are what is counted in it.

    Args:
        name: the table's, without the `summary_` that all of them begin with.
        keys: columns beside the day.
        counts: names of columns.
    """

    def __init__(self, name: str, keys: Sequence[Column[Any]], counts: Sequence[str]) -> None:
        for one in keys:
            one.primary_key, one.nullable = True, False
        self.keys = (DAY, *(one.name for one in keys))
        self.counts = tuple(counts)
        self.table = Table(
            f"summary_{name}",
            metadata,
            Column(DAY, Date, primary_key=True),
            *keys,
            *(Column(one, BigInteger, nullable=False) for one in counts),
        )

    def add(
        self, connection: Connection, counted: Mapping[tuple[Any, ...], Sequence[int]]
    ) -> None:
        """Add counts to what stands.

        Args:
            counted: the counts, in their order, by the day and the other keys, in theirs.
        """
        if not counted:
            return
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        new = dialect.insert(self.table)
        sums = {one: self.table.c[one] + new.excluded[one] for one in self.counts}
        # In order: two processes that add the same rows wait, and never cross.
        rows = [self._row(one, counted) for one in sorted(counted)]
        connection.execute(new.on_conflict_do_update(index_elements=self.keys, set_=sums), rows)

    def recount(
        self,
        connection: Connection,
        days: Iterable[date],
        counted: Mapping[tuple[Any, ...], Sequence[int]],
    ) -> None:
        """Put what was counted anew in the place of all that stood for some days."""
        stood = delete(self.table).where(self.table.c.day.in_(list(days)))
        connection.execute(stood)
        if counted:
            rows = [self._row(one, counted) for one in sorted(counted)]
            connection.execute(insert(self.table), rows)

    def total(
        self, connection: Connection, span: Span, by: Sequence[str] = (), **only: object
    ) -> Sequence[Row[Any]]:
        """Sum the counts over a span, by one statement.

        Args:
            by: the keys to tell apart, `day` among them if wanted; none gives one row.
            only: keys, each with the one value that is summed.

        Returns:
            Rows with the keys asked for and every count, in the order of the keys.
        """
        which: list[ColumnElement[bool]] = [self.table.c.day.between(span.first, span.last)]
        which += [self.table.c[name] == value for name, value in only.items()]
        keys = [self.table.c[one] for one in by]
        query = select(*keys, *map(self._sum, self.counts)).where(*which)
        found = connection.execute(query.group_by(*keys)).all()
        return sorted(found, key=lambda row: tuple(row)[: len(by)])  # a collation is slower

    def _sum(self, name: str) -> ColumnElement[int]:
        total = func.coalesce(func.sum(self.table.c[name]), 0)
        return cast(total, BigInteger).label(name)

    def _row(
        self, its_keys: tuple[Any, ...], counted: Mapping[tuple[Any, ...], Sequence[int]]
    ) -> dict[str, Any]:
        return {
            **dict(zip(self.keys, its_keys, strict=True)),
            **dict(zip(self.counts, counted[its_keys], strict=True)),
        }
