"""Sessions that the gateway says are over: for counting, with nothing that was typed."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    func,
    select,
)

from models.base import metadata
from models.upsert import upsert

finished = Table(
    "finished_sessions",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("session_hmac", LargeBinary(32), nullable=False, unique=True),
    Column("gateway", String(20), nullable=False),
    Column("network", String(10), nullable=False),
    Column("status", String(12), nullable=False),
    Column("hops", SmallInteger, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("cost", String(20), nullable=False),
    Column("ended_at", DateTime(timezone=True), nullable=False),
)


def record(
    connection: Connection,
    session_hmac: bytes,
    gateway: str,
    network: str,
    status: str,
    hops: int,
    milliseconds: int,
    cost: str,
    ended_at: datetime,
) -> bool:
    """Keep one finished session, once; say whether it is new."""
    row = {
        "session_hmac": session_hmac,
        "gateway": gateway,
        "network": network[:10],
        "status": status[:12],
        "hops": hops,
        "milliseconds": milliseconds,
        "cost": cost[:20],
        "ended_at": ended_at,
    }
    return upsert(connection, finished, row, on=["session_hmac"])


def count(connection: Connection) -> int:
    """Count the finished sessions."""
    return connection.scalars(select(func.count()).select_from(finished)).one()
