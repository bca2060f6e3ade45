"""Stock-takes: what a centre saw on its shelves, and what it did not.

What was seen is confirmed on that day. What should have been there and was not seen becomes
unconfirmed: callers are told that it is being checked, until it is seen again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Table,
    delete,
    exists,
    false,
    func,
    insert,
    select,
    update,
)

from models.base import in_utc, metadata
from models.boxes import box_items, boxes
from models.documents import State, batches, documents, unconfirmed
from models.history import document_changes
from models.lying import Lying, is_ready_at, lying, lying_of
from models.reports import close_confirmed
from models.upsert import upsert

_VARIABLES = 500
_RowId = BigInteger().with_variant(Integer, "sqlite")

stock_takes = Table(
    "stock_takes",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("centre_code", String(8), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("expected", Integer, nullable=False),
    Column("begun_by", String(30), nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("ended_by", String(30)),
    Column("ended_at", DateTime(timezone=True)),
    Index("ix_stock_takes_centre_code", "centre_code", "id"),
    Index("ix_stock_takes_ended_at", "ended_at"),
)
"""`kind` is empty for all kinds."""

stock_take_documents = Table(
    "stock_take_documents",
    metadata,
    Column("stock_take_id", _RowId, ForeignKey("stock_takes.id"), primary_key=True),
    Column("document_id", _RowId, primary_key=True, autoincrement=False),
    Column("seen_at", DateTime(timezone=True)),
    Column("was_unconfirmed", Boolean, nullable=False, server_default=false()),
)
"""What was seen; and once a stock-take is ended, without a moment, what was not: then
`was_unconfirmed` says that it had not been seen before either."""


@dataclass(frozen=True)
class StockTake:
    """A stock-take.

    Attributes:
        kind: the kind that it is of; empty for all.
        expected: how many should have been there when it began.
    """

    id: int
    centre_code: str
    kind: str
    expected: int
    begun_by: str
    begun_at: datetime
    ended_at: datetime | None = None
    seen: int = 0


class Ended(Exception):
    """The stock-take was ended meanwhile."""


def begin(connection: Connection, centre_code: str, kind: str, who: str) -> int:
    """Begin a stock-take; give its id.

    Args:
        kind: of which kind; empty for all.
        who: the officer's account.
    """
    there = is_ready_at(centre_code, kind)
    expected = select(func.count()).select_from(documents).where(*there)
    row = {
        "centre_code": centre_code,
        "kind": kind,
        "expected": connection.scalars(expected).one(),
        "begun_by": who,
        "begun_at": datetime.now(UTC),
    }
    made = insert(stock_takes).values(row).returning(stock_takes.c.id)
    return int(connection.execute(made).scalar_one())


def find_stock_take(
    connection: Connection, stock_take_id: int, centre_code: str, for_change: bool = False
) -> StockTake | None:
    """Give a stock-take of a centre; None where that centre has no such one.

    Args:
        for_change: nobody else scans for it, or ends it, before the transaction is over.
    """
    query = _query().where(
        stock_takes.c.id == stock_take_id, stock_takes.c.centre_code == centre_code
    )
    row = connection.execute(query.with_for_update() if for_change else query).first()
    return _stock_take(row) if row else None


def stock_takes_of(connection: Connection, centre_code: str, most: int = 20) -> list[StockTake]:
    """List a centre's latest stock-takes, the last one first."""
    query = _query().where(stock_takes.c.centre_code == centre_code)
    latest = query.order_by(stock_takes.c.id.desc()).limit(most)
    return [_stock_take(row) for row in connection.execute(latest)]


def see(connection: Connection, taken: StockTake, document_id: int) -> bool:
    """Note that a document was seen at a stock-take that is held for change.

    Returns:
        Whether it had not been seen before.

    Raises:
        Ended: it was ended.
    """
    if taken.ended_at is not None:
        raise Ended
    row = {
        "stock_take_id": taken.id,
        "document_id": document_id,
        "seen_at": datetime.now(UTC),
    }
    return upsert(connection, stock_take_documents, row, on=["stock_take_id", "document_id"])


def unseen(connection: Connection, taken: StockTake, most: int | None = None) -> list[Lying]:
    """List what should be there and was not seen; once it is ended, what was not then.

    What came, or was changed, since the stock-take began is not looked for.
    """
    mine = stock_take_documents.c.stock_take_id == taken.id
    if taken.ended_at is not None:
        noted = select(stock_take_documents.c.document_id).where(
            mine, stock_take_documents.c.seen_at.is_(None)
        )
        query = lying(documents.c.id.in_(noted))
    else:
        query = lying(*is_ready_at(taken.centre_code, taken.kind), *_untouched(taken))
    ordered = query.order_by(documents.c.kind, documents.c.received_on, documents.c.id)
    return [lying_of(row) for row in connection.execute(ordered.limit(most))]


