"""Threads that take what waits for them, in its order.

Python's own pool makes an object with a lock for each piece of work, to tell somebody how it
went. Nobody asks here, and that took as long as reading a request.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

_Work = tuple[Callable[..., None], tuple[Any, ...]]


class Threads:
    """Some threads. They do not keep a process from ending.

    Args:
        count: how many.
        name: what they are called.
    """

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._waiting: SimpleQueue[_Work | None] = SimpleQueue()
        for number in range(count):
            thread = threading.Thread(target=self._run, name=f"{name}_{number}", daemon=True)
            thread.start()

    def submit(self, work: Callable[..., None], *given: Any) -> None:
        """Have something done by the next thread that is free. It must not raise anything."""
        self._waiting.put((work, given))

    def shutdown(self, wait: bool = False) -> None:
        """Let the threads end, once all that waits is done."""
        for _ in range(self._count):
            self._waiting.put(None)

    def _run(self) -> None:
        while one := self._waiting.get():
            work, given = one
            work(*given)
            del one, work, given  # or what it was given would live until more comes
