"""The numbers a document is found by: their types, and the one canonical form of each.

Import and look-up both pass through `canonical`, so what a centre loads and what a
caller keys meet in the same spelling.
"""

import re
from collections.abc import Callable
from enum import StrEnum


class Kind(StrEnum):
    """What kind of document lies at a centre."""

    ID_CARD = "id_card"
    BIRTH_CERTIFICATE = "birth_certificate"
    DRIVING_LICENCE = "driving_licence"


class NumberType(StrEnum):
    """What kind of number it is that names a document."""

    NATIONAL_ID = "national_id"
    WAITING_CARD = "waiting_card"
    BIRTH_ENTRY = "birth_entry"
    BIRTH_CERTIFICATE = "birth_certificate"
    RECEIPT = "receipt"


class Malformed(ValueError):
    """A text that cannot be a number of the type asked for."""


ANY_NUMBER = 14
"""The longest number in letters or digits (a Maisha Namba as the press describes it)."""

PRINCIPAL = {
    Kind.ID_CARD: NumberType.NATIONAL_ID,
    Kind.BIRTH_CERTIFICATE: NumberType.BIRTH_ENTRY,
    Kind.DRIVING_LICENCE: NumberType.NATIONAL_ID,
}
"""Which type the `number` column of a centre's list holds. No source gives a format for
the licence's own number, and NTSA's enquiries are made by national ID."""

ACCEPTED = {
    Kind.ID_CARD: (NumberType.NATIONAL_ID, NumberType.WAITING_CARD, NumberType.RECEIPT),
    Kind.BIRTH_CERTIFICATE: (
        NumberType.BIRTH_ENTRY,
        NumberType.BIRTH_CERTIFICATE,
        NumberType.RECEIPT,
    ),
    Kind.DRIVING_LICENCE: (NumberType.NATIONAL_ID, NumberType.RECEIPT),
}
"""Which types a caller may ask for each kind by."""

_JOINERS = re.compile(r"[\s\u00a0./_-]+")
_TYPED_JOINERS = re.compile(r"[\s\u00a0._-]+")


def canonical(number_type: NumberType, text: str) -> str:
    """Give the one spelling of `text` as a number of `number_type`.

    Only ASCII letters and digits are taken: `str.isdigit` would let full-width digits
    spell a number a second way, past budgets and limits.

    Raises:
        Malformed: the text cannot be such a number.
    """
    return _FORMS[number_type](text)


def types_of(text: str, types: tuple[NumberType, ...]) -> dict[NumberType, str]:
    """Give the canonical form of `text` under each of `types` that it can be."""
    found = {}
    for number_type in types:
        try:
            found[number_type] = canonical(number_type, text)
        except Malformed:
            continue
    return found


def spelling(text: str) -> str:
    """Give a number as it was typed, without the blanks and signs that join its parts.

    Unlike a canonical form it may still be any type of number: its noughts are kept.
    """
    return _TYPED_JOINERS.sub("", text).upper() if text.isascii() else text


def _digits(pattern: str) -> Callable[[str], str]:
    shape = re.compile(pattern)

    def form(text: str) -> str:
        joined = _JOINERS.sub("", text)
        if not shape.fullmatch(joined) or not joined.strip("0"):
            raise Malformed
        return joined

    return form


def _unpadded(least: int, most: int, pattern: str) -> Callable[[str], str]:
    """Make a form of digits whose leading noughts do not count.

    Spreadsheets drop them and people add them. A form has `least` digits at least, and one
    of more than `most` is left as it is, so that it is its own form again.
    """
    digits = _digits(pattern)
    return lambda text: _without_noughts(digits(text), least, most)


def _without_noughts(digits: str, least: int, most: int) -> str:
    bare = digits.lstrip("0")
    return bare.zfill(least) if len(bare) <= most else digits


def _birth_entry(text: str) -> str:
    joined = _TYPED_JOINERS.sub("", text)
    if not re.fullmatch(r"[A-Za-z0-9/]{6,14}", joined) or not re.search(r"[1-9]", joined):
        raise Malformed
    return (
        _without_noughts(joined, 6, 14) if re.fullmatch(r"[0-9]+", joined) else joined.upper()
    )


def _receipt(text: str) -> str:
    joined = _JOINERS.sub("", text)
    if not re.fullmatch(r"[A-Za-z0-9]{4,14}", joined) or not re.search(r"[1-9]", joined):
        raise Malformed
    return joined.upper()


_FORMS: dict[NumberType, Callable[[str], str]] = {
    # 7 or 8 digits in documents seen, 6 to 9 taken; 14 for a Maisha Namba.
    NumberType.NATIONAL_ID: _unpadded(6, 9, r"[0-9]{6,9}|[0-9]{14}"),
    # The acknowledgement slip's serial: nine digits.
    NumberType.WAITING_CARD: _digits(r"[0-9]{9}"),
    # About ten digits, or an older NNN/YYYY: sources disagree, so the rule is wide.
    NumberType.BIRTH_ENTRY: _birth_entry,
    # Seven digits in samples, leading zeros among them.
    NumberType.BIRTH_CERTIFICATE: _unpadded(5, 10, r"[0-9]{5,10}"),
    NumberType.RECEIPT: _receipt,
}
