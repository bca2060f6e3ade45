"""The proof: everything wrong with the menus and the words, found before a call is taken."""

from collections.abc import Mapping, Sequence

from menus import check_ways, check_words
from menus.check_sizes import Report as Report
from menus.check_sizes import Sizes
from menus.screens import Menus, Screen
from menus.words import Words


class BadMenus(Exception):
    """The menus may not take calls; the text names every fault."""


def prove(
    screens: Sequence[Screen],
    home: str,
    languages: Mapping[str, Words],
    room: int,
    moved: Mapping[str, str] | None = None,
) -> Menus:
    """Give the menus, proved.

    Raises:
        BadMenus: with every fault, one a line.
    """
    report = check(screens, home, languages, room, moved)
    if report.faults:
        raise BadMenus("\n".join(report.faults))
    return Menus.of(screens, home, moved)


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
        Sizes(screens, home, words, languages, room, report).measure()
    return report
