"""What operators announce: dated, and gone when its day is over."""

from collections.abc import Iterable

from menus.flows import lists
from menus.flows.lists import There
from menus.screens import Look, Menu, Route, Screen
from menus.words import Facts, Words
from models.announcements import TEXT, Announcement

MOST = 8
"""Announcements that the proof lays out together."""


def news(look: Look) -> Facts:
    """Tell today's announcements, the newest first, those of single centres left out."""
    today = look.queries.now.date()
    shown = [
        one for one in look.queries.directory.announcements_on(today) if not one.centre_code
    ]
    none = "" if shown else look.words.say("phrases", "no_news")
    return {"news": "\n".join(_written(look.words, one) for one in shown), "none": none}


def _written(words: Words, announcement: Announcement) -> str:
    text = announcement.text(words.code, words.first)
    if announcement.as_of is None:
        return text
    facts = {"text": text, "date": words.date(announcement.as_of)}
    return words.say("phrases", "dated", facts)


def _widest(words: Words) -> Iterable[Facts]:
    wide = ("WWWWWW " * TEXT)[:TEXT].strip()
    dated = words.say("phrases", "dated", {"text": wide, "date": "30 Sep 2026"})
    return [{"news": "\n".join([dated] * MOST), "none": words.say("phrases", "no_news")}]


SCREENS: list[Screen] = [
    Route(
        "news",
        decide=lists.there,
        to={There.THERE: "announcements", There.AWAY: "no_directory"},
    ),
    Menu(
        "announcements",
        facts=news,
        widest=_widest,
        pages=4 * MOST,  # a list to read
        choices=(),
    ),
]
