"""Letters as officers' spreadsheets have them: invisible ones, strange blanks and digits."""

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]+"
)
_BLANKS = re.compile(r"\s+")
_WORDS = re.compile(r"[^\W_]+|#")


def bare(text: str) -> str:
    """Give a text without invisible letters, each of its blanks a plain one."""
    return _BLANKS.sub(" ", _INVISIBLE.sub("", text)).strip()


def key(text: str) -> str:
    """Give what two spellings of a name have in common: its small letters and digits.

    `ID No.`, `id_no` and `IdNo` are one.
    """
    return "".join(_WORDS.findall(_INVISIBLE.sub("", text).casefold()))


def plain_digits(text: str) -> str:
    """Write the digits of other scripts, full-width ones among them, as 0 to 9.

    Only what stands for a digit by itself: a small raised two is none.
    """
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in text)
