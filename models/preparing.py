"""Making rows of a list ready for the database: their HMACs, their ciphertexts, their form.

This is most of an import's work, and none of it asks the database anything: a long list is
prepared by several processes at once, chunk by chunk, each row under the id that its
document will have if it is new.
"""

import gc
import logging
import os
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import cycle, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from traceback import extract_tb
from typing import Any

from sqlalchemy import Connection as Database

from models.bulk import copy_packed, insert_plain, packed
from models.documents import (
    document_number_row,
    document_numbers,
    document_row,
    documents,
)
from models.history import Placed
from models.keys import DataKey, Keys
from models.matching import Row
from models.numbers import PRINCIPAL, Kind, NumberType

CHUNK = 1_000
"""Rows handled at a time: bounds memory, and keeps statements short."""

_DOCUMENT = (
    "id",
    "kind",
    "state",
    "centre_code",
    "received_on",
    "confirmed_on",
    "batch_id",
    "loaded_by",
    "phone_hmac",
    "phone",
)
_NUMBER = ("document_id", "type", "key_version", "batch_id", "last_three", "hmac", "sealed")
"""The columns of a document and of a number, in the order in which they are written here."""

_NICENESS, _REST = 19, 0.5
"""Preparing gives way to calls on the same machine, and rests for half as long as it works:
processors of one core slow each other down, whatever their tasks' priorities."""

_BEGIN = struct.Struct(">hiq").pack
_HMAC = struct.Struct(">i32si").pack
_NO_PHONE = packed(None) * 2
"""How a row begins, an HMAC and how long the ciphertext behind it is, and neither of both."""

_log = logging.getLogger(__name__)

Read = Callable[[Any], Any]
"""Reads one item of a list: gives a Row, or whatever says why there is none."""

Source = Callable[[], Iterable[Any]]
"""Opens a list, and gives its items. It can be handed to another process."""


class ProcessEnded(Exception):
    """A process that prepared rows has ended before its work was done."""


@dataclass(frozen=True)
class Chunk:
    """Some items of a list, and the id that the first one's document gets if it is new."""

    first_id: int
    items: Sequence[Any] = field(repr=False)


@dataclass
class Prepared:
    """A chunk's good rows as they would be written, and what was refused.

    Attributes:
        ids: the id that each row's document gets if it is new.
        rows: the rows themselves.
        keys: what document each speaks of: the current HMAC of the number that its kind
            goes by, and the kind.
        older: that number's HMACs of older key versions.
        renewed: for every number's HMAC of an older version, the current one.
        placed: the state and centre of each.
        documents: each as a row of the table.
        numbers: each row's numbers as rows of their table.
        tally: how many there are of each kind, state and centre.
        refusals: what `Read` gave for the others, in their order.
    """

    ids: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list, repr=False)
    keys: list[tuple[bytes, Kind]] = field(default_factory=list)
    older: list[tuple[bytes, ...]] = field(default_factory=list)
    renewed: dict[bytes, bytes] = field(default_factory=dict)
    placed: list[Placed] = field(default_factory=list)
    documents: list[Any] = field(default_factory=list)
    numbers: list[list[Any]] = field(default_factory=list)
    refusals: list[Any] = field(default_factory=list)
    tally: Counter[tuple[Kind, Placed]] = field(default_factory=Counter)


@dataclass(frozen=True)
class Preparer:
    """Makes rows ready for one batch. It can be handed to another process.

    Args:
        batch_id: the batch that the documents come with.
        confirmed_on: the day on which the centre says so.
        read: reads an item.
        packed: whether rows are to be packed for COPY.
    """

    keys: Keys = field(repr=False)
    data_key: DataKey = field(repr=False)
    batch_id: int
    confirmed_on: date
    read: Read
    packed: bool

    def __call__(self, chunk: Chunk) -> Prepared:
        """Prepare a chunk."""
        made = Prepared()
        has_older = self.keys.lookup.has_older
        for nth, item in enumerate(chunk.items):
            row = self.read(item)
            if isinstance(row, Row):
                made.ids.append(chunk.first_id + nth)
                made.rows.append(row)
                self._add(row, chunk.first_id + nth, made)
                made.older.append(self._older(row, made) if has_older else ())
            else:
                made.refusals.append(row)
        kinds = (kind for _, kind in made.keys)
        made.tally.update(zip(kinds, made.placed, strict=True))
        return made

    def _add(self, row: Row, document_id: int, made: Prepared) -> None:
        kind, principal = row.kind, PRINCIPAL[row.kind]
        numbers = []
        for one, text in row.numbers.items():
            hmac = self.keys.number_hmac(one, text)
            numbers.append(self._number(document_id, one, text, hmac))
            if one is principal:
                made.keys.append((hmac, kind))
        made.numbers.append(numbers)
        made.placed.append(_placed(row.state, row.centre_code))
        made.documents.append(self._document(row, document_id))

    def _older(self, row: Row, made: Prepared) -> tuple[bytes, ...]:
        """Note every older HMAC of a row's numbers; give those of the one it goes by."""
        every = {one: self.keys.number_hmacs(one, text) for one, text in row.numbers.items()}
        made.renewed.update((old, now) for now, *older in every.values() for old in older)
        return tuple(every[PRINCIPAL[row.kind]][1:])

    def _document(self, row: Row, document_id: int) -> Any:
        hmac, phone = self.phone(row, document_id)
        same = (row.kind, row.state, row.centre_code, row.received_on)
        if not self.packed:
            return (document_id, *_plain(*same, self.confirmed_on, self.batch_id), hmac, phone)
        middle = _packed_document(*same, self.confirmed_on, self.batch_id)
        if hmac is None or phone is None:
            return _BEGIN(len(_DOCUMENT), 8, document_id) + middle + _NO_PHONE
        end = _HMAC(len(hmac), hmac, len(phone))
        return b"".join((_BEGIN(len(_DOCUMENT), 8, document_id), middle, end, phone))

    def phone(self, row: Row, document_id: int) -> tuple[bytes | None, bytes | None]:
        """Give the HMAC of a row's phone, and the phone sealed to a document."""
        if not row.phone:
            return None, None
        sealed = self.keys.people.seal(row.phone, document_row(document_id))
        return self.keys.phone_hmac(row.phone), sealed

    def number_values(
        self, document_id: int, one: NumberType, text: str, hmac: bytes
    ) -> dict[str, object]:
        """Give the columns of a document's number."""
        sealed = self.data_key.seal(text, document_number_row(document_id, one))
        version = self.keys.lookup.version
        values = (document_id, one, version, self.batch_id, text[-3:], hmac, sealed)
        return dict(zip(_NUMBER, values, strict=True))

    def _number(self, document_id: int, one: NumberType, text: str, hmac: bytes) -> Any:
        version = self.keys.lookup.version
        sealed = self.data_key.seal(text, document_number_row(document_id, one))
        if not self.packed:
            return (document_id, one, version, self.batch_id, text[-3:], hmac, sealed)
        begin = _BEGIN(len(_NUMBER), 8, document_id)
        middle = _packed_number(one, version, self.batch_id)
        last_three = _last_three(text[-3:])
        return b"".join(
            (begin, middle, last_three, _HMAC(len(hmac), hmac, len(sealed)), sealed)
        )

    def write(
        self, connection: Database, documents_: Sequence[Any], numbers: Sequence[Any]
    ) -> None:
        """Write documents and numbers as they were prepared."""
        write = copy_packed if self.packed else insert_plain
        if documents_:
            write(connection, documents, _DOCUMENT, documents_)
            write(connection, document_numbers, _NUMBER, numbers)


