"""Sessions kept in Redis, with what one caller's hop needs beside them.

One round trip loads the session, the caller's language, the numbers asked today and where
an earlier call was dropped; one saves, in a script that compares before it sets and counts
the budget in the same breath. Everything of one caller shares a hash tag. Values are
encrypted, names are HMACs.

Redis may be away at any time. Then nothing is loaded or saved, and nothing waits: after a
failure the store is left alone for two seconds, and then tried by one thread at a time.
"""

import hashlib
import hmac
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from menus.session import Dropped, Session, dump, dump_dropped, read, read_dropped
from models.asked import BUDGET
from models.country import Country
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
MARK_BYTES = 12
"""Octets of a subject that tell one number of a day from another."""

_SINCE = "remembers-since"
"""Names the moment since when this Redis has forgotten nothing."""

_COUNT = """
local new = 0
for i = first, #ARGV do
  if redis.call('SISMEMBER', KEYS[1], ARGV[i]) == 0 then new = new + 1 end
end
if new > 0 then
  if redis.call('SCARD', KEYS[1]) + new > tonumber(ARGV[1]) then
    return {'spent', '', redis.call('SMEMBERS', KEYS[1])}
  end
  for i = first, #ARGV do redis.call('SADD', KEYS[1], ARGV[i]) end
  redis.call('EXPIRE', KEYS[1], tonumber(ARGV[2]))
end
"""

_CHARGE = f"""
local first = 3
{_COUNT}
return {{'saved', '', {{}}}}
"""

