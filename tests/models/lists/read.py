"""Reading a list as an import does, from the file to its rows and refusals."""

import csv
from datetime import date
from functools import cache
from pathlib import Path

from models.country import kenya
from models.lists.columns import columns_of
from models.lists.reading import Reading
from models.lists.refusal import BadFile, Refusal
from models.lists.table import CentreFile, Fill
from models.lists.vocabulary import Vocabulary
from models.matching import Row
from models.reference_data import KENYA

TODAY = date(2026, 9, 30)
HEADER = "kind,number,centre,state,received_on,phone\n"
GOOD = "id_card,20123456,047-01,ready,2026-09-29,+254711000111\n"
NO_FILL = Fill()


@cache
def words() -> Vocabulary:
    return Vocabulary.read()


@cache
def centres() -> dict[str, str]:
    """Give the code of each of Kenya's centres by what `codes_by_name` calls them."""
    with (KENYA / "centres.csv").open(encoding="utf-8", newline="") as lines:
        return {
            name: one["code"]
            for one in csv.DictReader(lines)
            for name in (
                one["code"],
                one["short_name"],
                one["name"],
                f"Huduma Centre {one['short_name']}",
            )
        }


def read_file(file: Path, fill: Fill = NO_FILL) -> tuple[list[Row], list[str]]:
    """Read a file; give its good rows, and what is said of the others."""
    rows: list[Row] = []
    faults: list[Refusal] = []
    try:
        with CentreFile(file, words()) as opened:
            listed = opened.rows()
            line, header = next(listed)
            columns, faults = columns_of(header, fill, words(), line)
            reading = Reading(columns, fill, kenya(), centres(), TODAY, words())
            faults = [*faults, *reading.faults]
            if not faults:
                read = [reading.row(line, cells) for line, cells in listed]
                rows = [one for one in read if isinstance(one, Row)]
                faults = [one for one in read if isinstance(one, Refusal)]
    except BadFile as bad:
        faults = [bad.refusal]
    return rows, [str(one) for one in faults]


def read(
    folder: Path, content: str | bytes, fill: Fill = NO_FILL
) -> tuple[list[Row], list[str]]:
    """Read a list of this content."""
    file = folder / "list"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_file(file, fill)


def row(**cells: str) -> str:
    """Write a good row, but for the cells given."""
    good = dict(zip(HEADER.strip().split(","), GOOD.strip().split(","), strict=True))
    quoted = (f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in {**good, **cells}.values())
    return ",".join(quoted) + "\n"


def reading_of(fill: Fill = NO_FILL, *further: str) -> Reading:
    """Give what reads rows of the usual columns, in their order, and further ones."""
    header = [*HEADER.strip().split(","), *further]
    columns, faults = columns_of(header, fill, words())
    assert faults == []
    return Reading(columns, fill, kenya(), centres(), TODAY, words())


def spelt(row: Row) -> str:
    """Write a row as the corpus expects it."""
    day = row.received_on.isoformat() if row.received_on else "-"
    numbers = " ".join(f"{kind}={number}" for kind, number in row.numbers.items())
    return f"{row.kind} {numbers} {row.centre_code} {row.state} {day} {row.phone or '-'}"
