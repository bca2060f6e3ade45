"""SMS gateways on loopback, in a process of their own: they outlive whoever is killed.

Each has a name and speaks both wires: Africa's Talking's under `/NAME/version1`, Kannel's at
`/NAME/sendsms`. It keeps a book of every request, behaves as it is told at `/control/NAME`,
and brings reports of what it took to an address.
"""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

ROOT = Path(__file__).parent.parent.parent
PRICE = 0.8
"""What a segment costs there."""

_opener = build_opener(ProxyHandler({}))


@dataclass(frozen=True)
class Manner:
    """How a gateway behaves.

    Attributes:
        mode: "ok"; "errors": HTTP 500 to all; "hangs": no answer for `hang` seconds, then
            none; "refuses": the sender is not known, in an answer like success; "no_credit".
        delay: seconds before an answer, from and to.
        silent_every: of so many that it takes, one is not answered.
        reports_to: where reports go; empty for no reports. Kannel is told by each message.
        dropped: of all it takes, the share that is never reported.
        doubled: the share that is reported twice.
        strange: reports of messages that nobody sent, as a share of all.
        failed: the share that is reported as failed.
        early: the share that is reported as on its way too, before or after its end.
        report_delay: seconds before a report, from and to: so they come out of order.
    """

    mode: str = "ok"
    delay: tuple[float, float] = (0.0, 0.0)
    hang: float = 30.0
    silent_every: int = 0
    reports_to: str = ""
    dropped: float = 0.0
    doubled: float = 0.0
    strange: float = 0.0
    failed: float = 0.0
    early: float = 0.0
    report_delay: tuple[float, float] = (0.0, 0.0)


@dataclass
class Entry:
    """One message as it came.

    Attributes:
        at: seconds since 1970.
        who: the account that it came from.
        silent: it was taken, and nobody was told so.
        early: it is reported as on its way.
        end: what is reported of it: "delivered" or "failed"; empty for nothing.
    """

    at: float
    who: str
    phone: str
    text: str
    id: str
    accepted: bool
    silent: bool = False
    early: bool = False
    end: str = ""


@dataclass
class Book:
    """What a gateway keeps."""

    entries: list[Entry] = field(default_factory=list)
    probes: list[float] = field(default_factory=list)
    reports: int = 0
    strange: int = 0
    doubled: int = 0
    refused_reports: int = 0
    waiting: int = 0
    last_accepted: float = 0.0

    @property
    def accepted(self) -> list[Entry]:
        return [one for one in self.entries if one.accepted]


class Loopback:
    """The process with the gateways, and the way to tell it how to behave."""

    def __init__(self, *names: str) -> None:
        command = [sys.executable, "-m", "tests.sms.loopback", *names]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
        assert self._process.stdout
        self._url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def url(self, name: str) -> str:
        return f"{self._url}/{name}"

    def behave(self, name: str, **manner: object) -> None:
        """Let a gateway behave in another manner from now on; what is not said stays."""
        known = {one.name for one in fields(Manner)}
        assert set(manner) <= known, manner
        self._ask(f"/control/{name}", json.dumps(manner).encode())

    def book(self, name: str) -> Book:
        """Read a gateway's book."""
        kept = json.loads(self._ask(f"/book/{name}"))
        entries = [Entry(**one) for one in kept.pop("entries")]
        return Book(entries=entries, **kept)

    def counts(self, name: str) -> tuple[int, int]:
        """Say how many messages a gateway took, and how many reports it has yet to bring."""
        taken, waiting = json.loads(self._ask(f"/counts/{name}"))
        return taken, waiting

    def last_accepted(self, name: str) -> float:
        """Say when a gateway last took a message, in seconds since 1970; 0 for never."""
        moment: float = json.loads(self._ask(f"/last/{name}"))
        return moment

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()

    def _ask(self, path: str, body: bytes | None = None) -> bytes:
        with _opener.open(Request(self._url + path, body), timeout=60) as answer:  # noqa: S310
            read: bytes = answer.read()
        return read


# What follows runs in the gateways' own process.


@dataclass(frozen=True)
class _Asked:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


Answer = tuple[int, str]
_Report = Callable[[str], tuple[str, bytes | None]]
"""Gives the address and the form of a report of an end."""

_KANNEL_ENDS = {"delivered": "1", "failed": "2", "early": "8"}
_OUR_ENDS = {"delivered": "Success", "failed": "Failed", "early": "Sent"}
_KEPT: set[asyncio.Task[None]] = set()


