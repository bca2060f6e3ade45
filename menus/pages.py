"""Laying a screen out in pages of the channel's size, counted in septets."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from menus.gsm7 import septets
from menus.screens import BACK, HOME, MORE
from menus.words import Words

CHOICES_A_PAGE = 5
"""Choices on one page at most, besides navigation and language."""


@dataclass(frozen=True)
class Page:
    """What goes to the phone: a text, and whether the session ends with it."""

    text: str = field(repr=False)
    ends: bool = False


@dataclass(frozen=True)
class Line:
    """One line of a screen; one that can be chosen has a key, and what the key means."""

    text: str
    key: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Part:
    """One page of a screen: its text, and what the keys on it mean."""

    text: str = field(repr=False)
    meanings: tuple[tuple[str, str], ...] = ()


def lay_out(lines: Sequence[Line], words: Words, at_home: bool, room: int) -> list[Part]:
    """Fill pages with lines, each page with its navigation, in at most `room` septets.

    A line longer than a page is broken at its blanks.
    """
    last = navigation(words, at_home, more=False)
    whole = _joined(lines, last)
    if septets(whole) <= room and _choices(lines) <= CHOICES_A_PAGE:
        return [Part(whole, _meanings(lines))]
    more = navigation(words, at_home, more=True)
    space = room - septets(more) - 1
    pages: list[list[Line]] = [[]]
    for line in _broken(lines, space):
        if pages[-1] and not _fits([*pages[-1], line], space):
            pages.append([])
        pages[-1].append(line)
    return [
        Part(_joined(page, more if page is not pages[-1] else last), _meanings(page))
        for page in pages
    ]


def navigation(words: Words, at_home: bool, more: bool) -> str:
    """Write the line of keys that every page ends with; empty on a home page of one page."""
    keys = [(MORE, "more")] if more else []
    if not at_home:
        keys += [(BACK, "back"), (HOME, "home")]
    return " ".join(f"{key} {words.say('keys', name)}" for key, name in keys)


def _fits(lines: Sequence[Line], space: int) -> bool:
    return septets(_joined(lines, "")) <= space and _choices(lines) <= CHOICES_A_PAGE


def _joined(lines: Sequence[Line], last: str) -> str:
    return "\n".join([line.text for line in lines] + ([last] if last else []))


def _meanings(lines: Sequence[Line]) -> tuple[tuple[str, str], ...]:
    return tuple((line.key, line.meaning) for line in lines if line.key)


def _choices(lines: Sequence[Line]) -> int:
    return sum(1 for line in lines if line.key)


def _broken(lines: Sequence[Line], space: int) -> list[Line]:
    broken: list[Line] = []
    for line in lines:
        rest = line.text
        while septets(rest) > space:
            cut = _cut(rest, space)
            broken.append(Line(rest[:cut].rstrip(), line.key, line.meaning))
            rest = rest[cut:].lstrip()
        broken.append(Line(rest, line.key, line.meaning))
    return broken


def _cut(text: str, space: int) -> int:
    end = 0
    while end < len(text) and septets(text[: end + 1]) <= space:
        end += 1
    blank = text.rfind(" ", 1, end + 1)
    return blank if blank > 0 else max(1, end)
