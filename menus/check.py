"""The proof: everything wrong with the menus and the words, found before a call is taken."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from menus.answers import TEXTS, every_text
from menus.engine import arrange
from menus.gsm7 import SMS_SEGMENT, foreign, septets
from menus.pages import Line, lay_out
from menus.screens import (
    NAVIGATION,
    Ask,
    Menu,
    Menus,
    Pick,
    Route,
    Screen,
    Tell,
    exits,
)
from menus.words import FIRST_LANGUAGE, Facts, Words, places
from models.numbers import Kind

WORDS_A_PAGE = 30
"""A caller has about 30 seconds for a page."""

PAGES_A_MENU = 2
"""A menu that takes more at its widest has become a list."""

_PHRASES = (
    "slip",
    "lost",
    "doubt",
    "trouble",
    "too_long",
    "not_kept",
    "not_understood",
    "wrong_code",
)
_KEYS = ("back", "home", "more")
_SECTIONS = ("language", "keys", "phrases", "kinds", "bring", "days", "clock", "screens", "sms")


@dataclass
class Report:
    """What the proof found."""

    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    pages: int = 0
    fullest: int = 0


class BadMenus(Exception):
    """The menus may not take calls; the text names every fault."""


def prove(
    screens: Sequence[Screen], home: str, languages: Mapping[str, Words], room: int
) -> Menus:
    """Give the menus, proved.

    Raises:
        BadMenus: with every fault, one a line.
    """
    report = check(screens, home, languages, room)
    if report.faults:
        raise BadMenus("\n".join(report.faults))
    return Menus.of(screens, home)


def check(
    screens: Sequence[Screen], home: str, languages: Mapping[str, Words], room: int
) -> Report:
    """Find everything wrong with screens and words, all at once.

    Args:
        room: septets on a page.
    """
    report = Report()
    report.faults += list(_Structure(screens, home).faults())
    for words in languages.values():
        report.faults += list(_wording(screens, words))
    report.faults += list(_languages(screens, languages))
    if not report.faults:
        for words in languages.values():
            _Sizes(screens, home, words, languages, room, report).measure()
    return report


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
        for screen in self._screens:
            yield from self._ways(screen)
            yield from _keys(screen)
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
            closed = type(next(iter(screen.to)))
            for outcome in closed:
                if outcome not in screen.to:
                    yield f"{screen.name}: no way for the outcome {outcome.value}"

    def _reach(self) -> Iterator[str]:
        reached = self._reached_from(self._home)
        ways = {name: self._next(name) for name in self._by_name}
        ends = {screen.name for screen in self._screens if _is_answer(screen)}
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

    def _effects(self) -> Iterator[str]:
        """Find keys that keep or send something on one outcome and do another on the next.

        A document may become ready between two hops: a key pressed on the one page must
        never take effect as the other's.
        """
        for route in self._screens:
            if not isinstance(route, Route):
                continue
            outcomes = [to for to in route.to.values() if to in self._by_name]
            meanings: dict[str, dict[tuple[str, str], str]] = {}
            for to in dict.fromkeys(outcomes):
                for key, meaning in _meanings(self._by_name[to]):
                    meanings.setdefault(key, {}).setdefault(meaning, to)
            for key, found in sorted(meanings.items()):
                if len(found) > 1 and any(effect for effect, _ in found):
                    said = " and ".join(
                        f"{effect or way} on {to}" for (effect, way), to in found.items()
                    )
                    yield f"{route.name}: key {key} means {said}"


def _is_answer(screen: Screen) -> bool:
    if isinstance(screen, Menu):
        return screen.answers or screen.facts is not None
    return isinstance(screen, Tell)


def _meanings(screen: Screen) -> list[tuple[str, tuple[str, str]]]:
    """List a screen's keys, each with (its effect, its way): the effect is a wish's name."""
    if isinstance(screen, Menu):
        return [
            (one.key, (one.wish.__name__ if one.wish else "", f"{one.name} to {one.to}"))
            for one in screen.choices
        ]
    if isinstance(screen, Pick):
        return [
            (item.key, ("", f"a line of {screen.name}")) for item in screen.widest(_NO_WORDS)
        ]
    return []


class _NoWords(Words):
    def say(self, section: str, name: str, facts: Facts | None = None) -> str:
        return ""


_NO_WORDS = _NoWords("", {})


def _keys(screen: Screen) -> Iterator[str]:
    if not isinstance(screen, Menu):
        return
    keys = [choice.key for choice in screen.choices]
    for key in sorted(set(keys)):
        if keys.count(key) > 1:
            yield f"{screen.name}: key {key} stands for {keys.count(key)} choices"
        if key in NAVIGATION or not key.isascii() or not key.isdecimal() or len(key) > 2:
            yield f"{screen.name}: key {key} cannot be a choice's"


def _languages(screens: Sequence[Screen], languages: Mapping[str, Words]) -> Iterator[str]:
    if FIRST_LANGUAGE not in languages:
        yield f"{FIRST_LANGUAGE}: no words, and callers who chose none are spoken to in it"
    taken: dict[str, str] = {}
    for words in languages.values():
        key = str(words.sections.get("language", {}).get("key", ""))
        if key in taken:
            yield f"language ({words.code}): key {key} is taken by {taken[key]}"
        taken[key] = words.code
        for screen in screens:
            if isinstance(screen, Menu) and screen.languages:
                for choice in screen.choices:
                    if choice.key == key:
                        yield f"{screen.name}: key {key} is the language {words.code}'s"


def _wording(screens: Sequence[Screen], words: Words) -> Iterator[str]:
    """Find words that lack, that nobody says, or that phones cannot show."""
    known = [screen for screen in screens if not isinstance(screen, Route)]
    yield from _sections(words)
    names = {screen.name for screen in known}
    for name in words.sections.get("screens", {}):
        if name not in names:
            yield f"{name} ({words.code}): words for no screen"
    for screen in known:
        yield from _screen_wording(screen, words)
    for path, text in _texts(words.sections, ""):
        if wrong := foreign(text.replace("\n", "")):
            yield f"{path} ({words.code}): text has {' '.join(wrong)}, which phones cannot show"


def _sections(words: Words) -> Iterator[str]:
    for section in _SECTIONS:
        if section not in words.sections:
            yield f"{section} ({words.code}): no such section"
    for section in words.sections:
        if section not in _SECTIONS:
            yield f"{section} ({words.code}): words that nobody says"
    wanted = {
        "phrases": _PHRASES,
        "keys": _KEYS,
        "kinds": tuple(Kind),
        "bring": tuple(Kind),
        "sms": TEXTS,
    }
    for section, names in wanted.items():
        place = f"{section} ({words.code})"
        yield from _exactly(place, words.sections.get(section, {}), names)


def _screen_wording(screen: Screen, words: Words) -> Iterator[str]:
    place, found = f"{screen.name} ({words.code})", words.screen(screen.name)
    wanted = ["text"]
    if isinstance(screen, Ask):
        wanted.append("again")
    choices = [one.name for one in screen.choices] if isinstance(screen, Menu) else []
    if choices:
        wanted.append("choices")
    yield from _exactly(place, found, wanted)
    yield from _exactly(place, found.get("choices", {}), choices)


def _exactly(place: str, found: Mapping[str, object], wanted: Iterable[str]) -> Iterator[str]:
    wanted = list(wanted)
    for name in wanted:
        if not found.get(name):
            yield f"{place}: no words for {name}"
    for name in found:
        if name not in wanted:
            yield f"{place}: words for {name}, which nobody says"


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _texts(one, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, path)


class _Sizes:
    """Every page of every screen, at its widest, in one language."""

    def __init__(
        self,
        screens: Sequence[Screen],
        home: str,
        words: Words,
        languages: Mapping[str, Words],
        room: int,
        report: Report,
    ) -> None:
        self._screens = screens
        self._home = home
        self._words = words
        self._languages = languages
        self._room = room
        self._report = report

    def measure(self) -> None:
        for screen in self._screens:
            if not isinstance(screen, Route):
                self._measure_screen(screen)
        for name, text in every_text(self._words):
            self._measure_text(f"sms.{name}", text, SMS_SEGMENT)
        for name in ("trouble", "too_long", "not_kept", "not_understood", "wrong_code"):
            self._measure_text(f"phrases.{name}", self._words.say("phrases", name), self._room)

    def _measure_screen(self, screen: Screen) -> None:
        notes = ("",) if isinstance(screen, Tell) else ("", "slip")
        for facts in self._facts(screen):
            head = self._words.text(screen.name, facts)
            lacking = set().union(*(places(line) for line in head)) if head else set()
            for name in sorted(lacking):
                self._fault(screen.name, f"nobody fills {{{name}}}")
            for note in notes:
                items = screen.widest(self._words) if isinstance(screen, Pick) else ()
                lines = arrange(screen, self._words, head, items, self._languages, note)
                self._measure_lines(screen, lines, note)

    def _facts(self, screen: Screen) -> Iterable[Facts]:
        widest: Callable[[Words], Iterable[Facts]] | None = getattr(screen, "widest", None)
        return [{}] if isinstance(screen, Pick) or not widest else widest(self._words)

    def _measure_lines(self, screen: Screen, lines: Sequence[Line], note: str) -> None:
        if isinstance(screen, Tell):
            self._measure_text(screen.name, "\n".join(line.text for line in lines), self._room)
            return
        at_home = screen.name == self._home
        parts = lay_out(lines, self._words, at_home, self._room)
        whole = septets("\n".join(line.text for line in lines))
        most = 1 if isinstance(screen, Ask) else PAGES_A_MENU + bool(note)
        if len(parts) > most and not isinstance(screen, Pick):
            self._fault(screen.name, f"text takes {whole} of {self._room * most}")
        for line in lines:
            if line.key and septets(line.text) > self._room // 2:
                self._fault(screen.name, f"choice {line.key} takes {septets(line.text)}")
        for part in parts:
            self._measure_text(screen.name, part.text, self._room)
            self._warn(screen.name, part.text, note)

    def _measure_text(self, place: str, text: str, room: int) -> None:
        taken = septets(text)
        self._report.pages += 1
        self._report.fullest = max(self._report.fullest, taken)
        if taken > room:
            self._fault(place, f"text takes {taken} of {room}")

    def _fault(self, place: str, what: str) -> None:
        fault = f"{place} ({self._words.code}): {what}"
        if fault not in self._report.faults:
            self._report.faults.append(fault)

    def _warn(self, place: str, text: str, note: str) -> None:
        count = len(text.split())
        warning = f"{place} ({self._words.code}): a page of {count} words"
        if not note and count > WORDS_A_PAGE and warning not in self._report.warnings:
            self._report.warnings.append(warning)
