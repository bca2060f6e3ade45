"""The proof of the screens as a graph: where every way leads, and what every key does."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from menus.screens import Ask, Menu, Pick, Route, Screen, Tell, exits, is_key
from menus.words import Facts, Words


def faults(screens: Sequence[Screen], home: str, moved: Mapping[str, str]) -> Iterator[str]:
    """Find ways to no screen, screens nobody reaches or leaves, rings, and unsafe keys."""
    yield from _Structure(screens, home).faults()
    names = {screen.name for screen in screens}
    for old, new in moved.items():
        if new not in names:
            yield f"{old}: moved to {new}, which is no screen"
        if old in names:
            yield f"{old}: moved to {new}, and is a screen"


class _Structure:
    """The screens as a graph."""

    def __init__(self, screens: Sequence[Screen], home: str) -> None:
        self._screens = screens
        self._home = home
        self._by_name = {screen.name: screen for screen in screens}

    def faults(self) -> Iterator[str]:
        yield from self._twice()
        if self._home not in self._by_name:
            yield f"{self._home}: no such screen, and a dial opens it"
            return
        if isinstance(self._by_name[self._home], Route | Tell):
            yield f"{self._home}: a dial opens it, and nothing can be keyed there"
        for screen in self._screens:
            yield from self._ways(screen)
            yield from _keys(screen)
            yield from self._promises(screen)
        yield from self._reach()
        yield from self._rings()
        yield from self._effects()

    def _twice(self) -> Iterator[str]:
        names = [screen.name for screen in self._screens]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"{name}: the name of {names.count(name)} screens"

    def _ways(self, screen: Screen) -> Iterator[str]:
        for label, to in exits(screen):
            if to not in self._by_name:
                yield f"{screen.name}: {label} leads to {to}, which is no screen"
        if isinstance(screen, Route):
            yield from _outcomes(screen)

    def _promises(self, screen: Screen) -> Iterator[str]:
        """Find promises whose page, where they cannot be kept, has other keys.

        The caller's place is the promise's, whichever of the two pages was seen.
        """
        if not isinstance(screen, Menu) or screen.promise is None:
            return
        other = self._by_name.get(screen.unless_kept)
        if other and (not isinstance(other, Menu) or _meanings(other) != _meanings(screen)):
            yield f"{screen.name}: its keys are others on {other.name}, where it is not kept"

    def _reach(self) -> Iterator[str]:
        reached = self._reached_from(self._home)
        ways = {name: self._next(name) for name in self._by_name}
        ends = {screen.name for screen in self._screens if is_answer(screen)}
        while True:
            more = {name for name, to in ways.items() if name not in ends and to & ends}
            if not more:
                break
            ends |= more
        for screen in self._screens:
            if screen.name not in reached:
                yield f"{screen.name}: nobody can get here from {self._home}"
            if screen.name not in ends:
                yield f"{screen.name}: no way from here to an answer"

    def _next(self, name: str) -> set[str]:
        return {
            to
            for label, to in exits(self._by_name[name])
            if to in self._by_name and label != "stuck"
        }

    def _reached_from(self, start: str) -> set[str]:
        reached, waiting = {start}, [start]
        while waiting:
            for _, to in exits(self._by_name[waiting.pop()]):
                if to in self._by_name and to not in reached:
                    reached.add(to)
                    waiting.append(to)
        return reached

    def _rings(self) -> Iterator[str]:
        routes = {one.name for one in self._screens if isinstance(one, Route)}
        ringed: set[str] = set()
        for name in sorted(routes):
            path, seen = [name], set()
            while path:
                for to in self._next(path.pop()) & routes:
                    if to == name and name not in ringed:
                        ringed.add(name)
                        yield f"{name}: routes run in a ring"
                    if to not in seen:
                        seen.add(to)
                        path.append(to)

    def _shown_after(self, route: Route) -> list[str]:
        """List the screens that a decision can show, through further decisions too."""
        shown: dict[str, None] = {}
        waiting, seen = [route.name], {route.name}
        while waiting:
            for to in exits(self._by_name[waiting.pop(0)]):
                name = to[1]
                if isinstance(self._by_name.get(name), Route) and name not in seen:
                    seen.add(name)
                    waiting.append(name)
                elif name in self._by_name:
                    shown.setdefault(name)
        return list(shown)

    def _effects(self) -> Iterator[str]:
        """Find keys that keep or send something on one outcome and do another on the next.

        A document may become ready between two hops: a key pressed on the one page must
        never take effect as the other's.
        """
        for route in self._screens:
            if not isinstance(route, Route):
                continue
            meanings: dict[str, dict[tuple[str, str], str]] = {}
            for to in self._shown_after(route):
                for key, meaning in _meanings(self._by_name[to]):
                    meanings.setdefault(key, {}).setdefault(meaning, to)
            for key, found in sorted(meanings.items()):
                if len(found) > 1 and any(effect for effect, _ in found):
                    said = " and ".join(
                        f"{effect or way} on {to}" for (effect, way), to in found.items()
                    )
                    yield f"{route.name}: key {key} means {said}"


def _outcomes(route: Route) -> Iterator[str]:
    if not route.to:
        yield f"{route.name}: a decision without ways"
        return
    for outcome in type(next(iter(route.to))):
        if outcome not in route.to:
            yield f"{route.name}: no way for the outcome {outcome.value}"


def is_answer(screen: Screen) -> bool:
    """Say whether a screen tells what a caller came for: who leaves there was answered."""
    if isinstance(screen, Menu):
        return screen.answers or screen.facts is not None
    return isinstance(screen, Tell) or (isinstance(screen, Pick) and screen.answers)


def _meanings(screen: Screen) -> list[tuple[str, tuple[str, str]]]:
    """List a screen's keys, each with (its effect, its way): the effect is a wish's name.

    What is typed counts as one key.
    """
    match screen:
        case Menu():
            meanings = [
                (one.key, (_effect(one.wish), f"{one.name} to {one.to}"))
                for one in screen.choices
            ]
            return meanings + [("typed", ("", f"to {screen.typed_to}"))] * bool(screen.parse)
        case Pick():
            effect = _effect(screen.wish)
            meanings = [
                (item.key, (effect, f"a line of {screen.name}"))
                for item in screen.widest(_NO_WORDS)
            ]
            return meanings + [("typed", ("", f"to {screen.typed_to}"))] * bool(screen.parse)
        case Ask():
            effect = _effect(screen.wish)
            return [("typed", (effect, "" if effect else f"to {screen.to}"))]
    return []


def _effect(wish: Callable[..., object] | None) -> str:
    return wish.__name__ if wish else ""


class _NoWords(Words):
    def say(self, section: str, name: str, facts: Facts | None = None) -> str:
        return ""


_NO_WORDS = _NoWords("", {})


def _keys(screen: Screen) -> Iterator[str]:
    keys, names = _keys_of(screen)
    for key in sorted(set(keys)):
        if keys.count(key) > 1:
            yield f"{screen.name}: key {key} stands for {keys.count(key)} choices"
        if not is_key(key):
            yield f"{screen.name}: key {key} cannot be a choice's"
    for name in sorted(set(names)):
        if names.count(name) > 1:
            yield f"{screen.name}: {name} is the name of {names.count(name)} choices"


def _keys_of(screen: Screen) -> tuple[list[str], list[str]]:
    if isinstance(screen, Menu):
        return [one.key for one in screen.choices], [one.name for one in screen.choices]
    if isinstance(screen, Pick):
        return [item.key for item in screen.widest(_NO_WORDS)], []
    return [], []
