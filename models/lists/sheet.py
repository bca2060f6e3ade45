"""A sheet of an Excel file, as it streams: its rows, each cell as a person would write it."""

import re
from array import array
from contextlib import suppress
from datetime import date, timedelta

from models.lists.columns import MOST
from models.lists.parts import DATE, BadPart, SharedTexts, Texts

_ROWS = 1_048_576
_NUMBER = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?")
_WHOLE = re.compile("[0-9]{1,15}")
_EXACT = 10**15
"""Up to here a spreadsheet keeps every digit of a number."""

_CALENDARS = (date(1899, 12, 30), date(1904, 1, 1))
"""The days from which Excel counts: on Windows, and on old Macs."""


class Sheet(Texts):
    """A sheet's rows.

    Attributes:
        rows: those that have been read and not yet taken away: the number of each, and its
            cells up to the last that holds anything. A formula is given as such, with = in
            front, and never what it came to.
    """

    def __init__(self, texts: SharedTexts, shown: "array[int]", since_1904: bool) -> None:
        super().__init__()
        self.rows: list[tuple[int, list[str]]] = []
        self._texts = texts
        self._shown = shown
        self._calendar = _CALENDARS[since_1904]
        self._row = 0
        self._cells: list[str] = []
        self._column = -1
        self._given: dict[str, str] = {}
        self._formula: str | None = None
        self._value = ""
        self._spoken = False

    def _start(self, name: str, given: dict[str, str]) -> None:
        if name == "c":
            self._place(given.get("r", ""))
            self._given, self._formula, self._value = given, None, ""
            self._taken()
        elif name in ("v", "t", "f"):
            self._taking = not self._spoken
        elif name == "row":
            self._begin_row(given)
        elif name == "rPh":
            self._spoken = True

    def _end(self, name: str) -> None:
        self._taking = False
        if name == "v":
            self._value = self._taken()
        elif name == "f":
            self._formula = self._taken()
        elif name == "is":
            self._value = self._taken()
        elif name == "c":
            self._keep()
        elif name == "row":
            if self._cells:
                self.rows.append((self._row, self._cells))
            self._cells = []
        elif name == "rPh":
            self._spoken = False

    def _begin_row(self, given: dict[str, str]) -> None:
        number = given.get("r", "")
        self._row = int(number) if _WHOLE.fullmatch(number) else self._row + 1
        if self._row > _ROWS:
            raise BadPart("more rows than a sheet has")
        self._cells, self._column = [], -1

    def _place(self, reference: str) -> None:
        letters = reference.rstrip("0123456789")
        if not letters:
            self._column += 1
            return
        column = 0
        for letter in letters[:3]:
            column = column * 26 + ord(letter) - 64
        self._column = column - 1

    def _keep(self) -> None:
        """Put the cell that ends at its place in the row."""
        text = f"={self._formula}" if self._formula is not None else self._read()
        if not text:
            return
        cells, column = self._cells, self._column
        if not 0 <= column < MOST:
            raise BadPart(f"more than {MOST} columns")
        while len(cells) <= column:
            cells.append("")
        cells[column] = text

    def _read(self) -> str:
        """Give what the cell that ends shows."""
        value, kind = self._value, self._given.get("t", "n")
        if kind == "n":
            return self._number(value)
        if kind == "s":
            if not _WHOLE.fullmatch(value):
                raise BadPart("a text that is not there")
            return self._texts[int(value)]
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        return value

    def _number(self, value: str) -> str:
        """Give a number as a person would write it: a day, whole, or as it is."""
        shown = self._how_shown()
        if not shown and _WHOLE.fullmatch(value):
            return value
        if not _NUMBER.fullmatch(value):
            return value
        number = float(value)
        if shown == DATE and 1 <= number < _EXACT:
            with suppress(OverflowError):  # no day that there is: a number, then
                return (self._calendar + timedelta(days=int(number))).isoformat()
        if number.is_integer() and abs(number) < _EXACT:
            return str(int(number)).zfill(max(shown, 0))
        return value

    def _how_shown(self) -> int:
        style = self._given.get("s")
        if style is None or not _WHOLE.fullmatch(style) or int(style) >= len(self._shown):
            return 0
        return self._shown[int(style)]
