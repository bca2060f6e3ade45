"""The outbox: every SMS to be sent, and what became of it.

A message is queued once for what caused it, in the transaction of its cause. What senders do
with it lives in `models/sending.py`, what gateways report of it in `models/reported.py`.
"""

import logging
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Select,
    SmallInteger,
    String,
    Table,
    exists,
    func,
    insert,
    or_,
    select,
    text,
)

from models.base import in_utc, metadata
from models.gsm7 import segments
from models.keys import Keys
from models.upsert import upserted

_log = logging.getLogger(__name__)

CALL = timedelta(minutes=10)
"""Longer than any call: within it, what is wished for again is the same wish."""


class Delivery(StrEnum):
    """What became of a message."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Priority(IntEnum):
    """Who waits for a message; a lower one goes first."""

    ANSWER = 0
    NOTICE = 1
    CAMPAIGN = 2


HANDED_OVER = (Delivery.SUBMITTING, Delivery.SENT, Delivery.DELIVERED, Delivery.UNKNOWN)
"""The states of a message that may have reached its phone."""

_RowId = BigInteger().with_variant(Integer, "sqlite")

outbox = Table(
    "outbox",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("cause", String(100), nullable=False, unique=True),
    Column("priority", SmallInteger, nullable=False, server_default=text("0")),
    Column("phone_hmac", LargeBinary(32), nullable=False),
    Column("phone", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("segments", SmallInteger, nullable=False, server_default=text("1")),
    Column("same", LargeBinary(32)),
    Column("code", String(5)),
    Column("campaign_id", BigInteger),
    Column("state", String(10), nullable=False),
    Column("attempts", SmallInteger, nullable=False, default=0),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("submitting_at", DateTime(timezone=True)),
    Column("sent_at", DateTime(timezone=True)),
    Column("delivered_at", DateTime(timezone=True)),
    Column("failed_at", DateTime(timezone=True)),
    Column("unknown_at", DateTime(timezone=True)),
    Column("gateway", String(20)),
    Column("gateway_id", String(100)),
    Column("cost", String(100)),
    Column("money", BigInteger),
    Column("reason", String(60)),
    Index("ix_outbox_state_priority", "state", "priority", "due_at"),
    Index("ix_outbox_phone_hmac_code", "phone_hmac", "code"),
    Index("ix_outbox_phone_hmac_made", "phone_hmac", "made_at"),
    Index("ix_outbox_submitting_at", "submitting_at"),
    Index("ix_outbox_gateway_id", "gateway_id"),
    Index("ix_outbox_campaign_id", "campaign_id", "state"),
    Index("ix_outbox_made_at", "made_at"),
)
"""`same` is an HMAC of phone and text, by which the same text is known; `money` is what it
cost, in ten-thousandths of the country's currency."""

outbox_documents = Table(
    "outbox_documents",
    metadata,
    Column("message_id", _RowId, ForeignKey("outbox.id"), primary_key=True),
    Column("document_id", _RowId, primary_key=True),
    Index("ix_outbox_documents_document_id", "document_id"),
)
"""The documents that a message says are ready: it goes out only while one of them is."""


def row_of(
    keys: Keys,
    cause: str,
    phone: str,
    body: str,
    code: str = "",
    priority: Priority = Priority.ANSWER,
    campaign_id: int | None = None,
    due_at: datetime | None = None,
) -> dict[str, Any]:
    """Write a message as a row of the table, queued now.

    Args:
        cause: what the message answers, without personal data in clear.
        phone: E.164.
        body: the text, GSM 7-bit.
        code: the one that the text carries, if it carries one.
        due_at: not before this moment; by default at once.
    """
    now = datetime.now(UTC)
    return {
        "cause": cause,
        "priority": priority,
        "phone_hmac": keys.phone_hmac(phone),
        "phone": keys.people.seal(phone, phone_row(cause)),
        "body": keys.people.seal(body, body_row(cause)),
        "segments": segments(body),
        "same": keys.subject(f"same|{phone}|{body}"),
        "code": code or None,
        "campaign_id": campaign_id,
        "state": Delivery.QUEUED,
        "attempts": 0,
        "made_at": now,
        "changed_at": now,
        "due_at": due_at or now,
    }


