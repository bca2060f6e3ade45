"""Redis servers in company: a primary with replicas under Sentinels, and a Cluster."""

import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.exceptions import RedisError

from tests.servers import redis_executable

NAME = "line"
PASSWORD = "r3d1spass"
_OWN = (f"requirepass {PASSWORD}", f"masterauth {PASSWORD}")
_BUS = 10_000
"""A server of a Cluster talks to the others on a port that is higher by so much."""


class Server:
    """One process on a port of loopback, with a folder of its own.

    Args:
        settings: lines of its configuration; it gets its port from us.
        port: the one to use; 0 for any.
    """

    def __init__(self, *settings: str, sentinel: bool = False, port: int = 0) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="r1919-"))
        self.port = port or free_port()
        lines = [f"port {self.port}", "bind 127.0.0.1", f"dir {self.folder}", *settings]
        if not sentinel:
            lines += ['save ""', "appendonly no"]
        file = self.folder / "redis.conf"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._command = [redis_executable(), str(file), *(["--sentinel"] if sentinel else [])]
        self._password = "" if sentinel else PASSWORD
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def client(self) -> Any:
        return Redis(port=self.port, password=self._password or None, socket_timeout=5)

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        self.thaw()
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False

    def role(self) -> str:
        """Give `master` or `slave`, as the server says; empty where it does not answer."""
        try:
            return str(self.client.info("replication")["role"])
        except RedisError:
            return ""

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Watched:
    """A primary, its replicas, and Sentinels that put one in the place of the other.

    The Sentinels know one another from the start: they would find out within seconds.

    Args:
        down_ms: milliseconds without an answer after which a server counts as down.
    """

    def __init__(self, replicas: int = 1, sentinels: int = 3, down_ms: int = 400) -> None:
        self.servers: list[Server] = []
        self.sentinels: list[Server] = []
        with _or_removed(self):
            self._start(replicas)
            self._watch(sentinels, down_ms)

    @property
    def settings(self) -> dict[str, str]:
        """What a line is told of them."""
        hosts = ",".join(one.address for one in self.sentinels)
        return {
            "REDIS_MODE": "sentinel",
            "REDIS_URL": f"redis://:{PASSWORD}@{hosts}/0",
            "REDIS_SENTINEL_NAME": NAME,
        }

    @property
    def primary(self) -> Server:
        """The one that the Sentinels agree on."""
        said = {one.client.sentinel_get_master_addr_by_name(NAME)[1] for one in self.sentinels}
        return next(one for one in self.servers if {one.port} == said)

    def another_than(self, server: Server) -> Server:
        """Wait until another server is the primary, and give it."""
        found: list[Server] = []

        def promoted() -> bool:
            found[:] = [
                one for one in self.servers if one is not server and one.role() == "master"
            ]
            return bool(found)

        wait_for(promoted, "another primary")
        return found[0]

    def remove(self) -> None:
        for one in (*self.sentinels, *self.servers):
            one.remove()

    def _start(self, replicas: int) -> None:
        own = (*_OWN, "repl-diskless-sync-delay 0")
        self.servers.append(Server(*own))
        for _ in range(replicas):
            of_first = f"replicaof 127.0.0.1 {self.servers[0].port}"
            self.servers.append(Server(*own, of_first))
        wait_for(lambda: all(one.answers() for one in self.servers), "Redis started")
        wait_for(lambda: self._is_copied(replicas), "replicas caught up")

    def _watch(self, sentinels: int, down_ms: int) -> None:
        places = [(free_port(), secrets.token_hex(20)) for _ in range(sentinels)]
        for place in places:
            others = [one for one in places if one is not place]
            lines = self._watching(self.servers[0], down_ms, place[1], others)
            self.sentinels.append(Server(*lines, sentinel=True, port=place[0]))
        wait_for(lambda: all(one.answers() for one in self.sentinels), "Sentinels started")
        wait_for(lambda: all(map(self._knows_all, self.sentinels)), "Sentinels knew all")

    def _watching(
        self, first: Server, down_ms: int, own_id: str, others: list[tuple[int, str]]
    ) -> list[str]:
        known = f"127.0.0.1 {first.port}"
        replicas = [f"known-replica {NAME} {one.address}" for one in self.servers[1:]]
        sentinels = [f"known-sentinel {NAME} 127.0.0.1:{port} {key}" for port, key in others]
        lines = [
            f"myid {own_id}",
            f"monitor {NAME} {known} 2",
            f"auth-pass {NAME} {PASSWORD}",
            f"down-after-milliseconds {NAME} {down_ms}",
            f"failover-timeout {NAME} 6000",
            *(one.replace(":", " ") for one in (*replicas, *sentinels)),
        ]
        return [f"sentinel {one}" for one in lines]

    def _is_copied(self, replicas: int) -> bool:
        said = self.servers[0].client.info("replication")
        states = [said[f"slave{one}"]["state"] for one in range(said["connected_slaves"])]
        return states == ["online"] * replicas

    def _knows_all(self, sentinel: Server) -> bool:
        state = sentinel.client.sentinel_master(NAME)
        replicas = sentinel.client.sentinel_slaves(NAME)
        return (
            state["num-other-sentinels"] == len(self.sentinels) - 1
            and len(replicas) == len(self.servers) - 1
            and all(one["master-link-status"] == "ok" for one in replicas)
        )


