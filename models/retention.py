"""How long things are kept, and removing what was kept long enough.

What is still open stays, however old: a message that waits or whose fate nobody knows, a
report or a call-back that nobody has seen to, a subscription that was not met, a document
that lies somewhere, a phone that wants no texts.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    delete,
    exists,
    func,
    select,
    text,
    tuple_,
    update,
)

from models.agent_calls import agent_calls
from models.agent_sessions import LONGEST, agent_sessions
from models.asked import asked
from models.audit import append
from models.base import Database
from models.boxes import box_items, boxes
from models.call_backs import call_backs
from models.callers import callers
from models.documents import State, batches, document_numbers, documents
from models.finished import finished
from models.history import document_changes
from models.importing import LOCK
from models.lookup_flags import lookup_flags
from models.lookups import forget, lookup_batches, lookups
from models.outbox import Delivery, outbox, outbox_documents
from models.ratings import ratings
from models.reported import stray_reports
from models.reports import reports
from models.sign_ins import FORGOTTEN, sign_in_tries
from models.stock_takes import stock_take_documents, stock_takes
from models.subscriptions import subscription_numbers, subscriptions

BATCH = 1_000
"""Rows that go in one transaction: a hop that writes waits for one of them at most."""

ASKED_DAYS, STRAY_DAYS = 2, 2
"""A day's budget, and reports of no known message, are of no use for longer."""

LEAST = {
    "lookups": 7,
    "sessions": 1,
    "messages": 31,
    "reports": 7,
    "documents": 31,
    "callers": 31,
}
"""The fewest days that may be set: who was told of a document lately is known from its text,
and what stood out is found over days."""

_FINAL = (Delivery.SENT, Delivery.DELIVERED, Delivery.FAILED)
_GONE = (State.COLLECTED, State.RETURNED)


@dataclass(frozen=True)
class Keep:
    """For how many days things are kept once they are over.

    Attributes:
        lookups: who asked for what, as HMACs, and what stood out of it.
        sessions: calls that ended: how long they took.
        messages: texts, and subscriptions that were met.
        reports: reports and call-backs that were closed, calls of agents, marks for centres.
        documents: documents that were collected or returned.
        callers: a phone's language, since it was last chosen.
    """

    lookups: int = 90
    sessions: int = 90
    messages: int = 180
    reports: int = 365
    documents: int = 365
    callers: int = 730


@dataclass(frozen=True)
class Rule:
    """Rows of a table that have been kept long enough.

    Attributes:
        name: what they are called in a report.
        over: which rows.
        within: columns of other tables that name these rows; theirs go first.
        empty: values that are written over, where the row itself has to stay.
        alone: no import may run meanwhile.
    """

    name: str
    table: Table
    over: ColumnElement[bool]
    within: tuple[Column[Any], ...] = ()
    empty: Mapping[str, object] = field(default_factory=dict)
    alone: bool = False


def looking(database: Database) -> AbstractContextManager[Connection]:
    """Lend a connection for a long look that holds up nobody who writes."""
    return database.working() if database.is_postgresql else database.reading()


def rules(keep: Keep, now: datetime) -> tuple[Rule, ...]:
    """Say what has been kept long enough at a moment (UTC)."""
    before = partial(_before, now)
    return (
        Rule("asked", asked, asked.c.day < before(ASKED_DAYS).date()),
        Rule("stray_reports", stray_reports, stray_reports.c.made_at < before(STRAY_DAYS)),
        Rule("sign_in_tries", sign_in_tries, sign_in_tries.c.tried_at < now - FORGOTTEN),
        Rule("agent_sessions", agent_sessions, agent_sessions.c.began_at < now - LONGEST),
        Rule("lookup_flags", lookup_flags, lookup_flags.c.closed_at < before(keep.lookups)),
        Rule("finished_sessions", finished, finished.c.ended_at < before(keep.sessions)),
        *_messages(before(keep.messages)),
        Rule("reports", reports, reports.c.closed_at < before(keep.reports)),
        Rule("call_backs", call_backs, call_backs.c.closed_at < before(keep.reports)),
        Rule("agent_calls", agent_calls, agent_calls.c.ended_at < before(keep.reports)),
        Rule("ratings", ratings, ratings.c.made_at < before(keep.reports)),
        Rule(
            "callers",
            callers,
            (callers.c.changed_at < before(keep.callers)) & callers.c.stopped_at.is_(None),
        ),
        Rule(
            "boxes",
            boxes,
            boxes.c.closed_at < before(keep.documents),
            within=(box_items.c.box_id,),
        ),
        Rule(
            "stock_takes",
            stock_takes,
            stock_takes.c.ended_at < before(keep.documents),
            within=(stock_take_documents.c.stock_take_id,),
        ),
        _documents(before(keep.documents)),
    )


def due(connection: Connection, keep: Keep, now: datetime) -> dict[str, int]:
    """Count what has been kept long enough at a moment (UTC), and remove nothing."""
    of_batches = select(func.coalesce(func.sum(lookup_batches.c.rows), 0)).where(
        lookup_batches.c.last_at < _before(now, keep.lookups),
        lookup_batches.c.forgotten_at.is_(None),
    )
    counts = {lookups.name: int(connection.scalars(of_batches).one())}
    for rule in rules(keep, now):
        over = select(func.count()).select_from(rule.table).where(rule.over)
        counts[rule.name] = connection.scalars(over).one()
    return counts


