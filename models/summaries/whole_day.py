"""A whole day there, from midnight to midnight, as the moments of it that rows bear."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement

from models.country import Country


@dataclass(frozen=True)
class WholeDay:
    """A day, with the moment it begins at and the one it is over at, in UTC."""

    day: date
    start: datetime
    end: datetime

    @classmethod
    def of(cls, day: date, country: Country) -> "WholeDay":
        """Give a day as the clocks there have it."""
        midnights = (
            datetime.combine(one, time.min, country.time_zone).astimezone(UTC)
            for one in (day, day + timedelta(days=1))
        )
        return cls(day, *midnights)

    def holds(self, moment: ColumnElement[Any]) -> ColumnElement[bool]:
        """Make the condition that a moment is of the day."""
        return (moment >= self.start) & (moment < self.end)
