"""The machine: one key in, one page out. Pure: it sends nothing and stores nothing.

`step` takes a session, a key and what may be asked of the stores, and gives the session
anew with the page to show and the wishes that the key made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from menus.anew import replace
from menus.pages import CHOICES_A_PAGE, Line, Page, Part, lay_out
from menus.screens import (
    CARRY_ON,
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
from menus.session import Dropped, Session, Step
from menus.wishes import SpeakTo, Wish
from menus.words import Words, spoken
from models.country import Country
from models.gsm7 import septets

SLIPS = 3
"""Slips in a row before a caller is shown where help is."""

_ROUTES = 20
"""Routes in a row at most; the checker refuses rings, this ends one all the same."""

_PLAIN_PAGES = 2048
"""Screens without facts that are kept laid out: all there are, in all languages."""


class Asking(Answering, Protocol):
    """What the machine asks the stores besides: the caller's language."""

    @property
    def dropped(self) -> Dropped | None:
        """Give the caller's earlier call, if its line dropped lately."""

    @property
    def told(self) -> Mapping[str, str] | None:
        """Give what operators tell callers now, by language; None where it is nothing."""

    def language(self) -> str | None:
        """Give the language that the caller chose, if any."""


@dataclass(frozen=True)
class Stepped:
    """What keys led to.

    Attributes:
        otherwise: what to show where the last wish, a promise of the page, cannot be kept.
    """

    session: Session
    wishes: tuple[Wish, ...] = ()
    otherwise: Session | None = None


@dataclass(frozen=True)
class _Pressed:
    """Where one key leads, before the page there is laid out.

    Attributes:
        stops: the keys that follow were meant for another page, and lead nowhere.
    """

    session: Session
    wish: Wish | None = None
    stops: bool = False


