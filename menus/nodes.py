"""The Redis servers that hold the line's sessions: one, one behind Sentinels, or a Cluster.

Which server has what is found off the hop: by a thread that looks every second, and at once
after a hop found a server away. A hop asks nobody where to go. It talks to the server that is
known, with a limit on every exchange and without a second try, or to none.
"""

import logging
import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import Any
from urllib.parse import unquote

from redis import Redis
from redis._parsers import _HiredisParser
from redis.backoff import NoBackoff
from redis.connection import Connection, ConnectionPool, SSLConnection
from redis.crc import REDIS_CLUSTER_HASH_SLOTS as SLOTS
from redis.crc import key_slot
from redis.exceptions import RedisError
from redis.retry import Retry
from redis.sentinel import Sentinel
from redis.utils import SENTINEL as NOT_SAID

from menus.wires import Wires

TIMEOUT_SECONDS = 0.15
"""The longest one exchange with Redis may take; redis-py's own defaults add up to a minute."""

LOOK_SECONDS = 1.0
"""Between two looks at which server has what."""

SINGLE, SENTINEL, CLUSTER = "single", "sentinel", "cluster"
MODES = (SINGLE, SENTINEL, CLUSTER)

_REST_SECONDS = 0.2
_SENTINEL_SECONDS = 0.5
_CONNECTIONS = 64
_PORTS = {SENTINEL: 26379, CLUSTER: 6379}
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?"
_SEVERAL = re.compile(
    rf"(rediss?)://(?:([^:@/?#]*):([^@/?#]*)@)?({_HOST}(?:,{_HOST})*)(?:/([0-9]{{0,3}}))?"
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Node:
    """One server that takes writes.

    Attributes:
        client: for what is no hop's.
        wires: for a hop's exchanges.
        address: tells it from the others.
        suffix: a name that ends in it lies on this server, whatever comes before.
    """

    client: Redis = field(repr=False)
    address: str = ""
    suffix: str = ""
    wires: Wires = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "wires", Wires(self.client.connection_pool))

    def close(self) -> None:
        """Close every connection to it."""
        self.wires.close()
        self.client.close()


@dataclass(frozen=True)
class Hosts:
    """What an address names where it names several hosts.

    Attributes:
        options: what redis-py wants to know besides a host and a port.
    """

    hosts: tuple[tuple[str, int], ...]
    options: dict[str, Any] = field(repr=False)

    @classmethod
    def read(cls, url: str, mode: str) -> "Hosts":
        """Read `redis://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE`; only hosts must be there.

        Raises:
            ValueError: it is of another form.
        """
        shape = _SEVERAL.fullmatch(url)
        if not shape or (mode == CLUSTER and (shape[5] or "0").strip("0")):
            raise ValueError(mode)
        options: dict[str, Any] = {"db": int(shape[5] or 0)} if mode == SENTINEL else {}
        if shape[1] == "rediss":
            options["ssl"] = True
        if shape[2]:
            options["username"] = unquote(shape[2])
        if shape[3]:
            options["password"] = unquote(shape[3])
        return cls(tuple(_host(one, _PORTS[mode]) for one in shape[4].split(",")), options)


class Nodes:
    """One server, always the same."""

    def __init__(self, client: Redis) -> None:
        self._only = Node(client)

    def of(self, _name: str) -> Node | None:
        """Give the server that a name lies on, by its hash tag; None where none is known."""
        return self._only

    def all(self) -> Sequence[Node]:
        """Give every server that takes writes."""
        return (self._only,)

    def look_soon(self) -> None:
        """Look anew which server has what: one was found away."""

    def close(self) -> None:
        """Look no more, and close every connection."""
        for node in self.all():
            node.close()


