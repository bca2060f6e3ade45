"""What a monitor asks of look-ups: how those of the last hour went, and what stands out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from models.base import STATEMENT_SECONDS, Database
from models.lookup_flags import Sign, open_flags
from models.lookups import Outcome, lookups

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class LookupCounts:
    """How look-ups stand.

    Attributes:
        outcomes: those of the last hour, by every outcome.
        flags: the open flags, by every kind.
    """

    outcomes: Mapping[Outcome, int]
    flags: Mapping[Sign, int]


def lookup_counts(
    database: Database, now: datetime, seconds: float = STATEMENT_SECONDS
) -> LookupCounts:
    """Count them.

    Args:
        seconds: how long one statement may take; there are two.

    Raises:
        Unavailable: the database is away, or took longer.
    """
    query = select(lookups.c.outcome, func.count()).where(lookups.c.at > now - _HOUR)
    with database.reading(seconds) as connection:
        rows = connection.execute(query.group_by(lookups.c.outcome)).all()
    with database.reading(seconds) as connection:
        flags = open_flags(connection)
    outcomes = {one: sum(n for outcome, n in rows if outcome == one) for one in Outcome}
    return LookupCounts(outcomes, flags)
