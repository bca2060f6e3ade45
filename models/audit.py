"""The audit: what agents and operators did, and batches of look-ups, as a chain of hashes.

Each row's hash covers the row and the hash before it. Nothing in a row is personal: it
names rows by their ids, and counts.
"""

import hashlib
import json
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    String,
    Table,
    Text,
    insert,
    select,
    text,
)

from models.base import metadata

_LOCK = 1919_02
_BEGINNING = bytes(32)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("who", String(60), nullable=False),
    Column("act", String(40), nullable=False),
    Column("about", Text, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)


def append(connection: Connection, who: str, act: str, **about: str | int) -> None:
    """Add an act to the chain, in the transaction of the act itself.

    It is the last statement of its transaction: nobody else appends until that ends.

    Args:
        who: an operator's or an agent's account, or `line` for the line itself.
        act: the noun and the verb, as `documents import`.
        about: what it was done to, by ids and counts: never a number, a phone or a name.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    last = select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)
    before = connection.execute(last).first()
    row = {
        "id": before.id + 1 if before else 1,
        "at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "who": who,
        "act": act,
        "about": json.dumps(about, sort_keys=True, separators=(",", ":")),
    }
    chained = chain(bytes(before.hash) if before else _BEGINNING, row)
    connection.execute(insert(audit).values(**row, hash=chained))


def chain(before: bytes, row: dict[str, object]) -> bytes:
    """Give the hash of a row that follows the hash `before`."""
    said = json.dumps(
        [row[name] for name in ("id", "at", "who", "act", "about")], separators=(",", ":")
    )
    return hashlib.sha256(before + said.encode()).digest()
