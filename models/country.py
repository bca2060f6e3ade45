"""A country: its clock, holidays, money and first language, and how numbers are written.

All of it is read from one file; Kenya's is `reference/country.toml`.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import phonenumbers

from models.numbers import ANY_NUMBER, PRINCIPAL, Form, Formats, NumberType

_HERE = Path(__file__).parent
KENYA = _HERE / "reference" / "country.toml"
KENYA_TEXTS = _HERE.parent / "menus" / "reader.toml"

CURRENCY = 5
"""Letters in what a currency is called on a small screen, at most."""

_TEXTS = {"name", "code", "time_zone", "currency", "first_language"}
_OTHERS = {
    "phones_of",
    "mobile",
    "example_phone",
    "holidays_of",
    "holidays",
    "place_words",
    "numbers",
}
_NUMBER = {"pattern", "slash", "least", "most"}


class BadCountry(ValueError):
    """A country's file cannot be used; the text names every fault, one a line."""


@dataclass(frozen=True, eq=False)
class Country:
    """What the line must know of a country.

    Attributes:
        code: as ISO 3166 has it.
        currency: as prices write it.
        first_language: spoken to callers who have chosen none.
        phones_of: the code of the country whose numbers are written without a prefix.
        mobile: what certainly is a phone number, as phones are kept.
        example_phone: a phone of nobody's, for a look at the line.
        holidays_of: the code of the country whose public holidays are kept; empty for none.
        days_off: public holidays besides.
        place_words: typed beside the name of a place, and no part of it.
        texts: how people there write texts, as `menus/vocabulary.py` reads it.
    """

    name: str
    code: str
    time_zone: ZoneInfo
    currency: str
    first_language: str
    formats: Formats = field(repr=False)
    phones_of: str
    mobile: re.Pattern[str] | None = None
    example_phone: str = ""
    holidays_of: str = ""
    days_off: frozenset[date] = frozenset()
    place_words: frozenset[str] = frozenset()
    texts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, file: Path, texts: Path | None = None) -> "Country":
        """Read a country's file.

        Args:
            texts: where it stands how people there write texts; `reader.toml` beside the
                file unless given, and nothing where there is none.

        Raises:
            BadCountry: with every fault.
        """
        texts = texts or file.with_name("reader.toml")
        faults: list[str] = []
        given = _toml(file, faults)
        written = _toml(texts, faults) if texts.exists() else {}
        if faults:
            raise BadCountry("\n".join(faults))
        return replace(_Checked(given, file.name).country(), texts=written)

    def now_there(self, moment: datetime) -> datetime:
        """Give what the clocks there show at a moment.

        Raises:
            ValueError: the moment is of no known time zone.
        """
        if moment.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return moment.astimezone(self.time_zone)

    def day(self, moment: datetime) -> date:
        """Give the day that it is there at a moment."""
        return self.now_there(moment).date()

    def holiday(self, day: date) -> bool:
        """Say whether a day is a public holiday; a Sunday as such is none."""
        return day in self.days_off or (
            bool(self.holidays_of) and day in _public(self.holidays_of, day.year)
        )


@cache
def kenya() -> Country:
    """Give the country that is built in."""
    return Country.read(KENYA, KENYA_TEXTS)


@lru_cache(maxsize=64)
def _public(code: str, year: int) -> frozenset[date]:
    """List a year's public holidays.

    A calendar that grows by years as it is asked is not safe between threads: this one is
    whole before anybody sees it.
    """
    return frozenset(holidays.country_holidays(code, years=year, expand=False))


def _example_phone(region: str) -> str:
    """Give a region's mobile number for examples; empty where none is known."""
    kind = phonenumbers.PhoneNumberType.MOBILE
    made = phonenumbers.example_number_for_type(region, kind)
    if made is None:
        return ""
    return str(phonenumbers.format_number(made, phonenumbers.PhoneNumberFormat.E164))


