"""Whether a centre's doors are open now, and when they open next."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from models.centres import Centre
from models.country import Country

_LOOK_AHEAD = 14
"""Days that are looked through for the next one on which a centre opens."""

DAYS = ("Mon-Fri", "Mon-Sat", "Mon-Sun")
"""The days that every language has words for; it may have words for other ranges."""

_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@lru_cache(maxsize=64)
def days_of(days: str) -> frozenset[int]:
    """Read the days of the week on which doors open, `Mon-Fri` or `Sun-Thu`; Monday is 0.

    Returns:
        None of them where the text is no such range.
    """
    first, _, last = days.partition("-")
    if first not in _NAMES or last not in _NAMES:
        return frozenset()
    start, length = _NAMES.index(first), (_NAMES.index(last) - _NAMES.index(first)) % 7
    return frozenset((start + ahead) % 7 for ahead in range(length + 1))


class Doors(StrEnum):
    """How the doors of a centre stand."""

    OPEN = "open"
    OPENS_TODAY = "opens_today"
    OPENS_LATER = "opens_later"
    PLANNED = "planned"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Today:
    """The doors of a centre today.

    Attributes:
        time: when they close, or open next: HH:MM.
        opens_on: the day they open next, where it is not today.
    """

    doors: Doors
    time: str = ""
    opens_on: date | None = None


def today(centre: Centre, now: datetime, country: Country) -> Today:
    """Say how a centre's doors stand at a moment on the country's clock.

    A public holiday is a day without opening. Where no source gives hours, nothing is known.
    """
    if centre.planned:
        return Today(Doors.PLANNED)
    if not (centre.opens and centre.closes and days_of(centre.days)):
        return Today(Doors.UNKNOWN)
    clock = now.strftime("%H:%M")
    if _opens_on(centre, now.date(), country) and clock < centre.closes:
        if clock >= centre.opens:
            return Today(Doors.OPEN, centre.closes)
        return Today(Doors.OPENS_TODAY, centre.opens)
    for ahead in range(1, _LOOK_AHEAD):
        day = now.date() + timedelta(days=ahead)
        if _opens_on(centre, day, country):
            return Today(Doors.OPENS_LATER, centre.opens, day)
    return Today(Doors.UNKNOWN)


def _opens_on(centre: Centre, day: date, country: Country) -> bool:
    return day.weekday() in days_of(centre.days) and not country.holiday(day)
