"""Wires: a hop's own connections to one Redis server.

redis-py's pool and its commands do more for each call than a hop needs: they cost more than
the answer. So hops take the library's connections by themselves: packed at once, read at once,
used again, and looked at before that only where they have been idle.
"""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

from hiredis import pack_command
from redis.connection import ConnectionPool
from redis.exceptions import NoScriptError, RedisError, ResponseError

IDLE_SECONDS = 1.0
"""A connection that lay idle for longer is looked at first: its server may have gone."""

Command = tuple[str | bytes | int, ...]


@dataclass(frozen=True)
class Script:
    """A script that a server runs as one command.

    Attributes:
        sha: what the server calls it.
    """

    text: str
    sha: str

    @classmethod
    def of(cls, text: str) -> "Script":
        """Name a script as Redis does: by its SHA-1."""
        return cls(text, sha1(text.encode(), usedforsecurity=False).hexdigest())


class Wires:
    """Connections to a server.

    Args:
        pool: says how they are made; it lends none of its own.
    """

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._idle: deque[tuple[Any, float]] = deque()

    def ask(self, *commands: Command) -> list[Any]:
        """Send commands in one go, and give the reply to each.

        Raises:
            redis.exceptions.RedisError: the server is away, or refuses one of them.
        """
        connection = self._take()
        try:
            # redis-py's own packing looks at every part of a command: 2 % of a hop.
            packed = b"".join(map(pack_command, commands))  # type: ignore[arg-type] # of one word, says its stub
            connection.send_packed_command([packed], check_health=False)
            replies = [_reply(connection) for _ in commands]
        finally:
            self._idle.append((connection, time.monotonic()))
        for reply in replies:
            if isinstance(reply, ResponseError):
                raise reply
        return replies

    def run(self, script: Script, keys: Sequence[str], given: Sequence[Any]) -> Any:
        """Run a script, and give its reply; the server is sent it where it has none.

        Raises:
            redis.exceptions.RedisError: as in `ask`.
        """
        rest = (len(keys), *keys, *given)
        try:
            return self.ask(("EVALSHA", script.sha, *rest))[0]
        except NoScriptError:
            return self.ask(("EVAL", script.text, *rest))[0]

    def close(self) -> None:
        """Close what lies idle."""
        while self._idle:
            self._idle.pop()[0].disconnect()

    def _take(self) -> Any:
        try:
            connection, since = self._idle.pop()
        except IndexError:
            return self._pool.connection_class(**self._pool.connection_kwargs)
        if time.monotonic() - since > IDLE_SECONDS:
            _look_at(connection)
        return connection


def _look_at(connection: Any) -> None:
    """Close a connection that the other side closed, or that holds what nobody asked for."""
    try:
        is_good = not connection.is_connected or not connection.can_read(0)
    except RedisError:
        is_good = False
    if not is_good:
        connection.disconnect()


def _reply(connection: Any) -> Any:
    """Read one reply; an error of the server's is one, and others follow it."""
    try:
        return connection.read_response()
    except ResponseError as refusal:
        return refusal
