"""Rotation: everything that lies under older keys, written anew under the current ones.

It works through the tables in short transactions, while the line answers, and finds its work
by the key versions that stand in the rows: one that is broken off is simply run again. Only
rotation has the private archive keys, so only here a document's number is read.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    Table,
    bindparam,
    exc,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from models.agent_calls import agent_calls, call_row
from models.agents import agents, rekey, unreadable
from models.base import Database
from models.boxes import box_items, rekey_boxes
from models.call_backs import call_back_row, call_backs
from models.callers import caller_row, callers
from models.country import Country
from models.documents import (
    batches,
    document_number_row,
    document_numbers,
    document_row,
    documents,
    holds_demonstration,
)
from models.keys import Archive, DataKey, Keys, ReadingKey, Tampered, version_mark
from models.outbox import outbox, phone_row
from models.rekeying import (
    rekey_numbers,
    rekey_phones,
    renew_subscription,
)
from models.reports import report_row, reports
from models.subscriptions import (
    current_hmacs,
    number_row,
    subscription_row,
    subscriptions,
)

ROWS, SQLITE_ROWS = 1_000, 250
"""Rows of a transaction. SQLite has one writer, and calls want to write between two."""

PATIENCE = 60.0
"""Seconds for which a transaction is tried again while somebody else holds the database."""

_PAUSE = 0.05
_BUSY = (exc.OperationalError, exc.InterfaceError)

T = TypeVar("T")


class Step(Protocol):
    """Moves the rows of a table whose ids lie from `start` to before `end`."""

    def __call__(self, connection: Connection, start: int, end: int) -> None:
        """Move them."""


@dataclass(frozen=True)
class Progress:
    """How far rotation is with one kind of rows, by their ids."""

    what: str
    done: int
    of: int


@dataclass
class Outcome:
    """What rotation did.

    Attributes:
        moved: rows that were written anew, by what they are.
        refused: rows that do not open, do not say what their HMAC says, or were in use: they
            are left as they are. By table, their ids.
    """

    moved: Counter[str] = field(default_factory=Counter)
    refused: dict[str, set[str]] = field(default_factory=dict)

    def refuse(self, table: Table, its_id: object) -> None:
        """Note a row that was refused."""
        self.refused.setdefault(table.name, set()).add(str(its_id))


class PhoneRotation:
    """Moves everything that is kept by phone. It needs no private key.

    Args:
        rows: how many one transaction moves.
    """

    def __init__(self, database: Database, keys: Keys, rows: int = 0) -> None:
        self._database = database
        self._keys = keys
        self._rows = rows or (ROWS if database.is_postgresql else SQLITE_ROWS)
        self._rest = 0.5 if database.is_postgresql else 1.0
        self.outcome = Outcome()

    def run(self) -> Iterator[Progress]:
        """Move it, giving after each transaction how far it is."""
        if self._keys.has_older:
            yield from self._callers()
            for table in (call_backs, agent_calls, subscriptions, reports, outbox):
                yield from self._windows(table, table.c.id, self._mover(table))
            self.outcome.moved[agents.name] += self._transact(self._agents)
            self.outcome.moved[box_items.name] += self._transact(self._boxes)
        yield from self._windows(documents, documents.c.id, self._owners)

    def _agents(self, connection: Connection) -> int:
        """Move the secrets of agents' one-time codes, who are few."""
        for its_id in unreadable(connection, self._keys):
            self.outcome.refuse(agents, its_id)
        return rekey(connection, self._keys)

    def _boxes(self, connection: Connection) -> int:
        """Move the numbers of open boxes, which are few."""
        moved, refused = rekey_boxes(connection, self._keys)
        for its_id in refused:
            self.outcome.refuse(box_items, its_id)
        return moved

    def _windows(self, table: Table, its_id: Column[Any], step: Step) -> Iterator[Progress]:
        """Work through a table by its ids; rows that come meanwhile are under current keys."""
        ends = select(func.coalesce(func.min(its_id), 0), func.coalesce(func.max(its_id), -1))
        first, last = self._transact(lambda connection: connection.execute(ends).one())
        for start in range(first, last + 1, self._rows):
            end = min(start + self._rows, last + 1)
            self._transact(partial(step, start=start, end=end))
            yield Progress(table.name, end - first, last + 1 - first)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        """Do some work in a transaction, then rest: callers want the processor, and SQLite.

        It is tried again while others hold what it wants.
        """
        until = time.monotonic() + PATIENCE
        while True:
            began = time.monotonic()
            try:
                with self._database.working() as connection:
                    if connection.dialect.name == "sqlite":
                        # What was written under an older key is not to stay in free pages.
                        connection.exec_driver_sql("PRAGMA secure_delete = ON")
                    done = work(connection)
            except _BUSY:
                if time.monotonic() > until:
                    raise
                time.sleep(_PAUSE)
                continue
            time.sleep((time.monotonic() - began) * self._rest)
            return done

    def _callers(self) -> Iterator[Progress]:
        """Move callers, who have no id: their HMACs are gone through in their order."""
        count = select(func.count()).select_from(callers)
        total = self._transact(lambda connection: connection.scalars(count).one())
        done, last = 0, b""
        while seen := self._transact(partial(self._some_callers, after=last)):
            done, last = min(done + len(seen), total), seen[-1]
            yield Progress(callers.name, done, total)

    def _some_callers(self, connection: Connection, after: bytes) -> list[bytes]:
        """Move the next callers; give the HMACs of all that were looked at."""
        query = select(callers).where(callers.c.phone_hmac > after)
        rows = connection.execute(query.order_by(callers.c.phone_hmac).limit(self._rows)).all()
        mark = version_mark(self._keys.phone.version)
        old = [row for row in rows if row.phone and not bytes(row.phone).startswith(mark)]
        self._move(connection, callers, old)
        return [bytes(row.phone_hmac) for row in rows]

    def _mover(self, table: Table) -> Step:
        is_old = sealed_otherwise(table.c.phone, self._keys.phone.version)
        if table is reports:
            version = self._keys.lookup.version
            is_old |= reports.c.key_version.is_distinct_from(version)

        def move(connection: Connection, start: int, end: int) -> None:
            query = select(table).where(table.c.id.between(start, end - 1), is_old)
            self._move(connection, table, connection.execute(query).all())
            for row in connection.execute(query):  # something else in it does not open
                self.outcome.refuse(table, row.id)

        return move

    def _move(self, connection: Connection, table: Table, rows: Sequence[Any]) -> None:
        phones = set()
        for row in rows:
            try:
                phone = self._keys.people.open(row.phone, _PLACES[table.name](row))
            except Tampered:
                self.outcome.refuse(table, self._name(row))
                continue
            if bytes(row.phone_hmac) not in self._keys.phone_hmacs(phone):
                self.outcome.refuse(table, self._name(row))
                continue
            phones.add(phone)
        self.outcome.moved[table.name] += rekey_phones(connection, self._keys, phones)

    @staticmethod
    def _name(row: Any) -> str:
        """Name a row in a report: by its id, or by the beginning of its HMAC."""
        its_id = row._mapping.get("id")
        return str(its_id) if its_id is not None else bytes(row.phone_hmac).hex()[:12]

    def _owners(self, connection: Connection, start: int, end: int) -> None:
        """Seal owners' phones anew, and move what is kept of those phones."""
        keys = self._keys
        query = select(documents.c.id, documents.c.phone_hmac, documents.c.phone).where(
            documents.c.id.between(start, end - 1),
            sealed_otherwise(documents.c.phone, keys.phone.version),
        )
        changes, phones = [], set()
        for row in connection.execute(query.with_for_update(skip_locked=True)):
            place = document_row(row.id)
            try:
                phone = keys.people.open(row.phone, place)
            except Tampered:
                phone = ""
            if not phone or bytes(row.phone_hmac or b"") not in keys.phone_hmacs(phone):
                self.outcome.refuse(documents, row.id)
                continue
            phones.add(phone)
            changes.append(
                {
                    "its_id": row.id,
                    "new_hmac": keys.phone_hmac(phone),
                    "new_phone": keys.people.seal(phone, place),
                }
            )
        if changes:
            connection.execute(_OWNER, changes)
            self.outcome.moved[documents.name] += len(changes)
            rekey_phones(connection, keys, phones)


