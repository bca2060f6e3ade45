"""SMS gateways as senders find them: at hand, or away since when and why."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Column, Connection, DateTime, String, Table, select

from models.base import in_utc, metadata
from models.upsert import upsert

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
    """Note that a sender hands a gateway nothing for now, and why: a word."""
    now = datetime.now(UTC)
    row = {"name": name, "away_since": now, "reason": reason, "changed_at": now}
    upsert(connection, gateways, row, ["name"], ["away_since", "reason", "changed_at"])


def note_back(connection: Connection, name: str) -> None:
    """Note that a gateway takes messages again."""
    row = {"name": name, "away_since": None, "reason": None, "changed_at": datetime.now(UTC)}
    upsert(connection, gateways, row, ["name"], ["away_since", "reason", "changed_at"])


def absences(connection: Connection) -> list[Absence]:
    """List the gateways that are away, by name."""
    query = select(gateways).where(gateways.c.away_since.is_not(None)).order_by("name")
    return [
        Absence(row.name, in_utc(row.away_since), row.reason or "")
        for row in connection.execute(query)
    ]
