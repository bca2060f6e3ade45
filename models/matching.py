"""Which document a row of a list speaks of, and what the row says that is new."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, LargeBinary, bindparam, func, select

from models.documents import State, document_numbers, documents
from models.numbers import PRINCIPAL, Kind, NumberType

_VARIABLES = 500
_HMAC = 32
_RANK = {State.COMING: 0, State.READY: 1, State.COLLECTED: 2, State.RETURNED: 2}
_GONE = (State.COLLECTED, State.RETURNED)

_ONE_PERSONS = (NumberType.NATIONAL_ID,)
"""Numbers that one person alone bears: the same number at two centres is one document."""


class Row(NamedTuple):
    """One document as a list gives it, its numbers in canonical form."""

    kind: Kind
    state: State
    centre_code: str
    received_on: date | None
    numbers: dict[NumberType, str]
    phone: str | None = None

    def __repr__(self) -> str:
        return f"<a row: {self.kind}>"  # what it holds is somebody's


@dataclass
class Known:
    """What is known of a document, kept up to date as rows come."""

    id: int
    kind: Kind
    state: State
    centre_code: str
    received_on: date | None
    confirmed_on: date
    has_phone: bool
    hmacs: set[bytes] = field(default_factory=set)

    @classmethod
    def of(cls, row: Any) -> "Known":
        """Make one of a row of `_query`."""
        return cls(
            row.id,
            Kind(row.kind),
            State(row.state),
            row.centre_code,
            row.received_on,
            row.confirmed_on,
            row.phone_hmac is not None,
        )

    @property
    def is_gone(self) -> bool:
        """Whether it was collected or sent back."""
        return self.state in _GONE

    def is_older_than(self, row: Row) -> bool:
        """Say whether a row tells of a later state, or of a later place."""
        is_further = _RANK[row.state] > _RANK[self.state]
        if self.is_gone or row.centre_code == self.centre_code:
            return is_further
        if row.received_on and self.received_on:
            return (row.received_on, is_further) > (self.received_on, False)
        if self.received_on:
            return False  # nobody can tell which list is the older
        return is_further or bool(row.received_on and row.received_on > self.confirmed_on)

    def goes_on_as(self, row: Row) -> bool:
        """Say whether a row can still speak of this document, and not of one made anew.

        Where a day lacks, what the centre that it has left still lists is that document, and
        what another centre lists is not.
        """
        if not self.is_gone:
            return True
        if row.received_on is None or self.received_on is None:
            return row.centre_code == self.centre_code
        return row.received_on <= self.received_on

    def follow(self, row: Row, confirmed_on: date) -> None:
        """Take over what a row says that is newer."""
        if self.is_older_than(row):
            self.state, self.centre_code = row.state, row.centre_code
            self.received_on = row.received_on or self.received_on
        self.confirmed_on = max(self.confirmed_on, confirmed_on)


Documents = dict[tuple[bytes, Kind], list[Known]]
"""Documents by kind and by the number that the kind goes by; several may bear one."""


def match(hmacs: Iterable[bytes], row: Row, known: Documents) -> Known | None:
    """Find the document that a row speaks of, by the number that its kind goes by.

    Districts repeat birth entries, so one at another centre is another document; an ID is
    one person's, so a card at another centre has moved. A card made anew after the first was
    collected or sent back is another document. A receipt or a waiting card proves nothing:
    one receipt may have been given for two papers.

    Args:
        hmacs: those of the row's principal number, of every key version.
    """
    bearing = [one for hmac in hmacs for one in known.get((hmac, row.kind), ())]
    same = [one for one in bearing if one.goes_on_as(row)]
    if PRINCIPAL[row.kind] not in _ONE_PERSONS:
        same = [one for one in same if one.centre_code == row.centre_code]
    return min(same, key=lambda one: _strangeness(one, row), default=None)


def _strangeness(known: Known, row: Row) -> tuple[bool, bool]:
    """Say how far a document is from what a row says: one that is there comes first."""
    return known.is_gone, known.centre_code != row.centre_code


def read_known(connection: Connection, hmacs: Sequence[bytes]) -> Documents:
    """Read what is known of the documents that bear one of many numbers, and lock it.

    On PostgreSQL nobody changes these documents before the transaction ends: SQLite has one
    writer anyway.
    """
    by_id: dict[int, Known] = {}
    found: Documents = {}
    for row in _known(connection, hmacs):
        document = by_id.setdefault(row.id, Known.of(row))
        document.hmacs.add(bytes(row.hmac))
        if bytes(row.asked) == bytes(row.hmac):
            found.setdefault((bytes(row.asked), document.kind), []).append(document)
    return found


def _known(connection: Connection, hmacs: Sequence[bytes]) -> Iterator[Any]:
    if connection.dialect.name == "postgresql":
        every = {"hmacs": b"".join(hmacs), "last": len(hmacs) - 1}
        yield from connection.execute(_LOCKED, every)
        return
    for start in range(0, len(hmacs), _VARIABLES):
        some = _ASKED.c.hmac.in_(hmacs[start : start + _VARIABLES])
        yield from connection.execute(_KNOWN.where(some))


_ASKED, _BORNE = document_numbers.alias("asked"), document_numbers.alias("borne")
_KNOWN = (
    select(
        _ASKED.c.hmac.label("asked"),
        _BORNE.c.hmac,
        documents.c.id,
        documents.c.kind,
        documents.c.state,
        documents.c.centre_code,
        documents.c.received_on,
        documents.c.confirmed_on,
        documents.c.phone_hmac,
    )
    .select_from(_ASKED)
    .join(documents, documents.c.id == _ASKED.c.document_id)
    .join(_BORNE, _BORNE.c.document_id == documents.c.id)
    .order_by(documents.c.id)
)
"""The documents that bear a number, each with every number it bears."""

_NTH = (
    func.generate_series(0, bindparam("last", type_=Integer))
    .table_valued("nth")
    .render_derived("every")
)
_OCTETS = bindparam("hmacs", type_=LargeBinary)
_GIVEN = (
    select(func.substring(_OCTETS, _NTH.c.nth * _HMAC + 1, _HMAC).label("hmac"))
    .select_from(_NTH)
    .cte("given")
)
_LOCKED = _KNOWN.join(_GIVEN, _GIVEN.c.hmac == _ASKED.c.hmac).with_for_update(of=documents)
"""The same for PostgreSQL, the HMACs given as one: an array of them is slow to send."""
