"""Which days are counted, and when that was."""

from datetime import date, datetime

from sqlalchemy import Column, Connection, Date, DateTime, Table, select

from models.base import metadata
from models.summaries.span import Span
from models.upsert import upsert

days = Table(
    "summary_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("counted_at", DateTime(timezone=True), nullable=False),
    Column("pictured_at", DateTime(timezone=True)),
)
"""`pictured_at` is when documents were counted as they stood: empty for a day on which nobody
did, since that cannot be made up for."""


def note(connection: Connection, day: date, now: datetime, pictured: bool) -> None:
    """Note that a day was counted, with a picture of the documents if that was taken."""
    row = {"day": day, "counted_at": now, "pictured_at": now if pictured else None}
    change = ["counted_at", *(["pictured_at"] if pictured else [])]
    upsert(connection, days, row, on=["day"], change=change)


def counted(connection: Connection, span: Span) -> dict[date, bool]:
    """Give the days of a span that are counted, and whether there is a picture of each."""
    query = select(days.c.day, days.c.pictured_at).where(
        days.c.day.between(span.first, span.last)
    )
    return {row.day: row.pictured_at is not None for row in connection.execute(query)}