def end(
    connection: Connection, taken: StockTake, today: date, who: str
) -> tuple[list[int], list[int]]:
    """End a stock-take that is held for change.

    Args:
        who: the officer's account.

    Returns:
        The ids of what was seen and lies there still, and of what was not seen.

    Raises:
        Ended: it was ended before.
    """
    if taken.ended_at is not None:
        raise Ended
    lost, doubted = [one.id for one in unseen(connection, taken)], unconfirmed(connection)
    noted = select(stock_take_documents.c.document_id).where(
        stock_take_documents.c.stock_take_id == taken.id
    )
    there = select(documents.c.id).where(
        documents.c.id.in_(noted), *is_ready_at(taken.centre_code, taken.kind)
    )
    seen = list(connection.scalars(there.order_by(documents.c.id).with_for_update()))
    _set(connection, seen, confirmed_on=today, is_unconfirmed=False)
    close_confirmed(connection, seen)
    _set(connection, lost, is_unconfirmed=True)
    if lost:
        rows = [
            {
                "stock_take_id": taken.id,
                "document_id": one,
                "was_unconfirmed": one in doubted,
            }
            for one in lost
        ]
        connection.execute(insert(stock_take_documents), rows)
    ended = {"ended_by": who, "ended_at": datetime.now(UTC)}
    connection.execute(update(stock_takes).where(stock_takes.c.id == taken.id).values(ended))
    return seen, lost


def take_back(connection: Connection, taken: StockTake) -> int:
    """Let what an ended stock-take did not see be as it was; what it saw stays confirmed.

    Returns:
        How many documents are in doubt no more.
    """
    mine = (stock_take_documents.c.stock_take_id == taken.id) & (
        stock_take_documents.c.seen_at.is_(None)
    )
    noted = select(stock_take_documents.c.document_id).where(
        mine, ~stock_take_documents.c.was_unconfirmed
    )
    doubted = update(documents).where(documents.c.id.in_(noted), documents.c.is_unconfirmed)
    back = connection.execute(doubted.values(is_unconfirmed=False)).rowcount
    if taken.ended_at is not None:
        connection.execute(delete(stock_take_documents).where(mine))
    return back


def _untouched(taken: StockTake) -> list[ColumnElement[bool]]:
    """Make the conditions of what was neither seen nor changed since a stock-take began."""
    seen = exists().where(
        stock_take_documents.c.stock_take_id == taken.id,
        stock_take_documents.c.document_id == documents.c.id,
    )
    changed = exists().where(
        document_changes.c.document_id == documents.c.id,
        document_changes.c.at >= taken.begun_at,
    )
    loaded = exists().where(
        batches.c.id == documents.c.batch_id, batches.c.made_at >= taken.begun_at
    )
    in_a_box = exists().where(
        box_items.c.document_id == documents.c.id,
        boxes.c.id == box_items.c.box_id,
        boxes.c.closed_at >= taken.begun_at,
        boxes.c.undone_at.is_(None),
    )
    return [~seen, ~changed, ~loaded, ~in_a_box]


def _set(connection: Connection, ids: Sequence[int], **values: object) -> None:
    """Change those that lie ready still: one may have been handed over this very moment."""
    for start in range(0, len(ids), _VARIABLES):
        some = documents.c.id.in_(ids[start : start + _VARIABLES])
        ready = update(documents).where(some, documents.c.state == State.READY)
        connection.execute(ready.values(values))


def _query() -> Select[Any]:
    seen = (
        select(func.count())
        .where(
            stock_take_documents.c.stock_take_id == stock_takes.c.id,
            stock_take_documents.c.seen_at.is_not(None),
        )
        .correlate(stock_takes)
        .scalar_subquery()
    )
    return select(stock_takes, seen.label("seen"))


def _stock_take(row: Any) -> StockTake:
    return StockTake(
        id=row.id,
        centre_code=row.centre_code,
        kind=row.kind,
        expected=row.expected,
        begun_by=row.begun_by,
        begun_at=in_utc(row.begun_at),
        ended_at=row.ended_at and in_utc(row.ended_at),
        seen=row.seen,
    )
