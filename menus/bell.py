"""The doorbell: tells senders that something waits, so that they need not wait for a poll.

It is rung off the hop, by a thread of its own, and many rings at once are one. Nothing
depends on it: Redis may be away, and senders look by themselves every second.
"""

import threading
from collections.abc import Callable
from contextlib import suppress

from redis.client import PubSub
from redis.exceptions import RedisError

from menus.nodes import Node, Nodes

CHANNEL = "outbox"
_PAUSE_SECONDS = 2.0
_GATHERED_SECONDS = 0.05
_LISTEN_SECONDS = 1.0


class Bell:
    """One process's end of the doorbell.

    Args:
        nodes: the Redis servers, with time limits of their own.
    """

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._rung = threading.Event()
        self._closed = threading.Event()
        self._starting = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._has_ringer = False

    def ring(self) -> None:
        """Let senders know, soon. Waits for nothing and raises nothing."""
        self._rung.set()
        with self._starting:
            if not self._has_ringer and not self._closed.is_set():
                self._has_ringer = True
                self._start(self._ring)

    def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` at every ring, from a thread of its own, until closed."""
        self._start(lambda: self._listen(heard))

    def close(self) -> None:
        """Ring and listen no more."""
        self._closed.set()
        self._rung.set()
        for thread in self._threads:
            thread.join(timeout=_PAUSE_SECONDS + _LISTEN_SECONDS)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="bell", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _ring(self) -> None:
        while True:
            self._rung.wait()
            self._rung.clear()
            if self._closed.is_set():
                return
            node = self._nodes.of(CHANNEL)
            with suppress(RedisError, OSError):
                if node:
                    node.wires.ask(("PUBLISH", CHANNEL, b""))
            self._closed.wait(_GATHERED_SECONDS)

    def _listen(self, heard: Callable[[], None]) -> None:
        while not self._closed.is_set():
            node = self._nodes.of(CHANNEL)
            try:
                if node:
                    self._hear(node, heard)
                    continue
            except (RedisError, OSError):
                self._nodes.look_soon()
            self._closed.wait(_PAUSE_SECONDS)

    def _hear(self, node: Node, heard: Callable[[], None]) -> None:
        """Listen for as long as this is the server that rings are given to."""
        ears: PubSub = node.client.pubsub(  # type: ignore[no-untyped-call]
            ignore_subscribe_messages=True
        )
        with ears:
            ears.subscribe(CHANNEL)
            while not self._closed.is_set() and self._nodes.of(CHANNEL) is node:
                if ears.get_message(timeout=_LISTEN_SECONDS):
                    heard()
