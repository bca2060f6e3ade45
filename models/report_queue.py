"""The queue of reports: what agents see of them, take on, read and settle.

What was taken and left for an hour is free again. What says that a document is not there is
its centre's to settle.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from models.base import in_utc
from models.documents import documents
from models.keys import Keys
from models.reports import Matter, Received, received, reports

LEFT = timedelta(hours=1)
"""What an agent took so long ago and is open is free for others."""


@dataclass(frozen=True)
class Waiting:
    """An open report, as a list shows it: nothing of it is opened.

    Attributes:
        agent_id: who has taken it; None where it is free.
    """

    id: int
    made_at: datetime
    matter: Matter
    language: str
    centre_code: str
    agent_id: int | None


def in_queue(connection: Connection, most: int = 500) -> list[Waiting]:
    """List open reports without opening them: of money first, then the oldest."""
    centre = func.coalesce(reports.c.centre_code, documents.c.centre_code)
    query = (
        select(
            reports.c.id,
            reports.c.made_at,
            reports.c.matter,
            reports.c.language,
            centre.label("centre_code"),
            reports.c.agent_id,
            reports.c.taken_at,
        )
        .outerjoin(documents, documents.c.id == reports.c.document_id)
        .where(reports.c.closed_at.is_(None))
        .order_by(reports.c.matter != Matter.MONEY, reports.c.made_at, reports.c.id)
        .limit(most)
    )
    return [
        Waiting(
            row.id,
            in_utc(row.made_at),
            Matter(row.matter),
            row.language,
            row.centre_code or "",
            _holder(row),
        )
        for row in connection.execute(query)
    ]


def take(connection: Connection, report_id: int, agent_id: int) -> bool:
    """Take a report on, for one agent alone; say whether it is theirs now."""
    now = datetime.now(UTC)
    left = reports.c.taken_at.is_(None) | (reports.c.taken_at < now - LEFT)
    taken = (
        update(reports)
        .where(
            reports.c.id == report_id,
            reports.c.closed_at.is_(None),
            left | (reports.c.agent_id == agent_id),
        )
        .values(agent_id=agent_id, taken_at=now)
    )
    return connection.execute(taken).rowcount > 0


def taken_by(
    connection: Connection, keys: Keys, report_id: int, agent_id: int
) -> Received | None:
    """Read an open report that an agent has taken; None where it is not theirs.

    Its centre is the one where the document lies, where it is about one.
    """
    lies_in = documents.c.centre_code.label("lies_in")
    query = (
        select(reports, lies_in)
        .outerjoin(documents, documents.c.id == reports.c.document_id)
        .where(_theirs(report_id, agent_id))
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    found = received(keys, row)
    return replace(found, centre_code=found.centre_code or row.lies_in or "")


def settle(connection: Connection, report_id: int, agent_id: int, outcome: str) -> bool:
    """Close a report that an agent has taken; say whether it was theirs.

    What says that a document is not there is its centre's to settle.
    """
    settled = (
        update(reports)
        .where(_theirs(report_id, agent_id), reports.c.matter != Matter.NOT_THERE)
        .values(closed_at=datetime.now(UTC), outcome=outcome)
    )
    return connection.execute(settled).rowcount > 0


def _theirs(report_id: int, agent_id: int) -> ColumnElement[bool]:
    its = (reports.c.id == report_id) & (reports.c.agent_id == agent_id)
    return its & reports.c.closed_at.is_(None)


def _holder(row: Any) -> int | None:
    """Give who has a report; None where it was left for too long."""
    lately = datetime.now(UTC) - LEFT
    held = row.taken_at is not None and in_utc(row.taken_at) >= lately
    return row.agent_id if held else None
