"""What operators ask of the outbox: how much waits, for how long, and what became of the rest.

States and what waits are counted in one statement, so that their numbers fit together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select

from models.base import STATEMENT_SECONDS, Database, in_utc
from models.callers import callers
from models.gateways import Absence, absences
from models.outbox import Delivery, Priority, outbox
from models.reported import stray_reports
from models.spending import Limits, Spent, spent_on
from models.subscriptions import subscriptions

WINDOWS = (60, 600, 3600)
"""The stretches of time, in seconds, over which messages that were handed over are counted."""

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Waiting:
    """What is queued of one priority.

    Attributes:
        queued: all of it.
        due: what might go out now.
        oldest_due_seconds: how long the one has been due that has been so for longest; 0
            where none is.
    """

    queued: int = 0
    due: int = 0
    oldest_due_seconds: float = 0.0


@dataclass(frozen=True)
class Ages:
    """Messages of unknown fate, by how long that has been so."""

    hour: int = 0
    day: int = 0
    older: int = 0


@dataclass(frozen=True)
class Counts:
    """How the sending of texts stands.

    Attributes:
        states: messages by state, every state.
        waiting: what is queued, by priority.
        submitting_seconds: how long the oldest message has been in a gateway's hands that is
            there now; 0 where none is.
        unknown: messages of unknown fate.
        handed_over: how many were handed to gateways in the last seconds, by `WINDOWS`,
            whatever became of them.
        spent: today, there.
        limits: what a day may come to.
        away: the gateways that nothing is handed to.
        strays: reports for which no message was found.
        subscriptions: open ones.
        stopped: phones that want no texts unasked.
    """

    states: Mapping[Delivery, int]
    waiting: Mapping[Priority, Waiting]
    submitting_seconds: float
    unknown: Ages
    handed_over: Mapping[int, int]
    spent: Spent
    limits: Limits
    away: tuple[Absence, ...]
    strays: int
    subscriptions: int
    stopped: int


@dataclass(frozen=True)
class Unknown:
    """A message of unknown fate, without its phone and its text."""

    id: int
    submitted_at: datetime | None
    gateway: str
    reason: str
    attempts: int
    campaign_id: int | None


def sms_counts(
    database: Database, day: date, limits: Limits, seconds: float = STATEMENT_SECONDS
) -> Counts:
    """Count all that operators ask of.

    Args:
        day: today there, whose spending is told.
        seconds: how long one statement may take; there are four.

    Raises:
        Unavailable: the database is away, or took longer.
    """
    now = datetime.now(UTC)
    with database.reading(seconds) as connection:
        counted = dict(connection.execute(_counted(now)).mappings().one())
    with database.reading(seconds) as connection:
        handed_over = connection.execute(_handed_over(now)).one()
    with database.reading(seconds) as connection:
        away = absences(connection)
    with database.reading(seconds) as connection:
        spent = spent_on(connection, day)
    waiting = {priority: _waiting(counted, priority, now) for priority in Priority}
    queued = sum(one.queued for one in waiting.values())
    return Counts(
        states={state: counted.get(state, queued) for state in Delivery},
        waiting=waiting,
        submitting_seconds=_seconds(counted["submitting_since"], now),
        unknown=_ages(counted),
        handed_over=dict(zip(WINDOWS, handed_over, strict=True)),
        spent=spent,
        limits=limits,
        away=tuple(away),
        strays=counted["strays"],
        subscriptions=counted["subscriptions"],
        stopped=counted["stopped"],
    )


def unknown_ones(connection: Connection, most: int) -> list[Unknown]:
    """List messages of unknown fate, those first that have been so for longest."""
    query = (
        select(
            outbox.c.id,
            outbox.c.submitting_at,
            outbox.c.gateway,
            outbox.c.reason,
            outbox.c.attempts,
            outbox.c.campaign_id,
        )
        .where(outbox.c.state == Delivery.UNKNOWN)
        .order_by(outbox.c.unknown_at, outbox.c.id)
        .limit(most)
    )
    return [
        Unknown(
            row.id,
            row.submitting_at and in_utc(row.submitting_at),
            row.gateway or "",
            row.reason or "",
            row.attempts,
            row.campaign_id,
        )
        for row in connection.execute(query)
    ]


def _counted(now: datetime) -> Select[*tuple[Any, ...]]:
    """Write the one statement: each number is a subquery that an index answers.

    A count for each state costs half of what one by group does, and no row is counted twice.
    """
    parts: dict[str, Select[Any]] = {
        state: _many(outbox, _is(state)) for state in Delivery if state is not Delivery.QUEUED
    }
    for priority in Priority:
        waits = _is(Delivery.QUEUED), outbox.c.priority == priority
        due = outbox.c.due_at <= now
        parts |= {
            f"due_{priority}": _many(outbox, *waits, due),
            f"later_{priority}": _many(outbox, *waits, outbox.c.due_at > now),
            f"due_since_{priority}": select(func.min(outbox.c.due_at)).where(*waits, due),
        }
    unknown = _is(Delivery.UNKNOWN)
    parts |= {
        "unknown_hour": _many(outbox, unknown, outbox.c.unknown_at > now - _HOUR),
        "unknown_day": _many(outbox, unknown, outbox.c.unknown_at > now - _DAY),
        "submitting_since": select(func.min(outbox.c.submitting_at)).where(
            _is(Delivery.SUBMITTING)
        ),
        "strays": _many(stray_reports),
        "subscriptions": _many(subscriptions, subscriptions.c.met_at.is_(None)),
        "stopped": _many(callers, callers.c.stopped_at.is_not(None)),
    }
    return select(*(part.scalar_subquery().label(name) for name, part in parts.items()))


def _handed_over(now: datetime) -> Select[*tuple[Any, ...]]:
    """Write the statement that counts what was handed over lately, a column a window."""
    since = {window: now - timedelta(seconds=window) for window in WINDOWS}
    return select(
        *(func.count().filter(outbox.c.submitting_at > one) for one in since.values())
    ).where(outbox.c.submitting_at > since[max(WINDOWS)])


def _is(state: Delivery) -> ColumnElement[bool]:
    return outbox.c.state == state


def _many(table: Table, *conditions: ColumnElement[bool]) -> Select[Any]:
    return select(func.count()).select_from(table).where(*conditions)


def _waiting(counted: Mapping[str, Any], priority: Priority, now: datetime) -> Waiting:
    due, later = counted[f"due_{priority}"], counted[f"later_{priority}"]
    return Waiting(due + later, due, _seconds(counted[f"due_since_{priority}"], now))


def _ages(counted: Mapping[str, Any]) -> Ages:
    hour, day = counted["unknown_hour"], counted["unknown_day"]
    return Ages(hour, day - hour, counted[Delivery.UNKNOWN] - day)


def _seconds(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - in_utc(since)).total_seconds()) if since else 0.0
