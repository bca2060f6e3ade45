"""SMS gateways as senders find them: at hand, or away since when and why."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, Connection, DateTime, String, Table, select, update

from models.base import in_utc, metadata
from models.upsert import upsert

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=1)
"""Between two tries of a gateway that is away."""

gateways = Table(
    "gateways",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("away_since", DateTime(timezone=True)),
    Column("reason", String(60)),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)


@dataclass(frozen=True)
class Absence:
    """A gateway that a sender found away."""

    name: str
    since: datetime
    reason: str


def note_away(connection: Connection, name: str, reason: str) -> None:
    """Note that senders hand a gateway nothing for now, and why: a word."""
    now = datetime.now(UTC)
    row = {"name": name, "away_since": now, "reason": reason, "changed_at": now}
    upsert(connection, gateways, row, ["name"], ["away_since", "reason", "changed_at"])


def note_back(connection: Connection, name: str) -> None:
    """Note that a gateway takes messages again."""
    row = {"name": name, "away_since": None, "reason": None, "changed_at": datetime.now(UTC)}
    upsert(connection, gateways, row, ["name"], ["away_since", "reason", "changed_at"])


def claim_probe(connection: Connection, absence: Absence) -> bool:
    """Say whether it is time to try an absent gateway, to one sender of all that ask.

    The pauses grow with its absence, from ten seconds to a minute.
    """
    now = datetime.now(UTC)
    pause = min(max((now - absence.since) / 2, FIRST_PAUSE), LONGEST_PAUSE)
    claim = (
        update(gateways)
        .where(
            gateways.c.name == absence.name,
            gateways.c.away_since.is_not(None),
            gateways.c.changed_at <= now - pause,
        )
        .values(changed_at=now)
    )
    return connection.execute(claim).rowcount == 1


def absences(connection: Connection) -> list[Absence]:
    """List the gateways that are away, by name."""
    query = select(gateways).where(gateways.c.away_since.is_not(None)).order_by("name")
    return [
        Absence(row.name, in_utc(row.away_since), row.reason or "")
        for row in connection.execute(query)
    ]
