"""The Huduma Centres: where a document lies, and when its doors are open."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, ForeignKey, String, Table, select

from models.base import metadata
from models.counties import counties

SHORT_NAME = 20
"""Letters in a centre's short name, so that a page always has room for it."""

TOWN = 15
"""Letters in a town's name, for the same reason."""

ADDRESS = 120
"""Letters in an address at most."""

HUDUMA = "huduma"
JITUME = "jitume"
"""The two kinds of centre: Huduma Centres, and the Huduma Jitume of the constituencies."""

OPEN = "open"
PLANNED = "planned"
"""What a centre's status may be."""

centres = Table(
    "centres",
    metadata,
    Column("code", String(8), primary_key=True),
    Column("short_name", String(SHORT_NAME), nullable=False),
    Column("name", String(60), nullable=False),
    Column("kind", String(10), nullable=False, server_default=HUDUMA),
    Column("county_code", String(3), ForeignKey("counties.code"), nullable=False),
    Column("constituency_code", String(3), ForeignKey("constituencies.code")),
    Column("town", String(TOWN), nullable=False),
    Column("address", String(ADDRESS), nullable=False),
    Column("opens", String(5), nullable=False),
    Column("closes", String(5), nullable=False),
    Column("days", String(10), nullable=False),
    Column("status", String(10), nullable=False),
    Column("opened", String(10), nullable=False),
    Column("confidence", String(10), nullable=False),
    Column("source", String(1000), nullable=False),
)


@dataclass(frozen=True)
class Centre:
    """What a caller is told of a centre. An empty text: no source says.

    Attributes:
        doubtful: whether it exists at all is not sure.
        planned: it has not opened yet.
        opened: the day it opened, or as much of the day as is known: 2025-07, 2016.
    """

    code: str
    short_name: str
    county_code: str
    county: str
    town: str
    opens: str
    closes: str
    days: str
    doubtful: bool
    address: str = ""
    planned: bool = False
    kind: str = HUDUMA
    constituency_code: str = ""
    opened: str = ""

    @property
    def sequence(self) -> int:
        """The centre's number in its county, which never changes: 2 for 031-02."""
        return int(self.code.rpartition("-")[2])


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
    centres.c.address,
    centres.c.status,
    centres.c.kind.label("centre_kind"),
    centres.c.constituency_code,
    centres.c.opened,
)
"""The columns that `centre_of` reads, for statements that join centres."""

_EVERY = select(*CENTRE_COLUMNS).join_from(
    centres, counties, centres.c.county_code == counties.c.code
)


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
        address=row.address,
        planned=row.status == PLANNED,
        kind=row.centre_kind,
        constituency_code=row.constituency_code or "",
        opened=row.opened,
    )


def every_centre(connection: Connection) -> list[Centre]:
    """List every centre with its county, the planned ones among them, by code."""
    listed = [centre_of(row) for row in connection.execute(_EVERY)]
    return sorted(listed, key=lambda one: (one.county_code, one.sequence))


def codes_by_name(connection: Connection) -> dict[str, str]:
    """Give the code of each centre by its code, its short name and its full ones."""
    query = select(centres.c.code, centres.c.short_name, centres.c.name)
    return {
        name: row.code
        for row in connection.execute(query)
        for name in (row.code, row.short_name, row.name, f"Huduma Centre {row.short_name}")
    }
