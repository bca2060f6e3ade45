"""Undoing a box that was closed: its documents are again what they were before.

What became of them since stays: a document that was collected, or went elsewhere, is left.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from models.boxes import Box, Stage, box_items, boxes
from models.documents import State, document_numbers, documents
from models.history import Placed, change_row, keep
from models.outbox import HANDED_OVER, Delivery, Priority, outbox, outbox_documents
from models.reports import Matter, close_confirmed, reports
from models.sending import dated
from models.subscriptions import reopen

WITHIN = timedelta(days=7)
"""For how long a box may be undone: later its documents have a life of their own."""

WITHDRAWN = "withdrawn"
"""Why a notice was not sent whose box was undone."""

_VARIABLES = 500


@dataclass(frozen=True)
class Undone:
    """What undoing a box did.

    Attributes:
        back: how many documents are what they were.
        stayed: how many were left, since something became of them.
        withdrawn: texts that were not sent yet, and will not be.
        sent: texts that cannot be taken back.
    """

    back: int
    stayed: int
    withdrawn: int
    sent: int


class TooLate(Exception):
    """The box is not closed, was undone before, or was closed too long ago."""


def may_undo(box: Box, now: datetime) -> bool:
    """Say whether a box can be undone at a moment (UTC)."""
    return (
        box.stage is Stage.CLOSED
        and box.closed_at is not None
        and now - box.closed_at <= WITHIN
    )


def undo(connection: Connection, box: Box, today: date, now: datetime, who: str) -> Undone:
    """Undo a closed box that is held for change.

    Whoever waits for one of its documents waits again, and is told once it is there.

    Args:
        who: the officer's account.

    Raises:
        TooLate: it cannot be undone.
    """
    if box.closed_at is None or not may_undo(box, now):
        raise TooLate
    items = connection.execute(
        select(box_items).where(
            box_items.c.box_id == box.id, box_items.c.document_id.is_not(None)
        )
    ).all()
    stand = _locked(connection, [one.document_id for one in items])
    back: list[Any] = []
    stayed: list[Any] = []
    for one in items:
        is_left = _is_as_left(box, one, stand.get(one.document_id))
        (back if is_left else stayed).append(one)
    was_known = [one for one in back if one.was_state]
    _put_back(connection, box, was_known, who)
    _forget(connection, box, [one.document_id for one in back if not one.was_state], today, who)
    _note(connection, stayed, stand)
    _doubt_again(connection, [one.document_id for one in was_known], box.closed_at)
    withdrawn, sent = _withdraw(connection, [one.document_id for one in back], box.closed_at)
    undone = {"stage": Stage.UNDONE, "undone_by": who, "undone_at": now}
    connection.execute(update(boxes).where(boxes.c.id == box.id).values(undone))
    return Undone(len(back), len(stayed), withdrawn, sent)


def _some(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + _VARIABLES] for start in range(0, len(ids), _VARIABLES))


def _locked(connection: Connection, ids: Sequence[int]) -> dict[int, Any]:
    """Read documents, which nobody changes from now on."""
    stand: dict[int, Any] = {}
    for some in _some(sorted(ids)):
        query = select(documents).where(documents.c.id.in_(some)).order_by(documents.c.id)
        stand |= {row.id: row for row in connection.execute(query.with_for_update())}
    return stand


def _is_as_left(box: Box, item: Any, now: Any) -> bool:
    """Say whether a document is still as the box's closing left it.

    One that nobody had known of, and that a list has changed since, is known by that list.
    """
    if now is None or (now.state, now.centre_code) != (State.READY, box.centre_code):
        return False
    return bool(item.was_state) or now.batch_id == box.batch_id


def _put_back(connection: Connection, box: Box, items: Sequence[Any], who: str) -> None:
    """Let documents be what they were before the box."""
    if not items:
        return
    here = Placed(State.READY, box.centre_code)
    connection.execute(
        _BACK,
        [
            {
                "its_id": one.document_id,
                "new_state": one.was_state,
                "new_centre": one.was_centre,
                "new_received": one.was_received_on,
                "new_confirmed": one.was_confirmed_on,
                "new_unconfirmed": one.was_unconfirmed,
            }
            for one in items
        ],
    )
    before = [(one.document_id, Placed(one.was_state, one.was_centre)) for one in items]
    _tell_history(connection, box, here, before, who)


def _forget(
    connection: Connection, box: Box, ids: Sequence[int], today: date, who: str
) -> None:
    """Let documents be unknown again that came with the box.

    Their rows stay without their numbers until retention removes them: other tables may
    name them by their ids.
    """
    gone = {
        "state": State.RETURNED,
        "confirmed_on": today,
        "is_unconfirmed": False,
        "phone": None,
        "phone_hmac": None,
    }
    for some in _some(ids):
        its = document_numbers.c.document_id.in_(some)
        connection.execute(delete(document_numbers).where(its))
        connection.execute(update(documents).where(documents.c.id.in_(some)).values(gone))
    close_confirmed(connection, ids)
    here, now = Placed(State.READY, box.centre_code), Placed(State.RETURNED, box.centre_code)
    _tell_history(connection, box, here, [(one, now) for one in ids], who)


def _tell_history(
    connection: Connection,
    box: Box,
    here: Placed,
    now: Iterable[tuple[int, Placed]],
    who: str,
) -> None:
    why = f"box {box.id} undone"
    rows = [change_row(its_id, here, one, who, why) for its_id, one in now if one != here]
    keep(connection, rows)


def _note(connection: Connection, items: Sequence[Any], stand: dict[int, Any]) -> None:
    """Note what became of the documents that stay."""
    left = [
        {"its_id": one.id, "new_left": now.state if now else State.RETURNED}
        for one in items
        for now in [stand.get(one.document_id)]
    ]
    if left:
        connection.execute(_LEFT, left)


def _doubt_again(connection: Connection, ids: Sequence[int], since: datetime) -> None:
    """Open again what the closing settled: that a document is not there."""
    for some in _some(ids):
        closed = update(reports).where(
            reports.c.document_id.in_(some),
            reports.c.matter == Matter.NOT_THERE,
            reports.c.closed_at >= since,
        )
        connection.execute(closed.values(closed_at=None))


def _withdraw(connection: Connection, ids: Collection[int], since: datetime) -> tuple[int, int]:
    """Withdraw the notices that a closing queued; whoever they were for waits again.

    Returns:
        How many were withdrawn, and how many had gone out.
    """
    withdrawn = sent = 0
    for some in _some(sorted(ids)):
        query = (
            select(outbox.c.id, outbox.c.cause, outbox.c.state)
            .distinct()
            .join(outbox_documents, outbox_documents.c.message_id == outbox.c.id)
            .where(
                outbox_documents.c.document_id.in_(some),
                outbox.c.priority == Priority.NOTICE,
                outbox.c.made_at >= since,
            )
        )
        told = connection.execute(query).all()
        waiting = update(outbox).where(
            outbox.c.id.in_([one.id for one in told]), outbox.c.state == Delivery.QUEUED
        )
        values = {**dated(Delivery.FAILED), "reason": WITHDRAWN}
        withdrawn += connection.execute(waiting.values(values)).rowcount
        sent += sum(one.state in HANDED_OVER for one in told)
        reopen(connection, [_waits(one.cause) for one in told])
    return withdrawn, sent


def _waits(cause: str) -> int:
    """Give the id of the subscription that a notice met; 0 where it names none."""
    named = _MET.match(cause)
    return int(named[1]) if named else 0


_MET = re.compile(r"ready\|([0-9]{1,18})\|")
"""How the cause of a notice begins that tells of a subscription."""

_BACK = (
    update(documents)
    .where(documents.c.id == bindparam("its_id"))
    .values(
        state=bindparam("new_state"),
        centre_code=bindparam("new_centre"),
        received_on=bindparam("new_received"),
        confirmed_on=bindparam("new_confirmed"),
        is_unconfirmed=bindparam("new_unconfirmed"),
    )
)
_LEFT = (
    update(box_items)
    .where(box_items.c.id == bindparam("its_id"))
    .values(left_as=bindparam("new_left"))
)
