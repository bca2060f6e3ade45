"""What a test's line knows: documents, loaded as a centre's list would be."""

from datetime import date

from menus.line import Line
from menus.notices import tell
from models.documents import State
from models.importing import Import
from models.matching import Row
from models.numbers import PRINCIPAL, Kind, NumberType, canonical

CONFIRMED = date(2026, 9, 30)


def put(
    line: Line,
    kind: str,
    number: str,
    state: str,
    centre: str = "047-01",
    confirmed: date = CONFIRMED,
    **others: str,
) -> None:
    """Load one document; others are `waiting_card=` and `receipt=`, each a number."""
    numbers = {PRINCIPAL[Kind(kind)]: number}
    numbers.update({NumberType(name): value for name, value in others.items()})
    spelt = {one: canonical(one, value) for one, value in numbers.items()}
    load_rows(line, [Row(Kind(kind), State(state), centre, None, spelt)], confirmed)


def load_rows(line: Line, rows: list[Row], confirmed: date = CONFIRMED) -> None:
    with line.database.working() as connection:
        load = Import(connection, line.keys, confirmed)
        for _ in load.load(rows):
            pass
        tell(connection, line.keys, line.languages, load.outcome.batch_id)
