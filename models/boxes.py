"""Boxes that centres receive: what was scanned of each, against its delivery sheet.

While a box is open its numbers are kept, sealed and by HMAC. Once it is closed there stay
which documents they were, how each was before, and its last three digits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    case,
    delete,
    func,
    insert,
    select,
    update,
)

from models.base import in_utc, metadata
from models.country import Country
from models.documents import State, document_numbers, documents
from models.keys import Keys
from models.matching import Known, Row, match
from models.numbers import PRINCIPAL, Kind, Malformed

_RowId = BigInteger().with_variant(Integer, "sqlite")


class Stage(StrEnum):
    """How far a box is. One that is thrown away before it is closed leaves nothing."""

    OPEN = "open"
    CLOSED = "closed"
    UNDONE = "undone"


class Verdict(StrEnum):
    """What a scan is, by what is known of its number.

    Attributes:
        EXPECTED: a document that was coming to this centre.
        HERE: one that is known to lie here.
        MOVED: one that belonged to another centre until now.
        BACK: one that was collected or sent back, by what is known.
        NEW: nothing is known of it.
        AGAIN: it is in this box already.
        BAD: it cannot be a number of this kind.
    """

    EXPECTED = "expected"
    HERE = "here"
    MOVED = "moved"
    BACK = "back"
    NEW = "new"
    AGAIN = "again"
    BAD = "bad"


boxes = Table(
    "boxes",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("centre_code", String(8), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("stage", String(10), nullable=False),
    Column("stock_take_id", _RowId),
    Column("opened_by", String(30), nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("closed_by", String(30)),
    Column("closed_at", DateTime(timezone=True)),
    Column("undone_by", String(30)),
    Column("undone_at", DateTime(timezone=True)),
    Column("batch_id", _RowId),
    Column("texts", Integer),
    Index("ix_boxes_centre_code", "centre_code", "id"),
    Index("ix_boxes_closed_at", "closed_at"),
)

box_items = Table(
    "box_items",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("box_id", _RowId, ForeignKey("boxes.id"), nullable=False),
    Column("hmac", LargeBinary(32)),
    Column("number", LargeBinary),
    Column("last_three", String(3), nullable=False),
    Column("line", Integer),
    Column("scanned_at", DateTime(timezone=True)),
    Column("verdict", String(10)),
    Column("document_id", _RowId),
    Column("was_state", String(10)),
    Column("was_centre", String(8)),
    Column("was_received_on", Date),
    Column("was_confirmed_on", Date),
    Column("was_unconfirmed", Boolean),
    Column("left_as", String(10)),
    UniqueConstraint("box_id", "hmac"),
    Index("ix_box_items_document_id", "document_id"),
)
"""`line` is where the number stands on the delivery sheet. `hmac` and `number` are there while
the box is open. `left_as` is the state of a document that stayed when the box was undone."""


@dataclass(frozen=True)
class Box:
    """A box.

    Attributes:
        stock_take_id: the one at which its documents turned up; None for a delivery.
        texts: how many texts its closing queued.
    """

    id: int
    centre_code: str
    kind: Kind
    stage: Stage
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None = None
    undone_at: datetime | None = None
    batch_id: int | None = None
    texts: int = 0
    stock_take_id: int | None = None


@dataclass(frozen=True)
class Item:
    """A number of a box: scanned, or on its sheet, or both."""

    id: int
    last_three: str
    line: int | None
    scanned_at: datetime | None
    verdict: Verdict | None
    document_id: int | None
    left_as: str = ""


@dataclass(frozen=True)
class Counted:
    """A box against its sheet.

    Attributes:
        listed: how many are on the sheet; none where there is no sheet.
        missing: those that are on the sheet and were not scanned, by their lines.
        surplus: those that were scanned and are not on the sheet, where there is one.
        scanned: all that were scanned, the last one first.
    """

    listed: int
    missing: Sequence[Item] = ()
    surplus: Sequence[Item] = ()
    scanned: Sequence[Item] = ()

    @property
    def differences(self) -> int:
        """How many differ."""
        return len(self.missing) + len(self.surplus)


@dataclass(frozen=True)
class Scan:
    """What came of a scan."""

    verdict: Verdict
    last_three: str = ""
    item_id: int = 0


class NotOpen(Exception):
    """The box was closed meanwhile."""


class Unreadable(Exception):
    """Numbers of the box do not open: they must be scanned anew."""


@dataclass(frozen=True)
class Number:
    """A number of an open box in clear, and what it stands in."""

    item_id: int
    is_scanned: bool
    number: str = field(repr=False)


def open_box(
    connection: Connection,
    keys: Keys,
    centre_code: str,
    kind: Kind,
    who: str,
    listed: Mapping[str, int] | None = None,
    stock_take_id: int | None = None,
) -> int:
    """Open a box; give its id.

    Args:
        who: the officer's account.
        listed: the numbers of the delivery sheet in canonical form, each with its line.
    """
    row = {
        "centre_code": centre_code,
        "kind": kind,
        "stage": Stage.OPEN,
        "stock_take_id": stock_take_id,
        "opened_by": who,
        "opened_at": datetime.now(UTC),
    }
    box_id = int(
        connection.execute(insert(boxes).values(row).returning(boxes.c.id)).scalar_one()
    )
    rows = [
        {**_columns(keys, box_id, kind, number), "line": line}
        for number, line in (listed or {}).items()
    ]
    if rows:
        connection.execute(insert(box_items), rows)
    return box_id


def find_box(
    connection: Connection, box_id: int, centre_code: str, for_change: bool = False
) -> Box | None:
    """Give a box of a centre; None where that centre has no such box.

    Args:
        for_change: nobody else scans into it, or closes it, before the transaction ends.
    """
    query = select(boxes).where(boxes.c.id == box_id, boxes.c.centre_code == centre_code)
    row = connection.execute(query.with_for_update() if for_change else query).first()
    return _box(row) if row else None


def boxes_of(connection: Connection, centre_code: str, most: int = 20) -> list[tuple[Box, int]]:
    """List a centre's latest boxes, the last one first, each with how many were scanned."""
    scanned = (
        select(func.count())
        .where(box_items.c.box_id == boxes.c.id, box_items.c.scanned_at.is_not(None))
        .correlate(boxes)
        .scalar_subquery()
    )
    query = (
        select(boxes, scanned.label("scanned"))
        .where(boxes.c.centre_code == centre_code)
        .order_by(boxes.c.id.desc())
        .limit(most)
    )
    return [(_box(row), row.scanned) for row in connection.execute(query)]


