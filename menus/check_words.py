"""The proof of the words: none lacks, none is surplus, and phones can show them all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from menus.answers import TEXTS
from menus.gsm7 import foreign
from menus.screens import Ask, Menu, Route, Screen
from menus.words import FIRST_LANGUAGE, Words
from models.numbers import Kind

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


def faults(screens: Sequence[Screen], languages: Mapping[str, Words]) -> Iterator[str]:
    """Find words that lack, that nobody says or phones cannot show, and languages' clashes."""
    for words in languages.values():
        yield from _wording(screens, words)
    yield from _languages(screens, languages)


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
