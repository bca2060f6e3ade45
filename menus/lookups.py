"""Look-ups on their way to the database: recorded before the answer, without a SQL write.

Every look-up is one line of a file under `lookups/`, written under the machine's lock before
the caller is answered. The lines that are not moved yet are also the budget's memory: all
processes of a machine read them, so that no phone gets more than its five numbers while Redis
is flushed or away. A line survives the process that wrote it, killed in whatever way; what
the machine had not written to its disk when its power went is lost.

One process of the machine moves what came in, a file a transaction: what came in within five
seconds, or a few dozen look-ups where many come, so that no hop waits behind many. A file's
name is kept with its rows, so that a process killed at any point moves nothing twice. While
the database is away files stay, as far as the disk has room; where nothing can be written,
nothing is looked up.
"""

import errno
import logging
import math
import os
import secrets
import threading
import time
from collections.abc import Collection
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from menus.folder import Folder
from menus.sessions import MARK_BYTES, subject_mark
from menus.tail import CLOSED, OPEN, Tail
from models import asked, audit, lookup_flags, lookups
from models.asked import BUDGET
from models.base import Database
from models.lookups import ANSWERED, Lookup, Outcome, Unreadable

PAUSE_SECONDS = 5.0
"""The longest that a file stays open, unless the database is away."""

LOOK_SECONDS = 0.25
"""Between two looks whether a file is to be moved."""

BITE = 16 * 1024
"""Octets of a file that is moved before its time: some 70 look-ups, which take 10 ms of a core.
A thousand at once would take it from hops of the same process for most of a second."""

GRACE_SECONDS = 5.0
"""How long a file stays after it was moved: a hop may have read the database just before."""

LARGEST = 1024 * 1024
"""Octets of a file, while the database is away: then another is begun."""

_MOVER = "mover"
_DAY, _FRESH, _PHONE, _SUBJECT, _FIELDS = 1, 4, 5, 6, 9
"""Where things stand in a line, and how many they are."""
_log = logging.getLogger(__name__)


