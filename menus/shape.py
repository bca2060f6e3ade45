"""The shape of the menus: the screens that callers see, and the ways between them.

Decisions are left out: a way leads through them to whatever is seen next. So are slips, and
the keys that lead back and home from everywhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from menus.check_ways import is_answer
from menus.screens import Menu, Menus, Route, Screen, exits


@dataclass(frozen=True, eq=False)
class Shape:
    """Screens as they follow each other."""

    menus: Menus

    @cached_property
    def ways(self) -> Mapping[str, tuple[str, ...]]:
        """Every screen that is seen, and those that may be seen next, in the menus' order."""
        return {one: self._seen_after(one) for one in self._seen}

    @cached_property
    def depths(self) -> Mapping[str, int]:
        """How many choices lead from the first page to each screen, in the order of a walk.

        What is typed at a menu skips questions: it counts only where nothing else leads.
        """
        depths = {self.menus.home: 0}
        for typed in (False, True):
            waiting = list(depths)
            while waiting:
                screen = waiting.pop(0)
                for to in self._seen_after(screen, typed):
                    if to not in depths:
                        depths[to] = depths[screen] + 1
                        waiting.append(to)
        return depths

    @cached_property
    def order(self) -> tuple[tuple[str, int], ...]:
        """Every screen once, below the one that leads there first, with its depth."""
        under: dict[str, list[str]] = {}
        for screen, depth in self.depths.items():
            if depth:
                under.setdefault(self._parent(screen, depth), []).append(screen)
        walked: list[tuple[str, int]] = []
        waiting = [self.menus.home]
        while waiting:
            screen = waiting.pop()
            walked.append((screen, self.depths[screen]))
            waiting += reversed(under.get(screen, []))
        return tuple(walked)

    def answers(self, screen: str) -> bool:
        """Say whether who leaves at a screen was answered there."""
        known = self.menus.screens.get(self.menus.follow(screen))
        return known is not None and is_answer(known)

    @property
    def _seen(self) -> Iterator[str]:
        return (name for name, one in self.menus.screens.items() if not isinstance(one, Route))

    def _parent(self, screen: str, depth: int) -> str:
        """Give the screen that leads to another from one choice before."""
        before = (one for one, its in self.depths.items() if its == depth - 1)
        return next(one for one in before if screen in self.ways[one])

    def _seen_after(self, name: str, typed: bool = True) -> tuple[str, ...]:
        found: dict[str, None] = {}
        passed: set[str] = set()
        waiting = self._out_of(self.menus.screens[name], typed)
        while waiting:
            to = waiting.pop(0)
            if to in passed:
                continue
            passed.add(to)
            screen = self.menus.screens[to]
            if isinstance(screen, Route):
                waiting = self._out_of(screen, typed) + waiting
            else:
                found.setdefault(to)
        return tuple(found)

    def _out_of(self, screen: Screen, typed: bool) -> list[str]:
        left_out = {"stuck", *(["typed"] if isinstance(screen, Menu) and not typed else [])}
        return [to for label, to in exits(screen) if label not in left_out]
