"""Whether the audit's chain holds: what was edited, deleted, inserted or put in other order.

A chain alone does not show that its end was cut off, nor that all of it was written anew
by somebody who knows how. An anchor does: the number and the hash of a row, kept elsewhere.
"""

import hmac
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select, text

from models.audit import BEGINNING, audit, chain
from models.base import Database
from models.lookups import batch_digest, lookups

PAGE = 2_000
"""Rows read in one statement: an audit of any length takes the memory of these."""

MOST_FAULTS = 20
"""Faults that are told; more are counted."""

LOOKUPS = "lookups batch"
"""The act that names a batch of look-ups, and what its rows came to."""

FORGOTTEN = "retention apply"
"""The act that says up to which batch look-ups were removed."""

ERASED = "people erase"
"""The act that says how many look-ups were emptied for a person who asked for it."""

_ANCHOR = re.compile(r"1919-audit ([0-9]{1,18}) ([0-9a-fA-F]{64}) (\S{1,40})")


class BadAnchor(ValueError):
    """A line is no anchor; the text says which."""


@dataclass(frozen=True)
class Anchor:
    """A row of the chain as it was at a moment, kept where nobody here can change it."""

    id: int
    hash: bytes
    moment: str

    def written(self) -> str:
        """Write the anchor as one line, also for paper."""
        return f"1919-audit {self.id} {self.hash.hex()} {self.moment}"


@dataclass
class Checked:
    """What came of checking the chain.

    Attributes:
        rows: rows that were read.
        last: the number of the last one; 0 where there is none.
        anchors: those that were compared.
        batches: batches of look-ups that are as they were.
        forgotten: batches of look-ups that retention has removed.
        first_bad: the number of the first row that is wrong; None where none is.
        faults: the first faults, each a sentence.
        more: faults beyond those.
    """

    rows: int = 0
    last: int = 0
    anchors: int = 0
    batches: int = 0
    forgotten: int = 0
    first_bad: int | None = None
    faults: list[str] = field(default_factory=list)
    more: int = 0

    @property
    def holds(self) -> bool:
        """Say whether nothing wrong was found."""
        return not self.faults

    def fault(self, row_id: int, what: str) -> None:
        """Note a fault at a row."""
        if self.first_bad is None or row_id < self.first_bad:
            self.first_bad = row_id
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(what)
        else:
            self.more += 1


def anchor(connection: Connection) -> Anchor:
    """Give the anchor of the chain's end as it is now."""
    last = select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)
    row = connection.execute(last).first()
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    return Anchor(row.id, bytes(row.hash), moment) if row else Anchor(0, BEGINNING, moment)


def read_anchors(lines: Iterable[str]) -> list[Anchor]:
    """Read anchors, one a line; blank lines and those that begin with # are left out.

    Raises:
        BadAnchor: a line is none, or there is none at all.
    """
    found = []
    for count, line in enumerate(lines, 1):
        said = line.strip().removeprefix("\ufeff")
        if not said or said.startswith("#"):
            continue
        shape = _ANCHOR.fullmatch(said)
        if not shape:
            raise BadAnchor(f"line {count} is no anchor")
        found.append(Anchor(int(shape[1]), bytes.fromhex(shape[2]), shape[3]))
    if not found:
        raise BadAnchor("there is no anchor in it")
    return found


def verify(
    database: Database, anchors: Iterable[Anchor] = (), with_lookups: bool = True
) -> Checked:
    """Check the whole chain, a page at a time, so that the line goes on meanwhile.

    Args:
        with_lookups: compare the batches of look-ups that it names with their rows, too.

    Raises:
        models.base.Unavailable: the database is away.
    """
    walk = _Walk(anchors)
    batches = _Lookups(database, walk.checked) if with_lookups else None
    for rows in _pages(database):
        for row in rows:
            walk.take(row)
            if batches and row.act == LOOKUPS:
                batches.take(row)
    walk.end()
    if batches:
        batches.end()
    return walk.checked


def _pages(database: Database) -> Iterator[list[Any]]:
    """Read the chain in order. What was written to a column is taken as it comes."""
    columns = "SELECT id, at, who, act, about, hash FROM audit"
    first = text(f"{columns} ORDER BY id LIMIT {PAGE}")
    after = text(f"{columns} WHERE id > :last ORDER BY id LIMIT {PAGE}")
    with database.reading() as connection:
        rows = list(connection.execute(first))
    while rows:
        yield rows
        with database.reading() as connection:
            rows = list(connection.execute(after, {"last": rows[-1].id}))


