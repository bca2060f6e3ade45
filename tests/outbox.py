"""An outbox in a test's hands: messages put in, looked at, and made older."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from models.base import Database
from models.documents import batches, documents
from models.keys import Keys
from models.outbox import Delivery, Priority, outbox, outbox_documents, row_of
from models.sending import Outcome, Outgoing, Terms, settle, take
from models.spending import Limits
from tests.caller import PHONE

DAY = date(2026, 10, 9)
GATEWAY = "africastalking"


def phones() -> Iterator[str]:
    """Give phones that nobody else has."""
    return (f"+2547119{number:05}" for number in count())


class Outbox:
    """The outbox of one database."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self.database = database
        self.keys = keys
        self._causes = count()

    def put(
        self,
        body: str = "Habari",
        phone: str = PHONE,
        cause: str = "",
        priority: Priority = Priority.ANSWER,
        documents: tuple[int, ...] = (),
        code: str = "",
        campaign_id: int | None = None,
        **values: Any,
    ) -> int:
        """Put a message in, due now, with other values where some are given; give its id."""
        cause = cause or f"cause {next(self._causes)}"
        row = row_of(self.keys, cause, phone, body, code, priority, campaign_id) | values
        with self.database.working() as connection:
            message_id: int = connection.scalars(
                insert(outbox).values(row).returning(outbox.c.id)
            ).one()
            for one in documents:
                told_of = {"message_id": message_id, "document_id": one}
                connection.execute(insert(outbox_documents).values(told_of))
        return message_id

    def rows(self) -> list[Row[Any]]:
        with self.database.working() as connection:
            return list(connection.execute(select(outbox).order_by(outbox.c.id)))

    def row(self, message_id: int | None = None) -> Row[Any]:
        """Give a message; without its id, the only one."""
        (row,) = (one for one in self.rows() if message_id in (None, one.id))
        return row

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]

    def change(self, message_id: int | None = None, **values: Any) -> None:
        """Change a message, or all."""
        which = outbox.c.id == message_id if message_id else outbox.c.id > 0
        with self.database.working() as connection:
            connection.execute(update(outbox).where(which).values(values))

    def let_pass(self, time: timedelta, *columns: str) -> None:
        """Move moments of every message into the past, those that it has."""
        for row in self.rows():
            past = {name: getattr(row, name) - time for name in columns if getattr(row, name)}
            self.change(row.id, **past)

    def take(
        self,
        most: int = 100,
        limits: Limits | None = None,
        unasked: bool = True,
        day: date = DAY,
    ) -> list[Outgoing]:
        """Take messages as a sender does."""
        terms = Terms(GATEWAY, day, limits or Limits(), unasked=unasked)
        with self.database.working() as connection:
            return take(connection, self.keys, most, terms)

    def settle(self, *outcomes: Outcome, limits: Limits | None = None) -> None:
        with self.database.working() as connection:
            settle(connection, outcomes, limits or Limits())

    def send(self, **values: Any) -> int:
        """Put a message in that is sent already; give its id."""
        sent = {"state": Delivery.SENT, "attempts": 1, "gateway": GATEWAY}
        now = datetime.now(UTC)
        return self.put(**{**sent, "submitting_at": now, "sent_at": now, **values})

    def put_document(self, state: str = "ready") -> int:
        """Load a document as a centre's list would; give its id."""
        with self.database.working() as connection:
            highest = connection.scalar(select(func.max(documents.c.id))) or 0
            batch_id = connection.scalars(
                insert(batches)
                .values(
                    made_at=datetime.now(UTC),
                    demonstration=False,
                    archive_version=1,
                    sealed_key=b"",
                )
                .returning(batches.c.id)
            ).one()
            row = {
                "id": highest + 1,
                "kind": "id_card",
                "state": state,
                "centre_code": "047-01",
                "confirmed_on": DAY,
                "batch_id": batch_id,
                "loaded_by": batch_id,
            }
            connection.execute(insert(documents).values(row))
        return highest + 1
