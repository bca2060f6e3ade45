"""A week in figures, for the ministry, beside the week before it.

Every figure is summed from summaries. Where a day was not counted, no figure is made up for
it: the week names the day.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, select

from models.documents import State
from models.lookups import ANSWERED, Outcome
from models.numbers import Kind
from models.reports import Matter
from models.summaries.days import counted
from models.summaries.documents import DOCUMENTS
from models.summaries.flows import FLOWS
from models.summaries.lookups import LOOKUPS
from models.summaries.reports import REPORTS
from models.summaries.span import Span

DAYS = 7
ALL = ""
"""Stands for every kind of document together."""


class Figure(StrEnum):
    """What the week is told by, in the order of the sheet.

    `OTHER` is what is left of the change in what lies uncollected: documents that were moved
    to or from a list, corrected, or taken back.
    """

    START = "start"
    RECEIVED = "received"
    LISTED = "listed"
    COLLECTED = "collected"
    TOLD = "told"
    RETURNED = "returned"
    OTHER = "other"
    END = "end"
    ASKED = "asked"
    ANSWERED_SHARE = "answered_share"
    FOUND_SHARE = "found_share"
    NOT_THERE = "not_there"
    MONEY = "money"


BY_KIND = (
    Figure.START,
    Figure.RECEIVED,
    Figure.LISTED,
    Figure.COLLECTED,
    Figure.TOLD,
    Figure.RETURNED,
    Figure.OTHER,
    Figure.END,
)
"""The figures that are told for each kind of document too."""

SHARES = (Figure.ANSWERED_SHARE, Figure.FOUND_SHARE)
"""The figures between 0 and 1."""

_FLOWS = (Figure.RECEIVED, Figure.LISTED, Figure.COLLECTED, Figure.TOLD, Figure.RETURNED)
_CHANGING = (Figure.START, Figure.END, *_FLOWS)

Value = int | float | None
"""A figure; None where it is not known."""

Figures = Mapping[tuple[Figure, str], Value]
"""Figures by what they tell and by kind, or for `ALL`."""


@dataclass(frozen=True)
class Told:
    """One line of the sheet: a figure of the week, and the same of the week before."""

    figure: Figure
    kind: str
    this: Value
    before: Value

    @property
    def change(self) -> Value:
        """By how much it is more, or less; None where either is not known."""
        if self.this is None or self.before is None:
            return None
        return self.this - self.before


@dataclass(frozen=True)
class Half:
    """One of the two weeks.

    Attributes:
        missing: days of it that are over or under way, and were not counted.
        start_on: the day at whose end documents were as the week found them; None where
            that day was not counted.
        end_on: the day at whose end documents were as the week left them: its last, or, while
            it is under way, the last that was counted. None where nobody counted them.
    """

    span: Span
    missing: tuple[date, ...]
    start_on: date | None
    end_on: date | None
    figures: Figures = field(default_factory=dict)


@dataclass(frozen=True)
class Week:
    """A week and the one before it.

    Attributes:
        is_over: the week's last day is over.
    """

    this: Half
    before: Half
    is_over: bool

    @property
    def lines(self) -> Iterator[Told]:
        """Give every line of the sheet, in its order."""
        for figure in Figure:
            for kind in (ALL, *Kind) if figure in BY_KIND else (ALL,):
                key = (figure, str(kind))
                yield Told(
                    figure, str(kind), self.this.figures.get(key), self.before.figures.get(key)
                )


def monday_of(day: date) -> date:
    """Give the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def week(connection: Connection, monday: date, today: date) -> Week:
    """Tell of the week that begins on a Monday, by five statements over summaries.

    Args:
        today: there; later days are not missed.
    """
    spans = Span.week(monday - timedelta(days=DAYS)), Span.week(monday)
    both = Span(spans[0].first, spans[1].last)
    known = counted(connection, Span(both.first - timedelta(days=1), min(both.last, today)))
    raw = _Raw(
        _standing(connection, both),
        FLOWS.total(connection, both, ("day", "kind")),
        LOOKUPS.total(connection, both, ("day", "outcome")),
        REPORTS.total(connection, both, ("day", "matter")),
    )
    before, this = (_half(span, known, raw, today) for span in spans)
    return Week(this, before, is_over=today > spans[1].last)


