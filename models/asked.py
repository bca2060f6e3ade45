"""What a phone has asked for today: the look-up budget where Redis cannot count it."""

from datetime import date

from sqlalchemy import (
    Column,
    Connection,
    Date,
    LargeBinary,
    SmallInteger,
    Table,
    UniqueConstraint,
    select,
)

from models.base import metadata
from models.upsert import upsert

BUDGET = 5
"""Different numbers that one phone may ask for in a day; asking again is free."""

asked = Table(
    "asked",
    metadata,
    Column("phone_hmac", LargeBinary(32), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("slot", SmallInteger, primary_key=True),
    Column("subject", LargeBinary(32), nullable=False),
    UniqueConstraint("phone_hmac", "day", "subject"),
)


def charge(connection: Connection, phone_hmac: bytes, day: date, subject: bytes) -> bool:
    """Count a number against a phone's budget; say whether it may be looked up.

    The slot is part of the key, so that phones asking from many lines at once cannot pass
    the budget between counting and writing.
    """
    mine = (asked.c.phone_hmac == phone_hmac) & (asked.c.day == day)
    for _ in range(BUDGET + 1):
        subjects = [
            bytes(one) for one in connection.scalars(select(asked.c.subject).where(mine))
        ]
        if subject in subjects:
            return True
        if len(subjects) >= BUDGET:
            return False
        row = {
            "phone_hmac": phone_hmac,
            "day": day,
            "slot": len(subjects) + 1,
            "subject": subject,
        }
        if upsert(connection, asked, row, on=["phone_hmac", "day", "slot"]):
            return True
    return False
