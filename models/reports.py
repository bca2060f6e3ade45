"""Reports: what callers say is wrong, and the documents that are in doubt for it.

A document that two phones have reported as not there, or that its centre itself missed, is
being checked, until its centre names it again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
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
    UniqueConstraint,
    func,
    select,
    update,
)

from models.base import in_utc, metadata
from models.keys import Keys
from models.outbox import CALL
from models.upsert import upsert

MOST = 20
"""Open reports that one phone may have."""

WORDS = 182
"""Letters of what was typed that are kept: more than a hop can bring."""

DOUBT = 2
"""Phones that must report a document as not there, before it is being checked."""

_VARIABLES = 500
_RowId = BigInteger().with_variant(Integer, "sqlite")


class Matter(StrEnum):
    """What a report is of."""

    NOT_THERE = "not_there"
    MONEY = "money"
    MOVE = "move"
    OTHER = "other"


reports = Table(
    "reports",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("phone_hmac", LargeBinary(32), nullable=False),
    Column("matter", String(10), nullable=False),
    Column("about", LargeBinary(32), nullable=False),
    Column("day", Date, nullable=False),
    Column("phone", LargeBinary, nullable=False),
    Column("document_id", _RowId, ForeignKey("documents.id")),
    Column("centre_code", String(8)),
    Column("subject", LargeBinary(32)),
    Column("number", LargeBinary),
    Column("wanted", String(8)),
    Column("words", LargeBinary),
    Column("key_version", SmallInteger),
    Column("language", String(8), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Column("agent_id", BigInteger),
    Column("taken_at", DateTime(timezone=True)),
    Column("outcome", String(15)),
    UniqueConstraint("phone_hmac", "matter", "about", "day"),
    Index("ix_reports_document_id", "document_id"),
    Index("ix_reports_closed_at_made_at", "closed_at", "made_at"),
)

"""`key_version` is that of LOOKUP_KEY under which `about` and `subject` are HMACs."""

_OPEN_NOT_THERE = (reports.c.matter == Matter.NOT_THERE) & reports.c.closed_at.is_(None)


@dataclass(frozen=True)
class Report:
    """What a caller says is wrong.

    Args:
        documents: those it is about, if they are known.
        number: the one it is about, as it was typed.
        wanted: the code of the centre or county that a document should move to.
        words: what was typed.
    """

    matter: Matter
    language: str
    documents: tuple[int, ...] = ()
    number: str = field(repr=False, default="")
    centre_code: str = ""
    wanted: str = ""
    words: str = field(repr=False, default="")


@dataclass(frozen=True)
class Received:
    """An open report, as agents read it. What does not open is empty."""

    id: int
    made_at: datetime
    matter: Matter
    language: str
    document_id: int | None
    centre_code: str
    wanted: str
    phone: str = field(repr=False)
    number: str = field(repr=False)
    words: str = field(repr=False)


def report(connection: Connection, keys: Keys, phone: str, given: Report, day: date) -> bool:
    """Keep a report, once for a phone, matter, subject and day; one row for each document.

    Midnight in the middle of a call makes no second one. One that was closed in an earlier
    call is opened again; one closed within this call stays closed.

    Returns:
        Whether it is kept: False where the phone has no room for another.
    """
    now = datetime.now(UTC)
    phone_hmac = keys.phone_hmac(phone)
    held = _held(connection, phone_hmac, day)
    kept = {
        bytes(one.about)
        for one in held
        if one.matter == given.matter and _is_same(one, day, now)
    }
    abouts = {about_of(keys, given, one): one for one in given.documents or (None,)}
    new = {about: one for about, one in abouts.items() if about not in kept}
    if new and sum(one.closed_at is None for one in held) + len(new) > MOST:
        return False
    for about, document_id in new.items():
        row = {
            "phone_hmac": phone_hmac,
            "matter": given.matter,
            "about": about,
            "day": day,
            "document_id": document_id,
            "language": given.language,
            "made_at": now,
            "closed_at": None,
            **_FREE,
            **sealed(keys, phone, given, report_row(phone_hmac, given.matter, about, day)),
        }
        upsert(
            connection,
            reports,
            row,
            on=["phone_hmac", "matter", "about", "day"],
            change=["language", "made_at", "closed_at", *_FREE],
        )
    return True


def waiting(connection: Connection, keys: Keys, most: int = 500) -> list[Received]:
    """List open reports, the oldest first."""
    query = (
        select(reports)
        .where(reports.c.closed_at.is_(None))
        .order_by(reports.c.made_at, reports.c.id)
        .limit(most)
    )
    return [received(keys, row) for row in connection.execute(query)]


def said_by(
    connection: Connection, keys: Keys, phone_hmacs: Collection[bytes]
) -> list[Received]:
    """List every report of a phone, open or closed, the oldest first."""
    query = (
        select(reports)
        .where(reports.c.phone_hmac.in_(phone_hmacs))
        .order_by(reports.c.made_at, reports.c.id)
    )
    return [received(keys, row) for row in connection.execute(query)]


def close(connection: Connection, report_id: int) -> bool:
    """Close a report that was seen to; say whether it was open."""
    closed = connection.execute(
        update(reports)
        .where(reports.c.id == report_id, reports.c.closed_at.is_(None))
        .values(closed_at=datetime.now(UTC))
    )
    return closed.rowcount > 0


def close_confirmed(connection: Connection, document_ids: Sequence[int]) -> None:
    """Close what says that documents are not there: their centre has named them again."""
    for start in range(0, len(document_ids), _VARIABLES):
        some = reports.c.document_id.in_(document_ids[start : start + _VARIABLES])
        connection.execute(
            update(reports).where(_OPEN_NOT_THERE, some).values(closed_at=datetime.now(UTC))
        )


def doubted(connection: Connection) -> set[int]:
    """List the documents that any phone has reported as not there."""
    query = select(reports.c.document_id).where(
        _OPEN_NOT_THERE, reports.c.document_id.is_not(None)
    )
    return set(connection.scalars(query.distinct()))


def being_checked(document_id: Column[int]) -> ColumnElement[bool]:
    """Give the part of a statement that says whether a document is being checked.

    Args:
        document_id: the column of `documents`: its row says whether the centre missed it.
    """
    phones = (
        select(func.count(reports.c.phone_hmac.distinct()))
        .where(_OPEN_NOT_THERE, reports.c.document_id == document_id)
        .correlate(document_id.table)
        .scalar_subquery()
    )
    missed: ColumnElement[bool] = document_id.table.c.is_unconfirmed
    return missed | (phones >= DOUBT)


_FREE: dict[str, Any] = {"agent_id": None, "taken_at": None, "outcome": None}


def _held(connection: Connection, phone_hmac: bytes, day: date) -> Collection[Any]:
    """Read a phone's open reports, and those of late."""
    query = select(
        reports.c.matter,
        reports.c.about,
        reports.c.day,
        reports.c.made_at,
        reports.c.closed_at,
    ).where(
        reports.c.phone_hmac == phone_hmac,
        reports.c.closed_at.is_(None) | (reports.c.day >= day - timedelta(days=1)),
    )
    return connection.execute(query).all()


