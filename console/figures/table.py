"""A table: the figures behind a chart, as rows; what a page shows and its CSV file are one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from sqlalchemy import Row

from console.figures.period import Asked
from console.parts import language, say
from models.base import Connection
from models.spending import MONEY

Cell = str | int | float | date | None
"""None: there is nothing to tell."""

NOTHING = "\u2013"


class Measure(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    NUMBER = "number"
    SHARE = "share"
    MONEY = "money"
    DAY = "day"


@dataclass(frozen=True)
class Head:
    """A column.

    Attributes:
        name: what it is sorted by.
        label: what it is called, in the page's language.
    """

    name: str
    label: str
    measure: Measure = Measure.NUMBER

    @property
    def is_number(self) -> bool:
        """Whether its cells stand to the right."""
        return self.measure not in (Measure.TEXT, Measure.DAY)


@dataclass(frozen=True)
class Table:
    """Rows under heads; the first column names the row.

    Attributes:
        name: what it is exported as.
        total: a last row, where there is one.
    """

    name: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] = field(default=())

    @property
    def caption(self) -> str:
        """What it is called, in the page's language."""
        return say(f"figures.table_{self.name}")

    @property
    def written(self) -> list[list[str]]:
        """The rows as people read them."""
        return [self._written(row) for row in self.rows]

    @property
    def written_total(self) -> list[str]:
        """The last row as people read it; empty where there is none."""
        return ["" if one == NOTHING else one for one in self._written(self.total)]

    @property
    def labels(self) -> list[str]:
        """What each row is called, in short."""
        spoken = language()
        return [
            str(format_date(row[0], "d MMM", locale=spoken))
            if isinstance(row[0], date)
            else str(row[0])
            for row in self.rows
        ]

    def column(self, name: str) -> tuple[Head, list[Cell]]:
        """Give a column: its head and its cells."""
        place = [one.name for one in self.heads].index(name)
        return self.heads[place], [row[place] for row in self.rows]

    def sorted_by(self, name: str) -> "Table":
        """Give the same with its rows by a column: names rise, figures fall."""
        for place, head in enumerate(self.heads):
            if head.name == name and head.is_number:
                rows = sorted(self.rows, key=lambda row: -_figure(row[place]))
                return Table(self.name, self.heads, rows, self.total)
        rows = sorted(self.rows, key=lambda row: str(row[0]))
        return Table(self.name, self.heads, rows, self.total)

    def _written(self, row: Sequence[Cell]) -> list[str]:
        spoken = language()
        return [
            written(cell, head.measure, spoken)
            for cell, head in zip(row, self.heads, strict=False)
        ]


Maker = Callable[[Connection, Asked], Table]

TABLES: dict[str, Maker] = {}
"""Every table that can be exported, by its name."""


def exported(maker: Maker) -> Maker:
    """Let a table be exported under the name of the function that makes it."""
    TABLES[maker.__name__] = maker
    return maker


def text(name: str) -> Head:
    """Make the head of a column of names."""
    return Head(name, say(f"figures.head_{name}"), Measure.TEXT)


def number(name: str, measure: Measure = Measure.NUMBER) -> Head:
    """Make the head of a column of figures."""
    return Head(name, say(f"figures.head_{name}"), measure)


def day() -> Head:
    """Make the head of a column of days."""
    return Head("day", say("figures.head_day"), Measure.DAY)


def with_total(label: Cell, counts: Mapping[Any, int], each: Iterable[Any]) -> list[Cell]:
    """Make a row of a count for each of some keys, and of all of them together."""
    counted = [counts.get(one, 0) for one in each]
    return [label, *counted, sum(counted)]


def sums(
    rows: Sequence[Sequence[Cell]], shares: Mapping[int, tuple[int, int]] | None = None
) -> list[Cell]:
    """Make a last row: each column of whole numbers summed, nothing under the others.

    Args:
        shares: columns that are shares, each with those of its part and its whole.
    """
    if not rows:
        return []
    columns = list(zip(*rows, strict=True))[1:]
    total: list[Cell] = [say("figures.total"), *(_sum(column) for column in columns)]
    for place, (part, whole) in (shares or {}).items():
        total[place] = share(total[part], total[whole])
    return total


def share(part: Cell, whole: Cell) -> float | None:
    """Give a part's share of the whole; None where there is nothing."""
    if isinstance(part, int) and isinstance(whole, int) and whole:
        return part / whole
    return None


def pivot(
    found: Iterable[Row[Any]], key: str, by: str, count: str
) -> dict[Any, dict[Any, int]]:
    """Turn rows of a summary around: by a key, the counts by another."""
    turned: dict[Any, dict[Any, int]] = {}
    for row in found:
        within = turned.setdefault(getattr(row, key), {})
        name = getattr(row, by)
        within[name] = within.get(name, 0) + getattr(row, count)
    return turned


@lru_cache(maxsize=20_000)
def written(cell: Cell, measure: Measure, spoken: str) -> str:
    """Write a cell as people of a language read it."""
    if cell is None:
        return NOTHING
    match measure:
        case Measure.DAY if isinstance(cell, date):
            return str(format_date(cell, "EEE d MMM y", locale=spoken))
        case Measure.SHARE if isinstance(cell, int | float):
            return str(format_percent(cell, "0.0 %", locale=spoken))
        case Measure.MONEY if isinstance(cell, int | float):
            return str(format_decimal(cell / MONEY, "#,##0.00", locale=spoken))
        case Measure.NUMBER if isinstance(cell, int | float):
            return str(format_decimal(cell, locale=spoken))
    return str(cell)


def _figure(cell: Cell) -> float:
    return float(cell) if isinstance(cell, int | float) else -1.0


def _sum(column: Sequence[Cell]) -> int | None:
    whole = [one for one in column if isinstance(one, int)]
    return sum(whole) if len(whole) == len(column) else None
