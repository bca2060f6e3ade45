"""The ways that callers went: from which screen to which, and where they left."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Column, Connection, String

from models.summaries.sessions import CHANNEL, LANGUAGE
from models.summaries.span import Span
from models.summaries.summary import Summary

SCREEN = 40
"""Letters in the name of a screen."""

OUTSIDE = ""
"""Where a session comes from, and where it goes once a last page was shown."""

WAYS = Summary(
    "ways",
    keys=(
        Column("channel", String(CHANNEL)),
        Column("language", String(LANGUAGE)),
        Column("before", String(SCREEN)),
        Column("after", String(SCREEN)),
    ),
    counts=("hops",),
)
"""One hop leads from the screen that was seen `before` it to the one seen `after` it, which
may be the same. What was dialled behind the code leads straight to where it led. A last page
is one more row, from its screen to `OUTSIDE`, beside the hop that led there."""


@dataclass(frozen=True)
class Way:
    """How many went from one screen to another."""

    before: str
    after: str
    hops: int


@dataclass(frozen=True)
class Stop:
    """What became of those who came to a screen.

    Attributes:
        arrivals: hops that led there, from itself too.
        departures: hops that led on from there, to itself too.
        ends: how many of its pages were a session's last, as it should be.
    """

    screen: str
    arrivals: int
    departures: int
    ends: int

    @property
    def left(self) -> int:
        """How many left there without a last page: they had their answer, or gave up.

        Which of the two, the screen tells: see `menus.check_ways.is_answer`. Of a day that
        is not over, calls under way are among them.
        """
        return max(0, self.arrivals - self.departures - self.ends)


def ways(
    connection: Connection, span: Span, channel: str = "", language: str = ""
) -> list[Way]:
    """Tell how many went which way, on a channel and in a language or all; one statement."""
    only = {"channel": channel, "language": language}
    found = WAYS.total(
        connection,
        span,
        ("before", "after"),
        **{name: value for name, value in only.items() if value},
    )
    return [Way(row.before, row.after, row.hops) for row in found]


def stops(found: Iterable[Way]) -> list[Stop]:
    """Tell what became of those who came to each screen, the most visited first."""
    arrivals: Counter[str] = Counter()
    departures: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    for way in found:
        if way.after == OUTSIDE:
            ends[way.before] += way.hops
        else:
            arrivals[way.after] += way.hops
            departures[way.before] += way.hops
    del departures[OUTSIDE]
    screens = sorted({*arrivals, *departures, *ends}, key=lambda one: (-arrivals[one], one))
    return [Stop(one, arrivals[one], departures[one], ends[one]) for one in screens]
