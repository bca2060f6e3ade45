"""A span of days, both ends in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Span:
    """Days there, from the first to the last."""

    first: date
    last: date

    @classmethod
    def week(cls, monday: date) -> "Span":
        """Give the week that begins on a day."""
        return cls(monday, monday + timedelta(days=6))

    @property
    def before(self) -> "Span":
        """As many days that end where this begins."""
        length = self.last - self.first + timedelta(days=1)
        return Span(self.first - length, self.last - length)

    def __iter__(self) -> Iterator[date]:
        for nth in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=nth)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last
