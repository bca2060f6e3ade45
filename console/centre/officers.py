"""What the pages of centre officers have in common: the centre, the day, who is told."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from console.desk import desk
from console.pages import current
from console.parts import say
from menus.notices import tell
from models.base import Connection
from models.numbers import Kind


def centre() -> str:
    """Give the code of the officer's own centre: every statement is bounded by it."""
    return current().centre_code


def today() -> date:
    """Give the day that it is there."""
    line = desk().line
    return line.country.day(line.clock())


def day_began() -> datetime:
    """Give the moment (UTC) at which the day there began."""
    there = desk().line.country.time_zone
    return datetime.combine(today(), time.min, there).astimezone(UTC)


def kinds() -> list[tuple[str, str]]:
    """List the kinds of document, each with what it is called in the plural."""
    return [(one.value, say(f"boxes.kind_{one}")) for one in Kind]


def tell_of(
    connection: Connection, documents: Iterable[int] = (), batch_id: int | None = None
) -> int:
    """Queue texts to those who wait for documents; give how many.

    Args:
        batch_id: of what this batch brought, beside them.
    """
    line = desk().line
    told = tell(connection, line.keys, line.languages, batch_id) if batch_id else 0
    return told + sum(
        tell(connection, line.keys, line.languages, document_id=one) for one in documents
    )
