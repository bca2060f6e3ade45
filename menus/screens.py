"""The kinds of screen a caller can meet, as plain data, and the ways out of each.

One function, `exits`, lists the ways out: the engine, the checker and the diagram read it.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Protocol

from menus.wishes import Wish
from menus.words import Facts, Words
from models.documents import Found

BACK, HOME, MORE = "0", "00", "98"
"""Keys that mean the same on every screen. Never `#` or `*`: dialling uses them."""

NAVIGATION = (BACK, HOME, MORE)


def is_key(key: str) -> bool:
    """Say whether a key may be chosen with: one or two ASCII digits that navigate nowhere."""
    return bool(re.fullmatch("[0-9]{1,2}", key)) and key not in NAVIGATION


class Answering(Protocol):
    """What a screen may ask the stores for; each question costs one statement at most."""

    def find(self, number: str, kind: str) -> "Finding":
        """Look a number up, within the caller's budget."""

    def may_subscribe(self, number: str, kind: str) -> bool:
        """Say whether the caller has room for a subscription."""


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
class Look:
    """What a screen's functions see: what the caller said, the stores, the words.

    The words are chosen when they are first wanted: reading the caller's language may cost
    a statement, which a look-up on the same hop saves.
    """

    said: Mapping[str, str] = field(repr=False)
    queries: Answering = field(repr=False)
    choose_words: Callable[[], Words] = field(repr=False)

    @cached_property
    def words(self) -> Words:
        """The caller's language."""
        return self.choose_words()


Parse = Callable[[str], Mapping[str, str] | None]
"""Reads what was typed into things said; None is the caller's slip."""


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
        answers: tells what a caller came for, though it has no facts.
    """

    name: str
    choices: tuple[Choice, ...]
    facts: Callable[[Look], Facts] | None = None
    widest: Callable[[Words], Iterable[Facts]] | None = None
    parse: Parse | None = None
    typed_to: str = ""
    languages: bool = False
    if_stuck: str = ""
    answers: bool = False


@dataclass(frozen=True)
class Ask:
    """A question whose answer is typed."""

    name: str
    parse: Parse
    to: str
    if_stuck: str


@dataclass(frozen=True)
class Item:
    """One line of a list from the database: its key is an identity, never a position."""

    key: str
    label: str


@dataclass(frozen=True)
class Pick:
    """A list to choose from.

    Attributes:
        save: what the picked key is said as.
        says: what picking anything says besides.
    """

    name: str
    items: Callable[[Look], Sequence[Item]]
    save: str
    to: str
    if_stuck: str
    widest: Callable[[Words], Sequence[Item]]
    says: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """A decision that nobody sees; every outcome has its way."""

    name: str
    decide: Callable[[Look], StrEnum]
    to: Mapping[StrEnum, str]


@dataclass(frozen=True)
class Tell:
    """A last page: the session ends with it."""

    name: str
    facts: Callable[[Look], Facts] | None = None
    widest: Callable[[Words], Iterable[Facts]] | None = None


Screen = Menu | Ask | Pick | Route | Tell


@dataclass(frozen=True)
class Menus:
    """All screens by name, and the one a dial opens."""

    screens: Mapping[str, Screen]
    home: str

    @classmethod
    def of(cls, screens: Iterable[Screen], home: str) -> "Menus":
        """Gather screens; where a name comes twice the checker tells."""
        return cls({screen.name: screen for screen in screens}, home)


def exits(screen: Screen) -> list[tuple[str, str]]:
    """List the ways out of a screen as (what leads there, which screen)."""
    ways: list[tuple[str, str]] = []
    match screen:
        case Menu():
            ways = [(choice.name, choice.to) for choice in screen.choices]
            if screen.parse:
                ways.append(("typed", screen.typed_to))
        case Ask():
            ways = [("answered", screen.to)]
        case Pick():
            ways = [("picked", screen.to)]
        case Route():
            ways = [(outcome.value, to) for outcome, to in screen.to.items()]
    if not isinstance(screen, Route | Tell) and screen.if_stuck:
        ways.append(("stuck", screen.if_stuck))
    return ways
