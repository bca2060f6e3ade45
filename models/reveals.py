"""Reveals: how often agents look at what is masked, as the audit has it."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from models.audit import audit

REVEAL = "calls reveal"
"""The act by which an agent looks at a phone whole, and at who served it before."""

MOST = 30
"""Reveals of one agent in an hour, beyond which somebody should look at it."""

_HOUR = timedelta(hours=1)


def reveals_last_hour(connection: Connection) -> dict[str, int]:
    """Count the last hour's reveals by the agent's account, the most first."""
    since = (datetime.now(UTC) - _HOUR).isoformat(timespec="microseconds")
    query = select(audit.c.who).where(audit.c.act == REVEAL, audit.c.at >= since)
    return dict(Counter(connection.scalars(query)).most_common())


def too_many(connection: Connection) -> dict[str, int]:
    """Give those of the last hour's counts that are over what an agent's work takes."""
    counts = reveals_last_hour(connection)
    return {account: count for account, count in counts.items() if count > MOST}