class _Walk:
    """One pass over the chain."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self._anchors: dict[int, list[Anchor]] = {}
        for one in anchors:
            self._anchors.setdefault(one.id, []).append(one)
        self._hash = BEGINNING
        self.checked = Checked()
        self._compare(0)

    def take(self, row: Any) -> None:
        """Check one row against the one before it."""
        checked = self.checked
        if not isinstance(row.id, int):
            checked.fault(
                checked.last + 1, f"a row without a number follows row {checked.last}"
            )
            return
        if row.id != checked.last + 1:
            checked.fault(row.id, _gap(checked.last, row.id))
        stored = bytes(row.hash) if isinstance(row.hash, (bytes, memoryview)) else b""
        if not hmac.compare_digest(stored, _expected(self._hash, row)):
            checked.fault(
                row.id,
                f"row {row.id} does not follow from the one before it:"
                " it was changed, or it is in another's place",
            )
        checked.rows += 1
        checked.last, self._hash = row.id, stored
        self._compare(row.id)

    def end(self) -> None:
        """Look for anchors beyond the end of the chain."""
        for one in (one for some in self._anchors.values() for one in some):
            self.checked.anchors += 1
            self.checked.fault(
                one.id,
                f"row {one.id} is gone, which an anchor of {one.moment} knows:"
                f" the chain now ends at {self.checked.last}",
            )

    def _compare(self, row_id: int) -> None:
        for one in self._anchors.pop(row_id, ()):
            self.checked.anchors += 1
            if not hmac.compare_digest(one.hash, self._hash):
                self.checked.fault(
                    row_id,
                    f"row {row_id} is not the one that an anchor of {one.moment} knows:"
                    " the chain was written anew there or before",
                )


class _Lookups:
    """The batches of look-ups that the chain names, compared with their rows."""

    def __init__(self, database: Database, checked: Checked) -> None:
        self._database = database
        self._checked = checked
        self._last = 0
        self._forgotten_to = max(_said(database, FORGOTTEN, "lookups_to"), default=0)

    def take(self, row: Any) -> None:
        """Compare one batch with what its act says."""
        self._last = row.id
        try:
            about = json.loads(row.about)
            batch, said = int(about["batch"]), str(about["digest"])
        except (ValueError, TypeError, KeyError):
            self._checked.fault(row.id, f"row {row.id} names no batch of look-ups")
            return
        found = self._digest(batch)
        if found == said:
            self._checked.batches += 1
        elif found is None and batch <= self._forgotten_to:
            self._checked.forgotten += 1
        elif found is None:
            self._checked.fault(
                row.id, f"the look-ups of batch {batch} are gone, and no retention removed them"
            )
        else:
            self._checked.fault(
                row.id, f"the look-ups of batch {batch} are not those that were recorded"
            )

    def end(self) -> None:
        """Compare how many look-ups are emptied with how many were emptied on request."""
        allowed = sum(_said(self._database, ERASED, lookups.name))
        query = select(func.count()).where(lookups.c.phone_hmac.is_(None))
        with self._database.reading() as connection:
            emptied = connection.scalars(query.select_from(lookups)).one()
        if emptied > allowed:
            self._checked.fault(
                self._last,
                f"{emptied:,} look-ups are emptied, and {allowed:,} were so on request",
            )

    def _digest(self, batch: int) -> str | None:
        with self._database.reading() as connection:
            try:
                return batch_digest(connection, batch)
            except (ValueError, TypeError, AttributeError):
                return ""  # a row is none that the line could write


def _expected(before: bytes, row: Any) -> bytes:
    """Give the hash that a row should have; empty where it is none that we could write."""
    try:
        return chain(before, dict(row._mapping))
    except (TypeError, ValueError):
        return b""


def _gap(last: int, found: int) -> str:
    if found <= last + 1:
        return f"row {found} stands where row {last + 1} should"
    one = found == last + 2
    gone = f"row {last + 1} is" if one else f"rows {last + 1} to {found - 1} are"
    return f"{gone} gone, before row {found}"


def _said(database: Database, act: str, name: str) -> list[int]:
    """Read one number from every act of a kind; whether they hold, the chain itself shows."""
    query = select(audit.c.about).where(audit.c.act == act).order_by(audit.c.id)
    with database.reading() as connection:
        rows = connection.scalars(query).all()
    return [_number(about, name) for about in rows]


def _number(about: str, name: str) -> int:
    try:
        return int(json.loads(about).get(name, 0))
    except (ValueError, TypeError, AttributeError):
        return 0
