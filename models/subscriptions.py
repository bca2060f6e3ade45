"""Subscriptions: phones that asked to be texted when a number's document is ready.

A subscription holds HMACs of the number, under every type it may be: it meets documents
that nobody had loaded when it was made. The number itself only rotation can read.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from models.base import metadata
from models.callers import callers
from models.centres import CENTRE_COLUMNS, centre_of, centres
from models.counties import counties
from models.country import Country
from models.documents import Found, State, document_numbers, documents
from models.keys import Keys
from models.numbers import Kind
from models.outbox import CALL
from models.reports import being_checked
from models.upsert import upserted

MOST = 10
"""Open subscriptions that one phone may have."""

_RowId = BigInteger().with_variant(Integer, "sqlite")

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("phone_hmac", LargeBinary(32), nullable=False),
    Column("subject", LargeBinary(32), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("phone", LargeBinary, nullable=False),
    Column("number", LargeBinary),
    Column("key_version", SmallInteger),
    Column("language", String(8), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("met_at", DateTime(timezone=True)),
    UniqueConstraint("phone_hmac", "subject", "kind"),
    Index("ix_subscriptions_made_at", "made_at"),
)
"""`number` is sealed so that rotation alone reads it; `key_version` is that of LOOKUP_KEY
under which `subject` and the numbers are HMACs. Both lack where the phone subscribed before
there were such columns."""

subscription_numbers = Table(
    "subscription_numbers",
    metadata,
    Column("subscription_id", _RowId, ForeignKey("subscriptions.id"), primary_key=True),
    Column("hmac", LargeBinary(32), primary_key=True),
    Index("ix_subscription_numbers_hmac", "hmac"),
)


_OPEN = select(subscriptions.c.subject, subscriptions.c.kind).where(
    subscriptions.c.phone_hmac.in_(bindparam("phone_hmacs", expanding=True)),
    subscriptions.c.met_at.is_(None),
)


@dataclass(frozen=True)
class Due:
    """A subscription whose document is ready."""

    id: int
    made_at: datetime
    language: str
    last_three: str
    found: Found
    phone: str = field(repr=False)


def room_for(
    connection: Connection,
    phone_hmacs: Collection[bytes],
    subjects: Collection[bytes],
    kind: str,
) -> bool:
    """Say whether a phone may subscribe to a number, or has done so already.

    Args:
        phone_hmacs: the phone's, under every key version.
        subjects: the number's, under every key version.
    """
    rows = connection.execute(_OPEN, {"phone_hmacs": list(phone_hmacs)})
    open_ones = {(bytes(row.subject), row.kind) for row in rows}
    return any((one, kind) in open_ones for one in subjects) or len(open_ones) < MOST


def subscribe(
    connection: Connection,
    keys: Keys,
    phone: str,
    subject: bytes,
    kind: str,
    language: str,
    number_hmacs: Iterable[bytes],
    number: str = "",
) -> bool:
    """Keep a subscription, once for a phone, number and kind.

    One that was met in an earlier call is opened again: the document has gone, and another
    is waited for. One met within this call stays met. One made before the phone was stopped
    is made anew, since it is asked for now.

    Args:
        subject: the number's, under the current key.
        number_hmacs: under every type that it may be, under the current key.
        number: as it was typed: kept for rotation.

    Returns:
        Whether it is kept: False where the phone has no room for another.
    """
    phone_hmac = keys.phone_hmac(phone)
    if not room_for(connection, [phone_hmac], [subject], kind):
        return False
    only = {"phone_hmac": phone_hmac, "subject": subject, "kind": kind}
    said = {"language": language, "made_at": datetime.now(UTC)}
    sealed = keys.people.seal(phone, subscription_row(phone_hmac, subject, kind))
    row = {**only, **said, "phone": sealed, "key_version": keys.lookup.version}
    if made := upserted(connection, subscriptions, row, on=list(only)):
        _keep_number(connection, keys, made.id, number_hmacs, number)
    else:
        _open_again(connection, only, language)
    return True


def _open_again(connection: Connection, only: Mapping[str, Any], language: str) -> None:
    """Open a subscription that was met in an earlier call, or whose phone was stopped."""
    now = datetime.now(UTC)
    mine = and_(*(subscriptions.c[name] == value for name, value in only.items()))
    connection.execute(
        update(subscriptions)
        .where(mine, or_(subscriptions.c.met_at < now - CALL, _is_stopped()))
        .values(met_at=None, made_at=now, language=language)
    )


def _keep_number(
    connection: Connection, keys: Keys, its_id: int, number_hmacs: Iterable[bytes], number: str
) -> None:
    """Keep what a new subscription waits for."""
    numbers = [{"subscription_id": its_id, "hmac": one} for one in set(number_hmacs)]
    connection.execute(insert(subscription_numbers), numbers)
    if number:
        sealed = keys.seal_for_rotation(number, number_row(its_id))
        its_row = update(subscriptions).where(subscriptions.c.id == its_id)
        connection.execute(its_row.values(number=sealed))


def current_hmacs(keys: Keys, country: Country, number: str, kind: str) -> list[bytes]:
    """Give the HMACs that a number is waited for under now, for one kind or for any.

    A number that no document may bear has one all the same, which nothing will meet.
    """
    asked_by = country.formats.asked_by(number, kind)
    return [keys.number_hmac(*one) for one in asked_by.items()] or [keys.subject(number)]


def _is_stopped() -> ColumnElement[bool]:
    """Make the condition that a subscription is open, and its phone was stopped since."""
    stopped = (callers.c.phone_hmac == subscriptions.c.phone_hmac) & (
        callers.c.stopped_at > subscriptions.c.made_at
    )
    return subscriptions.c.met_at.is_(None) & exists().where(stopped)


_DUE = (
    select(
        subscriptions.c.id,
        subscriptions.c.phone_hmac,
        subscriptions.c.subject,
        subscriptions.c.kind.label("asked_kind"),
        subscriptions.c.phone,
        subscriptions.c.made_at,
        subscriptions.c.language,
        document_numbers.c.last_three,
        documents.c.kind,
        documents.c.confirmed_on,
        documents.c.id.label("document_id"),
        *CENTRE_COLUMNS,
    )
    .join_from(subscription_numbers, subscriptions)
    .join(document_numbers, document_numbers.c.hmac == subscription_numbers.c.hmac)
    .join(documents, documents.c.id == document_numbers.c.document_id)
    .join(centres, centres.c.code == documents.c.centre_code)
    .join(counties, counties.c.code == centres.c.county_code)
    .where(subscriptions.c.met_at.is_(None), documents.c.state == State.READY)
    .where(~being_checked(documents.c.id), ~_is_stopped())
    .where(subscriptions.c.kind.in_(["", documents.c.kind]))
    .order_by(subscriptions.c.id)
)


def due(
    connection: Connection,
    keys: Keys,
    batch_id: int | None = None,
    made_within: timedelta | None = None,
    most: int = 500,
    phone_hmac: bytes | None = None,
    document_id: int | None = None,
) -> list[Due]:
    """List open subscriptions whose document is ready, and not being checked.

    Those of a phone that was stopped since wait until it is started again.

    Args:
        batch_id: only those met by documents that this import touched.
        made_within: only those made so lately.
        most: how many at a time.
        phone_hmac: only those of this phone.
        document_id: only those met by this document.
    """
    query = _DUE.limit(most)
    if document_id is not None:
        query = query.where(documents.c.id == document_id)
    if batch_id is not None:
        query = query.where(documents.c.batch_id == batch_id)
    if made_within is not None:
        query = query.where(subscriptions.c.made_at >= datetime.now(UTC) - made_within)
    if phone_hmac is not None:
        query = query.where(subscriptions.c.phone_hmac == phone_hmac)
    met: dict[int, Due] = {}
    for row in connection.execute(query):
        found = Found(Kind(row.kind), True, row.confirmed_on, centre_of(row), row.document_id)
        phone = _phone(keys, row)
        met.setdefault(
            row.id, Due(row.id, row.made_at, row.language, row.last_three, found, phone)
        )
    return list(met.values())


def _phone(keys: Keys, row: Any) -> str:
    """Read a subscriber's phone; empty where it does not open, and nobody can be told."""
    place = subscription_row(bytes(row.phone_hmac), bytes(row.subject), row.asked_kind)
    return keys.people.open_or_empty(row.phone, place)


