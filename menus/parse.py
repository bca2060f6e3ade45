"""Reading what callers key: each parser gives what was said, or None for a slip."""

import re
from collections.abc import Mapping

from menus.reader import Reading, read
from menus.screens import Parse
from models.numbers import ACCEPTED, Kind, NumberType, spelling, types_of

_LETTER = re.compile(r"[A-Za-z]")

LONGEST = 182
"""Letters of an answer that are read at all: no phone can send more on USSD."""

_AFRESH = {"picked": "", "county": ""}
"""A new number forgets what was chosen of the one before."""

_ANY = tuple(NumberType)


def number_for(kind: Kind) -> Parse:
    """Make a parser of the numbers that a kind of document is asked for by.

    A receipt may look like anything, so it is taken for one here only where it has a letter:
    an ID number with a digit too many is a slip and no receipt.
    """
    digits = tuple(one for one in ACCEPTED[kind] if one is not NumberType.RECEIPT)
    return lambda text: _said(text, ACCEPTED[kind] if _LETTER.search(text) else digits)


def receipt(text: str) -> Mapping[str, str] | None:
    """Read a receipt's number, whatever the document it was given for."""
    said = _said(text, _ANY)
    return None if said is None else {**said, "kind": ""}


def any_number(text: str) -> Mapping[str, str] | None:
    """Read what somebody types on the home page: a number, perhaps with words around it."""
    reading = read(text[:LONGEST])
    number = likeliest_number(reading)
    return {**_AFRESH, "number": number, "kind": reading.kind or ""} if number else None


def likeliest_number(reading: Reading) -> str:
    """Give the first number of a message that a document may bear; empty where none may."""
    return next((one for one in reading.numbers if types_of(one, _ANY)), "")


def _said(text: str, types: tuple[NumberType, ...]) -> Mapping[str, str] | None:
    text = text[:LONGEST]
    for candidate in (text, *read(text).numbers):
        if types_of(candidate, types):
            return {**_AFRESH, "number": spelling(candidate)}
    return None
