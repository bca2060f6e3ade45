"""Which edition of menus, words and lists callers meet, and when it last changed.

One row, shared by every process of the line: a process that meets another edition in it
writes its own, with the moment.
"""

from datetime import UTC, datetime

from sqlalchemy import Column, Connection, DateTime, String, Table, select

from models.base import in_utc, metadata
from models.upsert import upsert

_ONE = "line"

editions = Table(
    "editions",
    metadata,
    Column("name", String(8), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("changed_at", DateTime(timezone=True)),
)


def note(connection: Connection, digest: str) -> None:
    """Note the edition that callers meet from now on; the first one is no change."""
    known = connection.scalar(select(editions.c.digest))
    if known == digest:
        return
    moment = datetime.now(UTC) if known else None
    row = {"name": _ONE, "digest": digest, "changed_at": moment}
    upsert(connection, editions, row, on=["name"], change=["digest", "changed_at"])


def changed_at(connection: Connection) -> datetime | None:
    """Give the moment of the last change; None where there was none."""
    moment = connection.scalar(select(editions.c.changed_at))
    return in_utc(moment) if moment else None
