"""A line in service that canaries fly through: gunicorn, the sender, PostgreSQL, Redis.

Things are frozen, filled, killed and broken meanwhile, and every place is at hand where
something could lie afterwards.
"""

import http.client
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import psycopg

from bench.stores import POSTGRESQL, Line, Stores, opened
from tests.caller import TOKEN
from tests.canaries import API_KEY, METRICS, NUMBERS, PHONES, WORDS, Flock
from tests.servers import RedisServer
from tests.sms.loopback import Loopback

_NO_LIMIT = (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY)
_TEXT = "POST /sms/africastalking/{token} HTTP/1.1\r\nHost: x\r\n"
_HOP = "POST /ussd/africastalking/{token} HTTP"
MALFORMED = (
    _HOP + "/9.9\r\n\r\n",
    _HOP + "/1.1\r\n{word} {phone} : {number}\r\n\r\n",
    "{phone} {number} {word}\r\n\r\n",
    "GET /ussd/flares/{token}?input={phone}{number}" + "{word}" * 900 + " HTTP/1.1\r\n\r\n",
    _TEXT + "Transfer-Encoding: chunked\r\n\r\nfrom={phone}&text={number}{word}\r\n\r\n",
    _TEXT + "Content-Length: 9000\r\n\r\n{word}{phone}",
    _TEXT + "Content-Length: {number}\r\nX: {word}\r\n\r\n",
)
"""What gunicorn itself refuses, with canaries in it."""


@dataclass
class Wire:
    """Sends calls over sockets, as a gateway does: again where none answered."""

    port: int

    def post(self, path: str, **options: Any) -> "Said":
        data = options.get("data", "")
        body = data if isinstance(data, str) else urlencode(data)
        kind = options.get("content_type", "application/x-www-form-urlencoded")
        return self._ask("POST", path, body, {"Content-Type": kind})

    def get(self, path: str, **options: Any) -> "Said":
        return self._ask("GET", path, "", options.get("headers", {}))

    def _ask(self, method: str, path: str, body: str, headers: dict[str, str]) -> "Said":
        for _ in range(20):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
                connection.request(method, path, body.encode(), headers)
                answer = connection.getresponse()
                return Said(answer.status, dict(answer.getheaders()), answer.read())
            except (OSError, http.client.HTTPException):  # its worker was killed
                time.sleep(0.2)
            finally:
                connection.close()
        raise AssertionError("nobody answers")


@dataclass
class Said:
    """An answer over a wire, as the test client gives one."""

    status_code: int
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "")

    def get_data(self, as_text: bool = False) -> Any:
        return self.body.decode() if as_text else self.body


def malformed(port: int, count: int) -> bytes:
    """Send what gunicorn refuses; give what it says."""
    said = bytearray()
    for nth in range(count):
        phone, number, word = PHONES[nth % 400], NUMBERS[nth % 120], WORDS[nth % 120]
        shape = MALFORMED[nth % len(MALFORMED)]
        raw = shape.format(token=TOKEN, phone=phone, number=number, word=word)
        address = ("127.0.0.1", port)
        with suppress(OSError), socket.create_connection(address, timeout=15) as one:
            one.sendall(raw.encode())
            one.shutdown(socket.SHUT_WR)
            while part := one.recv(4096):
                said += part
    return bytes(said)


