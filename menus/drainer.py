"""The drainer: takes out of a spool what waits there, once the database is back.

One process of the machine does it at a time, from a thread of its own; and where there are
several spools, another process takes another one. What belongs to one phone is taken in its
order, and of several phones side by side. What cannot be taken now stays, and is tried again
ever more seldom; what is too old is dropped, and counted.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from menus.spool import Kept, Spool
from models.base import Unavailable

PAUSE_SECONDS = 0.5
"""Between two looks into the spool."""

LONGEST_PAUSE_SECONDS = 30.0
"""The same, while nothing of what is left can be taken."""

SIDE_BY_SIDE = 3
"""Phones that are served at a time: hops need the database's other connections."""

LEFT_SECONDS = 2.0
"""For how long a spool is left to another process while this one is at another spool."""

_turn = threading.Lock()
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Work:
    """What is done with what waits.

    Attributes:
        whose: names the phone that a thing belongs to.
        take: does it, the same once however often it comes. Raises Unavailable where it
            cannot be done now.
        may: says whether anything can be taken now.
    """

    whose: Callable[[str], str]
    take: Callable[[str, datetime], None]
    may: Callable[[], bool]


class Drainer:
    """Takes out what waits in one spool.

    Args:
        name: what lies there, for the log.
        kept: for how long things are kept, at most.
        clock: tells the moment, in UTC.
    """

    def __init__(
        self,
        spool: Spool,
        name: str,
        kept: timedelta,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._spool = spool
        self._name = name
        self._keep = kept
        self._clock = clock
        self._pause = PAUSE_SECONDS
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, work: Work) -> None:
        """Take out what waits, from now on."""
        self._thread = threading.Thread(
            target=self._run, args=[work], name=f"drainer-{self._name}", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Take out no more: what is left is taken by the next process."""
        self._closed.set()
        if self._thread:
            self._thread.join(timeout=2 * PAUSE_SECONDS)

    def drain(self, work: Work) -> int:
        """Take out what waits, unless another process is at it; give how much is left.

        Raises:
            OSError: the files cannot be read or written.
        """
        if self._spool.is_empty():
            return 0
        with _leaving(LEFT_SECONDS), self._spool.alone() as alone:
            if not alone or not work.may():
                return 0
            self._spool.close_file()
            left = 0
            for file in self._spool.closed():
                if self._closed.is_set() or not work.may():
                    break
                left += self._take_file(file, work)
        return left

    def _run(self, work: Work) -> None:
        while not self._closed.wait(self._pause):
            try:
                left = self.drain(work)
            except Exception as error:
                name = type(error).__name__
                _log.warning(
                    "what waits was not taken", extra={"kind": self._name, "error": name}
                )
                left = 1
            again = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
            self._pause = again if left else PAUSE_SECONDS

    def _take_file(self, file: Path, work: Work) -> int:
        """Take out one file, and settle it; give how many things are left of it."""
        kept = self._spool.read(file)
        over = [one for one in kept if self._is_over(one)]
        gone = {id(one) for one in over}
        rows: dict[str, list[Kept]] = {}
        for one in kept:
            if one.text is not None and id(one) not in gone:
                rows.setdefault(work.whose(one.text), []).append(one)
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            for taken in pool.map(lambda row: self._take_row(row, work), rows.values()):
                gone.update(map(id, taken))
        if over:
            _log.error(
                "what waited was dropped", extra={"kind": self._name, "count": len(over)}
            )
        left = [one for one in kept if id(one) not in gone]
        if gone:
            self._spool.settle(file, left, len(over))
        return len(left)

    def _take_row(self, row: Sequence[Kept], work: Work) -> list[Kept]:
        """Take what belongs to one phone, in its order; give what was taken.

        What the database does not take now holds up what came after it. What fails for a
        fault of ours does not: it is tried again by itself.
        """
        taken = []
        for one in row:
            if self._closed.is_set():
                break
            try:
                work.take(one.text or "", one.at or self._clock())
            except Unavailable:
                break
            except Exception:
                _log.exception("what waited cannot be taken", extra={"kind": self._name})
            else:
                taken.append(one)
        return taken

    def _is_over(self, one: Kept) -> bool:
        """Say whether a thing is given up: it is too old, or half a line."""
        return one.at is None or self._clock() - one.at > self._keep


@contextmanager
def _leaving(seconds: float) -> Iterator[None]:
    """Wait for this process's other spools, for a while: two at a time would share a core."""
    waited = _turn.acquire(timeout=seconds)
    try:
        yield
    finally:
        if waited:
            _turn.release()
