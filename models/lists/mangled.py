"""Undoing what spreadsheets and officers do to numbers, where no digit can have been lost."""

import re
from collections.abc import Collection

from models.lists.letters import bare, key, plain_digits
from models.lists.refusal import FORMULA, Refused

LOST = "a spreadsheet has cut digits off"
NOT_WHOLE = "not a whole number"

_TEXT_TRICK = re.compile(r'="([^"]*)"')
_QUOTES = "'\u2018\u2019`\"\u201c\u201d"
_LABEL = re.compile(r"([A-Za-z#][A-Za-z .:#/_-]*)(?=[0-9])")
_POWER = re.compile(r"([0-9]+)(?:[.,]([0-9]+))?[eE]([+-]?)([0-9]{1,3})")
_POINT = re.compile(r"([0-9]+)\.([0-9]+)")
_THOUSANDS = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+)(?:\.0+)?")
_COMMA = re.compile(r"([0-9]+),0{1,2}")
_GROUP = 3


def number(text: str, labels: Collection[str] = ()) -> str:
    """Give a number as it was typed.

    Args:
        labels: what may stand before it, in the form of `letters.key`.

    Raises:
        Refused: it is a formula, below nought or no whole number, or digits may be lost.
    """
    text = plain_digits(unquoted(text))
    if labels and (label := _LABEL.match(text)) and key(label[1]) in labels:
        text = text[label.end() :]
    if text.startswith("-"):
        raise Refused(NOT_WHOLE)
    if power := _POWER.fullmatch(text):
        return _of_power(text, *power.groups(default=""))
    if thousands := _THOUSANDS.fullmatch(text):
        return thousands[1].replace(",", "")
    if comma := _COMMA.fullmatch(text):
        return comma[1]
    if point := _POINT.fullmatch(text):
        return _of_point(text, point[1], point[2])
    return text


def unquoted(text: str) -> str:
    """Give a cell without the signs by which spreadsheets are told that it is text.

    Raises:
        Refused: it is a formula.
    """
    text = bare(text)
    if text.startswith(("=", "@")):
        trick = _TEXT_TRICK.fullmatch(text)
        if not trick:
            raise Refused(FORMULA)
        text = trick[1]
    return text.strip(_QUOTES + " ")


def _of_power(text: str, whole: str, fraction: str, sign: str, power: str) -> str:
    """Read 2.0123456E+07, whose digits are all there; 2.01E+07 has lost some.

    2012E45 may be a number with a letter in it, and is left as it is.
    """
    if not fraction and not sign:
        return text
    if sign == "-":
        raise Refused(NOT_WHOLE)
    places = int(power)
    if len(fraction) < places:
        raise Refused(LOST)
    if fraction[places:].strip("0"):
        raise Refused(NOT_WHOLE)
    return whole + fraction[:places]


def _of_point(text: str, whole: str, fraction: str) -> str:
    """Read 20123456.0; 123.456 is two groups of digits, and 123.000 could be either."""
    grouped = len(fraction) == _GROUP and len(whole) <= _GROUP
    if not fraction.strip("0"):
        if grouped:
            raise Refused(NOT_WHOLE)
        return whole
    if not grouped:
        raise Refused(NOT_WHOLE)
    return text
