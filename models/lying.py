"""What lies ready at a centre, as its officers' lists have it: last three digits, no name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select

from models.documents import State, document_numbers, documents
from models.numbers import PRINCIPAL, Kind


@dataclass(frozen=True)
class Lying:
    """A document of a centre.

    Attributes:
        last_three: of the number that its kind goes by; empty where it bears none any more.
    """

    id: int
    kind: Kind
    state: State
    last_three: str
    received_on: date | None
    confirmed_on: date


class Elsewhere(Exception):
    """No such document lies at this centre."""


def lying(*which: ColumnElement[bool]) -> Select[Any]:
    """Ask for documents; further columns may be added to what `lying_of` reads."""
    principal = (
        document_numbers.c.document_id == documents.c.id
    ) & document_numbers.c.type.in_(sorted(set(PRINCIPAL.values())))
    return (
        select(
            documents.c.id,
            documents.c.kind,
            documents.c.state,
            documents.c.received_on,
            documents.c.confirmed_on,
            func.coalesce(document_numbers.c.last_three, literal("")).label("last_three"),
        )
        .select_from(documents)
        .outerjoin(document_numbers, principal)
        .where(*which)
    )


def lying_of(row: Any) -> Lying:
    """Make one of a row that `lying` asked for."""
    return Lying(
        row.id,
        Kind(row.kind),
        State(row.state),
        row.last_three,
        row.received_on,
        row.confirmed_on,
    )


def is_ready_at(centre_code: str, kind: str = "") -> list[ColumnElement[bool]]:
    """Make the conditions of what lies ready at a centre.

    Args:
        kind: of which kind; empty for all.
    """
    there = [documents.c.centre_code == centre_code, documents.c.state == State.READY]
    return [*there, documents.c.kind == kind] if kind else there


def ready_bearing(
    connection: Connection, centre_code: str, kind: str, hmacs: Sequence[bytes]
) -> list[Lying]:
    """List what lies ready at a centre and bears a number, by any of its HMACs.

    Args:
        kind: of which kind; empty for all.
    """
    bears = select(document_numbers.c.document_id).where(document_numbers.c.hmac.in_(hmacs))
    query = lying(documents.c.id.in_(bears), *is_ready_at(centre_code, kind))
    return [lying_of(row) for row in connection.execute(query.order_by(documents.c.id))]


def hold_ready(connection: Connection, document_id: int, centre_code: str) -> bool:
    """Hold a document of a centre for change; say whether it lies ready there.

    Raises:
        Elsewhere: that centre has no such document.
    """
    query = select(documents.c.state).where(
        documents.c.id == document_id, documents.c.centre_code == centre_code
    )
    state = connection.scalars(query.with_for_update()).one_or_none()
    if state is None:
        raise Elsewhere
    return bool(state == State.READY)