def connect(
    url: str, mode: str = SINGLE, name: str = "mymaster", sentinel_password: str = ""
) -> Nodes:
    """Find the servers; those that are away now are looked for as long as the process lives.

    Args:
        url: the address of the one server; of the Sentinels; or of servers of a Cluster.
        name: what the Sentinels call the servers they watch.
        sentinel_password: the Sentinels' own.
    """
    if mode == SINGLE:
        return Nodes(Redis.from_pool(ConnectionPool.from_url(url, **_LIMITS)))
    hosts = Hosts.read(url, mode)
    if mode == SENTINEL:
        return _Watched(hosts, name, sentinel_password)
    return _Cluster(hosts)


class _Sought(Nodes, ABC):
    """Servers that are looked for, from a thread of its own."""

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._closed = threading.Event()
        self._is_lost = False
        self._try_to_look()
        self._thread = threading.Thread(target=self._run, name="redis-nodes", daemon=True)
        self._thread.start()

    def look_soon(self) -> None:
        """Look anew which server has what: one was found away."""
        self._wanted.set()

    def close(self) -> None:
        """Look no more, and close every connection."""
        self._closed.set()
        self._wanted.set()
        self._thread.join(timeout=2 * LOOK_SECONDS)
        super().close()

    @abstractmethod
    def _look(self) -> None:
        """Look which server has what.

        Raises:
            RedisError, OSError: nobody says; what was known stays.
        """

    def _run(self) -> None:
        while not self._closed.wait(_REST_SECONDS):
            self._wanted.wait(LOOK_SECONDS - _REST_SECONDS)
            self._wanted.clear()
            self._try_to_look()

    def _try_to_look(self) -> None:
        try:
            self._look()
            self._is_lost = False
        except Exception as error:  # whatever it is, the next look may find them
            if not self._is_lost:
                _log.warning("nobody says where Redis is", extra={"error": _name(error)})
            self._is_lost = True


class _Watched(_Sought):
    """The one of several servers that Sentinels say is the primary."""

    def __init__(self, hosts: Hosts, name: str, sentinel_password: str) -> None:
        self._options = hosts.options
        self._name = name
        self._node: Node | None = None
        own = {"ssl": True} if hosts.options.get("ssl") else {}
        self._sentinels: Any = Sentinel(  # type: ignore[no-untyped-call]
            hosts.hosts,
            sentinel_kwargs={
                **own,
                "password": sentinel_password or None,
                "socket_timeout": _SENTINEL_SECONDS,
                "socket_connect_timeout": _SENTINEL_SECONDS,
                "retry": Retry(NoBackoff(), 0),
            },
        )
        super().__init__()

    def of(self, _name: str) -> Node | None:
        return self._node

    def all(self) -> Sequence[Node]:
        return (self._node,) if self._node else ()

    def close(self) -> None:
        super().close()
        for sentinel in self._sentinels.sentinels:
            sentinel.close()

    def _look(self) -> None:
        host, port = self._sentinels.discover_master(self._name)
        address = f"{host}:{port}"
        if self._node is None or self._node.address != address:
            if self._node:
                _log.warning("another Redis is the primary now")
            self._node = Node(_client(host, port, self._options), address)


