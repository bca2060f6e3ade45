"""Whom a campaign tells: the owners of documents that lie ready, read as a stream.

It takes the memory of a few thousand documents, however many there are.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import groupby, islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    case,
    exists,
    false,
    func,
    select,
)

from models.callers import callers
from models.campaigns import CHUNK, FAR, Choice, cause_of
from models.documents import State, document_numbers, document_row, documents
from models.keys import Keys
from models.numbers import PRINCIPAL, Kind
from models.outbox import HANDED_OVER, Delivery, outbox, outbox_documents
from models.reports import being_checked

_OWNERS = 500
"""Owners that are looked up at a time."""


class Skip(StrEnum):
    """Why the owner of a document is not told of it."""

    NO_PHONE = "no phone"
    UNREADABLE = "phone does not open"
    STOPPED = "owner wants no texts"
    IN_IT = "in this campaign already"
    CHECKED = "being checked"
    TOLD = "told of it lately"


@dataclass(frozen=True)
class Lying:
    """A document that lies ready."""

    id: int
    kind: Kind
    centre_code: str
    last_three: str


@dataclass(frozen=True)
class Owner:
    """Somebody to be told of documents, in a language if one was chosen."""

    phone_hmac: bytes
    language: str | None
    documents: tuple[Lying, ...]
    phone: str = field(repr=False)


class Chosen:
    """The owners to be told. Iterate over it; then `skipped` tells of the others.

    Args:
        today: the day there, from which documents' days are counted back.
        campaign_id: the one that goes on; None for one not begun.

    Attributes:
        total: documents that are chosen.
        read: how many of them were looked at so far.
        skipped: how many of them nobody is told of, and why.
    """

    def __init__(
        self,
        connection: Connection,
        keys: Keys,
        choice: Choice,
        today: date,
        campaign_id: int | None = None,
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._campaign_id = campaign_id
        self._which = _which(choice, today)
        self._query = _query(choice).where(self._which, _HAS_PHONE)
        self.total = self._count(self._which)
        self.read = 0
        self.skipped: Counter[Skip] = Counter()

    def __iter__(self) -> Iterator[Owner]:
        self.skipped.clear()
        self.read = self._count(self._which & ~_HAS_PHONE)
        self._skip(Skip.NO_PHONE, self.read)
        rows = self._connection.execute(self._query, execution_options={"yield_per": CHUNK})
        groups = (list(one) for _, one in groupby(rows, key=lambda row: row.phone_hmac))
        while some := list(islice(groups, _OWNERS)):
            known = self._known([bytes(group[0].phone_hmac) for group in some])
            for group in some:
                self.read += len(group)
                left = self._to_be_told(group, known)
                if left and (phone := self._phone(left)):
                    yield _owner(left, phone, self._keys.phone_hmac(phone))
                else:
                    self._skip(Skip.UNREADABLE, len(left))

    def _known(self, phone_hmacs: Sequence[bytes]) -> set[bytes]:
        """Say which phones are in the campaign already."""
        if self._campaign_id is None:
            return set()
        causes = [cause_of(self._campaign_id, one) for one in phone_hmacs]
        query = select(outbox.c.phone_hmac).where(outbox.c.cause.in_(causes))
        return {bytes(one) for one in self._connection.scalars(query)}

    def _to_be_told(self, group: Sequence[Any], known: Collection[bytes]) -> Sequence[Any]:
        """Give those of an owner's documents that are to be told of; count the others."""
        if bytes(group[0].phone_hmac) in known:
            self._skip(Skip.IN_IT, len(group))
            return ()
        reasons = [_reason(row) for row in group]
        for why in filter(None, reasons):
            self._skip(why, 1)
        return [row for row, why in zip(group, reasons, strict=True) if not why]

    def _phone(self, rows: Sequence[Any]) -> str:
        """Read an owner's phone; empty where it does not open, or is another's."""
        for row in rows:
            phone = self._keys.people.open_or_empty(row.phone, document_row(row.id))
            if phone and bytes(row.phone_hmac) in self._keys.phone_hmacs(phone):
                return phone
        return ""

    def _skip(self, why: Skip, documents: int) -> None:
        if documents:
            self.skipped[why] += documents

    def _count(self, which: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(documents).where(which)
        return self._connection.scalars(query).one()


def _reason(row: Any) -> Skip | None:
    """Say why nobody is told of a document; None where its owner is."""
    if row.stopped_at is not None:
        return Skip.STOPPED
    if row.checked:
        return Skip.CHECKED
    return Skip.TOLD if row.told else None


def _owner(rows: Sequence[Any], phone: str, phone_hmac: bytes) -> Owner:
    lying = (Lying(row.id, Kind(row.kind), row.centre_code, row.last_three) for row in rows)
    return Owner(phone_hmac, rows[0].language, tuple(lying), phone)


def _which(choice: Choice, today: date) -> ColumnElement[bool]:
    ready_since = func.coalesce(documents.c.received_on, documents.c.confirmed_on)
    which = (documents.c.state == State.READY) & (
        ready_since <= today - timedelta(days=choice.days)
    )
    if choice.until_days is not None:
        which &= ready_since >= today - timedelta(days=choice.until_days)
    if choice.centres:
        which &= documents.c.centre_code.in_(choice.centres)
    if choice.kinds:
        which &= documents.c.kind.in_(choice.kinds)
    return which


_HAS_PHONE = documents.c.phone_hmac.is_not(None) & documents.c.phone.is_not(None)


def _query(choice: Choice) -> Select[Any]:
    """Ask for documents with all that decides whether their owners are told, by owner."""
    named = {str(kind): str(number_type) for kind, number_type in PRINCIPAL.items()}
    principal = case(named, value=documents.c.kind)
    number = (document_numbers.c.document_id == documents.c.id) & (
        document_numbers.c.type == principal
    )
    return (
        select(
            documents.c.id,
            documents.c.kind,
            documents.c.centre_code,
            documents.c.phone_hmac,
            documents.c.phone,
            func.coalesce(document_numbers.c.last_three, "").label("last_three"),
            callers.c.language,
            callers.c.stopped_at,
            being_checked(documents.c.id).label("checked"),
            _told(choice.told_within).label("told"),
        )
        .select_from(documents)
        .outerjoin(document_numbers, number)
        .outerjoin(callers, callers.c.phone_hmac == documents.c.phone_hmac)
        .order_by(documents.c.phone_hmac, documents.c.id)
    )


def _told(days: int) -> ColumnElement[bool]:
    """Give the part that says whether somebody was told of a document, or is about to be."""
    if not days:
        return false()
    went_out = outbox.c.state.in_(HANDED_OVER) & (
        outbox.c.submitting_at > datetime.now(UTC) - timedelta(days=days)
    )
    will_go_out = (outbox.c.state == Delivery.QUEUED) & (outbox.c.due_at < FAR)
    return exists().where(
        outbox_documents.c.document_id == documents.c.id,
        outbox.c.id == outbox_documents.c.message_id,
        went_out | will_go_out,
    )
