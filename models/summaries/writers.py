"""Who writes the summaries: so that nothing is added twice, and one counts at a time."""

from datetime import datetime, timedelta

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Integer,
    String,
    Table,
    delete,
    select,
    update,
)

from models.base import metadata
from models.upsert import upsert

KEPT = timedelta(days=2)
"""For how long it is known what a process added last."""

writers = Table(
    "summary_writers",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("last", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)


def may_begin(connection: Connection, name: str, now: datetime, pause: timedelta) -> bool:
    """Say whether work of this name may begin, so that one process at a time does it.

    Args:
        pause: how long nobody may after somebody began.
    """
    row = {"name": name, "last": 0, "at": now}
    if upsert(connection, writers, row, on=["name"]):
        return True
    due = update(writers).where(writers.c.name == name, writers.c.at <= now - pause)
    return connection.execute(due.values(at=now)).rowcount == 1


def begin(connection: Connection, name: str, number: int, now: datetime) -> bool:
    """Note that a process adds for the `number`th time; False where it did so before.

    A process whose connection broke while it committed does not know whether it added.
    """
    query = select(writers.c.last).where(writers.c.name == name)
    last: int | None = connection.scalar(query)
    if last is not None and last >= number:
        return False
    if last is None:
        connection.execute(delete(writers).where(writers.c.at < now - KEPT))
    row = {"name": name, "last": number, "at": now}
    upsert(connection, writers, row, on=["name"], change=["last", "at"])
    return True