class Engine:
    """The menus and the words, ready to take keys.

    Args:
        room: septets on a page.
        by_sms: pages go out as texts: a screen says there what it has to say by SMS.
    """

    def __init__(
        self,
        menus: Menus,
        languages: Mapping[str, Words],
        room: int,
        country: Country,
        by_sms: bool = False,
    ) -> None:
        self._menus = menus
        self._languages = languages
        self._room = room
        self._country = country
        self._by_sms = by_sms
        self._plain = lru_cache(_PLAIN_PAGES)(self._lay_out_plain)

    def open(self, queries: Asking, note: str = "") -> Stepped:
        """Open the home page, as a dial does.

        Args:
            note: the name of a phrase to say first.
        """
        return Stepped(self._show(Session(self._menus.home, note=note), queries))

    def step(self, session: Session, key: str, queries: Asking) -> Stepped:
        """Take one key."""
        return self.fold(session, (key,), queries)

    def fold(
        self,
        session: Session | None,
        keys: Sequence[str],
        queries: Asking,
        note: str = "",
    ) -> Stepped:
        """Take keys one after the other, from a session or, without one, from a dial.

        Pages between are not laid out: of the stores only what decides the way is asked.

        Args:
            note: the name of a phrase to say first on the page that is shown.
        """
        pressed = _Pressed(self._moved(session) if session else Session(self._menus.home))
        before = len(session.inputs) if session else 0
        wishes: list[Wish] = []
        for count, key in enumerate(keys, before + 1):
            pressed = self._press(pressed.session, key, queries)
            if pressed.wish:
                wishes.append(pressed.wish)
            if pressed.stops:
                break
            if pressed.session.taken_up:
                pressed = replace(pressed, session=_counted(pressed.session, count))
        shown = self.promised(self._show(_noted(pressed.session, note), queries), queries)
        wishes += shown.wishes
        session = replace(shown.session, wished=bool(wishes))
        return Stepped(session, tuple(wishes), shown.otherwise)

    def promised(self, session: Session, queries: Asking) -> Stepped:
        """Give a session with what the page promises that it shows.

        It comes of what was said alone: it is the same whenever it is asked for.
        """
        screen = self._menus.screens.get(session.screen)
        if not isinstance(screen, Menu) or screen.promise is None:
            return Stepped(session)
        wish = screen.promise(self._look(session, queries))
        other = replace(session, screen=screen.unless_kept, part=0)
        return Stepped(session, (wish,), self._show(other, queries))

    def begin(
        self,
        session: Session,
        way: str,
        said: Mapping[str, str],
        queries: Asking,
        note: str = "",
    ) -> Stepped:
        """Go to a screen, or to what a decision shows, with things said on the way there.

        Args:
            note: the name of a phrase to say first on the page that is shown.
        """
        pressed = self._move(session, way, said, queries)
        return Stepped(self._show(_noted(pressed.session, note), queries))

    def fold_again(self, stored: Session, inputs: Sequence[str], queries: Asking) -> Stepped:
        """Fold all keys of a call anew: from the call it took up, if it took one up."""
        taken_up = stored.taken_up
        if taken_up and tuple(inputs[: taken_up.inputs]) == stored.inputs[: taken_up.inputs]:
            pressed = self._take_up(taken_up, Session(self._menus.home), queries)
            start = replace(pressed.session, inputs=tuple(inputs[: taken_up.inputs]))
            return self.fold(start, inputs[taken_up.inputs :], queries)
        return self.fold(None, inputs, queries)

    def words(self, language: str | None) -> Words:
        """Give the words of a language, of the first one where it is not known."""
        return spoken(self._languages, language)

    def _moved(self, session: Session) -> Session:
        """Follow the screens that have other names now; one that is gone stays unknown."""
        if session.screen in self._menus.screens and not self._menus.moved:
            return session
        follow = self._menus.moved.get
        trail = tuple(
            replace(one, screen=follow(one.screen, one.screen), way=follow(one.way, one.way))
            for one in session.trail
        )
        return replace(
            session,
            screen=follow(session.screen, session.screen),
            way=follow(session.way, session.way),
            trail=trail,
        )

    def _press(self, session: Session, key: str, queries: Asking) -> _Pressed:
        screen = self._menus.screens.get(session.screen)
        if screen is None or isinstance(screen, Route):
            return self._start_again(session, "gone")
        if isinstance(screen, Tell):
            return self._go_home(session)
        key = key.strip().removesuffix("#").strip()
        if key in NAVIGATION:
            return self._navigate(session, key, queries)
        match screen:
            case Menu():
                pressed = self._press_menu(screen, session, key, queries)
            case Ask():
                pressed = self._press_ask(screen, session, key, queries)
            case Pick():
                pressed = self._press_pick(screen, session, key, queries)
        return pressed or self._slip(screen, session, queries)

    def _navigate(self, session: Session, key: str, queries: Asking) -> _Pressed:
        if key == HOME:
            return self._go_home(session)
        if key == MORE:
            session = self._decide_again(session, queries)
            parts = len(self._parts(session, queries))
            return _Pressed(replace(session, part=min(session.part + 1, parts - 1)))
        if session.part > 0:
            return _Pressed(replace(session, part=session.part - 1))
        return self._go_back(session, queries)

    def _go_back(self, session: Session, queries: Asking) -> _Pressed:
        """Go a step back: what was said since is unsaid, and decisions are made again."""
        if not session.trail:
            return self._go_home(session)
        *trail, step = session.trail
        said = {**session.said, **{name: old or "" for name, old in step.unsaid.items()}}
        for name, old in step.unsaid.items():
            if old is None:
                del said[name]
        return self._enter(
            replace(session, said=said, slips=0), step.way or step.screen, tuple(trail), queries
        )

    def _press_menu(
        self, menu: Menu, session: Session, key: str, queries: Asking
    ) -> _Pressed | None:
        if language := self._named_language(menu, key):
            chosen = replace(session, language=language, part=0, slips=0, note="")
            return _Pressed(chosen, SpeakTo(language))
        if menu.carries_on and key == CARRY_ON:
            return self._carry_on(session, queries)
        if choice := _choice(menu, session, key):
            return self._say(session, choice, choice.says, queries)
        if menu.parse:
            return self._type(session, menu.typed_to, menu.parse(key, self._country), queries)
        return None

    def _press_ask(
        self, ask: Ask, session: Session, key: str, queries: Asking
    ) -> _Pressed | None:
        said = ask.parse(key, self._country)
        return None if said is None else self._say(session, ask, said, queries)

    def _say(
        self,
        session: Session,
        asked: Choice | Ask | Pick,
        said: Mapping[str, str],
        queries: Asking,
    ) -> _Pressed:
        """Take an answer, with the wish that it makes."""
        answered = replace(session, said={**session.said, **said})
        wish = asked.wish(self._look(answered, queries)) if asked.wish else None
        return replace(self._move(session, asked.to, said, queries), wish=wish)

    def _press_pick(
        self, pick: Pick, session: Session, key: str, queries: Asking
    ) -> _Pressed | None:
        known = self._picked(pick, session, key, queries)
        if known is not None:
            return self._say(session, pick, {**pick.says, pick.save: known}, queries)
        if pick.parse:
            return self._type(session, pick.typed_to, pick.parse(key, self._country), queries)
        return None

    def _picked(self, pick: Pick, session: Session, key: str, queries: Asking) -> str | None:
        """Give the line that a key means; `1` is taken for `01` where there is no `1`."""
        listed = {item.key for item in pick.items(self._look(session, queries))}
        return next(
            (
                session.offered.get(one, one)
                for one in (key, key.zfill(2))
                if one in session.offered or one in listed
            ),
            None,
        )

    def _named_language(self, menu: Menu, key: str) -> str:
        if not menu.languages:
            return ""
        return next((code for code, one in self._languages.items() if one.key == key), "")

    def _type(
        self, session: Session, to: str, said: Mapping[str, str] | None, queries: Asking
    ) -> _Pressed | None:
        return None if said is None else self._move(session, to, said, queries)

    def _carry_on(self, session: Session, queries: Asking) -> _Pressed | None:
        """Take up a dropped call. Where it is not known any more, the caller is told so."""
        if queries.dropped:
            return self._take_up(queries.dropped, session, queries)
        if session.offered and CARRY_ON not in session.offered:
            return None
        return self._start_again(session, "lost")

    def _take_up(self, dropped: Dropped, session: Session, queries: Asking) -> _Pressed:
        way = self._menus.follow(dropped.way)
        if not way or way == self._menus.home:
            return self._start_again(session, "gone")
        taken = Session(
            session.screen,
            trail=dropped.trail,
            said=dropped.said,
            language=session.language or dropped.language,
            taken_up=dropped,
        )
        taken = self._moved(taken)
        return self._enter(taken, way, taken.trail, queries)

    def _move(
        self, session: Session, to: str, said: Mapping[str, str], queries: Asking
    ) -> _Pressed:
        """Go to a screen, saying what leads there."""
        before = {
            name: session.said.get(name)
            for name, value in said.items()
            if session.said.get(name) != value
        }
        trail = (*session.trail, Step(session.screen, session.way, before))
        session = replace(session, said={**session.said, **said}, slips=0)
        return self._enter(session, to, trail, queries)

    def _enter(
        self, session: Session, way: str, trail: tuple[Step, ...], queries: Asking
    ) -> _Pressed:
        """Show a screen, or the one that the routes before it decide for."""
        to = way
        for _ in range(_ROUTES):
            screen = self._menus.screens.get(to)
            if screen is None:
                return self._start_again(session, "gone")
            if to == self._menus.home:
                break
            if not isinstance(screen, Route):
                return _Pressed(_at(session, to, way, trail))
            to = screen.to[screen.decide(self._look(session, queries))]
        return self._go_home(session)

    def _decide_again(self, session: Session, queries: Asking) -> Session:
        """Stay at a screen, unless what led there leads elsewhere by now."""
        if not session.way:
            return session
        now = self._enter(session, session.way, session.trail, queries).session
        return session if now.screen == session.screen else now

    def _go_home(self, session: Session) -> _Pressed:
        return _Pressed(Session(self._menus.home, language=session.language))

    def _start_again(self, session: Session, note: str) -> _Pressed:
        """Go home with a word: keys that follow were meant for another page."""
        home = self._go_home(session).session
        return _Pressed(replace(home, note=note), stops=True)

    def _slip(self, screen: Screen, session: Session, queries: Asking) -> _Pressed:
        slips = session.slips + 1
        session = self._decide_again(session, queries)
        help_at = "" if isinstance(screen, Route | Tell) else screen.if_stuck
        if slips >= SLIPS and help_at:
            return self._move(session, help_at, {}, queries)
        return _Pressed(replace(session, slips=slips, part=0, note="slip"))

    def _show(self, session: Session, queries: Asking) -> Session:
        """Lay out the page that the caller gets, and note what its keys mean."""
        language = self._language(session, queries)
        parts = self._parts(session, queries)
        count = min(session.part, len(parts) - 1)
        part = parts[count]
        screen = self._menus.screens[session.screen]
        meant = parts if isinstance(screen, Menu) else [part]
        return replace(
            session,
            language=language,
            part=count,
            page=Page(part.text, ends=isinstance(screen, Tell)),
            offered={key: meaning for one in meant for key, meaning in one.meanings},
        )

    def _parts(self, session: Session, queries: Asking) -> Sequence[Part]:
        screen = self._menus.screens[session.screen]
        look = self._look(session, queries)
        if told := self._told(screen, session, look):
            lines = compose(screen, look, self._languages)
            return [Part(told, tuple((one.key, one.meaning) for one in lines if one.key))]
        words, dropped = look.words, bool(queries.dropped)
        is_home = screen.name == self._menus.home
        said = (queries.told or {}).get(words.code, "") if is_home else ""
        note = "" if isinstance(screen, Tell) else session.note
        if _is_plain(screen):
            return self._plain(screen.name, words.code, note, dropped, said)
        lines = compose(screen, look, self._languages, note, dropped, said)
        return self._lay_out(screen, words, lines)

    def _lay_out_plain(
        self, name: str, language: str, note: str, carries_on: bool, said: str
    ) -> Sequence[Part]:
        """Lay out a screen that no store is asked for, once for all callers."""
        screen, words = self._menus.screens[name], self.words(language)
        head = words.text(name, {})
        lines = arrange(screen, words, head, (), self._languages, note, carries_on, said)
        return self._lay_out(screen, words, lines)

    def _lay_out(self, screen: Screen, words: Words, lines: Sequence[Line]) -> Sequence[Part]:
        if isinstance(screen, Tell):
            return [Part("\n".join(line.text for line in lines))]
        return lay_out(lines, words, screen.name == self._menus.home, self._room)

    def _told(self, screen: Screen, session: Session, look: Look) -> str:
        """Write what a screen says in a text; empty where it is sent as a page."""
        if not self._by_sms or isinstance(screen, Ask | Route) or not screen.by_sms:
            return ""
        note = look.words.say("phrases", session.note) + " " if session.note else ""
        told = screen.by_sms(look, self._room - septets(note))
        return f"{note}{told}" if told else ""

    def _language(self, session: Session, queries: Asking) -> str:
        return session.language or queries.language() or self.words(None).code

    def _look(self, session: Session, queries: Asking) -> Look:
        return Look(
            session.said,
            queries,
            lambda: self.words(self._language(session, queries)),
            session.trail[-1].screen if session.trail else "",
        )