class Service:
    """The line in service, and all the places where something could lie.

    Args:
        url: its database's.
        settings: what its processes were given.
    """

    def __init__(
        self,
        stores: Stores,
        url: str,
        settings: dict[str, str],
        line: Line,
        sender: psutil.Popen,
    ) -> None:
        self.stores = stores
        self.url = url
        self.settings = settings
        self._line = line
        self._sender = sender
        self._wire = Wire(line.port)
        self.flock = Flock(self._wire)
        self.said = b""
        self.processes = b""

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a process beside it, on the same stores."""
        return self.stores.environment(self.url, **self.settings)

    def workers(self) -> list[psutil.Process]:
        """Give gunicorn's workers."""
        found: list[psutil.Process] = psutil.Process(self._line.process_id).children()
        return found

    def look_at_processes(self) -> None:
        """Take down how every process was called, and its environment."""
        every = [psutil.Process(self._line.process_id), *self.workers(), self._sender]
        for one in every:
            with suppress(psutil.Error):
                told = [*one.cmdline(), *one.environ().values(), one.name()]
                self.processes += "\n".join(told).encode(errors="replace")

    def break_everything(self, each: int) -> None:
        """Fly stretches of sessions: all well, then with one thing after another broken."""
        self.flock.fly(each)
        self.look_at_processes()
        for trouble in (
            self.stores.redis.frozen,
            self.stores.postgres.frozen,
            self._no_disk,
            self._killed,
            self._no_documents,
        ):
            with trouble():
                self.flock.fly(min(each // 4, 60))
            self.flock.fly(each - min(each // 4, 60))
        self.stores.redis.flush()
        self.said += malformed(self._line.port, max(40, each // 4))
        self.look_at_processes()

    @contextmanager
    def _no_disk(self) -> Iterator[None]:
        """Let no worker write a file."""
        workers = self.workers()
        for one in workers:
            one.rlimit(psutil.RLIMIT_FSIZE, (0, _NO_LIMIT[1]))
        try:
            yield
        finally:
            for one in workers:
                with suppress(psutil.Error):
                    one.rlimit(psutil.RLIMIT_FSIZE, _NO_LIMIT)

    @contextmanager
    def _killed(self) -> Iterator[None]:
        """Kill a worker in the middle, and another in a manner that it could tell of."""
        self.workers()[0].kill()
        yield
        self.workers()[0].send_signal(signal.SIGABRT)
        time.sleep(1)

    @contextmanager
    def _no_documents(self) -> Iterator[None]:
        self._run("ALTER TABLE document_numbers RENAME TO elsewhere")
        try:
            yield
        finally:
            self._run("ALTER TABLE elsewhere RENAME TO document_numbers")

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def places(self) -> dict[str, bytes]:
        """Give every place where something could lie, by name."""
        metrics = self._wire.get("/metrics")
        return {
            "error pages": bytes(self.flock.faults) + self.said,
            "metrics": metrics.get_data(),
            "Redis": redis_of(self.stores.redis),
            "logs, files and what is temporary": names_and_contents(self.stores.folder),
        }


def names_and_contents(folder: Path) -> bytes:
    """Give everything that lies under a folder, by name and whole."""
    parts = []
    for one in folder.rglob("*"):
        parts.append(str(one.relative_to(folder)).encode())
        with suppress(OSError):  # it may go meanwhile, or be a socket
            parts.append(one.read_bytes() if one.is_file() else b"")
    return b"\n".join(parts)


def redis_of(server: RedisServer) -> bytes:
    """Give every name and every value of Redis, and its dump."""
    names = list(server.client.scan_iter())
    values = [server.client.dump(name) or b"" for name in names]
    return b"\n".join([*names, *values, server.dump()])


@contextmanager
def in_service() -> Iterator[Service]:
    """Serve a line and send its texts while the block runs; both are killed at the end."""
    with opened() as stores:
        url, gateway = stores.database(POSTGRESQL), Loopback("at")
        (stores.folder / "tmp").mkdir()
        settings = {
            "GATEWAY_TOKENS": TOKEN,
            "METRICS_TOKEN": METRICS,
            "AT_API_KEY": API_KEY,
            "AT_BASE_URL": f"{gateway.url('at')}/version1",
            "TMPDIR": str(stores.folder / "tmp"),
        }
        try:
            with stores.serving(url, **settings) as line:
                sender = stores.flask(url, "sms", "send", **settings)
                yield Service(stores, url, settings, line, sender)
                sender.kill()
                sender.wait()
        finally:
            gateway.close()
