"""The texts of a language, each with its place: what administrators may change.

A place is the names that lead to a text, with points between, as `screens.ready.text` or
`sms.ready.0`. How a language is named, chosen and writes dates is no text, and stays.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from menus.words import Words, read
from models.gsm7 import plain

_TOGETHER = ("screens", "sms")
"""Sections that are changed by their parts: one screen, or one text, at a time."""


def texts(words: Words) -> dict[str, str]:
    """Give every text that may be changed, by its place, in the order of the file."""
    return {
        place: text.strip("\n")
        for place, text in _walk(words.sections, "")
        if not (place.startswith("language.") or place.endswith(".until"))
    }


def part_of(place: str) -> str:
    """Give what a place is shown and changed with: a screen, a text by SMS, or a section."""
    section, _, rest = place.partition(".")
    return f"{section}.{rest.partition('.')[0]}" if section in _TOGETHER else section


def parts(words: Words) -> list[str]:
    """List the screens, texts by SMS and sections of a language, in the order of the file."""
    return list(dict.fromkeys(map(part_of, texts(words))))


def laid_over(words: Words, changed: Mapping[str, str], code: str) -> Words:
    """Lay changed texts over a language's own, and put the line's code in.

    A place that the language does not have any more is left out.

    Args:
        changed: texts by their places.
        code: the line's own USSD code.
    """

    def lay(place: str, text: str) -> str:
        return changed.get(place, text)

    sections = _mapped(words.sections, "", lay) if changed else words.sections
    return replace(words, sections=read(sections, code, plain))


def _walk(value: object, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    for name, one in _inside(value):
        yield from _walk(one, f"{place}.{name}" if place else name)


def _mapped(value: Any, place: str, change: Callable[[str, str], str]) -> Any:
    """Give what a file holds, with each of its texts changed."""
    if isinstance(value, str):
        return change(place, value)
    inside = {
        name: _mapped(one, f"{place}.{name}" if place else name, change)
        for name, one in _inside(value)
    }
    if isinstance(value, Mapping):
        return inside
    return list(inside.values()) if isinstance(value, list) else value


def _inside(value: object) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list):
        yield from ((str(n), one) for n, one in enumerate(value))
