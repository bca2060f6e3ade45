"""How a text looks: its pages at their widest data, each with its septets."""

from collections.abc import Mapping
from dataclasses import dataclass

from menus.answers import every_text
from menus.check_sizes import widest_facts
from menus.engine import arrange
from menus.pages import lay_out
from menus.screens import Pick, Route, Screen, Tell
from menus.voices import Files
from menus.words import Words
from models.gsm7 import septets

SHOWN = 4
"""Pages of a list that are worth a look: the others are more of the same."""


@dataclass(frozen=True)
class Laid:
    """One page, or one text.

    Attributes:
        room: the septets that it may take.
    """

    text: str
    room: int

    @property
    def taken(self) -> int:
        """The septets that it takes."""
        return septets(self.text)


def laid(files: Files, languages: Mapping[str, Words], part: str, language: str) -> list[Laid]:
    """Lay out a screen or a text by SMS at its widest; nothing for other words.

    Args:
        part: as `menus.texts.part_of` names it.
    """
    section, _, name = part.partition(".")
    words = languages[language]
    if section == "sms":
        found = [Laid(text, room) for one, text, room in every_text(words) if one == name]
        return [max(found, key=lambda one: one.taken)] if found else []
    screen = next((one for one in files.screens if one.name == name), None)
    if section != "screens" or screen is None or isinstance(screen, Route):
        return []
    return _pages(files, languages, screen, words)[:SHOWN]


def _pages(
    files: Files, languages: Mapping[str, Words], screen: Screen, words: Words
) -> list[Laid]:
    items = screen.widest(words) if isinstance(screen, Pick) else ()
    every = (
        arrange(screen, words, words.text(screen.name, facts), items, languages)
        for facts in widest_facts(screen, words)
    )
    lines = max(every, key=lambda one: sum(septets(line.text) for line in one))
    if isinstance(screen, Tell):
        return [Laid("\n".join(line.text for line in lines), files.room)]
    at_home = screen.name == files.home
    return [Laid(one.text, files.room) for one in lay_out(lines, words, at_home, files.room)]
