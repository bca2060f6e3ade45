"""The machine: one key in, one page out. Pure: it sends nothing and stores nothing.

`step` takes a session, a key and what may be asked of the stores, and gives the session
anew with the page to show and the wishes that the key made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from menus.pages import Line, Page, Part, lay_out
from menus.screens import (
    HOME,
    MORE,
    NAVIGATION,
    Answering,
    Ask,
    Choice,
    Item,
    Look,
    Menu,
    Menus,
    Pick,
    Route,
    Screen,
    Tell,
)
from menus.session import Session
from menus.wishes import SpeakTo, Wish
from menus.words import FIRST_LANGUAGE, Words

SLIPS = 3
"""Slips in a row before a caller is shown where help is."""

_ROUTES = 20
"""Routes in a row at most; the checker refuses rings, this ends one all the same."""


class Asking(Answering, Protocol):
    """What the machine asks the stores besides: the caller's language."""

    def language(self) -> str | None:
        """Give the language that the caller chose, if any."""


@dataclass(frozen=True)
class Stepped:
    """What keys led to."""

    session: Session
    wishes: tuple[Wish, ...] = ()


@dataclass(frozen=True)
class _Pressed:
    """Where one key leads, before the page there is laid out."""

    session: Session
    wish: Wish | None = None
    note: str = ""


class Engine:
    """The menus and the words, ready to take keys.

    Args:
        room: septets on a page.
    """

    def __init__(self, menus: Menus, languages: Mapping[str, Words], room: int) -> None:
        self._menus = menus
        self._languages = languages
        self._room = room

    def open(self, queries: Asking, note: str = "") -> Stepped:
        """Open the home page, as a dial does.

        Args:
            note: the name of a phrase to say first.
        """
        return Stepped(self._show(_Pressed(Session(self._menus.home), note=note), queries))

    def step(self, session: Session, key: str, queries: Asking) -> Stepped:
        """Take one key."""
        return self.fold(session, (key,), queries)

    def fold(self, session: Session | None, keys: Sequence[str], queries: Asking) -> Stepped:
        """Take keys one after the other, from a session or, without one, from a dial.

        Pages between are not laid out: of the stores only what decides the way is asked.
        """
        pressed = _Pressed(session or Session(self._menus.home))
        wishes: list[Wish] = []
        for key in keys:
            pressed = self._press(pressed.session, key, queries)
            if pressed.wish:
                wishes.append(pressed.wish)
        shown = self._show(pressed, queries)
        return Stepped(replace(shown, wished=bool(wishes)), tuple(wishes))

    def words(self, language: str | None) -> Words:
        """Give the words of a language, of the first one where it is not known."""
        return self._languages.get(language or "") or self._languages[FIRST_LANGUAGE]

    def _press(self, session: Session, key: str, queries: Asking) -> _Pressed:
        screen = self._menus.screens.get(session.screen)
        if screen is None or isinstance(screen, Tell | Route):
            return self._go_home(session)
        key = key.strip().removesuffix("#").strip()
        if key in NAVIGATION:
            return self._navigate(session, key, queries)
        match screen:
            case Menu():
                pressed = self._press_menu(screen, session, key, queries)
            case Ask():
                pressed = self._answer(session, screen.to, screen.parse(key), queries)
            case Pick():
                pressed = self._press_pick(screen, session, key, queries)
        return pressed or self._slip(screen, session, queries)

    def _navigate(self, session: Session, key: str, queries: Asking) -> _Pressed:
        session = replace(session, slips=0)
        if key == HOME:
            return self._go_home(session)
        if key == MORE:
            parts = len(self._parts(_Pressed(session), queries))
            return _Pressed(replace(session, part=min(session.part + 1, parts - 1)))
        if session.part > 0:
            return _Pressed(replace(session, part=session.part - 1))
        if not session.trail or session.trail[-1] not in self._menus.screens:
            return self._go_home(session)
        *trail, before = session.trail
        return _Pressed(_at(session, before, tuple(trail)))

    def _press_menu(
        self, menu: Menu, session: Session, key: str, queries: Asking
    ) -> _Pressed | None:
        if language := self._named_language(menu, key):
            chosen = replace(session, language=language, part=0, slips=0)
            return _Pressed(chosen, SpeakTo(language))
        if choice := _choice(menu, session, key):
            wish = choice.wish(self._look(session, queries)) if choice.wish else None
            return replace(self._move(session, choice.to, choice.says, queries), wish=wish)
        if menu.parse:
            return self._answer(session, menu.typed_to, menu.parse(key), queries)
        return None

    def _press_pick(
        self, pick: Pick, session: Session, key: str, queries: Asking
    ) -> _Pressed | None:
        known = session.offered.get(key) or next(
            (item.key for item in pick.items(self._look(session, queries)) if item.key == key),
            None,
        )
        if known is None:
            return None
        return self._move(session, pick.to, {**pick.says, pick.save: known}, queries)

    def _named_language(self, menu: Menu, key: str) -> str:
        if not menu.languages:
            return ""
        return next((code for code, one in self._languages.items() if one.key == key), "")

    def _answer(
        self, session: Session, to: str, said: Mapping[str, str] | None, queries: Asking
    ) -> _Pressed | None:
        return None if said is None else self._move(session, to, said, queries)

    def _move(
        self, session: Session, to: str, said: Mapping[str, str], queries: Asking
    ) -> _Pressed:
        """Go to a screen, through the routes that lie before it."""
        session = replace(session, said={**session.said, **said}, slips=0)
        for _ in range(_ROUTES):
            screen = self._menus.screens[to]
            if to == self._menus.home:
                break
            if not isinstance(screen, Route):
                return _Pressed(_at(session, to, _trail(session, to)))
            to = screen.to[screen.decide(self._look(session, queries))]
        return self._go_home(session)

    def _go_home(self, session: Session) -> _Pressed:
        return _Pressed(Session(self._menus.home, language=session.language))

    def _slip(self, screen: Screen, session: Session, queries: Asking) -> _Pressed:
        slips = session.slips + 1
        help_at = "" if isinstance(screen, Route | Tell) else screen.if_stuck
        if slips >= SLIPS and help_at:
            return self._move(session, help_at, {}, queries)
        return _Pressed(replace(session, slips=slips), note="slip")

    def _show(self, pressed: _Pressed, queries: Asking) -> Session:
        """Lay out the page that the caller gets, and note what its keys mean."""
        session = pressed.session
        language = self._language(session, queries)
        parts = self._parts(pressed, queries)
        part = parts[min(session.part, len(parts) - 1)]
        ends = isinstance(self._menus.screens[session.screen], Tell)
        return replace(
            session,
            language=language,
            part=parts.index(part),
            page=Page(part.text, ends),
            offered=dict(part.meanings),
        )

    def _parts(self, pressed: _Pressed, queries: Asking) -> list[Part]:
        session = pressed.session
        screen = self._menus.screens[session.screen]
        look = self._look(session, queries)
        lines = compose(screen, look, self._languages, pressed.note)
        if isinstance(screen, Tell):
            return [Part("\n".join(line.text for line in lines))]
        return lay_out(lines, look.words, session.screen == self._menus.home, self._room)

    def _language(self, session: Session, queries: Asking) -> str:
        return session.language or queries.language() or FIRST_LANGUAGE

    def _look(self, session: Session, queries: Asking) -> Look:
        return Look(session.said, queries, lambda: self.words(self._language(session, queries)))


