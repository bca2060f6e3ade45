"""Call-backs: phones whose owners asked to be rung by a person, and who took that on.

An agent takes one, rings, and closes it; who was not reached waits on, with one try more. What
was taken and left for an hour is free again.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    select,
    text,
    update,
)

from models.base import in_utc, metadata
from models.keys import Keys
from models.outbox import CALL
from models.upsert import upsert

PLACE = 40
"""Letters in the name of the screen that a caller was on."""

LEFT = timedelta(hours=1)
"""What was taken so long ago and is open is free for others."""

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
    Column("agent_id", BigInteger),
    Column("taken_at", DateTime(timezone=True)),
    Column("tries", SmallInteger, nullable=False, server_default=text("0")),
    Column("outcome", String(15)),
    UniqueConstraint("phone_hmac"),
    Index("ix_call_backs_closed_at_made_at", "closed_at", "made_at"),
)


@dataclass(frozen=True)
class CallBack:
    """Somebody who waits to be rung.

    Attributes:
        tries: how often the phone was rung and not reached.
        agent_id: who has taken it; None where it is free.
    """

    id: int
    made_at: datetime
    language: str
    place: str
    phone: str = field(repr=False)
    tries: int = 0
    agent_id: int | None = None


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
    anew = {"closed_at": None, "made_at": now, "outcome": None, "tries": 0, **_FREE}
    opened = connection.execute(again.values({**anew, **said}))
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
    now = datetime.now(UTC)
    return [_call_back(keys, row, now) for row in connection.execute(query)]


def take(
    connection: Connection, keys: Keys, call_back_id: int, agent_id: int
) -> CallBack | None:
    """Take a request on, for one agent alone; None where another has it, or it is closed."""
    now = datetime.now(UTC)
    taken = (
        update(call_backs)
        .where(call_backs.c.id == call_back_id, _is_free(now, agent_id))
        .values(agent_id=agent_id, taken_at=now)
    )
    if not connection.execute(taken).rowcount:
        return None
    row = connection.execute(select(call_backs).where(call_backs.c.id == call_back_id)).one()
    return _call_back(keys, row, now)


def give_back(connection: Connection, call_back_id: int, agent_id: int) -> bool:
    """Let a request wait on whose phone was not reached; say whether the agent had it."""
    waits = (
        update(call_backs)
        .where(call_backs.c.id == call_back_id, _is_taken_by(agent_id))
        .values(tries=call_backs.c.tries + 1, **_FREE)
    )
    return connection.execute(waits).rowcount > 0


def settle(connection: Connection, call_back_id: int, agent_id: int, outcome: str) -> bool:
    """Close a request with what came of it; say whether the agent had it."""
    settled = (
        update(call_backs)
        .where(call_backs.c.id == call_back_id, _is_taken_by(agent_id))
        .values(closed_at=datetime.now(UTC), outcome=outcome)
    )
    return connection.execute(settled).rowcount > 0


def close(connection: Connection, call_back_id: int) -> bool:
    """Close a request that was seen to; say whether it was open."""
    closed = connection.execute(
        update(call_backs)
        .where(call_backs.c.id == call_back_id, call_backs.c.closed_at.is_(None))
        .values(closed_at=datetime.now(UTC))
    )
    return closed.rowcount > 0


_FREE: dict[str, Any] = {"agent_id": None, "taken_at": None}


def _is_free(now: datetime, agent_id: int) -> ColumnElement[bool]:
    """Make the condition that an agent may take a request: nobody else has it."""
    left = call_backs.c.taken_at.is_(None) | (call_backs.c.taken_at < now - LEFT)
    return call_backs.c.closed_at.is_(None) & (left | (call_backs.c.agent_id == agent_id))


def _is_taken_by(agent_id: int) -> ColumnElement[bool]:
    return call_backs.c.closed_at.is_(None) & (call_backs.c.agent_id == agent_id)


def _call_back(keys: Keys, row: Any, now: datetime) -> CallBack:
    held = row.taken_at is not None and in_utc(row.taken_at) >= now - LEFT
    return CallBack(
        row.id,
        in_utc(row.made_at),
        row.language,
        row.place,
        keys.people.open_or_empty(row.phone, call_back_row(bytes(row.phone_hmac))),
        row.tries,
        row.agent_id if held else None,
    )


def call_back_row(phone_hmac: bytes) -> str:
    """Name a request's row, to bind its ciphertext to."""
    return f"call_backs|{phone_hmac.hex()}"
