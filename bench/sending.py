"""The driver's own process: one loop that sends each request when due, and waits for none.

It reads a plan from its input, sends until that ends, and then tells what came of all. A hop
costs it some hundredth of what it costs the line, so that both fit on one machine.
"""

import gc
import json
import os
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from bench.slots import Slots
from bench.traffic import Mix, Number, Request, traffic

RATE = 100.0
"""Requests a second, where nothing else is said."""

PATIENCE = 10.0
"""Seconds after which a gateway gives a request up."""

CONNECTIONS = 64
"""Those that a gateway keeps open; it opens more while all are busy."""

_MOST = 512
"""Requests that may be on their way at once: others wait, and their time runs."""

_AT_A_TIME = 8
"""Requests that are due and sent before answers are read again."""

_HANGING_UP = select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP


@dataclass(frozen=True)
class Plan:
    """What is to be sent.

    Args:
        numbers: those that are known to be ready.
        rate: requests a second.
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


@dataclass(slots=True)
class _Sent:
    """A request on its way: when it was due, and how late the driver turned to it."""

    request: Request
    due: float
    late: float


class _Wire:
    """One connection of a gateway's, kept open, with one request at a time on its way."""

    def __init__(self, port: int) -> None:
        self.sent: _Sent | None = None
        self.until = 0.0
        self.is_over = False
        self._ready = False
        self._out = b""
        self._read = bytearray()
        self._length = -1
        self._status = 0
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect_ex(("127.0.0.1", port))

    def send(self, sent: _Sent, octets: bytes, now: float) -> None:
        """Send a request, now or as soon as somebody takes the connection.

        Raises:
            OSError: the line hung up.
        """
        self.sent, self.until = sent, now + PATIENCE
        self._read.clear()
        self._length = -1
        self._out = octets
        if self._ready:
            self.push()

    def push(self) -> None:
        """Send what is to be sent: the connection stands.

        Raises:
            OSError: the line hung up.
        """
        self._ready = True
        if self._out and self.socket.send(self._out) != len(self._out):
            raise ConnectionError  # some hundred octets always find room
        self._out = b""

    def pull(self) -> tuple[int, str] | None:
        """Read what came: give the status and the body of a whole answer, else None.

        Raises:
            OSError: the line hung up.
            ValueError: it answered with something else than HTTP.
        """
        came = self.socket.recv(65_536)
        if not came:
            raise ConnectionResetError
        self._read += came
        if self._length < 0 and not self._take_head():
            return None
        if len(self._read) < self._length:
            return None
        return self._status, self._read.decode()

    def _take_head(self) -> bool:
        """Read the status and the length, where they are whole, and drop them."""
        end = self._read.find(b"\r\n\r\n")
        if end < 0:
            return False
        first, *lines = self._read[:end].decode().lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines)
        self._status = int(first.split(" ")[1])
        self._length = int(fields.get("content-length", "0"))
        self.is_over = fields.get("connection") == "close"
        del self._read[: end + 4]
        return True


