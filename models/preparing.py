"""Making rows of a list ready for the database: their HMACs, their ciphertexts, their form.

This is most of an import's work, and none of it asks the database anything: a long list is
prepared by several processes at once, chunk by chunk, each row under the id that its
document will have if it is new.
"""

import gc
import os
import struct
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import islice
from multiprocessing import get_context
from typing import Any

from sqlalchemy import Connection

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

CHUNK = 5_000
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

_BEGIN = struct.Struct(">hiq").pack
_HMAC = struct.Struct(">i32si").pack
_NO_PHONE = packed(None) * 2
"""How a row begins, an HMAC and how long the ciphertext behind it is, and neither of both."""

_AHEAD = 2
"""Chunks that wait for each process."""

_NICENESS = 10
"""Preparing gives way to calls on the same machine."""

Read = Callable[[Any], Any]
"""Reads one item of a list: gives a Row, or whatever says why there is none."""


@dataclass(frozen=True)
class Chunk:
    """Some items of a list, and the id that the first one's document gets if it is new."""

    first_id: int
    items: Sequence[Any] = field(repr=False)


@dataclass
class Prepared:
    """A chunk's good rows as they would be written, and what was refused.

    Attributes:
        at: where in the chunk each good row stands.
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

    at: list[int] = field(default_factory=list)
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
                made.at.append(nth)
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
        self, connection: Connection, documents_: Sequence[Any], numbers: Sequence[Any]
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
    preparer: Preparer, waiting: Iterable[Chunk], processes: int
) -> Iterator[tuple[Chunk, Prepared]]:
    """Prepare chunks in their order, a few ahead of whoever takes them.

    Args:
        processes: how many work beside this one; with none, this one does it.
    """
    if not processes:
        for chunk in waiting:
            yield chunk, preparer(chunk)
        return
    with ExitStack() as stack:
        pool = ProcessPoolExecutor(processes, get_context("spawn"), _begin, (preparer,))
        stack.callback(pool.shutdown, cancel_futures=True)
        stack.enter_context(_collecting_nothing())
        ahead: deque[tuple[Chunk, Future[Prepared]]] = deque()
        for chunk in waiting:
            ahead.append((chunk, pool.submit(_prepare, chunk)))
            if len(ahead) > processes * _AHEAD:
                first, future = ahead.popleft()
                yield first, future.result()
        for first, future in ahead:
            yield first, future.result()


@contextmanager
def _collecting_nothing() -> Iterator[None]:
    """Leave cycles alone for as long: looking for them among so many rows doubles the work."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


_preparers: list[Preparer] = []
"""What a process of the pool prepares with."""


def _begin(preparer: Preparer) -> None:
    gc.disable()
    os.nice(_NICENESS)
    _preparers.append(preparer)


def _prepare(chunk: Chunk) -> Prepared:
    return _preparers[0](chunk)