def _toml(file: Path, faults: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        faults.append(f"{file.name} cannot be read: {error}")
        return {}


class _Checked:
    """A country's file under examination: what is wrong is gathered, not raised."""

    def __init__(self, given: Mapping[str, Any], file: str) -> None:
        self._given = given
        self._file = file
        self._faults: list[str] = []

    def country(self) -> Country:
        self._refuse_others(self._given, _TEXTS | _OTHERS, "")
        code = self._text("code")
        zone = self._zone(self._text("time_zone"))
        country = Country(
            name=self._text("name"),
            code=code,
            time_zone=zone,
            currency=self._currency(),
            first_language=self._first_language(),
            formats=self._formats(),
            phones_of=self._phones_of(code),
            mobile=self._pattern(self._given, "mobile") if "mobile" in self._given else None,
            example_phone=self._example_phone(code),
            holidays_of=self._holidays_of(),
            days_off=self._days_off(),
            place_words=self._place_words(),
        )
        if self._faults:
            raise BadCountry("\n".join(self._faults))
        return country

    def _fault(self, where: str, what: str) -> None:
        self._faults.append(f"{self._file}: {where}: {what}")

    def _refuse_others(self, given: Mapping[str, Any], known: set[str], where: str) -> None:
        for name in sorted(given.keys() - known):
            self._fault(f"{where}{name}", "not known here")

    def _text(self, name: str) -> str:
        value = self._given.get(name, "")
        if not isinstance(value, str) or not value.strip():
            self._fault(name, "not given, or no text")
            return ""
        return value.strip()

    def _zone(self, name: str) -> ZoneInfo:
        try:
            return ZoneInfo(name or "UTC")
        except (KeyError, ValueError, OSError):
            self._fault("time_zone", "no such time zone")
            return ZoneInfo("UTC")

    def _phones_of(self, code: str) -> str:
        region = str(self._given.get("phones_of", code))
        if region not in phonenumbers.SUPPORTED_REGIONS:
            self._fault("phones_of", "no country whose phone numbers are known")
        return region

    def _currency(self) -> str:
        currency = self._text("currency")
        if len(currency) > CURRENCY:
            self._fault("currency", f"{len(currency)} letters where {CURRENCY} have room")
        return currency

    def _first_language(self) -> str:
        language = self._text("first_language")
        if language and not re.fullmatch("[a-z][a-z0-9_-]{0,7}", language):
            self._fault("first_language", "not what a file of words is called, without .toml")
        return language

    def _example_phone(self, code: str) -> str:
        """Read a phone to look at the line with; where none is given, its region's example."""
        phone = self._given.get("example_phone")
        if phone is None:
            return _example_phone(str(self._given.get("phones_of", code)))
        if isinstance(phone, str) and re.fullmatch(r"\+[0-9]{7,15}", phone):
            return phone
        self._fault("example_phone", "not a phone number with its country's prefix")
        return ""

    def _place_words(self) -> frozenset[str]:
        words = self._given.get("place_words", "")
        if isinstance(words, str):
            return frozenset(words.split())
        self._fault("place_words", "not words with blanks between them")
        return frozenset()

    def _holidays_of(self) -> str:
        code = str(self._given.get("holidays_of", ""))
        if code and code not in holidays.list_supported_countries():
            self._fault("holidays_of", "no country whose holidays are known")
            return ""
        return code

    def _days_off(self) -> frozenset[date]:
        entries = self._given.get("holidays", [])
        entries = entries if isinstance(entries, list) else [entries]
        days = [one.get("day") for one in entries if isinstance(one, dict)]
        if len(days) < len(entries) or any(type(day) is not date for day in days):
            self._fault("holidays", "not each with its day, of the form day = 2026-09-30")
        return frozenset(day for day in days if isinstance(day, date))

    def _formats(self) -> Formats:
        given = self._given.get("numbers", {})
        if not isinstance(given, dict):
            self._fault("numbers", "no sections of their own")
            given = {}
        self._refuse_others(given, set(NumberType), "numbers.")
        for needed in dict.fromkeys(PRINCIPAL.values()):
            if needed not in given:
                self._fault(f"numbers.{needed}", "not given")
        return Formats({one: self._form(given[one], one) for one in NumberType if one in given})

    def _form(self, given: Any, number_type: NumberType) -> Form:
        where = f"numbers.{number_type}"
        if not isinstance(given, dict):
            self._fault(where, "no section of its own")
            given = {}
        self._refuse_others(given, _NUMBER, f"{where}.")
        slash = given.get("slash", False)
        if not isinstance(slash, bool):
            self._fault(f"{where}.slash", "neither true nor false")
        form = Form(
            self._pattern(given, "pattern", f"{where}."),
            slash is True,
            self._digits(given, "least", where),
            self._digits(given, "most", where),
        )
        sizes = range(form.least, form.most + 1) if form.most else ()
        if bool(form.most) != bool(form.least) or (form.most and not sizes):
            self._fault(where, "least and most are not a range")
        elif not all(form.pattern.fullmatch("1" * size) for size in sizes):
            self._fault(where, "not every size from least to most fits the pattern")
        return form

    def _digits(self, given: Mapping[str, Any], name: str, where: str) -> int:
        value = given.get(name, 0)
        if type(value) is int and 0 <= value <= ANY_NUMBER:
            return value
        self._fault(f"{where}.{name}", f"not a number of digits, {ANY_NUMBER} at most")
        return 0

    def _pattern(self, given: Mapping[str, Any], name: str, where: str = "") -> re.Pattern[str]:
        try:
            if given.get(name):
                return re.compile(given[name])
            self._fault(f"{where}{name}", "not given")
        except (re.error, TypeError):
            self._fault(f"{where}{name}", "not a regular expression")
        return re.compile("")
