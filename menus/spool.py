"""A spool: what must outlive the database's absence, sealed, in files of this machine.

What is put into it is on the disk before anything is promised. It is one line of a file: when
it came, a name of its own, keyed hashes by which it is known, and the rest encrypted and bound
to all of that. A process that is killed at any point leaves whole lines and at most one half
line, which goes. Nothing is kept open, so a process may fork whenever it likes.

Who takes things out reads whole files, the oldest first, and afterwards writes what is left of
one into a new file before the old one goes: killed in between, things are there twice. So
whoever takes them must do the same thing once, however often it comes.
"""

import errno
import os
import re
import secrets
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from menus.folder import Folder
from menus.tail import CLOSED, OPEN, Tail
from models.keys import Sealer, Tampered

LARGEST_FILE = 1024 * 1024
"""Octets of a file: then another is begun."""

LARGEST = 256 * LARGEST_FILE
"""Octets of a spool: then nothing more goes in."""

UNKNOWN_TO_ALL = "-"
"""In place of a keyed hash, for what nobody looks for."""

_TEMPORARY = ".new"
_TAKER, _DROPPED = "taker", "dropped"
_LINE = re.compile(
    rb"([0-9]{13}) ([0-9a-f]{16}) ([0-9a-z]{1,64}|-) ([0-9a-z]{1,64}|-) ([A-Za-z0-9+/=]+)\n"
)


@dataclass(frozen=True)
class Kept:
    """One thing in a spool.

    Attributes:
        at: when it was put there, in UTC.
        text: what was put there; None where it does not open.
        line: as it stands in its file; half a line where a disk lost the rest.
    """

    at: datetime | None
    text: str | None = field(repr=False)
    line: bytes = field(repr=False)


@dataclass(frozen=True)
class Waiting:
    """How a spool stands: what waits, for how many seconds the oldest has, what was dropped."""

    count: int
    oldest_seconds: float
    dropped: int


