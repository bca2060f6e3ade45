"""The reader of free text: which document a message asks for, and by which number.

People write as they speak: greetings, slips, a phone number and a sum of money beside the
ID number. What is certainly something else is left out, and the rest is ranked.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, takewhile

from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne

from menus.vocabulary import Tongue, Vocabulary, any_of
from models.country import Country
from models.numbers import Kind, NumberType

_READ = 1000
"""How many characters are read: six text messages."""

_GIVEN = 5
"""How many numbers are given at most."""

_CARDS = (NumberType.NATIONAL_ID, NumberType.WAITING_CARD)

_FOLD = str.maketrans(
    {chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", "")
    | dict.fromkeys("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", "")
    | {c: "" for c in map(chr, [*range(32), *range(127, 160)]) if not c.isspace()}
)
"""ASCII capitals and hyphens made one, and what no eye sees taken out."""

_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_YEAR = r"(?:19|20)[0-9]{2}"
_AMOUNT = r"(?:[0-9]{1,3}(?:[ ,][0-9]{3}(?![0-9])){1,3}|[0-9]+)(?:\.[0-9]{2}(?![0-9]))?"
_MONTH = re.compile(r"(?:0?[1-9]|1[0-2])/.*")
_LONE_CODE = re.compile(r"(?=[0-9]*[a-z])(?=(?:[a-z]*[0-9]){4})[a-z0-9]{6,14}")


@dataclass(frozen=True, repr=False)
class Reading:
    """What a message says; it has no repr, as the numbers are personal data.

    Attributes:
        kind: The document asked for, where the words say so.
        numbers: What may be a document number, likeliest first, without joiners.
        language: "en" or "sw", where the words say so.
    """

    kind: Kind | None
    numbers: tuple[str, ...]
    language: str | None


class Reader:
    """Reads as one country writes."""

    def __init__(self, country: Country) -> None:
        self._formats = country.formats
        self._vocabulary = words = Vocabulary.of(country)
        self._labels = words.papers | words.names.keys()
        known = self._labels | words.fillers
        known = known.union(*(tongue.words for tongue in words.tongues.values()))
        self._long = sorted(word for word in known if len(word) >= 6)
        likeliest = enumerate(words.sizes.likeliest, 1)
        self._ranks = {size: rank for rank, sizes in likeliest for size in sizes}
        self._initials = _initials(words)
        self._elsewhere = re.compile(rf"\b{words.elsewhere}\b")
        self._noise = _noise(words)
        self._glued = _glued(self._labels | words.fillers)
        self._token = _token(words)
        self._telephone = re.compile(words.telephone_number)
        self._sure_telephone = re.compile(words.telephone_sure)
        self._short_telephone = re.compile(words.telephone_short)

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that the country's people write."""
        return self._vocabulary

    def clean(self, text: str) -> str:
        """Give a text in small letters, without what no eye sees, single blanks between."""
        return self._clean(text)

    def read(self, text: str) -> Reading:
        """Read the document, its numbers and the language out of `text`, whatever it holds."""
        clean = self._clean(text)
        here, words = self._elsewhere.sub(" ", clean), self._words(clean)
        kind = self._kind(words if here == clean else self._words(here))
        numbers = self._numbers(self._noise.sub(" ; ", clean), kind)
        return Reading(kind, numbers, self._language(words))

    def _clean(self, text: str) -> str:
        folded = text[:_READ].translate(_FOLD)
        if len(text) > _READ:
            # Half a number would be another person's.
            folded = folded.rstrip("0123456789 .,/_-")
        return self._initials.sub(
            lambda spelt: re.sub("[. ]", "", spelt[0]), " ".join(folded.split())
        )

    def _words(self, text: str) -> list[str]:
        return [self._known(word) for word in re.findall("[a-z]+|[0-9]+", text)]

    def _known(self, word: str) -> str:
        """Give the longer word that `word` is, or is one slip from; any other as it is."""
        if len(word) < 6:
            return word
        nearest = extractOne(word, self._long, scorer=OSA.distance, score_cutoff=1)
        return nearest[0] if nearest else word

    def _kind(self, words: list[str]) -> Kind | None:
        names = self._vocabulary.names
        named = [at for at, word in enumerate(words) if word in names]
        asked = [at for at in named if not self._is_aside(words, at)] or named
        return names[words[asked[0]]] if asked else None

    def _is_aside(self, words: list[str], at: int) -> bool:
        """Tell whether the name at `at` only says what a number is, as "id no" does."""
        vocabulary = self._vocabulary
        if vocabulary.names[words[at]] is not Kind.ID_CARD:
            return words[at] in vocabulary.asides
        after = [*takewhile(vocabulary.fillers.__contains__, words[at + 1 : at + 5])]
        following = words[at + 1 + len(after) :][:1]
        around = [*words[max(at - 3, 0) : at], *after]
        return not vocabulary.counted.isdisjoint(around) or any(
            "0" <= word[0] <= "9" for word in following
        )

    def _language(self, words: list[str]) -> str | None:
        tongues = self._vocabulary.tongues
        for hints in (False, True):
            heard = {code: _heard(words, one, hints) for code, one in tongues.items()}
            if any(heard.values()):
                return max(heard, key=heard.__getitem__)
        return None

    def _numbers(self, text: str, kind: Kind | None) -> tuple[str, ...]:
        text = self._glued.sub(r"\g<0> ", text)
        if code := _LONE_CODE.fullmatch(text.strip(" .,!?#'\"")):
            return (code[0].upper(),)
        ranks: dict[str, int] = {}
        label = ""
        for token in self._token.finditer(text):
            if token["word"]:
                word = self._known(token["word"])
                label = label if word in self._vocabulary.fillers else word
                continue
            label = token["paper"] or label
            for number in self._read_token(token, label, kind):
                rank = self._rank(number, label)
                ranks[number] = min(rank, ranks.get(number, rank))
            label = ""
        return tuple(sorted(ranks, key=ranks.__getitem__)[:_GIVEN])

    def _rank(self, number: str, label: str) -> int:
        unlikely = len(self._vocabulary.sizes.likeliest) + 1
        return 0 if label in self._labels else self._ranks.get(len(number), unlikely)

    def _read_token(self, token: re.Match[str], label: str, kind: Kind | None) -> Iterator[str]:
        if token["run"]:
            yield from self._read_run(token["run"], label, kind)
        elif commas := token["commas"]:
            # Tens of millions beside a document's name are no sum of money.
            if label in self._labels or (kind and len(commas) == len("12,345,678")):
                yield commas.replace(",", "")
        elif entry := token["entry"]:
            if self._is_entry(entry, label):
                yield entry
        elif token["code"]:
            yield from self._read_code(token["code"], label, kind)
        elif self._formats.types_of(token["mixed"], _CARDS):
            yield token["mixed"].upper()

    def _is_entry(self, entry: str, label: str) -> bool:
        """Tell a birth entry from a month with its year."""
        known = self._vocabulary
        named = label in known.entry or known.names.get(label) is Kind.BIRTH_CERTIFICATE
        return len(entry) >= 6 and (named or not _MONTH.fullmatch(entry))

    def _read_code(self, written: str, label: str, kind: Kind | None) -> Iterator[str]:
        code = written.replace("-", "").upper()
        if 6 <= len(code) <= 14 and not self._is_phone(code, label, kind):
            yield code

    def _read_run(self, run: str, label: str, kind: Kind | None) -> Iterator[str]:
        """Give the numbers in a run of digit groups; one number may be in several groups."""
        birth = label in self._vocabulary.entry or kind is Kind.BIRTH_CERTIFICATE
        label = "+" if run[0] == "+" else label
        groups = re.findall("[0-9]+", run)
        while groups:
            if used := self._phone_groups(groups, label, kind):
                label = ""
            else:
                used, number = self._first_number(groups, birth)
                if number.strip("0"):
                    yield number
            groups = groups[used:]

    def _phone_groups(self, groups: list[str], label: str, kind: Kind | None) -> int:
        """Count the leading groups that make a phone number, 0 where they make none."""
        first, abroad = groups[0], self._vocabulary.calling_code
        area = first[0] == "0" or (abroad and first.startswith(abroad) and len(first) <= 6)
        called = label == "+" or label in self._vocabulary.telephone
        counts = [
            count
            for count, digits in enumerate(accumulate(groups[: 8 if area or called else 1]), 1)
            if self._is_phone(digits, label, kind)
        ]
        return max(counts, default=0)

    def _is_phone(self, digits: str, label: str, kind: Kind | None) -> bool:
        if label == "+":
            return 10 <= len(digits) <= 13
        called = label in self._vocabulary.telephone
        if called and self._short_telephone.fullmatch(digits):
            return True
        if label in self._vocabulary.entry or not self._telephone.fullmatch(digits):
            return False
        # Entry numbers have ten digits too: 0123456789 is one beside "birth certificate".
        unsure = kind is Kind.BIRTH_CERTIFICATE and not called
        return not unsure or bool(self._sure_telephone.match(digits))

    def _first_number(self, groups: list[str], birth: bool) -> tuple[int, str]:
        """Give how many leading groups make a number, and that number or nothing."""
        known = self._vocabulary.sizes
        sizes = known.birth if birth else known.plain
        short = [*takewhile(lambda group: len(group) < known.joined, groups[:14])]
        if len(short) > 1 and all(re.fullmatch(_YEAR, group) for group in short):
            return len(short), ""
        joined = {len(digits): (at, digits) for at, digits in enumerate(accumulate(short), 1)}
        for size in (max(joined, default=0), *self._ranks):
            if size >= known.joined and size in sizes and size in joined:
                return joined[size]
        return 1, groups[0] if len(groups[0]) in sizes else ""


