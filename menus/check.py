"""The proof: everything wrong with the menus and the words, found before a call is taken."""

from collections.abc import Mapping, Sequence

from menus import check_ways, check_words
from menus.check_sizes import Report as Report
from menus.check_sizes import Sizes
from menus.screens import Menus, Screen
from menus.words import Words
from models.gsm7 import SMS_SEGMENT


class BadMenus(Exception):
    """The menus may not take calls; the text names every fault."""


def prove(
    screens: Sequence[Screen],
    home: str,
    languages: Mapping[str, Words],
    room: int,
    moved: Mapping[str, str] | None = None,
) -> Menus:
    """Give the menus, proved: once in a process for the same screens and words.

    Raises:
        BadMenus: with every fault, one a line.
    """
    moved = moved or {}
    words = tuple((code, one.digest) for code, one in languages.items())
    asked = (tuple(map(id, screens)), home, words, room, tuple(moved.items()))
    if asked not in _proved:
        report = check(screens, home, languages, room, moved)
        if report.faults:
            raise BadMenus("\n".join(report.faults))
        _proved[asked] = Menus.of(screens, home, moved)
    return _proved[asked]


_proved: dict[object, Menus] = {}
"""Menus that were proved, which hold the screens that they are asked for by."""


def check(
    screens: Sequence[Screen],
    home: str,
    languages: Mapping[str, Words],
    room: int,
    moved: Mapping[str, str] | None = None,
) -> Report:
    """Find everything wrong with screens and words, all at once.

    Args:
        room: septets on a page.
        moved: screens that an earlier version called otherwise, by their old names.
    """
    report = Report()
    report.faults += check_ways.faults(screens, home, moved or {})
    report.faults += check_words.faults(screens, languages)
    for words in languages.values():
        for one in dict.fromkeys(
            (room, min(room, SMS_SEGMENT))
        ):  # a page also goes out as a text
            Sizes(screens, home, words, languages, one, report).measure()
    return report