def box_of_stock_take(connection: Connection, stock_take_id: int, kind: Kind) -> Box | None:
    """Give the open box of what turned up at a stock-take, of one kind, for change."""
    query = select(boxes).where(
        boxes.c.stock_take_id == stock_take_id,
        boxes.c.kind == kind,
        boxes.c.stage == Stage.OPEN,
    )
    row = connection.execute(query.with_for_update()).first()
    return _box(row) if row else None


def boxes_of_stock_take(connection: Connection, stock_take_id: int) -> list[Box]:
    """List the boxes of what turned up at a stock-take."""
    query = select(boxes).where(boxes.c.stock_take_id == stock_take_id).order_by(boxes.c.id)
    return [_box(row) for row in connection.execute(query)]


def count_box(connection: Connection, box: Box) -> Counted:
    """Hold a box against its sheet."""
    query = select(box_items).where(box_items.c.box_id == box.id)
    every = [_item(row) for row in connection.execute(query)]
    listed = sum(one.line is not None for one in every)
    scanned = [one for one in every if one.scanned_at is not None]
    return Counted(
        listed,
        sorted((one for one in every if one.scanned_at is None), key=lambda one: one.line or 0),
        [one for one in scanned if one.line is None] if listed else [],
        sorted(scanned, key=lambda one: (one.scanned_at, one.id), reverse=True),
    )