class Cluster:
    """Primaries that share the slots, each with a replica or none.

    Args:
        timeout_ms: milliseconds without an answer after which a server counts as failing.
    """

    def __init__(self, primaries: int = 3, replicas: int = 0, timeout_ms: int = 800) -> None:
        settings = (
            "cluster-enabled yes",
            f"cluster-node-timeout {timeout_ms}",
            "cluster-require-full-coverage no",
            "cluster-replica-validity-factor 0",
            *_OWN,
            "repl-diskless-sync-delay 0",
        )
        self.servers: list[Server] = []
        with _or_removed(self):
            for _ in range(primaries + replicas):
                self.servers.append(Server(*settings, port=free_port(with_bus=True)))
            self.primaries = self.servers[:primaries]
            self._replicas = self.servers[primaries:]
            self._form()

    @property
    def settings(self) -> dict[str, str]:
        """What a line is told of it."""
        hosts = ",".join(one.address for one in self.servers)
        return {"REDIS_MODE": "cluster", "REDIS_URL": f"redis://:{PASSWORD}@{hosts}"}

    def serving(self, name: str) -> Server:
        """Give the server that a name lies on, as a server that lives says."""
        slot = key_slot(name.encode())
        for start, end, (_, port, *_), *_ in self._slots():
            if start <= slot <= end:
                return next(one for one in self.servers if one.port == port)
        raise LookupError(name)

    def names(self, server: Server) -> set[bytes]:
        return set(server.client.keys())

    def move_slot(self, slot: int, to: Server) -> None:
        """Give an empty slot to another primary, and tell all."""
        owner = to.client.execute_command("CLUSTER MYID")
        for one in self.primaries:
            one.client.execute_command("CLUSTER SETSLOT", slot, "NODE", owner)

    def remove(self) -> None:
        for one in self.servers:
            one.remove()

    def _form(self) -> None:
        wait_for(lambda: all(one.answers() for one in self.servers), "the Cluster started")
        self._share_slots()
        for one in self.servers[1:]:
            self.servers[0].client.execute_command("CLUSTER MEET", "127.0.0.1", one.port)
        wait_for(self._have_met, "the Cluster's servers met")
        for number, one in enumerate(self._replicas):
            of = self.primaries[number % len(self.primaries)]
            one.client.execute_command(
                "CLUSTER REPLICATE", of.client.execute_command("CLUSTER MYID")
            )
        wait_for(self._is_whole, "the Cluster was whole")

    def _slots(self) -> list[tuple[int, int, tuple[bytes, int]]]:
        for one in self.servers:
            if one.answers():
                told: list[tuple[int, int, tuple[bytes, int]]] = one.client.execute_command(
                    "CLUSTER SLOTS"
                )
                return told
        raise LookupError

    def _share_slots(self) -> None:
        each = REDIS_CLUSTER_HASH_SLOTS / len(self.primaries)
        for number, one in enumerate(self.primaries):
            slots = range(round(number * each), round((number + 1) * each))
            one.client.execute_command("CLUSTER ADDSLOTS", *slots)
            one.client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)

    def _have_met(self) -> bool:
        said = [one.client.execute_command("CLUSTER INFO") for one in self.servers]
        return all(one["cluster_known_nodes"] == str(len(self.servers)) for one in said)

    def _is_whole(self) -> bool:
        said = [one.client.execute_command("CLUSTER INFO") for one in self.servers]
        linked = all(
            one.client.info("replication").get("master_link_status") == "up"
            for one in self._replicas
        )
        return linked and all(one["cluster_state"] == "ok" for one in said)


@contextmanager
def _or_removed(group: Watched | Cluster) -> Iterator[None]:
    """Remove a group that could not be made."""
    try:
        yield
    except BaseException:
        group.remove()
        raise


@contextmanager
def removed(group: Watched | Cluster) -> Iterator[None]:
    """Remove a group when the block is over."""
    try:
        yield
    finally:
        group.remove()


def wait_for(holds: Callable[[], bool], what: str, seconds: float = 30.0) -> float:
    """Wait until something holds; give the seconds that it took."""
    began = time.monotonic()
    while not _holds(holds):
        assert time.monotonic() - began < seconds, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - began


def free_port(with_bus: bool = False) -> int:
    """Find a port that nobody uses; with the one beside it that a Cluster needs."""
    while True:
        with socket.socket() as one, socket.socket() as bus:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            if not with_bus:
                return port
            try:
                bus.bind(("127.0.0.1", port + _BUS))
            except (OSError, OverflowError):
                continue
            return port


def _holds(holds: Callable[[], bool]) -> bool:
    try:
        return holds()
    except (RedisError, LookupError):
        return False
