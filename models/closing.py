"""Closing a box: what was scanned lies ready at the centre, as if its list had been loaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from models.boxes import (
    Box,
    NotOpen,
    Stage,
    Unreadable,
    box_items,
    boxes,
    numbers_of,
    received,
)
from models.documents import State, change, documents
from models.importing import Import, Origin
from models.keys import Keys
from models.matching import Known, Row, match, read_known
from models.numbers import PRINCIPAL

_VARIABLES = 500


@dataclass(frozen=True)
class Closed:
    """What the closing of a box did.

    Attributes:
        documents: how many lie ready here now.
        added: how many of them nobody knew of.
        by_hand: the ids of those that its list alone would not have brought here.
    """

    batch_id: int
    documents: int
    added: int
    by_hand: Sequence[int]


def close(
    connection: Connection,
    keys: Keys,
    box: Box,
    today: date,
    who: str,
    demonstration: bool = False,
) -> Closed:
    """Close an open box that is held for change: its documents are ready here, seen today.

    Numbers that are on the sheet alone are forgotten but for their last three digits.

    Args:
        who: the officer's account.

    Raises:
        NotOpen: it was closed.
        Unreadable: some of its numbers do not open; nothing is changed.
    """
    if box.stage is not Stage.OPEN:
        raise NotOpen
    began = datetime.now(UTC)
    scanned = [one for one in numbers_of(connection, keys, box) if one.is_scanned]
    if not all(one.number for one in scanned):
        raise Unreadable
    rows = [received(box, one.number, today) for one in scanned]
    origin = Origin(who, f"box {box.id}", demonstration=demonstration)
    load = Import(connection, keys, today, origin)
    before = _as_they_are(connection, keys, rows)
    for _ in load.load(rows):
        continue
    after = _matched(connection, keys, rows)
    by_hand = [one.id for one in after if not _is_here(one, box)]
    for one in by_hand:
        change(connection, one, today, who, origin.why, State.READY, box.centre_code)
    _keep(
        connection,
        box,
        [
            {"its_id": item.item_id, "new_document": one.id, **was}
            for item, one, was in zip(scanned, after, before, strict=True)
        ],
    )
    _close(connection, box, began, who, load.outcome.batch_id)
    return Closed(load.outcome.batch_id, len(rows), load.outcome.added, by_hand)


def _is_here(known: Known, box: Box) -> bool:
    """Say whether a document is ready at the box's centre, by what is known."""
    return (known.state, known.centre_code) == (State.READY, box.centre_code)


def _close(connection: Connection, box: Box, began: datetime, who: str, batch_id: int) -> None:
    closed = {
        "stage": Stage.CLOSED,
        "closed_by": who,
        "closed_at": began,
        "batch_id": batch_id,
    }
    connection.execute(update(boxes).where(boxes.c.id == box.id).values(closed))


def keep_texts(connection: Connection, box: Box, texts: int) -> None:
    """Keep how many texts a box's closing queued."""
    connection.execute(update(boxes).where(boxes.c.id == box.id).values(texts=texts))


def _keep(connection: Connection, box: Box, kept: Sequence[dict[str, object]]) -> None:
    """Note of each number which document it was and how that was; then forget the numbers."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    if kept:
        connection.execute(_KEPT, kept)
    its = update(box_items).where(box_items.c.box_id == box.id)
    connection.execute(its.values(hmac=None, number=None))


def _as_they_are(
    connection: Connection, keys: Keys, rows: Sequence[Row]
) -> list[dict[str, object]]:
    """Give how each row's document is, as columns of an item; empty where there is none."""
    found = _known(connection, keys, rows)
    ids = [one.id for one in found if one]
    stand: dict[int, Any] = {}
    for start in range(0, len(ids), _VARIABLES):
        some = documents.c.id.in_(ids[start : start + _VARIABLES])
        stand |= {row.id: row for row in connection.execute(select(documents).where(some))}
    return [_was(stand[one.id]) if one else dict(_NOTHING) for one in found]


def _was(row: Any) -> dict[str, object]:
    return {
        "new_state": row.state,
        "new_centre": row.centre_code,
        "new_received": row.received_on,
        "new_confirmed": row.confirmed_on,
        "new_unconfirmed": row.is_unconfirmed,
    }


def _matched(connection: Connection, keys: Keys, rows: Sequence[Row]) -> list[Known]:
    """Give the document of each row, once they are all loaded."""
    return [one for one in _known(connection, keys, rows) if one]


def _known(connection: Connection, keys: Keys, rows: Sequence[Row]) -> list[Known | None]:
    """Give the document that each row speaks of; nobody changes it from now on."""
    if not rows:
        return []
    spelt = [keys.number_hmacs(PRINCIPAL[row.kind], *row.numbers.values()) for row in rows]
    known = read_known(connection, [hmac for every in spelt for hmac in every])
    return [match(hmacs, row, known) for hmacs, row in zip(spelt, rows, strict=True)]


_NOTHING: dict[str, object] = {
    "new_state": None,
    "new_centre": None,
    "new_received": None,
    "new_confirmed": None,
    "new_unconfirmed": None,
}
_KEPT = (
    update(box_items)
    .where(box_items.c.id == bindparam("its_id"))
    .values(
        document_id=bindparam("new_document"),
        was_state=bindparam("new_state"),
        was_centre=bindparam("new_centre"),
        was_received_on=bindparam("new_received"),
        was_confirmed_on=bindparam("new_confirmed"),
        was_unconfirmed=bindparam("new_unconfirmed"),
    )
)
