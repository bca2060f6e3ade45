"""Reports as CSV files that do no harm in a spreadsheet: of the rows refused, and of others."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from defusedcsv import csv

from models.lists.refusal import Refusal

HEADER = ("line", "column", "reason")

_BLANKS = "\t\r\n\v\f \0\u00a0\ufeff"
_WIDE = ("\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The full-width =, +, - and @, which some spreadsheets take for the plain ones."""


def write_refusals(file: Path, refusals: Iterable[Refusal]) -> int:
    """Write a report of rows that were refused, by line, column and reason.

    No cell of the list is in it. Line 0 is the file as a whole, or an option.

    Returns:
        How many there were.
    """
    return write(file, HEADER, ((one.line, one.column, one.reason) for one in refusals))


def write(file: Path, header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> int:
    """Write a CSV file in UTF-8 whose cells no spreadsheet runs as formulas.

    Returns:
        How many rows it has beside the header.
    """
    with file.open("w", encoding="utf-8", newline="") as opened:
        return write_into(opened, header, rows)


def write_into(
    opened: TextIO, header: Sequence[str], rows: Iterable[Sequence[str | int]]
) -> int:
    """Write the same into what is open already."""
    count = 0
    writer = csv.writer(opened, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
        count += 1
    return count


def _harmless(cell: str | int) -> str | int:
    """Take away the blanks behind which a formula hides; the writer sees to the rest."""
    if isinstance(cell, int):
        return cell
    bare = cell.lstrip(_BLANKS)
    return f"'{bare}" if bare.startswith(_WIDE) else bare
