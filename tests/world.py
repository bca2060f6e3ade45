"""What a test's line knows: documents, loaded as a centre's list would be."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from commands.announcements import DEMONSTRATION, publish
from menus.line import Line
from menus.notices import tell
from menus.wishes import number_hmacs
from models.documents import State, find
from models.importing import Import
from models.matching import Row
from models.numbers import PRINCIPAL, Kind, NumberType
from models.outbox import Delivery, outbox, queue
from models.reports import Matter, Report, report
from tests.caller import PHONE

PHONES = (PHONE,)
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
    canonical = line.country.formats.canonical
    spelt = {one: canonical(one, value) for one, value in numbers.items()}
    load_rows(line, [Row(Kind(kind), State(state), centre, None, spelt)], confirmed)


def fill(line: Line) -> None:
    """Give a line a document for every outcome, and what the demonstration announces."""
    announce(line)
    put(line, "id_card", "12345678", "ready")
    put(line, "id_card", "23456789", "coming", "018-01")
    put(line, "id_card", "45678901", "ready", "032-01")
    put(line, "driving_licence", "45678901", "coming", "023-01")
    put(line, "birth_certificate", "7654321098", "ready", "001-01")
    put(line, "birth_certificate", "7654321098", "ready", "027-01")


def load_rows(line: Line, rows: list[Row], confirmed: date = CONFIRMED) -> None:
    with line.database.working() as connection:
        load = Import(connection, line.keys, confirmed)
        for _ in load.load(rows):
            pass
        tell(connection, line.keys, line.languages, load.outcome.batch_id)


def report_not_there(line: Line, number: str, phone: str) -> None:
    """Let another phone report that a number's documents were not there."""
    with line.database.working() as connection:
        hmacs = number_hmacs(line.keys, line.country, number, "")
        found, _ = find(connection, hmacs, list(Kind), line.keys.phone_hmac(phone))
        documents = tuple(one.id for one in found)
        said = Report(Matter.NOT_THERE, "en", documents, number)
        assert report(connection, line.keys, phone, said, line.country.day(line.clock()))


def notify(line: Line, code: str, day: str, phones: Iterable[str] = PHONES) -> None:
    """Let the line have sent a notice with a code, on a day."""
    moment = datetime.fromisoformat(f"{day}T09:00:00").replace(tzinfo=UTC)
    with line.database.working() as connection:
        for phone in phones:
            cause = f"test|{code}|{line.keys.phone_hmac(phone).hex()[:40]}"
            assert queue(connection, line.keys, cause, phone, f"A notice. Ref {code}.", code)
            sent = outbox.update().where(outbox.c.cause == cause)
            connection.execute(sent.values(state=Delivery.SENT, made_at=moment))


def announce(line: Line) -> None:
    """Publish what the demonstration announces."""
    with line.database.working() as connection:
        publish(connection, DEMONSTRATION, line.languages)
    line.watch.look()