class _Driving:
    """The loop: sends what is due, reads what came, gives up what takes too long."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._requests: Iterator[Request] = traffic(
            plan.numbers, plan.mix, plan.rate, plan.known, plan.seed
        )
        self._epoll = select.epoll()
        self._wires: dict[int, _Wire] = {}
        self._idle: deque[_Wire] = deque()
        self._waiting: deque[_Sent] = deque()
        self._stopped = False
        self._next_look = 0.0
        self._heads = {face: self._head(face) for face in ("ussd", "sms")}

    def run(self) -> Slots:
        """Drive until the end of the input, and give what came of all."""
        self._epoll.register(sys.stdin.fileno(), select.EPOLLIN)
        for _ in range(CONNECTIONS):
            self._idle.append(self._open())
        self._began = time.monotonic()
        print(f"begun {self._began!r}", flush=True)
        self._slots = Slots(self._began, 2 * PATIENCE)
        self._next = next(self._requests)
        while not self._stopped:
            self._wait(self._send_due())
        while self._waiting or any(one.sent for one in self._wires.values()):
            self._wait(0.1)
        return self._slots

    def _send_due(self) -> float:
        """Send what is due; give the seconds until the next is."""
        for _ in range(_AT_A_TIME):
            now = time.monotonic()
            due = self._began + self._next.at
            if due > now:
                return due - now
            self._waiting.append(_Sent(self._next, due, now - due))
            self._send_waiting(now)
            self._next = next(self._requests)
        return 0.0

    def _wait(self, seconds: float) -> None:
        """Wait for answers, no longer than that, and take them."""
        select.select([self._epoll], [], [], min(0.1, seconds))  # exact; epoll's own is not
        for file, events in self._epoll.poll(0):
            if file == sys.stdin.fileno():
                self._stopped = True
                self._epoll.unregister(file)
            elif wire := self._wires.get(file):
                self._turn_to(wire, events)
        now = time.monotonic()
        self._send_waiting(now)
        if now > self._next_look:
            self._next_look = now + 0.1
            self._give_up(now)
            if self._slots.pack(now):
                gc.collect()  # a histogram holds itself, and is large

    def _send_waiting(self, now: float) -> None:
        while self._waiting:
            if not self._idle and len(self._wires) >= _MOST:
                return
            wire = self._idle.popleft() if self._idle else self._open()
            sent = self._waiting.popleft()
            form = sent.request.form
            octets = f"{self._heads[sent.request.face]}{len(form)}\r\n\r\n{form}".encode()
            try:
                wire.send(sent, octets, now)
            except OSError as error:
                self._drop(wire, type(error).__name__)

    def _turn_to(self, wire: _Wire, events: int) -> None:
        try:
            if events & select.EPOLLOUT:
                self._epoll.modify(wire.socket, select.EPOLLIN | select.EPOLLRDHUP)
                wire.push()
            if not events & (select.EPOLLIN | _HANGING_UP):
                return
            answer = wire.pull()
        except (OSError, ValueError) as error:
            self._drop(wire, type(error).__name__)
            return
        if answer:
            self._take(wire, *answer)

    def _take(self, wire: _Wire, status: int, body: str) -> None:
        """Take an answer; the connection is free again, or over where the line said so."""
        if wire.sent:
            fault = wire.sent.request.fault(body) if status == 200 else f"status {status}"
            self._note(wire.sent, fault)
            wire.sent = None
        if wire.is_over:
            self._drop(wire, "")
        else:
            self._idle.append(wire)

    def _give_up(self, now: float) -> None:
        for wire in list(self._wires.values()):
            if wire.sent and wire.until < now:
                self._drop(wire, "no answer in time")

    def _drop(self, wire: _Wire, fault: str) -> None:
        """Close a connection; what was on its way is lost with it."""
        if wire.sent:
            self._note(wire.sent, fault)
        elif wire in self._idle:
            self._idle.remove(wire)
        del self._wires[wire.socket.fileno()]
        wire.socket.close()

    def _note(self, sent: _Sent, fault: str) -> None:
        self._slots.add(sent.due, time.monotonic() - sent.due, sent.late, fault)

    def _open(self) -> _Wire:
        wire = _Wire(self._plan.port)
        self._wires[wire.socket.fileno()] = wire
        self._epoll.register(wire.socket, select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP)
        return wire

    def _head(self, face: str) -> str:
        return (
            f"POST /{face}/africastalking/{self._plan.token} HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{self._plan.port}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            "Content-Length: "
        )


def _drive() -> None:
    """Read a plan, say that it begins, send until the end of the input, tell what came.

    It goes before others where it may: it is to keep its schedule whatever the line does.
    """
    with suppress(PermissionError):
        os.nice(-5)
    plan = Plan.read(sys.stdin.readline())
    driving = _Driving(plan)
    gc.freeze()
    gc.disable()  # but where we say: a pause would count as the line's
    began, used = time.monotonic(), time.process_time()
    slots = driving.run()
    share = (time.process_time() - used) / (time.monotonic() - began)
    print(json.dumps({"share": share, "slots": [asdict(one) for one in slots.all()]}))


if __name__ == "__main__":
    _drive()
