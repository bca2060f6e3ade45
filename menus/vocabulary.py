"""How people of a country write texts: their words, their phones, their money.

It comes from the country's `reader.toml`. What the file leaves out is empty, or follows from
how the country writes its numbers.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from models.country import Country
from models.numbers import ANY_NUMBER, Formats, Kind, NumberType

_SECTIONS = {
    "names": {*Kind},
    "words": {
        "asides",
        "initials",
        "entry",
        "papers",
        "counted",
        "fillers",
        "telephone",
        "openers",
    },
    "patterns": {"elsewhere", "hours", "money", "money_before", "money_after"},
    "telephones": {"number", "sure", "short", "calling_code"},
    "numbers": {"sizes", "birth_sizes", "likeliest", "joined"},
}
_BIRTH = (NumberType.BIRTH_ENTRY, NumberType.BIRTH_CERTIFICATE)

Words = frozenset[str]


class Keyword(StrEnum):
    """What a text may ask for by a word, beside the documents."""

    CENTRE = "centre"
    SERVICE = "service"
    COURT = "court"
    HELP = "help"
    LANGUAGE = "language"
    STOP = "stop"
    START = "start"


class BadVocabulary(ValueError):
    """A `reader.toml` cannot be used; the text names every fault, one a line."""


@dataclass(frozen=True)
class Tongue:
    """What tells a language.

    Attributes:
        hints: words that tell only where nothing else does.
        beginnings: how its verbs begin.
        names: what people call the language itself.
    """

    words: Words
    hints: Words
    beginnings: tuple[str, ...]
    names: Words = frozenset()


@dataclass(frozen=True)
class Sizes:
    """How many digits the numbers of documents have.

    Attributes:
        birth: those of a birth certificate's numbers.
        likeliest: the likeliest first, in groups that are as likely.
        joined: the fewest that are written in groups.
    """

    plain: Sequence[int]
    birth: Sequence[int]
    likeliest: tuple[tuple[int, ...], ...]
    joined: int


@dataclass(frozen=True)
class Vocabulary:
    """One country's. Words are as in its file; patterns are such as match any of a list.

    Attributes:
        openers: words that a text may begin with, before it says what it wants.
        keywords: by word, what it asks for, and the language that it is of.
    """

    names: Mapping[str, Kind]
    asides: Words
    initials: Words
    entry: Words
    papers: Words
    counted: Words
    fillers: Words
    telephone: Words
    openers: Words
    keywords: Mapping[str, tuple[Keyword, str]]
    tongues: Mapping[str, Tongue]
    elsewhere: str
    hours: str
    money: str
    money_before: str
    money_after: str
    telephone_number: str
    telephone_sure: str
    telephone_short: str
    calling_code: str
    sizes: Sizes

    @classmethod
    def of(cls, country: Country) -> "Vocabulary":
        """Read a country's.

        Raises:
            BadVocabulary: with every fault.
        """
        return _Checked(country).vocabulary()


def any_of(patterns: Sequence[str]) -> str:
    """Give a pattern that matches what any of `patterns` does; nothing, where there is none."""
    return f"(?:{'|'.join(patterns)})" if patterns else "(?!)"


class _Section:
    """A part of the file under examination: what is wrong is gathered, not raised."""

    def __init__(
        self, parent: Mapping[str, Any], name: str, faults: list[str], path: str = ""
    ) -> None:
        self.path = f"{path}{name}"
        self._faults = faults
        given = parent.get(name, {})
        self.given: Mapping[str, Any] = given if isinstance(given, dict) else {}
        if given is not self.given:
            self.fault("", "no section of its own")

    def fault(self, name: str, what: str) -> None:
        where = f"{self.path}.{name}".strip(".")
        self._faults.append(f"reader.toml: {where}: {what}")

    def know(self, *names: str) -> None:
        for name in sorted(self.given.keys() - set(names)):
            self.fault(name, "not known here")

    def words(self, name: str) -> Words:
        text = self.given.get(name, "")
        words = frozenset(text.split()) if isinstance(text, str) else frozenset({"?"})
        if not all(re.fullmatch("[a-z]+", word) for word in words):
            self.fault(name, "not words of small letters a-z, with blanks between them")
        return words

    def patterns(self, name: str) -> list[str]:
        patterns = self.given.get(name, [])
        try:
            good = isinstance(patterns, list) and not any(re.match(one, "") for one in patterns)
        except (re.error, TypeError):
            good = False
        if not good:
            self.fault(name, "not a list of regular expressions, each matching something")
        return patterns if good else []

    def sizes(self, name: str) -> list[int]:
        sizes: list[int] = self.given.get(name, [])
        if _is_sizes(sizes):
            return sizes
        self.fault(name, f"not numbers of digits, {ANY_NUMBER} at most")
        return []


class _Checked:
    """A file under examination."""

    def __init__(self, country: Country) -> None:
        self._country = country
        self._faults: list[str] = []
        self._whole = _Section({"": country.texts}, "", self._faults)
        self._whole.know(*_SECTIONS, "languages", "keywords")

    def vocabulary(self) -> Vocabulary:
        made = self._make()
        if self._faults:
            raise BadVocabulary("\n".join(self._faults))
        return made

    def _make(self) -> Vocabulary:
        words, patterns, phones = map(self._section, ("words", "patterns", "telephones"))
        entry, counted = words.words("entry"), words.words("counted")
        currency = re.escape(self._country.currency.lower())
        return Vocabulary(
            names=self._names(),
            asides=words.words("asides"),
            initials=words.words("initials"),
            entry=entry,
            papers=entry | words.words("papers"),
            counted=counted,
            fillers=counted | words.words("fillers"),
            telephone=words.words("telephone"),
            openers=words.words("openers"),
            keywords=self._keywords(),
            tongues=self._tongues(),
            elsewhere=any_of(patterns.patterns("elsewhere")),
            hours=any_of(patterns.patterns("hours")),
            money=any_of([*patterns.patterns("money"), currency]),
            money_before=any_of(patterns.patterns("money_before")),
            money_after=any_of(patterns.patterns("money_after")),
            telephone_number=any_of(phones.patterns("number")),
            telephone_sure=any_of(phones.patterns("sure")),
            telephone_short=any_of(phones.patterns("short")),
            calling_code=_calling_code(phones),
            sizes=self._sizes(),
        )

    def _section(self, name: str) -> _Section:
        section = _Section(self._whole.given, name, self._faults)
        section.know(*_SECTIONS[name])
        return section

    def _names(self) -> dict[str, Kind]:
        section = self._section("names")
        names: dict[str, Kind] = {}
        for kind in Kind:
            for word in section.words(kind):
                if word in names:
                    section.fault(kind, f"{word} names two kinds")
                names[word] = kind
        return names

    def _tongues(self) -> dict[str, Tongue]:
        tongues = {}
        given = _Section(self._whole.given, "languages", self._faults).given
        for code in given:
            section = _Section(given, code, self._faults, "languages.")
            section.know("words", "hints", "beginnings", "names")
            tongues[code] = Tongue(
                section.words("words"),
                section.words("hints"),
                tuple(sorted(section.words("beginnings"))),
                section.words("names"),
            )
        return tongues

    def _keywords(self) -> dict[str, tuple[Keyword, str]]:
        """Read what each keyword asks for: of two languages, the first has a word."""
        keywords: dict[str, tuple[Keyword, str]] = {}
        given = _Section(self._whole.given, "keywords", self._faults).given
        for code in given:
            section = _Section(given, code, self._faults, "keywords.")
            section.know(*Keyword)
            for keyword in Keyword:
                for word in sorted(section.words(keyword)):
                    if keywords.setdefault(word, (keyword, code))[0] is not keyword:
                        section.fault(keyword, f"{word} is the word for something else")
        return keywords

    def _sizes(self) -> Sizes:
        section, formats = self._section("numbers"), self._country.formats
        others = tuple(one for one in NumberType if one not in (*_BIRTH, NumberType.RECEIPT))
        plain = section.sizes("sizes") or _sizes_of(formats, others)
        birth = section.sizes("birth_sizes") or _sizes_of(formats, (*others, *_BIRTH))
        groups = section.given.get("likeliest", [])
        if not isinstance(groups, list) or not all(map(_is_sizes, groups)):
            section.fault("likeliest", "not lists of sizes")
            groups = []
        joined = section.given.get("joined") or min([*plain, *birth], default=ANY_NUMBER)
        if not _is_sizes([joined]):
            section.fault("joined", "not a size")
            joined = ANY_NUMBER
        return Sizes(plain, birth, tuple(tuple(group) for group in groups), joined)


def _calling_code(phones: _Section) -> str:
    code = phones.given.get("calling_code", "")
    if isinstance(code, str) and re.fullmatch("[0-9]{0,3}", code):
        return code
    phones.fault("calling_code", "not up to three digits")
    return ""


def _is_sizes(sizes: object) -> bool:
    return isinstance(sizes, list) and all(
        type(size) is int and 0 < size <= ANY_NUMBER for size in sizes
    )


def _sizes_of(formats: Formats, types: tuple[NumberType, ...]) -> list[int]:
    """List how many digits numbers of some types may have."""
    return [size for size in range(1, ANY_NUMBER + 1) if formats.types_of("1" * size, types)]
