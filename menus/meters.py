"""Meters: what the processes of a server count of hops and callbacks, for whoever scrapes one.

The numbers lie in memory that a server shares with its processes, so it makes no difference
which of them answers a scrape. Counting costs a microsecond or two and no disk. A process that
takes the place of another counts on from where that was.
"""

import mmap
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from enum import StrEnum

GATEWAYS = ("africastalking", "safaricom", "flares", "infobip", "hubtel")
"""Those that bring hops; `console` is an agent's."""

SMS_GATEWAYS = ("africastalking", "kannel")
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
"""Seconds that a hop took at most, by which hops are told apart; the rest took longer."""

SEATS = 64
"""Processes of one server at most; any more would share a place."""


class Outcome(StrEnum):
    """What a hop was answered with: a page, a last one, or one of two apologies."""

    PAGE = "page"
    END = "end"
    TROUBLE = "trouble"
    NOT_UNDERSTOOD = "not_understood"


class Callback(StrEnum):
    """What SMS gateways bring."""

    TEXT = "text"
    REPORT = "report"
    OPTOUT = "optout"


class Shed(StrEnum):
    """What is turned away when more come than can be served."""

    SESSION = "session"
    DIAL = "dial"
    CALLBACK = "callback"
    PEOPLE = "people"
    FORGED = "forged"


STATUSES = ("200", "4xx", "500", "503")

_STARTS, _STARTED, _SECONDS = "starts", "started", "seconds"
_SERIES: tuple[tuple[str, ...], ...] = (
    (_STARTS,),
    (_STARTED,),
    (_SECONDS,),
    *(("bucket", str(nth)) for nth in range(len(BOUNDS) + 1)),
    *(("hop", gateway, outcome) for gateway in GATEWAYS for outcome in Outcome),
    *(
        ("callback", gateway, kind, status)
        for gateway in SMS_GATEWAYS
        for kind in Callback
        for status in STATUSES
    ),
    *(("shed", kind) for kind in Shed),
)
_PLACES = {series: place for place, series in enumerate(_SERIES)}
_OCTETS = 8


class Board:
    """Memory that processes share by being forked: a row of numbers for each of them.

    Args:
        rows: how many processes there may be.
    """

    def __init__(self, rows: int = SEATS) -> None:
        memory = mmap.mmap(-1, rows * len(_SERIES) * _OCTETS)
        self._numbers = memoryview(memory).cast("d")
        self.rows = rows

    def row(self, seat: int) -> "memoryview[float]":
        """Give one process's numbers."""
        begin = seat % self.rows * len(_SERIES)
        return self._numbers[begin : begin + len(_SERIES)]


class Meters:
    """What this process counts, and what all together have counted.

    Args:
        board: where; one of its own unless given.
        seat: this process's place there.
    """

    def __init__(self, board: Board | None = None, seat: int = 0) -> None:
        self._lock = threading.Lock()
        self._sit(board or Board(1), seat)

    def share(self, board: Board, seat: int) -> None:
        """Count on a board from now on, at a place where nobody else does."""
        self._sit(board, seat)
        with self._lock:
            self._row[_PLACES[_STARTS,]] += 1
            self._row[_PLACES[_STARTED,]] = time.time()

    def hop(self, gateway: str, outcome: Outcome, seconds: float) -> None:
        """Count a hop, and the time that it took."""
        bucket = _PLACES["bucket", str(bisect_left(BOUNDS, seconds))]
        place = _PLACES.get(("hop", gateway, outcome))
        if place is None:
            return
        with self._lock:
            self._row[place] += 1
            self._row[bucket] += 1
            self._row[_PLACES[_SECONDS,]] += seconds

    def callback(self, gateway: str, kind: Callback, status: int) -> None:
        """Count what an SMS gateway brought, and how it was answered."""
        word = "4xx" if 400 <= status < 500 else str(status)
        self._count(("callback", gateway, kind, word))

    def shed(self, kind: str) -> None:
        """Count a request that was turned away."""
        self._count(("shed", kind))

    def hops(self) -> Iterator[tuple[str, str, float]]:
        """Give the hops of all processes, by gateway and outcome."""
        for gateway, outcome, count in self._of("hop"):
            yield str(gateway), str(outcome), float(count)

    def callbacks(self) -> Iterator[tuple[str, str, str, float]]:
        """Give the callbacks of all processes, by gateway, kind and status."""
        for gateway, kind, status, count in self._of("callback"):
            yield str(gateway), str(kind), str(status), float(count)

    def turned_away(self) -> Iterator[tuple[str, float]]:
        """Give the requests that were turned away by all processes, by kind."""
        for kind, count in self._of("shed"):
            yield str(kind), float(count)

    def times(self) -> tuple[Sequence[tuple[float, float]], float]:
        """Give the hops' times: (bound in seconds, hops within it) each, and their sum."""
        within, found = 0.0, []
        counts = [self._total(("bucket", str(nth))) for nth in range(len(BOUNDS) + 1)]
        for bound, count in zip((*BOUNDS, float("inf")), counts, strict=True):
            within += count
            found.append((bound, within))
        return found, self._total((_SECONDS,))

    def starts(self) -> tuple[float, float]:
        """Give how many processes have started, and when the last one did (0: none did)."""
        started = (row[_PLACES[_STARTED,]] for row in self._rows())
        return self._total((_STARTS,)), max(started)

    def _sit(self, board: Board, seat: int) -> None:
        self._board = board
        self._row = board.row(seat)

    def _count(self, series: tuple[str, ...]) -> None:
        place = _PLACES.get(series)
        if place is not None:
            with self._lock:
                self._row[place] += 1

    def _of(self, sort: str) -> Iterator[tuple[str | float, ...]]:
        for series in _SERIES:
            if series[0] == sort:
                yield (*series[1:], self._total(series))

    def _total(self, series: tuple[str, ...]) -> float:
        place = _PLACES[series]
        return sum(row[place] for row in self._rows())

    def _rows(self) -> "Iterator[memoryview[float]]":
        return map(self._board.row, range(self._board.rows))
