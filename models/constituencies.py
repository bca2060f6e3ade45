"""The 290 constituencies, in which people say where they live."""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, ForeignKey, String, Table, select

from models.base import metadata

NAME = 30
"""Letters in a constituency's name at most."""

constituencies = Table(
    "constituencies",
    metadata,
    Column("code", String(3), primary_key=True),
    Column("name", String(NAME), nullable=False),
    Column("county_code", String(3), ForeignKey("counties.code"), nullable=False),
    Column("confidence", String(10), nullable=False),
    Column("source", String(500), nullable=False),
)

_EVERY = select(constituencies.c.code, constituencies.c.name, constituencies.c.county_code)


@dataclass(frozen=True)
class Constituency:
    """A constituency and the county it lies in."""

    code: str
    name: str
    county_code: str


def every_constituency(connection: Connection) -> tuple[Constituency, ...]:
    """List every constituency, by code."""
    listed = (Constituency(*row) for row in connection.execute(_EVERY))
    return tuple(sorted(listed, key=lambda one: one.code))