def tally_box(connection: Connection, box: Box) -> dict[str, int]:
    """Count a box: `scanned`, `listed` on its sheet, `missing` and `surplus` against it."""
    both = case((box_items.c.line.is_not(None) & box_items.c.scanned_at.is_not(None), 1))
    query = select(
        func.count(box_items.c.scanned_at).label("scanned"),
        func.count(box_items.c.line).label("listed"),
        func.count(both).label("both"),
    ).where(box_items.c.box_id == box.id)
    row = connection.execute(query).one()
    surplus = row.scanned - row.both if row.listed else 0
    missing = row.listed - row.both
    return {
        "scanned": row.scanned,
        "listed": row.listed,
        "missing": missing,
        "surplus": surplus,
    }


def scan(
    connection: Connection, keys: Keys, country: Country, box: Box, typed: str, today: date
) -> Scan:
    """Put a number into an open box that is held for change, and say what it is.

    Raises:
        NotOpen: the box was closed.
    """
    if box.stage is not Stage.OPEN:
        raise NotOpen
    number_type = PRINCIPAL[box.kind]
    try:
        number = country.formats.canonical(number_type, typed.strip())
    except Malformed:
        return Scan(Verdict.BAD)
    hmacs = keys.number_hmacs(number_type, number)
    mine = (box_items.c.box_id == box.id) & box_items.c.hmac.in_(hmacs)
    held = connection.execute(select(box_items).where(mine)).first()
    if held and held.scanned_at is not None:
        return Scan(Verdict.AGAIN, held.last_three, held.id)
    verdict = _verdict(connection, hmacs, received(box, number, today))
    scanned = {"scanned_at": datetime.now(UTC), "verdict": verdict}
    if held:
        its = update(box_items).where(box_items.c.id == held.id)
        connection.execute(its.values(scanned))
        return Scan(verdict, held.last_three, held.id)
    row = {**_columns(keys, box.id, box.kind, number), **scanned}
    made = connection.execute(insert(box_items).values(row).returning(box_items.c.id))
    return Scan(verdict, number[-3:], int(made.scalar_one()))


def received(box: Box, number: str, today: date) -> Row:
    """Say of a number what a list would that a centre sends of this box."""
    numbers = {PRINCIPAL[box.kind]: number}
    return Row(box.kind, State.READY, box.centre_code, today, numbers)


def remove(connection: Connection, box: Box, item_id: int) -> bool:
    """Take a scan out of an open box that is held for change; say whether it was in it.

    A number of the sheet stays on the sheet.

    Raises:
        NotOpen: the box was closed.
    """
    if box.stage is not Stage.OPEN:
        raise NotOpen
    its = (
        (box_items.c.box_id == box.id)
        & (box_items.c.id == item_id)
        & box_items.c.scanned_at.is_not(None)
    )
    listed = update(box_items).where(its, box_items.c.line.is_not(None))
    back = connection.execute(listed.values(scanned_at=None, verdict=None)).rowcount
    gone = connection.execute(delete(box_items).where(its, box_items.c.line.is_(None))).rowcount
    return back + gone > 0


def drop(connection: Connection, box: Box) -> None:
    """Throw an open box away that is held for change, and every number in it.

    Raises:
        NotOpen: the box was closed.
    """
    if box.stage is not Stage.OPEN:
        raise NotOpen
    connection.execute(delete(box_items).where(box_items.c.box_id == box.id))
    connection.execute(delete(boxes).where(boxes.c.id == box.id))


def numbers_of(connection: Connection, keys: Keys, box: Box) -> list[Number]:
    """Read the numbers of an open box; one that does not open is empty."""
    query = select(box_items).where(box_items.c.box_id == box.id).order_by(box_items.c.id)
    return [
        Number(row.id, row.scanned_at is not None, _opened(keys, row))
        for row in connection.execute(query)
    ]


