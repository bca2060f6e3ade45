"""Delivery sheets: the numbers that should be in a box, as a file or as pasted text.

A sheet is a list as `models/lists` reads one, of which the column of numbers alone is looked
at; or one number a line. Nothing of it touches a disk.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.lists import mangled
from models.lists.refusal import BadFile, Refusal, Refused
from models.lists.table import CentreFile
from models.lists.vocabulary import Vocabulary
from models.numbers import PRINCIPAL, Formats, Kind, Malformed, NumberType

MOST = 5_000
"""Lines of a sheet at most."""

LARGEST = 500 * 1000
"""Octets of a sheet at most: what a web server keeps in memory of a form."""

_CELL = 100
_NO_NUMBER = "no number of this kind"
_SEVERAL = "several numbers, and no header that says which"
_PARTED = re.compile(r"[,;\t|]")


@dataclass(frozen=True)
class Sheet:
    """What a sheet says.

    Attributes:
        numbers: in canonical form, each with the line on which it stands first.
        repeated: lines whose number stood on another before.
        refusals: lines without a number that can be read, and why.
    """

    numbers: dict[str, int] = field(repr=False)
    repeated: int
    refusals: Sequence[Refusal]


def read_sheet(octets: bytes, kind: Kind, formats: Formats, words: Vocabulary) -> Sheet:
    """Read a sheet.

    Args:
        octets: a file's, CSV or Excel; or a pasted text's in UTF-8.
        kind: of all documents in the box.
        words: what the column of numbers may be called.

    Raises:
        BadFile: it is none.
    """
    if len(octets) > LARGEST:
        raise BadFile(f"larger than {LARGEST // 1000} kB")
    reader = _Reader(PRINCIPAL[kind], formats, words)
    # An anonymous file in memory, since a list is read from a path: numbers touch no disk.
    memory = os.memfd_create("sheet")
    try:
        os.write(memory, octets)
        with CentreFile(Path(f"/proc/self/fd/{memory}"), words) as opened:
            return reader.sheet(opened.rows())
    finally:
        os.close(memory)


class _Reader:
    """Reads the rows of one sheet."""

    def __init__(self, number_type: NumberType, formats: Formats, words: Vocabulary) -> None:
        self._type, self._formats, self._words = number_type, formats, words
        self._numbers: dict[str, int] = {}
        self._refusals: list[Refusal] = []
        self._repeated = 0

    def sheet(self, rows: Iterator[tuple[int, list[str]]]) -> Sheet:
        line, header = next(rows)
        place = self._place(header)
        if place is None and any(header):
            self._read(line, _parts(header))
        for count, (line, cells) in enumerate(rows):
            if count >= MOST:
                raise BadFile(f"more than {MOST} lines", line)
            self._read(line, _parts(cells) if place is None else cells[place : place + 1])
        return Sheet(self._numbers, self._repeated, self._refusals)

    def _place(self, header: Sequence[str]) -> int | None:
        """Find the column of numbers; None where the list begins without a header.

        Raises:
            BadFile: it has a header that names none.
        """
        named = [self._words.column(cell) if cell.strip() else None for cell in header]
        if "number" in named:
            return named.index("number")
        if self._words.known(header):
            raise BadFile("no column of numbers")
        return None

    def _read(self, line: int, cells: Sequence[str]) -> None:
        """Take the number of a row; say why where there is none, or there are several."""
        reason, found = _NO_NUMBER, set()
        for cell in cells:
            try:
                found.add(self._number(cell.strip()))
            except Refused as refused:
                reason = refused.reason
            except Malformed:
                continue
        if len(found) != 1:
            self._refusals.append(Refusal(line, "number", _SEVERAL if found else reason))
            return
        number = found.pop()
        self._repeated += number in self._numbers
        self._numbers.setdefault(number, line)

    def _number(self, text: str) -> str:
        if len(text) > _CELL:
            raise Malformed
        labels = () if self._type is NumberType.RECEIPT else self._words.labels
        return self._formats.canonical(self._type, mangled.number(text, labels))


def _parts(cells: Sequence[str]) -> list[str]:
    """Give the cells of a row, and their parts: without a header no separator is known."""
    return [*cells, *(part for one in cells for part in _PARTED.split(one) if part != one)]
