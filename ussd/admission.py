"""Admission: who is let in when more come than can be served, and what the others are told.

Each request is looked at as it came, before a thread is spent on it. Health goes first, then a
session that goes on, then a new dial. Texts and reports have a few threads of their own, for
their gateways have time; so have people's pages. A stall of a second is waited out. Where
callers keep waiting, new ones are told at once, by a valid page, that the line is busy.
"""

import hmac
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from menus.line import Line
from ussd.gateway import Address, Gateway, Reply
from ussd.webhook import GATEWAYS

CALM_SECONDS = 1.0
"""While nobody has waited for longer than this for a thread, all are let in."""

CALM_MOST, BUSY_MOST = 128, 32
"""Those that wait in one process at most."""

BUSY_AFTER_SECONDS = 1.5
"""For how long callers must have waited all the time, for the line to be busy."""

BUSY_FOR_SECONDS = 3.0
"""For how long it is busy after it turned somebody away for that."""

LATE_SECONDS = 1.2
"""Who waited for longer is turned away even so: a hop has two seconds."""

PATIENT_SECONDS = 5.0
"""What stands for either where texts and reports wait, busy or not."""

RETRY_SECONDS = 60
"""When a gateway is asked to bring a text or a report again."""

MOST_PEOPLE = 64
"""Requests for pages that people look at, waiting in one process."""

_WAITS_SECONDS = 0.05
"""Who waits for less does not wait. On a day of results, with both cores in full use, nearly
everybody waits for 10 to 30 ms, and all of them are answered in time."""


class Kind(StrEnum):
    """What a request is, as far as a glance tells."""

    HEALTH = "health"
    SESSION = "session"
    DIAL = "dial"
    CALLBACK = "callback"
    PEOPLE = "people"
    FORGED = "forged"


_BUSY: Mapping[Kind, float] = {Kind.SESSION: 0.15, Kind.DIAL: 0.08}
"""What stands for `CALM_SECONDS` while the line is busy."""

_PATIENCE = {**dict.fromkeys(_BUSY, LATE_SECONDS), Kind.CALLBACK: PATIENT_SECONDS}

_START = re.compile(rb"([A-Z]{1,20}) (/[^ ?]*)[^ \r\n]* HTTP/1\.[01]\r\n")
_CALL = re.compile(rb"/(ussd|sms)/([^/]*)/([^/]*)(/.*)?")
_HEALTH_PATH = re.compile(rb"/health/.*|/metrics")
_CLOSES = re.compile(rb"[^\r\n]* HTTP/1\.0\r\n|(?s:.*?)\r\n(?i:connection): *(?i:close)\r\n")
_REASONS = {200: "OK", 404: "Not Found", 503: "Service Unavailable"}


@dataclass(frozen=True)
class Asked:
    """What a request asks for.

    Attributes:
        address: a USSD gateway's, which knows how a page is written.
    """

    kind: Kind
    address: Address | None = None


_HEALTH, _PEOPLE = Asked(Kind.HEALTH), Asked(Kind.PEOPLE)
_FORGED, _TEXT = Asked(Kind.FORGED), Asked(Kind.CALLBACK)


class Waiting:
    """Those that wait for a thread of one pool, and how many are in hand.

    One thread lets them in; many take them.
    """

    def __init__(self) -> None:
        self.in_hand = 0
        self._since: deque[float] = deque()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._since)

    def enter(self, now: float) -> None:
        """Begin to wait."""
        self._since.append(now)
        with self._lock:
            self.in_hand += 1

    def begin(self, now: float) -> float:
        """Give the seconds that the one waited for which a thread is free now."""
        return now - self._since.popleft()

    def end(self) -> None:
        """Take note that one was answered."""
        with self._lock:
            self.in_hand -= 1

    def oldest(self, now: float) -> float:
        """Give the seconds that somebody has waited at most; 0 where nobody waits."""
        try:
            return now - self._since[0]
        except IndexError:
            return 0.0


