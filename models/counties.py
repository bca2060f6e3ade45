"""The 47 counties."""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, Integer, String, Table, select

from models.base import metadata

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

_EVERY = select(counties.c.code, counties.c.name, counties.c.headquarters)


@dataclass(frozen=True)
class County:
    """A county."""

    code: str
    name: str
    headquarters: str


def every_county(connection: Connection) -> tuple[County, ...]:
    """List every county, by code."""
    listed = (County(*row) for row in connection.execute(_EVERY))
    return tuple(sorted(listed, key=lambda one: one.code))


def populations(connection: Connection) -> dict[str, int]:
    """Give each county's people in 2019, by code."""
    query = select(counties.c.code, counties.c.population_2019)
    return {row.code: row.population_2019 for row in connection.execute(query)}
