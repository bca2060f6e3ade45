"""Documents that lie at a centre or are on their way there, and finding one by a number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
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
    SmallInteger,
    String,
    Table,
    func,
    inspect,
    literal,
    select,
    update,
)

from models.base import metadata
from models.callers import language_of
from models.centres import CENTRE_COLUMNS, Centre, centre_of, centres
from models.counties import counties
from models.numbers import Kind
from models.reports import being_checked, close_confirmed


class State(StrEnum):
    """Where a document is in its life."""

    COMING = "coming"
    READY = "ready"
    COLLECTED = "collected"
    RETURNED = "returned"


SHOWN = (State.READY, State.COMING)
"""The states a caller learns of; the others are answered like an unknown number."""

_RowId = BigInteger().with_variant(Integer, "sqlite")

batches = Table(
    "batches",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("demonstration", Boolean, nullable=False),
    Column("digest", String(64), unique=True),
    Column("archive_version", SmallInteger, nullable=False),
    Column("sealed_key", LargeBinary, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("id", _RowId, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),
    Column("state", String(10), nullable=False),
    Column("centre_code", String(8), ForeignKey("centres.code"), nullable=False),
    Column("received_on", Date),
    Column("confirmed_on", Date, nullable=False),
    Column("phone_hmac", LargeBinary(32)),
    Column("phone", LargeBinary),
    Column("batch_id", _RowId, ForeignKey("batches.id"), nullable=False),
)

document_numbers = Table(
    "document_numbers",
    metadata,
    Column("document_id", _RowId, ForeignKey("documents.id"), primary_key=True),
    Column("type", String(20), primary_key=True),
    Column("hmac", LargeBinary(32), nullable=False),
    Column("key_version", SmallInteger, nullable=False),
    Column("last_three", String(3), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("batch_id", _RowId, ForeignKey("batches.id"), nullable=False),
    Index("ix_document_numbers_hmac", "hmac"),
)


@dataclass(frozen=True)
class Found:
    """A document that a caller may be told of.

    Args:
        checked: it is being checked whether it is there: callers have said that it is not.
    """

    kind: Kind
    ready: bool
    confirmed_on: date
    centre: Centre
    id: int = 0
    checked: bool = False


def find(
    connection: Connection,
    number_hmacs: Sequence[bytes],
    kinds: Iterable[Kind],
    phone_hmac: bytes,
) -> tuple[list[Found], str | None]:
    """Find the documents of `kinds` that bear a number, and the caller's language.

    One statement gives both. Documents come ready ones first, then the latest confirmed;
    the language is None where the caller has chosen none.
    """
    asked = select(language_of(phone_hmac).label("language")).subquery()
    query = (
        select(
            asked.c.language,
            documents.c.id,
            documents.c.kind,
            documents.c.state,
            documents.c.confirmed_on,
            being_checked(documents.c.id).label("checked"),
            *CENTRE_COLUMNS,
        )
        .select_from(asked)
        .outerjoin(document_numbers, document_numbers.c.hmac.in_(number_hmacs))
        .outerjoin(documents, documents.c.id == document_numbers.c.document_id)
        .outerjoin(centres, centres.c.code == documents.c.centre_code)
        .outerjoin(counties, counties.c.code == centres.c.county_code)
    )
    rows = connection.execute(query).all()
    wanted, shown = set(kinds), set(SHOWN)
    matches = {
        row.id: _found(row)
        for row in rows
        if row.id is not None and row.state in shown and row.kind in wanted
    }
    found = sorted(
        matches.values(), key=lambda one: (not one.ready, -one.confirmed_on.toordinal())
    )
    return found, rows[0].language


def _found(row: Any) -> Found:
    return Found(
        kind=Kind(row.kind),
        ready=row.state == State.READY,
        confirmed_on=row.confirmed_on,
        centre=centre_of(row),
        id=row.id,
        checked=bool(row.checked),
    )


@dataclass(frozen=True)
class Borne:
    """A document that bears a number, whatever its state."""

    id: int
    state: State
    centre_code: str


def bearing(connection: Connection, number_hmacs: Sequence[bytes], kind: Kind) -> list[Borne]:
    """List the documents of a kind that bear a number.

    Those that were collected or returned come only where no other bears it: it was made
    anew since.
    """
    query = (
        select(documents.c.id, documents.c.state, documents.c.centre_code)
        .distinct()
        .join(document_numbers, document_numbers.c.document_id == documents.c.id)
        .where(document_numbers.c.hmac.in_(number_hmacs), documents.c.kind == kind)
        .order_by(documents.c.id)
    )
    borne = [
        Borne(row.id, State(row.state), row.centre_code) for row in connection.execute(query)
    ]
    return [one for one in borne if one.state in SHOWN] or borne


def mark(connection: Connection, document_id: int, state: State, today: date) -> None:
    """Set the state of one document by hand, confirmed on the day there.

    What says that it is not there is closed: somebody has looked.
    """
    connection.execute(
        update(documents)
        .where(documents.c.id == document_id)
        .values(state=state, confirmed_on=today)
    )
    if state is not State.COMING:
        close_confirmed(connection, [document_id])


def holds_demonstration(connection: Connection) -> bool:
    """Say whether demonstration documents were ever loaded here."""
    return _holds(connection, demonstration=True)


def holds_real(connection: Connection) -> bool:
    """Say whether a centre's own list was ever loaded here."""
    return _holds(connection, demonstration=False)


def _holds(connection: Connection, demonstration: bool) -> bool:
    if not inspect(connection).has_table(batches.name):
        return False
    query = select(literal(1)).where(batches.c.demonstration.is_(demonstration)).limit(1)
    return connection.execute(query).first() is not None


def counts(connection: Connection) -> dict[tuple[Kind, State], int]:
    """Count documents by kind and state."""
    query = select(documents.c.kind, documents.c.state, func.count()).group_by(
        documents.c.kind, documents.c.state
    )
    return {(Kind(kind), State(state)): n for kind, state, n in connection.execute(query)}
