"""Loading many documents at once: a centre's list, or the demonstration's.

Rows come already read and checked. A row whose document is known changes it only where it
says something newer; a repeated row changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    bindparam,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from models.documents import State, batches, document_numbers, documents
from models.keys import DataKey, Keys
from models.numbers import PRINCIPAL, Kind, NumberType
from models.upsert import upsert

CHUNK = 2_000
"""Rows handled at a time: bounds memory, and keeps statements short."""

_LOCK = 1919_01
_VARIABLES = 500


class AlreadyLoaded(Exception):
    """The very file was loaded before."""


@dataclass(frozen=True)
class Row:
    """One document as a list gives it, its numbers in canonical form."""

    kind: Kind
    state: State
    centre_code: str
    received_on: date | None
    numbers: dict[NumberType, str] = field(repr=False)
    phone: str | None = field(repr=False, default=None)


@dataclass
class Outcome:
    """What an import did."""

    batch_id: int
    added: int = 0
    changed: int = 0
    confirmed: int = 0
    same: int = 0

    @property
    def rows(self) -> int:
        """Every row that was read."""
        return self.added + self.changed + self.confirmed + self.same


class Import:
    """One batch in the making, inside the caller's transaction: all of it or nothing.

    Raises:
        AlreadyLoaded: a file with this digest was.
    """

    def __init__(
        self,
        connection: Connection,
        keys: Keys,
        confirmed_on: date,
        digest: str | None = None,
        demonstration: bool = False,
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._confirmed_on = confirmed_on
        self._data_key = DataKey(keys.archive_public)
        self._is_postgresql = connection.dialect.name == "postgresql"
        self._analysed = 0
        self._lock()
        if digest and self._was_loaded(digest):
            raise AlreadyLoaded
        self.outcome = Outcome(self._begin_batch(digest, demonstration))
        last = select(func.coalesce(func.max(documents.c.id), 0))
        self._last_id = connection.scalars(last).one()

    def load(self, rows: Iterable[Row]) -> Iterator[int]:
        """Write rows in chunks, giving after each how many were read so far."""
        iterator = iter(rows)
        while chunk := list(islice(iterator, CHUNK)):
            self._write(chunk)
            self._keep_plans_good()
            yield self.outcome.rows

    def _keep_plans_good(self) -> None:
        """Tell PostgreSQL what has come, each time it has doubled.

        Its planner knows nothing of rows that came since it last looked, and would read the
        whole table for each look-up, here and on the hops that follow.
        """
        fresh = self.outcome.added - self._analysed
        if fresh >= max(CHUNK, self._analysed) and self._is_postgresql:
            self._connection.execute(text("ANALYZE documents, document_numbers"))
            self._analysed = self.outcome.added

    def _lock(self) -> None:
        # One import at a time: ids are handed out here, so that ciphertexts can be bound to
        # them. SQLite has one writer anyway.
        if self._is_postgresql:
            self._connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))

    def _was_loaded(self, digest: str) -> bool:
        query = select(literal(1)).where(batches.c.digest == digest).limit(1)
        return self._connection.execute(query).first() is not None

    def _begin_batch(self, digest: str | None, demonstration: bool) -> int:
        batch = insert(batches).values(
            made_at=datetime.now(UTC),
            digest=digest,
            demonstration=demonstration,
            archive_version=self._data_key.archive_version,
            sealed_key=self._data_key.sealed,
        )
        made = self._connection.execute(batch).inserted_primary_key
        assert made is not None  # noqa: S101 - an insert of one row always has its key
        return int(made[0])

    def _write(self, chunk: Sequence[Row]) -> None:
        spelt = [_Spelt.of(row, self._keys) for row in chunk]
        known = self._known(spelt)
        work = _Work()
        for one in spelt:
            match = _match(one, known)
            if match is None:
                self._add(one, known, work)
            else:
                self._update(one, match, work)
        self._insert(work.documents, work.numbers)
        self._change(work.changes)
        self._confirm(work.confirmed)
        for number in work.more_numbers:
            upsert(
                self._connection,
                document_numbers,
                number,
                on=["document_id", "type"],
                change=["hmac", "key_version", "last_three", "sealed", "batch_id"],
            )

    def _known(self, chunk: Sequence["_Spelt"]) -> "_Documents":
        """Read what is known of a chunk's documents, by kind and principal number."""
        hmacs = list({hmac for one in chunk for hmac in one.principal})
        by_id: dict[int, _Known] = {}
        found: _Documents = {}
        for start in range(0, len(hmacs), _VARIABLES):
            for row in self._connection.execute(
                _known_query(hmacs[start : start + _VARIABLES])
            ):
                document = by_id.setdefault(row.id, _Known.of(row))
                document.hmacs.add(bytes(row.hmac))
                if bytes(row.asked) == bytes(row.hmac):
                    found.setdefault((bytes(row.hmac), Kind(row.kind)), []).append(document)
        return found

    def _add(self, spelt: "_Spelt", known: "_Documents", work: "_Work") -> None:
        self._last_id += 1
        row = spelt.row
        work.documents.append(self._document(row, self._last_id))
        work.numbers.extend(self._numbers(row, spelt.current, self._last_id))
        document = _Known(
            self._last_id,
            row.state,
            row.centre_code,
            row.received_on,
            self._confirmed_on,
            set(spelt.current.values()),
        )
        known.setdefault((spelt.principal[0], row.kind), []).append(document)
        self.outcome.added += 1

    def _update(self, spelt: "_Spelt", match: "_Known", work: "_Work") -> None:
        row, more = spelt.row, spelt.not_in(match.hmacs)
        work.more_numbers.extend(self._numbers(row, more, match.id))
        match.hmacs.update(more.values())
        if _RANK[row.state] > _RANK[match.state] or more:
            match.follow(row, self._confirmed_on)
            work.changes.append(match.as_change())
            self.outcome.changed += 1
        elif row.state == match.state and match.confirmed_on < self._confirmed_on:
            match.confirmed_on = self._confirmed_on
            work.confirmed.append(match.id)
            self.outcome.confirmed += 1
        else:
            self.outcome.same += 1

    def _change(self, changes: list[dict[str, object]]) -> None:
        if changes:
            statement = (
                update(documents)
                .where(documents.c.id == bindparam("its_id"))
                .values(
                    state=bindparam("its_state"),
                    received_on=bindparam("its_received"),
                    confirmed_on=self._confirmed_on,
                    batch_id=self.outcome.batch_id,
                )
            )
            self._connection.execute(statement, changes)

    def _confirm(self, ids: list[int]) -> None:
        for start in range(0, len(ids), _VARIABLES):
            some = documents.c.id.in_(ids[start : start + _VARIABLES])
            self._connection.execute(
                update(documents).where(some).values(confirmed_on=self._confirmed_on)
            )

    def _document(self, row: Row, document_id: int) -> dict[str, object]:
        phone = row.phone
        return {
            "id": document_id,
            "kind": row.kind,
            "state": row.state,
            "centre_code": row.centre_code,
            "received_on": row.received_on,
            "confirmed_on": self._confirmed_on,
            "phone_hmac": self._keys.phone_hmac(phone) if phone else None,
            "phone": self._keys.people.seal(phone, f"documents|{document_id}")
            if phone
            else None,
            "batch_id": self.outcome.batch_id,
        }

    def _numbers(
        self, row: Row, hmacs: dict[NumberType, bytes], document_id: int
    ) -> Iterator[dict[str, object]]:
        for number_type, hmac in hmacs.items():
            number = row.numbers[number_type]
            yield {
                "document_id": document_id,
                "type": number_type,
                "hmac": hmac,
                "key_version": self._keys.lookup.version,
                "last_three": number[-3:],
                "sealed": self._data_key.seal(number, number_row(document_id, number_type)),
                "batch_id": self.outcome.batch_id,
            }

    def _insert(
        self, new_documents: list[dict[str, object]], new_numbers: list[dict[str, object]]
    ) -> None:
        if self._is_postgresql:
            self._copy("documents", new_documents)
            self._copy("document_numbers", new_numbers)
        elif new_documents:
            self._connection.execute(insert(documents), new_documents)
            self._connection.execute(insert(document_numbers), new_numbers)

    def _copy(self, table: str, rows: list[dict[str, object]]) -> None:
        if not rows:
            return
        cursor = self._connection.connection.cursor()
        names = ", ".join(rows[0])
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(list(row.values()))
        cursor.close()


