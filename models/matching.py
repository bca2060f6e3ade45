"""Which document a row of a list speaks of, and what is known of it already."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, select

from models.documents import State, document_numbers, documents
from models.keys import Keys
from models.numbers import PRINCIPAL, Kind, NumberType

_VARIABLES = 500
_RANK = {State.COMING: 0, State.READY: 1, State.COLLECTED: 2, State.RETURNED: 2}


@dataclass(frozen=True)
class Row:
    """One document as a list gives it, its numbers in canonical form."""

    kind: Kind
    state: State
    centre_code: str
    received_on: date | None
    numbers: dict[NumberType, str] = field(repr=False)
    phone: str | None = field(repr=False, default=None)


@dataclass(frozen=True)
class Spelt:
    """A row with the HMACs of its numbers, those of every key version, the current first."""

    row: Row
    hmacs: dict[NumberType, list[bytes]]

    @classmethod
    def of(cls, row: Row, keys: Keys) -> "Spelt":
        """Compute a row's HMACs, once."""
        return cls(
            row, {one: keys.number_hmacs(one, text) for one, text in row.numbers.items()}
        )

    @property
    def principal(self) -> list[bytes]:
        """The HMACs of the number that a document of this kind goes by."""
        return self.hmacs[PRINCIPAL[self.row.kind]]

    @property
    def current(self) -> dict[NumberType, bytes]:
        """The HMACs that new rows are written with."""
        return {one: hmacs[0] for one, hmacs in self.hmacs.items()}

    def not_in(self, borne: set[bytes]) -> dict[NumberType, bytes]:
        """Give the numbers that a document does not bear yet."""
        return {one: hmacs[0] for one, hmacs in self.hmacs.items() if borne.isdisjoint(hmacs)}


@dataclass
class Known:
    """What is known of a document, kept up to date as rows come."""

    id: int
    state: State
    centre_code: str
    received_on: date | None
    confirmed_on: date
    hmacs: set[bytes] = field(default_factory=set)

    @classmethod
    def of(cls, row: Any) -> "Known":
        """Make one of a row of `_query`."""
        return cls(row.id, State(row.state), row.centre_code, row.received_on, row.confirmed_on)

    def is_older_than(self, row: Row) -> bool:
        """Say whether a row tells of a later state."""
        return _RANK[row.state] > _RANK[self.state]

    def goes_on_as(self, row: Row) -> bool:
        """Say whether a row can still speak of this document, and not of one made anew."""
        if self.state not in (State.COLLECTED, State.RETURNED):
            return True
        if row.received_on is None or self.received_on is None:
            return True
        return row.received_on <= self.received_on

    def follow(self, row: Row, confirmed_on: date) -> None:
        """Take over what a row says that is newer."""
        if self.is_older_than(row):
            self.state = row.state
            self.received_on = row.received_on or self.received_on
        self.confirmed_on = max(self.confirmed_on, confirmed_on)

    def as_change(self) -> dict[str, object]:
        """Give what is to be written of it."""
        return {"its_id": self.id, "its_state": self.state, "its_received": self.received_on}


Documents = dict[tuple[bytes, Kind], list[Known]]
"""Documents by kind and by the number that the kind goes by; several may bear one."""


def match(spelt: Spelt, known: "Documents") -> Known | None:
    """Find the document that a row speaks of, by the number that its kind goes by.

    Districts repeat birth entries, so one at another centre is another document; so is a
    card made anew after the first was collected or sent back. A receipt or a waiting card
    proves nothing: one receipt may have been given for two papers.
    """
    for hmac in spelt.principal:
        for document in known.get((hmac, spelt.row.kind), []):
            if document.centre_code == spelt.row.centre_code and document.goes_on_as(spelt.row):
                return document
    return None


def read_known(connection: Connection, chunk: Sequence[Spelt]) -> Documents:
    """Read what is known of the documents that a chunk of rows may speak of."""
    hmacs = list({hmac for one in chunk for hmac in one.principal})
    by_id: dict[int, Known] = {}
    found: Documents = {}
    for start in range(0, len(hmacs), _VARIABLES):
        for row in connection.execute(_query(hmacs[start : start + _VARIABLES])):
            document = by_id.setdefault(row.id, Known.of(row))
            document.hmacs.add(bytes(row.hmac))
            if bytes(row.asked) == bytes(row.hmac):
                found.setdefault((bytes(row.hmac), Kind(row.kind)), []).append(document)
    return found


def _query(hmacs: Sequence[bytes]) -> Select[Any]:
    """Ask for the documents that bear a number, each with every number it bears."""
    asked, borne = document_numbers.alias("asked"), document_numbers.alias("borne")
    return (
        select(
            asked.c.hmac.label("asked"),
            borne.c.hmac,
            documents.c.id,
            documents.c.kind,
            documents.c.state,
            documents.c.centre_code,
            documents.c.received_on,
            documents.c.confirmed_on,
        )
        .select_from(asked)
        .join(documents, documents.c.id == asked.c.document_id)
        .join(borne, borne.c.document_id == documents.c.id)
        .where(asked.c.hmac.in_(hmacs))
    )