_SAVE = f"""
local there = redis.call('GET', KEYS[2]) or ''
if string.sub(there, 1, tonumber(ARGV[3])) ~= ARGV[4] then
  return {{'changed', there, redis.call('SMEMBERS', KEYS[1])}}
end
local first = 9
{_COUNT}
redis.call('SET', KEYS[2], ARGV[5], 'EX', tonumber(ARGV[6]))
if ARGV[7] ~= '' then redis.call('SET', KEYS[3], ARGV[7], 'EX', 86400) end
if ARGV[8] == '-' then redis.call('DEL', KEYS[4]) end
if string.len(ARGV[8]) > 1 then
  redis.call('SET', KEYS[4], ARGV[8], 'EX', tonumber(ARGV[6]))
end
return {{'saved', '', {{}}}}
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
    dropped: str


@dataclass(frozen=True)
class Loaded:
    """What Redis had for a hop.

    Attributes:
        language: the caller's; `-` where they chose none, None where Redis does not know.
        asked: the numbers asked for today.
        version: names the session's value, to compare before it is set anew.
        dropped: where an earlier call of this caller was when its line dropped.
        unread: there was a session, of a form that is not known here.
        since: the moment since when Redis has forgotten nothing, where it was asked for.
    """

    session: Session | None = None
    language: str | None = None
    asked: frozenset[bytes] = field(default=frozenset(), repr=False)
    version: bytes = b""
    dropped: Dropped | None = None
    unread: bool = False
    since: float | None = None


class Sessions:
    """The sessions of all callers.

    Args:
        client: Redis, with the time limits that `connect` sets.
        secret: the line's secret, for encrypting values and naming keys.
        country: whose midnight ends the day of a budget.
    """

    def __init__(self, client: Redis, secret: str, country: Country) -> None:
        self._client = client
        self._country = country
        root = hashlib.sha256(secret.encode()).digest()
        self._names = derive(root, "redis names")
        self._sealer = Sealer(Versions(((1, root),)), "session")
        self._save = client.register_script(_SAVE)
        self._charge = client.register_script(_CHARGE)
        self._breaker = _Breaker()

    def place(self, phone: str, gateway: str = "", session: str = "") -> Place:
        """Name where a caller's things lie.

        The phone is part of a session's name: a short id that is used again shows nobody
        another's page.
        """
        tag = self._hmac(phone)[:16].hex()
        call = self.session_hmac(gateway, session, phone).hex()
        day = self._country.day(datetime.now(UTC)).strftime("%Y%m%d")
        return Place(
            session=f"s:{{{tag}}}:{call}",
            caller=f"c:{{{tag}}}",
            budget=f"b:{{{tag}}}:{day}",
            dropped=f"d:{{{tag}}}",
        )

    def session_hmac(self, gateway: str, session: str, phone: str) -> bytes:
        """Name a session without naming the caller."""
        return self._hmac("\0".join((gateway, session, phone)))

    def load(self, place: Place, wary: bool = False) -> Loaded | None:
        """Load all that a hop needs; None where Redis is away.

        Args:
            wary: ask as well since when Redis has forgotten nothing.
        """

        def talk() -> Loaded:
            pipe = self._client.pipeline(transaction=False)
            pipe.get(place.session)
            pipe.get(place.caller)
            pipe.smembers(place.budget)
            pipe.get(place.dropped)
            if wary:
                pipe.get(_SINCE)
            value, language, asked, dropped, *since = pipe.execute()
            loaded = self._loaded(place, value, language, asked)
            return replace(
                loaded,
                dropped=self._dropped(place, dropped),
                since=_moment(since[0]) if since else None,
            )

        return self._breaker.run(talk)

    def save(
        self,
        place: Place,
        session: Session,
        over: Loaded,
        charges: Iterable[bytes],
        language: str,
        at_home: bool,
    ) -> tuple[Verdict, Loaded | None]:
        """Save a session over the one that was loaded, and charge the budget with it.

        Args:
            charges: the numbers looked up, as `subject_mark` names them.
            language: what was learned of the caller's language; empty to leave it.
            at_home: nothing would be lost if the line dropped here.

        Returns:
            The verdict, and what is in Redis now: None where Redis is away.
        """
        sealed = self._sealer.seal(dump(session), place.session)
        dropped = b"" if at_home else self._seal_dropped(place, session)

        def talk() -> tuple[Verdict, Loaded]:
            verdict, value, asked = self._save(
                keys=[place.budget, place.session, place.caller, place.dropped],
                args=[
                    BUDGET,
                    BUDGET_SECONDS,
                    _VERSION_BYTES,
                    over.version,
                    sealed,
                    SESSION_SECONDS,
                    language,
                    dropped,
                    *charges,
                ],
            )
            there = self._loaded(place, value, None, asked)
            return Verdict(verdict.decode()), replace(there, dropped=over.dropped)

        return self._breaker.run(talk) or (Verdict.AWAY, None)

    def charge(self, place: Place, charges: Iterable[bytes]) -> Verdict:
        """Charge the budget alone, where there is no session."""

        def talk() -> Verdict:
            args: list[int | bytes] = [BUDGET, BUDGET_SECONDS, *charges]
            verdict, _, _ = self._charge(keys=[place.budget], args=args)
            return Verdict(verdict.decode())

        return self._breaker.run(talk) or Verdict.AWAY

    def kept(self, phone: str) -> list[bytes] | None:
        """List the names of all that is kept of a caller; None where Redis is away.

        It looks through every name there is: for a command, and never for a hop.
        """
        tag = self.place(phone).caller.removeprefix("c:")
        return self._breaker.run(
            lambda: list(self._client.scan_iter(match=f"?:{tag}*", count=1_000))
        )

    def forget(self, phone: str) -> int | None:
        """Forget all that is kept of a caller; give how much, None where Redis is away."""
        names = self.kept(phone)
        if not names:
            return None if names is None else 0
        return self._breaker.run(lambda: int(self._client.delete(*names)))

    def note_memory(self) -> None:
        """Note, off the hop, since when Redis has forgotten nothing.

        It has forgotten where the note is gone, where another Redis process answers, and
        where hops of ours found it away: they were saved nowhere.
        """
        failed = self._breaker.failed

        def talk() -> bool:
            run = str(self._client.info("server")["run_id"])
            noted: Any = self._client.get(_SINCE) or b""
            if failed or noted.partition(b" ")[0] != run.encode():
                self._client.set(_SINCE, f"{run} {time.time():.0f}")
            return True

        if self._breaker.run(talk) and failed:
            self._breaker.failed = False

    def answers(self) -> bool:
        """Say whether Redis answers now."""
        return bool(self._breaker.run(lambda: bool(self._client.ping())))

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
            unread=bool(value) and session is None,
        )

    def _seal_dropped(self, place: Place, session: Session) -> bytes:
        """Seal where a call is, with its name; a call that is over cannot be taken up."""
        if session.page.ends:
            return b"-"
        text = f"{place.session}\n{dump_dropped(session.dropped)}"
        return self._sealer.seal(text, place.dropped)

    def _dropped(self, place: Place, value: bytes | None) -> Dropped | None:
        """Read where another call than this one was dropped."""
        try:
            opened = self._sealer.open(value or b"", place.dropped)
        except Tampered:
            return None
        name, _, text = opened.partition("\n")
        return None if name == place.session else read_dropped(text)

    def _hmac(self, text: str) -> bytes:
        return hmac.digest(self._names, text.encode(errors="surrogatepass"), "sha256")


def subject_mark(subject: bytes) -> bytes:
    """Shorten a subject's HMAC to what a day's budget needs."""
    return subject[:MARK_BYTES]


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


def _moment(noted: bytes | None) -> float | None:
    """Read the moment that `note_memory` noted; None where there is none."""
    moment = (noted or b"").rpartition(b" ")[2]
    return float(moment) if moment else None


class _Breaker:
    """Keeps callers away from a store that failed, but for one who tries it again."""

    def __init__(self) -> None:
        self.failed = False
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
            self.failed = True
            return None
        self._open_until = 0.0
        return result