def rekey_boxes(connection: Connection, keys: Keys) -> tuple[int, list[int]]:
    """Write the numbers of open boxes under the current keys.

    Returns:
        How many were not, and the ids of those that do not open.
    """
    query = (
        select(box_items, boxes.c.kind)
        .join(boxes, boxes.c.id == box_items.c.box_id)
        .where(box_items.c.number.is_not(None))
        .with_for_update()
    )
    moved, refused = 0, []
    for row in connection.execute(query).all():
        number = _opened(keys, row)
        hmacs = keys.number_hmacs(PRINCIPAL[Kind(row.kind)], number) if number else []
        if bytes(row.hmac) not in hmacs:
            refused.append(row.id)
        elif bytes(row.hmac) != hmacs[0] or not keys.people.is_current(row.number):
            _renew(connection, keys, row, number)
            moved += 1
    return moved, refused


def item_row(box_id: int, hmac: bytes) -> str:
    """Name the row of a box's number, to bind its ciphertext to."""
    return f"box_items|{box_id}|{hmac.hex()}"


def _renew(connection: Connection, keys: Keys, row: Any, number: str) -> None:
    """Write a number anew; where a process wrote it under the current key, that one stays."""
    new = _columns(keys, row.box_id, Kind(row.kind), number)
    same = (
        (box_items.c.box_id == row.box_id)
        & (box_items.c.hmac == new["hmac"])
        & (box_items.c.id != row.id)
    )
    its = box_items.c.id == row.id
    if stays := connection.execute(select(box_items).where(same)).first():
        both = {
            "line": stays.line if stays.line is not None else row.line,
            "scanned_at": stays.scanned_at or row.scanned_at,
            "verdict": stays.verdict or row.verdict,
        }
        connection.execute(update(box_items).where(same).values(both))
        connection.execute(delete(box_items).where(its))
    else:
        values = {"hmac": new["hmac"], "number": new["number"]}
        connection.execute(update(box_items).where(its).values(values))


def _columns(keys: Keys, box_id: int, kind: Kind, number: str) -> dict[str, object]:
    hmac = keys.number_hmac(PRINCIPAL[kind], number)
    return {
        "box_id": box_id,
        "hmac": hmac,
        "number": keys.people.seal(number, item_row(box_id, hmac)),
        "last_three": number[-3:],
    }


def _opened(keys: Keys, row: Any) -> str:
    hmac = bytes(row.hmac or b"")
    return keys.people.open_or_empty(row.number, item_row(row.box_id, hmac))


def _verdict(connection: Connection, hmacs: Sequence[bytes], row: Row) -> Verdict:
    """Say what a document is that came; nothing is locked, so that nobody is waited for."""
    query = (
        select(documents)
        .distinct()
        .join(document_numbers, document_numbers.c.document_id == documents.c.id)
        .where(document_numbers.c.hmac.in_(hmacs), documents.c.kind == row.kind)
        .order_by(documents.c.id)
    )
    known = [Known.of(one) for one in connection.execute(query)]
    found = match(hmacs[:1], row, {(hmacs[0], row.kind): known})
    if found is None:
        return Verdict.NEW
    if found.is_gone:
        return Verdict.BACK
    if found.centre_code != row.centre_code:
        return Verdict.MOVED
    return Verdict.HERE if found.state is State.READY else Verdict.EXPECTED


def _box(row: Any) -> Box:
    return Box(
        id=row.id,
        centre_code=row.centre_code,
        kind=Kind(row.kind),
        stage=Stage(row.stage),
        opened_by=row.opened_by,
        opened_at=in_utc(row.opened_at),
        closed_at=row.closed_at and in_utc(row.closed_at),
        undone_at=row.undone_at and in_utc(row.undone_at),
        batch_id=row.batch_id,
        texts=row.texts or 0,
        stock_take_id=row.stock_take_id,
    )


def _item(row: Any) -> Item:
    return Item(
        id=row.id,
        last_three=row.last_three,
        line=row.line,
        scanned_at=row.scanned_at and in_utc(row.scanned_at),
        verdict=Verdict(row.verdict) if row.verdict else None,
        document_id=row.document_id,
        left_as=row.left_as or "",
    )