def _is_plain(screen: Screen) -> bool:
    """Say whether a screen says the same to every caller of a language."""
    return not isinstance(screen, Pick | Route) and getattr(screen, "facts", None) is None


def compose(
    screen: Screen,
    look: Look,
    languages: Mapping[str, Words],
    note: str = "",
    carries_on: bool = False,
    said: str = "",
) -> list[Line]:
    """Write a screen's lines, each with what its key means.

    Args:
        note: the name of a phrase to say first.
        carries_on: whether there is a dropped call to take up.
        said: what operators tell callers.
    """
    facts = getattr(screen, "facts", None)
    head = look.words.text(screen.name, facts(look) if facts else {})
    items = screen.items(look) if isinstance(screen, Pick) else ()
    return arrange(screen, look.words, head, items, languages, note, carries_on, said)


def arrange(
    screen: Screen,
    words: Words,
    head: Sequence[str],
    items: Sequence[Item],
    languages: Mapping[str, Words],
    note: str = "",
    carries_on: bool = False,
    said: str = "",
) -> list[Line]:
    """Put a screen's lines in their order: what is said, then what can be chosen.

    Languages and a dropped call stand before the choices of a second page; before all
    choices where operators tell callers something, which takes the room of some.
    """
    if note == "slip" and isinstance(screen, Ask):
        head = words.again(screen.name)
    elif note:
        head = [*words.say("phrases", note).split("\n"), *head]
    lines = [Line(text) for text in ([said, *head] if said else head)]
    if isinstance(screen, Menu):
        before = 0 if said else CHOICES_A_PAGE
        choices = [
            Line(f"{one.key} {words.choice(screen.name, one.name)}", one.key, one.name)
            for one in screen.choices
        ]
        lines += choices[:before]
        lines += _beside(screen, words, languages, carries_on)
        lines += choices[before:]
    return lines + [Line(f"{item.key} {item.label}", item.key, item.key) for item in items]