def apply(database: Database, keep: Keep, now: datetime, who: str) -> Iterator[tuple[str, int]]:
    """Remove what has been kept long enough, a batch of rows at a time.

    Between two batches it waits for as long as the last one took, so that hops write too.

    Args:
        who: the operator's account, for the audit.

    Yields:
        After each batch, of what, and how many rows went.
    """
    counts: Counter[str] = Counter()
    oldest = _before(now, keep.lookups)
    with database.working() as connection:
        to = _last_batch(connection, oldest)
        append(connection, who, "retention apply", lookups_to=to, **asdict(keep))
    for name, gone in _went(database, keep, now, oldest):
        counts[name] += gone
        yield name, gone
    with database.working() as connection:
        counts["batches"] = _remove_batches(connection, _before(now, keep.documents))
        went = {name: rows for name, rows in counts.items() if rows}
        append(connection, who, "retention done", **went)
    yield "batches", counts["batches"]


def _went(
    database: Database, keep: Keep, now: datetime, oldest: datetime
) -> Iterator[tuple[str, int]]:
    for gone in _gently(database, lambda connection: forget(connection, oldest)):
        yield lookups.name, gone
    for rule in rules(keep, now):
        for gone in _gently(database, _Sweep(rule)):
            yield rule.name, gone


def _before(now: datetime, days: int) -> datetime:
    return now.astimezone(UTC) - timedelta(days=days)


def _last_batch(connection: Connection, oldest: datetime) -> int:
    """Give the last batch of look-ups that goes: the audit names it before any has gone."""
    query = select(func.coalesce(func.max(lookup_batches.c.id), 0))
    return int(connection.scalars(query.where(lookup_batches.c.last_at < oldest)).one())


def _messages(before: datetime) -> Iterator[Rule]:
    """Say which texts go: those of campaigns leave a row, by which nobody is texted twice.

    What is left of them is without phone and text, for the campaign's ledger.
    """
    over = outbox.c.state.in_(_FINAL) & (outbox.c.changed_at < before)
    of_campaigns = outbox.c.campaign_id.is_not(None)
    yield Rule("outbox", outbox, over & ~of_campaigns, within=(outbox_documents.c.message_id,))
    yield Rule(
        "outbox, emptied",
        outbox,
        over & of_campaigns & (outbox.c.body != b""),
        empty={"phone": b"", "body": b"", "same": None},
    )
    yield Rule(
        "subscriptions",
        subscriptions,
        subscriptions.c.met_at < before,
        within=(subscription_numbers.c.subscription_id,),
    )


def _documents(before: datetime) -> Rule:
    """Say which documents go. The last one stays: the next import counts on from its id."""
    reported = exists().where(reports.c.document_id == documents.c.id)
    last = select(func.max(documents.c.id)).scalar_subquery()
    return Rule(
        "documents",
        documents,
        documents.c.state.in_(_GONE)
        & (documents.c.confirmed_on < before.date())
        & (documents.c.id < last)
        & ~reported,
        within=(
            document_numbers.c.document_id,
            document_changes.c.document_id,
            outbox_documents.c.document_id,
        ),
        alone=True,
    )


def _gently(database: Database, step: Callable[[Connection], int | None]) -> Iterator[int]:
    """Take steps, each a transaction of its own, until one gives None: how many rows went."""
    while True:
        began = time.monotonic()
        with database.working() as connection:
            gone = step(connection)
        if gone is None:
            return
        yield gone
        time.sleep(time.monotonic() - began)


class _Sweep:
    """Removes by a rule, a batch of rows at a time."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._last: Any = None
        self._is_over = False

    def __call__(self, connection: Connection) -> int | None:
        """Remove the next rows; None once there are none."""
        if self._is_over:
            return None
        keys = _next(connection, self._rule, self._last)
        self._is_over = len(keys) < BATCH
        if not keys:
            return None
        _remove(connection, self._rule, keys)
        self._last = keys[-1][0]
        return len(keys)


def _next(connection: Connection, rule: Rule, last: Any) -> list[tuple[Any, ...]]:
    """Find the next rows, and let nobody open one of them again meanwhile."""
    if rule.alone and connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
    columns = list(rule.table.primary_key.columns)
    query = select(*columns).where(rule.over).order_by(*columns).limit(BATCH)
    if last is not None:
        query = query.where(columns[0] >= last)
    found = connection.execute(query.with_for_update(of=rule.table, skip_locked=True))
    return [tuple(row) for row in found]


def _remove(connection: Connection, rule: Rule, keys: Sequence[tuple[Any, ...]]) -> None:
    if not keys:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    for column in rule.within:
        ids = [key[0] for key in keys]
        connection.execute(delete(column.table).where(column.in_(ids)))
    these = tuple_(*rule.table.primary_key.columns).in_(keys)
    if rule.empty:
        connection.execute(update(rule.table).where(these).values(dict(rule.empty)))
    else:
        connection.execute(delete(rule.table).where(these))


def _remove_batches(connection: Connection, before: datetime) -> int:
    """Remove old batches that nothing is of any more; those of files stay.

    By a file's digest it is known that it was loaded; and by whom.
    """
    query = select(batches.c.id).where(
        batches.c.digest.is_(None),
        batches.c.demonstration.is_(False),
        batches.c.made_at < before,
    )
    empty = set(connection.scalars(query))
    for column in (
        documents.c.batch_id,
        documents.c.loaded_by,
        document_numbers.c.batch_id,
        document_changes.c.batch_id,
    ):
        if empty:
            used = select(column).where(column.in_(empty)).distinct()
            empty -= set(connection.scalars(used))
    if empty:
        connection.execute(delete(batches).where(batches.c.id.in_(empty)))
    return len(empty)
