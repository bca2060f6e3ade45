"""Laying a screen out in pages of the channel's size, counted in septets."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from menus.screens import BACK, HOME, MORE
from menus.words import Words
from models.gsm7 import septets, widths

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
    first, further = (
        room - septets(navigation(words, on_first, more=True)) - 1
        for on_first in (at_home, False)
    )
    pages = _fill(lines, first, further)
    return [
        Part(
            _joined(
                page, navigation(words, at_home and page is pages[0], page is not pages[-1])
            ),
            _meanings(page),
        )
        for page in pages
    ]


def _fill(lines: Sequence[Line], first: int, further: int) -> list[list[Line]]:
    """Fill pages with lines: the first of `first` septets, the others of `further`."""
    pages: list[list[Line]] = [[]]
    waiting, used, choices = deque(lines), 0, 0
    while waiting:
        line = waiting.popleft()
        space = (first if len(pages) == 1 else further) - used - bool(pages[-1])
        taken = septets(line.text)
        chosen = choices + _choices([line])
        if taken <= space and chosen <= CHOICES_A_PAGE:
            used += taken + bool(pages[-1])
            choices = chosen
            pages[-1].append(line)
            continue
        here, rest = _split(line, taken, space, must=not pages[-1])
        pages[-1] += here
        waiting.appendleft(rest)
        pages.append([])
        used = choices = 0
    return pages


def navigation(words: Words, on_first: bool, more: bool) -> str:
    """Write the line of keys that every page ends with.

    Args:
        on_first: on the page that a dial opens, from which nothing leads back.
    """
    keys = [(MORE, "more")] if more else []
    if not on_first:
        keys += [(BACK, "back"), (HOME, "home")]
    return " ".join(f"{key} {words.say('keys', name)}" for key, name in keys)


def _joined(lines: Sequence[Line], last: str) -> str:
    return "\n".join([line.text for line in lines] + ([last] if last else []))


def _meanings(lines: Sequence[Line]) -> tuple[tuple[str, str], ...]:
    return tuple((line.key, line.meaning) for line in lines if line.key)


def _choices(lines: Sequence[Line]) -> int:
    return sum(1 for line in lines if line.key and line.counts)


def _split(line: Line, taken: int, space: int, must: bool) -> tuple[list[Line], Line]:
    """Begin a long line on a page that it does not fit, where that is worth while.

    Args:
        must: the page is empty, and no other has more room.
    """
    long_text = not line.key and space >= _WORTH_FILLING and taken >= 2 * _WORTH_FILLING
    if not (must or long_text):
        return [], line
    cut = _cut(line.text, space)
    rest = replace(line, text=line.text[cut:].lstrip())
    return [replace(line, text=line.text[:cut].rstrip())], rest


def _cut(text: str, space: int) -> int:
    """Give how much of a text fits, at a blank where there is one."""
    end = next((end for end, used in enumerate(widths(text)) if used > space), len(text))
    blank = text.rfind(" ", 1, end + 1)
    return blank if blank > 0 else max(1, end)