def _beside(
    menu: Menu, words: Words, languages: Mapping[str, Words], carries_on: bool
) -> list[Line]:
    """Write what stands beside a menu's choices, and is not counted as one."""
    others = [one for one in languages.values() if one.code != words.code]
    lines = [Line(f"{one.key} {one.name}") for one in others] if menu.languages else []
    if menu.carries_on and carries_on:
        label = words.say("keys", "carry_on")
        lines.append(Line(f"{CARRY_ON} {label}", CARRY_ON, "carry_on", counts=False))
    return lines


def _choice(menu: Menu, session: Session, key: str) -> Choice | None:
    """Give the choice that a key meant on the page seen, or means on another of its pages."""
    name = session.offered.get(key)
    for choice in menu.choices:
        if choice.name == name or (name is None and choice.key == key):
            return choice
    return None


def _at(session: Session, screen: str, way: str, trail: tuple[Step, ...]) -> Session:
    """Stand at a screen. The way back is cut where the caller has been there before."""
    names = [one.screen for one in trail]
    if screen in names:
        trail = trail[: names.index(screen)]
    return replace(
        session,
        screen=screen,
        way=way if way != screen else "",
        trail=trail,
        part=0,
        slips=0,
        note="",
        offered={},
    )


def _noted(session: Session, note: str) -> Session:
    return replace(session, note=note) if note else session


def _counted(session: Session, inputs: int) -> Session:
    """Note how many keys it cost to take up a dropped call, once."""
    taken_up = session.taken_up
    if taken_up is None or taken_up.inputs:
        return session
    return replace(session, taken_up=replace(taken_up, inputs=inputs))
