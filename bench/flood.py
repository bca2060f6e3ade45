"""Sends more than a line can take, over as many connections as that needs.

A process of its own: either hops at a fixed rate, each from the moment at which it was due
whether or not the line keeps up, or a number of callers who each send their next hop as soon
as the last one is answered. Each answer is known as good, as the page that says that the line
is busy, or as a fault.
"""

import asyncio
import gc
import itertools
import json
import math
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.sending import Plan
from bench.stores import ROOT
from bench.traffic import Request, traffic
from models.gsm7 import septets

GOOD, BUSY, OTHER = "", "busy", "another page"
_LAST_SECONDS = 2.0
"""How long answers are waited for at the end."""
BUSY_PAGE = "END 1919 is very busy."
_ROOM = 160
_AT_A_TIME = 8
"""Hops that are due and sent before answers are read again."""
_AT_FIRST = 700
"""Connections that stand before the flood begins."""
_MOST = 1500
"""Connections at most; hops wait for one that is free, and their time runs."""


@dataclass(frozen=True)
class Answered:
    """One hop that was sent.

    Args:
        due: when it was.
        seconds: from then to its answer.
        late: seconds after which it was turned to.
        what: what the answer was.
    """

    due: float
    seconds: float
    late: float
    what: str


@dataclass(frozen=True)
class Flooded:
    """What became of a flood."""

    hops: Sequence[Answered]

    def of(self, what: str) -> "Flooded":
        """Give those that were answered so."""
        return Flooded([one for one in self.hops if one.what == what])

    def between(self, since: float, until: float) -> "Flooded":
        """Give those that were due in a stretch of time."""
        return Flooded([one for one in self.hops if since <= one.due < until])

    @property
    def faults(self) -> Counter[str]:
        """Count what was no page, by what was wrong."""
        pages = (GOOD, BUSY, OTHER)
        return Counter(one.what for one in self.hops if one.what not in pages)

    def ms(self, part: float) -> float:
        """Give the milliseconds within which a share of them was answered."""
        return _share([one.seconds for one in self.hops], part) * 1000

    def late_ms(self, part: float) -> float:
        """Give the milliseconds after which the flood had turned to a share of them."""
        return _share([one.late for one in self.hops], part) * 1000


def _share(times: list[float], part: float) -> float:
    """Give the time that a share of all does not pass; NaN of none."""
    times.sort()
    return times[max(0, math.ceil(part * len(times)) - 1)] if times else math.nan


