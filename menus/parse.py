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

ODD = "?"
"""Stands before what was typed as a number and can be none. It is looked up like any number,
and found nowhere: callers get the same words for it as for a number that is not known."""

_DIGITS = re.compile("[0-9]+")
_WITH_DIGITS = re.compile(r"[A-Za-z0-9./_-]*[0-9][A-Za-z0-9./_-]*")
_LEAST_AT_HOME = 3
"""Letters and digits of a number on the home page; its choices have one or two."""

_DIALLED = tuple(one for one in NumberType if one is not NumberType.RECEIPT)
"""What a text on the home page may be as it stands: a receipt may look like any word."""


def number_for(kind: Kind) -> Parse:
    """Make a parser of the numbers that a kind of document is asked for by.

    A receipt may look like anything, so it is taken for one here only where it has a letter:
    an ID number with a digit too many is a slip and no receipt.
    """
    digits = tuple(one for one in ACCEPTED[kind] if one is not NumberType.RECEIPT)
    return lambda text, country: _said_or_odd(
        text, country, ACCEPTED[kind] if _LETTER.search(text) else digits
    )


def receipt_asked(text: str, country: Country) -> Mapping[str, str] | None:
    """Read a receipt's number to look it up, whatever the document it was given for."""
    said = _said_or_odd(text, country, _ANY)
    return None if said is None else {**said, "kind": ""}


def receipt(text: str, country: Country) -> Mapping[str, str] | None:
    """Read a receipt's number, whatever the document it was given for."""
    said = _said(text, country, _ANY)
    return None if said is None else {**said, "kind": ""}


def any_number(text: str, country: Country) -> Mapping[str, str] | None:
    """Read what somebody types on the home page: a number, perhaps with words around it.

    What is nothing but a number's digits, as most that is typed, is not read as a message is:
    that took four times as long.
    """
    if _DIGITS.fullmatch(text) and seems_number(text, country):
        return {**_AFRESH, "number": text, "kind": ""}
    reading = reader_of(country).read(text[:LONGEST])
    number = likeliest_number(reading, country)
    if not number and seems_number(text, country):
        number = spelling(text)
    if not number and len(spelling(text)) >= _LEAST_AT_HOME:
        number = odd_number(text) if _WITH_DIGITS.fullmatch(text.strip()) else ""
    return {**_AFRESH, "number": number, "kind": reading.kind or ""} if number else None


def seems_number(text: str, country: Country) -> bool:
    """Say whether a text, as it stands, may be a number that is dialled or texted."""
    return bool(country.formats.types_of(text[:LONGEST], _DIALLED))


def odd_number(text: str) -> str:
    """Mark what was typed as a number and can be none; empty where it holds no digit.

    Only ASCII's digits count, and the words around them do not.
    """
    typed = "".join(_WITH_DIGITS.findall(text[:LONGEST]))
    return ODD + spelling(typed) if typed else ""


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


def _said_or_odd(
    text: str, country: Country, types: tuple[NumberType, ...]
) -> Mapping[str, str] | None:
    said = _said(text, country, types)
    if said is None and (number := odd_number(text)):
        return {**_AFRESH, "number": number}
    return said


def _said(
    text: str, country: Country, types: tuple[NumberType, ...]
) -> Mapping[str, str] | None:
    text = text[:LONGEST]
    for candidate in (text, *reader_of(country).read(text).numbers):
        if country.formats.types_of(candidate, types):
            return {**_AFRESH, "number": spelling(candidate)}
    return None