@lru_cache(maxsize=10_000)
def _packed_document(*values: Any) -> bytes:
    """Pack what many documents have in common; the last value is the batch."""
    return b"".join(map(packed, (*values, values[-1])))


@lru_cache(maxsize=10_000)
def _plain(*values: Any) -> tuple[Any, ...]:
    """Give what many documents have in common, as SQLite takes it."""
    return tuple(
        one.isoformat() if isinstance(one, date) else one for one in (*values, values[-1])
    )


@lru_cache(maxsize=1_000)
def _last_three(text: str) -> bytes:
    return packed(text)


@lru_cache(maxsize=1_000)
def _packed_number(one: str, version: int, batch_id: int) -> bytes:
    return packed(one) + packed(version, octets=2) + packed(batch_id)


@lru_cache(maxsize=1000)
def _placed(state: str, centre_code: str) -> Placed:
    return Placed(state, centre_code)


def chunks(items: Iterable[Any], first_id: int) -> Iterator[Chunk]:
    """Cut a list into chunks; ids go on from `first_id`, one for each item."""
    iterator = iter(items)
    while some := list(islice(iterator, CHUNK)):
        yield Chunk(first_id, some)
        first_id += len(some)


def prepared(
    preparer: Preparer, source: Source, first_id: int, processes: int
) -> Iterator[Prepared]:
    """Prepare a list, chunk by chunk in its order.

    Each process reads the list for itself, and prepares every so manieth chunk of it: what is
    read would otherwise have to be handed over, which takes as long as reading it.

    Args:
        first_id: the id that the first item's document gets if it is new.
        processes: how many work beside this one; with none, this one does it.

    Raises:
        ProcessEnded: one of them was killed, or failed.
    """
    if not processes:
        yield from map(preparer, chunks(source(), first_id))
        return
    with ExitStack() as stack:
        stack.enter_context(_collecting_rarely())
        work = _Work(preparer, source, first_id, processes)
        ends = [stack.enter_context(_process(work, nth)) for nth in range(processes)]
        for end in cycle(ends):
            made = _received(end)
            if made is None:
                return
            yield made
            del made
            gc.collect()


def _received(end: Connection) -> Prepared | None:
    try:
        made: Prepared | None = end.recv()
    except EOFError:
        raise ProcessEnded from None
    return made


@dataclass(frozen=True)
class _Work:
    """What processes do among them."""

    preparer: Preparer
    source: Source
    first_id: int
    processes: int

    def do(self, nth: int, end: Connection) -> None:
        """Prepare every so manieth chunk from the `nth` on, and then say that it is over.

        What goes wrong is told without what the list holds; whoever waits sees the pipe end.
        """
        gc.disable()
        os.nice(_NICENESS)
        try:
            self._prepare(nth, end)
        except Exception as error:
            where = " < ".join(
                f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
                for frame in reversed(extract_tb(error.__traceback__)[-8:])
            )
            # nobody configured logs in here: what is told must stand in the line itself
            _log.error(
                "a process that prepares rows failed: %s: %s", type(error).__name__, where
            )
            sys.exit(1)

    def _prepare(self, nth: int, end: Connection) -> None:
        for place, chunk in enumerate(chunks(self.source(), self.first_id)):
            if place % self.processes == nth:
                began = time.monotonic()
                end.send(self.preparer(chunk))
                time.sleep((time.monotonic() - began) * _REST)
        end.send(None)


@contextmanager
def _process(work: _Work, nth: int) -> Iterator[Connection]:
    """Let a process do its part; give the end of a pipe where its chunks come out."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work.do, args=(nth, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.terminate()
        process.join()


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """Look for cycles between chunks alone: among so many rows it doubles the work."""
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.enable()
