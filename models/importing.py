"""Loading many documents at once: a centre's list, or the demonstration's.

Rows come already read and checked. A row whose document is known changes it only where it
says something newer; a repeated row changes nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, literal, select, text, update

from models import history
from models.documents import batches, document_numbers, documents, unconfirmed
from models.history import Placed, change_row
from models.keys import DataKey, Keys
from models.matching import Documents, Known, Row, match, read_known
from models.numbers import Kind
from models.preparing import (
    CHUNK,
    Prepared,
    Preparer,
    Read,
    Source,
    prepared,
)
from models.rekeying import rekey_hmacs
from models.reports import close_confirmed, doubted
from models.upsert import upsert

LOCK = 1919_01
"""Names PostgreSQL's lock that lets one import at a time hand out ids."""

_VARIABLES = 500
_ROBUST = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
"""What PostgreSQL's planner is not to choose for look-ups while tables grow under it."""


class AlreadyLoaded(Exception):
    """The very file was loaded before."""


@dataclass(frozen=True)
class Origin:
    """Whose list it is.

    Args:
        who: the account of whoever loads it.
        why: what it is.
        digest: the SHA-256 of the file, in hexadecimal.
        demonstration: whether its documents are made up.
    """

    who: str = "line"
    why: str = "list"
    digest: str | None = None
    demonstration: bool = False


@dataclass
class Outcome:
    """What an import did, or would do.

    Attributes:
        moved: of those that changed, how many came to another centre.
        elsewhere: of those that stayed as they were, how many lie at another centre by
            what is known, and nothing says which is the later.
        refused: rows that were left out.
        changes: how many documents went from one state and centre to another.
    """

    batch_id: int
    added: int = 0
    changed: int = 0
    confirmed: int = 0
    same: int = 0
    moved: int = 0
    elsewhere: int = 0
    refused: int = 0
    changes: Counter[tuple[Kind, Placed | None, Placed]] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """Every row that was read, and not refused."""
        return self.added + self.changed + self.confirmed + self.same


@dataclass
class _Work:
    """What one chunk comes to, to be written together."""

    documents: list[object] = field(default_factory=list)
    numbers: list[list[object]] = field(default_factory=list)
    more_numbers: list[dict[str, object]] = field(default_factory=list)
    updates: dict[int, dict[str, object]] = field(default_factory=dict)
    changes: list[dict[str, object]] = field(default_factory=list)
    confirmed: list[int] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)


def _as_row(item: Any) -> Any:
    return item


def _unheard(_refusal: object) -> None:
    pass


