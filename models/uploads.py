"""Uploads: the lists that administrators send from a page, until they are loaded or a day old.

A list goes to disk encrypted while it comes in, in blocks (AES-256-GCM) that are bound to
their places, under a key of its own; that key stands sealed at the head of the file. It is
clear in memory alone. Whoever works at a list holds the lock of its file.
"""

import fcntl
import hashlib
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.keys import Keys, Sealer, Tampered

LARGEST = 64 * 1024 * 1024
"""Octets of a list that is sent from a page, at most."""

KEPT = timedelta(hours=24)
"""As long as a list waits for whoever sent it."""

_BLOCK = 1024 * 1024
_LENGTH = 4
_KEY = 32
_NAME = re.compile("[0-9a-f]{32}")
_PROGRESS, _REPORT = ".progress", ".refused.csv"

Read = Callable[[int], bytes]
"""Reads so many octets of a file, or fewer at its end."""


class Damaged(Exception):
    """A list is not what was sent: cut short, changed, gone, or under a key that is gone."""


class Incoming:
    """A list that comes in: written to as a file is, and locked until it is closed.

    Attributes:
        name: what its file is called; it tells nothing.
        size: octets that came so far.
        kept: whether it stays when this is closed.
    """

    def __init__(self, folder: Path, sealer: Sealer) -> None:
        self.name = secrets.token_hex(16)
        self.size = 0
        self.kept = False
        self._file = folder / self.name
        self._lock = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        key = secrets.token_bytes(_KEY)
        self._cipher = AESGCM(key)
        self._digest = hashlib.sha256()
        self._waiting = bytearray()
        self._blocks = 0
        self._is_whole = False
        self._is_open = True
        self._put(sealer.seal(key.hex(), self.name))

    @property
    def digest(self) -> str:
        """The SHA-256 of what came so far, in hexadecimal."""
        return self._digest.hexdigest()

    @property
    def lock(self) -> int:
        """The open file that holds the lock: a process that is given it holds it too."""
        return self._lock

    def write(self, octets: bytes) -> int:
        """Take the next octets."""
        self.size += len(octets)
        self._digest.update(octets)
        self._waiting += octets
        while len(self._waiting) > _BLOCK:
            self._seal(bytes(self._waiting[:_BLOCK]), is_last=False)
            del self._waiting[:_BLOCK]
        return len(octets)

    def seek(self, _place: int) -> int:
        """Take it that all has come: whoever reads a form does so, to begin at its start."""
        if not self._is_whole:
            self._seal(bytes(self._waiting), is_last=True)
            self._waiting.clear()
            self._is_whole = True
        return 0

    def close(self) -> None:
        """Let go of the file; it is removed unless it is to be kept."""
        if self._is_open:
            self._is_open = False
            if not self.kept:
                self._file.unlink(missing_ok=True)
            os.close(self._lock)

    def _seal(self, block: bytes, is_last: bool) -> None:
        self._put(self._cipher.encrypt(_nonce(self._blocks, is_last), block, None))
        self._blocks += 1

    def _put(self, octets: bytes) -> None:
        rest = memoryview(len(octets).to_bytes(_LENGTH) + octets)
        while rest:
            rest = rest[os.write(self._lock, rest) :]


