"""A line's past in a test's hands: what came, changed, was asked, said and texted, and when."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, update

from models.base import Connection, Database
from models.country import kenya
from models.documents import batches, documents
from models.history import Placed, change_row, document_changes
from models.lookups import Channel, Lookup, Outcome, keep
from models.numbers import Kind
from models.outbox import Delivery, Priority
from models.ratings import ratings
from models.reports import Matter, reports
from models.summaries.span import Span
from models.summaries.summary import Summary
from tests.lookups import keys
from tests.outbox import Outbox

TODAY = date(2026, 11, 12)
NOW = datetime(2026, 11, 12, 9, tzinfo=UTC)
HERE, THERE = "047-01", "022-01"
ID, BIRTH = str(Kind.ID_CARD), str(Kind.BIRTH_CERTIFICATE)


def at(day: date, hour: int = 12) -> datetime:
    """Give the moment of an hour there."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=kenya().time_zone)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


class Past:
    """What happened on one line."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.keys = keys()
        self.outbox = Outbox(database, self.keys)
        self._last = 0

    def load(self, day: date, *given: dict[str, Any]) -> list[int]:
        """Load a list on a day; give the ids of its documents, as each is now."""
        ids = []
        with self.database.working() as connection:
            batch = insert(batches).values(
                made_at=at(day).astimezone(UTC),
                demonstration=False,
                archive_version=1,
                sealed_key=b"",
            )
            batch_id = connection.scalars(batch.returning(batches.c.id)).one()
            for one in given:
                self._last += 1
                ids.append(self._last)
                row = {
                    "id": self._last,
                    "kind": ID,
                    "state": "ready",
                    "centre_code": HERE,
                    "received_on": None,
                    "confirmed_on": day,
                    "batch_id": batch_id,
                    "loaded_by": batch_id,
                }
                connection.execute(insert(documents).values(row | one))
        return ids

    def change(self, moment: datetime, its_id: int, was: str, now: str, to: str = HERE) -> None:
        """Let a document have changed, wherever it is now."""
        row = change_row(its_id, Placed(was, HERE), Placed(now, to), "amina", "test")
        with self.database.working() as connection:
            moved = insert(document_changes).values(row | {"at": moment.astimezone(UTC)})
            connection.execute(moved)

    def set_state(self, its_id: int, state: str) -> None:
        """Set what a document is now."""
        now = update(documents).where(documents.c.id == its_id).values(state=state)
        with self.database.working() as connection:
            connection.execute(now)

    def text(
        self,
        moment: datetime,
        its_documents: tuple[int, ...] = (),
        priority: Priority = Priority.NOTICE,
        state: Delivery = Delivery.DELIVERED,
        **values: Any,
    ) -> None:
        """Let a text have been queued, and sent at once unless it only waits."""
        made = moment.astimezone(UTC)
        sent = {} if state is Delivery.QUEUED else {"submitting_at": made, "sent_at": made}
        whole = {"state": state, "made_at": made, **sent, **values}
        self.outbox.put(priority=priority, documents=its_documents, **whole)

    def ask(self, day: date, *outcomes: Outcome, channel: Channel = Channel.USSD) -> None:
        """Let questions have been asked, one a second."""
        moment = at(day).astimezone(UTC)
        given = [
            Lookup(
                moment + timedelta(seconds=nth),
                day,
                channel,
                outcome,
                b"p" * 32,
                b"s" * 32,
                fresh=outcome is Outcome.FOUND,
            )
            for nth, outcome in enumerate(outcomes)
        ]
        with self.database.working() as connection:
            keep(connection, f"{day}-{channel}-{len(outcomes)}", given)

    def say(self, day: date, matter: Matter, its_id: int | None = None, phone: int = 1) -> None:
        """Let a caller have reported something."""
        row = {
            "phone_hmac": bytes([phone]) * 32,
            "matter": matter,
            "about": f"{its_id}".encode(),
            "day": day,
            "phone": b"",
            "document_id": its_id,
            "language": "en",
            "made_at": at(day).astimezone(UTC),
        }
        with self.database.working() as connection:
            connection.execute(insert(reports).values(row))

    def rate(self, day: date, mark: int, phones: Iterable[int]) -> None:
        """Let phones have marked a centre."""
        with self.database.working() as connection:
            for phone in phones:
                row = {
                    "phone_hmac": bytes([phone]) * 32,
                    "centre_code": HERE,
                    "day": day,
                    "mark": mark,
                    "desk": "",
                    "made_at": at(day).astimezone(UTC),
                }
                connection.execute(insert(ratings).values(row))

    def reading(self) -> Any:
        """Lend a connection."""
        return self.database.working()


def rows(connection: Connection, summary: Summary) -> list[tuple[Any, ...]]:
    """Give every row of a summary."""
    return [
        tuple(row) for row in summary.total(connection, Span(ago(400), TODAY), summary.keys)
    ]
