"""What a phone has asked for today: the look-up budget as the database knows it."""

from collections.abc import Collection, Iterable
from datetime import date
from enum import Enum
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Date,
    LargeBinary,
    ScalarSelect,
    Select,
    SmallInteger,
    Table,
    UniqueConstraint,
    func,
    select,
)

from models.among import among
from models.base import metadata
from models.upsert import insert_new, upsert

BUDGET = 5
"""Different numbers that one phone may ask for in a day; asking again is free."""

_PHONES = 500
"""How many phones are noted at a time."""

asked = Table(
    "asked",
    metadata,
    Column("phone_hmac", LargeBinary(32), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("slot", SmallInteger, primary_key=True),
    Column("subject", LargeBinary(32), nullable=False),
    UniqueConstraint("phone_hmac", "day", "subject"),
)

Question = tuple[bytes, date, bytes]
"""A phone's HMAC, the day there, and the number's subject."""


class Charge(Enum):
    """How charging a number went."""

    NEW = "counted now"
    KNOWN = "counted before"
    FULL = "no room"


def charge(
    connection: Connection,
    phone_hmac: bytes,
    day: date,
    subject: bytes,
    elsewhere: Collection[bytes] = (),
) -> Charge:
    """Count a number against a phone's budget, where there is room.

    The slot is part of the key, so that phones asking from many lines at once cannot pass
    the budget between counting and writing.

    Args:
        elsewhere: the beginnings of subjects that the phone asked for today, as far as they
            are known elsewhere and perhaps not here yet.
    """
    mine = (asked.c.phone_hmac == phone_hmac) & (asked.c.day == day)
    for _ in range(BUDGET + 1):
        subjects = [
            bytes(one) for one in connection.scalars(select(asked.c.subject).where(mine))
        ]
        others = [one for one in elsewhere if not any(two.startswith(one) for two in subjects)]
        if subject in subjects or any(subject.startswith(one) for one in others):
            return Charge.KNOWN
        if len(subjects) + len(others) >= BUDGET:
            return Charge.FULL
        row = {
            "phone_hmac": phone_hmac,
            "day": day,
            "slot": len(subjects) + 1,
            "subject": subject,
        }
        if upsert(connection, asked, row, on=["phone_hmac", "day", "slot"]):
            return Charge.NEW
    return Charge.FULL


def asked_on(
    dialect: str, phone_hmacs: BindParameter[Any], day: BindParameter[date]
) -> ScalarSelect[str]:
    """Give the part of a statement that reads what a phone asked for, for `read_asked`.

    Args:
        phone_hmacs: the phone's, under every key version, when the statement runs.
    """
    column = asked.c.subject
    written = func.encode(column, "hex") if dialect == "postgresql" else func.hex(column)
    return (
        select(func.aggregate_strings(written, " "))
        .where(asked.c.phone_hmac.in_(phone_hmacs), asked.c.day == day)
        .scalar_subquery()
    )


def read_asked(written: str | None) -> frozenset[bytes]:
    """Read the subjects that `asked_on` gave."""
    return frozenset(bytes.fromhex(one) for one in (written or "").split())


def note(connection: Connection, questions: Iterable[Question]) -> None:
    """Note what phones asked for elsewhere, each number once, as far as there is room."""
    whole: dict[tuple[bytes, date], dict[bytes, None]] = {}
    for phone_hmac, day, subject in questions:
        whole.setdefault((phone_hmac, day), {})[subject] = None
    waiting = iter(whole.items())
    while part := dict(islice(waiting, _PHONES)):
        for _ in range(BUDGET + 1):
            rows = _lacking(connection, part)
            if not rows:
                break
            insert_new(connection, asked, rows)


def _lacking(
    connection: Connection, wanted: dict[tuple[bytes, date], dict[bytes, None]]
) -> list[dict[str, object]]:
    """Give the rows that lack: another line may have taken a slot since the last look."""
    phones, days = {phone_hmac for phone_hmac, _ in wanted}, {day for _, day in wanted}
    there: dict[tuple[bytes, date], dict[int, bytes]] = {}
    given = {"phones": list(phones), "days": list(days)}
    for row in connection.execute(_noted(connection.dialect.name), given):
        slots = there.setdefault((bytes(row.phone_hmac), row.day), {})
        slots[row.slot] = bytes(row.subject)
    return [
        {"phone_hmac": phone_hmac, "day": day, "slot": slot, "subject": subject}
        for (phone_hmac, day), subjects in wanted.items()
        for slot, subject in _free(there.get((phone_hmac, day), {}), subjects)
    ]


@cache
def _noted(dialect: str) -> Select[Any]:
    """Make the statement that reads what some phones asked for, on some days."""
    phones = among(dialect, asked.c.phone_hmac, "phones")
    return select(asked).where(phones, among(dialect, asked.c.day, "days"))


def _free(slots: dict[int, bytes], subjects: Iterable[bytes]) -> Iterable[tuple[int, bytes]]:
    """Pair what is not noted yet with the slots that are free."""
    free = [slot for slot in range(1, BUDGET + 1) if slot not in slots]
    new = [one for one in subjects if one not in slots.values()]
    return zip(free, new, strict=False)
