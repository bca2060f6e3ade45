"""History: every change of a document's state or place, dated, with who made it and why.

How a document began stands in its own row: the batch that it was loaded by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    String,
    Table,
    select,
)

from models.base import in_utc, metadata
from models.bulk import insert_many

WHY = 60
"""Letters of a reason that are kept."""

_RowId = BigInteger().with_variant(Integer, "sqlite")

document_changes = Table(
    "document_changes",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("document_id", _RowId, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("was_state", String(10), nullable=False),
    Column("was_centre", String(8), nullable=False),
    Column("state", String(10), nullable=False),
    Column("centre_code", String(8), nullable=False),
    Column("who", String(60), nullable=False),
    Column("why", String(WHY), nullable=False),
    Column("batch_id", _RowId),
    Index("ix_document_changes_document_id", "document_id"),
    Index("ix_document_changes_at", "at"),
)


@dataclass(frozen=True)
class Placed:
    """Where a document is in its life: its state, and the code of its centre."""

    state: str
    centre_code: str


@dataclass(frozen=True)
class Change:
    """One change of a document."""

    at: datetime
    was: Placed
    now: Placed
    who: str
    why: str


def change_row(
    document_id: int, was: Placed, now: Placed, who: str, why: str, batch_id: int | None = None
) -> dict[str, object]:
    """Write a change as a row of the table.

    Args:
        who: the account of whoever made it.
        why: the reason, in words without personal data.
        batch_id: the import that brought it, if one did.
    """
    return {
        "document_id": document_id,
        "at": datetime.now(UTC),
        "was_state": was.state,
        "was_centre": was.centre_code,
        "state": now.state,
        "centre_code": now.centre_code,
        "who": who,
        "why": why[:WHY],
        "batch_id": batch_id,
    }


def keep(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Keep changes, as `change_row` wrote them."""
    insert_many(connection, document_changes, rows)


def history_of(connection: Connection, document_id: int) -> list[Change]:
    """List what became of a document, the oldest change first."""
    query = (
        select(document_changes)
        .where(document_changes.c.document_id == document_id)
        .order_by(document_changes.c.id)
    )
    return [
        Change(
            in_utc(row.at),
            Placed(row.was_state, row.was_centre),
            Placed(row.state, row.centre_code),
            row.who,
            row.why,
        )
        for row in connection.execute(query)
    ]