class Admission:
    """Lets requests in or turns them away, for one process.

    Args:
        room: septets on a page.
        tokens: those that gateways may come with.
        headers: what answers to people carry.
        clock: tells seconds, of no particular beginning.

    Attributes:
        callers: those that wait for a thread of the callers'.
        callbacks, people: likewise of the callbacks' and of the people's.
        refused: how many were turned away, by kind.
    """

    def __init__(
        self,
        line: Line,
        room: int,
        tokens: Sequence[str],
        headers: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.callers, self.callbacks, self.people = Waiting(), Waiting(), Waiting()
        self.refused: Counter[Kind] = Counter()
        self._line = line
        self._room = room
        self._tokens = [one.encode() for one in tokens]
        self._headers = dict(headers)
        self._clock = clock
        self._addresses = {one.NAME.encode(): _addresses(one) for one in GATEWAYS}
        self._answer = lru_cache(maxsize=64)(self._written)
        self._none_waited_at = clock()
        self._busy_until = clock()

    def look(self, request: bytes) -> Asked:
        """Say what a request is, from its octets as they came."""
        started = _START.match(request)
        if started is None:
            return _PEOPLE
        method, path = started.groups()
        call = _CALL.fullmatch(path)
        if call is None:
            return _HEALTH if _HEALTH_PATH.fullmatch(path) else _PEOPLE
        face, name, token, tail = call.groups()
        if not self._is_known(token):
            return _FORGED
        if face == b"sms":
            return _TEXT
        address = self._address(name, tail or b"")
        if address is None or method.decode() not in address.methods:
            return _PEOPLE
        if address.begins is None:
            return Asked(Kind.CALLBACK, address)
        return Asked(Kind.DIAL if address.begins(request) else Kind.SESSION, address)

    def refuses(self, kind: Kind) -> bool:
        """Say whether a request of a kind that came now is turned away."""
        refused = self._refuses(kind)
        if refused:
            self._count(kind)
        return refused

    def is_late(self, kind: Kind, waited: float) -> bool:
        """Say whether one that a thread is free for now has waited for too long.

        Args:
            waited: seconds.
        """
        late = waited > _PATIENCE.get(kind, waited)
        if late:
            self._count(kind)
        return late

    def _count(self, kind: Kind) -> None:
        self.refused[kind] += 1
        self._line.meters.shed(kind)

    def refusal(self, asked: Asked, closes: bool) -> bytes:
        """Write what a request that is turned away gets, status and headers and all.

        Args:
            closes: the connection ends with it.
        """
        return self._answer(asked, self._line.voices.now.edition, closes)

    def _refuses(self, kind: Kind) -> bool:
        if kind is Kind.HEALTH:
            return False
        now = self._clock()
        if kind is Kind.CALLBACK:
            return _is_full(self.callbacks, now, PATIENT_SECONDS, CALM_MOST)
        waited = self.callers.oldest(now)
        if waited < _WAITS_SECONDS:
            self._none_waited_at = now
        busy = self._is_busy(now)
        if kind is Kind.PEOPLE:
            return len(self.people) >= MOST_PEOPLE or (busy and self.people.in_hand > 0)
        if kind is Kind.FORGED:
            return len(self.callers) > 0
        limits = (_BUSY[kind], BUSY_MOST) if busy else (CALM_SECONDS, CALM_MOST)
        if not _is_full(self.callers, now, *limits):
            return False
        if busy:
            self._busy_until = now + BUSY_FOR_SECONDS
        return True

    def _is_busy(self, now: float) -> bool:
        if now - self._none_waited_at > BUSY_AFTER_SECONDS and now > self._busy_until:
            self._busy_until = now + BUSY_FOR_SECONDS
        return now < self._busy_until

    def _is_known(self, token: bytes) -> bool:
        return sum(hmac.compare_digest(token, one) for one in self._tokens) > 0

    def _address(self, gateway: bytes, tail: bytes) -> Address | None:
        for pattern, address in self._addresses.get(gateway, ()):
            if pattern.fullmatch(tail):
                return address
        return None

    def _written(self, asked: Asked, _edition: str, closes: bool) -> bytes:
        """Write an answer: once for each address and each edition of the words."""
        page = self._line.apology_to_all("busy", self._room)
        if asked.kind is Kind.FORGED:
            return _http(404, Reply(""), closes)
        if asked.address:
            return _http(200, asked.address.write(page), closes)
        if asked.kind is Kind.CALLBACK:
            retry = {"Retry-After": str(RETRY_SECONDS)}
            return _http(503, Reply("", headers=retry), closes)
        headers = {**self._headers, "Cache-Control": "no-store", "Retry-After": "10"}
        return _http(503, Reply(f"{page.text}\n", headers=headers), closes)


def _is_full(waiting: Waiting, now: float, seconds: float, most: int) -> bool:
    """Say whether somebody has waited for longer than some seconds, or too many wait."""
    return waiting.oldest(now) > seconds or len(waiting) >= most


def asks_to_close(request: bytes) -> bool:
    """Say whether the connection of a request ends with its answer."""
    head, _, _ = request.partition(b"\r\n\r\n")
    return bool(_CLOSES.match(head + b"\r\n"))


def _addresses(gateway: Gateway) -> list[tuple[re.Pattern[bytes], Address]]:
    """Give a gateway's addresses, each with what its path looks like behind the token."""
    return [
        (re.compile(re.sub(rb"<[a-z]+>", rb"[^/]+", one.path.encode())), one)
        for one in gateway.ADDRESSES
    ]


def _http(status: int, reply: Reply, closes: bool) -> bytes:
    body = reply.body.encode()
    headers = {
        "Content-Type": reply.content_type,
        "Content-Length": str(len(body)),
        "Connection": "close" if closes else "keep-alive",
        **reply.headers,
    }
    lines = [
        f"HTTP/1.1 {status} {_REASONS[status]}",
        *(f"{k}: {v}" for k, v in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
