"""The proof of the words: none lacks, none is surplus, and phones can show them all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from menus.answers import LONG, TEXTS, WORDED, fills
from menus.hours import DAYS, Doors, days_of
from menus.screens import Ask, Menu, Route, Screen, is_key
from menus.words import Words, is_known, places
from models.gsm7 import foreign
from models.numbers import Kind

_PHRASES = (
    "slip",
    "late",
    "lost",
    "gone",
    "doubt",
    "court_desk",
    "no_court_desk",
    "none_here",
    "no_news",
    "dated",
    "fee",
    "no_fee",
    "free",
    "cost",
    "trouble",
    "too_long",
    "not_kept",
    "not_understood",
    "busy",
    "wrong_code",
)
_WEEK = 7
"""Days in a week."""

_KEYS = ("back", "home", "more", "carry_on")
_LISTS = {"sms": (*WORDED, *LONG), "clock": ("parts", "weekdays")}
_SECTIONS = (
    "language",
    "keys",
    "phrases",
    "kinds",
    "bring",
    "days",
    "clock",
    "doors",
    "screens",
    "sms",
)


def faults(screens: Sequence[Screen], languages: Mapping[str, Words]) -> Iterator[str]:
    """Find words that lack, that nobody says or phones cannot show, and languages' clashes."""
    for words in languages.values():
        yield from _wording(screens, words)
    yield from _languages(screens, languages)


def _languages(screens: Sequence[Screen], languages: Mapping[str, Words]) -> Iterator[str]:
    for first in sorted({words.first for words in languages.values()} - {"", *languages}):
        yield f"{first}: no words, and callers who chose none are spoken to in it"
    taken: dict[str, str] = {}
    for words in languages.values():
        if words.key in taken:
            yield f"language ({words.code}): key {words.key} is taken by {taken[words.key]}"
        taken[words.key] = words.code
        if words.key and not is_key(words.key):
            yield f"language ({words.code}): key {words.key} cannot be pressed"
        for screen in screens:
            if isinstance(screen, Menu) and screen.languages:
                yield from _clashes(screen, words)


def _clashes(menu: Menu, words: Words) -> Iterator[str]:
    for choice in menu.choices:
        if choice.key == words.key:
            yield f"{menu.name}: key {words.key} is the language {words.code}'s"


def _wording(screens: Sequence[Screen], words: Words) -> Iterator[str]:
    """Find words that lack, that nobody says, or that phones cannot show."""
    known = [screen for screen in screens if not isinstance(screen, Route)]
    yield from _sections(words)
    yield from _dates(words)
    names = {screen.name for screen in known}
    for name in words.sections.get("screens", {}):
        if name not in names:
            yield f"{name} ({words.code}): words for no screen"
    for screen in known:
        yield from _screen_wording(screen, words)
    for path, text in _texts(words.sections, ""):
        if wrong := foreign(text.replace("\n", "")):
            yield f"{path} ({words.code}): text has {' '.join(wrong)}, which phones cannot show"
        if not (
            path.startswith("screens.") and path.endswith(".text")
        ):  # counted with its size
            for name in sorted(places(text) - _filled(path)):
                yield f"{path} ({words.code}): nobody fills {{{name}}}"


def _sections(words: Words) -> Iterator[str]:
    for section in _SECTIONS:
        if section not in words.sections:
            yield f"{section} ({words.code}): no such section"
    for section in words.sections:
        if section not in _SECTIONS:
            yield f"{section} ({words.code}): words that nobody says"
    wanted = {
        "language": ("name", "key", "date"),
        "days": DAYS,
        "clock": _clock(words),
        "doors": tuple(one for one in Doors if one is not Doors.UNKNOWN),
        "phrases": _PHRASES,
        "keys": _KEYS,
        "kinds": tuple(Kind),
        "bring": tuple(Kind),
        "sms": TEXTS,
    }
    for section, names in wanted.items():
        place = f"{section} ({words.code})"
        may: Sequence[str] = ("locale", "money") if section == "language" else ()
        if section == "days":
            may = [name for name in words.section(section) if days_of(name)]
        yield from _exactly(place, words.section(section), names, _LISTS.get(section, ()), may)


def _dates(words: Words) -> Iterator[str]:
    """Find that it is not known how to write dates, or what the days of a week are."""
    locale = str(words.section("language").get("locale", words.code))
    if not is_known(locale):
        yield f"language ({words.code}): nobody knows how dates are written in {locale}"
    weekdays = words.section("clock").get("weekdays")
    if isinstance(weekdays, list) and weekdays and len(weekdays) != _WEEK:
        yield f"clock ({words.code}): weekdays has {len(weekdays)} names for {_WEEK} days"


def _clock(words: Words) -> Sequence[str]:
    its_own = ("swahili", "parts", "at", "till")
    return ("hours", "weekdays", *(its_own if words.section("clock").get("swahili") else ()))


_FILLED = {
    "clock": frozenset({"days", "opens", "closes", "hour", "part"}),
    "doors": frozenset({"time", "day"}),
}
_PHRASES_FILLED = {
    "dated": frozenset({"text", "date"}),
    "fee": frozenset({"fee", "as_of"}),
    "no_fee": frozenset({"as_of"}),
    "cost": frozenset({"session", "text"}),
}


def _is_screens_text(path: str) -> bool:
    """Say whether a text is a screen's own: its names are looked at with its size."""
    return path.startswith("screens.") and path.endswith(".text")


def _filled(path: str) -> frozenset[str]:
    """Give the names that are filled in words that are no screen's text."""
    section, _, name = path.partition(".")
    if path == "language.money":
        return frozenset({"currency", "amount"})
    if section in _FILLED:
        return _FILLED[section]
    if section == "phrases":
        return _PHRASES_FILLED.get(name, frozenset()) | {"code"}
    return (fills(name) if section == "sms" else frozenset()) | {"code"}


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


def _exactly(
    place: str,
    found: Mapping[str, object],
    wanted: Iterable[str],
    lists: Iterable[str] = (),
    may: Iterable[str] = (),
) -> Iterator[str]:
    wanted, lists = list(wanted), set(lists)
    for name in wanted:
        if not found.get(name):
            yield f"{place}: no words for {name}"
        elif name in lists and not isinstance(found[name], list):
            yield f"{place}: {name} is one text, and wants several"
        elif name not in lists and isinstance(found[name], list):
            yield f"{place}: {name} is several texts, and wants one"
    for name in found:
        if name not in (*wanted, *may):
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
