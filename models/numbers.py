"""The numbers a document is found by: their types, and the one canonical form of each.

Import and look-up both pass through `canonical`, so what a centre loads and what a
caller keys meet in the same spelling. How numbers are written is each country's own, and
stands in its file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Form:
    """How one country writes its numbers of one type.

    Attributes:
        pattern: what a number is, of capitals and digits, without the signs that join them.
        slash: whether a slash is a part of a number, and no sign that joins.
        least: how many digits are written at least, where noughts in front do not count.
        most: how many digits noughts in front may be taken from; none where they count.
    """

    pattern: re.Pattern[str]
    slash: bool = False
    least: int = 0
    most: int = 0

    def canonical(self, text: str) -> str:
        """Give the one spelling of `text`.

        Raises:
            Malformed: it cannot be such a number.
        """
        joined = (_TYPED_JOINERS if self.slash else _JOINERS).sub("", text)
        # Some letters beyond ASCII have capitals within it.
        if len(joined) > ANY_NUMBER or not joined.isascii():
            raise Malformed
        capitals = joined.upper()
        if not self.pattern.fullmatch(capitals) or not re.search("[1-9]", capitals):
            raise Malformed
        return (
            self._unpadded(capitals)
            if self.most and re.fullmatch("[0-9]+", capitals)
            else capitals
        )

    def _unpadded(self, digits: str) -> str:
        """Take away noughts in front: spreadsheets drop them and people add them.

        What has more than `most` digits is left as it is, so that it is its own form again.
        """
        bare = digits.lstrip("0")
        return bare.zfill(self.least) if len(bare) <= self.most else digits


@dataclass(frozen=True)
class Formats:
    """How one country writes its numbers; of a type without a form nothing is a number."""

    forms: Mapping[NumberType, Form]

    def canonical(self, number_type: NumberType, text: str) -> str:
        """Give the one spelling of `text` as a number of `number_type`.

        Only ASCII letters and digits are taken: `str.isdigit` would let full-width digits
        spell a number a second way, past budgets and limits.

        Raises:
            Malformed: the text cannot be such a number.
        """
        form = self.forms.get(number_type)
        if form is None:
            raise Malformed
        return form.canonical(text)

    def types_of(self, text: str, types: tuple[NumberType, ...]) -> dict[NumberType, str]:
        """Give the canonical form of `text` under each of `types` that it can be."""
        found = {}
        for number_type in types:
            try:
                found[number_type] = self.canonical(number_type, text)
            except Malformed:
                continue
        return found

    def asked_by(self, text: str, kind: str) -> dict[NumberType, str]:
        """Give what a caller may mean by a number, for one kind of document; empty for any."""
        kinds = [Kind(kind)] if kind else list(Kind)
        types = dict.fromkeys(one for each in kinds for one in ACCEPTED[each])
        return self.types_of(text, tuple(types))


def spelling(text: str) -> str:
    """Give a number as it was typed, without the blanks and signs that join its parts.

    Unlike a canonical form it may still be any type of number: its noughts are kept.
    """
    return _TYPED_JOINERS.sub("", text).upper() if text.isascii() else text
