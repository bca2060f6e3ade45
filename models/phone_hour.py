"""The last hour of one phone: what it asked, what it was sent, what it waits for.

Nothing of it tells a number or what was typed.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, func, select

from models.base import in_utc
from models.call_backs import call_backs
from models.lookups import Channel, Outcome, lookups
from models.outbox import Delivery, outbox
from models.reports import reports
from models.subscriptions import subscriptions

HOUR = timedelta(hours=1)
_MOST = 20


@dataclass(frozen=True)
class Looked:
    """Look-ups that came the same way to the same outcome."""

    channel: Channel
    outcome: Outcome
    count: int
    last_at: datetime


@dataclass(frozen=True)
class Texted:
    """A text to the phone, and what became of it."""

    at: datetime
    state: Delivery


@dataclass(frozen=True)
class Waited:
    """What the phone asked for, and whether that is still to be seen to.

    Attributes:
        about: a report's matter, or the kind of document that is waited for; empty where
            there is none.
    """

    at: datetime
    is_open: bool
    about: str = ""


@dataclass(frozen=True)
class PhoneHour:
    """What a phone did in the last hour; of what it waits for, all that is open besides."""

    looked: tuple[Looked, ...]
    texts: tuple[Texted, ...]
    call_backs: tuple[Waited, ...]
    reports: tuple[Waited, ...]
    subscriptions: tuple[Waited, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the phone did nothing, and waits for nothing."""
        parts = (self.looked, self.texts, self.call_backs, self.reports, self.subscriptions)
        return not any(parts)


def phone_hour(connection: Connection, phone_hmacs: Collection[bytes]) -> PhoneHour:
    """Read the last hour of a phone.

    Args:
        phone_hmacs: the phone's, under every key version.
    """
    since = datetime.now(UTC) - HOUR
    kept, told = reports.c, subscriptions.c
    return PhoneHour(
        tuple(_looked(connection, phone_hmacs, since)),
        tuple(_texts(connection, phone_hmacs, since)),
        _waited(connection, phone_hmacs, since, call_backs.c.made_at, call_backs.c.closed_at),
        _waited(connection, phone_hmacs, since, kept.made_at, kept.closed_at, kept.matter),
        _waited(connection, phone_hmacs, since, told.made_at, told.met_at, told.kind),
    )


def _looked(
    connection: Connection, phone_hmacs: Collection[bytes], since: datetime
) -> Iterable[Looked]:
    last = func.max(lookups.c.at)
    query = (
        select(lookups.c.channel, lookups.c.outcome, func.count().label("times"), last)
        .where(lookups.c.phone_hmac.in_(phone_hmacs), lookups.c.at >= since)
        .group_by(lookups.c.channel, lookups.c.outcome)
        .order_by(last.desc())
    )
    for channel, outcome, count, at in connection.execute(query):
        yield Looked(Channel(channel), Outcome(outcome), count, in_utc(at))


def _texts(
    connection: Connection, phone_hmacs: Collection[bytes], since: datetime
) -> Iterable[Texted]:
    query = (
        select(outbox.c.made_at, outbox.c.state)
        .where(outbox.c.phone_hmac.in_(phone_hmacs), outbox.c.made_at >= since)
        .order_by(outbox.c.made_at.desc())
        .limit(_MOST)
    )
    for row in connection.execute(query):
        yield Texted(in_utc(row.made_at), Delivery(row.state))


def _waited(
    connection: Connection,
    phone_hmacs: Collection[bytes],
    since: datetime,
    made_at: Column[Any],
    over_at: Column[Any],
    about: Column[Any] | None = None,
) -> tuple[Waited, ...]:
    """Read what was asked for lately, or is open: the latest first."""
    named = made_at if about is None else about
    query = (
        select(made_at.label("made_at"), over_at.label("over_at"), named.label("about"))
        .where(
            made_at.table.c.phone_hmac.in_(phone_hmacs),
            (made_at >= since) | over_at.is_(None),
        )
        .order_by(made_at.desc())
        .limit(_MOST)
    )
    return tuple(
        Waited(in_utc(row.made_at), row.over_at is None, "" if about is None else row.about)
        for row in connection.execute(query)
    )
