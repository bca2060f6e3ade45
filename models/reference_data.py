"""Loading reference data: a folder of CSV files, one a table, into the tables.

The files that lie in the folder `reference/` are Kenya's: each row names its source, and how
sure it is. Another country's are a folder of the same files.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, insert, select, update

from models.centres import centres
from models.constituencies import constituencies
from models.counties import counties
from models.desks import desks
from models.documents import documents
from models.gsm7 import foreign
from models.services import service_terms, service_texts, services

KENYA = Path(__file__).parent / "reference"

TABLES = (
    counties,
    constituencies,
    centres,
    services,
    service_terms,
    service_texts,
    desks,
)
"""The tables that are loaded, those that others refer to first."""

_KEY = re.compile(r"[1-9][0-9]?")
_COUNTY = re.compile(r"0?[1-9]|[1-9][0-9]")
_MORE = "98"
"""The key that turns a page, which is nothing else's."""

_CENTRE = re.compile(r".*-0?([1-9][0-9]?)")
_CENTRES = 87
"""The highest number of a centre in its county: above it there is no key of two digits."""

_SHOWN = {
    "counties": {"name", "headquarters"},
    "constituencies": {"name"},
    "centres": {"short_name", "town", "address"},
    "service_terms": {"agency"},
    "service_texts": {"name", "bring", "takes", "collects", "place", "note"},
}
"""What callers are shown, in letters that phones have."""

Row = dict[str, Any]
_Key = tuple[Any, ...]


class BadReference(ValueError):
    """A folder of reference data cannot be used; the text names every fault, one a line."""


def load(connection: Connection, folder: Path = KENYA) -> dict[str, int]:
    """Bring the tables to what a folder's files say; give the number of rows of each.

    Raises:
        BadReference: with every fault of every file.
        sqlalchemy.exc.IntegrityError: a row names another that is not there, or one that is
            gone is still referred to.
    """
    contents = read(folder)
    replace(connection, contents)
    return {table.name: len(rows) for table, rows in contents}


def read(folder: Path = KENYA) -> list[tuple[Table, list[Row]]]:
    """Read a folder's files.

    Raises:
        BadReference: with every fault of every file.
    """
    files = [_File(folder, table) for table in TABLES]
    faults = [fault for one in files for fault in one.faults]
    rows = {one.table.name: one.rows for one in files}
    faults += _key_faults(rows["services"])
    faults += _county_faults(rows["counties"])
    faults += _centre_faults(rows["centres"])
    if faults:
        raise BadReference("\n".join(faults))
    return [(one.table, one.rows) for one in files]


def replace(
    connection: Connection, contents: Sequence[tuple[Table, Sequence[Mapping[str, Any]]]]
) -> None:
    """Make each table hold its rows: add the new, change the changed, drop what is gone.

    Tables that others refer to come first: what is gone is dropped the other way round.

    Raises:
        BadReference: documents lie at a centre that is gone.
        sqlalchemy.exc.IntegrityError: a row that is gone is still referred to.
    """
    gone = [(table, _put(connection, table, rows)) for table, rows in contents]
    for table, keys in gone:
        if table is centres:
            _refuse_empty_places(connection, [code for (code,) in keys])
    for table, keys in reversed(gone):
        for key in keys:
            connection.execute(delete(table).where(*_is(table, key)))


def _refuse_empty_places(connection: Connection, codes: Sequence[str]) -> None:
    """Refuse to forget centres at which documents lie: no foreign key holds them."""
    lie = select(documents.c.centre_code).where(documents.c.centre_code.in_(codes)).distinct()
    if held := sorted(connection.scalars(lie)) if codes else []:
        raise BadReference(f"documents lie at centres that are gone: {', '.join(held)}")


