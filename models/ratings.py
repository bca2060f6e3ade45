"""Ratings: how people say that a centre served them."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import (
    Column,
    Connection,
    Date,
    DateTime,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    func,
    select,
)

from models.base import metadata
from models.outbox import CALL
from models.upsert import upsert

MARKS = (1, 2, 3)
"""The marks there are."""

DESK = 24
"""Letters in the name of a desk."""

ratings = Table(
    "ratings",
    metadata,
    Column("phone_hmac", LargeBinary(32), primary_key=True),
    Column("centre_code", String(8), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("mark", SmallInteger, nullable=False),
    Column("desk", String(DESK), nullable=False, default=""),
    Column("made_at", DateTime(timezone=True), nullable=False),
)


def rate(
    connection: Connection,
    phone_hmac: bytes,
    centre_code: str,
    day: date,
    mark: int,
    desk: str = "",
) -> bool:
    """Keep a phone's mark for a centre: one a day, the last one given.

    A desk that was named stays named by a later mark that names none. Midnight in the
    middle of a call makes no second mark.

    Returns:
        Whether it is kept: False for a mark that there is not.
    """
    if mark not in MARKS:
        return False
    now = datetime.now(UTC)
    row = {
        "phone_hmac": phone_hmac,
        "centre_code": centre_code,
        "day": _day(connection, phone_hmac, centre_code, day, now),
        "mark": mark,
        "desk": desk[:DESK],
        "made_at": now,
    }
    change = ["mark", "made_at", *(["desk"] if desk else [])]
    return upsert(
        connection, ratings, row, on=["phone_hmac", "centre_code", "day"], change=change
    )


def summary(connection: Connection) -> dict[tuple[str, str, int], int]:
    """Count marks by centre, desk and mark; the desk is empty where none was named."""
    by = (ratings.c.centre_code, ratings.c.desk, ratings.c.mark)
    query = select(*by, func.count()).group_by(*by).order_by(*by)
    return {(centre, desk, mark): n for centre, desk, mark, n in connection.execute(query)}


def _day(
    connection: Connection, phone_hmac: bytes, centre_code: str, day: date, now: datetime
) -> date:
    """Give the day that a mark counts for: yesterday's is changed within the same call."""
    before = day - timedelta(days=1)
    query = select(ratings.c.day).where(
        ratings.c.phone_hmac == phone_hmac,
        ratings.c.centre_code == centre_code,
        ratings.c.day == before,
        ratings.c.made_at > now - CALL,
    )
    return before if connection.execute(query).first() else day
