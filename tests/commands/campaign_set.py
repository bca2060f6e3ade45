"""What campaigns are tried on: documents whose owners' phones are known."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import count

from menus.line import Line
from models.documents import State
from models.importing import Import
from models.matching import Row
from models.numbers import PRINCIPAL, Kind

OWNS = (1, 1, 1, 2, 3)
"""How many documents one owner after the other has."""


def ready(
    line: Line,
    number: str,
    phone: str | None,
    days: int | None = 100,
    kind: Kind = Kind.ID_CARD,
    centre: str = "047-01",
    state: State = State.READY,
) -> Row:
    """Give a document that was received so many days ago; None where no day is known."""
    today = line.country.day(line.clock())
    received = None if days is None else today - timedelta(days=days)
    return Row(kind, state, centre, received, {PRINCIPAL[kind]: number}, phone)


def load(line: Line, rows: Iterable[Row], confirmed: date | None = None) -> None:
    """Load documents as a centre's list would be."""
    confirmed = confirmed or line.country.day(line.clock())
    with line.database.working() as connection:
        for _ in Import(connection, line.keys, confirmed).load(rows):
            pass


def phones() -> Iterator[str]:
    """Give the phone of one document after the other."""
    for nth in count(1):
        for _ in range(OWNS[nth % len(OWNS)]):
            yield f"+2547{nth:08}"


def with_phones(rows: Iterable[Row]) -> Iterator[Row]:
    """Give documents the phones of owners, some of whom have several."""
    for row, phone in zip(rows, phones(), strict=False):
        yield row._replace(phone=phone)
