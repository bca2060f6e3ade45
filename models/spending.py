"""What texts cost in a day, and how fast they go: for the account as a whole, and exact.

Whoever takes messages locks the day's row, counts them in it and lets it go with the same
transaction: any number of senders on any number of machines keep to the limits together.
"""

import re
import time
from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    Float,
    Integer,
    Table,
    select,
    update,
)

from models.base import metadata
from models.outbox import Priority
from models.upsert import upsert

MONEY = 10_000
"""Parts of the country's currency that money is counted in: gateways write four places."""

CAMPAIGNS_SHARE = 0.9
"""Of a day's limit, what campaigns may use: the rest is kept for people who wait."""

_BURST_SECONDS = 1.0
_CLOCKS_SECONDS = 10.0
"""By how much the clocks of two senders may differ: a pace noted further ahead than this was
noted by a clock that was wrong, and holds nobody up."""

_COST = re.compile(r"[A-Z]{3} ([0-9]{1,9})(?:\.([0-9]{1,4}))?")

spending = Table(
    "spending",
    metadata,
    Column("day", Date, primary_key=True),
    Column("segments", Integer, nullable=False),
    Column("money", BigInteger, nullable=False),
    Column("paced_until", Float, nullable=False),
)


@dataclass(frozen=True)
class Limits:
    """What the account may send.

    Attributes:
        rate: messages a second.
        segments: a day; 0 is no limit.
        money: a day, in ten-thousandths of the currency; 0 is no limit.
        price: of a segment, in the same: what is counted until the gateway says better.
    """

    rate: float = 100.0
    segments: int = 0
    money: int = 0
    price: int = 0


def campaigns_day(limits: Limits, seconds: int) -> int:
    """Say how many segments of campaigns go out in a day at most, by rate and by limits.

    Args:
        seconds: a day's, in which campaigns are sent.
    """
    by_limit = [limits.segments] if limits.segments else []
    if limits.money and limits.price:
        by_limit.append(limits.money // limits.price)
    return int(min([limits.rate * seconds, *(one * CAMPAIGNS_SHARE for one in by_limit)]))


@dataclass(frozen=True)
class Spent:
    """What went out on a day: segments, and money in ten-thousandths."""

    segments: int = 0
    money: int = 0


def money_of(cost: str | None) -> int | None:
    """Read what a gateway charged: "KES 0.8000" is 8,000 ten-thousandths; None if unread."""
    shape = _COST.fullmatch(cost or "")
    return int(shape[1]) * MONEY + int((shape[2] or "").ljust(4, "0")) if shape else None


def spent_on(connection: Connection, day: date) -> Spent:
    """Say what went out on a day, what is on its way included."""
    row = connection.execute(select(spending).where(spending.c.day == day)).first()
    return Spent(row.segments, row.money) if row else Spent()


class Purse:
    """A day's spending, locked until the transaction ends; `keep` writes what was taken."""

    def __init__(self, connection: Connection, limits: Limits, day: date) -> None:
        self._connection = connection
        self._limits = limits
        self._day = day
        row = self._lock()
        self._segments, self._money = row.segments, row.money
        now = time.time()
        is_true = row.paced_until < now + _BURST_SECONDS + _CLOCKS_SECONDS
        self._paced_until = max(now, row.paced_until if is_true else now)
        self._room = (now + _BURST_SECONDS - self._paced_until) * limits.rate
        self._taken = 0

    @property
    def is_in_haste(self) -> bool:
        """Say whether the account's rate allows no further message just now."""
        return self._taken + 1 > self._room

    def take(self, segments: int, priority: Priority) -> bool:
        """Count one message, where the day allows it."""
        if self.is_in_haste or not self._affords(segments, priority):
            return False
        self._taken += 1
        self._segments += segments
        self._money += segments * self._limits.price
        return True

    def keep(self) -> None:
        """Write what was taken."""
        if not self._taken:
            return
        paced_until = self._paced_until + self._taken / self._limits.rate
        self._connection.execute(
            update(spending)
            .where(spending.c.day == self._day)
            .values(segments=self._segments, money=self._money, paced_until=paced_until)
        )

    def _affords(self, segments: int, priority: Priority) -> bool:
        share = CAMPAIGNS_SHARE if priority is Priority.CAMPAIGN else 1
        limits = self._limits
        money = self._money + segments * limits.price
        return not (
            (limits.segments and self._segments + segments > limits.segments * share)
            or (limits.money and money > limits.money * share)
        )

    def _lock(self) -> "_Row":
        query = select(spending).where(spending.c.day == self._day).with_for_update()
        row = self._connection.execute(query).first()
        if row is None:
            fresh = {"day": self._day, "segments": 0, "money": 0, "paced_until": 0.0}
            upsert(self._connection, spending, fresh, on=["day"])
            row = self._connection.execute(query).one()
        return _Row(row.segments, row.money, row.paced_until)


@dataclass(frozen=True)
class _Row:
    segments: int
    money: int
    paced_until: float


def correct(connection: Connection, day: date, segments: int, money: int) -> None:
    """Add to a day's count, or take from it, once it is known what messages came to."""
    if segments or money:
        connection.execute(
            update(spending)
            .where(spending.c.day == day)
            .values(segments=spending.c.segments + segments, money=spending.c.money + money)
        )
