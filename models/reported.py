"""What gateways report of messages that they took.

A report carries only the gateway's name for a message. It may come before the sender has
kept that name, twice, late, out of order, or for a message that is not ours. What finds no
message is kept for a day as a stray, and looked at again by `match_strays`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
)

from models.base import metadata
from models.keys import Keys
from models.outbox import Delivery

AGAIN = "again"
"""Begins the cause of a message that is tried once more; it is not tried a third time."""

_LATELY = timedelta(hours=1)
"""How old an `unknown` message may be for a report of its phone to settle it."""

_KEPT = timedelta(days=1)
_ENDS = (Delivery.DELIVERED, Delivery.FAILED)

stray_reports = Table(
    "stray_reports",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("gateway", String(20), nullable=False),
    Column("gateway_id", String(100), nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", String(60)),
    Column("phone_hmac", LargeBinary(32)),
    Column("made_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("gateway", "gateway_id", "state"),
    Index("ix_stray_reports_phone_hmac", "phone_hmac"),
)


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


def take_report(connection: Connection, keys: Keys, report: Report, again_at: datetime) -> bool:
    """Keep what a gateway reports.

    Args:
        again_at: when a phone that was absent is tried once more.

    Returns:
        Whether it is known which message it speaks of; else it is kept as a stray.
    """
    raise NotImplementedError
