"""Sessions kept in Redis, with what one caller's hop needs beside them.

One round trip loads the session, the caller's language and the numbers asked today; one
saves, in a script that compares before it sets and counts the budget in the same breath.
Everything of one caller shares a hash tag. Values are encrypted, names are HMACs.

Redis may be away at any time. Then nothing is loaded or saved, and nothing waits: after a
failure the store is left alone for two seconds, and then tried by one thread at a time.
"""

import hashlib
import hmac
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from menus.session import Session, dump, read
from menus.wishes import NAIROBI
from models.asked import BUDGET
from models.keys import Sealer, Tampered, Versions, derive

TIMEOUT_SECONDS = 0.15
"""The longest one exchange with Redis may take; redis-py's own defaults add up to a minute."""

PAUSE_SECONDS = 2.0
"""How long Redis is left alone after a failure."""

SESSION_SECONDS = 600
"""How long a session is kept: a call lasts 180 s, and a dropped line is picked up later."""

BUDGET_SECONDS = 100_000
"""Somewhat more than a day, so that a budget lasts until its day is over."""

NO_LANGUAGE = "-"
_VERSION_BYTES = 14
T = TypeVar("T")
_SUBJECT_BYTES = 12

_SAVE = """
if KEYS[1] ~= '' then
  local there = redis.call('GET', KEYS[1]) or ''
  if string.sub(there, 1, tonumber(ARGV[1])) ~= ARGV[2] then
    return {'changed', there, redis.call('SMEMBERS', KEYS[2])}
  end
end
local new = 0
for i = 8, #ARGV do
  if redis.call('SISMEMBER', KEYS[2], ARGV[i]) == 0 then new = new + 1 end
end
if new > 0 then
  if redis.call('SCARD', KEYS[2]) + new > tonumber(ARGV[5]) then
    return {'spent', '', redis.call('SMEMBERS', KEYS[2])}
  end
  for i = 8, #ARGV do redis.call('SADD', KEYS[2], ARGV[i]) end
  redis.call('EXPIRE', KEYS[2], tonumber(ARGV[6]))
end
if KEYS[1] ~= '' then redis.call('SET', KEYS[1], ARGV[3], 'EX', tonumber(ARGV[4])) end
if ARGV[7] ~= '' then redis.call('SET', KEYS[3], ARGV[7], 'EX', 86400) end
return {'saved', '', {}}
"""


class Verdict(StrEnum):
    """How saving went."""

    SAVED = "saved"
    CHANGED = "changed"
    SPENT = "spent"
    AWAY = "away"


@dataclass(frozen=True)
class Place:
    """Where one caller's things lie in Redis."""

    session: str
    caller: str
    budget: str


@dataclass(frozen=True)
class Loaded:
    """What Redis had for a hop.

    Attributes:
        language: the caller's; `-` where they chose none, None where Redis does not know.
        asked: the numbers asked for today.
        version: names the session's value, to compare before it is set anew.
    """

    session: Session | None = None
    language: str | None = None
    asked: frozenset[bytes] = field(default=frozenset(), repr=False)
    version: bytes = b""


