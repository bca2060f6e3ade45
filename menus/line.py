"""The line, put together: what a turn, a text and a command all work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from menus.bell import Bell
from menus.engine import Engine
from menus.lookups import Journal, Mover
from menus.pages import Page
from menus.screens import Cost, Menus
from menus.sessions import Sessions
from menus.watch import Watch
from menus.words import Words, spoken
from models.base import Database
from models.country import Country
from models.keys import Keys

Clock = Callable[[], datetime]


def now() -> datetime:
    """Give the moment, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Line:
    """Menus proved, words read, stores at hand.

    Attributes:
        texts: the same menus, laid out for texts.
        watch: keeps the directory of centres and services at hand.
        country: the country that the line serves.
        code: the USSD code that callers dial.
        journal: records look-ups, before they are answered.
        mover: moves them to the database.
        bell: tells senders that a text waits.
        costs: what a caller pays, by network code.
        clock: tells the moment, in UTC.
    """

    menus: Menus
    languages: Mapping[str, Words]
    engine: Engine
    texts: Engine
    database: Database
    sessions: Sessions
    watch: Watch
    journal: Journal
    mover: Mover
    bell: Bell
    keys: Keys = field(repr=False)
    country: Country
    code: str
    costs: Mapping[str, Cost] = field(default_factory=dict)
    clock: Clock = now

    def apology(self, phrase: str) -> Page:
        """Write a last page for when there is nothing else to say."""
        return Page(spoken(self.languages, None).say("phrases", phrase), ends=True)

    def close(self) -> None:
        """Give everything back."""
        self.bell.close()
        self.watch.close()
        self.mover.close()
        self.database.close()