class Spool:
    """What waits in one folder of this machine.

    Args:
        folder: where the files lie; made where it is not there.
        sealer: encrypts what is put there.
        largest: octets that may lie there.
        clock: tells the moment, in UTC.
    """

    def __init__(
        self,
        folder: Path,
        sealer: Sealer,
        largest: int = LARGEST,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._folder = Folder(folder)
        self._sealer = sealer
        self._largest = largest
        self._clock = clock
        self._tails: dict[str, _Tail] = {}

    @contextmanager
    def writing(self) -> Iterator["Book"]:
        """Lend the book of what waits; what is added to it is on the disk at the end.

        Raises:
            OSError: it is not: the disk is full or broken, the spool is full, or somebody
                else held its lock for too long.
        """
        with ExitStack() as opened:
            with self._folder.locked():
                book = Book(self, opened, self._read_on())
                yield book
                if book.file and book.opened is None:
                    book.opened = self._lend(opened, book.file, os.O_RDONLY)
            if book.opened is not None:
                self._sync(book.opened, book.file)

    def is_empty(self) -> bool:
        """Say whether nothing waits, as the folder's names tell."""
        try:
            names = os.listdir(self._folder.path)
        except OSError:
            return True
        return not any(one.endswith((OPEN, CLOSED)) for one in names)

    def holds(self, who: str) -> bool:
        """Say whether anything waits that is known by a hash.

        Raises:
            OSError: the files cannot be read.
        """
        if self.is_empty():
            return False
        with self._folder.locked():
            self._read_on()
            return any(who in tail.books for tail in self._tails.values())

    def waiting(self) -> Waiting:
        """Tell how the spool stands.

        Raises:
            OSError: the files cannot be read.
        """
        with self._folder.locked():
            self._read_on()
            oldest = min((one.oldest for one in self._tails.values() if one.count), default=0)
            age = self._clock().timestamp() - oldest / 1000 if oldest else 0.0
            count = sum(one.count for one in self._tails.values())
            return Waiting(count, max(0.0, age), self._dropped())

    def alone(self) -> AbstractContextManager[bool]:
        """Say whether nobody else on this machine takes things out while the block runs."""
        return self._folder.alone(_TAKER)

    def close_file(self) -> None:
        """Close the file that is written to, so that it can be taken out."""
        with self._folder.locked():
            for file in self._folder.path.glob(f"*{_TEMPORARY}"):
                file.unlink()  # of one who was killed before its old file went
            for file in self._folder.path.glob(f"*{OPEN}"):
                file.rename(file.with_suffix(CLOSED))

    def closed(self) -> list[Path]:
        """List the files that are to be taken out, the oldest first."""
        return sorted(self._folder.path.glob(f"*{CLOSED}"))

    def read(self, file: Path) -> list[Kept]:
        """Read a closed file, line by line."""
        return [self._kept(one) for one in file.read_bytes().splitlines(keepends=True)]

    def settle(self, file: Path, left: Sequence[Kept], dropped: int = 0) -> None:
        """Let go of a file that was taken out, but for what is left of it.

        Args:
            dropped: of its things, how many are given up.
        """
        with self._folder.locked():
            if left:
                stem = f"{file.stem.partition('-')[0]}-{secrets.token_hex(8)}"
                fresh = self._folder.path / f"{stem}{_TEMPORARY}"
                opened = self._folder.open(fresh.name, os.O_WRONLY)
                try:
                    _write(opened, b"".join(one.line for one in left))
                    os.fsync(opened)
                finally:
                    os.close(opened)
                fresh.rename(fresh.with_suffix(CLOSED))
                self._folder.sync()
            file.unlink()
            if dropped:
                self._note_dropped(dropped)

    def line_of(self, who: str, what: str, text: str) -> bytes:
        """Write a thing as its line."""
        head = f"{self._clock().timestamp() * 1000:013.0f} {secrets.token_hex(8)} {who} {what}"
        sealed = b64encode(self._sealer.seal(text, head))
        return b"%s %s\n" % (head.encode(), sealed)

    def _kept(self, line: bytes) -> Kept:
        shape = _LINE.fullmatch(line)
        if not shape:
            return Kept(None, None, line)
        head, _, sealed = line.rpartition(b" ")
        at = datetime.fromtimestamp(int(shape[1]) / 1000, UTC)
        try:
            text = self._sealer.open(b64decode(sealed), head.decode())
        except (Tampered, ValueError):
            text = None
        return Kept(at, text, line)

    def _read_on(self) -> str:
        """Read what was written since the last time; give the name of the open file."""
        names = [one for one in os.listdir(self._folder.path) if one.endswith((OPEN, CLOSED))]
        stems = {one.partition(".")[0]: one for one in names}
        self._tails = {stem: self._tails.get(stem) or _Tail() for stem in stems}
        for stem, name in stems.items():
            if not self._tails[stem].is_whole:
                self._tails[stem].read_on(self._folder.path / name)
        return next((one for one in names if one.endswith(OPEN)), "")

    def _lend(self, stack: ExitStack, name: str, flags: int) -> int:
        """Open a file of the folder until a stack is left."""
        opened = self._folder.open(name, flags)
        stack.callback(os.close, opened)
        return opened

    def _append(self, stack: ExitStack, name: str, line: bytes) -> tuple[str, int]:
        """Write one whole line, or none; give the file that it is in, open, and its name."""
        if sum(one.end for one in self._tails.values()) + len(line) > self._largest:
            raise OSError(errno.EDQUOT, "")
        stem = name.partition(".")[0]
        if name and self._tails[stem].end + len(line) > LARGEST_FILE:
            (self._folder.path / name).rename(self._folder.path / f"{stem}{CLOSED}")
            name = ""
        fresh = not name
        name = name or f"{time.time_ns():020}-{secrets.token_hex(8)}{OPEN}"
        tail = self._tails.setdefault(name.partition(".")[0], _Tail())
        opened = self._lend(stack, name, os.O_WRONLY | os.O_APPEND)
        if os.fstat(opened).st_size != tail.end:
            os.ftruncate(opened, tail.end)  # half a line of one who was killed
        try:
            _write(opened, line)
        except OSError:
            os.ftruncate(opened, tail.end)
            raise
        if fresh:
            self._folder.sync()
        tail.take(line)
        return name, opened

    def _sync(self, opened: int, name: str) -> None:
        """Bring a file to the disk. What the disk did not take once is trusted no more."""
        try:
            os.fsync(opened)
        except OSError:
            with self._folder.locked():
                file = self._folder.path / name
                if file.exists():
                    file.rename(file.with_suffix(CLOSED))
            raise

    def _dropped(self) -> int:
        try:
            return int((self._folder.path / _DROPPED).read_text(encoding="ascii") or 0)
        except (OSError, ValueError):
            return 0

    def _note_dropped(self, count: int) -> None:
        total = self._dropped() + count
        opened = self._folder.open(_DROPPED, os.O_WRONLY | os.O_TRUNC)
        try:
            _write(opened, str(total).encode())
        finally:
            os.close(opened)


class Book:
    """What waits, while nobody else writes.

    Attributes:
        file: the name of the file that is written to; empty where there is none.
        opened: that file, where something was added to it.
    """

    def __init__(self, spool: Spool, stack: ExitStack, file: str) -> None:
        self._spool = spool
        self._stack = stack
        self.file = file
        self.opened: int | None = None

    def of(self, who: str) -> Mapping[str, datetime]:
        """Give what waits that is known by a hash: by its other hash, when it came last."""
        found: dict[str, int] = {}
        for tail in self._spool._tails.values():
            for what, at in tail.books.get(who, {}).items():
                found[what] = max(at, found.get(what, 0))
        return {what: datetime.fromtimestamp(at / 1000, UTC) for what, at in found.items()}

    def add(self, text: str, who: str = UNKNOWN_TO_ALL, what: str = UNKNOWN_TO_ALL) -> None:
        """Add one thing.

        Args:
            text: what is kept: it is encrypted.
            who, what: keyed hashes by which it is known.

        Raises:
            OSError: it cannot be written.
        """
        line = self._spool.line_of(who, what, text)
        self.file, self.opened = self._spool._append(self._stack, self.file, line)


@dataclass
class _Tail(Tail):
    """What was read of one file.

    Attributes:
        oldest: when the first thing in it came, in milliseconds.
    """

    count: int = 0
    oldest: int = 0
    books: dict[str, dict[str, int]] = field(default_factory=dict)

    def take(self, written: bytes) -> None:
        """Take in lines; what is no whole line is left."""
        whole = self.whole_lines(written)
        for line in whole.splitlines(keepends=True):
            shape = _LINE.fullmatch(line)
            if not shape:
                continue
            at, who, what = int(shape[1]), shape[3].decode(), shape[4].decode()
            self.count += 1
            self.oldest = min(at, self.oldest or at)
            if who != UNKNOWN_TO_ALL:
                self.books.setdefault(who, {})[what] = at


def _write(opened: int, octets: bytes) -> None:
    """Write all of it.

    Raises:
        OSError: some of it, or none, was written.
    """
    if os.write(opened, octets) != len(octets):
        raise OSError(errno.ENOSPC, "")