@dataclass(frozen=True)
class Uploads:
    """The folder of lists that were sent from pages.

    Args:
        folder: made when it is first wanted, for this account alone.
    """

    folder: Path
    keys: Keys = field(repr=False)

    def receive(self) -> Incoming:
        """Begin a list."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Incoming(self.folder, self._sealer)

    @contextmanager
    def opened(self, name: str, digest: str) -> Iterator[Path]:
        """Give the path of a list in the clear, which is there as long as this is open.

        Raises:
            Damaged: it does not open, or is not of this digest.
        """
        with _nowhere(self.folder) as (clear, path):
            if self._copy(name, clear) != digest:
                raise Damaged
            yield path

    def locked(self, name: str) -> int | None:
        """Take a file's lock; None where somebody has it, or there is no such file.

        Returns:
            The open file that holds it, to be closed.
        """
        if not _NAME.fullmatch(name):
            return None
        try:
            lock = os.open(self.folder / name, os.O_RDWR)
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return None
        return lock

    def is_here(self, name: str) -> bool:
        """Say whether this machine has the file."""
        return (self.folder / name).is_file()

    def names(self) -> list[str]:
        """List what is here."""
        return [one.name for one in self.folder.glob("*") if _NAME.fullmatch(one.name)]

    def forget(self, name: str) -> None:
        """Remove a list; the report of its refused rows stays a day."""
        for end in ("", _PROGRESS):
            (self.folder / f"{name}{end}").unlink(missing_ok=True)

    def drop_reports(self, before: float) -> None:
        """Remove reports, and whatever else lies here, from before a moment (Unix time)."""
        for one in self.folder.glob("*"):
            with suppress(FileNotFoundError):  # another process may be at it
                if not _NAME.fullmatch(one.name) and one.stat().st_mtime < before:
                    one.unlink()

    def report(self, name: str) -> Path:
        """Give where the report of a list's refused rows lies."""
        return self.folder / f"{name}{_REPORT}"

    def note(self, name: str, done: int, of: int) -> None:
        """Note how far the work at a list is: rows, and of how many, 0 where nobody knows.

        It is a file, since SQLite lets nobody else write while a list is loaded.
        """
        fresh = self.folder / f"{name}{_PROGRESS}.new"
        fresh.write_text(f"{done} {of}", encoding="ascii")
        fresh.replace(self.folder / f"{name}{_PROGRESS}")

    def progress(self, name: str) -> tuple[int, int]:
        """Say how far the work at a list is, as `note` had it."""
        try:
            done, of = (self.folder / f"{name}{_PROGRESS}").read_text("ascii").split()
        except (OSError, ValueError):
            return 0, 0
        return int(done), int(of)

    @property
    def _sealer(self) -> Sealer:
        return Sealer(self.keys.phone, "uploads")

    def _copy(self, name: str, clear: int) -> str:
        """Write a list in the clear; give its digest."""
        digest = hashlib.sha256()
        try:
            with (self.folder / name).open("rb") as sealed:
                key = bytes.fromhex(self._sealer.open(_block(sealed.read), name))
                for block in _blocks(sealed.read, AESGCM(key)):
                    digest.update(block)
                    os.write(clear, block)
        except (OSError, Tampered, InvalidTag, ValueError) as error:
            raise Damaged from error
        return digest.hexdigest()


def _blocks(read: Read, cipher: AESGCM) -> Iterator[bytes]:
    """Decrypt a list's blocks.

    Raises:
        Damaged: it ends before its last block.
    """
    count, sealed, after = 0, _block(read), b""
    while sealed:
        after = _block(read)
        yield cipher.decrypt(_nonce(count, is_last=not after), sealed, None)
        count, sealed = count + 1, after
    if not count:
        raise Damaged


def _block(read: Read) -> bytes:
    length = int.from_bytes(read(_LENGTH))
    return read(min(length, 2 * _BLOCK))


def _nonce(count: int, is_last: bool) -> bytes:
    return count.to_bytes(11) + bytes([is_last])


@contextmanager
def _nowhere(folder: Path) -> Iterator[tuple[int, Path]]:
    """Make a file that is in memory alone, where the system has such; it goes at the end.

    Other processes of this account may open its path.
    """
    if sys.platform == "linux":
        clear = os.memfd_create("list")
        path = Path(f"/proc/{os.getpid()}/fd/{clear}")
    else:
        clear, made = tempfile.mkstemp(dir=folder)
        path = Path(made)
    try:
        yield clear, path
    finally:
        os.close(clear)
        if sys.platform != "linux":
            path.unlink(missing_ok=True)
