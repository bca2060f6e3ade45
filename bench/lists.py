"""Centres' lists to load: as many rows as wanted, the same every time, no number twice.

Kinds come in the proportions that were published in January 2024, exactly so in each
226,247 rows; three rows of five have a phone, half of those written as people write them.
"""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from bench.traffic import Number
from commands.demonstration_set import READY
from models.centres import HUDUMA
from models.numbers import Kind
from models.reference_data import KENYA

PUBLISHED = sum(READY.values())
"""The rows of the published backlog: 226,247."""

HEADER = ("kind", "number", "centre", "state", "received_on", "phone")

_STEP = 7_919
_SPREAD = 10_000_000
"""More rows than this would bring numbers again."""
_FIRST_DAY = date(2021, 1, 4)
_DAYS = 1_100


def write(file: Path, rows: int, start: int = 0) -> Path:
    """Write a list; give the file.

    Args:
        start: the first row's place among all rows: lists that do not overlap share no number.
    """
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(HEADER)
        writer.writerows(made(rows, start))
    return file


def made(rows: int, start: int = 0) -> Iterator[tuple[str, ...]]:
    """Give the rows of a list, in the order of HEADER."""
    return (_row(nth) for nth in range(start, start + rows))


def numbers(rows: int, start: int = 0, most: int = 5_000) -> list[Number]:
    """Give numbers of a list, from all over it, in no order that an index would like."""
    step = max(1, rows // most)
    chosen = [start + nth * _STEP % rows for nth in range(0, rows, step)]
    return [Number(_kind(nth), _number(nth)) for nth in dict.fromkeys(chosen)]


def _row(nth: int) -> tuple[str, ...]:
    centres = open_centres()
    received = _FIRST_DAY + timedelta(days=nth % _DAYS)
    centre = centres[nth * _STEP % len(centres)]
    return (_kind(nth), _number(nth), centre, "ready", received.isoformat(), _phone(nth))


def _kind(nth: int) -> str:
    place = nth * _STEP % PUBLISHED  # in no order: a step without common divisor
    for kind, count in READY.items():
        if place < count:
            return kind
        place -= count
    raise AssertionError


def _number(nth: int) -> str:
    first = 100_000_000 if _kind(nth) == Kind.BIRTH_CERTIFICATE else 90_000_000
    return str(first + nth * _STEP % _SPREAD)


def _phone(nth: int) -> str:
    if nth % 5 > 2:
        return ""
    digits = f"7{1 + nth % 2}{nth * _STEP % _SPREAD:07d}"
    return f"0{digits}" if nth % 10 < 5 else f"+254{digits}"


@cache
def open_centres() -> tuple[str, ...]:
    """Give the codes of the Huduma Centres that are open."""
    return tuple(_open_centres())


def _open_centres() -> Iterator[str]:
    with (KENYA / "centres.csv").open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            if row["kind"] == HUDUMA and row["status"] == "open":
                yield row["code"]
