"""Finding the place that somebody types: a county, a town, a centre or a constituency.

The first letters are enough, and a slip of spelling is forgiven.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rapidfuzz.distance import OSA

from models.directory import Directory, Name

_SHORT = 7
"""Letters of a name in which one slip is forgiven; in longer ones, two."""


_LEAST = 3
"""Letters that must be there before a slip is forgiven at all."""


_LONGEST = 100
"""Letters of what is typed that are looked at."""

_BARE = str.maketrans(
    {
        "\u00e6": "ae",
        "\u0153": "oe",
        "\u00f8": "o",
        "\u00f0": "d",
        "\u0111": "d",
        "\u00fe": "th",
        "\u0127": "h",
        "\u0142": "l",
        "\u0131": "i",
        "\u014b": "ng",
    }
)
"""Letters that no accent is taken off to make one of a-z."""


class Match(StrEnum):
    """What a typed place came to."""

    CENTRE = "one centre"
    COUNTY = "one county"
    CONSTITUENCY = "a constituency"
    SEVERAL = "several counties"
    NONE = "no such place"


@dataclass(frozen=True)
class Places:
    """The places that a typed text may mean, and what they come to together."""

    match: Match
    names: tuple[Name, ...] = ()

    @property
    def counties(self) -> tuple[str, ...]:
        """The codes of the counties where they lie."""
        return tuple(dict.fromkeys(one.county_code for one in self.names))

    @property
    def county_code(self) -> str:
        """The one county's code; empty where there are several, or none."""
        return self.counties[0] if len(self.counties) == 1 else ""

    @property
    def centre_code(self) -> str:
        """The one centre's code; empty where it is none."""
        return self.names[0].centre_code if self.match is Match.CENTRE else ""


def search(directory: Directory, text: str, beside: Collection[str] = ()) -> Places:
    """Find the places that a text may mean.

    Args:
        beside: words that people type beside a name.
    """
    noise = frozenset(_words(" ".join(beside)))
    wanted = _plain(text[:_LONGEST], noise)
    if not wanted:
        return Places(Match.NONE)
    spelt = _spelt(directory, noise)
    exact = [one for plain, one in spelt if plain == wanted]
    if exact:
        return _of_exact(exact)
    begun = [one for plain, one in spelt if _begins(plain, wanted)]
    return _together(begun or _begun_with(spelt, wanted) or _nearest(spelt, wanted))


@lru_cache(maxsize=8)
def _spelt(directory: Directory, noise: frozenset[str]) -> list[tuple[str, Name]]:
    """Give every name as it is compared: once for a directory, as there are hundreds."""
    return [(_plain(one.text, noise), one) for one in directory.names]


def _of_exact(names: Sequence[Name]) -> Places:
    """Choose among places of the very name: a county before a centre before a constituency."""
    for kind in (_is_county, _is_centre, _is_constituency):
        if chosen := [one for one in names if kind(one)]:
            return _together(chosen)
    return _together(names)


def _together(names: Iterable[Name]) -> Places:
    found = tuple(dict.fromkeys(names))
    if not found:
        return Places(Match.NONE)
    if len({one.county_code for one in found}) > 1:
        return Places(Match.SEVERAL, found)
    centres = {one.centre_code for one in found}
    if "" not in centres and len(centres) == 1:
        return Places(Match.CENTRE, found[:1])
    if len(found) == 1 and _is_constituency(found[0]):
        return Places(Match.CONSTITUENCY, found)
    return Places(Match.COUNTY, found)


def _is_county(name: Name) -> bool:
    return not name.centre_code and not name.constituency_code


def _is_centre(name: Name) -> bool:
    return bool(name.centre_code)


def _is_constituency(name: Name) -> bool:
    return bool(name.constituency_code) and not name.centre_code


def _begins(plain: str, wanted: str) -> bool:
    return plain.startswith(wanted) or f" {wanted}" in f" {plain}"


def _begun_with(spelt: Sequence[tuple[str, Name]], wanted: str) -> list[Name]:
    """Give the places of the longest name that the text begins with: `Kisii central`."""
    begun = [
        (plain, one) for plain, one in spelt if plain and f"{wanted} ".startswith(f"{plain} ")
    ]
    longest = max((len(plain) for plain, _ in begun), default=0)
    return [one for plain, one in begun if len(plain) == longest]


def _nearest(spelt: Sequence[tuple[str, Name]], wanted: str) -> list[Name]:
    """Give the places that are the fewest slips away, where that is few enough."""
    forgiven = 1 if len(wanted) <= _SHORT else 2
    slips = [OSA.distance(plain, wanted, score_cutoff=forgiven) for plain, _ in spelt]
    least = min(slips, default=forgiven + 1)
    if least > forgiven or len(wanted) < _LEAST:
        return []
    return [one for (_, one), count in zip(spelt, slips, strict=True) if count == least]


def _plain(text: str, noise: Collection[str]) -> str:
    """Give a text's words in small letters, without accents, signs and words of no use."""
    words = _words(text)
    return " ".join(word for word in words if word not in noise) or " ".join(words)


def _words(text: str) -> list[str]:
    """List a text's words, of the letters a-z."""
    folded = unicodedata.normalize("NFKD", text).casefold().translate(_BARE)
    return re.findall("[a-z]+", re.sub("['\u2019`\u0300-\u036f]", "", folded))
