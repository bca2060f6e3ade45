"""Loading many documents at once: a centre's list, or the demonstration's.

Rows come already read and checked. A row whose document is known changes it only where it
says something newer; a repeated row changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice

from sqlalchemy import Connection, bindparam, func, insert, literal, select, text, update

from models.documents import State, batches, document_numbers, documents
from models.keys import DataKey, Keys
from models.numbers import Kind, NumberType
from models.upsert import upsert

CHUNK = 2_000
"""Rows handled at a time: bounds memory, and keeps statements short."""

_LOCK = 1919_01
_VARIABLES = 500


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
    """One batch in the making, inside the caller's transaction: all of it or nothing."""

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
        hmacs = [
            {kind: self._keys.number_hmac(kind, number) for kind, number in row.numbers.items()}
            for row in chunk
        ]
        known = self._known({one for row in hmacs for one in row.values()})
        work = _Work()
        for row, row_hmacs in zip(chunk, hmacs, strict=True):
            match = self._match(row, row_hmacs, known)
            if match is None:
                self._add(row, row_hmacs, known, work)
            else:
                self._update(row, match, self._unknown(row, row_hmacs, match, known), work)
        self._insert(work.documents, work.numbers)
        self._change(work.changes)
        self._confirm(work.confirmed)
        for number in work.more_numbers:
            upsert(self._connection, document_numbers, number, on=["document_id", "type"])

    def _add(
        self,
        row: Row,
        hmacs: dict[NumberType, bytes],
        known: "_Documents",
        work: "_Work",
    ) -> None:
        self._last_id += 1
        work.documents.append(self._document(row, self._last_id))
        work.numbers.extend(self._numbers(row, hmacs, self._last_id))
        one = _Known(
            self._last_id, row.state, row.centre_code, row.received_on, self._confirmed_on
        )
        for hmac in hmacs.values():
            known.setdefault((hmac, row.kind), []).append(one)
        self.outcome.added += 1

    def _update(
        self, row: Row, match: "_Known", unknown: dict[NumberType, bytes], work: "_Work"
    ) -> None:
        work.more_numbers.extend(self._numbers(row, unknown, match.id))
        if _RANK[row.state] > _RANK[match.state]:
            match.state = row.state
            match.received_on = row.received_on or match.received_on
            work.changes.append(
                {
                    "its_id": match.id,
                    "its_state": match.state,
                    "its_received": match.received_on,
                }
            )
            self.outcome.changed += 1
        elif unknown:
            self.outcome.changed += 1
        elif row.state == match.state and match.confirmed_on < self._confirmed_on:
            match.confirmed_on = self._confirmed_on
            work.confirmed.append(match.id)
            self.outcome.confirmed += 1
        else:
            self.outcome.same += 1

    def _unknown(
        self,
        row: Row,
        hmacs: dict[NumberType, bytes],
        match: "_Known",
        known: "_Documents",
    ) -> dict[NumberType, bytes]:
        """Give the numbers of a row that its document does not bear yet."""
        return {
            number_type: hmac
            for number_type, hmac in hmacs.items()
            if match not in known.get((hmac, row.kind), [])
        }

    def _known(self, hmacs: set[bytes]) -> "_Documents":
        found: _Documents = {}
        everything = list(hmacs)
        for start in range(0, len(everything), _VARIABLES):
            query = (
                select(
                    document_numbers.c.hmac,
                    documents.c.id,
                    documents.c.kind,
                    documents.c.state,
                    documents.c.centre_code,
                    documents.c.received_on,
                    documents.c.confirmed_on,
                )
                .join_from(document_numbers, documents)
                .where(document_numbers.c.hmac.in_(everything[start : start + _VARIABLES]))
            )
            for row in self._connection.execute(query):
                one = _Known(
                    row.id,
                    State(row.state),
                    row.centre_code,
                    row.received_on,
                    row.confirmed_on,
                )
                found.setdefault((bytes(row.hmac), Kind(row.kind)), []).append(one)
        return found

    def _match(
        self,
        row: Row,
        hmacs: dict[NumberType, bytes],
        known: "_Documents",
    ) -> "_Known | None":
        """Find the document that a row speaks of.

        Districts repeat birth entries, so one at another centre is another document; so is
        a card made anew after the first was collected or sent back.
        """
        for hmac in hmacs.values():
            for one in known.get((hmac, row.kind), []):
                if one.centre_code == row.centre_code and one.goes_on_as(row):
                    return one
        return None

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


@dataclass
class _Known:
    id: int
    state: State
    centre_code: str
    received_on: date | None
    confirmed_on: date

    def goes_on_as(self, row: Row) -> bool:
        if self.state not in (State.COLLECTED, State.RETURNED):
            return True
        if row.received_on is None or self.received_on is None:
            return True
        return row.received_on <= self.received_on


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


def loaded_before(connection: Connection, digest: str) -> bool:
    """Say whether a file with this digest was loaded already."""
    query = select(literal(1)).where(batches.c.digest == digest).limit(1)
    return connection.execute(query).first() is not None
