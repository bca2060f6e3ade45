"""A centre's list of documents as a CSV file: each row read, or refused with its reason."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

import phonenumbers

from models.country import Country
from models.documents import State
from models.matching import Row
from models.numbers import PRINCIPAL, Kind, Malformed, NumberType

REQUIRED = ("kind", "number", "centre", "state", "received_on", "phone")
OPTIONAL = {"waiting_card": NumberType.WAITING_CARD, "receipt": NumberType.RECEIPT}

Named = TypeVar("Named", bound=StrEnum)
_LONE_RETURN = re.compile(r"(?<=\r)(?!\n)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Refusal:
    """Why a row was refused. It names the column and never the value."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.column}: {self.reason}"


class _Refused(Exception):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(column, reason)
        self.column, self.reason = column, reason


class CentreList:
    """One file. Iterate over it for its good rows; then `refusals` tells of the others.

    Args:
        file: its lines, in octets.
        centres: the code of each centre, by every name it may be called.
        country: how its numbers and its phone numbers are written.
        today: the day of the import, after which nothing can have been received.
    """

    def __init__(
        self,
        file: Iterable[bytes],
        centres: Mapping[str, str],
        country: Country,
        today: date,
    ) -> None:
        self._reader = csv.reader(_lines(file), strict=True)
        self._line = 1
        self._country = country
        self._today = today
        self._centres = {name.casefold(): code for name, code in centres.items()}
        self.refusals: list[Refusal] = []

    def __iter__(self) -> Iterator[Row]:
        try:
            yield from self._rows()
        except csv.Error:
            self._refuse("file", "quotes or separators are broken from here on")
        except UnicodeDecodeError:
            self._refuse("file", "not UTF-8 from here on")

    def _rows(self) -> Iterator[Row]:
        columns = [name.strip().casefold() for name in next(self._reader, [])]
        if not self._check_header(columns):
            return
        self._line = self._reader.line_num + 1
        for cells in self._reader:
            yield from self._good(cells, columns)
            self._line = self._reader.line_num + 1

    def _good(self, cells: list[str], columns: list[str]) -> Iterator[Row]:
        if not any(cell.strip() for cell in cells):
            return
        if len(cells) != len(columns):
            self._refuse("row", f"{len(cells)} cells, where the header has {len(columns)}")
            return
        try:
            yield self._row(dict(zip(columns, map(str.strip, cells), strict=True)))
        except _Refused as refused:
            self._refuse(refused.column, refused.reason)

    def _check_header(self, columns: list[str]) -> bool:
        for name in REQUIRED:
            if name not in columns:
                self._refuse(name, "no such column")
        for place, name in enumerate(columns, 1):
            if name not in REQUIRED and name not in OPTIONAL:
                # The cell itself is not shown: in a list without a header it is somebody's.
                self._refuse(f"column {place}", "a column that is not known")
            elif columns.count(name) > 1:
                self._refuse(name, "the name of two columns")
        return not self.refusals

    def _row(self, cells: Mapping[str, str]) -> Row:
        kind = _one_of(Kind, "kind", cells["kind"])
        numbers = {PRINCIPAL[kind]: self._number("number", PRINCIPAL[kind], cells["number"])}
        for column, number_type in OPTIONAL.items():
            if cells.get(column):
                numbers[number_type] = self._number(column, number_type, cells[column])
        centre = self._centres.get(cells["centre"].casefold())
        if centre is None:
            raise _Refused("centre", "no centre of this code or name")
        return Row(
            kind=kind,
            state=_one_of(State, "state", cells["state"]),
            centre_code=centre,
            received_on=self._date(cells["received_on"]),
            numbers=numbers,
            phone=self._phone(cells["phone"]),
        )

    def _date(self, text: str) -> date | None:
        if not text:
            return None
        try:
            day = date.fromisoformat(text) if _DATE.fullmatch(text) else None
        except ValueError:
            day = None
        if day is None:
            raise _Refused("received_on", "not a date of the form 2026-09-30")
        if day > self._today:
            raise _Refused("received_on", "a day that has not come yet")
        return day

    def _number(self, column: str, number_type: NumberType, text: str) -> str:
        try:
            return self._country.formats.canonical(number_type, text)
        except Malformed:
            raise _Refused(column, f"cannot be a number of type {number_type}") from None

    def _phone(self, text: str) -> str | None:
        mobile = self._country.mobile
        if not text or (mobile and mobile.fullmatch(text)):
            return text or None
        try:
            phone = phonenumbers.parse(text, self._country.phones_of)
        except phonenumbers.NumberParseException:
            raise _Refused("phone", "not a phone number") from None
        if not phonenumbers.is_valid_number(phone):
            raise _Refused("phone", "not a phone number")
        return str(phonenumbers.format_number(phone, phonenumbers.PhoneNumberFormat.E164))

    def _refuse(self, column: str, reason: str) -> None:
        self.refusals.append(Refusal(self._line, column, reason))


def _lines(file: Iterable[bytes]) -> Iterator[str]:
    """Read line by line, so that what is not UTF-8 is found at its own line.

    A list from an old Mac ends its lines with a carriage return alone.
    """
    encoding = "utf-8-sig"
    for line in file:
        yield from filter(None, _LONE_RETURN.split(line.decode(encoding)))
        encoding = "utf-8"


def _one_of(kinds: type[Named], column: str, text: str) -> Named:
    try:
        return kinds(text.casefold())
    except ValueError:
        raise _Refused(column, f"not one of: {', '.join(kinds)}") from None
