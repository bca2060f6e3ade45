"""Look-ups: every question for a document, by HMACs alone, kept in batches as they came.

A look-up is first a line of a local file (`menus/lookups.py`), then a row here. A batch is
what one file held; its digest stands in the audit, so that rows that were edited, deleted or
added since are found.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    delete,
    select,
    text,
    update,
)

from models.base import in_utc, metadata
from models.bulk import insert_many
from models.keys import Keys
from models.upsert import upsert

_LOCK = 1919_03
_LONG = re.compile("[0-9]{7,}")
_HUNDRED = 16
_ROW_ID = BigInteger().with_variant(Integer, "sqlite")


class Channel(StrEnum):
    """The way that a question came."""

    USSD = "ussd"
    SMS = "sms"
    CONSOLE = "console"


class Outcome(StrEnum):
    """What a look-up came to: callers are told the same of `UNKNOWN` and `MALFORMED`."""

    FOUND = "found"
    UNKNOWN = "unknown"
    MALFORMED = "malformed"
    SPENT = "spent"
    AWAY = "away"


MISSES = (Outcome.UNKNOWN, Outcome.MALFORMED)
ANSWERED = (Outcome.FOUND, *MISSES)
"""Outcomes that tell something: they are what the budget counts."""

lookup_batches = Table(
    "lookup_batches",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("name", String(60), nullable=False, unique=True),
    Column("rows", Integer, nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
    Column("forgotten_at", DateTime(timezone=True)),
    Index("ix_lookup_batches_last_at", "last_at"),
)

lookups = Table(
    "lookups",
    metadata,
    Column("batch_id", _ROW_ID, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("day", Date, nullable=False),
    Column("channel", String(10), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("fresh", Boolean, nullable=False),
    Column("phone_hmac", LargeBinary(32)),
    Column("subject", LargeBinary(32)),
    Column("hundred", LargeBinary(_HUNDRED)),
    Column("shifted", LargeBinary(_HUNDRED)),
    Column("hash", LargeBinary(32), nullable=False),
    Index("ix_lookups_at", "at"),
    Index("ix_lookups_phone_hmac", "phone_hmac", "fresh", "at"),
    Index("ix_lookups_hundred", "hundred", "at"),
    Index("ix_lookups_shifted", "shifted", "at"),
)
"""`hash` is of the line that a row came as. It stays where the HMACs are erased for a person
who asks for it, so that the batch's digest can still be made."""


_GROWN = (10, 100)
"""Batches after which PostgreSQL is told how the look-ups have grown. Its own round comes a
minute late: until then it took the table for empty, and went through all of it for each batch
(10 ms for 11,000 look-ups, where half a millisecond is enough)."""


class Unreadable(ValueError):
    """A line is no look-up."""


@dataclass(frozen=True)
class Lookup:
    """One question.

    Attributes:
        at: when, in UTC, to the millisecond.
        day: the day there, whose budget it counts for.
        fresh: the phone asked for this number the first time that day, and was answered.
        subject: the number's HMAC, whatever its type.
        near: the HMACs of the two hundreds that the number is one of; empty where it has
            none.
    """

    at: datetime
    day: date
    channel: Channel
    outcome: Outcome
    phone_hmac: bytes = field(repr=False)
    subject: bytes = field(repr=False)
    near: "Near" = field(repr=False, default=(b"", b""))
    fresh: bool = False

    @cached_property
    def line(self) -> bytes:
        """Write it as one line."""
        parts = (
            self.at.isoformat(timespec="milliseconds"),
            self.day.isoformat(),
            self.channel,
            self.outcome,
            str(int(self.fresh)),
            self.phone_hmac.hex(),
            self.subject.hex(),
            *(one.hex() or "-" for one in self.near),
        )
        return f"{' '.join(parts)}\n".encode()

    @cached_property
    def hash(self) -> bytes:
        """Give the SHA-256 of its line: 32 octets."""
        return hashlib.sha256(self.line).digest()

    @classmethod
    def read(cls, line: bytes) -> "Lookup":
        """Read what `line` wrote.

        Raises:
            Unreadable: it did not write this.
        """
        try:
            at, day, channel, outcome, fresh, phone, subject, *near = line.decode().split()
            hundred, shifted = (bytes.fromhex(one.replace("-", "")) for one in near)
            lookup = cls(
                datetime.fromisoformat(at),
                date.fromisoformat(day),
                Channel(channel),
                Outcome(outcome),
                bytes.fromhex(phone),
                bytes.fromhex(subject),
                (hundred, shifted),
                fresh == "1",
            )
        except ValueError as error:
            raise Unreadable from error
        if lookup.line != line:
            raise Unreadable
        return lookup


Near = tuple[bytes, bytes]
"""The HMACs of two hundreds."""


