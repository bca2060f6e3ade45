"""The audit: what agents and operators did, and batches of look-ups, as a chain of hashes.

Each row's hash covers the row and the hash before it. Nothing in a row is personal: it
names rows by their ids, and counts. Whether the chain holds is found out in
`models/chain.py`.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    insert,
    select,
    text,
)

from models.base import metadata

BEGINNING = bytes(32)
"""The hash before the first row."""

_LOCK = 1919_02
_WHO, _ACT = 60, 40

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("who", String(_WHO), nullable=False),
    Column("act", String(_ACT), nullable=False),
    Column("about", Text, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Index("ix_audit_act", "act", "id"),
)


@dataclass(frozen=True)
class Act:
    """One row of the audit, as people read it."""

    id: int
    at: str
    who: str
    act: str
    about: str


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
        "who": _printable(who)[:_WHO],
        "act": act,
        "about": json.dumps(about, sort_keys=True, separators=(",", ":")),
    }
    chained = chain(bytes(before.hash) if before else BEGINNING, row)
    connection.execute(insert(audit).values(**row, hash=chained))


def chain(before: bytes, row: dict[str, object]) -> bytes:
    """Give the hash of a row that follows the hash `before`."""
    said = json.dumps(
        [row[name] for name in ("id", "at", "who", "act", "about")], separators=(",", ":")
    )
    return hashlib.sha256(before + said.encode()).digest()


def acts(
    connection: Connection, since: datetime | None = None, act: str = "", most: int = 1_000
) -> Iterator[Act]:
    """Read the latest acts, the oldest of them first.

    Args:
        since: none from before this moment.
        act: only those that begin with this, as `people` or `people erase`.
        most: how many.
    """
    query = select(audit.c.id, audit.c.at, audit.c.who, audit.c.act, audit.c.about)
    if since is not None:
        moment = since.astimezone(UTC).isoformat(timespec="microseconds")
        query = query.where(audit.c.at >= moment)
    if act:
        query = query.where(audit.c.act.startswith(act, autoescape=True))
    rows = connection.execute(query.order_by(audit.c.id.desc()).limit(most)).all()
    for row in reversed(rows):
        yield Act(row.id, *map(_printable, (row.at, row.who, row.act, row.about)))


def _printable(said: str) -> str:
    """Write a question mark for what neither a database nor a terminal should get."""
    return "".join(one if one.isprintable() else "?" for one in said)
