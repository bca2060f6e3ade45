"""Documents that lie at a centre or are on their way there, and finding one by a number."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Select,
    SmallInteger,
    String,
    Table,
    bindparam,
    false,
    func,
    inspect,
    literal,
    select,
    text,
    update,
)

from models.asked import asked_on, read_asked
from models.base import in_utc, metadata
from models.callers import language_of
from models.centres import CENTRE_COLUMNS, Centre, centre_of, centres
from models.counties import counties
from models.history import Placed, change_row, keep
from models.numbers import Kind
from models.ready import Ready
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
    Column("who", String(60)),
    Column("why", String(60)),
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
    Column("centre_code", String(8), nullable=False),
    Column("received_on", Date),
    Column("confirmed_on", Date, nullable=False),
    Column("is_unconfirmed", Boolean, nullable=False, server_default=false()),
    Column("phone_hmac", LargeBinary(32)),
    Column("phone", LargeBinary),
    Column("batch_id", _RowId, nullable=False),
    Column("loaded_by", _RowId, nullable=False),
    Index(
        "ix_documents_is_unconfirmed",
        "id",
        postgresql_where=text("is_unconfirmed"),
        sqlite_where=text("is_unconfirmed"),
    ),
)
"""`is_unconfirmed` says that its centre has looked, and has not seen it since. `loaded_by` is
the batch that the document came with, `batch_id` the last one that changed it. They, and
`document_numbers`, have no foreign keys: PostgreSQL checks those row by row,
which took two thirds of an import's time. Whoever writes these tables is `models/importing`
and `models/rotation`, and whoever deletes from them `models/retention`."""

document_numbers = Table(
    "document_numbers",
    metadata,
    Column("document_id", _RowId, primary_key=True, autoincrement=False),
    Column("type", String(20), primary_key=True),
    Column("hmac", LargeBinary(32), nullable=False),
    Column("key_version", SmallInteger, nullable=False),
    Column("last_three", String(3), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("batch_id", _RowId, nullable=False),
    Index("ix_document_numbers_hmac", "hmac"),
)


def document_row(document_id: int) -> str:
    """Name a document's row, to bind its owner's phone to."""
    return f"documents|{document_id}"


def document_number_row(document_id: int, number_type: str) -> str:
    """Name the row of a document's number, to bind its ciphertext to."""
    return f"document_numbers|{document_id}|" + number_type


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


@dataclass(frozen=True)
class Answer:
    """What one look gives.

    Attributes:
        found: the documents, ready ones first, then the latest confirmed.
        language: the caller's; None where the caller has chosen none.
        asked: the subjects of the numbers that the caller asked for today.
    """

    found: list[Found]
    language: str | None
    asked: frozenset[bytes] = field(repr=False)


NO_ANSWER = Answer([], None, frozenset())
"""What nobody looked for."""


def find(
    connection: Connection,
    number_hmacs: Sequence[bytes],
    kinds: Iterable[Kind],
    phone_hmac: bytes,
) -> tuple[list[Found], str | None]:
    """Find the documents of `kinds` that bear a number, and the caller's language."""
    answer = look_up(connection, number_hmacs, kinds, [phone_hmac], date.min)
    return answer.found, answer.language


def look_up(
    connection: Connection,
    number_hmacs: Sequence[bytes],
    kinds: Iterable[Kind],
    phone_hmacs: Collection[bytes],
    today: date,
) -> Answer:
    """Find the documents of `kinds` that bear a number, and what the answer depends on.

    One statement gives all of it.

    Args:
        phone_hmacs: the caller's, under every key version.
        today: there; its budget is read.
    """
    given = {
        "number_hmacs": list(number_hmacs),
        "phone_hmacs": list(phone_hmacs),
        "today": today,
    }
    rows = _LOOKING.rows(connection, given)
    wanted, shown = set(kinds), set(SHOWN)
    matches = {
        row.id: _found(row)
        for row in rows
        if row.id is not None and row.state in shown and row.kind in wanted
    }
    found = sorted(
        matches.values(), key=lambda one: (not one.ready, -one.confirmed_on.toordinal())
    )
    return Answer(found, rows[0].language, read_asked(rows[0].asked))


