"""Stays: what became of those who came to each screen, as supervisors read it."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.figures.table import Measure, written
from console.parts import language, say
from menus.shape import Shape
from models.summaries.ways import OUTSIDE, Way, stops

HIGH = 0.2
"""The share of those who came that gave up, from which on a screen is shown in red."""

FEW = 20
"""Who came, below which a share says nothing."""


@dataclass(frozen=True)
class Stay:
    """What became of those who came to a screen.

    Attributes:
        depth: how many choices lead there.
        answers: the screen tells what somebody came for.
        came: from another screen, or from outside.
        again: how often the same screen followed itself: a slip, or its next page.
        on: went to another screen.
        done: left with an answer, or with a last page.
        left: gave up.
    """

    screen: str
    depth: int
    answers: bool
    came: int = 0
    again: int = 0
    on: int = 0
    done: int = 0
    left: int = 0

    @property
    def on_share(self) -> float | None:
        """The share of those who came that went on."""
        return self._share(self.on)

    @property
    def done_share(self) -> float | None:
        """The share of those who came that left with an answer."""
        return self._share(self.done)

    @property
    def left_share(self) -> float | None:
        """The share of those who came that gave up."""
        return self._share(self.left)

    @property
    def is_high(self) -> bool:
        """Whether many gave up."""
        return self.came >= FEW and (self.left_share or 0) >= HIGH

    @property
    def said(self) -> str:
        """All of it in one sentence, in the page's language."""
        spoken = language()
        facts = {
            name: written(getattr(self, name), Measure.NUMBER, spoken)
            for name in ("came", "on", "done", "left")
        }
        return say("figures.stay", **facts)

    def _share(self, part: int) -> float | None:
        return part / self.came if self.came else None


@dataclass(frozen=True)
class Funnel:
    """All stays of a period, and what became of its sessions as a whole.

    Attributes:
        stays: in the order of the menus; screens that are no more come last.
        sessions: those that began.
    """

    stays: Sequence[Stay]
    sessions: int

    @property
    def done(self) -> int:
        """Sessions that ended with an answer."""
        return sum(one.done for one in self.stays)

    @property
    def left(self) -> int:
        """Sessions that were given up."""
        return sum(one.left for one in self.stays)

    @property
    def whole(self) -> int:
        """Sessions that ended."""
        return self.done + self.left

    @property
    def past_home(self) -> int:
        """Sessions that were not given up on the first page."""
        return self.whole - sum(one.left for one in self.stays if not one.depth)

    @property
    def worst(self) -> Sequence[Stay]:
        """The screens where most gave up."""
        leaving = sorted((one for one in self.stays if one.left), key=lambda one: -one.left)
        return leaving[:5]

    @property
    def visited(self) -> Sequence[Stay]:
        """The stays of screens that anybody came to."""
        return [one for one in self.stays if one.came]


def funnel(shape: Shape, ways: Sequence[Way]) -> Funnel:
    """Tell what became of those who came to each screen."""
    again = {way.before: way.hops for way in ways if way.before == way.after}
    found = {one.screen: one for one in stops(way for way in ways if way.before != way.after)}
    gone = [(one, 1) for one in found if one not in shape.depths]
    stays = []
    for screen, depth in (*shape.order, *gone):
        stop, answers = found.get(screen), shape.answers(screen)
        if stop is None:
            stays.append(Stay(screen, depth, answers, again=again.get(screen, 0)))
            continue
        stays.append(
            Stay(
                screen,
                depth,
                answers,
                came=stop.arrivals,
                again=again.get(screen, 0),
                on=stop.departures,
                done=stop.ends + (stop.left if answers else 0),
                left=0 if answers else stop.left,
            )
        )
    began = sum(way.hops for way in ways if way.before == OUTSIDE)
    return Funnel(stays, began)
