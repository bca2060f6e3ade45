"""The handing over of a reload: those that serve go on until those that follow are ready.

gunicorn tells workers to stop as soon as their successors are born, seconds before these can
serve. What the processes must know of each other lies in memory that they share.
"""

import mmap
import struct
import time

LONGEST_SECONDS = 25.0
"""The longest that a worker goes on for want of a successor: less than gunicorn's `timeout`."""

_AGES = struct.Struct("qqq")


class Handover:
    """What a master and its workers share. Workers are numbered by age, the oldest is 1."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, _AGES.size)

    def begin(self, newest: int, workers: int) -> None:
        """Note that all workers up to an age are to be followed by as many as are set.

        Args:
            newest: the age of the last one that is to go.
        """
        self._shared[: _AGES.size] = _AGES.pack(newest, newest + workers, 0)

    def is_ready(self, age: int) -> None:
        """Note that a worker serves."""
        leaving, last, ready = self._read()
        if age > leaving:
            self._shared[: _AGES.size] = _AGES.pack(leaving, last, max(age, ready))

    def is_followed(self, age: int) -> bool:
        """Say whether others were made to take a worker's place."""
        return age <= self._read()[0]

    def is_awaited(self, age: int) -> bool:
        """Say whether a worker that is told to stop must wait for its successors."""
        leaving, last, ready = self._read()
        return age <= leaving and ready < last

    def _read(self) -> tuple[int, int, int]:
        leaving, last, ready = _AGES.unpack(self._shared[: _AGES.size])
        return leaving, last, ready


class Leave:
    """One worker's way out.

    Args:
        age: the worker's.
    """

    def __init__(self, handover: Handover, age: int) -> None:
        self._handover = handover
        self._age = age
        self._asked_at: float | None = None

    def ask(self) -> bool:
        """Take note of being told to stop; say whether to stop now."""
        if self._asked_at is None:
            self._asked_at = time.monotonic()
        return self.is_due()

    @property
    def is_asked(self) -> bool:
        """Whether the worker was told to stop."""
        return self._asked_at is not None

    def is_due(self) -> bool:
        """Say whether a worker that was told to stop may do so now."""
        if self._asked_at is None:
            return False
        waited = time.monotonic() - self._asked_at
        return waited > LONGEST_SECONDS or not self._handover.is_awaited(self._age)
