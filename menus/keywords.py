"""What a text asks for: a document, a page of the menus by a keyword, or to be left alone.

People greet first, spell as they speak, and write in whole sentences. What a text begins
with counts more than a word in the middle of it.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from rapidfuzz.distance import OSA

from menus.parse import likeliest_number, odd_number, seems_number
from menus.places import Match, search
from menus.reader import Reader, Reading, reader_of
from menus.vocabulary import Keyword, Vocabulary
from menus.words import Words
from models.country import Country
from models.directory import Directory
from models.numbers import Kind
from models.services import CENTRE_DESK, COURT_DESK


class Want(StrEnum):
    """What a text asks for."""

    NUMBER = "a document"
    PAGE = "a page of the menus"
    MENU = "the whole home page"
    DIGITS = "a key"
    STRANGE = "a number in letters that are not read"
    STOP = "no more texts"
    START = "texts again"
    NOTHING = "nothing that is known"


KEYS = {
    Keyword.CENTRE: "2",
    Keyword.SERVICE: "3",
    Keyword.COURT: "4",
    Keyword.HELP: "5",
}
"""What each keyword presses on the home page."""

DOCUMENT_KEYS = {
    Kind.ID_CARD: ("1", "1"),
    Kind.BIRTH_CERTIFICATE: ("1", "2"),
    Kind.DRIVING_LICENCE: ("1", "3"),
}
"""What asks for the number of each kind of document, from the home page."""

COURT_SERVICES = "1"
"""What lists the court's services on its desk's page."""

_SHORTEST_SLIP = 4
_SIGNS = " .,:;!?-#*\"'()"
_LEAST_PLACE = 3
"""Letters that a place is looked for by."""

_LOOSE = (Keyword.CENTRE, Keyword.SERVICE, Keyword.COURT, Keyword.HELP)
"""Keywords that count in the middle of a sentence too."""


@dataclass(frozen=True)
class Asked:
    """What a text asks for.

    Attributes:
        language: the text's own, where its words tell one.
        number: a document's, without joiners.
        kind: the document that the text names beside a number; empty where none.
        keys: what leads there from the home page.
        sure: the text says so at once. What is not sure is a guess from the middle of a
            sentence, which a question that is open goes before.
        bare: the text is a number and nothing else.
    """

    want: Want
    language: str | None = None
    number: str = field(default="", repr=False)
    kind: str = ""
    keys: tuple[str, ...] = field(default=(), repr=False)
    sure: bool = True
    bare: bool = False


def read(
    text: str, country: Country, directory: Directory, languages: Mapping[str, Words]
) -> Asked:
    """Read what a text asks for.

    Args:
        directory: the places and the services that it may name.
        languages: those that it may ask to be spoken.
    """
    return _Text(text, country, directory, languages).asked()


@dataclass(frozen=True)
class _Word:
    """A word of a text, and where it ends there."""

    text: str
    end: int


class _Text:
    """One text on the way to be understood."""

    def __init__(
        self,
        text: str,
        country: Country,
        directory: Directory,
        languages: Mapping[str, Words],
    ) -> None:
        reader = reader_of(country)
        self._country = country
        self._directory = directory
        self._languages = languages
        self._vocabulary: Vocabulary = reader.vocabulary
        self._text = text
        self._clean = reader.clean(text)
        self._words = [_Word(one[0], one.end()) for one in re.finditer(r"[^\W_]+", self._clean)]
        self._reader: Reader = reader

    def asked(self) -> Asked:
        """Read it: what ends all texts first, then numbers, then keywords."""
        return (
            self._switch()
            or self._number()
            or self._strange()
            or self._digits()
            or self._odd()
            or self._first()
            or self._guess()
            or Asked(Want.NOTHING, self._reading.language)
        )

    @cached_property
    def _reading(self) -> Reading:
        return self._reader.read(self._text)

    def _switch(self) -> Asked | None:
        """Read STOP and START, which count only where they stand alone."""
        alone = {one.text for one in self._words}
        if len(alone) != 1:
            return None
        (written,) = alone
        for word, (keyword, language) in self._vocabulary.keywords.items():
            if keyword in (Keyword.STOP, Keyword.START) and (
                written == word or _is_typing_slip(written, word)
            ):
                stops = keyword is Keyword.STOP
                return Asked(Want.STOP if stops else Want.START, language)
        return None

    def _number(self) -> Asked | None:
        number = likeliest_number(self._reading, self._country)
        if not number:
            return None
        return Asked(
            Want.NUMBER,
            self._reading.language,
            number=number,
            kind=self._reading.kind or "",
            bare=not any(one.text.isalpha() for one in self._words),
        )

    def _strange(self) -> Asked | None:
        """Find digits of another script: nobody knows what phone makes of them what."""
        if any(unicodedata.category(one) == "Nd" and not one.isascii() for one in self._text):
            return Asked(Want.STRANGE, self._reading.language)
        return None

    def _digits(self) -> Asked | None:
        said = [one.text for one in self._words if one.text not in self._vocabulary.openers]
        if len(said) == 1 and re.fullmatch("[0-9]{1,2}", said[0]):
            return Asked(Want.DIGITS, self._reading.language, keys=(said[0],))
        return None

    def _odd(self) -> Asked | None:
        """Find what stands in a number's place and can be none: it gets the same answer."""
        known, said = self._vocabulary, [one.text for one in self._words]
        beside = known.openers | known.fillers | known.names.keys()
        rest = [one for one in said if one not in beside]
        number = odd_number(rest[0]) if len(rest) == 1 else ""
        if not number or seems_number(rest[0], self._country):
            return None
        reading = self._reading
        return Asked(
            Want.NUMBER,
            reading.language,
            number=number,
            kind=reading.kind or "",
            bare=len(said) == 1,
        )

    def _first(self) -> Asked | None:
        """Read what the text begins with, greetings left out."""
        start = next(
            (
                at
                for at, one in enumerate(self._words)
                if one.text not in self._vocabulary.openers
            ),
            None,
        )
        if start is None:
            return None
        word = self._words[start].text
        if word in self._vocabulary.names and self._reading.kind:
            return self._document(sure=True)
        if len(self._words) == start + 1 and (code := self._language_named([word])):
            return self._speak(code)
        keyword = self._vocabulary.keywords.get(word) or self._slipped(word)
        if keyword:
            return self._obey(start, *keyword, sure=True)
        return self._document(sure=True) if self._is_kind_alone(start) else None

    def _is_kind_alone(self, start: int) -> bool:
        """Say whether the text is one word that is a slip of a document's name."""
        return self._reading.kind is not None and len(self._words) == start + 1

    def _guess(self) -> Asked | None:
        """Look for what a sentence asks for by a word in the middle of it."""
        if self._reading.kind:
            return self._document(sure=False)
        for at, word in enumerate(self._words):
            found = self._vocabulary.keywords.get(word.text)
            if found and found[0] in _LOOSE:
                asked = self._obey(at, *found, sure=False)
                if asked:
                    return asked
        return None

    def _document(self, sure: bool) -> Asked:
        kind = self._reading.kind or Kind.ID_CARD
        return Asked(
            Want.PAGE, self._reading.language, kind=kind, keys=DOCUMENT_KEYS[kind], sure=sure
        )

    def _obey(self, at: int, keyword: Keyword, language: str, sure: bool) -> Asked | None:
        """Turn a keyword and what stands around it into keys."""
        if keyword is Keyword.SERVICE and self._is_centre(at + 1):
            at, keyword = at + 1, Keyword.CENTRE
            language = self._vocabulary.keywords[self._words[at].text][1]
        language = self._language_around(at) or language
        if keyword is Keyword.LANGUAGE:
            code = self._language_named([one.text for one in self._words[at + 1 :]])
            return self._speak(code) if code else Asked(Want.MENU, language)
        keys = self._keys(at, keyword, sure)
        return Asked(Want.PAGE, language, keys=keys, sure=sure) if keys else None

    def _is_centre(self, at: int) -> bool:
        """Say whether a word is one for a centre, as in "Huduma Centre"."""
        word = self._words[at].text if at < len(self._words) else ""
        meant = self._vocabulary.keywords.get(word)
        return meant is not None and meant[0] is Keyword.CENTRE

    def _keys(self, at: int, keyword: Keyword, sure: bool) -> tuple[str, ...]:
        """Give the keys that a keyword presses; none where it is not meant as one."""
        rest = self._clean[self._words[at].end :].strip(_SIGNS)
        match keyword:
            case Keyword.CENTRE:
                return self._centre(at, rest, sure)
            case Keyword.SERVICE:
                return self._service(rest) or ((KEYS[keyword],) if sure else ())
            case Keyword.COURT:
                return self._court(rest)
            case Keyword.HELP:
                return (KEYS[keyword],)
        return ()

    def _centre(self, at: int, rest: str, sure: bool) -> tuple[str, ...]:
        """Give the keys to the place that is named behind the keyword, else before it."""
        key, before = KEYS[Keyword.CENTRE], self._words[: max(at, 0)]
        named = self._place(rest) or self._place(" ".join(one.text for one in before))
        if named:
            return key, named
        unknown = rest if sure and self._uncommon(rest) else ""
        return (key, unknown) if unknown else (key,)

    def _place(self, text: str) -> str:
        """Give the part of a text that names a place; empty where none does."""
        for tried in (text, self._uncommon(text)):
            letters = sum(one.isalpha() for one in tried)
            known = search(self._directory, tried, self._country.place_words).match
            if letters >= _LEAST_PLACE and known is not Match.NONE:
                return tried
        return ""

    def _uncommon(self, text: str) -> str:
        """Leave out of a text the words that everybody uses, and those of keywords."""
        vocabulary = self._vocabulary
        common = vocabulary.openers | vocabulary.fillers | vocabulary.keywords.keys()
        common = common.union(*(one.words for one in vocabulary.tongues.values()))
        words = re.findall(r"[^\W_]+(?:['\u2019][^\W_]+)?", text)
        return " ".join(one for one in words if one not in common)

    def _service(self, rest: str) -> tuple[str, ...]:
        """Give the keys to a service that is named, or to a place; none where neither is."""
        if key := self._service_key(CENTRE_DESK, rest):
            return KEYS[Keyword.SERVICE], key
        if key := self._service_key(COURT_DESK, rest):
            return KEYS[Keyword.COURT], COURT_SERVICES, key
        place = self._place(rest)
        return (KEYS[Keyword.CENTRE], place) if place else ()

    def _court(self, rest: str) -> tuple[str, ...]:
        key = self._service_key(COURT_DESK, rest)
        court = KEYS[Keyword.COURT]
        return (court, COURT_SERVICES, key) if key else (court,)

    def _service_key(self, desk: str, rest: str) -> str:
        """Give the key of the one service that the words fit best; empty where none does."""
        fillers = self._vocabulary.fillers
        asked = [one for one in re.findall(r"[^\W_]+", rest) if one not in fillers]
        fits: dict[str, tuple[bool, int]] = {}
        for service in self._directory.services_at_desk(desk):
            fits[service.key] = max(_fit(asked, one.name) for one in service.texts.values())
        best = max(fits.values(), default=(False, 0))
        named = [key for key, fit in fits.items() if fit == best]
        return named[0] if best[1] and len(named) == 1 else ""

    def _language_named(self, words: Sequence[str]) -> str:
        """Give the code of the language that one of the words names; empty where none does."""
        for code, one in self._languages.items():
            tongue = self._vocabulary.tongues.get(code)
            names = {one.name.lower(), *(tongue.names if tongue else ())}
            if any(_is_like(word, name) for word in words for name in names):
                return code
        return ""

    def _speak(self, code: str) -> Asked:
        return Asked(Want.PAGE, code, keys=(self._languages[code].key,))

    def _language_around(self, at: int) -> str | None:
        """Give the language of the words beside the keyword, greetings and names apart."""
        others = [
            one.text
            for one in self._words
            if one.text not in self._vocabulary.keywords and one is not self._words[at]
        ]
        tongues = self._vocabulary.tongues
        heard = {
            code: sum(map(one.words.__contains__, others)) for code, one in tongues.items()
        }
        return max(heard, key=heard.__getitem__) if any(heard.values()) else None

    def _slipped(self, written: str) -> tuple[Keyword, str] | None:
        """Give the keyword that a word is one slip from, where the word is no other."""
        known = self._vocabulary
        if written in known.names or written in known.fillers:
            return None
        if any(written in one.words or written in one.hints for one in known.tongues.values()):
            return None
        for word, meant in known.keywords.items():
            if meant[0] not in (Keyword.STOP, Keyword.START) and _is_like(written, word):
                return meant
        return None


def _is_typing_slip(written: str, word: str) -> bool:
    """Say whether a word came of one letter too many, too few, or two that changed places.

    Another letter in the place of one makes another word too often: "shop", "Asha".
    """
    moved = sorted(written) == sorted(word) or len(written) != len(word)
    return moved and _is_near(written, word)


def _is_like(written: str, word: str) -> bool:
    """Say whether a word is another, or one slip from it."""
    if written == word:
        return True
    long = len(word) > _SHORTEST_SLIP
    return _is_near(written, word) if long else _is_typing_slip(written, word)


def _is_near(written: str, word: str) -> bool:
    return (
        len(written) >= _SHORTEST_SLIP
        and written[0] == word[0]
        and OSA.distance(written, word, score_cutoff=1) == 1
    )


def _fit(asked: Sequence[str], name: str) -> tuple[bool, int]:
    """Say how well words fit a name: whether they are all of it, and how many stand in it."""
    names = re.findall(r"[^\W_]+", name.lower())
    found = [one for one in asked if any(_is_like(one, other) for other in names)]
    return bool(names) and len(found) == len(names) == len(asked), len(found)