class Flood:
    """A flood that goes on until it is stopped.

    Args:
        callers: how many send their next hop as soon as the last one is answered; 0 for hops
            at the plan's own rate.
        core: the number of the machine's core that it may use; any where it is None.
    """

    def __init__(self, plan: Plan, callers: int = 0, core: int | None = None) -> None:
        before = [] if core is None else ["taskset", "-c", str(core)]
        self._process = subprocess.Popen(
            [*before, sys.executable, "-m", "bench.flood", str(callers)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(plan.dump() + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline(), "the flood did not begin"

    def stop(self) -> Flooded:
        """Stop, and give every hop that was sent."""
        said, _ = self._process.communicate()
        return Flooded([Answered(*one) for one in json.loads(said)])


class _Wire(asyncio.Protocol):
    """One connection, with one hop on its way at a time."""

    def __init__(self, flooding: "_Flooding") -> None:
        self._flooding = flooding
        self._read = bytearray()
        self.sent: tuple[float, float, Request] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send what waited for the connection."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self.sent:
            self._push(self.sent[2])

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note of what was on its way."""
        self.transport = None
        if self.sent:
            self._take("hung up" if exc is None else type(exc).__name__)
        self._flooding.gone(self)

    def data_received(self, data: bytes) -> None:
        """Read an answer, as it comes."""
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        if not end:
            return
        fields = head.lower()
        length = int(fields.split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(body) < length or not self.sent:
            return
        self._read.clear()
        status = fields[9:12].decode()
        closes = b"connection: close" in fields
        self._take(_what(self.sent[2], status, body.decode()), closes)

    def send(self, due: float, request: Request) -> None:
        """Send a hop, as soon as the connection stands."""
        self.sent = due, time.monotonic() - due, request
        if self.transport:
            self._push(request)

    def _push(self, request: Request) -> None:
        assert self.transport
        self.transport.write(self._flooding.octets(request))

    def _take(self, what: str, closes: bool = False) -> None:
        assert self.sent
        due, late, _ = self.sent
        self.sent = None
        if closes and self.transport:
            self.transport.close()
        is_free = bool(self.transport) and not closes
        self._flooding.answered(self, (due, late), what, is_free)


def _what(request: Request, status: str, body: str) -> str:
    """Say what an answer is."""
    if status != "200":
        return f"status {status}"
    if body.startswith(BUSY_PAGE):
        return BUSY if septets(body.removeprefix("END ")) <= _ROOM else "a page too long"
    if not body.startswith(("CON ", "END ")):
        return "no page"
    return OTHER if request.fault(body) else GOOD


class _Flooding:
    """The loop: sends what is due over connections that are free, and opens more."""

    def __init__(self, plan: Plan, callers: int) -> None:
        self._plan = plan
        self._callers = callers
        self._hops: Iterator[Request] = traffic(
            plan.numbers, plan.mix, plan.rate, plan.known, plan.seed
        )
        self._free: deque[_Wire] = deque()
        self._waiting: deque[tuple[float, Request]] = deque()
        self._under_way = 0
        self._open = 0
        self._told: list[tuple[float, float, float, str]] = []
        self._stopped = False
        self._head = (
            f"POST /ussd/africastalking/{plan.token} HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{plan.port}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            "Content-Length: "
        )

    async def run(self) -> list[tuple[float, float, float, str]]:
        """Send until the input ends; give what came of all."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sys.stdin.fileno(), self._stop)
        for _ in range(0 if self._callers else _AT_FIRST):
            self._free.append(self._opening())
        await self._until(lambda: all(one.transport for one in self._free), 5.0)
        began = time.monotonic()
        print("begun", flush=True)
        for _ in range(self._callers):
            self._send(time.monotonic(), next(self._hops))
        while not self._stopped and self._callers:
            await asyncio.sleep(0.05)
        for nth in itertools.count():
            if self._stopped:
                break
            hop = next(self._hops)
            due = began + hop.at
            while (ahead := due - time.monotonic()) > 0 and not self._stopped:
                await asyncio.sleep(min(ahead, 0.05))
            self._send(due, hop)
            if ahead < 0 and nth % _AT_A_TIME == 0:  # the answers must be read as well
                await asyncio.sleep(0)
        await self._until(lambda: self._under_way == 0, _LAST_SECONDS)
        return self._told

    async def _until(self, done: Callable[[], bool], longest: float) -> None:
        until = time.monotonic() + longest
        while not done() and time.monotonic() < until:
            await asyncio.sleep(0.05)

    def octets(self, hop: Request) -> bytes:
        """Write a hop as it goes over the wire."""
        self._under_way += 1
        form = hop.form
        return f"{self._head}{len(form)}\r\n\r\n{form}".encode()

    def answered(
        self, wire: _Wire, sent: tuple[float, float], what: str, is_free: bool
    ) -> None:
        """Take note of an answer."""
        now = time.monotonic()
        self._under_way -= 1
        due, late = sent
        self._told.append((due, now - due, late, what))
        if self._callers and not self._stopped:
            hop = next(self._hops)
            if is_free:
                wire.send(now, hop)
            else:
                self._loop.call_later(0.01, self._send, now, hop)
        elif is_free and self._waiting:
            wire.send(*self._waiting.popleft())
        elif is_free:
            self._free.append(wire)

    def gone(self, wire: _Wire) -> None:
        """Take note that a connection is closed."""
        self._open -= 1
        if wire in self._free:
            self._free.remove(wire)

    def _stop(self) -> None:
        self._stopped = True
        self._loop.remove_reader(sys.stdin.fileno())

    def _send(self, due: float, hop: Request) -> None:
        if self._free:
            self._free.pop().send(due, hop)
        elif self._open < _MOST:
            self._opening().send(due, hop)
        else:
            self._waiting.append((due, hop))

    def _opening(self) -> _Wire:
        """Give a connection that is being opened."""
        self._open += 1
        wire = _Wire(self)
        opening = self._loop.create_connection(lambda: wire, "127.0.0.1", self._plan.port)
        self._loop.create_task(opening).add_done_callback(lambda done: self._opened(wire, done))
        return wire

    def _opened(self, wire: _Wire, done: "asyncio.Task[object]") -> None:
        fault = None if done.cancelled() else done.exception()
        if fault is not None:
            self.gone(wire)
            if wire.sent:
                due, late, _ = wire.sent
                took = time.monotonic() - due
                self._told.append((due, took, late, type(fault).__name__))


def _flood() -> None:
    """Read a plan, say that it begins, send until the end of the input, tell of every hop."""
    plan = Plan.read(sys.stdin.readline())
    gc.freeze()
    gc.disable()
    print(json.dumps(asyncio.run(_Flooding(plan, int(sys.argv[1])).run())))


if __name__ == "__main__":
    _flood()
