"""What waits for people to see to: call-backs, reports and flags, counted by one statement."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from models.call_backs import call_backs
from models.lookup_flags import lookup_flags
from models.reports import reports


@dataclass(frozen=True)
class OpenWork:
    """How much is open."""

    call_backs: int
    reports: int
    flags: int


def open_work(connection: Connection) -> OpenWork:
    """Count what is open."""
    tables = (call_backs, reports, lookup_flags)
    counts = (
        select(func.count()).select_from(one).where(one.c.closed_at.is_(None)).scalar_subquery()
        for one in tables
    )
    return OpenWork(*connection.execute(select(*counts)).one())
