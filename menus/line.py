"""The line, put together: what a turn, a text and a command all work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from menus.bell import Bell
from menus.callbacks import Callbacks
from menus.engine import Engine
from menus.lookups import Journal, Mover
from menus.meters import Meters
from menus.pages import Page
from menus.parked import Parked
from menus.screens import Cost, Menus
from menus.sessions import Sessions
from menus.tally import Tally
from menus.voices import Voices
from menus.watch import Watch
from menus.words import Words, spoken
from models.base import Database
from models.country import Country
from models.gsm7 import septets
from models.keys import Keys

Clock = Callable[[], datetime]


def now() -> datetime:
    """Give the moment, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Line:
    """Menus proved, words read, stores at hand.

    Attributes:
        voices: what it speaks with: the words in force, and those of calls under way.
        watch: keeps the directory of centres and services at hand.
        country: the country that the line serves.
        code: the USSD code that callers dial.
        journal: records look-ups, before they are answered.
        mover: moves them to the database.
        tally: counts what callers do.
        parked: keeps questions that cannot be looked up now.
        callbacks: keeps what gateways bring meanwhile.
        bell: tells senders that a text waits.
        costs: what a caller pays, by network code.
        clock: tells the moment, in UTC.
        meters: count hops and callbacks, for monitors.
    """

    voices: Voices
    database: Database
    sessions: Sessions
    watch: Watch
    journal: Journal
    mover: Mover
    tally: Tally
    parked: Parked
    callbacks: Callbacks
    bell: Bell
    keys: Keys = field(repr=False)
    country: Country
    code: str
    costs: Mapping[str, Cost] = field(default_factory=dict)
    clock: Clock = now
    meters: Meters = field(default_factory=Meters)

    @property
    def menus(self) -> Menus:
        """The menus, proved."""
        return self.voices.now.menus

    @property
    def languages(self) -> Mapping[str, Words]:
        """The words in force, by language."""
        return self.voices.now.languages

    @property
    def engine(self) -> Engine:
        """The menus in the words in force."""
        return self.voices.now.engine

    @property
    def texts(self) -> Engine:
        """The same, laid out for texts."""
        return self.voices.now.texts

    def apology(self, phrase: str) -> Page:
        """Write a last page for when there is nothing else to say."""
        return Page(spoken(self.languages, None).say("phrases", phrase), ends=True)

    def apology_to_all(self, phrase: str, room: int) -> Page:
        """Write a last page before it is known who is there: in every language that fits.

        Args:
            room: septets on a page.
        """
        first = spoken(self.languages, None)
        others = (words for words in self.languages.values() if words is not first)
        text = first.say("phrases", phrase)
        for words in others:
            longer = f"{text}\n{words.say('phrases', phrase)}"
            text = longer if septets(longer) <= room else text
        return Page(text, ends=True)

    def close(self) -> None:
        """Give everything back."""
        self.parked.close()
        self.callbacks.close()
        self.bell.close()
        self.watch.close()
        self.mover.close()
        self.tally.close()
        self.sessions.close()
        self.database.close()
