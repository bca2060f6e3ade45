"""The outbox: every SMS to be sent, and what became of it.

`submitting` is committed before the gateway is called. A message whose fate is not known
becomes `unknown` and is never silently sent again.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    func,
    select,
    update,
)

from models.base import metadata
from models.keys import Keys, Tampered
from models.upsert import upsert

ATTEMPTS = 8
"""Submissions of one message that the gateway surely refused, before it is given up."""

CALL = timedelta(minutes=10)
"""Longer than any call: within it, what is wished for again is the same wish."""

HANG_SECONDS = 60
"""A message that is submitting for longer than this has lost its sender: fate unknown."""


class Delivery(StrEnum):
    """What became of a message."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


HANDED_OVER = (Delivery.SUBMITTING, Delivery.SENT, Delivery.DELIVERED, Delivery.UNKNOWN)
"""The states of a message that may have reached its phone."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("cause", String(100), nullable=False, unique=True),
    Column("phone_hmac", LargeBinary(32), nullable=False),
    Column("phone", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", SmallInteger, nullable=False, default=0),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("gateway_id", String(100)),
    Column("cost", String(100)),
    Column("reason", String(60)),
    Column("code", String(5)),
    Index("ix_outbox_state_due_at", "state", "due_at"),
    Index("ix_outbox_phone_hmac_code", "phone_hmac", "code"),
)


@dataclass(frozen=True)
class Outgoing:
    """A message in a sender's hands."""

    id: int
    attempts: int
    phone: str = field(repr=False)
    body: str = field(repr=False)


def queue(
    connection: Connection, keys: Keys, cause: str, phone: str, body: str, code: str = ""
) -> bool:
    """Queue an SMS for what caused it; the same cause queues nothing twice.

    Args:
        cause: what the message answers, without personal data in clear.
        phone: E.164.
        body: the text, GSM 7-bit.
        code: the one that the text carries, if it carries one.

    Returns:
        Whether the message is new.
    """
    now = datetime.now(UTC)
    row = {
        "cause": cause,
        "phone_hmac": keys.phone_hmac(phone),
        "phone": keys.people.seal(phone, f"outbox|phone|{cause}"),
        "body": keys.people.seal(body, f"outbox|body|{cause}"),
        "state": Delivery.QUEUED,
        "attempts": 0,
        "made_at": now,
        "changed_at": now,
        "due_at": now,
        "code": code or None,
    }
    return upsert(connection, outbox, row, on=["cause"])


def notice_code(keys: Keys, cause: str, phone: str) -> str:
    """Give the code of a message: five digits that only 1919 can tell for this phone."""
    drawn = int.from_bytes(keys.subject(f"notice code|{phone}|{cause}")[:8])
    return str(10_000 + drawn % 90_000)


def sent_with_code(connection: Connection, phone_hmac: bytes, code: str) -> datetime | None:
    """Say when the message with a code was queued that went out to a phone.

    Returns:
        The latest such moment; None where no such message was handed to the gateway.
    """
    query = select(func.max(outbox.c.made_at)).where(
        outbox.c.phone_hmac == phone_hmac,
        outbox.c.code == code,
        outbox.c.state.in_(HANDED_OVER),
    )
    moment: datetime | None = connection.scalar(query)
    return moment and in_utc(moment)


def queued_since(connection: Connection, cause: str, moment: datetime) -> bool:
    """Say whether a message for `cause` was queued after `moment`."""
    query = select(outbox.c.id).where(outbox.c.cause == cause, outbox.c.made_at > moment)
    return connection.execute(query).first() is not None


def take(connection: Connection, keys: Keys, most: int) -> list[Outgoing]:
    """Take due messages for sending: they are `submitting` once this is committed."""
    now = datetime.now(UTC)
    due = (
        select(outbox.c.id)
        .where(outbox.c.state == Delivery.QUEUED, outbox.c.due_at <= now)
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.scalars(due))
    if not ids:
        return []
    connection.execute(
        update(outbox)
        .where(outbox.c.id.in_(ids))
        .values(state=Delivery.SUBMITTING, changed_at=now, attempts=outbox.c.attempts + 1)
    )
    rows = connection.execute(select(outbox).where(outbox.c.id.in_(ids)).order_by(outbox.c.id))
    taken = []
    for row in rows.all():
        try:
            phone = keys.people.open(row.phone, f"outbox|phone|{row.cause}")
            body = keys.people.open(row.body, f"outbox|body|{row.cause}")
        except Tampered:
            settle(connection, row.id, Delivery.FAILED, reason="unreadable")
        else:
            taken.append(Outgoing(row.id, row.attempts, phone, body))
    return taken


def settle(
    connection: Connection,
    message_id: int,
    state: Delivery,
    gateway_id: str | None = None,
    cost: str | None = None,
    reason: str | None = None,
    pause: timedelta = timedelta(0),
) -> None:
    """Record what became of a message that was submitting.

    Args:
        pause: for a message that goes back to `queued`, how long to wait before the next try.
    """
    now = datetime.now(UTC)
    connection.execute(
        update(outbox)
        .where(outbox.c.id == message_id, outbox.c.state == Delivery.SUBMITTING)
        .values(
            state=state,
            changed_at=now,
            due_at=now + pause,
            gateway_id=gateway_id,
            cost=cost,
            reason=reason,
        )
    )


def give_up_lost(connection: Connection) -> int:
    """Mark as `unknown` what a vanished sender left submitting; give how many."""
    long_ago = datetime.now(UTC) - timedelta(seconds=HANG_SECONDS)
    lost = (
        update(outbox)
        .where(outbox.c.state == Delivery.SUBMITTING, outbox.c.changed_at < long_ago)
        .values(state=Delivery.UNKNOWN, changed_at=datetime.now(UTC), reason="sender lost")
    )
    return connection.execute(lost).rowcount


def by_state(connection: Connection) -> dict[Delivery, int]:
    """Count messages by state."""
    query = select(outbox.c.state, func.count()).group_by(outbox.c.state)
    return {Delivery(state): n for state, n in connection.execute(query)}


def in_utc(moment: datetime) -> datetime:
    """Give a moment its zone: SQLite gives it back without one."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def texts_to(connection: Connection, keys: Keys, phone: str) -> list[tuple[Delivery, str]]:
    """Read the messages to one phone, oldest first: for a phone on a screen, and for tests."""
    query = (
        select(outbox.c.state, outbox.c.cause, outbox.c.body)
        .where(outbox.c.phone_hmac == keys.phone_hmac(phone))
        .order_by(outbox.c.id)
    )
    return [
        (Delivery(row.state), keys.people.open(row.body, f"outbox|body|{row.cause}"))
        for row in connection.execute(query)
    ]