def _heard(words: list[str], tongue: Tongue, hints: bool) -> int:
    """Count the words of a language, or those that only hint at it."""
    its = tongue.hints if hints else tongue.words
    return sum(word in its or word.startswith(tongue.beginnings) for word in words)


def _initials(words: Vocabulary) -> re.Pattern[str]:
    pointed = [r"\. ?".join(initials) for initials in sorted(words.initials)]
    return re.compile(rf"(?<![a-z]){any_of(pointed)}(?![a-z])")


def _noise(words: Vocabulary) -> re.Pattern[str]:
    """Make the pattern of dates, times of day and sums of money."""
    return re.compile(
        rf"(?<![0-9]){_DAY}(?P<a>[/. -]){_DAY}(?P=a){_YEAR}(?![0-9])"
        rf"|(?<![0-9]){_YEAR}(?P<b>[/.-]){_DAY}(?P=b){_DAY}(?![0-9])"
        rf"|(?<![0-9]){_DAY}(?P<c>[/.-]){_DAY}(?P=c)[0-9]{{2}}(?![0-9]|(?P=c)[0-9])"
        rf"|(?<![0-9])(?:[0-9]{{1,2}}:[0-9]{{2}}(?![0-9])|[0-9]{{3,4}} ?{words.hours}(?![a-z]))"
        rf"|(?:(?<![a-z]){words.money}|{words.money_before})[ .:]{{0,3}}{_AMOUNT}(?:/[=-])?"
        rf"|(?<![0-9a-z]){_AMOUNT} ?"
        rf"(?:/[=-]|(?:{words.money}|{words.money_after})(?![a-z]|[ .:]{{0,3}}[0-9]))"
    )


