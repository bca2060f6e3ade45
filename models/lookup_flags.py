"""What stands out among look-ups: signs of somebody who tries numbers, for operators to see.

Nobody is refused anything for a flag. There are three kinds, all of them of look-ups that
were the first of a phone for a number that day:

- many different numbers of one hundred within a day, whoever asks and in whatever order.
  Every number is one of two hundreds, which overlap by half;
- a phone that missed with many different numbers since its last hit, over however many days;
- the whole line missing more than it should: a cumulative sum (CUSUM, Page 1954) of how much
  likelier each look-up is if it misses halfway between the expected share and always. Its
  mean time between false alarms is at least e to the power of its threshold (Lorden 1971).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Exists,
    Float,
    Index,
    Integer,
    LargeBinary,
    Select,
    SmallInteger,
    String,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from models.among import among
from models.base import in_utc, metadata
from models.lookups import MISSES, Lookup, Outcome, lookups
from models.upsert import upsert

NEIGHBOURS = 30
"""Different numbers of one hundred: so many tries of any run of fifty. A day of 60,000 honest
look-ups has 5 of a hundred where a fifth of the numbers lies waiting, and 11 where two do."""

MISSED = 40
"""Numbers that one phone misses with. Of 600,000 honest look-ups of which 70 % miss, all of
them by phones that ask every day, this flags 0.1."""

THRESHOLD = 14.0
"""Of the sum over the whole line: a false flag in 1,200,000 honest look-ups at most."""

WINDOW = timedelta(days=1)
_MANY = 500
_WHOLE = b""
_ONLY = 1


class Sign(StrEnum):
    """Which kind of flag it is."""

    SEQUENCE = "sequence"
    PHONE = "phone"
    LINE = "line"


lookup_flags = Table(
    "lookup_flags",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("about", LargeBinary(32), nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_at", DateTime(timezone=True), nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
)
_OPEN = lookup_flags.c.closed_at.is_(None)
Index("ix_lookup_flags_kind", lookup_flags.c.kind, lookup_flags.c.about)
Index(
    "uq_lookup_flags_open",
    lookup_flags.c.kind,
    lookup_flags.c.about,
    unique=True,
    postgresql_where=_OPEN,
    sqlite_where=_OPEN,
)

lookup_scores = Table(
    "lookup_scores",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("value", Float, nullable=False),
    Column("count", Integer, nullable=False),
    Column("since", DateTime(timezone=True)),
)


@dataclass(frozen=True)
class Score:
    """The sum over the whole line, and what it is of.

    Attributes:
        count: look-ups since the sum was last nought.
        since: the moment of the first of them.
    """

    value: float = 0.0
    count: int = 0
    since: datetime | None = None

    def after(self, missed: bool, at: datetime, miss_share: float) -> "Score":
        """Give the sum after one look-up more.

        Args:
            miss_share: the share that honest callers miss.
        """
        suspect = (1 + miss_share) / 2
        if missed:
            value = self.value + math.log(suspect / miss_share)
        else:
            value = self.value + math.log((1 - suspect) / (1 - miss_share))
        if value <= 0:
            return Score()
        # What is far over the threshold would take as long to come down again.
        return Score(min(value, 2 * THRESHOLD), self.count + 1, self.since or at)

    @property
    def stands_out(self) -> bool:
        """Say whether it is over the threshold."""
        return self.value >= THRESHOLD


@dataclass(frozen=True)
class Mark:
    """Something that stands out.

    Attributes:
        about: the HMAC of the hundred or of the phone; empty for the whole line.
        count: the different numbers; for the whole line the look-ups.
    """

    kind: Sign
    about: bytes
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Flag:
    """A flag as operators see it.

    Attributes:
        phones: how many phones the look-ups in question came from.
        channels: by which ways they came.
    """

    id: int
    kind: Sign
    count: int
    first_at: datetime
    last_at: datetime
    closed_at: datetime | None
    phones: int
    channels: tuple[str, ...]


def watch(connection: Connection, given: Iterable[Lookup], miss_share: float) -> list[Mark]:
    """Look at what came in, which is kept already; give what stands out newly.

    Args:
        given: a batch, in its order.
        miss_share: the share that honest callers miss.
    """
    fresh = [one for one in given if one.fresh]
    if not fresh:
        return []
    marks = chain(
        _sequences(connection, fresh),
        _phones(connection, fresh),
        _whole_line(connection, fresh, miss_share),
    )
    return [one for one in marks if _raise(connection, one)]


def open_flags(connection: Connection) -> dict[Sign, int]:
    """Count the open flags of every kind."""
    query = select(lookup_flags.c.kind, func.count()).where(_OPEN)
    rows = connection.execute(query.group_by(lookup_flags.c.kind)).all()
    return {kind: sum(n for one, n in rows if one == kind) for kind in Sign}


def flags(connection: Connection, closed: bool = False, most: int = 100) -> list[Flag]:
    """List flags, the latest first.

    Args:
        closed: those that were closed too.
    """
    query = select(lookup_flags).order_by(lookup_flags.c.id.desc()).limit(most)
    rows = connection.execute(query if closed else query.where(_OPEN)).all()
    return [_flag(connection, row) for row in rows]


def close(connection: Connection, flag_id: int, now: datetime) -> Sign | None:
    """Close a flag: what was asked until now counts for no other one.

    Returns:
        Its kind; None where there is no such open flag.
    """
    closed = (
        update(lookup_flags)
        .where(lookup_flags.c.id == flag_id, _OPEN)
        .values(closed_at=now)
        .returning(lookup_flags.c.kind)
    )
    kind = connection.scalar(closed)
    if kind == Sign.LINE:
        connection.execute(delete(lookup_scores))
    return Sign(kind) if kind else None


def erase(connection: Connection, phone_hmacs: Sequence[bytes]) -> int:
    """Remove the flags of a phone; give how many."""
    mine = (lookup_flags.c.kind == Sign.PHONE) & lookup_flags.c.about.in_(phone_hmacs)
    return int(connection.execute(delete(lookup_flags).where(mine)).rowcount)


def _sequences(connection: Connection, fresh: Sequence[Lookup]) -> Iterable[Mark]:
    hundreds = {one.near[0] for one in fresh if one.near[0]}
    yield from _in_hundreds(connection, fresh, hundreds, lookups.c.hundred, lookups.c.shifted)
    shifted = {one.near[1] for one in fresh if one.near[1]}
    yield from _in_hundreds(connection, fresh, shifted, lookups.c.shifted, lookups.c.hundred)


def _in_hundreds(
    connection: Connection,
    fresh: Sequence[Lookup],
    touched: Iterable[bytes],
    near: ColumnElement[Any],
    other: ColumnElement[Any],
) -> Iterable[Mark]:
    """Look at the hundreds that were asked for, without what another flag is about."""
    since = max(one.at for one in fresh) - WINDOW
    for part in _parts(touched):
        given = {"touched": part, "since": since}
        counting = _many_in_one(connection.dialect.name, near, other)
        for row in connection.execute(counting, given).all():
            yield _mark(Sign.SEQUENCE, *row)


@cache
def _many_in_one(
    dialect: str, near: ColumnElement[Any], other: ColumnElement[Any]
) -> Select[Any]:
    """Make the statement that counts the numbers of some hundreds, asked since a moment."""
    counted = func.count(lookups.c.subject.distinct())
    return (
        select(near, counted, func.min(lookups.c.at), func.max(lookups.c.at))
        .where(among(dialect, near, "touched"), lookups.c.fresh)
        .where(lookups.c.at > bindparam("since"))
        .where(~_is_settled(Sign.SEQUENCE, near), ~_stands_out(Sign.SEQUENCE, other))
        .group_by(near)
        .having(counted >= NEIGHBOURS)
    )


def _phones(connection: Connection, fresh: Sequence[Lookup]) -> Iterable[Mark]:
    missed = {one.phone_hmac for one in fresh if one.outcome in MISSES}
    for part in _parts(missed):
        counting = _many_missed(connection.dialect.name)
        for row in connection.execute(counting, {"touched": part}).all():
            yield _mark(Sign.PHONE, *row)


@cache
def _many_missed(dialect: str) -> Select[Any]:
    """Make the statement that counts what some phones missed with since their last hits."""
    phone, hit = lookups.c.phone_hmac, lookups.alias()
    counted = func.count(lookups.c.subject.distinct())
    has_hit = exists().where(
        hit.c.phone_hmac == phone,
        hit.c.fresh,
        hit.c.at >= lookups.c.at,
        hit.c.outcome == Outcome.FOUND,
    )
    return (
        select(phone, counted, func.min(lookups.c.at), func.max(lookups.c.at))
        .where(among(dialect, phone, "touched"), lookups.c.fresh, ~has_hit)
        .where(~_is_settled(Sign.PHONE, phone))
        .group_by(phone)
        .having(counted >= MISSED)
    )


def _whole_line(
    connection: Connection, fresh: Sequence[Lookup], miss_share: float
) -> Iterable[Mark]:
    highest = score = _score(connection)
    for one in fresh:
        score = score.after(one.outcome in MISSES, one.at, miss_share)
        highest = max(highest, score, key=lambda a: a.value)
    kept = {"id": _ONLY, "value": score.value, "count": score.count, "since": score.since}
    upsert(connection, lookup_scores, kept, on=["id"], change=["value", "count", "since"])
    if highest.stands_out and highest.since:
        yield Mark(Sign.LINE, _WHOLE, highest.count, highest.since, fresh[-1].at)


def _score(connection: Connection) -> Score:
    row = connection.execute(select(lookup_scores)).mappings().first()
    if row is None:
        return Score()
    since = in_utc(row["since"]) if row["since"] else None
    return Score(row["value"], row["count"], since)


def _is_settled(kind: Sign, about: ColumnElement[Any]) -> ColumnElement[bool]:
    """Make the condition that a look-up was before a flag about the same was closed."""
    return _flagged(kind, about).where(lookup_flags.c.closed_at >= lookups.c.at)


def _stands_out(kind: Sign, about: ColumnElement[Any]) -> ColumnElement[bool]:
    """Make the condition that a flag is about it, open or closed after the look-up."""
    counts = or_(_OPEN, lookup_flags.c.closed_at >= lookups.c.at)
    return _flagged(kind, about).where(counts)


def _flagged(kind: Sign, about: ColumnElement[Any]) -> Exists:
    return exists().where(lookup_flags.c.kind == kind, lookup_flags.c.about == about)


def _raise(connection: Connection, mark: Mark) -> bool:
    """Write a flag, or how an open one goes on; say whether it is new.

    Batches come one after the other, so nobody else raises the same one now.
    """
    same = and_(lookup_flags.c.kind == mark.kind, lookup_flags.c.about == mark.about, _OPEN)
    values = {"count": mark.count, "last_at": mark.last_at}
    goes_on = update(lookup_flags).where(same, lookup_flags.c.count <= mark.count)
    if connection.execute(select(lookup_flags.c.id).where(same)).first():
        connection.execute(goes_on.values(values))
        return False
    new = {"kind": mark.kind, "about": mark.about, "first_at": mark.first_at, **values}
    connection.execute(insert(lookup_flags).values(new))
    return True


def _mark(kind: Sign, about: bytes, count: int, first: datetime, last: datetime) -> Mark:
    return Mark(kind, bytes(about), count, in_utc(first), in_utc(last))


def _flag(connection: Connection, row: Any) -> Flag:
    """Read a flag, with whose look-ups it is of."""
    mine = [lookups.c.at >= row.first_at, lookups.c.at <= row.last_at, lookups.c.fresh]
    if row.kind == Sign.PHONE:
        mine.append(lookups.c.phone_hmac == row.about)
    elif row.kind == Sign.SEQUENCE:
        mine.append(or_(lookups.c.hundred == row.about, lookups.c.shifted == row.about))
    phones = func.count(lookups.c.phone_hmac.distinct())
    channels = select(lookups.c.channel).where(*mine).distinct().order_by(lookups.c.channel)
    return Flag(
        row.id,
        Sign(row.kind),
        row.count,
        in_utc(row.first_at),
        in_utc(row.last_at),
        in_utc(row.closed_at) if row.closed_at else None,
        connection.scalars(select(phones).where(*mine)).one(),
        tuple(connection.scalars(channels)),
    )


def _parts(whole: Iterable[bytes]) -> Iterable[list[bytes]]:
    """Divide what is asked for into what one statement takes."""
    sorted_whole = sorted(whole)
    for start in range(0, len(sorted_whole), _MANY):
        yield sorted_whole[start : start + _MANY]