def _is_same(held: Any, day: date, now: datetime) -> bool:
    """Say whether a report that is held is the one made on `day`, and is not to be opened."""
    if held.day != day and in_utc(held.made_at) < now - CALL:
        return False
    return held.closed_at is None or in_utc(held.closed_at) > now - CALL


def about_of(keys: Keys, given: Report, document_id: int | None) -> bytes:
    """Give the HMAC of what a report concerns: a document, or else a number."""
    concerns = document_id or (keys.subject(given.number).hex() if given.number else "")
    parts = (given.centre_code, given.wanted, given.words[:WORDS])
    return keys.subject(f"report|{concerns}|{'|'.join(parts)}")


def sealed(keys: Keys, phone: str, given: Report, row: str) -> dict[str, object]:
    """Give the columns of what a caller said, what is personal sealed to its row."""
    number, words = given.number, given.words[:WORDS]
    return {
        "phone": keys.people.seal(phone, f"{row}|phone"),
        "centre_code": given.centre_code or None,
        "subject": keys.subject(number) if number else None,
        "number": keys.people.seal(number, f"{row}|number") if number else None,
        "wanted": given.wanted or None,
        "words": keys.people.seal(words, f"{row}|words") if words else None,
        "key_version": keys.lookup.version,
    }


def received(keys: Keys, row: Any) -> Received:
    """Open a row of the table, as agents read it."""
    place = report_row(bytes(row.phone_hmac), row.matter, bytes(row.about), row.day)
    opened = keys.people.open_or_empty
    return Received(
        id=row.id,
        made_at=in_utc(row.made_at),
        matter=Matter(row.matter),
        language=row.language,
        document_id=row.document_id,
        centre_code=row.centre_code or "",
        wanted=row.wanted or "",
        phone=opened(row.phone, f"{place}|phone"),
        number=opened(row.number, f"{place}|number"),
        words=opened(row.words, f"{place}|words"),
    )


def report_row(phone_hmac: bytes, matter: str, about: bytes, day: date) -> str:
    """Name a report's row, to bind its ciphertexts to."""
    return f"reports|{phone_hmac.hex()}|{matter}|{about.hex()}|{day}"
