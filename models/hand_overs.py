"""Hand-overs: a document goes to its owner, and for a day that can be taken back."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from models.base import in_utc
from models.documents import State, change, documents
from models.history import document_changes
from models.lying import Lying, hold_ready, lying, lying_of

HANDED_OVER = "handed over"
TAKEN_BACK = "hand-over taken back"
"""Why a document changed, in its history."""


@dataclass(frozen=True)
class HandOver:
    """The last hand-over of an officer."""

    document: Lying
    at: datetime


def hand_over(
    connection: Connection, document_id: int, centre_code: str, today: date, who: str
) -> bool:
    """Let a document be collected; say whether it lay ready.

    Args:
        who: the officer's account.

    Raises:
        models.lying.Elsewhere: this centre has no such document.
    """
    if not hold_ready(connection, document_id, centre_code):
        return False
    change(connection, document_id, today, who, HANDED_OVER, State.COLLECTED)
    return True


def last_hand_over(
    connection: Connection, centre_code: str, since: datetime, who: str
) -> HandOver | None:
    """Give an officer's last hand-over since a moment (UTC).

    None where it was taken back, or something else became of the document.
    """
    mine = (
        select(document_changes.c.id, document_changes.c.document_id, document_changes.c.at)
        .where(
            document_changes.c.at >= since,
            document_changes.c.who == who,
            document_changes.c.why == HANDED_OVER,
            document_changes.c.centre_code == centre_code,
        )
        .order_by(document_changes.c.id.desc())
        .limit(1)
    )
    last = connection.execute(mine).first()
    if last is None:
        return None
    newest = select(func.max(document_changes.c.id)).where(
        document_changes.c.document_id == last.document_id
    )
    if connection.scalars(newest).one() != last.id:
        return None
    its = lying(documents.c.id == last.document_id, documents.c.state == State.COLLECTED)
    row = connection.execute(its).first()
    return HandOver(lying_of(row), in_utc(last.at)) if row else None


def take_back(
    connection: Connection, centre_code: str, since: datetime, today: date, who: str
) -> int | None:
    """Let an officer's last hand-over since a moment (UTC) not have been.

    Returns:
        The document's id; None where there is nothing to take back.
    """
    last = last_hand_over(connection, centre_code, since, who)
    if last is None:
        return None
    hold_ready(connection, last.document.id, centre_code)
    if last_hand_over(connection, centre_code, since, who) != last:
        return None
    change(connection, last.document.id, today, who, TAKEN_BACK, State.READY)
    return last.document.id
