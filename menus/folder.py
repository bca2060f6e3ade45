"""A folder that several processes of a machine write to, one at a time.

Nothing is kept open, so a process may fork whenever it likes. A lock is the kernel's: it goes
with the process that held it, killed in whatever way.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_SECONDS = 0.5
"""The longest a hop waits for the folder's lock, which is held for some microseconds."""


class Folder:
    """One folder, and its lock.

    Args:
        path: made where it is not there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mine = threading.Lock()
        _make(path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the machine's lock.

        Raises:
            OSError: somebody held it for too long: a process that is stopped, perhaps.
        """
        if not self._mine.acquire(timeout=LOCK_SECONDS):
            raise BlockingIOError
        try:
            opened = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                _lock(opened)
                yield
            finally:
                os.close(opened)
        finally:
            self._mine.release()

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Say whether nobody else on this machine does what a file names, while this runs."""
        opened = self.open(name, os.O_RDWR)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield True
        except BlockingIOError:
            yield False
        finally:
            os.close(opened)

    def open(self, name: str, flags: int) -> int:
        """Open a file for us alone; made where it is not there, for the folder's account."""
        file = self.path / name
        try:
            return os.open(file, flags | os.O_CLOEXEC)
        except FileNotFoundError:
            opened = os.open(file, flags | os.O_CREAT | os.O_CLOEXEC, 0o600)
            _give(opened, self.path)
            return opened

    def sync(self) -> None:
        """Bring the folder's names to the disk.

        Raises:
            OSError: the disk does not take them.
        """
        opened = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _make(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        _give(opened, folder.parent)
        os.close(opened)


def _give(opened: int, folder: Path) -> None:
    """Let what a command made as root belong to the account that serves."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(opened, owner.st_uid, owner.st_gid)


def _lock(opened: int) -> None:
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(0.0005)
        else:
            return