class Rotation(PhoneRotation):
    """Moves everything: phones, and with the private archive keys numbers as well.

    Args:
        country: how numbers are written there.
        who: the operator's account.
    """

    def __init__(
        self,
        database: Database,
        keys: Keys,
        archive: Archive,
        country: Country,
        who: str,
        rows: int = 0,
    ) -> None:
        super().__init__(database, keys, rows)
        self._archive = archive
        self._country = country
        self._who = who
        self._reading: dict[int, ReadingKey] = {}
        self._data_key = DataKey(keys.archive_public)
        self._batch_id = 0

    def run(self) -> Iterator[Progress]:
        """Move it, giving after each transaction how far it is."""
        yield from super().run()
        waiting = subscriptions.c.id
        yield from self._windows(subscriptions, waiting, self._subscriptions)
        numbers = document_numbers.c.document_id
        yield from self._windows(document_numbers, numbers, self._numbers)
        yield from self._windows(batches, batches.c.id, self._batches)

    def _subscriptions(self, connection: Connection, start: int, end: int) -> None:
        keys = self._keys
        is_old = subscriptions.c.key_version.is_distinct_from(keys.lookup.version)
        is_old |= sealed_otherwise(subscriptions.c.number, keys.archive_public[0])
        query = select(subscriptions).where(
            subscriptions.c.id.between(start, end - 1),
            subscriptions.c.number.is_not(None),
            is_old,
        )
        rows = connection.execute(query.with_for_update(skip_locked=True)).all()
        for row in rows:
            try:
                self._subscription(connection, row)
            except Tampered:
                self.outcome.refuse(subscriptions, row.id)
        self.outcome.moved["subscriptions' numbers"] += len(rows)

    def _subscription(self, connection: Connection, row: Any) -> None:
        keys = self._keys
        number = self._archive.open(bytes(row.number), number_row(row.id))
        place = subscription_row(bytes(row.phone_hmac), bytes(row.subject), row.kind)
        phone = keys.people.open(row.phone, place)
        if bytes(row.subject) not in keys.subjects(number) and self._knows(row.key_version):
            raise Tampered
        asked_by = self._country.formats.asked_by(number, row.kind)
        rekey_numbers(connection, keys, asked_by.items())
        hmacs = current_hmacs(keys, self._country, number, row.kind)
        renew_subscription(connection, keys, row, phone, number, hmacs)

    def _knows(self, version: int | None) -> bool:
        return version in {one for one, _ in self._keys.lookup.secrets}

    def _numbers(self, connection: Connection, start: int, end: int) -> None:
        """Write the numbers of some documents anew, under a data key of rotation's own."""
        keys, table = self._keys, document_numbers
        query = (
            select(table, batches.c.archive_version, batches.c.sealed_key)
            .outerjoin(batches, batches.c.id == table.c.batch_id)
            .where(
                table.c.document_id.between(start, end - 1),
                or_(
                    table.c.key_version != keys.lookup.version,
                    batches.c.archive_version.is_distinct_from(keys.archive_public[0]),
                ),
            )
            .order_by(table.c.document_id, table.c.type)
            .with_for_update(of=table, skip_locked=True)
        )
        changes, numbers = [], []
        for row in connection.execute(query).all():
            try:
                number = self._number(row)
            except Tampered:
                self.outcome.refuse(document_numbers, row.document_id)
                continue
            numbers.append((row.type, number))
            place = document_number_row(row.document_id, row.type)
            changes.append(
                {
                    "its_document": row.document_id,
                    "its_type": row.type,
                    "new_hmac": keys.number_hmac(row.type, number),
                    "new_sealed": self._data_key.seal(number, place),
                }
            )
        if changes:
            values = {"new_batch": self._batch(connection), "new_version": keys.lookup.version}
            connection.execute(_NUMBER, [one | values for one in changes])
            rekey_numbers(connection, keys, numbers)
            self.outcome.moved[table.name] += len(changes)

    def _number(self, row: Any) -> str:
        """Read a number.

        Raises:
            Tampered: it does not open, or is not what its HMAC says.
        """
        key = self._reading.get(row.batch_id)
        if key is None:
            if row.sealed_key is None:
                raise Tampered
            key = self._archive.data_key(row.archive_version, bytes(row.sealed_key))
            self._reading[row.batch_id] = key
        place = document_number_row(row.document_id, row.type)
        number = key.open(bytes(row.sealed), place)
        if bytes(row.hmac) not in self._keys.number_hmacs(row.type, number) and self._knows(
            row.key_version
        ):
            raise Tampered
        return number

    def _batch(self, connection: Connection) -> int:
        """Give the batch whose data key rotation writes with; the first time it is made."""
        held = select(literal(1)).where(
            batches.c.id == self._batch_id, batches.c.sealed_key == self._data_key.sealed
        )
        if not self._batch_id or connection.execute(held).first() is None:
            batch = insert(batches).values(
                made_at=datetime.now(UTC),
                demonstration=holds_demonstration(connection),
                who=self._who,
                why="keys rotate",
                archive_version=self._data_key.archive_version,
                sealed_key=self._data_key.sealed,
            )
            made = connection.execute(batch).inserted_primary_key
            assert made is not None  # noqa: S101 - an insert of one row always has its key
            self._batch_id = int(made[0])
        return self._batch_id

    def _batches(self, connection: Connection, start: int, end: int) -> None:
        """Seal what is left under older archive keys to the current one."""
        public = self._keys.archive_public
        query = select(batches).where(
            batches.c.id.between(start, end - 1), batches.c.archive_version != public[0]
        )
        for row in connection.execute(query.with_for_update(skip_locked=True)).all():
            try:
                key = self._archive.data_key(row.archive_version, bytes(row.sealed_key))
            except Tampered:
                self.outcome.refuse(batches, row.id)
                continue
            values = {"archive_version": public[0], "sealed_key": key.sealed_to(public)}
            connection.execute(update(batches).where(batches.c.id == row.id).values(values))
            self.outcome.moved[batches.name] += 1


