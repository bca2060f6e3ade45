"""What screens say, one file a language in `words/`, and how data reads in each language.

A line of a screen whose fact is empty is left out: where no source says, nothing is said.
"""

import datetime
import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal

from models.centres import Centre
from models.country import kenya
from models.gsm7 import plain

Facts = Mapping[str, str]

FOLDER = Path(__file__).parent / "words"
_PLACE = re.compile(r"\{([a-z_]+)\}")
_HOUR = re.compile(r"([0-9]{2}):([0-9]{2})")
_NARROW_BLANK = "\u202f"
"""What some languages write between thousands."""


@dataclass(frozen=True)
class Words:
    """One language.

    Attributes:
        sections: its file, as read.
        first: the language of callers who have chosen none, and of what is not said in this.
    """

    code: str
    sections: Mapping[str, Any] = field(repr=False)
    first: str = ""

    @cached_property
    def digest(self) -> str:
        """A digest of all that the language says."""
        return hashlib.sha256(repr((self.first, self.sections)).encode()).hexdigest()

    @property
    def name(self) -> str:
        """The language's own name for itself."""
        return str(self.section("language").get("name", ""))

    @property
    def key(self) -> str:
        """The key that chooses this language, on every screen that offers languages."""
        return str(self.section("language").get("key", ""))

    def section(self, name: str) -> Mapping[str, Any]:
        """Give a section of the file; empty where it has none, as the checker will say."""
        found: Mapping[str, Any] = self.sections.get(name, {})
        return found

    def screen(self, name: str) -> Mapping[str, Any]:
        """Give all that the file has for a screen; empty where it has nothing."""
        found: Mapping[str, Any] = self.section("screens").get(name, {})
        return found

    def text(self, screen: str, facts: Facts) -> list[str]:
        """Give a screen's lines with facts filled in."""
        return fill(str(self.screen(screen).get("text", "")), facts)

    def again(self, screen: str) -> list[str]:
        """Give what a question says after a slip."""
        return fill(str(self.screen(screen).get("again", "")), {})

    def choice(self, screen: str, name: str) -> str:
        """Give a choice's label, without its key."""
        return str(self.screen(screen).get("choices", {}).get(name, ""))

    def say(self, section: str, name: str, facts: Facts | None = None) -> str:
        """Give one of the words that belong to no screen, with facts filled in."""
        return "\n".join(fill(str(self.section(section).get(name, "")), facts or {}))

    def variants(self, section: str, name: str) -> list[str]:
        """Give a text's wordings, the fullest first."""
        return [str(one) for one in self.section(section).get(name, ())]

    def date(self, day: date) -> str:
        """Write a date as this language does on a small screen."""
        return _date(day, self.locale, str(self.section("language").get("date", "d/M/yy")))

    def weekday(self, day: datetime.date) -> str:
        """Name a day of the week."""
        return self.weekdays[day.weekday()]

    @property
    def weekdays(self) -> list[str]:
        """The days of the week, Monday first."""
        names = self.section("clock").get("weekdays", ())
        return [str(one) for one in names] or [""] * 7

    def time(self, time: str) -> str:
        """Write a time of day, as it stands in a sentence."""
        return self._clock(time, closing=False)

    def year(self, as_of: str) -> str:
        """Write a year, or a month of a year, that a fact is of."""
        year, _, month = as_of.partition("-")
        return f"{month}/{year}" if month else year

    def money(self, amount: int, currency: str) -> str:
        """Write a sum of money, in whole units."""
        return self._sum(format_decimal(amount, locale=self.locale), currency)

    def price(self, price: str, currency: str) -> str:
        """Write what something costs a caller: a sum, or that it is free."""
        free = not price.strip("0.")
        return self.say("phrases", "free") if free else self._sum(price, currency)

    def _sum(self, amount: str, currency: str) -> str:
        """Write an amount with its currency, in letters that phones show."""
        written = str(self.section("language").get("money", "{currency} {amount}"))
        facts = {"amount": amount.replace(_NARROW_BLANK, " "), "currency": currency}
        return plain("".join(fill(written, facts)))

    @property
    def locale(self) -> str:
        """The language whose dates and numbers this one writes: its own unless it names one."""
        named = str(self.section("language").get("locale", self.code))
        return named if is_known(named) else "en"

    def hours(self, centre: Centre) -> str:
        """Write a centre's hours; empty where no source gives them."""
        if not (centre.opens and centre.closes and centre.days):
            return ""
        return self.say(
            "clock",
            "hours",
            {
                "days": self.say("days", centre.days),
                "opens": self._clock(centre.opens, closing=False),
                "closes": self._clock(centre.closes, closing=True),
            },
        )

    def _clock(self, time: str, closing: bool) -> str:
        """Write a time of day. On the Swahili clock 07:00 is the first hour of the morning.

        Args:
            closing: as the hour that an opening one goes on to.
        """
        clock = self.section("clock")
        shape = _HOUR.fullmatch(time)
        if not shape or not clock.get("swahili"):
            return time
        hour = (int(shape[1]) + 6) % 12 or 12
        minutes = "" if shape[2] == "00" else f":{shape[2]}"
        parts = clock.get("parts", ())
        part = next((one["name"] for one in parts if time <= one["until"]), "")
        facts = {"hour": f"{hour}{minutes}", "part": part}
        return self.say("clock", "till" if closing else "at", facts)


