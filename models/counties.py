"""The 47 counties."""

import csv
from pathlib import Path

from sqlalchemy import Column, Connection, Integer, String, Table, select

from models.base import metadata
from models.reference_data import replace

NAME = 20
"""Letters in a county's name at most."""

counties = Table(
    "counties",
    metadata,
    Column("code", String(3), primary_key=True),
    Column("name", String(NAME), nullable=False),
    Column("headquarters", String(40), nullable=False),
    Column("population_2019", Integer, nullable=False),
    Column("confidence", String(10), nullable=False),
    Column("source", String(500), nullable=False),
)

_FILE = Path(__file__).parent / "reference" / "counties.csv"


def load(connection: Connection, file: Path = _FILE) -> int:
    """Bring the table to what the reference file says; give the number of counties."""
    with file.open(encoding="utf-8", newline="") as rows:
        return replace(connection, counties, list(csv.DictReader(rows)))


def populations(connection: Connection) -> dict[str, int]:
    """Give each county's people in 2019, by code."""
    query = select(counties.c.code, counties.c.population_2019)
    return {row.code: row.population_2019 for row in connection.execute(query)}
