"""What gateways report of messages that they took.

A report carries only the gateway's name for a message. It may come before the sender has
kept that name, twice, late, out of order, or for a message that is not ours. What finds no
message is kept for a day as a stray, and looked at again by `match_strays`.
"""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    delete,
    insert,
    literal,
    select,
    text,
    update,
)

from models.base import in_utc, metadata
from models.keys import Keys, Tampered
from models.outbox import (
    Delivery,
    Priority,
    body_row,
    outbox,
    outbox_documents,
    phone_row,
    row_of,
)
from models.upsert import upsert

AGAIN = "again"
"""Begins the cause of a message that is tried once more; no third try follows by itself."""

BY_HAND = "by hand"
"""Why a message moved on that a person settled."""

_LATELY = timedelta(hours=1)
"""How old an `unknown` message may be for a report of its phone to settle it, once it comes."""

_SKEW = timedelta(seconds=10)
"""How far the clocks of two machines may be apart."""

_KEPT = timedelta(days=1)
_log = logging.getLogger(__name__)
_ENDS = (Delivery.DELIVERED, Delivery.FAILED)

stray_reports = Table(
    "stray_reports",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("gateway", String(20), nullable=False),
    Column("gateway_id", String(100), nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", String(60)),
    Column("is_absent", Boolean, nullable=False, server_default=text("false")),
    Column("phone_hmac", LargeBinary(32)),
    Column("made_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("gateway", "gateway_id", "state"),
    Index("ix_stray_reports_phone_hmac", "phone_hmac"),
)


class Verdict(StrEnum):
    """What a person decides of a message of unknown fate; AGAIN has it sent once more."""

    DELIVERED = "delivered"
    FAILED = "failed"
    AGAIN = "again"


class NotToSettle(Exception):
    """A message is not to be settled by hand; the text says why."""


@dataclass(frozen=True)
class Report:
    """What a gateway reports of a message that it took.

    Attributes:
        state: SENT while it is on its way, DELIVERED or FAILED in the end; None where the
            gateway's word is not known.
        phone: E.164; empty where the report names none.
        reason: a word for why it failed, without personal data.
        is_absent: the phone was off or away: it may be reached another day.
    """

    gateway: str
    gateway_id: str
    state: Delivery | None
    phone: str = field(default="", repr=False)
    reason: str | None = None
    is_absent: bool = False


def take_report(
    connection: Connection,
    keys: Keys,
    report: Report,
    again_at: datetime,
    came_at: datetime | None = None,
) -> bool:
    """Keep what a gateway reports.

    Args:
        again_at: when a phone that was absent is tried once more.
        came_at: when the report came; by default now.

    Returns:
        Whether it is known which message it speaks of; else it is kept as a stray.
    """
    if report.state is None:
        return True
    phone_hmac = keys.phone_hmac(report.phone) if report.phone else None
    told = _Told(
        report.gateway,
        report.gateway_id,
        report.state,
        report.reason,
        report.is_absent,
        phone_hmac,
        came_at or datetime.now(UTC),
    )
    known = _apply(connection, keys, told, again_at)
    if not known:
        _keep_stray(connection, told)
    return known


def match_strays(connection: Connection, keys: Keys, again_at: datetime) -> int:
    """Look again for the messages that strays speak of; give how many were found.

    A report may have come before the sender kept the gateway's name for a message, or
    while a message whose sender had died was not given up yet.
    """
    matched = [
        row.id
        for row in connection.execute(_LIKELY_STRAYS).all()
        if _apply(connection, keys, _told(row), again_at)
    ]
    old = stray_reports.c.made_at < datetime.now(UTC) - _KEPT
    connection.execute(delete(stray_reports).where(stray_reports.c.id.in_(matched) | old))
    return len(matched)


def settle_by_hand(
    connection: Connection, keys: Keys, message_id: int, verdict: Verdict
) -> None:
    """Settle a message of unknown fate as a person decides.

    One that is sent once more has failed itself; another is queued in its place, now.

    Raises:
        NotToSettle: there is no such message, its fate is known, or it cannot be read.
    """
    query = select(*_MESSAGE).where(outbox.c.id == message_id).with_for_update()
    message = connection.execute(query).first()
    if message is None:
        raise NotToSettle("there is no such message")
    if message.state != Delivery.UNKNOWN:
        raise NotToSettle(f"it is {message.state}: only what is unknown is settled by hand")
    if verdict is Verdict.AGAIN and not _queue_again(
        connection, keys, message, datetime.now(UTC)
    ):
        raise NotToSettle("it cannot be read any more")
    state = Delivery.DELIVERED if verdict is Verdict.DELIVERED else Delivery.FAILED
    _become(connection, message, state, reason=BY_HAND)


@dataclass(frozen=True)
class _Told:
    """What was told of a message."""

    gateway: str
    gateway_id: str
    state: Delivery
    reason: str | None
    is_absent: bool
    phone_hmac: bytes | None
    made_at: datetime


_LIKELY_STRAYS = (
    select(stray_reports)
    .where(
        select(literal(1))
        .where(
            outbox.c.gateway == stray_reports.c.gateway,
            outbox.c.gateway_id == stray_reports.c.gateway_id,
        )
        .exists()
        | select(literal(1))
        .where(
            outbox.c.phone_hmac == stray_reports.c.phone_hmac,
            outbox.c.gateway == stray_reports.c.gateway,
            outbox.c.gateway_id.is_(None),
            outbox.c.state.in_((Delivery.UNKNOWN, Delivery.SENT)),
            outbox.c.submitting_at <= stray_reports.c.made_at,
        )
        .exists()
    )
    .order_by(stray_reports.c.id)
)


def _told(row: Any) -> _Told:
    return _Told(
        row.gateway,
        row.gateway_id,
        Delivery(row.state),
        row.reason,
        row.is_absent,
        row.phone_hmac,
        row.made_at,
    )


def _apply(connection: Connection, keys: Keys, told: _Told, again_at: datetime) -> bool:
    """Move on the message that is spoken of; say whether it is known which."""
    message = _named(connection, told) or _only_nameless(connection, told)
    if message is None:
        return False
    if _advance(connection, message, told) and told.is_absent:
        _try_again(connection, keys, message, again_at)
    return True


_MESSAGE = (
    outbox.c.id,
    outbox.c.state,
    outbox.c.cause,
    outbox.c.phone,
    outbox.c.body,
    outbox.c.code,
    outbox.c.priority,
    outbox.c.campaign_id,
    outbox.c.made_at,
)


def _named(connection: Connection, told: _Told) -> Any:
    """Find the message that a gateway knows by a name."""
    query = select(*_MESSAGE).where(
        outbox.c.gateway == told.gateway, outbox.c.gateway_id == told.gateway_id
    )
    return connection.execute(query.with_for_update()).first()


def _only_nameless(connection: Connection, told: _Told) -> Any:
    """Find the one message to a phone that bears no gateway's name, where there is but one.

    A message that is being submitted might be meant as well: then nobody can tell yet. What
    was submitted after the report came is not meant.
    """
    if told.phone_hmac is None:
        return None
    query = select(*_MESSAGE).where(
        outbox.c.phone_hmac == told.phone_hmac,
        outbox.c.gateway == told.gateway,
        outbox.c.gateway_id.is_(None),
        outbox.c.state.in_((Delivery.UNKNOWN, Delivery.SENT, Delivery.SUBMITTING)),
        outbox.c.submitting_at > told.made_at - _LATELY,
        outbox.c.submitting_at <= told.made_at + _SKEW,
    )
    found = connection.execute(query.with_for_update()).all()
    return found[0] if len(found) == 1 and found[0].state != Delivery.SUBMITTING else None


def _advance(connection: Connection, message: Any, told: _Told) -> bool:
    """Move a message on, never back; say whether it failed by this."""
    state = Delivery(message.state)
    if state in _ENDS or (state is Delivery.SENT and told.state is Delivery.SENT):
        return False
    _become(connection, message, told.state, gateway_id=told.gateway_id, reason=told.reason)
    _log.info("sms reported", extra={"sms": message.id, "state": str(told.state)})
    return told.state is Delivery.FAILED


def _become(connection: Connection, message: Any, state: Delivery, **values: Any) -> None:
    """Write a message's new state, with the moment it begins and what else is known."""
    now = datetime.now(UTC)
    dated = {"state": state, "changed_at": now, f"{state}_at": now, **values}
    connection.execute(update(outbox).where(outbox.c.id == message.id).values(dated))


def _try_again(connection: Connection, keys: Keys, message: Any, at: datetime) -> None:
    """Queue a message once more; one that is a second try already is given up."""
    if not message.cause.startswith(f"{AGAIN}|"):
        _queue_again(connection, keys, message, at)


def _queue_again(connection: Connection, keys: Keys, message: Any, at: datetime) -> bool:
    """Queue a message once more, as old as it was; say whether it is queued by this."""
    cause: str = message.cause
    try:
        phone = keys.people.open(message.phone, phone_row(cause))
        body = keys.people.open(message.body, body_row(cause))
    except Tampered:
        return False
    again = row_of(
        keys,
        f"{AGAIN}|{message.id}",
        phone,
        body,
        message.code or "",
        Priority(message.priority),
        message.campaign_id,
        at.astimezone(UTC),
    )
    again["made_at"] = in_utc(message.made_at)
    new = upsert(connection, outbox, again, on=["cause"])
    if new:
        _tell_of_the_same(connection, again["cause"], message.id)
    return new


def _tell_of_the_same(connection: Connection, cause: str, first_id: int) -> None:
    its_id = select(outbox.c.id).where(outbox.c.cause == cause).scalar_subquery()
    told_of = select(its_id, outbox_documents.c.document_id).where(
        outbox_documents.c.message_id == first_id
    )
    connection.execute(
        insert(outbox_documents).from_select(["message_id", "document_id"], told_of)
    )


def _keep_stray(connection: Connection, told: _Told) -> None:
    row = {
        "gateway": told.gateway,
        "gateway_id": told.gateway_id,
        "state": told.state,
        "reason": told.reason,
        "is_absent": told.is_absent,
        "phone_hmac": told.phone_hmac,
        "made_at": told.made_at,
    }
    upsert(connection, stray_reports, row, on=["gateway", "gateway_id", "state"])