class _Gateway:
    """One gateway."""

    def __init__(self, number: int) -> None:
        self.manner = Manner()
        self.book = Book()
        self._number = number
        self._dice = random.Random(1919)
        self._busy = asyncio.Semaphore(8)

    async def messaging(self, asked: _Asked) -> Answer | None:
        """Take a message as Africa's Talking does."""
        form = asked.form
        entry = self._enter(form["username"], form["to"], form["message"])
        if answer := await self._turned_away(entry.phone):
            return answer
        if not entry.accepted:
            return None
        stranger = replace(entry, id=f"{entry.id}_strange", phone="+254700000000")
        self._will_report(entry, self._form_of(entry), self._form_of(stranger))
        cost = f"KES {PRICE * (1 + len(entry.text) // 161):.4f}"
        return await self._answer(
            entry, (201, _answering(entry.phone, 101, "Success", entry.id, cost))
        )

    async def account(self) -> Answer | None:
        """Tell of an account, as Africa's Talking does."""
        self.book.probes.append(time.time())
        if self.manner.mode in ("errors", "hangs"):
            return await self._turned_away()
        return 200, json.dumps({"UserData": {"balance": "KES 1919.00"}})

    async def sendsms(self, asked: _Asked) -> Answer | None:
        """Take a message as Kannel's smsbox does, with its fields in headers or behind GET."""
        said = asked.query if asked.method == "GET" else _kannel_fields(asked)
        if not said.get("to"):
            self.book.probes.append(time.time())
            if self.manner.mode in ("errors", "hangs"):
                return await self._turned_away()
            return 400, "Missing receiver number, rejected"
        entry = self._enter(said["username"], said["to"], said["text"])
        if self.manner.mode in ("refuses", "no_credit"):
            return 403, "Authorization failed for sendsms"
        if answer := await self._turned_away():
            return answer
        if not entry.accepted:
            return None
        url = said.get("dlr-url", "")
        strange = url.replace("?id=", "?id=strange")
        self._will_report(entry, _address_of(url), _address_of(strange))
        return await self._answer(entry, (202, "0: Accepted for delivery"))

    def _enter(self, who: str, phone: str, text: str) -> Entry:
        accepted = self.manner.mode == "ok"
        name = f"ATXid_{self._number}_{len(self.book.entries)}"
        entry = Entry(time.time(), who, phone, text, name, accepted)
        self.book.entries.append(entry)
        every = self.manner.silent_every
        if accepted:
            self.book.last_accepted = entry.at
        entry.silent = bool(accepted and every and len(self.book.entries) % every == 0)
        return entry

    async def _answer(self, entry: Entry, answer: Answer) -> Answer | None:
        await asyncio.sleep(self._dice.uniform(*self.manner.delay))
        return None if entry.silent else answer

    async def _turned_away(self, phone: str = "") -> Answer | None:
        """Answer as one that takes nothing does; None where it takes, or never answers."""
        match self.manner.mode:
            case "errors":
                return 500, "<html>Internal Server Error</html>"
            case "hangs":
                await asyncio.sleep(self.manner.hang)
            case "refuses":
                return 201, _whole("InvalidSenderId")
            case "no_credit":
                return 201, _answering(phone, 405, "InsufficientBalance", "None", "0")
        return None

    def _form_of(self, entry: Entry) -> _Report:
        return lambda end: (self.manner.reports_to, _form(entry, end))

    def _will_report(self, entry: Entry, report: _Report, strange: _Report) -> None:
        """Throw the dice for what is reported of a message, and bring it later."""
        manner, dice = self.manner, self._dice
        if not manner.reports_to:
            return
        if dice.random() < manner.strange:
            self.book.strange += 1
            self._bring("delivered", strange)
        if dice.random() < manner.early:
            entry.early = True
            self._bring("early", report)
        if dice.random() < manner.dropped:
            return
        entry.end = "failed" if dice.random() < manner.failed else "delivered"
        self._bring(entry.end, report)
        if dice.random() < manner.doubled:
            self.book.doubled += 1
            self._bring(entry.end, report)

    def _bring(self, end: str, report: _Report) -> None:
        self.book.waiting += 1
        pause = self._dice.uniform(*self.manner.report_delay)
        task = asyncio.ensure_future(self._post(pause, *report(end)))
        _KEPT.add(task)
        task.add_done_callback(_KEPT.discard)

    async def _post(self, pause: float, url: str, body: bytes | None) -> None:
        """Bring a report until it is taken, as both gateways do."""
        await asyncio.sleep(pause)
        while True:
            async with self._busy:
                status = await _call(url, body)
            if status == 200:
                break
            self.book.refused_reports += 1
            await asyncio.sleep(0.5)
        self.book.reports += 1
        self.book.waiting -= 1