def _looking(dialect: str) -> Select[Any]:
    """Ask for the documents that bear a number, beside what is known of the caller."""
    phone_hmacs: BindParameter[Any] = bindparam("phone_hmacs", expanding=True)
    caller = select(
        language_of(phone_hmacs).label("language"),
        asked_on(dialect, phone_hmacs, bindparam("today")).label("asked"),
    ).subquery()
    number_hmacs: BindParameter[Any] = bindparam("number_hmacs", expanding=True)
    return (
        select(
            caller.c.language,
            caller.c.asked,
            documents.c.id,
            documents.c.kind,
            documents.c.state,
            documents.c.confirmed_on,
            being_checked(documents.c.id).label("checked"),
            *CENTRE_COLUMNS,
        )
        .select_from(caller)
        .outerjoin(document_numbers, document_numbers.c.hmac.in_(number_hmacs))
        .outerjoin(documents, documents.c.id == document_numbers.c.document_id)
        .outerjoin(centres, centres.c.code == documents.c.centre_code)
        .outerjoin(counties, counties.c.code == centres.c.county_code)
    )


_LOOKING = Ready(_looking)


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
    """A document that bears a number, whatever its state.

    Attributes:
        loaded_by: the batch that it came with.
    """

    id: int
    kind: Kind
    state: State
    centre_code: str
    received_on: date | None
    confirmed_on: date
    loaded_by: int

    @property
    def placed(self) -> Placed:
        """Where it is in its life."""
        return Placed(self.state, self.centre_code)


def bearing(connection: Connection, number_hmacs: Sequence[bytes], kind: Kind) -> list[Borne]:
    """List the documents of a kind that bear a number.

    Those that were collected or returned come only where no other bears it: it was made
    anew since.
    """
    query = (
        select(*_BORNE)
        .distinct()
        .join(document_numbers, document_numbers.c.document_id == documents.c.id)
        .where(document_numbers.c.hmac.in_(number_hmacs), documents.c.kind == kind)
        .order_by(documents.c.id)
    )
    borne = [_borne(row) for row in connection.execute(query)]
    return [one for one in borne if one.state in SHOWN] or borne


def change(
    connection: Connection,
    document_id: int,
    today: date,
    who: str,
    why: str,
    state: State | None = None,
    centre_code: str = "",
) -> Borne:
    """Change a document's state, its centre or both by hand, confirmed on the day there.

    What says that it is not there is closed, unless it is still coming: somebody has looked.
    One that comes to another centre, or becomes ready, is received there on that day.

    Returns:
        The document as it was.
    """
    query = select(*_BORNE).where(documents.c.id == document_id).with_for_update()
    was = _borne(connection.execute(query).one())
    now = Placed(state or was.state, centre_code or was.centre_code)
    values: dict[str, object] = {
        "state": now.state,
        "centre_code": now.centre_code,
        "confirmed_on": today,
        "is_unconfirmed": False,
    }
    if now.centre_code != was.centre_code:
        values["received_on"] = today
    connection.execute(update(documents).where(documents.c.id == document_id).values(values))
    if now != was.placed:
        keep(connection, [change_row(document_id, was.placed, now, who, why)])
    if now.state != State.COMING:
        close_confirmed(connection, [document_id])
    return was


_BORNE = (
    documents.c.id,
    documents.c.kind,
    documents.c.state,
    documents.c.centre_code,
    documents.c.received_on,
    documents.c.confirmed_on,
    documents.c.loaded_by,
)


def _borne(row: Any) -> Borne:
    return Borne(
        row.id,
        Kind(row.kind),
        State(row.state),
        row.centre_code,
        row.received_on,
        row.confirmed_on,
        row.loaded_by,
    )


def unconfirmed(connection: Connection) -> set[int]:
    """List the documents that their centres have looked for, and not seen."""
    return set(connection.scalars(select(documents.c.id).where(documents.c.is_unconfirmed)))


def batch_of(connection: Connection, batch_id: int) -> tuple[datetime, str, str]:
    """Say when a batch was loaded, by whom and as what; empty where it was not kept."""
    query = select(batches).where(batches.c.id == batch_id)
    row = connection.execute(query).one()
    return in_utc(row.made_at), row.who or "", row.why or ""


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
