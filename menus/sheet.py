"""The ministry's weekly sheet in words: what the command prints and the console shows.

Its words are one file a language in `sheets/`.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from menus.words import fill
from models.summaries.week import ALL, SHARES, Figure, Told, Value, Week

FOLDER = Path(__file__).parent / "sheets"
FIRST = "en"
"""The language of what another lacks."""

HEAD = ("figure", "kind", "week", "before", "change")
"""The head of the sheet as a table for machines."""

_INDENT, _GAP = "  ", "  "
_DAY, _SHARE, _MINUS = "d MMMM y", "#,##0.0%", "-"


@dataclass(frozen=True)
class Sheet:
    """One language's words for the sheet."""

    language: str
    words: Mapping[str, Any] = field(repr=False)

    def say(self, name: str, **facts: str) -> str:
        """Give one of the sheet's texts, with facts filled in."""
        return "\n".join(fill(str(self.words[name]), facts))

    def label(self, told: Told) -> str:
        """Name a line: a figure, or the kind of document below it."""
        named = "figures" if told.kind == ALL else "kinds"
        return str(self.words[named][told.kind or told.figure])

    def value(self, figure: Figure, value: Value) -> str:
        """Write a figure as people read it."""
        if value is None:
            return self.say("unknown")
        if figure in SHARES:
            return format_percent(value, _SHARE, self._locale)
        return format_decimal(value, locale=self._locale)

    def change(self, told: Told) -> str:
        """Write by how much a figure changed, with its sign; empty where nobody knows.

        Of shares, it is in hundredths of the whole.
        """
        if told.change is None:
            return ""
        by = round(100 * told.change, 1) if told.figure in SHARES else told.change
        written = format_decimal(abs(by), locale=self._locale)
        return f"{'+' if by > 0 else _MINUS if by < 0 else ''}{written}"

    def day(self, day: date) -> str:
        """Write a day in full."""
        return format_date(day, _DAY, self._locale)

    def title(self, week: Week) -> str:
        """Name the sheet."""
        span = week.this.span
        return self.say(
            "title",
            first=self.day(span.first),
            last=self.day(span.last),
            week=str(span.first.isocalendar().week),
        )

    def notes(self, week: Week) -> Iterator[str]:
        """Say what must be known of the figures, one sentence each."""
        this, before = week.this, week.before
        if not week.is_over:
            yield self.say("not_over")
        if this.end_on and this.end_on != this.span.last:
            yield self.say("end_on", day=self.day(this.end_on))
        if not this.start_on:
            yield self.say("no_start")
        if not this.end_on:
            yield self.say("no_end")
        if this.missing:
            yield self.say("missing", days=self._days(this.missing))
        if before.missing:
            yield self.say("missing_before", days=self._days(before.missing))
        if not (this.missing or before.missing):
            yield self.say("all_well")
        yield from self.words["notes"].values()

    @property
    def _locale(self) -> str:
        return str(self.words["locale"])

    def _days(self, days: Sequence[date]) -> str:
        return ", ".join(map(self.day, days))


@cache
def sheets() -> Mapping[str, Sheet]:
    """Read every language's words."""
    return {
        file.stem: Sheet(file.stem, tomllib.loads(file.read_text("utf-8")))
        for file in sorted(FOLDER.glob("*.toml"))
    }


def sheet(language: str) -> Sheet:
    """Give a language's words, or the first's where it has none."""
    return sheets().get(language) or sheets()[FIRST]


def written(sheet: Sheet, week: Week, today: date) -> str:
    """Write the sheet as plain text, to be printed."""
    head = ("", sheet.say("this"), sheet.say("before"), sheet.say("change"))
    rows = [head, *(_row(sheet, told) for told in week.lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = [
        _GAP.join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        ).rstrip()
        for row in rows
    ]
    notes = [*sheet.notes(week), sheet.say("printed", day=sheet.day(today))]
    return "\n".join([sheet.title(week), "", *table, "", *notes])


def cells(week: Week) -> Iterator[tuple[str, str, Value, Value, Value]]:
    """Give the sheet's lines for machines, in the columns of `HEAD`; None is not known."""
    for told in week.lines:
        yield told.figure.value, told.kind, told.this, told.before, told.change


def _row(sheet: Sheet, told: Told) -> tuple[str, ...]:
    label = sheet.label(told)
    return (
        label if told.kind == ALL else _INDENT + label,
        sheet.value(told.figure, told.this),
        sheet.value(told.figure, told.before),
        sheet.change(told),
    )