@dataclass(frozen=True)
class _Spelt:
    """A row with the HMACs of its numbers, those of every key version, the current first."""

    row: Row
    hmacs: dict[NumberType, list[bytes]]

    @classmethod
    def of(cls, row: Row, keys: Keys) -> "_Spelt":
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
class _Known:
    """What is known of a document, kept up to date as rows come."""

    id: int
    state: State
    centre_code: str
    received_on: date | None
    confirmed_on: date
    hmacs: set[bytes] = field(default_factory=set)

    @classmethod
    def of(cls, row: Any) -> "_Known":
        """Make one of a row of `_known_query`."""
        return cls(row.id, State(row.state), row.centre_code, row.received_on, row.confirmed_on)

    def goes_on_as(self, row: Row) -> bool:
        """Say whether a row can still speak of this document, and not of one made anew."""
        if self.state not in (State.COLLECTED, State.RETURNED):
            return True
        if row.received_on is None or self.received_on is None:
            return True
        return row.received_on <= self.received_on

    def follow(self, row: Row, confirmed_on: date) -> None:
        """Take over what a row says that is newer."""
        if _RANK[row.state] > _RANK[self.state]:
            self.state = row.state
            self.received_on = row.received_on or self.received_on
        self.confirmed_on = max(self.confirmed_on, confirmed_on)

    def as_change(self) -> dict[str, object]:
        """Give what is to be written of it."""
        return {"its_id": self.id, "its_state": self.state, "its_received": self.received_on}


def _match(spelt: _Spelt, known: "_Documents") -> _Known | None:
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


def _known_query(hmacs: Sequence[bytes]) -> Select[Any]:
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


_Documents = dict[tuple[bytes, Kind], list[_Known]]


@dataclass
class _Work:
    """What one chunk comes to, to be written together."""

    documents: list[dict[str, object]] = field(default_factory=list)
    numbers: list[dict[str, object]] = field(default_factory=list)
    more_numbers: list[dict[str, object]] = field(default_factory=list)
    changes: list[dict[str, object]] = field(default_factory=list)
    confirmed: list[int] = field(default_factory=list)


_RANK = {State.COMING: 0, State.READY: 1, State.COLLECTED: 2, State.RETURNED: 2}


def number_row(document_id: int, number_type: str) -> str:
    """Name the row of a document's number, to bind its ciphertext to."""
    return f"document_numbers|{document_id}|{number_type}"
