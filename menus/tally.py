"""The tally: what callers did, counted in each process's memory as it happens.

A hop costs no write for it and no round trip. Every few seconds a thread adds what was counted
to the summaries; while the database is away it is kept and tried again. A process that is told
to stop adds the rest; of one that is killed, the last seconds are lost.

A hop counts once: when it was taken and its session saved. One that is delivered again, or
comes late, does not count. While Redis is away nobody knows either, nor where a hop came from:
then every hop counts as one and for its time, and no session and no way.
"""

import atexit
import logging
import secrets
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from models.base import Connection, Database
from models.country import Country
from models.lookups import Channel
from models.networks import OTHER
from models.summaries import writers
from models.summaries.sessions import SESSIONS
from models.summaries.times import TIMES, bound_of
from models.summaries.ways import OUTSIDE, SCREEN, WAYS

PAUSE_SECONDS = 5.0
"""Between two times that what was counted is added."""

MOST = 20_000
"""Different things that are counted at most, while the database is away: some days' worth."""

_LEAVE_SECONDS = 10.0
_NOBODY = ""
_QUARTER = 900
"""Seconds: wherever clocks show another hour, it begins with one of these."""

_Key = tuple[object, ...]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Counted:
    """One hop, as it is counted.

    Attributes:
        network: the gateway's word for it; empty where it has none.
        language: the one that its page was in.
        before: the screen that was seen before; empty where the hop begins a session, None
            where nobody knows.
        after: the screen that it led to.
        ends: its page was the session's last.
    """

    channel: Channel
    network: str
    language: str
    before: str | None
    after: str
    ends: bool
    milliseconds: float


@dataclass
class _Counts:
    """What was counted, by what the summaries' rows are named by."""

    sessions: dict[_Key, list[int]] = field(default_factory=dict)
    times: dict[_Key, list[int]] = field(default_factory=dict)
    ways: dict[_Key, list[int]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many different things."""
        return len(self.sessions) + len(self.times) + len(self.ways)

    def add(self, counts: dict[_Key, list[int]], key: _Key, *more: int) -> None:
        """Count one thing; one that was not counted yet, only where there is room for it."""
        held = counts.get(key)
        if held is not None:
            for nth, one in enumerate(more):
                held[nth] += one
        elif self.size < MOST:
            counts[key] = list(more)

    def add_to(self, connection: Connection) -> None:
        """Add all of it to what stands."""
        SESSIONS.add(connection, self.sessions)
        TIMES.add(connection, self.times)
        WAYS.add(connection, self.ways)


class Tally:
    """Counts for one process.

    Args:
        languages: the codes that there are.
        networks: the codes that are told apart; any other is `other`.
    """

    def __init__(
        self,
        database: Database,
        country: Country,
        languages: Collection[str],
        networks: Collection[str],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._languages = {one: one for one in languages}
        self._first = country.first_language
        self._networks = {_NOBODY: _NOBODY, **{one: one for one in networks}}
        self._clock = clock
        self._hour = lru_cache(maxsize=2)(_Hours(country))
        self._lock = threading.Lock()
        self._counts = _Counts()
        self._adding = threading.Lock()
        self._name = secrets.token_hex(16)
        self._number = 0
        self._waiting: _Counts | None = None
        self._is_failing = False
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tally", daemon=True)

    def start(self) -> None:
        """Add what is counted, every few seconds."""
        self._name = secrets.token_hex(16)  # a process that was forked is another one
        atexit.register(self.close)
        self._thread.start()

    def close(self) -> None:
        """Add what was counted, for the last time."""
        atexit.unregister(self.close)
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(timeout=_LEAVE_SECONDS)

    def count(self, hop: Counted) -> None:
        """Count a hop."""
        day, hour = self._hour(int(self._clock().timestamp()) // _QUARTER)
        channel = hop.channel.value
        language = self._languages.get(hop.language, self._first)
        network = self._networks.get(hop.network, OTHER)
        begins = hop.before == OUTSIDE
        with self._lock:
            counts = self._counts
            there = (day, hour, network, channel, language)
            counts.add(counts.sessions, there, int(begins), 1, int(hop.ends))
            counts.add(counts.times, (day, hour, channel, bound_of(hop.milliseconds)), 1)
            if hop.before is not None:
                before, after = hop.before[:SCREEN], hop.after[:SCREEN]
                counts.add(counts.ways, (day, channel, language, before, after), 1)
                if hop.ends:
                    counts.add(counts.ways, (day, channel, language, after, OUTSIDE), 1)

    def flush(self) -> None:
        """Add what was counted to the summaries, in one transaction.

        Raises:
            Exception: as the database does: it is kept, and added the next time. Whether it
                was added all the same, by a commit that nobody heard of, is known then.
        """
        with self._adding:
            if self._waiting is None:
                self._waiting = self._take()
            if self._waiting is None:
                return
            with self._database.working() as connection:
                if writers.begin(connection, self._name, self._number, self._clock()):
                    self._waiting.add_to(connection)
            self._waiting = None

    def _take(self) -> _Counts | None:
        """Take what was counted, and begin to count anew; None where that is nothing."""
        with self._lock:
            if not self._counts.size:
                return None
            taken, self._counts = self._counts, _Counts()
        self._number += 1
        return taken

    def _run(self) -> None:
        while not self._closed.wait(PAUSE_SECONDS):
            self._try()
        self._try()  # what waited from before
        self._try()

    def _try(self) -> None:
        try:
            self.flush()
        except Exception as error:
            if not self._is_failing:
                _log.warning("counts wait to be added", extra={"error": type(error).__name__})
            self._is_failing = True
        else:
            self._is_failing = False


class _Hours:
    """Tells the day and the hour there of a quarter of an hour."""

    def __init__(self, country: Country) -> None:
        self._country = country

    def __call__(self, quarter: int) -> tuple[date, int]:
        moment = datetime.fromtimestamp(quarter * _QUARTER, self._country.time_zone)
        return moment.date(), moment.hour
