"""What came to centres and what went from them, a day, by centre and kind.

A day is the one on which the line learned of it: a day that is over never changes again.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    String,
    and_,
    case,
    exists,
    func,
    literal,
    select,
)

from models.documents import SHOWN, State, batches, documents
from models.history import document_changes
from models.outbox import Delivery, outbox, outbox_documents
from models.summaries.summary import Summary
from models.summaries.whole_day import WholeDay

LATELY = 31
"""Days: what was received longer ago when the line first heard of it is `listed`."""

FLOWS = Summary(
    "flows",
    keys=(Column("centre_code", String(8)), Column("kind", String(20))),
    counts=("received", "listed", "collected", "told", "returned"),
)
"""`received` became ready, or came ready in a list; `listed` likewise, but it had lain there
for long: a backlog that was loaded. `told` are those of the `collected` whose owner had been
texted before that the document lay ready. Moves between centres are none of these."""

Counted = dict[tuple[str, str], list[int]]
"""The counts of `FLOWS`, by centre and kind."""

_REACHED = (Delivery.SENT, Delivery.DELIVERED, Delivery.UNKNOWN)
_TO_COME = ("", State.COMING)
_NOT_GONE = (*_TO_COME, State.READY)
_RECEIVED, _LISTED, _COLLECTED, _TOLD, _RETURNED = range(5)


def batches_of(connection: Connection, day: WholeDay) -> list[int]:
    """List the batches that were loaded on a day."""
    query = select(batches.c.id).where(day.holds(batches.c.made_at))
    return list(connection.scalars(query))


def loaded(
    connection: Connection,
    day: WholeDay,
    its_batches: Collection[int],
    first_id: int,
    last_id: int,
) -> Sequence[Row[Any]]:
    """Count, among some documents, those that the line learned of on a day.

    They count as the day left them: they may have changed since.

    Args:
        its_batches: what was loaded on the day.
    """
    later = document_changes.c.at >= day.end
    began = func.coalesce(_was("was_state"), documents.c.state)
    now = func.coalesce(_was("was_state", later), documents.c.state)
    centre = func.coalesce(_was("was_centre", later), documents.c.centre_code)
    query = select(
        centre.label("centre"),
        documents.c.kind,
        case((began.in_(SHOWN), ""), else_=began).label("was"),
        now.label("now"),
        _is_recent(day).label("recent"),
        _is_told(now, literal(day.end)).label("told"),
        func.count().label("documents"),
    ).where(documents.c.loaded_by.in_(its_batches), documents.c.id.between(first_id, last_id))
    keys = ("centre", documents.c.kind, "was", "now", "recent", "told")
    return connection.execute(query.group_by(*keys)).all()


def changed(
    connection: Connection, day: WholeDay, its_batches: Collection[int]
) -> Sequence[Row[Any]]:
    """Count the documents that changed on a day, from what they were to what it left them.

    Args:
        its_batches: what was loaded on the day: `loaded` counts that.
    """
    ends = (
        select(
            document_changes.c.document_id,
            func.min(document_changes.c.id).label("first"),
            func.max(document_changes.c.id).label("last"),
        )
        .where(day.holds(document_changes.c.at))
        .group_by(document_changes.c.document_id)
        .subquery()
    )
    first, last = document_changes.alias("first"), document_changes.alias("last")
    query = (
        select(
            last.c.centre_code.label("centre"),
            documents.c.kind,
            first.c.was_state.label("was"),
            last.c.state.label("now"),
            literal(1).label("recent"),
            _is_told(last.c.state, last.c.at).label("told"),
            func.count().label("documents"),
        )
        .select_from(ends)
        .join(first, first.c.id == ends.c.first)
        .join(last, last.c.id == ends.c.last)
        .join(documents, documents.c.id == ends.c.document_id)
        .where(documents.c.loaded_by.not_in(its_batches))
    )
    keys = ("centre", documents.c.kind, "was", "now", "told")
    return connection.execute(query.group_by(*keys)).all()


def take(counted: Counted, rows: Iterable[Row[Any]]) -> None:
    """Add rows of `loaded` or `changed` to what was counted."""
    for row in rows:
        flow = counted.setdefault((row.centre, row.kind), [0] * len(FLOWS.counts))
        if row.was in _TO_COME and row.now not in _TO_COME:
            flow[_RECEIVED if row.recent else _LISTED] += row.documents
        if row.was in _NOT_GONE and row.now == State.COLLECTED:
            flow[_COLLECTED] += row.documents
            flow[_TOLD] += row.documents if row.told else 0
        if row.was in _NOT_GONE and row.now == State.RETURNED:
            flow[_RETURNED] += row.documents


def _was(column: str, *which: ColumnElement[bool]) -> ColumnElement[Any]:
    """Give what the first change of a document, or the first of some, changed."""
    return (
        select(document_changes.c[column])
        .where(document_changes.c.document_id == documents.c.id, *which)
        .order_by(document_changes.c.id)
        .limit(1)
        .correlate(documents)
        .scalar_subquery()
    )


def _is_recent(day: WholeDay) -> ColumnElement[int]:
    since = documents.c.received_on
    recent = since.is_(None) | (since > day.day - timedelta(days=LATELY))
    return case((recent, 1), else_=0)


def _is_told(state: ColumnElement[Any], before: ColumnElement[Any]) -> ColumnElement[int]:
    """Say whether a document was collected whose owner had been texted of it."""
    texted = exists().where(
        outbox_documents.c.document_id == documents.c.id,
        outbox.c.id == outbox_documents.c.message_id,
        outbox.c.state.in_(_REACHED),
        outbox.c.submitting_at < before,
    )
    return case((and_(state == State.COLLECTED, texted), 1), else_=0)