class Journal:
    """The look-ups of this machine that may not be in the database yet.

    Nothing is kept open, so a process may fork whenever it likes.

    Args:
        folder: where the files lie; made where it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = Folder(folder)
        self._tails: dict[str, _Tail] = {}
        self._is_failing = False

    def admit(self, lookup: Lookup, known: Collection[bytes]) -> Lookup:
        """Record a look-up, before it is answered and if the budget has room for it.

        Args:
            lookup: what it came to, where it is answered.
            known: marks of the numbers that the stores know the phone asked for that day.

        Returns:
            As it was recorded: `SPENT` where there was no room. Where it could not be
            recorded it is `AWAY`.
        """
        try:
            with self._folder.locked():
                open_file = self._read_on()
                if lookup.outcome in ANSWERED:
                    lookup = self._charged(lookup, known)
                self._append(open_file, lookup.line)
        except OSError as error:
            if not self._is_failing:
                code = errno.errorcode.get(error.errno or 0, "")
                _log.error("look-ups cannot be recorded", extra={"code": code})
            self._is_failing = True
            return replace(lookup, outcome=Outcome.AWAY, fresh=False)
        self._is_failing = False
        return lookup

    def asked(self, day: date, phone_hmac: bytes) -> frozenset[bytes]:
        """Give the marks of the numbers that a phone asked for that day, as far as is known.

        Raises:
            OSError: the files cannot be read.
        """
        with self._folder.locked():
            self._read_on()
            return self._asked(day, phone_hmac)

    def close_file(self, larger_than: int = 0, older_than: float = 0.0) -> None:
        """Close the file that is written to, so that it can be moved.

        Args:
            larger_than: octets; a smaller one is left, unless it is old.
            older_than: seconds.
        """
        with self._folder.locked():
            for file in self._folder.path.glob(f"*{OPEN}"):
                age = time.time() - int(file.name.partition("-")[0]) / 1e9
                size = file.stat().st_size
                if size > larger_than or (size and age > older_than):
                    file.rename(file.with_suffix(CLOSED))

    def closed(self) -> list[Path]:
        """List the files that are to be moved, the oldest first."""
        return sorted(self._folder.path.glob(f"*{CLOSED}"))

    def oldest_seconds(self) -> float:
        """Give the age of the oldest file; 0 where there is none.

        Raises:
            OSError: the folder cannot be read.
        """
        names = [one for one in os.listdir(self._folder.path) if one.endswith((OPEN, CLOSED))]
        begun = min((int(one.partition("-")[0]) for one in names), default=0)
        return max(0.0, time.time() - begun / 1e9) if begun else 0.0

    def forget(self, file: Path) -> None:
        """Remove a file that was moved."""
        with self._folder.locked():
            file.unlink(missing_ok=True)

    def alone(self) -> AbstractContextManager[bool]:
        """Say whether nobody else on this machine moves files while the block runs."""
        return self._folder.alone(_MOVER)

    def _charged(self, lookup: Lookup, known: Collection[bytes]) -> Lookup:
        """Count a number against the budget where the phone has not asked for it yet."""
        before = self._asked(lookup.day, lookup.phone_hmac).union(known)
        if subject_mark(lookup.subject) in before:
            return lookup
        if len(before) >= BUDGET:
            return replace(lookup, outcome=Outcome.SPENT)
        return replace(lookup, fresh=True)

    def _asked(self, day: date, phone_hmac: bytes) -> frozenset[bytes]:
        asker = f"{day} {phone_hmac.hex()}".encode()
        found = [tail.marks[asker] for tail in self._tails.values() if asker in tail.marks]
        return frozenset(mark for marks in found for mark in marks)

    def _read_on(self) -> str:
        """Read what was written since the last time; give the name of the open file."""
        names = [one for one in os.listdir(self._folder.path) if one.endswith((OPEN, CLOSED))]
        stems = {one.partition(".")[0]: one for one in names}
        self._tails = {stem: self._tails.get(stem) or _Tail() for stem in stems}
        for stem, name in stems.items():
            if not self._tails[stem].is_whole:
                self._tails[stem].read_on(self._folder.path / name)
        return next((one for one in names if one.endswith(OPEN)), "")

    def _append(self, name: str, line: bytes) -> None:
        """Write one whole line, or none: half a line of a process that was killed goes."""
        name = name or f"{time.time_ns():020}-{secrets.token_hex(8)}{OPEN}"
        tail = self._tails.setdefault(name.partition(".")[0], _Tail())
        opened = self._folder.open(name, os.O_WRONLY | os.O_APPEND)
        try:
            if os.fstat(opened).st_size != tail.end:
                os.ftruncate(opened, tail.end)
            if os.write(opened, line) != len(line):
                os.ftruncate(opened, tail.end)
                raise OSError(errno.ENOSPC, "")
        finally:
            os.close(opened)
        tail.take(line)


@dataclass
class _Tail(Tail):
    """What was read of one file: who asked for what, where it was charged."""

    marks: dict[bytes, set[bytes]] = field(default_factory=dict)

    def take(self, written: bytes) -> None:
        """Take in lines; what is no whole line is left."""
        whole = self.whole_lines(written)
        for line in whole.splitlines():
            parts = line.split(b" ")
            if len(parts) == _FIELDS and parts[_FRESH] == b"1":
                asker = parts[_DAY] + b" " + parts[_PHONE]
                with suppress(ValueError):  # what a power cut made of a line is no mark
                    subject = bytes.fromhex(parts[_SUBJECT][: 2 * MARK_BYTES].decode())
                    self.marks.setdefault(asker, set()).add(subject)


class Mover:
    """Moves look-ups to the database, from a thread of its own.

    Args:
        miss_share: the share of look-ups that honest callers miss.
    """

    def __init__(self, journal: Journal, database: Database, miss_share: float) -> None:
        self._journal = journal
        self._database = database
        self._miss_share = miss_share
        self._moved: dict[Path, float] = {}
        self._is_failing = False
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lookups", daemon=True)

    def start(self) -> None:
        """Move what comes in, every few seconds."""
        self._thread.start()

    def close(self) -> None:
        """Move no more: what is left is moved by the next process."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2 * PAUSE_SECONDS)

    def move(self, bite: int = 0, older_than: float = 0.0) -> None:
        """Move what came in, unless another process is at it.

        Args:
            bite: octets of a file that is worth moving before it is old.
            older_than: seconds.
        """
        with self._journal.alone() as alone:
            if alone:
                if any(one not in self._moved for one in self._journal.closed()):
                    bite, older_than = LARGEST, math.inf  # the database was away
                self._journal.close_file(bite, older_than)
                for file in self._journal.closed():
                    self._move(file)

    def _run(self) -> None:
        while not self._closed.wait(PAUSE_SECONDS if self._is_failing else LOOK_SECONDS):
            try:
                self.move(BITE, PAUSE_SECONDS)
            except Exception as error:
                if not self._is_failing:
                    name = type(error).__name__
                    _log.warning("look-ups wait to be moved", extra={"error": name})
                self._is_failing = True
            else:
                self._is_failing = False

    def _move(self, file: Path) -> None:
        moved = self._moved.get(file)
        if moved is None:
            given = _read(file)
            for mark in self._keep(file.stem, given) if given else ():
                about = {"kind": str(mark.kind), "count": mark.count}
                _log.warning("look-ups stand out", extra=about)
            self._moved[file] = time.monotonic()
        elif time.monotonic() - moved > GRACE_SECONDS:
            self._journal.forget(file)
            del self._moved[file]

    def _keep(self, name: str, given: list[Lookup]) -> list[lookup_flags.Mark]:
        """Keep a batch, in one transaction; give what stands out newly."""
        with self._database.working() as connection:
            batch = lookups.keep(connection, name, given)
            if batch is None:
                return []
            fresh = [one for one in given if one.fresh]
            marks = lookup_flags.watch(connection, given, self._miss_share)
            asked.note(connection, ((one.phone_hmac, one.day, one.subject) for one in fresh))
            digest = lookups.digest_of(given)
            audit.append(
                connection,
                "line",
                "lookups batch",
                batch=batch,
                rows=len(given),
                digest=digest,
            )
        return marks


def moment(now: datetime) -> datetime:
    """Give a moment as it is recorded, to the millisecond."""
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _read(file: Path) -> list[Lookup]:
    """Read a closed file; what a power cut made of a line is left out, and said."""
    given, unread = [], 0
    for line in file.read_bytes().splitlines(keepends=True):
        try:
            given.append(Lookup.read(line))
        except Unreadable:
            unread += line.endswith(b"\n")
    if unread:
        _log.error("look-ups cannot be read", extra={"count": unread})
    return given
