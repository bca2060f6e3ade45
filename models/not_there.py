"""What may not be there: documents that callers, or a stock-take, did not find at a centre."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Connection, func, or_, select, update

from models.base import in_utc
from models.documents import State, change, documents
from models.lying import Lying, hold_ready, is_ready_at, lying, lying_of
from models.reports import Matter, close_confirmed, reports


class Answer(StrEnum):
    """What an officer who looked says of a document."""

    FOUND = "found"
    NOT_FOUND = "not-found"
    RETURNED = "returned"
    MOVED = "moved"


@dataclass(frozen=True)
class Doubt:
    """A document that may not be there.

    Attributes:
        phones: how many phones reported it, and have had no answer.
        reported_at: when the first of these did.
        is_missed: whether the centre itself looked for it and did not see it.
    """

    document: Lying
    phones: int
    reported_at: datetime | None
    is_missed: bool


def doubts(connection: Connection, centre_code: str, most: int = 200) -> list[Doubt]:
    """List what may not be there at a centre: what callers reported, the longest first."""
    said = (
        select(
            reports.c.document_id,
            func.count(reports.c.phone_hmac.distinct()).label("phones"),
            func.min(reports.c.made_at).label("reported_at"),
        )
        .where(
            reports.c.matter == Matter.NOT_THERE,
            reports.c.closed_at.is_(None),
            reports.c.document_id.is_not(None),
        )
        .group_by(reports.c.document_id)
        .subquery()
    )
    query = (
        lying(*is_ready_at(centre_code))
        .outerjoin(said, said.c.document_id == documents.c.id)
        .where(or_(documents.c.is_unconfirmed, said.c.phones > 0))
        .add_columns(documents.c.is_unconfirmed, said.c.phones, said.c.reported_at)
        .order_by(said.c.reported_at.is_(None), said.c.reported_at, documents.c.id)
        .limit(most)
    )
    return [
        Doubt(
            lying_of(row),
            row.phones or 0,
            row.reported_at and in_utc(row.reported_at),
            row.is_unconfirmed,
        )
        for row in connection.execute(query)
    ]


def settle_doubt(
    connection: Connection,
    document_id: int,
    centre_code: str,
    answer: Answer,
    today: date,
    who: str,
    to: str = "",
) -> bool:
    """Keep what an officer found, and close what callers reported; say whether it lay ready.

    Args:
        who: the officer's account.
        to: the code of the centre that a document was moved to.

    Raises:
        models.lying.Elsewhere: this centre has no such document.
    """
    if not hold_ready(connection, document_id, centre_code):
        return False
    why = f"looked for: {answer}"
    match answer:
        case Answer.FOUND:
            change(connection, document_id, today, who, why)
        case Answer.NOT_FOUND:
            missed = update(documents).where(documents.c.id == document_id)
            connection.execute(missed.values(is_unconfirmed=True))
        case Answer.RETURNED:
            change(connection, document_id, today, who, why, State.RETURNED)
        case Answer.MOVED:
            change(connection, document_id, today, who, why, State.COMING, to)
    close_confirmed(connection, [document_id])
    return True
