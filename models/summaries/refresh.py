"""Counting days anew from the rows themselves, off every hop.

A day that is counted anew gives the same counts, as long as its rows are there: retention
removes them in the end, and such a day is let alone. All is read first, in statements of a
few thousand rows each, and what was counted is then written in one short transaction.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, text

from models.base import Database
from models.country import Country
from models.documents import documents as document_rows
from models.retention import Keep, looking
from models.summaries import days as counted_days
from models.summaries import documents, flows, lookups, ratings, reports, texts
from models.summaries.span import Span
from models.summaries.summary import Summary
from models.summaries.whole_day import WholeDay

BACK = 30
"""Days: how far back a line is counted that was never counted."""

AGAIN = 6
"""Days that are counted again at the first refresh of a day: what became of their texts is
known by then. Look-ups are kept for as long at least (`models.retention.LEAST`)."""

CHUNK = 20_000
"""Documents that one statement counts."""

_LOCK = 1919_13


@dataclass(frozen=True)
class _Chunk:
    """Documents by their ids, and the newest batch that brought one of them."""

    first: int
    last: int
    newest: int


@dataclass
class _Counted:
    """What was counted, by summary; each key begins with its day."""

    rows: dict[str, dict[tuple[Any, ...], Sequence[int]]] = field(default_factory=dict)

    def take(self, summary: Summary, day: date, counted: Mapping[Any, Sequence[int]]) -> None:
        """Take what was counted of a day."""
        held = self.rows.setdefault(summary.table.name, {})
        held.update({(day, *key): counts for key, counts in counted.items()})

    def write(self, connection: Connection, summary: Summary, days: Collection[date]) -> None:
        """Put it in the place of what stood for these days."""
        summary.recount(connection, days, self.rows.get(summary.table.name, {}))


def oldest(keep: Keep, today: date) -> date:
    """Give the first day whose rows are all there still."""
    kept = min(keep.lookups, keep.messages, keep.reports, keep.documents)
    return today - timedelta(days=kept - 1)


def due(connection: Connection, keep: Keep, today: date) -> list[date]:
    """List the days that are to be counted now: today, yesterday, and what was missed."""
    back = max(oldest(keep, today), today - timedelta(days=BACK))
    known = counted_days.counted(connection, Span(back, today))
    again = 1 if today in known else AGAIN
    first = today - timedelta(days=again)
    return [day for day in Span(back, today) if day >= first or day not in known]


def refresh(
    database: Database, country: Country, now: datetime, days: Collection[date]
) -> None:
    """Count days anew; documents as they stand too, where today is one of the days."""
    today = country.day(now)
    counted = _Counted()
    standing, chunks = _picture(database, today)
    for day in days:
        _count(database, WholeDay.of(day, country), chunks, counted)
    with database.working() as connection:
        if database.is_postgresql:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        for summary in (
            flows.FLOWS,
            texts.TEXTS,
            lookups.LOOKUPS,
            ratings.RATINGS,
            reports.REPORTS,
        ):
            counted.write(connection, summary, days)
        if today in days:
            counted.take(documents.DOCUMENTS, today, standing)
            counted.write(connection, documents.DOCUMENTS, [today])
        for day in sorted(days):
            counted_days.note(connection, day, now, pictured=day == today)


def _count(
    database: Database, day: WholeDay, chunks: Sequence[_Chunk], counted: _Counted
) -> None:
    """Count one day."""
    with _gently(database) as connection:
        counted.take(texts.TEXTS, day.day, texts.count(connection, day))
        counted.take(lookups.LOOKUPS, day.day, lookups.count(connection, day))
        counted.take(ratings.RATINGS, day.day, ratings.count(connection, day.day))
        counted.take(reports.REPORTS, day.day, reports.count(connection, day.day))
    counted.take(flows.FLOWS, day.day, _flows(database, day, chunks))


def _flows(database: Database, day: WholeDay, chunks: Sequence[_Chunk]) -> flows.Counted:
    """Count what came to centres on a day, and what went."""
    found: flows.Counted = {}
    with _gently(database) as connection:
        its_batches = flows.batches_of(connection, day)
        flows.take(found, flows.changed(connection, day, its_batches))
    for chunk in chunks if its_batches else ():
        if chunk.newest >= min(its_batches):
            with _gently(database) as connection:
                rows = flows.loaded(connection, day, its_batches, chunk.first, chunk.last)
                flows.take(found, rows)
    return found


def _picture(
    database: Database, today: date
) -> tuple[dict[tuple[Any, ...], list[int]], list[_Chunk]]:
    """Count documents as they stand; give the chunks of them that were looked at."""
    found: dict[tuple[Any, ...], list[int]] = {}
    chunks = []
    with _gently(database) as connection:
        last = connection.scalar(select(func.max(document_rows.c.id))) or 0
    for start in range(0, last, CHUNK):
        ends = start + 1, start + CHUNK
        with _gently(database) as connection:
            rows = documents.picture(connection, today, *ends)
        for row in rows:
            key = (row.centre_code, row.kind, row.state, row.age)
            found.setdefault(key, [0])[0] += row.documents
        chunks.append(_Chunk(*ends, max((row.newest for row in rows), default=0)))
    return found, chunks


@contextmanager
def _gently(database: Database) -> Iterator[Connection]:
    """Lend a connection to read with; then wait for as long as it was used."""
    began = time.monotonic()
    with looking(database) as connection:
        yield connection
    time.sleep(time.monotonic() - began)