class _Cluster(_Sought):
    """The servers of a Cluster, each with some of the slots that names fall into."""

    def __init__(self, hosts: Hosts) -> None:
        self._options = hosts.options
        self._seeds = [_client(*one, hosts.options) for one in hosts.hosts]
        self._nodes: dict[str, Node] = {}
        self._slots: list[Node | None] = [None] * SLOTS
        self._told: object = None
        self._turn = count()
        super().__init__()

    def of(self, name: str) -> Node | None:
        return self._slots[key_slot(name.encode())]

    def all(self) -> Sequence[Node]:
        return tuple(self._nodes.values())

    def close(self) -> None:
        super().close()
        for seed in self._seeds:
            seed.close()

    def _look(self) -> None:
        """Ask one server after the other, another one first each time."""
        asked = [*(one.client for one in self.all()), *self._seeds]
        first = next(self._turn) % len(asked)
        error: Exception | None = None
        for client in (*asked[first:], *asked[:first]):
            try:
                told = _slots_of(client)
            except (RedisError, OSError) as fault:
                error = fault
                continue
            if told is not None:
                self._take(told)
                return
        raise error or RedisError("the Cluster is down")

    def _take(self, told: Sequence[tuple[int, int, str, int]]) -> None:
        if told == self._told:
            return
        nodes: dict[str, Node] = {}
        slots: list[Node | None] = [None] * SLOTS
        for first, last, host, port in told:
            address = f"{host}:{port}"
            if address not in nodes:
                nodes[address] = self._node(address, host, port, first)
            slots[first : last + 1] = [nodes[address]] * (last + 1 - first)
        if self._told is not None:
            _log.warning("the Cluster's servers have changed")
        self._nodes, self._slots, self._told = nodes, slots, told

    def _node(self, address: str, host: str, port: int, slot: int) -> Node:
        """Give a server, the one that is known where it has the same first slot."""
        known, suffix = self._nodes.get(address), f":{{{_tag_in(slot)}}}"
        if known and known.suffix == suffix:
            return known
        client = known.client if known else _client(host, port, self._options)
        return Node(client, address, suffix)


class _Parser(_HiredisParser):
    """Reads replies, each within the limit as a whole: redis-py's is for every piece of one."""

    _until: float | None = None
    _is_first = True

    def read_response(self, *args: Any, **options: Any) -> Any:
        """Read one reply; a caller who says how long may wait for that long."""
        own = "timeout" not in options or options["timeout"] is NOT_SAID
        self._until = time.monotonic() + TIMEOUT_SECONDS if own else None
        self._is_first = True
        return super().read_response(*args, **options)

    def read_from_socket(self, *args: Any, **options: Any) -> Any:
        """Read a piece of a reply; the socket's own limit is right for the first.

        Raises:
            redis.exceptions.TimeoutError: it did not come in time.
        """
        if self._until is not None and not self._is_first:
            options["timeout"] = max(0.001, self._until - time.monotonic())
        self._is_first = False
        return super().read_from_socket(*args, **options)  # type: ignore[no-untyped-call]


_LIMITS: dict[str, Any] = {
    "socket_timeout": TIMEOUT_SECONDS,
    "socket_connect_timeout": TIMEOUT_SECONDS,
    "retry": Retry(NoBackoff(), 0),
    "max_connections": _CONNECTIONS,
    "parser_class": _Parser,
}
"""What makes a client give up in time, and never try twice."""


def _slots_of(client: Any) -> list[tuple[int, int, str, int]] | None:
    """Ask a server of a Cluster which slots are where; None where it says it is cut off."""
    if client.execute_command("CLUSTER INFO")["cluster_state"] != "ok":
        return None
    own = client.connection_pool.connection_kwargs["host"]
    told = []
    for first, last, (host, port, *_), *_ in client.execute_command("CLUSTER SLOTS"):
        told.append((int(first), int(last), host.decode() if host else own, int(port)))
    return sorted(told)


@lru_cache
def _tag_in(slot: int) -> str:
    """Find a hash tag that falls into a slot."""
    return next(tag for tag in map(str, count()) if key_slot(tag.encode()) == slot)


def _client(host: str, port: int, options: Mapping[str, Any]) -> Redis:
    kind = SSLConnection if options.get("ssl") else Connection
    others = {name: value for name, value in options.items() if name != "ssl"}
    pool = ConnectionPool(kind, host=host, port=port, **others, **_LIMITS)
    return Redis.from_pool(pool)


def _host(text: str, port: int) -> tuple[str, int]:
    host, given = re.fullmatch(r"(\[.*\]|[^:]*)(?::([0-9]+))?", text).groups()  # type: ignore[union-attr]
    return host.strip("[]"), int(given or port)


def _name(error: Exception) -> str:
    return type(error).__name__
