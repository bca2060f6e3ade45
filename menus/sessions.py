"""Sessions kept in Redis, with what one caller's hop needs beside them.

One round trip loads the session, the caller's language, the numbers asked today and where
an earlier call was dropped; one saves, in a script that compares before it sets and counts
the budget in the same breath. Everything of one caller shares a hash tag. Values are
encrypted, names are HMACs.

Redis may be away at any time. Then nothing is loaded or saved, and nothing waits: after a
failure a server is left alone for two seconds, and then tried by one thread at a time. Of a
Cluster only those callers notice whose server is away.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from redis.exceptions import AskError, RedisError, TryAgainError

from menus.anew import replace
from menus.nodes import TIMEOUT_SECONDS as TIMEOUT_SECONDS
from menus.nodes import Node, Nodes
from menus.nodes import connect as connect
from menus.packing import pack, unpack
from menus.session import Dropped, Session, dump, dump_dropped, read, read_dropped
from menus.wires import Script
from models.asked import BUDGET
from models.country import Country
from models.keys import Hmac, Sealer, Versions, derive

PAUSE_SECONDS = 2.0
"""How long a server is left alone after a failure."""

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

_TRIED = "tried"
"""Names what is written to see whether a Redis that failed takes writes again."""

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

_CHARGE = Script.of(f"""
local first = 3
{_COUNT}
return {{'saved', '', {{}}}}
""")

_SAVE = Script.of(f"""
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
""")


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
        nodes: the Redis servers, as `connect` finds them.
        secret: the line's secret, for encrypting values and naming keys.
        country: whose midnight ends the day of a budget.
    """

    def __init__(self, nodes: Nodes, secret: str, country: Country) -> None:
        self._nodes = nodes
        self._country = country
        root = hashlib.sha256(secret.encode()).digest()
        self._names = Hmac(derive(root, "redis names"))
        self._sealer = Sealer(Versions(((1, root),)), "session")
        self._breakers: dict[str, _Breaker] = {}

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
        node = self._nodes.of(place.caller)

        def talk(node: Node) -> Loaded:
            asked_for = [
                ("MGET", place.session, place.caller, place.dropped),
                ("SMEMBERS", place.budget),
            ]
            if wary:
                asked_for.append(("GET", f"{_SINCE}{node.suffix}"))
            (value, language, dropped), asked, *since = node.wires.ask(*asked_for)
            loaded = self._loaded(place, value, language, asked)
            return replace(
                loaded,
                dropped=self._dropped(place, dropped),
                since=_moment(since[0]) if since and self._is_noted(node) else None,
            )

        return self._run(node, talk)

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
        sealed = self._seal(dump(session), place.session)
        dropped = b"" if at_home else self._seal_dropped(place, session)

        def talk(node: Node) -> tuple[Verdict, Loaded]:
            verdict, value, asked = node.wires.run(
                _SAVE,
                [place.budget, place.session, place.caller, place.dropped],
                [
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

        return self._run(self._nodes.of(place.caller), talk) or (Verdict.AWAY, None)

    def charge(self, place: Place, charges: Iterable[bytes]) -> Verdict:
        """Charge the budget alone, where there is no session."""

        def talk(node: Node) -> Verdict:
            given = [BUDGET, BUDGET_SECONDS, *charges]
            verdict, _, _ = node.wires.run(_CHARGE, [place.budget], given)
            return Verdict(verdict.decode())

        return self._run(self._nodes.of(place.caller), talk) or Verdict.AWAY

    def kept(self, phone: str) -> list[bytes] | None:
        """List the names of all that is kept of a caller; None where Redis is away.

        It looks through every name there is: for a command, and never for a hop.
        """
        caller = self.place(phone).caller
        match = f"?:{caller.removeprefix('c:')}*"
        return self._run(
            self._nodes.of(caller),
            lambda node: list(node.client.scan_iter(match=match, count=1_000)),
        )

    def forget(self, phone: str) -> int | None:
        """Forget all that is kept of a caller; give how much, None where Redis is away."""
        names = self.kept(phone)
        if not names:
            return None if names is None else 0
        node = self._nodes.of(self.place(phone).caller)
        return self._run(node, lambda node: int(node.client.delete(*names)))

    def note_memory(self) -> None:
        """Note, off the hop, since when each server has forgotten nothing.

        One has forgotten where the note is gone, where another Redis process answers, and
        where hops of ours found it away: they were saved nowhere.
        """
        for node in self._nodes.all():
            self._note(node)

    def answers(self) -> bool:
        """Say whether every server of Redis answers now."""
        nodes = self._nodes.all()
        return bool(nodes) and all(
            self._run(node, lambda node: bool(node.client.ping())) for node in nodes
        )

    def close(self) -> None:
        """Look for servers no more, and close every connection to them."""
        self._nodes.close()

    def _note(self, node: Node) -> None:
        breaker, note = self._breaker(node), f"{_SINCE}{node.suffix}"
        failed = breaker.failed

        def talk(node: Node) -> bool:
            client = node.client
            run = str(client.info("server")["run_id"])
            noted: Any = client.get(note) or b""
            if failed or noted.partition(b" ")[0] != run.encode():
                client.set(note, f"{run} {time.time():.0f}")
            return True

        if self._run(node, talk):
            breaker.noted = True
            if failed:
                breaker.failed = False

    def _is_noted(self, node: Node | None) -> bool:
        """Say whether a server's note was read since it was found, and found away."""
        if node is None:
            return False
        breaker = self._breaker(node)
        return breaker.noted and not breaker.failed

    def _run(self, node: Node | None, talk: Callable[[Node], T]) -> T | None:
        """Talk to a server; None where it is away, or nobody knows which it is."""
        if node is None:
            return None
        result = self._breaker(node).run(lambda: talk(node), lambda: _try(node))
        if result is None:
            self._nodes.look_soon()
        return result

    def _breaker(self, node: Node) -> "_Breaker":
        known = self._breakers.get(node.address)
        return known or self._breakers.setdefault(node.address, _Breaker())

    def _loaded(
        self, place: Place, value: bytes | None, language: bytes | None, asked: Iterable[bytes]
    ) -> Loaded:
        session = None
        if value:
            try:
                session = read(self._open(value, place.session))
            except ValueError:
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
        return self._seal(text, place.dropped)

    def _dropped(self, place: Place, value: bytes | None) -> Dropped | None:
        """Read where another call than this one was dropped."""
        try:
            opened = self._open(value or b"", place.dropped)
        except ValueError:
            return None
        name, _, text = opened.partition("\n")
        return None if name == place.session else read_dropped(text)

    def _seal(self, text: str, row: str) -> bytes:
        return self._sealer.seal_octets(pack(text), row)

    def _open(self, value: bytes, row: str) -> str:
        return unpack(self._sealer.open_octets(value, row))

    def _hmac(self, text: str) -> bytes:
        return self._names(text.encode(errors="surrogatepass"))


def subject_mark(subject: bytes) -> bytes:
    """Shorten a subject's HMAC to what a day's budget needs."""
    return subject[:MARK_BYTES]


def _moment(noted: bytes | None) -> float | None:
    """Read the moment that `note_memory` noted; None where there is none."""
    moment = (noted or b"").rpartition(b" ")[2]
    return float(moment) if moment else None


def _try(node: Node) -> bool:
    """Write to a server that failed: one that is paused, full or no primary yet may be read."""
    return bool(node.client.set(f"{_TRIED}{node.suffix}", b"", px=1000))


class _Breaker:
    """Keeps callers away from a server that failed, but for one who tries it again.

    Only who tries it closes the breaker: others, who were answered meanwhile, may have read
    from a server that takes no writes.

    Attributes:
        failed: hops found it away since its memory was noted.
        noted: its memory was noted by this process.
    """

    def __init__(self) -> None:
        self.failed = False
        self.noted = False
        self._open_until = 0.0
        self._trying = threading.Lock()

    def run(self, talk: Callable[[], T], first: Callable[[], bool]) -> T | None:
        """Run `talk`; None where the store is away.

        Args:
            first: what tries a store that failed.
        """
        if self._open_until == 0.0:
            return self._attempt(talk)
        if time.monotonic() < self._open_until or not self._trying.acquire(blocking=False):
            return None
        try:
            if not self._attempt(first):
                return None
            self._open_until = 0.0
            return self._attempt(talk)
        finally:
            self._trying.release()

    def _attempt(self, talk: Callable[[], T]) -> T | None:
        try:
            return talk()
        except (AskError, TryAgainError):
            return None  # it is well, but the names have moved to another
        except (RedisError, OSError):
            self._open_until = time.monotonic() + PAUSE_SECONDS
            self.failed = True
            return None
