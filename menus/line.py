"""The line, put together: what a turn, a text and a command all work with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from menus.engine import Engine
from menus.pages import Page
from menus.screens import Menus
from menus.sessions import Sessions
from menus.words import FIRST_LANGUAGE, Words
from models.base import Database
from models.keys import Keys


@dataclass(frozen=True)
class Line:
    """Menus proved, words read, stores at hand.

    Attributes:
        code: the USSD code that callers dial.
    """

    menus: Menus
    languages: Mapping[str, Words]
    engine: Engine
    database: Database
    sessions: Sessions
    keys: Keys = field(repr=False)
    code: str

    def apology(self, phrase: str) -> Page:
        """Write a last page for when there is nothing else to say."""
        return Page(self.languages[FIRST_LANGUAGE].say("phrases", phrase), ends=True)
