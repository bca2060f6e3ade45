"""Reading what callers key: each parser gives what was said, or None for a slip."""

import re
from collections.abc import Mapping

from menus.reader import Reading, reader_of
from menus.screens import Parse
from models.country import Country
from models.numbers import ACCEPTED, Kind, NumberType, spelling

_LETTER = re.compile(r"[A-Za-z]")

LONGEST = 182
"""Letters of an answer that are read at all: no phone can send more on USSD."""

_AFRESH = {"picked": "", "lies_in": ""}
"""A new number forgets what was chosen of the one before."""

_ANY = tuple(NumberType)

_DIALLED = tuple(one for one in NumberType if one is not NumberType.RECEIPT)
"""What a text on the home page may be as it stands: a receipt may look like any word."""


def number_for(kind: Kind) -> Parse:
    """Make a parser of the numbers that a kind of document is asked for by.

    A receipt may look like anything, so it is taken for one here only where it has a letter:
    an ID number with a digit too many is a slip and no receipt.
    """
    digits = tuple(one for one in ACCEPTED[kind] if one is not NumberType.RECEIPT)
    return lambda text, country: _said(
        text, country, ACCEPTED[kind] if _LETTER.search(text) else digits
    )


def receipt(text: str, country: Country) -> Mapping[str, str] | None:
    """Read a receipt's number, whatever the document it was given for."""
    said = _said(text, country, _ANY)
    return None if said is None else {**said, "kind": ""}


def any_number(text: str, country: Country) -> Mapping[str, str] | None:
    """Read what somebody types on the home page: a number, perhaps with words around it."""
    reading = reader_of(country).read(text[:LONGEST])
    number = likeliest_number(reading, country)
    if not number and country.formats.types_of(text[:LONGEST], _DIALLED):
        number = spelling(text)
    return {**_AFRESH, "number": number, "kind": reading.kind or ""} if number else None


def place(text: str, _country: Country) -> Mapping[str, str] | None:
    """Read the name of a place, or its first letters."""
    text = text[:LONGEST].strip()
    if not any(one.isalpha() for one in text):
        return None
    return {"place": text, "county": "", "centre": ""}


def code(text: str, _country: Country) -> Mapping[str, str] | None:
    """Read the code that our notices carry: five digits."""
    digits = "".join(text.split())
    return {"code": digits} if re.fullmatch("[0-9]{5}", digits) else None


def free_text(text: str, _country: Country) -> Mapping[str, str] | None:
    """Read what somebody writes in their own words."""
    text = text[:LONGEST].strip()
    return {"words": text} if sum(one.isalpha() for one in text) > 2 else None


def likeliest_number(reading: Reading, country: Country) -> str:
    """Give the first number of a message that a document may bear; empty where none may."""
    types_of = country.formats.types_of
    return next((one for one in reading.numbers if types_of(one, _ANY)), "")


def _said(
    text: str, country: Country, types: tuple[NumberType, ...]
) -> Mapping[str, str] | None:
    text = text[:LONGEST]
    for candidate in (text, *reader_of(country).read(text).numbers):
        if country.formats.types_of(candidate, types):
            return {**_AFRESH, "number": spelling(candidate)}
    return None