def _glued(words: Iterable[str]) -> re.Pattern[str]:
    """Make the pattern of words and numbers with no blank between them."""
    return re.compile(
        rf"(?<![a-z0-9])(?:{any_of(sorted(words))}(?=[0-9])"
        r"|[0-9]{6,}(?=[a-z]{3,}(?![a-z0-9])))"
    )


def _token(words: Vocabulary) -> re.Pattern[str]:
    """Make the pattern of what a message is made of: words, numbers and what is like them."""
    return re.compile(
        rf"(?<![^\W_])(?P<paper>{any_of(sorted(words.papers))})(?![^\W0-9_])"
        rf"(?:[ .:#]+{any_of(sorted(words.fillers))}(?![^\W_])){{0,4}}[ .:#]*"
        r"(?P<code>(?=[a-z/-]*[0-9])(?:[/-]?[a-z0-9]){5,14})(?![^\W_])"
        rf"|(?<![^\W_/])(?P<entry>[0-9]{{1,7}}/{_YEAR})(?![^\W_]|/[0-9])"
        r"|(?<![^\W_,])(?P<commas>[0-9]{1,3}(?:,[0-9]{3}){2})(?![^\W_]|,[0-9])"
        r"|(?P<mixed>(?=[^\W0-9_]*[0-9])(?=[0-9]*[^\W0-9_])[^\W_]+)"
        r"|(?P<run>\+?[0-9]+(?:(?: ?[._-] ?| )(?![0-9]{1,7}/[0-9]|[0-9]+[^\W0-9_])[0-9]+)*)"
        r"|(?P<word>[^\W0-9_]+)"
    )


@lru_cache(maxsize=8)
def reader_of(country: Country) -> Reader:
    """Give the reader of a country; it is made once.

    Raises:
        BadVocabulary: with every fault of the country's `reader.toml`.
    """
    return Reader(country)
