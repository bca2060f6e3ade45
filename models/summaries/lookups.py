"""Look-ups by day, channel and outcome, and how much of what was asked was answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Column, Connection, Row, String, case, func, select

from models.lookups import ANSWERED, Outcome, lookups
from models.summaries.sessions import CHANNEL
from models.summaries.span import Span
from models.summaries.summary import Summary
from models.summaries.whole_day import WholeDay

LOOKUPS = Summary(
    "lookups",
    keys=(Column("channel", String(CHANNEL)), Column("outcome", String(10))),
    counts=("lookups", "fresh"),
)
"""`outcome` is one of `models.lookups.Outcome`; `fresh` are those of them that were the first
of a phone for a number that day."""


@dataclass(frozen=True)
class Asked:
    """What was asked.

    Attributes:
        asked: every question.
        answered: those that were answered, also that nothing is known.
        found: those that were answered with a document.
    """

    asked: int = 0
    answered: int = 0
    found: int = 0

    @property
    def answered_share(self) -> float | None:
        """The share that was answered; None where nobody asked."""
        return self.answered / self.asked if self.asked else None

    @property
    def found_share(self) -> float | None:
        """The share that was answered with a document; None where nobody asked."""
        return self.found / self.asked if self.asked else None


def asked(connection: Connection, span: Span) -> Asked:
    """Tell what was asked over a span; one statement."""
    return _asked(LOOKUPS.total(connection, span, ("outcome",)))


def asked_by_day(connection: Connection, span: Span) -> dict[date, Asked]:
    """Tell what was asked, by day; one statement."""
    by_day: dict[date, list[Row[Any]]] = {}
    for row in LOOKUPS.total(connection, span, ("day", "outcome")):
        by_day.setdefault(row.day, []).append(row)
    return {day: _asked(rows) for day, rows in by_day.items()}


def count(connection: Connection, day: WholeDay) -> dict[tuple[str, str], tuple[int, int]]:
    """Count a day's look-ups, from the rows themselves."""
    keys = (lookups.c.channel, lookups.c.outcome)
    fresh = func.sum(case((lookups.c.fresh, 1), else_=0)).label("fresh")
    query = select(*keys, func.count().label("lookups"), fresh).where(day.holds(lookups.c.at))
    return {
        (row.channel, row.outcome): (row.lookups, row.fresh)
        for row in connection.execute(query.group_by(*keys))
    }


def _asked(rows: Sequence[Row[Any]]) -> Asked:
    counts = {Outcome(row.outcome): row.lookups for row in rows}
    return Asked(
        sum(counts.values()),
        sum(counts.get(one, 0) for one in ANSWERED),
        counts.get(Outcome.FOUND, 0),
    )