@dataclass(frozen=True)
class _Raw:
    """What the statements gave for both weeks."""

    standing: Mapping[date, Mapping[str, int]]
    flows: Sequence[Row[Any]]
    lookups: Sequence[Row[Any]]
    reports: Sequence[Row[Any]]


def _standing(connection: Connection, both: Span) -> dict[date, dict[str, int]]:
    """Count what lay ready at the end of each day, and of the day before the first."""
    table = DOCUMENTS.table
    query = (
        select(table.c.day, table.c.kind, func.sum(table.c.documents).label("documents"))
        .where(
            table.c.day.between(both.first - timedelta(days=1), both.last),
            table.c.state == State.READY,
        )
        .group_by(table.c.day, table.c.kind)
    )
    found: dict[date, dict[str, int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.day, {})[row.kind] = int(row.documents)
    return found


def _half(span: Span, known: Mapping[date, bool], raw: _Raw, today: date) -> Half:
    """Gather the figures of one week."""
    start = span.first - timedelta(days=1)
    ends = [day for day in span if known.get(day) and (today <= span.last or day == span.last)]
    half = Half(
        span,
        tuple(day for day in span if day <= today and day not in known),
        start if known.get(start) else None,
        ends[-1] if ends else None,
    )
    figures: dict[tuple[Figure, str], Value] = {}
    if any(day in known for day in span):
        figures |= _flows(row for row in raw.flows if row.day in span)
        figures |= _asked(row for row in raw.lookups if row.day in span)
        figures |= _reported(row for row in raw.reports if row.day in span)
    for figure, day in ((Figure.START, half.start_on), (Figure.END, half.end_on)):
        if day:
            figures |= _by_kind(figure, raw.standing.get(day, {}))
    figures |= _others(half, figures)
    return replace(half, figures=figures)


def _by_kind(figure: Figure, counts: Mapping[str, int]) -> dict[tuple[Figure, str], Value]:
    told: dict[tuple[Figure, str], Value] = {
        (figure, str(kind)): counts.get(kind, 0) for kind in Kind
    }
    return {**told, (figure, ALL): sum(counts.values())}


def _flows(rows: Iterable[Row[Any]]) -> dict[tuple[Figure, str], Value]:
    counts: dict[Figure, dict[str, int]] = {figure: {} for figure in _FLOWS}
    for row in rows:
        for figure, held in counts.items():
            held[row.kind] = held.get(row.kind, 0) + getattr(row, figure.value)
    figures: dict[tuple[Figure, str], Value] = {}
    for figure, held in counts.items():
        figures |= _by_kind(figure, held)
    return figures


def _others(
    half: Half, figures: Mapping[tuple[Figure, str], Value]
) -> dict[tuple[Figure, str], Value]:
    """Give what is left of the change, where both ends and every day between are known."""
    last = half.end_on or half.span.first
    if not (half.start_on and half.end_on) or any(day <= last for day in half.missing):
        return {}
    left: dict[tuple[Figure, str], Value] = {}
    for kind in (*map(str, Kind), ALL):
        of_kind = {figure: int(figures[figure, kind] or 0) for figure in _CHANGING}
        came = of_kind[Figure.RECEIVED] + of_kind[Figure.LISTED]
        went = of_kind[Figure.COLLECTED] + of_kind[Figure.RETURNED]
        change = of_kind[Figure.END] - of_kind[Figure.START]
        left[Figure.OTHER, kind] = change - came + went
    return left


def _asked(rows: Iterable[Row[Any]]) -> dict[tuple[Figure, str], Value]:
    outcomes: dict[str, int] = {}
    for row in rows:
        outcomes[row.outcome] = outcomes.get(row.outcome, 0) + row.lookups
    asked = sum(outcomes.values())
    answered = sum(outcomes.get(one, 0) for one in ANSWERED)
    return {
        (Figure.ASKED, ALL): asked,
        (Figure.ANSWERED_SHARE, ALL): answered / asked if asked else None,
        (Figure.FOUND_SHARE, ALL): outcomes.get(Outcome.FOUND, 0) / asked if asked else None,
    }


def _reported(rows: Iterable[Row[Any]]) -> dict[tuple[Figure, str], Value]:
    matters: dict[str, int] = {}
    for row in rows:
        matters[row.matter] = matters.get(row.matter, 0) + row.reports
    return {
        (Figure.NOT_THERE, ALL): matters.get(Matter.NOT_THERE, 0),
        (Figure.MONEY, ALL): matters.get(Matter.MONEY, 0),
    }
