"""Whether a centre's doors are open now, and when they open next."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from models.centres import Centre
from models.country import Country

_LOOK_AHEAD = 14
"""Days that are looked through for the next one on which a centre opens."""

_WEEKDAYS = {"Mon-Fri": range(5), "Mon-Sat": range(6), "Mon-Sun": range(7)}
"""The days of the week on which doors open, as reference data write them; Monday is 0."""

DAYS = tuple(_WEEKDAYS)


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
    if not (centre.opens and centre.closes and centre.days in _WEEKDAYS):
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
    return day.weekday() in _WEEKDAYS[centre.days] and not country.holiday(day)
