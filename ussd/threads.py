"""Threads that take what waits for them, in its order.

Python's own pool makes an object with a lock for each piece of work, to tell somebody how it
went. Nobody asks here, and that took as long as reading a request. Of the threads that are
free, the one that worked last works next: its memory and its connections are still warm.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

_Work = tuple[Callable[..., None], tuple[Any, ...]]


class Threads:
    """Some threads. They do not keep a process from ending.

    Args:
        count: how many.
        name: what they are called.
    """

    def __init__(self, count: int, name: str) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[_Work] = deque()
        self._free: list[threading.Lock] = []  # what they sleep on
        self._ends = False
        for number in range(count):
            thread = threading.Thread(target=self._run, name=f"{name}_{number}", daemon=True)
            thread.start()

    def submit(self, work: Callable[..., None], *given: Any) -> None:
        """Have something done by the next thread that is free. It must not raise anything."""
        with self._lock:
            self._waiting.append((work, given))
            woken = self._free.pop() if self._free else None
        if woken:
            woken.release()

    def shutdown(self, wait: bool = False) -> None:
        """Let the threads end, once all that waits is done."""
        with self._lock:
            self._ends = True
            for woken in self._free:
                woken.release()
            self._free.clear()

    def _run(self) -> None:
        asleep = threading.Lock()
        asleep.acquire()
        while one := self._next(asleep):
            work, given = one
            work(*given)
            del one, work, given  # or what it was given would live until more comes

    def _next(self, asleep: threading.Lock) -> _Work | None:
        """Wait for work; None where there will be none.

        Args:
            asleep: what a thread sleeps on, held until somebody wakes it.
        """
        while True:
            with self._lock:
                if self._waiting:
                    return self._waiting.popleft()
                if self._ends:
                    return None
                self._free.append(asleep)
            asleep.acquire()
