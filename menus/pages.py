"""Laying a screen out in pages of the channel's size, counted in septets."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from menus.gsm7 import septets
from menus.screens import BACK, HOME, MORE
from menus.words import Words

CHOICES_A_PAGE = 5
"""Choices on one page at most, besides navigation and language."""

_WORTH_FILLING = 30
"""Septets of room on a page for which a long line of text is broken."""


@dataclass(frozen=True)
class Page:
    """What goes to the phone: a text, and whether the session ends with it."""

    text: str = field(repr=False)
    ends: bool = False


@dataclass(frozen=True)
class Line:
    """One line of a screen; one that can be chosen has a key, and what the key means.

    Attributes:
        counts: as one of the choices that a page has room for.
    """

    text: str
    key: str = ""
    meaning: str = ""
    counts: bool = True


@dataclass(frozen=True)
class Part:
    """One page of a screen: its text, and what the keys on it mean."""

    text: str = field(repr=False)
    meanings: tuple[tuple[str, str], ...] = ()


def lay_out(lines: Sequence[Line], words: Words, at_home: bool, room: int) -> list[Part]:
    """Fill pages with lines, each page with its navigation, in at most `room` septets.

    A line longer than a page is broken at its blanks.
    """
    whole = _joined(lines, navigation(words, at_home, more=False))
    if septets(whole) <= room and _choices(lines) <= CHOICES_A_PAGE:
        return [Part(whole, _meanings(lines))]
    pages: list[list[Line]] = [[]]
    waiting = _broken(lines, room - septets(navigation(words, False, more=True)) - 1)
    while waiting:
        line = waiting.pop(0)
        first = len(pages) == 1
        space = room - septets(navigation(words, at_home and first, more=True)) - 1
        if pages[-1] and not _fits([*pages[-1], line], space):
            here, line = _split(line, space - septets(_joined(pages[-1], "")) - 1)
            pages[-1] += here
            pages.append([])
        pages[-1].append(line)
    return [
        Part(
            _joined(
                page, navigation(words, at_home and page is pages[0], page is not pages[-1])
            ),
            _meanings(page),
        )
        for page in pages
    ]


def navigation(words: Words, on_first: bool, more: bool) -> str:
    """Write the line of keys that every page ends with.

    Args:
        on_first: on the page that a dial opens, from which nothing leads back.
    """
    keys = [(MORE, "more")] if more else []
    if not on_first:
        keys += [(BACK, "back"), (HOME, "home")]
    return " ".join(f"{key} {words.say('keys', name)}" for key, name in keys)


def _fits(lines: Sequence[Line], space: int) -> bool:
    return septets(_joined(lines, "")) <= space and _choices(lines) <= CHOICES_A_PAGE


def _joined(lines: Sequence[Line], last: str) -> str:
    return "\n".join([line.text for line in lines] + ([last] if last else []))


def _meanings(lines: Sequence[Line]) -> tuple[tuple[str, str], ...]:
    return tuple((line.key, line.meaning) for line in lines if line.key)


def _choices(lines: Sequence[Line]) -> int:
    return sum(1 for line in lines if line.key and line.counts)


def _broken(lines: Sequence[Line], space: int) -> list[Line]:
    broken: list[Line] = []
    for line in lines:
        while septets(line.text) > space:
            cut = _cut(line.text, space)
            broken.append(replace(line, text=line.text[:cut].rstrip()))
            line = replace(line, text=line.text[cut:].lstrip())
        broken.append(line)
    return broken


def _split(line: Line, space: int) -> tuple[list[Line], Line]:
    """Begin a long line of text on the page before, where there is room for a part of it."""
    if line.key or space < _WORTH_FILLING or septets(line.text) < 2 * _WORTH_FILLING:
        return [], line
    cut = _cut(line.text, space)
    rest = replace(line, text=line.text[cut:].lstrip())
    return [replace(line, text=line.text[:cut].rstrip())], rest


def _cut(text: str, space: int) -> int:
    end = 0
    while end < len(text) and septets(text[: end + 1]) <= space:
        end += 1
    blank = text.rfind(" ", 1, end + 1)
    return blank if blank > 0 else max(1, end)
