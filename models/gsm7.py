"""Letters as the network counts them: the GSM 7-bit default alphabet (3GPP TS 23.038).

A letter takes one septet, a letter of the extension table two, any other has no place.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate

from gsm0338 import Codec

USSD_PAGE = 182
"""Septets in a USSD string at most: 160 octets (3GPP TS 23.038, 6.1.2.3)."""

SMS_SEGMENT = 160
"""Septets in an SMS of one segment: 140 octets."""

SMS_PART = 153
"""Septets in each segment of a longer SMS: its header takes seven."""

UCS2_SEGMENT, UCS2_PART = 70, 67
"""Letters of 16 bits in an SMS of one segment, and in each of several."""

_ESCAPE = "\x1b"
_ONE_EACH = re.compile(r"[A-Za-z0-9 \n.,:;!?'\"()/%&*#+<=>@$_-]*")
"""Texts that need no counting: most are such."""

_CODEC = Codec()
_TYPED = str.maketrans(
    {
        "\u2018": "'",  # quotation marks and dashes that word processors put
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u2026": "...",
        "\u00a0": " ",
    }
)


def septets(text: str) -> int:
    """Count the septets of a text that has no foreign letters."""
    return len(text) if _ONE_EACH.fullmatch(text) else sum(map(_width, text))


def segments(text: str) -> int:
    """Count the segments of an SMS; an extension pair is not split over two of them.

    A text with letters that the alphabet lacks goes out as UCS-2: 70 letters in one
    segment, 67 in each of several (3GPP TS 23.040).
    """
    if len(text) <= SMS_SEGMENT and _ONE_EACH.fullmatch(text):
        return 1
    if foreign(text):
        units = len(text.encode("utf-16-be")) // 2
        return 1 if units <= UCS2_SEGMENT else -(-units // UCS2_PART)
    if septets(text) <= SMS_SEGMENT:
        return 1
    count, used = 1, 0
    for letter in text:
        width = _width(letter)
        if used + width > SMS_PART:
            count, used = count + 1, 0
        used += width
    return count


def widths(text: str) -> Iterator[int]:
    """Count the septets of a text after each of its letters."""
    return accumulate(map(_width, text))


def foreign(text: str) -> list[str]:
    """List the letters of a text that phones cannot show, each once."""
    return sorted({letter for letter in text if not _width(letter)})


def plain(text: str) -> str:
    """Give the text in letters that phones can show: accents taken off where need be.

    A letter that does not decompose into one they can show becomes `?`.
    """
    return "".join(map(_plain, unicodedata.normalize("NFC", text.translate(_TYPED))))


@lru_cache(maxsize=4096)
def _width(letter: str) -> int:
    if letter == _ESCAPE:
        return 0
    try:
        return len(_CODEC.encode(letter)[0])
    except UnicodeError:
        return 0


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    if _width(letter):
        return letter
    bare = unicodedata.normalize("NFD", letter)[0]
    return bare if _width(bare) else "?"
