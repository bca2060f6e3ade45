"""The centre in a cell of a list: by its code or name, with slips where only one can be meant.

A name with slips is taken for a centre only where it has as many words, each near enough to
the centre's own, short words the very same (east is not west), and where every other centre's
name is two slips further away. So no centre's name with a slip or two is taken for another's.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from rapidfuzz.distance import OSA

from models.lists.letters import bare
from models.lists.refusal import Refused

NO_CENTRE = "no centre of this code or name"

_SHORT, _LONG = 5, 9
"""Letters of a word from which on one slip is forgiven, and two."""

_APART = 2
_LIKELY = 3
"""Slips up to which a centre is told of as one that may be meant."""

_CODE = re.compile(r"[0-9]{1,3}[-/. ][0-9]{1,3}")
_LONGEST = 100

Words = tuple[str, ...]


class CentreNames:
    """The centres of a country by what they may be called.

    Args:
        centres: the code of each, by every name it may have; codes are names too.
        beside: words beside a name that tell nothing.
    """

    def __init__(self, centres: Mapping[str, str], beside: Iterable[str]) -> None:
        self._beside = frozenset(beside)
        self._exact = {name.casefold(): code for name, code in centres.items()}
        self._spelt: dict[str, set[str]] = {}
        self._words: dict[Words, set[str]] = {}
        for name, code in centres.items():
            for words in self._orders(name):
                self._spelt.setdefault("".join(words), set()).add(code)
                self._words.setdefault(words, set()).add(code)

    def code(self, text: str) -> str:
        """Give the code of the centre that is meant.

        Raises:
            Refused: there is none, or more than one may be meant.
        """
        text = bare(text)[:_LONGEST].strip(" .,;:")
        if code := self._exact.get(text.casefold()):
            return code
        orders = self._orders(text)
        for words in orders:
            if len(codes := self._spelt.get("".join(words), set())) == 1:
                return next(iter(codes))
        if not text or any(letter in "0123456789" for letter in text):
            raise Refused(NO_CENTRE)
        return self._nearest(orders[0])

    def _nearest(self, wanted: Words) -> str:
        joined = "".join(wanted)
        slips: dict[str, int] = {}
        for spelling, codes in self._spelt.items():
            slip = OSA.distance(spelling, joined)
            for code in codes:
                slips[code] = min(slip, slips.get(code, slip))
        near = sorted(slips, key=lambda code: (slips[code], code))[:3]
        alone = len(near) == 1 or (bool(near) and slips[near[1]] >= slips[near[0]] + _APART)
        if alone and any(
            _near(wanted, words) for words, codes in self._words.items() if near[0] in codes
        ):
            return near[0]
        likely = sorted(code for code in near if slips[code] <= min(_LIKELY, len(joined) // 2))
        raise Refused(f"{NO_CENTRE}; near: {', '.join(likely)}" if likely else NO_CENTRE)

    def _orders(self, name: str) -> tuple[Words, ...]:
        """Give a name's telling words, in their own order and in the alphabet's."""
        if _CODE.fullmatch(name):
            return (tuple(f"{int(one)}-" for one in re.split("[-/. ]", name)),)
        folded = unicodedata.normalize("NFKD", name).casefold()
        words = re.findall(
            r"[^\W_]+", re.sub("['\u2018\u2019\u02bc`\u0300-\u036f]", "", folded)
        )
        telling = tuple(word for word in words if word not in self._beside)
        return (telling, tuple(sorted(telling)))


def _near(wanted: Words, words: Words) -> bool:
    return len(wanted) == len(words) and all(
        OSA.distance(one, true) <= (len(true) >= _SHORT) + (len(true) >= _LONG)
        for one, true in zip(wanted, words, strict=True)
    )
