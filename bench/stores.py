"""What is measured against: real Redis, PostgreSQL on disk, and the line under gunicorn."""

import hashlib
import os
import shutil
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import psutil

from models.keys import fresh_keys
from tests.servers import PostgresServer, RedisServer

ROOT = Path(__file__).parent.parent

SMALL = bool(os.environ.get("SMALL"))
"""Whether all is to be measured in little, to see that it works: such figures are none."""

POSTGRESQL, SQLITE = "postgresql", "sqlite"
KINDS = (POSTGRESQL, SQLITE)

SERVED = ("gunicorn", "wsgi:app")
"""The Procfile's way to serve."""

_PREPARED = "prepared"
_START_SECONDS = 60.0
_opener = build_opener(ProxyHandler({}))


def tell(name: str, value: object) -> None:
    """Print a figure: its name, then its value."""
    said = f"{value:,.2f}" if isinstance(value, float) else value
    said = f"{value:,}" if isinstance(value, int) else said
    print(f"{name:<64} {said}", flush=True)


@dataclass(frozen=True)
class Line:
    """A line that serves."""

    port: int
    process_id: int
    token: str = field(repr=False)


class Stores:
    """A Redis, a PostgreSQL, and a folder for what lies in files; all of it goes at the end."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="b1919-"))
        self.redis = RedisServer()
        self.keys = fresh_keys()
        self.archive_private_key = self.keys.pop("ARCHIVE_PRIVATE_KEY")  # no line has it
        self._log = self.folder / "log"
        self._made = 0

    @cached_property
    def postgres(self) -> PostgresServer:
        """PostgreSQL on disk, as it comes."""
        return PostgresServer(durable=True)

    def database(self, kind: str) -> str:
        """Make a database, empty but for the reference data; give its address."""
        prepared = self._prepared[kind]
        if kind == POSTGRESQL:
            return self.postgres.create(template=_PREPARED)
        self._made += 1
        file = self.folder / f"{self._made}.sqlite"
        with closing(sqlite3.connect(prepared.removeprefix("sqlite:///"))) as source:
            source.execute("VACUUM INTO ?", (str(file),))  # with what still lies in its WAL
        return f"sqlite:///{file}"

    def environment(self, database_url: str, **settings: str) -> dict[str, str]:
        """Give a process its settings, those of a line in service, with files of its own."""
        database = hashlib.sha256(database_url.encode()).hexdigest()[:8]
        return {
            **self.keys,
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "NO_PROXY": "127.0.0.1",
            "DATABASE_URL": database_url,
            "REDIS_URL": self.redis.url,
            "VAR_DIR": str(self.folder / f"var-{database}"),
            "AT_USERNAME": "live",
            "AT_API_KEY": "k",
            "SMS_SENDER": "1919",
            **settings,
        }

    def flask(self, database_url: str, *words: str, **settings: str) -> psutil.Popen:
        """Start an operator's command; what it says goes into a file."""
        return self._start([_beside_python("flask"), *words], database_url, settings)

    @contextmanager
    def serving(
        self, database_url: str, command: Sequence[str] = SERVED, **settings: str
    ) -> Iterator[Line]:
        """Serve the line on a database while the block runs.

        Args:
            command: how: by default as the Procfile does. `PORT` in it is the port's number.
        """
        port = free_port()
        server, *words = (one.replace("PORT", str(port)) for one in command)
        whole = [_beside_python(server), *words]
        process = self._start(whole, database_url, {**settings, "PORT": str(port)})
        try:
            self._wait_until_ready(process, port)
            yield Line(port, process.pid, self.keys["GATEWAY_TOKENS"])
        finally:
            process.terminate()
            process.wait(timeout=30)

    def said(self) -> str:
        """Give the last of what processes said."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-2000:]

    def close(self) -> None:
        """Stop the servers, and forget everything."""
        if "postgres" in vars(self):
            self.postgres.remove()
        self.redis.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    @cached_property
    def _prepared(self) -> Mapping[str, str]:
        """Prepare a database of each kind, to copy from."""
        urls = {
            POSTGRESQL: self.postgres.create(_PREPARED),
            SQLITE: f"sqlite:///{self.folder / 'prepared.sqlite'}",
        }
        for url in urls.values():
            self.run(url, "database", "prepare")
        return urls

    def run(self, database_url: str, *words: str, **settings: str) -> None:
        """Run an operator's command to its end, which must be a good one."""
        code = self.flask(database_url, *words, **settings).wait()
        assert code == 0, f"flask {words[0]} failed:\n{self.said()}"

    def _start(
        self, command: list[str], database_url: str, settings: Mapping[str, str]
    ) -> psutil.Popen:
        with self._log.open("ab") as log:
            return psutil.Popen(
                command,
                env=self.environment(database_url, **settings),
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

    def _wait_until_ready(self, process: psutil.Popen, port: int) -> None:
        until = time.monotonic() + _START_SECONDS
        while not _is_ready(port):
            assert process.poll() is None, f"the line did not start:\n{self.said()}"
            assert time.monotonic() < until, f"the line is not ready:\n{self.said()}"
            time.sleep(0.1)


@contextmanager
def opened() -> Iterator[Stores]:
    """Lend stores while the block runs."""
    stores = Stores()
    try:
        yield stores
    finally:
        stores.close()


def cpu_of(process_id: int) -> float:
    """Give the seconds of CPU that a process and all below it used so far.

    Children that have ended count as well, where their parent has taken note of it.
    """
    root = psutil.Process(process_id)
    seconds = 0.0
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            seconds += times.user + times.system
            seconds += times.children_user + times.children_system
    return seconds


def _beside_python(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def free_port() -> int:
    """Give the number of a port that nobody has just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _is_ready(port: int) -> bool:
    address = f"http://127.0.0.1:{port}/health/ready"
    with suppress(OSError), _opener.open(address, timeout=5) as answer:
        return bool(answer.status == 200)
    return False
