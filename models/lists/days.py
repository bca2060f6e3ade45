"""The day in a cell of a list, in the forms that people and spreadsheets give it.

The day comes before the month, as in Kenya. What can only have the month first, 09/30/2026,
is refused and not turned round: the rows beside it, of days up to the 12th, would be wrong.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from models.lists.letters import bare, key
from models.lists.mangled import unquoted
from models.lists.refusal import Refused

NO_DATE = "not a date of the form 2026-09-30"
MONTH_FIRST = "the month before the day"
TO_COME = "a day that has not come yet"
LONG_AGO = "a day before 1990"

_FIRST = date(1990, 1, 1)
_CALENDAR = date(1899, 12, 30)
"""The day from which Excel counts."""

_TIME = re.compile(
    r"[T ] ?[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?)?$"
)
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})([-/. ])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_NAMED = re.compile(
    r"([0-9]{1,2})(?:st|nd|rd|th)?[-/., ]{0,2}([^\W0-9_]{3,12})[-/., ]{0,2}([0-9]{4}|[0-9]{2})",
    re.IGNORECASE,
)
_NAME_FIRST = re.compile(
    r"([^\W0-9_]{3,12})[-. ]{1,2}([0-9]{1,2})(?:st|nd|rd|th)?[-, ]{1,2}([0-9]{4})",
    re.IGNORECASE,
)
_SERIAL = re.compile(r"([0-9]{5})(?:\.[0-9]+)?")
_MONTHS = 12


def day_of(text: str, today: date, months: Mapping[str, int]) -> date | None:
    """Read the day in a cell; None where nothing is in it.

    Args:
        today: the last day that it can be.
        months: the number of each month by its name, in the form of `letters.key`.

    Raises:
        Refused: it is no day, or one on which nothing can have been received.
    """
    text = _TIME.sub("", unquoted(bare(text)))
    if not text:
        return None
    day = _read(text, months)
    if day > today:
        raise Refused(TO_COME)
    if day < _FIRST:
        raise Refused(LONG_AGO)
    return day


def _read(text: str, months: Mapping[str, int]) -> date:
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(found[1], int(found[3]), found[4])
    if found := _DAY_FIRST.fullmatch(text):
        month = int(found[3])
        if month > _MONTHS >= int(found[1]):
            raise Refused(MONTH_FIRST)
        return _day(found[4], month, found[1])
    if found := _NAMED.fullmatch(text):
        return _day(found[3], months.get(key(found[2]), 0), found[1])
    if found := _NAME_FIRST.fullmatch(text):
        return _day(found[3], months.get(key(found[1]), 0), found[2])
    if found := _SERIAL.fullmatch(text):
        return _sound(lambda: _CALENDAR + timedelta(days=int(found[1])))
    raise Refused(NO_DATE)


def _day(year: str, month: int, day: str) -> date:
    full = int(year) if len(year) > 2 else 2000 + int(year)
    return _sound(lambda: date(full, month, int(day)))


def _sound(made: Callable[[], date]) -> date:
    try:
        return made()
    except ValueError:
        raise Refused(NO_DATE) from None
