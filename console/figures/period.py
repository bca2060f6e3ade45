"""The period that a page of figures is about: from a day to a day, as it was asked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from models.summaries.span import Span

LASTS = (7, 30, 90)
"""The periods that one key gives: so many days until today."""

USUAL = 30
MOST = 400
"""Days: a year beside the one before is asked for in two."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LAST = re.compile(r"[0-9]{1,4}")
_EARLIEST = date(2000, 1, 1)
_LETTERS = 10


@dataclass(frozen=True)
class Asked:
    """What was asked for.

    Attributes:
        today: there.
        fault: what was wrong with it, as `figures.fault_...` names it; empty where nothing
            was. The period is the usual one then.
        field: which of the fields was wrong.
        given: what stands in the fields.
        channel, language: those alone are counted, where a page asks for them.
        sort: the column that a table is sorted by.
    """

    span: Span
    today: date
    fault: str = ""
    field: str = ""
    given: tuple[str, str] = ("", "")
    channel: str = ""
    language: str = ""
    sort: str = ""

    @property
    def days(self) -> int:
        """How many days it is about."""
        return (self.span.last - self.span.first).days + 1

    @property
    def last(self) -> int:
        """How many days until today; 0 where it ends before."""
        return self.days if self.span.last == self.today else 0

    @property
    def query(self) -> dict[str, str]:
        """What asks for the same once more."""
        asked = {
            "from": self.span.first.isoformat(),
            "to": self.span.last.isoformat(),
            "channel": self.channel,
            "language": self.language,
            "sort": self.sort,
        }
        return {name: value for name, value in asked.items() if value}


def read(
    given: Mapping[str, str],
    today: date,
    channels: tuple[str, ...] = (),
    languages: tuple[str, ...] = (),
) -> Asked:
    """Read what was asked for. What lies behind today is cut off.

    Args:
        given: `from` and `to`, or `last`; `channel`, `language`, `sort`.
    """
    first, last, fault, field = _days(given, today)
    usual = Span(today - timedelta(days=USUAL - 1), today)
    span = usual if fault else Span(first, last)
    typed = given.get("from", "")[:_LETTERS], given.get("to", "")[:_LETTERS]
    shown = span.first.isoformat(), span.last.isoformat()
    channel, language = given.get("channel", ""), given.get("language", "")
    return Asked(
        span=span,
        today=today,
        fault=fault,
        field=field,
        given=typed if fault else shown,
        channel=channel if channel in channels else "",
        language=language if language in languages else "",
        sort=given.get("sort", "")[:20],
    )


def _days(given: Mapping[str, str], today: date) -> tuple[date, date, str, str]:
    """Read the days: the first, the last, what is wrong with them, and in which field."""
    if "from" not in given and "to" not in given:
        return _last_days(given.get("last", str(USUAL)), today)
    first, last = _day(given.get("from", "")), _day(given.get("to", ""))
    if first is None:
        return today, today, "day", "from"
    if last is None:
        return today, today, "day", "to"
    if first > last:
        return today, today, "backwards", "from"
    first, last = min(first, today), min(last, today)
    if (last - first).days >= MOST:
        return today, today, "too_long", "from"
    return first, last, "", ""


def _last_days(last: str, today: date) -> tuple[date, date, str, str]:
    if not _LAST.fullmatch(last) or int(last) < 1:
        return today, today, "day", "from"
    if int(last) > MOST:
        return today, today, "too_long", "from"
    return today - timedelta(days=int(last) - 1), today, "", ""


def _day(text: str) -> date | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day >= _EARLIEST else None