def queue(
    connection: Connection,
    keys: Keys,
    cause: str,
    phone: str,
    body: str,
    code: str = "",
    priority: Priority = Priority.ANSWER,
    documents: tuple[int, ...] = (),
) -> bool:
    """Queue an SMS for what caused it; the same cause queues nothing twice.

    Args:
        cause: what the message answers, without personal data in clear.
        phone: E.164.
        body: the text, GSM 7-bit.
        code: the one that the text carries, if it carries one.
        documents: those that the text says are ready, where it is to be sent only then.

    Returns:
        Whether the message is new.
    """
    row = row_of(keys, cause, phone, body, code, priority)
    new = upserted(connection, outbox, row, on=["cause"])
    if new is None:
        return False
    _log.info("sms queued", extra={"sms": new.id})
    if documents:
        told = [{"message_id": new.id, "document_id": one} for one in documents]
        connection.execute(insert(outbox_documents), told)
    return True


def notice_code(keys: Keys, cause: str, phone: str) -> str:
    """Give the code of a message: five digits that only 1919 can tell for this phone."""
    drawn = int.from_bytes(keys.subject(f"notice code|{phone}|{cause}")[:8])
    return str(10_000 + drawn % 90_000)


def sent_with_code(
    connection: Connection, phone_hmacs: Collection[bytes], code: str
) -> datetime | None:
    """Say when the message with a code was queued that went out to a phone.

    Args:
        phone_hmacs: the phone's, under every key version.

    Returns:
        The latest such moment; None where no such message was handed to the gateway.
    """
    query = select(func.max(outbox.c.made_at)).where(
        outbox.c.phone_hmac.in_(phone_hmacs),
        outbox.c.code == code,
        outbox.c.state.in_(HANDED_OVER),
    )
    moment: datetime | None = connection.scalar(query)
    return moment and in_utc(moment)


def is_queued(connection: Connection, cause: str) -> bool:
    """Say whether a message for `cause` was ever queued."""
    query = select(outbox.c.id).where(outbox.c.cause == cause)
    return connection.execute(query).first() is not None


def queued_since(connection: Connection, cause: str, moment: datetime) -> bool:
    """Say whether a message for `cause` was queued after `moment`."""
    query = select(outbox.c.id).where(outbox.c.cause == cause, outbox.c.made_at > moment)
    return connection.execute(query).first() is not None


def causes_to(
    connection: Connection, phone_hmacs: Collection[bytes], beginnings: Collection[str]
) -> dict[str, datetime]:
    """Give when messages to a phone were queued, by causes that begin in one of some ways.

    Args:
        phone_hmacs: the phone's, under every key version.
        beginnings: without `%` and `_`.
    """
    query = select(outbox.c.cause, outbox.c.made_at).where(
        outbox.c.phone_hmac.in_(phone_hmacs),
        or_(*(outbox.c.cause.like(f"{one}%") for one in beginnings)),
    )
    return {row.cause: in_utc(row.made_at) for row in connection.execute(query)}


def answers_since(
    connection: Connection, phone_hmacs: Collection[bytes], moment: datetime
) -> int:
    """Count the answers queued for a phone after `moment`."""
    return connection.scalars(_answers_since(phone_hmacs, moment)).one()


def is_queued_or_lately(
    connection: Connection, cause: str, phone_hmacs: Collection[bytes], moment: datetime
) -> tuple[bool, int]:
    """Say whether a message for `cause` was ever queued, and count a phone's answers.

    One statement tells both: every text that comes asks it.
    """
    queued = exists().where(outbox.c.cause == cause)
    lately = _answers_since(phone_hmacs, moment).scalar_subquery()
    row = connection.execute(select(queued, lately)).one()
    return bool(row[0]), int(row[1])


def _answers_since(phone_hmacs: Collection[bytes], moment: datetime) -> Select[int]:
    return select(func.count()).where(
        outbox.c.phone_hmac.in_(phone_hmacs),
        outbox.c.made_at > moment,
        outbox.c.priority == Priority.ANSWER,
    )


def by_state(connection: Connection) -> dict[Delivery, int]:
    """Count messages by state."""
    query = select(outbox.c.state, func.count()).group_by(outbox.c.state)
    return {Delivery(state): n for state, n in connection.execute(query)}


def texts_to(connection: Connection, keys: Keys, phone: str) -> list[tuple[Delivery, str]]:
    """Read the messages to one phone, oldest first: for a phone on a screen, and for tests."""
    query = (
        select(outbox.c.state, outbox.c.cause, outbox.c.body)
        .where(outbox.c.phone_hmac.in_(keys.phone_hmacs(phone)))
        .order_by(outbox.c.id)
    )
    return [
        (Delivery(row.state), keys.people.open(row.body, body_row(row.cause)))
        for row in connection.execute(query)
    ]


def phone_row(cause: str) -> str:
    """Name the row of a message, to bind its phone's ciphertext to."""
    return f"outbox|phone|{cause}"


def body_row(cause: str) -> str:
    """Name the row of a message, to bind its text's ciphertext to."""
    return f"outbox|body|{cause}"