class _Server:
    """All gateways behind one port."""

    def __init__(self, names: list[str]) -> None:
        self._gateways = {name: _Gateway(number) for number, name in enumerate(names)}

    async def run(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
        print(server.sockets[0].getsockname()[1], flush=True)
        async with server:
            await server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while answer := await self._route(await _read(reader)):
                writer.write(_written(answer))
                await writer.drain()
        writer.close()

    def _route(self, asked: _Asked) -> Awaitable[Answer | None]:
        _, first, *rest = asked.path.split("/")
        if first in ("control", "book", "counts", "last"):
            return self._steer(first, self._gateways[rest[0]], asked.body)
        gateway = self._gateways[first]
        match rest:
            case ["version1", "messaging"]:
                return gateway.messaging(asked)
            case ["version1", "user"]:
                return gateway.account()
        return gateway.sendsms(asked)

    async def _steer(self, what: str, gateway: _Gateway, body: bytes) -> Answer:
        if what == "control":
            gateway.manner = replace(gateway.manner, **json.loads(body))
        elif what == "book":
            return 200, json.dumps(asdict(gateway.book))
        elif what == "last":
            return 200, json.dumps(gateway.book.last_accepted)
        return 200, json.dumps([len(gateway.book.entries), gateway.book.waiting])


async def _read(reader: asyncio.StreamReader) -> _Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.split(":", 1) for line in lines if line)
    headers = {name.lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    address = urlsplit(target)
    return _Asked(method, address.path, dict(parse_qsl(address.query)), headers, body)


def _written(answer: Answer) -> bytes:
    status, text = answer
    kind = "application/json" if text.startswith(("{", "[")) else "text/html"
    body = text.encode()
    head = f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _call(url: str, body: bytes | None) -> int:
    """Call an address, and give the status; 0 where nobody answers."""
    address = urlsplit(url)
    target = f"{address.path}?{address.query}" if address.query else address.path
    head = (
        f"{'GET' if body is None else 'POST'} {target} HTTP/1.1\r\nHost: {address.netloc}\r\n"
    )
    head += "Connection: close\r\n"
    if body is not None:
        head += "Content-Type: application/x-www-form-urlencoded\r\n"
        head += f"Content-Length: {len(body)}\r\n"
    try:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(f"{head}\r\n".encode() + (body or b""))
        await writer.drain()
        status = (await reader.readline()).split(b" ")
        await reader.read()
        writer.close()
        return int(status[1])
    except (OSError, IndexError, ValueError):
        return 0


def _kannel_fields(asked: _Asked) -> dict[str, str]:
    said = {
        name.removeprefix("x-kannel-"): value
        for name, value in asked.headers.items()
        if name.startswith("x-kannel-")
    }
    return {**said, "text": asked.body.decode()}


def _address_of(url: str) -> _Report:
    return lambda end: (url.replace("%d", _KANNEL_ENDS[end]).replace("%A", ""), None)


def _form(entry: Entry, end: str) -> bytes:
    said = {
        "id": entry.id,
        "status": _OUR_ENDS[end],
        "phoneNumber": entry.phone,
        "networkCode": "63902",
        "retryCount": "0",
    }
    if end == "failed":
        said["failureReason"] = "DeliveryFailure"
    return urlencode(said).encode()


def _whole(message: str) -> str:
    return json.dumps({"SMSMessageData": {"Message": message, "Recipients": []}})


def _answering(phone: str, code: int, status: str, name: str, cost: str) -> str:
    recipient: dict[str, Any] = {
        "statusCode": code,
        "number": phone,
        "status": status,
        "cost": cost,
        "messageId": name,
    }
    data = {"Message": f"Sent to 1/1 Total Cost: {cost}", "Recipients": [recipient]}
    return json.dumps({"SMSMessageData": data})


if __name__ == "__main__":
    asyncio.run(_Server(sys.argv[1:]).run())
