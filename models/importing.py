"""Loading many documents at once: a centre's list, or the demonstration's.

Rows come already read and checked. A row whose document is known changes it only where it
says something newer; a repeated row changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice

from sqlalchemy import (
    Connection,
    bindparam,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from models.bulk import insert_many
from models.documents import batches, document_numbers, documents
from models.keys import DataKey, Keys
from models.matching import Documents, Known, Row, Spelt, match, read_known
from models.numbers import NumberType
from models.reports import close_confirmed, doubted
from models.upsert import upsert

CHUNK = 2_000
"""Rows handled at a time: bounds memory, and keeps statements short."""

_LOCK = 1919_01
_VARIABLES = 500


class AlreadyLoaded(Exception):
    """The very file was loaded before."""


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
        self._doubted = doubted(connection)

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
        spelt = [Spelt.of(row, self._keys) for row in chunk]
        known = read_known(self._connection, spelt)
        work = _Work()
        for one in spelt:
            found = match(one, known)
            if found is None:
                self._add(one, known, work)
            else:
                self._update(one, found, work)
        insert_many(self._connection, documents, work.documents)
        insert_many(self._connection, document_numbers, work.numbers)
        self._change(work.changes)
        self._confirm(work.confirmed)
        self._settle(work.settled)
        for number in work.more_numbers:
            upsert(
                self._connection,
                document_numbers,
                number,
                on=["document_id", "type"],
                change=["hmac", "key_version", "last_three", "sealed", "batch_id"],
            )

    def _add(self, spelt: Spelt, known: Documents, work: "_Work") -> None:
        self._last_id += 1
        row = spelt.row
        work.documents.append(self._document(row, self._last_id))
        work.numbers.extend(self._numbers(row, spelt.current, self._last_id))
        document = Known(
            self._last_id,
            row.state,
            row.centre_code,
            row.received_on,
            self._confirmed_on,
            set(spelt.current.values()),
        )
        known.setdefault((spelt.principal[0], row.kind), []).append(document)
        self.outcome.added += 1

    def _update(self, spelt: Spelt, found: Known, work: "_Work") -> None:
        row, more = spelt.row, spelt.not_in(found.hmacs)
        work.more_numbers.extend(self._numbers(row, more, found.id))
        found.hmacs.update(more.values())
        if found.id in self._doubted and self._is_word_of(found, row):
            self._doubted.discard(found.id)
            work.settled.append(found.id)
        if found.is_older_than(row) or more:
            found.follow(row, self._confirmed_on)
            work.changes.append(found.as_change())
            self.outcome.changed += 1
        elif row.state == found.state and found.confirmed_on < self._confirmed_on:
            found.confirmed_on = self._confirmed_on
            work.confirmed.append(found.id)
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

    def _is_word_of(self, found: Known, row: Row) -> bool:
        """Say whether a row is a centre's newest word of a document, also if it is the same.

        A list that is older, or that still calls a document coming, has not looked again.
        """
        if found.is_older_than(row):
            return True
        return row.state == found.state and found.confirmed_on <= self._confirmed_on

    def _settle(self, ids: list[int]) -> None:
        """Close the doubts about documents: who waits for them may be told of this batch."""
        close_confirmed(self._connection, ids)
        for start in range(0, len(ids), _VARIABLES):
            some = documents.c.id.in_(ids[start : start + _VARIABLES])
            self._connection.execute(
                update(documents).where(some).values(batch_id=self.outcome.batch_id)
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


@dataclass
class _Work:
    """What one chunk comes to, to be written together."""

    documents: list[dict[str, object]] = field(default_factory=list)
    numbers: list[dict[str, object]] = field(default_factory=list)
    more_numbers: list[dict[str, object]] = field(default_factory=list)
    changes: list[dict[str, object]] = field(default_factory=list)
    confirmed: list[int] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)


def number_row(document_id: int, number_type: str) -> str:
    """Name the row of a document's number, to bind its ciphertext to."""
    return f"document_numbers|{document_id}|{number_type}"
