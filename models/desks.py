"""Desks: which centre has a service that not every centre has, and the courts' desks."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Column, Connection, Date, ForeignKey, String, Table, select

from models.base import metadata
from models.services import CODE

COURT = "court"
"""The desk that the Judiciary's own staff serve; every other desk is named by its service."""

desks = Table(
    "desks",
    metadata,
    Column("centre_code", String(8), ForeignKey("centres.code"), primary_key=True),
    Column("desk", String(CODE), primary_key=True),
    Column("since", Date, primary_key=True),
    Column("until", Date),
    Column("source", String(500), nullable=False),
)

_EVERY = select(desks.c.centre_code, desks.c.desk, desks.c.since, desks.c.until)


@dataclass(frozen=True)
class Desk:
    """A desk at a centre, from a day to a day, both included."""

    centre_code: str
    desk: str
    since: date
    until: date | None

    def stands_on(self, day: date) -> bool:
        """Say whether the desk is there on a day."""
        return self.since <= day and (self.until is None or day <= self.until)


def every_desk(connection: Connection) -> tuple[Desk, ...]:
    """List every desk there is or was, by centre, desk and day."""
    listed = (Desk(*row) for row in connection.execute(_EVERY))
    return tuple(sorted(listed, key=lambda one: (one.centre_code, one.desk, one.since)))