def near(keys: Keys, number: str) -> Near:
    """Give the HMACs of the two hundreds that a number is one of: from 00, and from 50.

    Any run of fifty numbers lies within one of such hundreds. Short numbers have none: there
    are so few of them that honest callers' lie side by side.
    """
    bare = number.lstrip("0")
    if not _LONG.fullmatch(bare):
        return b"", b""
    whole = int(bare)
    hundred = keys.subject(f"hundred|{whole // 100}")[:_HUNDRED]
    return hundred, keys.subject(f"shifted|{(whole + 50) // 100}")[:_HUNDRED]


def keep(connection: Connection, name: str, given: Sequence[Lookup]) -> int | None:
    """Keep what a file held, once: one batch at a time moves, on all machines.

    Args:
        name: the file's own, never used for another.

    Returns:
        The batch's id; None where it is kept already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    last = max(one.at for one in given)
    batch = {"name": name, "rows": len(given), "last_at": last}
    if not upsert(connection, lookup_batches, batch, on=["name"]):
        return None
    named = select(lookup_batches.c.id).where(lookup_batches.c.name == name)
    batch_id: int = connection.scalars(named).one()
    rows = [_row(batch_id, place, one) for place, one in enumerate(given)]
    insert_many(connection, lookups, rows)
    if batch_id in _GROWN and connection.dialect.name == "postgresql":
        connection.execute(text("ANALYZE lookups"))
    return batch_id


def digest_of(given: Sequence[Lookup]) -> str:
    """Give the digest of a batch, in hexadecimal."""
    return _digest(one.hash for one in given)


def batch_digest(connection: Connection, batch_id: int) -> str | None:
    """Make a batch's digest anew from its rows; None where retention has removed them.

    A row that was edited is found by its own hash, which then is made anew. Of a row that
    was erased for a person the hash alone is left.
    """
    forgotten = select(lookup_batches.c.forgotten_at).where(lookup_batches.c.id == batch_id)
    row = connection.execute(forgotten).first()
    if row is not None and row.forgotten_at is not None:
        return None
    query = select(lookups).where(lookups.c.batch_id == batch_id).order_by(lookups.c.place)
    return _digest(
        bytes(one.hash) if one.phone_hmac is None else _lookup(one).hash
        for one in connection.execute(query)
    )


def of_phone(
    connection: Connection, phone_hmacs: Sequence[bytes], most: int = 10_000
) -> list[Lookup]:
    """List what a phone asked, the latest first."""
    query = (
        select(lookups)
        .where(lookups.c.phone_hmac.in_(phone_hmacs))
        .order_by(lookups.c.at.desc())
        .limit(most)
    )
    return [_lookup(row) for row in connection.execute(query)]


def erase(connection: Connection, phone_hmacs: Sequence[bytes]) -> int:
    """Take out of the look-ups of a phone who asked and for what; give how many.

    That somebody asked, when and with what outcome stays, and the row's hash with it.
    """
    empty = dict.fromkeys(("phone_hmac", "subject", "hundred", "shifted"))
    mine = lookups.c.phone_hmac.in_(phone_hmacs)
    return int(connection.execute(update(lookups).where(mine).values(empty)).rowcount)


def forget(connection: Connection, before: datetime, most: int = 50) -> int | None:
    """Remove the oldest batches whose every look-up is from before a moment.

    Args:
        most: how many batches; a batch is what came in within some seconds.

    Returns:
        How many look-ups went; None where no batch was left to remove.
    """
    old = (
        select(lookup_batches.c.id)
        .where(lookup_batches.c.last_at < before, lookup_batches.c.forgotten_at.is_(None))
        .order_by(lookup_batches.c.last_at)
        .limit(most)
    )
    batches = list(connection.scalars(old))
    if not batches:
        return None
    gone = connection.execute(delete(lookups).where(lookups.c.batch_id.in_(batches)))
    connection.execute(
        update(lookup_batches)
        .where(lookup_batches.c.id.in_(batches))
        .values(forgotten_at=datetime.now(UTC))
    )
    return int(gone.rowcount)


def _row(batch_id: int, place: int, one: Lookup) -> dict[str, object]:
    return {
        "batch_id": batch_id,
        "place": place,
        "at": one.at,
        "day": one.day,
        "channel": one.channel,
        "outcome": one.outcome,
        "fresh": one.fresh,
        "phone_hmac": one.phone_hmac,
        "subject": one.subject,
        "hundred": one.near[0] or None,
        "shifted": one.near[1] or None,
        "hash": one.hash,
    }


def _lookup(row: Any) -> Lookup:
    return Lookup(
        in_utc(row.at),
        row.day,
        Channel(row.channel),
        Outcome(row.outcome),
        bytes(row.phone_hmac),
        bytes(row.subject),
        (bytes(row.hundred or b""), bytes(row.shifted or b"")),
        row.fresh,
    )


def _digest(hashes: Iterable[bytes]) -> str:
    whole = hashlib.sha256()
    for one in hashes:
        whole.update(one)
    return whole.hexdigest()
