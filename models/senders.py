"""Senders at work: each notes every few seconds that it still is."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, Connection, DateTime, String, Table, delete, func, select

from models.base import in_utc, metadata
from models.upsert import upsert

NOTED = timedelta(seconds=15)
"""How often a sender notes that it is at work."""

GONE = timedelta(seconds=60)
"""A sender that noted nothing for as long is at work no more."""

_FORGOTTEN = timedelta(days=1)

senders = Table(
    "senders",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False),
)


def note_at_work(connection: Connection, name: str) -> None:
    """Note that a sender is at work; forget those that ended long ago.

    Args:
        name: drawn when it began.
    """
    now = datetime.now(UTC)
    connection.execute(delete(senders).where(senders.c.seen_at < now - _FORGOTTEN))
    row = {"name": name, "seen_at": now}
    upsert(connection, senders, row, on=["name"], change=["seen_at"])


def sign_off(connection: Connection, name: str) -> None:
    """Note that a sender has ended."""
    connection.execute(delete(senders).where(senders.c.name == name))


def at_work(connection: Connection) -> int:
    """Count the senders that are at work."""
    query = select(func.count()).where(senders.c.seen_at > datetime.now(UTC) - GONE)
    return connection.scalars(query).one()


def last_seen(connection: Connection) -> datetime | None:
    """Give the moment at which any sender was last known to be at work."""
    moment: datetime | None = connection.scalar(select(func.max(senders.c.seen_at)))
    return moment and in_utc(moment)
