"""How long hops took, by hour and channel, as counts of hops that took no longer than a bound.

A hop counts once, when it was taken; one that came again does not.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, SmallInteger, String

from models.summaries.sessions import CHANNEL
from models.summaries.span import Span
from models.summaries.summary import Summary

BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)
"""Milliseconds."""

MORE = 10_000
"""The bound of what took longer than the last of them: a gateway waits for so long."""

TIMES = Summary(
    "times",
    keys=(
        Column("hour", SmallInteger, autoincrement=False),
        Column("channel", String(CHANNEL)),
        Column("bound", SmallInteger, autoincrement=False),
    ),
    counts=("hops",),
)
"""`bound` is one of `BOUNDS`, or `MORE`: the hop took so many milliseconds at most, and more
than the bound before."""


@dataclass(frozen=True)
class Times:
    """How many hops took how long.

    Attributes:
        hops: for each of `BOUNDS`, then for more.
    """

    hops: tuple[int, ...]

    @property
    def count(self) -> int:
        """Every hop."""
        return sum(self.hops)

    def quantile(self, share: float) -> int | None:
        """Give the bound that a share of the hops kept to; None where there were no hops."""
        wanted, reached = share * self.count, 0
        for bound, hops in zip((*BOUNDS, MORE), self.hops, strict=True):
            reached += hops
            if hops and reached >= wanted:
                return bound
        return None


def bound_of(milliseconds: float) -> int:
    """Give the bound that a time is counted under."""
    nth = bisect_left(BOUNDS, milliseconds)
    return BOUNDS[nth] if nth < len(BOUNDS) else MORE


def times(
    connection: Connection, span: Span, by: Sequence[str] = (), **only: object
) -> dict[tuple[Any, ...], Times]:
    """Tell how long hops took, by `day`, `hour` and `channel`, as asked for; one statement."""
    gathered: dict[tuple[Any, ...], dict[int, int]] = {}
    for row in TIMES.total(connection, span, (*by, "bound"), **only):
        gathered.setdefault(tuple(row)[: len(by)], {})[row.bound] = row.hops
    return {
        key: Times(tuple(hops.get(bound, 0) for bound in (*BOUNDS, MORE)))
        for key, hops in gathered.items()
    }
