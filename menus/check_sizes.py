"""The proof of the sizes: every page of every screen, at its widest data, counted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from menus.answers import every_text
from menus.engine import arrange
from menus.pages import Line, lay_out, navigation
from menus.screens import Menu, Pick, Route, Screen, Tell
from menus.words import Facts, Words, places
from models.gsm7 import septets

WORDS_A_PAGE = 30
"""A caller has about 30 seconds for a page."""

_APOLOGIES = ("trouble", "too_long", "not_kept", "not_understood", "busy", "wrong_code")


@dataclass
class Report:
    """What was counted: pages and texts, the fullest in septets, and what is wrong."""

    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    pages: int = 0
    fullest: int = 0


class Sizes:
    """Every page of every screen, at its widest, in one language."""

    def __init__(
        self,
        screens: Sequence[Screen],
        home: str,
        words: Words,
        languages: Mapping[str, Words],
        room: int,
        report: Report,
    ) -> None:
        self._screens = screens
        self._home = home
        self._words = words
        self._languages = languages
        self._room = room
        self._measured = report

    def measure(self) -> None:
        """Lay out every screen at its widest, and count."""
        for screen in self._screens:
            if not isinstance(screen, Route):
                self._measure_screen(screen)
        for name, text, room in every_text(self._words):
            self._fits(f"sms.{name}", text, room)
        for name in _APOLOGIES:
            self._measure_text(f"phrases.{name}", self._words.say("phrases", name), self._room)

    def _measure_screen(self, screen: Screen) -> None:
        notes = ["", "lost", "gone"] if screen.name == self._home else [""]
        if not isinstance(screen, Tell):
            notes += ["slip", "late"]
        for facts in widest_facts(screen, self._words):
            head = self._words.text(screen.name, facts)
            lacking = set().union(*(places(line) for line in head)) if head else set()
            for name in sorted(lacking):
                self._fault(screen.name, f"nobody fills {{{name}}}")
            for note in notes:
                items = screen.widest(self._words) if isinstance(screen, Pick) else ()
                lines = arrange(
                    screen, self._words, head, items, self._languages, note, carries_on=True
                )
                self._measure_lines(screen, lines, note)

    def _measure_lines(self, screen: Screen, lines: Sequence[Line], note: str) -> None:
        if isinstance(screen, Tell):
            text = "\n".join(line.text for line in lines)
            self._measure_text(screen.name, text, self._room)
            self._warn(screen.name, text, note)
            return
        at_home = screen.name == self._home
        parts = lay_out(lines, self._words, at_home, self._room)
        most = screen.pages + bool(note) if isinstance(screen, Menu) else 1 + (note == "late")
        if len(parts) > most and not isinstance(screen, Pick):
            self._fault(screen.name, self._too_long(lines, at_home, len(parts), most))
        if at_home and not note:
            self._languages_first(screen, parts[0].text)
        for line in lines:
            if line.key and septets(line.text) > self._room // 2:
                self._fault(screen.name, f"choice {line.key} takes {septets(line.text)}")
        for part in parts:
            self._measure_text(screen.name, part.text, self._room)
            self._warn(screen.name, part.text, note)

    def _too_long(self, lines: Sequence[Line], at_home: bool, pages: int, most: int) -> str:
        """Say by how much a screen is too long: as one page, or as several."""
        last = navigation(self._words, at_home, more=False)
        taken = septets("\n".join([*(line.text for line in lines), last]))
        if most > 1 or taken <= self._room:  # it has more choices than a page may
            return f"text takes {pages} pages of {most}"
        return f"text takes {taken} of {self._room}"

    def _languages_first(self, home: Screen, page: str) -> None:
        """Find languages that a caller who reads none of the first page would never see."""
        for one in self._languages.values():
            offered = isinstance(home, Menu) and home.languages and one.code != self._words.code
            if offered and f"{one.key} {one.name}" not in page.split("\n"):
                self._fault(home.name, f"no room on the first page to offer {one.code}")

    def _measure_text(self, place: str, text: str, room: int) -> None:
        self._measured.pages += 1
        self._measured.fullest = max(self._measured.fullest, septets(text))
        self._fits(place, text, room)

    def _fits(self, place: str, text: str, room: int) -> None:
        taken = septets(text)
        if taken > room:
            self._fault(place, f"text takes {taken} of {room}")

    def _fault(self, place: str, what: str) -> None:
        fault = f"{place} ({self._words.code}): {what}"
        if fault not in self._measured.faults:
            self._measured.faults.append(fault)

    def _warn(self, place: str, text: str, note: str) -> None:
        count = len(text.split())
        warning = f"{place} ({self._words.code}): a page of {count} words"
        if not note and count > WORDS_A_PAGE and warning not in self._measured.warnings:
            self._measured.warnings.append(warning)


def widest_facts(screen: Screen, words: Words) -> Iterable[Facts]:
    """Give the facts of a screen at their widest; one empty set where it has none."""
    name = "widest_facts" if isinstance(screen, Pick) else "widest"
    widest: Callable[[Words], Iterable[Facts]] | None = getattr(screen, name, None)
    return widest(words) if widest else [{}]
