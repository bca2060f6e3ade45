"""The phone in a cell of a list, as it is kept."""

import re

import phonenumbers

from models.country import Country
from models.lists import mangled
from models.lists.letters import bare
from models.lists.refusal import Refused
from models.phones import valid

NO_PHONE = "not a phone number"

_BETWEEN = re.compile(r"[/,;|&]")
_MOST = 4
"""Phones in a cell that are looked at."""


class Phones:
    """Reads phones as people of a country write them."""

    def __init__(self, country: Country) -> None:
        self._region = country.phones_of
        self._mobile = country.mobile
        code = phonenumbers.country_code_for_region(country.phones_of)
        trunk = phonenumbers.ndd_prefix_for_region(country.phones_of, True) or ""
        self._short = re.compile(rf"(?:\+?{code}|{re.escape(trunk)})?([1-9][0-9]{{3,13}})")
        self._prefix = f"+{code}"

    def phone(self, text: str) -> str | None:
        """Give the first phone in a cell in E.164; None where nothing is in it.

        Raises:
            Refused: there is something, and it is no phone.
        """
        text = self._mobile_of(text) or bare(text)
        if not text or (self._mobile and self._mobile.fullmatch(text)):
            return text or None
        text = mangled.unquoted(text)
        return valid(_whole(text), self._region) or self._first(text) if text else None

    def _mobile_of(self, text: str) -> str:
        """Give what certainly is a mobile phone, without asking the world's numbering plans."""
        short = self._short.fullmatch(text)
        if not short or not self._mobile:
            return ""
        full = self._prefix + short[1]
        return full if self._mobile.fullmatch(full) else ""

    def _first(self, text: str) -> str:
        """Give the first of several phones in a cell."""
        for one in _BETWEEN.split(text, _MOST):
            if found := valid(one.strip(), self._region):
                return found
        for one in text.split(" ", 2 * _MOST):
            # Between blanks may be a part of a phone: only what surely is a whole one counts.
            if found := self._mobile_of(one):
                return found
        raise Refused(NO_PHONE)


def _whole(text: str) -> str:
    """Give a phone as it was before a spreadsheet took it for a number."""
    try:
        return mangled.number(text)
    except Refused as refused:
        if refused.reason == mangled.LOST:
            raise
        return text  # points and hyphens join a phone's parts in any way
