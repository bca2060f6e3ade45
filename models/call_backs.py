"""Call-backs: phones whose owners asked to be rung by a person."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    select,
    update,
)

from models.base import in_utc, metadata
from models.keys import Keys
from models.outbox import CALL
from models.upsert import upsert

PLACE = 40
"""Letters in the name of the screen that a caller was on."""

call_backs = Table(
    "call_backs",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("phone_hmac", LargeBinary(32), nullable=False),
    Column("phone", LargeBinary, nullable=False),
    Column("language", String(8), nullable=False),
    Column("place", String(PLACE), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    UniqueConstraint("phone_hmac"),
    Index("ix_call_backs_closed_at_made_at", "closed_at", "made_at"),
)


@dataclass(frozen=True)
class CallBack:
    """Somebody who waits to be rung."""

    id: int
    made_at: datetime
    language: str
    place: str
    phone: str = field(repr=False)


def ask(connection: Connection, keys: Keys, phone: str, language: str, place: str) -> bool:
    """Ask for a phone to be rung: one open request a phone.

    Asked again while open, nothing changes: a call that is folded anew asks again, perhaps
    in a language that was chosen later. One that was closed in an earlier call is opened
    again; one closed within this call stays closed.

    Args:
        place: the screen that the caller was on.

    Returns:
        Whether it is newly open.
    """
    phone_hmac, now = keys.phone_hmac(phone), datetime.now(UTC)
    said = {"language": language, "place": place[:PLACE]}
    row = {
        "phone_hmac": phone_hmac,
        "phone": keys.people.seal(phone, call_back_row(phone_hmac)),
        "made_at": now,
        **said,
    }
    if upsert(connection, call_backs, row, on=["phone_hmac"]):
        return True
    again = update(call_backs).where(
        call_backs.c.phone_hmac == phone_hmac, call_backs.c.closed_at < now - CALL
    )
    opened = connection.execute(again.values(closed_at=None, made_at=now, **said))
    return opened.rowcount > 0


def waiting(connection: Connection, keys: Keys) -> list[CallBack]:
    """List open requests, the oldest first.

    A phone that does not open is empty: nobody can be rung, and the request can be closed.
    """
    query = (
        select(call_backs)
        .where(call_backs.c.closed_at.is_(None))
        .order_by(call_backs.c.made_at, call_backs.c.id)
    )
    return [
        CallBack(
            row.id,
            in_utc(row.made_at),
            row.language,
            row.place,
            keys.people.open_or_empty(row.phone, call_back_row(bytes(row.phone_hmac))),
        )
        for row in connection.execute(query)
    ]


def close(connection: Connection, call_back_id: int) -> bool:
    """Close a request that was seen to; say whether it was open."""
    closed = connection.execute(
        update(call_backs)
        .where(call_backs.c.id == call_back_id, call_backs.c.closed_at.is_(None))
        .values(closed_at=datetime.now(UTC))
    )
    return closed.rowcount > 0


def call_back_row(phone_hmac: bytes) -> str:
    """Name a request's row, to bind its ciphertext to."""
    return f"call_backs|{phone_hmac.hex()}"