class Sessions:
    """The sessions of all callers.

    Args:
        client: Redis, with the time limits that `connect` sets.
        secret: the line's secret, for encrypting values and naming keys.
    """

    def __init__(self, client: Redis, secret: str) -> None:
        self._client = client
        root = hashlib.sha256(secret.encode()).digest()
        self._names = derive(root, "redis names")
        self._sealer = Sealer(Versions(((1, root),)), "session")
        self._save = client.register_script(_SAVE)
        self._breaker = _Breaker()

    def place(self, phone: str, gateway: str = "", session: str = "") -> Place:
        """Name where a caller's things lie.

        The phone is part of a session's name: a short id that is used again shows nobody
        another's page.
        """
        tag = self._hmac(phone)[:16].hex()
        call = self.session_hmac(gateway, session, phone).hex()
        day = datetime.now(UTC).astimezone(NAIROBI).strftime("%Y%m%d")
        return Place(f"s:{{{tag}}}:{call}", f"c:{{{tag}}}", f"b:{{{tag}}}:{day}")

    def session_hmac(self, gateway: str, session: str, phone: str) -> bytes:
        """Name a session without naming the caller."""
        return self._hmac("\0".join((gateway, session, phone)))

    def load(self, place: Place) -> Loaded | None:
        """Load all that a hop needs; None where Redis is away."""

        def talk() -> Loaded:
            pipe = self._client.pipeline(transaction=False)
            pipe.get(place.session)
            pipe.get(place.caller)
            pipe.smembers(place.budget)
            value, language, asked = pipe.execute()
            return self._loaded(place, value, language, asked)

        return self._breaker.run(talk)

    def save(
        self,
        place: Place,
        session: Session,
        over: Loaded,
        charges: Iterable[bytes],
        language: str,
    ) -> tuple[Verdict, Loaded | None]:
        """Save a session over the one that was loaded, and charge the budget with it.

        Args:
            charges: the numbers looked up, as `subject` names them.
            language: what was learned of the caller's language; empty to leave it.

        Returns:
            The verdict, and what is in Redis now: None where Redis is away.
        """
        sealed = self._sealer.seal(dump(session), place.session)

        def talk() -> tuple[Verdict, Loaded]:
            return self._run(place, place.session, over.version, sealed, charges, language)

        return self._breaker.run(talk) or (Verdict.AWAY, None)

    def charge(self, place: Place, charges: Iterable[bytes]) -> Verdict:
        """Charge the budget alone, where there is no session."""

        def talk() -> Verdict:
            return self._run(place, "", b"", b"", charges, "")[0]

        return self._breaker.run(talk) or Verdict.AWAY

    def answers(self) -> bool:
        """Say whether Redis answers now."""
        return bool(self._breaker.run(lambda: bool(self._client.ping())))

    def _run(
        self,
        place: Place,
        session_key: str,
        version: bytes,
        sealed: bytes,
        charges: Iterable[bytes],
        language: str,
    ) -> tuple[Verdict, Loaded]:
        verdict, value, asked = self._save(
            keys=[session_key, place.budget, place.caller],
            args=[
                _VERSION_BYTES,
                version,
                sealed,
                SESSION_SECONDS,
                BUDGET,
                BUDGET_SECONDS,
                language,
                *charges,
            ],
        )
        return Verdict(verdict.decode()), self._loaded(place, value, None, asked)

    def _loaded(
        self, place: Place, value: bytes | None, language: bytes | None, asked: Iterable[bytes]
    ) -> Loaded:
        session = None
        if value:
            try:
                session = read(self._sealer.open(value, place.session))
            except Tampered:
                session = None
        return Loaded(
            session,
            language.decode() if language else None,
            frozenset(asked),
            (value or b"")[:_VERSION_BYTES],
        )

    def _hmac(self, text: str) -> bytes:
        return hmac.digest(self._names, text.encode(errors="surrogatepass"), "sha256")


def subject_mark(subject: bytes) -> bytes:
    """Shorten a subject's HMAC to what a day's budget needs."""
    return subject[:_SUBJECT_BYTES]


def connect(url: str, connections: int = 64) -> Redis:
    """Make a client that gives up in time and never tries twice."""
    client: Redis = Redis.from_url(
        url,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        max_connections=connections,
    )
    return client


class _Breaker:
    """Keeps callers away from a store that failed, but for one who tries it again."""

    def __init__(self) -> None:
        self._open_until = 0.0
        self._trying = threading.Lock()

    def run(self, talk: Callable[[], T]) -> T | None:
        """Run `talk`; None where the store is away."""
        if self._open_until == 0.0:
            return self._attempt(talk)
        if time.monotonic() < self._open_until or not self._trying.acquire(blocking=False):
            return None
        try:
            return self._attempt(talk)
        finally:
            self._trying.release()

    def _attempt(self, talk: Callable[[], T]) -> T | None:
        try:
            result = talk()
        except (RedisError, OSError):
            self._open_until = time.monotonic() + PAUSE_SECONDS
            return None
        self._open_until = 0.0
        return result