def mark_met(connection: Connection, ids: Sequence[int]) -> None:
    """Close subscriptions whose text is queued."""
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id.in_(ids))
        .values(met_at=datetime.now(UTC))
    )


def reopen(connection: Connection, ids: Sequence[int]) -> None:
    """Open subscriptions again whose text should not have been queued.

    One whose phone was stopped since it was made stays as it is.
    """
    stopped = (callers.c.phone_hmac == subscriptions.c.phone_hmac) & (
        callers.c.stopped_at > subscriptions.c.made_at
    )
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id.in_(ids), subscriptions.c.met_at.is_not(None))
        .where(~exists().where(stopped))
        .values(met_at=None, made_at=datetime.now(UTC))
    )


def count(connection: Connection) -> int:
    """Count all subscriptions, open and met."""
    return connection.scalars(select(func.count()).select_from(subscriptions)).one()


def number_row(subscription_id: int) -> str:
    """Name the row of a subscription's number, to bind its ciphertext to."""
    return f"subscriptions|{subscription_id}|number"


def subscription_row(phone_hmac: bytes, subject: bytes, kind: str) -> str:
    """Name a subscription's row, to bind its phone's ciphertext to."""
    return f"subscriptions|{phone_hmac.hex()}|{subject.hex()}|{kind}"