def _put(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> set[_Key]:
    """Add and change rows; give the keys of those that are gone."""
    held = {_key(table, row): dict(row) for row in connection.execute(select(table)).mappings()}
    fresh = [row for row in rows if _key(table, row) not in held]
    if fresh:
        connection.execute(insert(table), fresh)
    for row in rows:
        key = _key(table, row)
        if held.pop(key, row) != row:
            connection.execute(update(table).where(*_is(table, key)).values(row))
    return set(held)


def _key(table: Table, row: Mapping[Any, Any]) -> _Key:
    return tuple(row[column.name] for column in table.primary_key.columns)


def _is(table: Table, key: _Key) -> list[Any]:
    return [column == one for column, one in zip(table.primary_key.columns, key, strict=True)]


class _File:
    """A table's file: its rows as the table holds them, and what is wrong with it."""

    def __init__(self, folder: Path, table: Table) -> None:
        self.table = table
        self.rows: list[Row] = []
        self.faults: list[str] = []
        self._name = f"{table.name}.csv"
        try:
            with (folder / self._name).open(encoding="utf-8", newline="") as lines:
                self._read(csv.DictReader(lines, restkey=""))
        except (OSError, UnicodeDecodeError) as error:
            self.faults.append(f"{self._name} cannot be read: {error}")

    def _read(self, reader: "csv.DictReader[str]") -> None:
        given, wanted = set(reader.fieldnames or ()), set(self.table.columns.keys())
        if given != wanted:
            odd = ", ".join(sorted(given ^ wanted))
            self.faults.append(f"{self._name}: columns that are missing or not known: {odd}")
            return
        for cells in reader:
            where = f"{self._name}, line {reader.line_num}"
            if None in cells.values() or "" in cells:
                self.faults.append(f"{where}: not as many cells as the first line names")
            else:
                self.rows.append(dict(self._row(cells, where)))
        counted = Counter(_key(self.table, row) for row in self.rows)
        self.faults += [
            f"{self._name}: there twice: {' '.join(map(str, key))}"
            for key, times in counted.items()
            if times > 1
        ]

    def _row(self, cells: Mapping[str, str], where: str) -> Iterator[tuple[str, Any]]:
        for column in self.table.columns:
            try:
                yield column.name, _value(column, cells[column.name])
            except ValueError as error:
                self.faults.append(f"{where}, {column.name}: {error}")
                yield column.name, None


def _value(column: "Column[Any]", text: str) -> Any:
    """Read a cell as its column holds it."""
    if not text and column.nullable:
        return None
    if not text and column.primary_key:
        raise ValueError("nothing is given")
    kind = column.type.python_type
    if kind is date:
        return date.fromisoformat(text)
    if kind is int:
        return int(text)
    widest = getattr(column.type, "length", None)
    if widest and len(text) > widest:
        raise ValueError(f"{len(text)} letters where {widest} have room")
    if column.name in _SHOWN.get(column.table.name, ()):
        _refuse_foreign(text)
    return text


def _refuse_foreign(text: str) -> None:
    """Refuse letters that phones cannot show (3GPP TS 23.038)."""
    wrong = foreign(text)
    if wrong:
        raise ValueError(f"{' '.join(wrong)}, which phones cannot show")


def _key_faults(rows: Sequence[Row]) -> Iterator[str]:
    """Find services that cannot be chosen by their key, or not apart from another."""
    taken: dict[tuple[str, str], str] = {}
    for row in rows:
        code, desk, key = row["code"], row["desk"], str(row["key"])
        if not _KEY.fullmatch(key) or key == _MORE:
            yield f"services.csv: {code}: no key that can be pressed: {key}"
        other = taken.setdefault((desk, key), code)
        if other != code:
            yield f"services.csv: {code}: the key {key} is {other}'s"


def _county_faults(rows: Sequence[Row]) -> Iterator[str]:
    """Find counties that cannot be chosen by the last two digits of their code."""
    taken: dict[str, str] = {}
    for code in _codes(rows):
        key = code[-2:]
        if not _COUNTY.fullmatch(key) or key == _MORE:
            yield f"counties.csv: {code}: no key that can be pressed: {key}"
        other = taken.setdefault(key.zfill(2), code)
        if other != code:
            yield f"counties.csv: {code}: the key {key} is {other}'s"


def _centre_faults(rows: Sequence[Row]) -> Iterator[str]:
    """Find centres that cannot be chosen by their number in their county."""
    taken: dict[tuple[str, str], str] = {}
    counties_of = {row["code"]: row["county_code"] for row in rows}
    for code in _codes(rows):
        number = _CENTRE.fullmatch(code)
        if not number or int(number[1]) > _CENTRES:
            yield f"centres.csv: {code}: its number in the county is none from 1 to {_CENTRES}"
            continue
        other = taken.setdefault((counties_of[code], number[1]), code)
        if other != code:
            yield f"centres.csv: {code}: the number {number[1]} is {other}'s in its county"


def _codes(rows: Sequence[Row]) -> list[str]:
    """List the codes that could be read, each once."""
    return list(dict.fromkeys(row["code"] for row in rows if row["code"]))
