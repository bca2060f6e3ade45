"""The kinds of screen a caller can meet, as plain data, and the ways out of each.

One function, `exits`, lists the ways out: the engine, the checker and the diagram read it.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Protocol

from menus.wishes import Wish
from menus.words import Facts, Words
from models.country import Country
from models.directory import Directory
from models.documents import Found

BACK, HOME, MORE = "0", "00", "98"
"""Keys that mean the same on every screen. Never `#` or `*`: dialling uses them."""

NAVIGATION = (BACK, HOME, MORE)

CARRY_ON = "9"
"""The key that takes up a dropped call, on screens that offer it."""


def is_key(key: str) -> bool:
    """Say whether a key may be chosen with: one or two ASCII digits that navigate nowhere."""
    return bool(re.fullmatch("[0-9]{1,2}", key)) and key not in NAVIGATION


class Answering(Protocol):
    """What a screen may ask for; a question to the stores costs one statement at most."""

    @property
    def directory(self) -> Directory:
        """Give counties, centres, services and what else is public, from memory."""

    @property
    def now(self) -> datetime:
        """Give the moment of the hop, on the country's clock."""

    @property
    def country(self) -> Country:
        """Give the country: its holidays and its numbers' forms."""

    @property
    def cost(self) -> "Cost | None":
        """Give what the caller's network charges; None where it is not set."""

    def find(self, number: str, kind: str) -> "Finding":
        """Look a number up, within the caller's budget."""

    def may_subscribe(self, number: str, kind: str) -> bool:
        """Say whether the caller has room for a subscription."""

    def sent(self, code: str) -> "Sending":
        """Look for a message to the caller by its code."""


class Luck(StrEnum):
    """How a look-up went."""

    LOOKED = "looked"
    SPENT = "spent"
    AWAY = "away"


@dataclass(frozen=True)
class Finding:
    """What a look-up gave."""

    luck: Luck
    found: tuple[Found, ...] = ()


@dataclass(frozen=True)
class Sending:
    """Whether a message was sent: the day, and whether the database could tell."""

    on: date | None = None
    away: bool = False


@dataclass(frozen=True)
class Cost:
    """What a caller pays, in the country's currency: a session, and a text to the line."""

    session: str
    text: str


@dataclass(frozen=True)
class Look:
    """What a screen's functions see: what the caller said, the stores, the words.

    Attributes:
        before: the screen that the caller came from.

    The words are chosen when they are first wanted: reading the caller's language may cost
    a statement, which a look-up on the same hop saves.
    """

    said: Mapping[str, str] = field(repr=False)
    queries: Answering = field(repr=False)
    choose_words: Callable[[], Words] = field(repr=False)
    before: str = ""

    @cached_property
    def words(self) -> Words:
        """The caller's language."""
        return self.choose_words()


Parse = Callable[[str, Country], Mapping[str, str] | None]
"""Reads what was typed into things said; None is the caller's slip."""

BySms = Callable[[Look, int], str | None]
"""Writes a screen as one text, in at most so many septets; None: as its page is."""

PAGES_A_MENU = 2
"""A menu that takes more at its widest has become a list, unless it says so."""


@dataclass(frozen=True)
class Choice:
    """One line of a menu. Its key never changes, nor does what its name means.

    Attributes:
        says: what choosing it says, for screens further on.
        wish: what choosing it asks to be kept; None asks for nothing.
    """

    name: str
    key: str
    to: str
    says: Mapping[str, str] = field(default_factory=dict)
    wish: Callable[[Look], Wish | None] | None = None


@dataclass(frozen=True)
class Menu:
    """A text and choices; where `parse` is given, something may be typed as well.

    Attributes:
        facts: fills the text's names from the stores.
        widest: gives facts at their widest, for the proof that the page fits.
        languages: offers every language but the caller's, by the language's own key.
        carries_on: offers to take up a dropped call, where there is one.
        answers: tells what a caller came for, though it has no facts.
        pages: how many it may take at its widest.
        by_sms: says it in a text; where it has none, its page is sent.
        promise: what its page promises, and asks to be kept whenever it is shown.
        unless_kept: the screen whose page is shown instead where that cannot be kept.
    """

    name: str
    choices: tuple[Choice, ...]
    facts: Callable[[Look], Facts] | None = None
    widest: Callable[[Words], Iterable[Facts]] | None = None
    parse: Parse | None = None
    typed_to: str = ""
    languages: bool = False
    carries_on: bool = False
    if_stuck: str = ""
    answers: bool = False
    pages: int = PAGES_A_MENU
    by_sms: BySms | None = None
    promise: Callable[[Look], Wish] | None = None
    unless_kept: str = ""


