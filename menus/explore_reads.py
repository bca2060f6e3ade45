"""Which of the things said the screens read: found by watching them."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from menus.screens import Ask, Look, Menu, Menus, Parse, Pick, Route, Screen, Tell
from models.country import Country

T = TypeVar("T")


class _Noting(Mapping[str, str]):
    """What a caller said, noting which of it is read."""

    def __init__(self, said: Mapping[str, str], read: set[str]) -> None:
        self._said = said
        self._read = read

    def __getitem__(self, name: str) -> str:
        self._read.add(name)
        return self._said[name]

    def __iter__(self) -> Iterator[str]:
        self._read.update(self._said)
        return iter(self._said)

    def __len__(self) -> int:
        return len(self._said)


class Reads:
    """Which of the things said screens read: by watching them.

    Attributes:
        menus: the menus, watched.
    """

    def __init__(self, menus: Menus) -> None:
        self._own: defaultdict[str, set[str]] = defaultdict(set)
        self._typed: dict[str, frozenset[str]] = {}
        self._answers: dict[object, Any] = {}
        watched = {name: self._watched(screen) for name, screen in menus.screens.items()}
        self.menus = replace(menus, screens=watched)

    def forget(self) -> None:
        """Forget what screens answered: the next walk has other stores."""
        self._answers.clear()

    def passing(self) -> Mapping[str, frozenset[str]]:
        """Give, by screen, what screens further on read of what was said before.

        What the screen itself reads is left out: its page shows it.
        """
        screens = self.menus.screens
        wanted = {name: set(self._own[name]) for name in screens}
        growing = True
        while growing:
            before = sum(map(len, wanted.values()))
            for name, screen in screens.items():
                for says, to in self._ways(screen):
                    wanted[name] |= wanted.get(to, set()) - says
            growing = sum(map(len, wanted.values())) > before
        return {name: frozenset(wanted[name] - self._own[name]) for name in screens}

    def _ways(self, screen: Screen) -> Iterator[tuple[frozenset[str], str]]:
        """Give the ways out of a screen, each with the names that it says."""
        typed = self._typed.get(screen.name)
        if isinstance(screen, Menu):
            yield from ((frozenset(one.says), one.to) for one in screen.choices)
        elif isinstance(screen, Pick):
            yield frozenset((*screen.says, screen.save)), screen.to
        elif isinstance(screen, Route):
            yield from ((frozenset(), to) for to in screen.to.values())
        if typed is not None and not isinstance(screen, Route | Tell):
            yield typed, screen.to if isinstance(screen, Ask) else screen.typed_to
        if not isinstance(screen, Route | Tell) and screen.if_stuck:
            yield frozenset(), screen.if_stuck

    def _watched(self, screen: Screen) -> Screen:
        """Give a screen that tells what it reads."""
        watch, listen = partial(self._watch, screen.name), partial(self._listen, screen.name)
        match screen:
            case Menu():
                return replace(
                    screen,
                    facts=screen.facts and watch(screen.facts),
                    parse=screen.parse and listen(screen.parse),
                )
            case Pick():
                return replace(
                    screen,
                    items=watch(screen.items),
                    facts=screen.facts and watch(screen.facts),
                    parse=screen.parse and listen(screen.parse),
                )
            case Ask():
                return replace(screen, parse=listen(screen.parse))
            case Route():
                return replace(screen, decide=watch(screen.decide))
            case Tell():
                return replace(screen, facts=screen.facts and watch(screen.facts))

    def _watch(self, name: str, ask: Callable[[Look], T]) -> Callable[[Look], T]:
        def watched(look: Look) -> T:
            said = tuple(sorted(look.said.items()))
            asked = (ask, id(look.queries), look.words.code, look.before, said)
            if asked not in self._answers:
                noting = _Noting(look.said, self._own[name])
                self._answers[asked] = ask(replace(look, said=noting))
            answer: T = self._answers[asked]
            return answer

        return watched

    def _listen(self, name: str, parse: Parse) -> Parse:
        def parsed(text: str, country: Country) -> Mapping[str, str] | None:
            said = parse(text, country)
            if said is not None:
                self._typed[name] = self._typed.get(name, frozenset(said)) & frozenset(said)
            return said

        return parsed
