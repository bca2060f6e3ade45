"""Look-ups for tests: made up, asked of a line, and read where they went."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from menus.line import Line
from models import audit, lookup_flags, lookups
from models.asked import note
from models.base import Connection
from models.keys import Keys, Versions
from models.lookup_flags import Flag, Mark
from models.lookups import Channel, Lookup, Outcome, near
from tests.caller import Caller
from tests.conftest import KEYS

MORNING = datetime(2026, 10, 5, 6, tzinfo=UTC)
SPENT = "END You have asked for 5 different numbers today."
UNKNOWN = "CON No document found for .."
MISS_SHARE = 0.70

_IDS, _WAITING, _IN_A_HUNDRED = 0.54, 122_027, 20
"""The share of look-ups for ID cards, how many lie waiting (January 2024), and how many of a
hundred numbers of those years do."""


def keys() -> Keys:
    """Give keys as a line has them."""
    return Keys(
        Versions.read(KEYS["LOOKUP_KEY"]),
        Versions.read(KEYS["PHONE_KEY"]),
        Versions.read(KEYS["ARCHIVE_PUBLIC_KEY"]).secrets[0],
    )


def lookup(
    made_with: Keys,
    phone: str,
    number: str,
    outcome: Outcome = Outcome.UNKNOWN,
    at: datetime = MORNING,
    fresh: bool = True,
) -> Lookup:
    """Make up one look-up."""
    return Lookup(
        at,
        at.date(),
        Channel.USSD,
        outcome,
        made_with.phone_hmac(phone),
        made_with.subject(number),
        near(made_with, number),
        fresh,
    )


def phone(count: int) -> str:
    return f"+2547{count:08}"


def honest(made_with: Keys, count: int, seed: int = 1) -> Iterator[Lookup]:
    """Make up a day of honest look-ups, of which 70 % miss.

    ID cards wait in clusters: in the hundreds where any do, a fifth does, and who misses is
    of the same years. A birth entry is small as often as it is long. A phone asks for one to
    three numbers.
    """
    rng = random.Random(seed)
    hundreds = [rng.randrange(350_000, 430_000) for _ in range(_WAITING // _IN_A_HUNDRED)]
    asker, left = 0, 0
    for made in range(count):
        if not left:
            asker, left = asker + 1, rng.choice((1, 1, 1, 2, 3))
        left -= 1
        if rng.random() < _IDS:
            number = str(rng.choice(hundreds) * 100 + rng.randrange(100))
        elif rng.random() < 0.5:
            number = str(rng.randrange(1, 20_000))
        else:
            number = str(rng.randrange(10**8, 10**9))
        missed = rng.random() < MISS_SHARE
        outcome = Outcome.UNKNOWN if missed else Outcome.FOUND
        at = MORNING + timedelta(milliseconds=made * 1000)
        yield lookup(made_with, phone(asker), number, outcome, at)


def take(connection: Connection, name: str, given: list[Lookup]) -> list[Mark]:
    """Take a batch into the database, as the mover does; give what stands out newly."""
    batch = lookups.keep(connection, name, given)
    assert batch is not None
    marks = lookup_flags.watch(connection, given, MISS_SHARE)
    note(connection, [(one.phone_hmac, one.day, one.subject) for one in given if one.fresh])
    digest = lookups.digest_of(given)
    audit.append(connection, "line", "lookups batch", batch=batch, digest=digest)
    return marks


def ask(app: Flask, number: str, asker: str) -> str:
    """Dial with a number; give the page."""
    return Caller(app.test_client(), asker).dial(number)


def answered(page: str) -> bool:
    """Say whether a page tells something about a number."""
    return page.startswith(("CON No document found", "CON ID .."))


def moved(line: Line) -> list[Any]:
    """Move what a line recorded, at once; give every row in the database.

    Its own mover is closed first: it may be in the middle of a batch, and then `move` leaves it
    alone.
    """
    line.mover.close()
    line.mover.move()
    line.mover.move()
    with line.database.working() as connection:
        table = lookups.lookups
        query = select(table).order_by(table.c.batch_id, table.c.place)
        return list(connection.execute(query))


def flags(line: Line) -> list[Flag]:
    """List the flags that are open."""
    with line.database.working() as connection:
        return lookup_flags.flags(connection)
