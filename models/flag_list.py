"""Flags as supervisors see them: what stands out, and what was found when they looked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from models.base import in_utc
from models.lookup_flags import Sign, lookup_flags

MOST = 200
"""Flags that a page lists."""


class Finding(StrEnum):
    """What a supervisor found behind a flag. It stands in the audit: no free text does."""

    ORDINARY = "ordinary"
    TRIAL = "trial"
    HANDED_ON = "handed_on"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Listed:
    """A flag, without whose look-ups it is of.

    Attributes:
        count: different numbers; for the whole line look-ups.
    """

    id: int
    kind: Sign
    count: int
    first_at: datetime
    last_at: datetime
    closed_at: datetime | None


def listed(connection: Connection, most: int = MOST) -> Sequence[Listed]:
    """List flags, the open ones first, then the latest; one statement over the flags alone."""
    flag = lookup_flags.c
    query = (
        select(
            flag.id,
            flag.kind,
            flag["count"].label("seen"),
            flag.first_at,
            flag.last_at,
            flag.closed_at,
        )
        .order_by(flag.closed_at.is_not(None), flag.id.desc())
        .limit(most)
    )
    return [
        Listed(
            row.id,
            Sign(row.kind),
            row.seen,
            in_utc(row.first_at),
            in_utc(row.last_at),
            in_utc(row.closed_at) if row.closed_at else None,
        )
        for row in connection.execute(query)
    ]
