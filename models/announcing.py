"""What is wrong with an announcement that somebody wants to publish: all of it at once."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from models.announcements import CENTRE_TEXT, CODE, TEXT, Announcement
from models.gsm7 import plain, septets

KNOWN = {"code", "since", "until", "as_of", "centre", "source", "text"}
"""What an announcement is made of."""

_SAID = {
    "code_length": f"is not of 1 to {CODE} letters",
    "not_known": "is not known here",
    "no_day": "is not a day, as 2026-09-30 is",
    "before_since": "is before since",
    "no_centre": "is none that is known",
    "not_given": "is not given",
    "no_texts": "is not one for each language",
    "no_language": "is in a language that the line does not speak",
    "no_letters": "has {letters}, which phones cannot show",
    "long": "takes {taken} of {room} septets",
    "lines": "has more than one line",
    "taken": "is taken",
}


@dataclass(frozen=True)
class Fault:
    """What is wrong.

    Attributes:
        place: of what, as `until` or `text.sw`.
        why: one of the keys of `_SAID`.
        facts: what its text names.
    """

    place: str
    why: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.place} {_SAID[self.why].format(**self.facts)}"


def faults(entry: Mapping[str, Any], languages: Set[str], centres: Set[str]) -> Iterator[Fault]:
    """Find everything that is wrong with an announcement.

    Args:
        entry: as a TOML file has it: days as days, `text` by language.
        languages: those that the line speaks.
        centres: the codes of those there are.
    """
    if not 0 < len(str(entry.get("code", ""))) <= CODE:
        yield Fault("code", "code_length")
    for name in sorted(entry.keys() - KNOWN):
        yield Fault(name, "not_known")
    yield from _of_days(entry)
    if entry.get("centre", "") not in {"", *centres}:
        yield Fault("centre", "no_centre")
    if not str(entry.get("source", "")).strip():
        yield Fault("source", "not_given")
    texts = entry.get("text", {})
    if not isinstance(texts, dict):
        yield Fault("text", "no_texts")
        return
    room = room_of(entry)
    for language in sorted(languages | set(texts)):
        text = str(texts.get(language, ""))
        yield from _of_text(text, f"text.{language}", language in languages, room)


def made(entry: Mapping[str, Any]) -> Announcement:
    """Make the announcement of an entry that is without faults."""
    return Announcement(
        code=entry["code"],
        since=entry["since"],
        until=entry.get("until"),
        as_of=entry.get("as_of"),
        texts={name: plain(text.strip()) for name, text in entry["text"].items()},
        source=entry["source"],
        centre_code=entry.get("centre", ""),
    )


def room_of(entry: Mapping[str, Any]) -> int:
    """Give the septets that each of its texts may take."""
    return CENTRE_TEXT if entry.get("centre") else TEXT


def _of_days(entry: Mapping[str, Any]) -> Iterator[Fault]:
    for name in ("since", "until", "as_of"):
        day = entry.get(name)
        if (name == "since" or day is not None) and type(day) is not date:
            yield Fault(name, "no_day")
    since, until = entry.get("since"), entry.get("until")
    if type(since) is date and type(until) is date and until < since:
        yield Fault("until", "before_since")


def _of_text(text: str, place: str, is_spoken: bool, room: int) -> Iterator[Fault]:
    if not is_spoken:
        yield Fault(place, "no_language")
    elif not text.strip():
        yield Fault(place, "not_given")
    taken = septets(plain(text))
    if wrong := [one for one in text.strip() if one != "?" and plain(one) == "?"]:
        yield Fault(place, "no_letters", {"letters": " ".join(wrong)})
    elif taken > room:
        yield Fault(place, "long", {"taken": taken, "room": room})
    if "\n" in text.strip():
        yield Fault(place, "lines")