class Import:
    """One batch in the making, inside the caller's transaction: all of it or nothing.

    Args:
        confirmed_on: the day on which the centre says so.
        keep_going: rows that are refused are left out, and the others loaded.

    Raises:
        AlreadyLoaded: a file with this digest was.
    """

    def __init__(
        self,
        connection: Connection,
        keys: Keys,
        confirmed_on: date,
        origin: Origin | None = None,
        keep_going: bool = False,
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._confirmed_on = confirmed_on
        self._origin = origin or Origin()
        self._keep_going = keep_going
        self._data_key = DataKey(keys.archive_public)
        self._is_postgresql = connection.dialect.name == "postgresql"
        self._lock()
        if self._origin.digest and self._was_loaded(self._origin.digest):
            raise AlreadyLoaded
        self.outcome = Outcome(self._begin_batch())
        last = select(func.coalesce(func.max(documents.c.id), 0))
        self._first_id = connection.scalars(last).one() + 1
        self._doubted = doubted(connection) | unconfirmed(connection)

    def load(self, rows: Iterable[Row]) -> Iterator[int]:
        """Write rows in chunks, giving after each how many were read so far."""
        return self.load_list(lambda: rows)

    def load_list(
        self,
        source: Source,
        read: Read = _as_row,
        refuse: Callable[[Any], None] = _unheard,
        processes: int = 0,
    ) -> Iterator[int]:
        """Write a list in chunks, giving after each how many items were read so far.

        Args:
            read: reads each item.
            refuse: is told of every item that gives no row, in their order. After the first
                the others are only read, unless the import is to keep going.
            processes: how many prepare rows beside this one.
        """
        self._preparer = Preparer(
            self._keys,
            self._data_key,
            self.outcome.batch_id,
            self._confirmed_on,
            read,
            self._is_postgresql,
        )
        for made in prepared(self._preparer, source, self._first_id, processes):
            self.outcome.refused += len(made.refusals)
            for one in made.refusals:
                refuse(one)
            if self._keep_going or not self.outcome.refused:
                self._write(made)
            yield self.outcome.rows + self.outcome.refused
        self._forget_file_in_part()
        self._keep_plans_good()

    def _forget_file_in_part(self) -> None:
        """Let a file that was loaded without its bad rows be loaded again."""
        if self.outcome.refused:
            batch = update(batches).where(batches.c.id == self.outcome.batch_id)
            self._connection.execute(batch.values(digest=None))

    def _keep_plans_good(self) -> None:
        """Tell PostgreSQL what has come, where it is much.

        Its planner knows nothing of rows that came since it last looked, and would read the
        whole table for each look-up on the hops that follow.
        """
        if self._is_postgresql and self.outcome.added >= CHUNK:
            self._connection.execute(text("ANALYZE documents, document_numbers"))

    def _lock(self) -> None:
        # One import at a time: ids are handed out here, so that ciphertexts can be bound to
        # them. SQLite has one writer anyway.
        if self._is_postgresql:
            self._connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            for one in _ROBUST:
                self._connection.execute(text(f"SET LOCAL {one} = off"))

    def _was_loaded(self, digest: str) -> bool:
        query = select(literal(1)).where(batches.c.digest == digest).limit(1)
        return self._connection.execute(query).first() is not None

    def _begin_batch(self) -> int:
        batch = insert(batches).values(
            made_at=datetime.now(UTC),
            digest=self._origin.digest,
            demonstration=self._origin.demonstration,
            who=self._origin.who,
            why=self._origin.why,
            archive_version=self._data_key.archive_version,
            sealed_key=self._data_key.sealed,
        )
        made = self._connection.execute(batch).inserted_primary_key
        assert made is not None  # noqa: S101 - an insert of one row always has its key
        return int(made[0])

    def _write(self, made: Prepared) -> None:
        rekey_hmacs(self._connection, self._keys, made.renewed)
        hmacs = {hmac for hmac, _ in made.keys}.union(*made.older)
        known = read_known(self._connection, list(hmacs))
        times = Counter(made.keys) if len(set(made.keys)) < len(made.keys) else None
        work = _Work()
        if not known and not times:
            self._add_all(made, work)
            return
        for nth, key in enumerate(made.keys):
            if key in known or any((one, key[1]) in known for one in made.older[nth]):
                self._take(made, nth, known, work)
            else:
                self._add(made, nth, work)
                if times and times[key] > 1:
                    known[key] = [self._fresh(made, nth)]
        self._write_down(work)

    def _add_all(self, made: Prepared, work: _Work) -> None:
        work.documents, work.numbers = made.documents, made.numbers
        self.outcome.added += len(made.documents)
        for (kind, placed), times in made.tally.items():
            self.outcome.changes[kind, None, placed] += times
        self._write_down(work)

    def _add(self, made: Prepared, nth: int, work: _Work) -> None:
        work.documents.append(made.documents[nth])
        work.numbers.append(made.numbers[nth])
        self.outcome.added += 1
        self.outcome.changes[made.keys[nth][1], None, made.placed[nth]] += 1

    def _fresh(self, made: Prepared, nth: int) -> Known:
        """Give what is known of a document that has just been added."""
        row = made.rows[nth]
        return Known(
            made.ids[nth],
            row.kind,
            row.state,
            row.centre_code,
            row.received_on,
            self._confirmed_on,
            row.phone is not None,
            {self._keys.number_hmac(one, number) for one, number in row.numbers.items()},
        )

    def _take(self, made: Prepared, nth: int, known: Documents, work: _Work) -> None:
        """Take a row whose document may be known."""
        row, key = made.rows[nth], made.keys[nth]
        found = match((key[0], *made.older[nth]), row, known)
        if found is None:
            self._add(made, nth, work)
            known.setdefault(key, []).append(self._fresh(made, nth))
        else:
            self._update(row, found, work)

    def _update(self, row: Row, found: Known, work: _Work) -> None:
        if found.id in self._doubted and self._is_word_of(found, row):
            self._doubted.discard(found.id)
            work.settled.append(found.id)
        was = Placed(found.state, found.centre_code)
        more = self._add_numbers(row, found, work)
        phone = self._phone(row, found)
        is_here = row.centre_code == found.centre_code
        if found.is_older_than(row) or more or phone:
            found.follow(row, self._confirmed_on)
            work.updates[found.id] = {**work.updates.get(found.id, {}), **phone} | self._change(
                found
            )
            self._keep_history(found, was, work)
            self.outcome.changed += 1
        elif is_here and row.state == found.state and found.confirmed_on < self._confirmed_on:
            found.confirmed_on = self._confirmed_on
            work.confirmed.append(found.id)
            self.outcome.confirmed += 1
        else:
            self.outcome.same += 1
            self.outcome.elsewhere += not is_here and not found.is_gone

    def _add_numbers(self, row: Row, found: Known, work: _Work) -> bool:
        """Add the numbers that a document does not bear yet; say whether there were any."""
        more = {
            one: self._keys.number_hmac(one, number)
            for one, number in row.numbers.items()
            if found.hmacs.isdisjoint(self._keys.number_hmacs(one, number))
        }
        work.more_numbers.extend(
            self._preparer.number_values(found.id, one, row.numbers[one], hmac)
            for one, hmac in more.items()
        )
        found.hmacs.update(more.values())
        return bool(more)

    def _phone(self, row: Row, found: Known) -> dict[str, object]:
        """Give the columns of an owner's phone, where none was known."""
        if found.has_phone or not row.phone:
            return {}
        found.has_phone = True
        hmac, sealed = self._preparer.phone(row, found.id)
        return {"phone_hmac": hmac, "phone": sealed}

    def _change(self, found: Known) -> dict[str, object]:
        return {
            "state": found.state,
            "centre_code": found.centre_code,
            "received_on": found.received_on,
            "confirmed_on": found.confirmed_on,
            "batch_id": self.outcome.batch_id,
        }

    def _keep_history(self, found: Known, was: Placed, work: _Work) -> None:
        now = Placed(found.state, found.centre_code)
        if now == was:
            return
        who, why = self._origin.who, self._origin.why
        work.changes.append(change_row(found.id, was, now, who, why, self.outcome.batch_id))
        self.outcome.moved += now.centre_code != was.centre_code
        self.outcome.changes[found.kind, was, now] += 1

    def _is_word_of(self, found: Known, row: Row) -> bool:
        """Say whether a row is a centre's newest word of a document, also if it is the same.

        A list that is older, or that still calls a document coming, has not looked again.
        """
        if found.is_older_than(row):
            return True
        is_here = row.centre_code == found.centre_code
        return is_here and row.state == found.state and found.confirmed_on <= self._confirmed_on

    def _write_down(self, work: _Work) -> None:
        numbers = list(chain.from_iterable(work.numbers))
        self._preparer.write(self._connection, work.documents, numbers)
        self._change_all(work.updates)
        history.keep(self._connection, work.changes)
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

    def _change_all(self, updates: Mapping[int, Mapping[str, object]]) -> None:
        """Write changes, those of the same columns together."""
        alike: dict[tuple[str, ...], list[dict[str, object]]] = {}
        for its_id, values in updates.items():
            changed = {f"new_{name}": value for name, value in values.items()}
            alike.setdefault(tuple(values), []).append({"its_id": its_id, **changed})
        for names, rows in alike.items():
            values = {name: bindparam(f"new_{name}") for name in names}
            which = documents.c.id == bindparam("its_id")
            self._connection.execute(update(documents).where(which).values(values), rows)

    def _confirm(self, ids: Sequence[int]) -> None:
        self._set(ids, confirmed_on=self._confirmed_on)

    def _settle(self, ids: Sequence[int]) -> None:
        """Close the doubts about documents: who waits for them may be told of this batch."""
        close_confirmed(self._connection, ids)
        self._set(ids, batch_id=self.outcome.batch_id, is_unconfirmed=False)

    def _set(self, ids: Sequence[int], **values: object) -> None:
        for start in range(0, len(ids), _VARIABLES):
            some = documents.c.id.in_(ids[start : start + _VARIABLES])
            self._connection.execute(update(documents).where(some).values(values))