def sealed_otherwise(column: Column[Any], version: int) -> ColumnElement[bool]:
    """Make the condition that a column holds a ciphertext of another version than this."""
    mark = literal(version_mark(version), LargeBinary)
    begins = func.substr(column, 1, len(version_mark(version)), type_=LargeBinary)
    return column.is_not(None) & (func.length(column) > 0) & (begins != mark)


_PLACES: dict[str, Callable[[Any], str]] = {
    callers.name: lambda row: caller_row(bytes(row.phone_hmac)),
    call_backs.name: lambda row: call_back_row(bytes(row.phone_hmac)),
    agent_calls.name: lambda row: call_row(row.session, "phone"),
    subscriptions.name: lambda row: subscription_row(
        bytes(row.phone_hmac), bytes(row.subject), row.kind
    ),
    reports.name: lambda row: (
        report_row(bytes(row.phone_hmac), row.matter, bytes(row.about), row.day) + "|phone"
    ),
    outbox.name: lambda row: phone_row(row.cause),
}
"""How each table names the row that a phone's ciphertext is bound to."""

_OWNER = (
    update(documents)
    .where(documents.c.id == bindparam("its_id"))
    .values(phone_hmac=bindparam("new_hmac"), phone=bindparam("new_phone"))
)
_NUMBER = (
    update(document_numbers)
    .where(
        document_numbers.c.document_id == bindparam("its_document"),
        document_numbers.c.type == bindparam("its_type"),
    )
    .values(
        hmac=bindparam("new_hmac"),
        key_version=bindparam("new_version"),
        sealed=bindparam("new_sealed"),
        batch_id=bindparam("new_batch"),
    )
)