def fill(template: str, facts: Facts) -> list[str]:
    """Fill `{names}` in a text, and leave out each line whose fact is empty.

    Facts are put in as they are: nothing inside them is read as a name again. One of
    several lines makes several.
    """
    lines = []
    for line, names in _lines(template):
        if not names:
            lines.append(line)
        elif all(facts.get(name, "?") for name in names):
            filled = _PLACE.sub(lambda match: facts.get(match[1], match[0]), line)
            lines += filled.split("\n")
    return lines


@lru_cache(maxsize=4096)
def _lines(template: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Part a text into its lines, each with the names that it wants filled."""
    lines = template.strip("\n").split("\n")
    return tuple((line, tuple(_PLACE.findall(line))) for line in lines)


def places(template: str) -> set[str]:
    """List the names that a text wants filled."""
    return set(_PLACE.findall(template))


@lru_cache(maxsize=64)
def is_known(locale: str) -> bool:
    """Say whether it is known how a language writes dates and numbers."""
    try:
        Locale.parse(locale)
    except (UnknownLocaleError, ValueError):
        return False
    return True


def spoken(languages: Mapping[str, Words], code: str | None) -> Words:
    """Give the words of a language; those of the first language where it has none."""
    found = languages.get(code or "")
    if found is None:
        found = next(iter(languages.values()))
        found = languages.get(found.first, found)
    return found


def load(
    folder: Path = FOLDER, code: str = "", *, first: str = "", for_phones: bool = True
) -> dict[str, Words]:
    """Read every language of a folder.

    Args:
        code: the line's own USSD code, for words that name it as `{code}`.
        first: the country's first language; that of the country built in, for its words.
        for_phones: fold letters to those that phones show; a screen of a computer shows all.
    """
    first = first or (kenya().first_language if folder == FOLDER else "")
    languages = {}
    for file in sorted(folder.glob("*.toml")):
        sections = _parsed(file.read_text(encoding="utf-8"))
        folded = read(sections, code, plain if for_phones else str)
        languages[file.stem] = Words(file.stem, folded, first)
    return languages


def read(value: Any, code: str, fold: Callable[[str], str]) -> Any:
    """Give what a file holds, with each of its texts folded and the code put in.

    Args:
        code: the line's own USSD code; empty leaves `{code}` open.
        fold: gives a text in the letters that it is shown in.
    """
    if isinstance(value, str):
        return fold(value.replace("{code}", code) if code else value)
    if isinstance(value, dict):
        return {name: read(one, code, fold) for name, one in value.items()}
    if isinstance(value, list):
        return [read(one, code, fold) for one in value]
    return value


@lru_cache(maxsize=8)
def _parsed(text: str) -> dict[str, Any]:
    """Parse a file's text, once. What is given is read alone: `read` makes its own of it."""
    return tomllib.loads(text)


@lru_cache(maxsize=2048)
def _date(day: date, language: str, pattern: str) -> str:
    return plain(format_date(day, pattern, locale=language))