def compose(
    screen: Screen, look: Look, languages: Mapping[str, Words], note: str = ""
) -> list[Line]:
    """Write a screen's lines, each with what its key means."""
    facts = getattr(screen, "facts", None)
    head = look.words.text(screen.name, facts(look) if facts else {})
    items = screen.items(look) if isinstance(screen, Pick) else ()
    return arrange(screen, look.words, head, items, languages, note)


def arrange(
    screen: Screen,
    words: Words,
    head: Sequence[str],
    items: Sequence[Item],
    languages: Mapping[str, Words],
    note: str = "",
) -> list[Line]:
    """Put a screen's lines in their order: what is said, then what can be chosen."""
    if note == "slip" and isinstance(screen, Ask):
        head = words.again(screen.name)
    elif note:
        head = [*words.say("phrases", note).split("\n"), *head]
    lines = [Line(text) for text in head]
    if isinstance(screen, Menu):
        lines += [
            Line(f"{one.key} {words.choice(screen.name, one.name)}", one.key, one.name)
            for one in screen.choices
        ]
        if screen.languages:
            lines += [
                Line(f"{one.key} {one.name}")
                for one in languages.values()
                if one.code != words.code
            ]
    return lines + [Line(f"{item.key} {item.label}", item.key, item.key) for item in items]


def _choice(menu: Menu, session: Session, key: str) -> Choice | None:
    """Give the choice that a key meant on the page seen, or means on another of its pages."""
    name = session.offered.get(key)
    for choice in menu.choices:
        if choice.name == name or (name is None and choice.key == key):
            return choice
    return None


def _at(session: Session, screen: str, trail: tuple[str, ...]) -> Session:
    return replace(session, screen=screen, trail=trail, part=0, slips=0, offered={})


def _trail(session: Session, to: str) -> tuple[str, ...]:
    """Give the way back from `to`: cut where the caller has been there before."""
    trail = (*session.trail, session.screen)
    return trail[: trail.index(to)] if to in trail else trail