@dataclass(frozen=True)
class Ask:
    """A question whose answer is typed.

    Attributes:
        wish: what answering asks to be kept; None asks for nothing.
    """

    name: str
    parse: Parse
    to: str
    if_stuck: str
    wish: Callable[[Look], Wish | None] | None = None


@dataclass(frozen=True)
class Item:
    """One line of a list from the database: its key is an identity, never a position."""

    key: str
    label: str


@dataclass(frozen=True)
class Pick:
    """A list to choose from; where `parse` is given, something may be typed as well.

    Attributes:
        items: lists what there is to choose, from the stores.
        save: what the picked key is said as.
        widest: lists as much as there may ever be, for the proof that the pages fit.
        wish: what picking asks to be kept; None asks for nothing.
        says: what picking anything says besides.
        facts: fills the text's names.
        widest_facts: gives facts at their widest.
        answers: tells what a caller came for in the list itself.
        by_sms: says it in a text; where it has none, its page is sent.
    """

    name: str
    items: Callable[[Look], Sequence[Item]]
    save: str
    to: str
    if_stuck: str
    widest: Callable[[Words], Sequence[Item]]
    says: Mapping[str, str] = field(default_factory=dict)
    parse: Parse | None = None
    typed_to: str = ""
    facts: Callable[[Look], Facts] | None = None
    widest_facts: Callable[[Words], Iterable[Facts]] | None = None
    answers: bool = False
    wish: Callable[[Look], Wish | None] | None = None
    by_sms: BySms | None = None


@dataclass(frozen=True)
class Route:
    """A decision that nobody sees; every outcome has its way."""

    name: str
    decide: Callable[[Look], StrEnum]
    to: Mapping[StrEnum, str]


@dataclass(frozen=True)
class Tell:
    """A last page: the session ends with it.

    Attributes:
        by_sms: says it in a text; where it has none, its page is sent.
    """

    name: str
    facts: Callable[[Look], Facts] | None = None
    widest: Callable[[Words], Iterable[Facts]] | None = None
    by_sms: BySms | None = None


Screen = Menu | Ask | Pick | Route | Tell


@dataclass(frozen=True)
class Menus:
    """All screens by name, and the one a dial opens.

    Attributes:
        moved: screens that an earlier version called otherwise, by their old names.
    """

    screens: Mapping[str, Screen]
    home: str
    moved: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, screens: Iterable[Screen], home: str, moved: Mapping[str, str] | None = None
    ) -> "Menus":
        """Gather screens; where a name comes twice the checker tells."""
        return cls({screen.name: screen for screen in screens}, home, moved or {})

    def follow(self, name: str) -> str:
        """Give what a screen is called now; empty where it is gone."""
        name = self.moved.get(name, name)
        return name if name in self.screens else ""


def takes_typing(screen: Screen) -> bool:
    """Say whether something may be typed at a screen, beside its keys."""
    return not isinstance(screen, Route | Tell) and screen.parse is not None


def exits(screen: Screen) -> list[tuple[str, str]]:
    """List the ways out of a screen as (what leads there, which screen)."""
    ways: list[tuple[str, str]] = []
    match screen:
        case Menu():
            ways = [(choice.name, choice.to) for choice in screen.choices]
            if screen.parse:
                ways.append(("typed", screen.typed_to))
            ways += [("not kept", screen.unless_kept)] * bool(screen.promise)
        case Ask():
            ways = [("answered", screen.to)]
        case Pick():
            ways = [("picked", screen.to)]
            if screen.parse:
                ways.append(("typed", screen.typed_to))
        case Route():
            ways = [(outcome.value, to) for outcome, to in screen.to.items()]
    if not isinstance(screen, Route | Tell) and screen.if_stuck:
        ways.append(("stuck", screen.if_stuck))
    return ways
