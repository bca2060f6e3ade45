"""The driver's own process: threads that share a schedule, each with a connection kept open.

It reads a plan from its input, sends hops until that ends, and then tells of every one.
"""

import gc
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from urllib.parse import urlencode

from bench.traffic import Hop, Mix, Number, traffic

RATE = 100.0
"""Hops a second, where nothing else is said."""

PATIENCE = 10.0
"""Seconds after which a gateway gives a hop up."""

_THREADS = 64
"""Hops that may be on their way at once."""


@dataclass(frozen=True)
class Plan:
    """What is to be sent.

    Args:
        numbers: those that are known to be ready.
        rate: hops a second.
        known: the share of look-ups that ask for one of them.
        seed: another seed, other phones and sessions.
    """

    port: int
    token: str = field(repr=False)
    numbers: Sequence[Number] = field(repr=False)
    mix: Mix = Mix.CALLERS
    rate: float = RATE
    known: float = 0.7
    seed: str = "1919"

    def dump(self) -> str:
        """Write it as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Plan":
        """Read what `dump` wrote."""
        said = json.loads(text)
        numbers = [Number(**one) for one in said.pop("numbers")]
        return cls(**{**said, "mix": Mix(said["mix"])}, numbers=numbers)


@dataclass(frozen=True)
class Sent:
    """One hop that was sent.

    Args:
        due: when it was, in seconds of the machine's monotonic clock.
        seconds: from then to the last octet of its answer.
        late: seconds after that moment at which it was sent: the driver's own fault, or of
            all connections being busy.
        fault: what was wrong with the answer; empty for nothing.
    """

    due: float
    seconds: float
    late: float
    fault: str


class _Driving:
    """Threads that share a schedule: each takes the next hop, waits for its moment, sends."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._hops: Iterator[Hop] = traffic(
            plan.numbers, plan.mix, plan.rate, plan.known, plan.seed
        )
        self._next = threading.Lock()
        self._stopped = threading.Event()
        self._sent: list[Sent] = []
        self._threads = [threading.Thread(target=self._work) for _ in range(_THREADS)]
        self._began = time.monotonic()

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> list[Sent]:
        """End, and give what was sent, by the moments at which it was due."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        return sorted(self._sent, key=lambda one: one.due)

    def _work(self) -> None:
        wire = _Wire(self._plan.port, self._plan.token)
        while True:
            with self._next:
                hop = next(self._hops)
            due = self._began + hop.at
            time.sleep(max(0.0, due - time.monotonic()))
            if self._stopped.is_set():
                break
            sent = time.monotonic()
            fault = wire.send(hop)
            self._sent.append(Sent(due, time.monotonic() - due, sent - due, fault))
        wire.close()


class _Wire:
    """One connection of a gateway's, kept open."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._head = (
            f"POST /ussd/africastalking/{token} HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{port}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            "Content-Length: "
        )
        self._socket: socket.socket | None = None

    def send(self, hop: Hop) -> str:
        """Send a hop and read its answer; give what is wrong with it."""
        try:
            status, page = self._exchange(hop)
        except TimeoutError:
            self.close()
            return "no answer in time"
        except (OSError, ValueError) as error:
            self.close()
            return type(error).__name__
        if status != 200:
            return f"status {status}"
        if not page.startswith(("CON ", "END ")):
            return "no page"
        return "" if hop.says in page else f"a page that does not say {hop.says!r}"

    def close(self) -> None:
        """Give the connection back; the next hop opens another."""
        if self._socket:
            self._socket.close()
        self._socket = None

    def _exchange(self, hop: Hop) -> tuple[int, str]:
        """Give the status and the page.

        Raises:
            OSError: there is no line, or it hung up.
            ValueError: it answered with something else than HTTP.
        """
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), PATIENCE)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        body = urlencode(
            {
                "phoneNumber": hop.phone,
                "serviceCode": "*1919#",
                "text": hop.text,
                "sessionId": hop.session,
                "networkCode": "63902",
            }
        )
        self._socket.sendall(f"{self._head}{len(body)}\r\n\r\n{body}".encode())
        return _answer(self._socket)


def _answer(connection: socket.socket) -> tuple[int, str]:
    """Read one answer: its status, and its body as text."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += _more(connection)
    head, _, body = read.partition(b"\r\n\r\n")
    first, *lines = head.decode().lower().split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines)
    length = int(fields["content-length"]) if "content-length" in fields else 0
    while len(body) < length:
        body += _more(connection)
    return int(first.split(" ")[1]), body.decode()


def _more(connection: socket.socket) -> bytes:
    read = connection.recv(65_536)
    if not read:
        raise ConnectionResetError
    return read


def _drive() -> None:
    """Read a plan, say that it begins, send until the end of the input, tell the hops."""
    plan = Plan.read(sys.stdin.readline())
    gc.disable()  # nothing here is garbage for long, and a pause would count as the line's
    driving, began, used = _Driving(plan), time.monotonic(), time.process_time()
    driving.start()
    print("begun", flush=True)
    sys.stdin.read()
    share = (time.process_time() - used) / (time.monotonic() - began)
    hops = [(one.due, one.seconds, one.late, one.fault) for one in driving.stop()]
    print(json.dumps({"share": share, "hops": hops}))


if __name__ == "__main__":
    _drive()
