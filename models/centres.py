"""The Huduma Centres: where a document lies, and when its doors are open."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Column, Connection, ForeignKey, String, Table, select

from models.base import metadata
from models.counties import counties
from models.reference_data import replace

SHORT_NAME = 20
"""Letters in a centre's short name, so that a page always has room for it."""

TOWN = 15
"""Letters in a town's name, for the same reason."""

centres = Table(
    "centres",
    metadata,
    Column("code", String(8), primary_key=True),
    Column("short_name", String(SHORT_NAME), nullable=False),
    Column("name", String(60), nullable=False),
    Column("county_code", String(3), ForeignKey("counties.code"), nullable=False),
    Column("town", String(TOWN), nullable=False),
    Column("address", String(120), nullable=False),
    Column("opens", String(5), nullable=False),
    Column("closes", String(5), nullable=False),
    Column("days", String(10), nullable=False),
    Column("judiciary_desk", Boolean, nullable=False),
    Column("status", String(10), nullable=False),
    Column("opened", String(10), nullable=False),
    Column("confidence", String(10), nullable=False),
    Column("source", String(1000), nullable=False),
)

_FILE = Path(__file__).parent / "reference" / "centres.csv"


@dataclass(frozen=True)
class Centre:
    """What a caller is told of a centre. An empty text: no source says."""

    code: str
    short_name: str
    county_code: str
    county: str
    town: str
    opens: str
    closes: str
    days: str
    doubtful: bool


CENTRE_COLUMNS = (
    centres.c.code.label("centre_code"),
    centres.c.short_name,
    centres.c.county_code,
    counties.c.name.label("county"),
    centres.c.town,
    centres.c.opens,
    centres.c.closes,
    centres.c.days,
    centres.c.confidence,
)
"""The columns that `centre_of` reads, for statements that join centres."""


def centre_of(row: Any) -> Centre:
    """Make a Centre of a row that holds CENTRE_COLUMNS."""
    return Centre(
        code=row.centre_code,
        short_name=row.short_name,
        county_code=row.county_code,
        county=row.county,
        town=row.town,
        opens=row.opens,
        closes=row.closes,
        days=row.days,
        doubtful=row.confidence == "low",
    )


def every_centre(connection: Connection) -> list[Centre]:
    """List every centre with its county, by code."""
    query = (
        select(*CENTRE_COLUMNS)
        .join_from(centres, counties, centres.c.county_code == counties.c.code)
        .order_by(centres.c.code)
    )
    return [centre_of(row) for row in connection.execute(query)]


def codes_by_name(connection: Connection) -> dict[str, str]:
    """Give the code of each centre by its code, its short name and its full ones."""
    query = select(centres.c.code, centres.c.short_name, centres.c.name)
    return {
        name: row.code
        for row in connection.execute(query)
        for name in (row.code, row.short_name, row.name, f"Huduma Centre {row.short_name}")
    }


def load(connection: Connection, file: Path = _FILE) -> int:
    """Bring the table to what the reference file says; give the number of centres."""
    codes = {row.name: row.code for row in connection.execute(select(counties))}
    with file.open(encoding="utf-8", newline="") as rows:
        records = [_record(row, codes) for row in csv.DictReader(rows)]
    return replace(connection, centres, records)


def _record(row: dict[str, str], county_codes: dict[str, str]) -> dict[str, object]:
    record: dict[str, object] = dict(row)
    record["county_code"] = county_codes[row["county"]]
    record["judiciary_desk"] = row["judiciary_desk"] == "yes"
    del record["county"]
    return record
