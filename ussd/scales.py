"""The scales: how many clients each web process of a server has, so that none has most of them.

Connections stay open, and who has one gets all that it brings. The kernel gives a new one to
whichever process asks first; two cores then do the work of little more than one. So a process
that has more than another leaves new ones to that for a moment, and tells some of its clients
to come anew. What the processes must know of each other lies in memory that they share.
"""

import mmap
import time
from collections.abc import Callable

EVEN = 4
"""Connections that one process may have more than another, and be called even with it."""

LEAVES_SECONDS = 0.005
"""For how long a new connection is left to a process that has fewer; then it is taken."""

PARTS_SECONDS = 0.05
"""Between two connections that a process parts with, for it has too many."""

_OCTETS = 8
_ABSENT = -1


class Scales:
    """What the processes of one server share, by being forked.

    Args:
        seats: how many processes there may be.
    """

    def __init__(self, seats: int) -> None:
        self._counts = memoryview(mmap.mmap(-1, seats * _OCTETS)).cast("q")
        for seat in range(seats):
            self._counts[seat] = _ABSENT

    def put(self, seat: int, connections: int) -> None:
        """Say how many connections a process has."""
        self._counts[seat] = connections

    def leave(self, seat: int) -> None:
        """Say that a process takes no more."""
        self._counts[seat] = _ABSENT

    def excess(self, seat: int) -> int:
        """Give how many connections a process has more than the one that has the fewest."""
        least = min((one for one in self._counts if one != _ABSENT), default=_ABSENT)
        return max(0, self._counts[seat] - least) if least != _ABSENT else 0


class Pan:
    """One process's side of the scales.

    Args:
        clock: tells seconds, of no particular beginning.
    """

    def __init__(
        self, scales: Scales, seat: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._scales = scales
        self._seat = seat
        self._clock = clock
        self._left_since: float | None = None
        self._parted_at = clock()
        self.weigh(0)

    def weigh(self, connections: int) -> None:
        """Say how many clients this process has."""
        self._scales.put(self._seat, connections)

    def retire(self) -> None:
        """Say that this process takes no more."""
        self._scales.leave(self._seat)

    def leaves(self) -> bool:
        """Say whether a connection that came now is left to another process."""
        if self._scales.excess(self._seat) <= EVEN:
            self._left_since = None
            return False
        now = self._clock()
        if self._left_since is None:
            self._left_since = now
        if now - self._left_since < LEAVES_SECONDS:
            return True
        self._left_since = None
        return False

    def parts(self) -> bool:
        """Say whether a client that was served is to come anew, to another process."""
        if self._scales.excess(self._seat) <= 2 * EVEN:
            return False
        now = self._clock()
        if now - self._parted_at < PARTS_SECONDS:
            return False
        self._parted_at = now
        return True
