"""What senders do with the outbox: take messages, and keep what became of them.

`submitting` is committed before the gateway is called. A message whose fate is not known
becomes `unknown` and is never silently sent again.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select, update

from models.keys import Keys, Tampered
from models.outbox import Delivery, outbox

ATTEMPTS = 8
"""Submissions of one message that the gateway surely refused, before it is given up."""

HANG_SECONDS = 60
"""A message that is submitting for longer than this has lost its sender: fate unknown."""


@dataclass(frozen=True)
class Outgoing:
    """A message in a sender's hands."""

    id: int
    attempts: int
    phone: str = field(repr=False)
    body: str = field(repr=False)


def take(connection: Connection, keys: Keys, most: int) -> list[Outgoing]:
    """Take due messages for sending: they are `submitting` once this is committed."""
    now = datetime.now(UTC)
    due = (
        select(outbox.c.id)
        .where(outbox.c.state == Delivery.QUEUED, outbox.c.due_at <= now)
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.scalars(due))
    if not ids:
        return []
    connection.execute(
        update(outbox)
        .where(outbox.c.id.in_(ids))
        .values(state=Delivery.SUBMITTING, changed_at=now, attempts=outbox.c.attempts + 1)
    )
    rows = connection.execute(select(outbox).where(outbox.c.id.in_(ids)).order_by(outbox.c.id))
    taken = []
    for row in rows.all():
        try:
            phone = keys.people.open(row.phone, f"outbox|phone|{row.cause}")
            body = keys.people.open(row.body, f"outbox|body|{row.cause}")
        except Tampered:
            settle(connection, row.id, Delivery.FAILED, reason="unreadable")
        else:
            taken.append(Outgoing(row.id, row.attempts, phone, body))
    return taken


def settle(
    connection: Connection,
    message_id: int,
    state: Delivery,
    gateway_id: str | None = None,
    cost: str | None = None,
    reason: str | None = None,
    pause: timedelta = timedelta(0),
) -> None:
    """Record what became of a message that was submitting.

    Args:
        pause: for a message that goes back to `queued`, how long to wait before the next try.
    """
    now = datetime.now(UTC)
    connection.execute(
        update(outbox)
        .where(outbox.c.id == message_id, outbox.c.state == Delivery.SUBMITTING)
        .values(
            state=state,
            changed_at=now,
            due_at=now + pause,
            gateway_id=gateway_id,
            cost=cost,
            reason=reason,
        )
    )


def give_up_lost(connection: Connection) -> int:
    """Mark as `unknown` what a vanished sender left submitting; give how many."""
    long_ago = datetime.now(UTC) - timedelta(seconds=HANG_SECONDS)
    lost = (
        update(outbox)
        .where(outbox.c.state == Delivery.SUBMITTING, outbox.c.changed_at < long_ago)
        .values(state=Delivery.UNKNOWN, changed_at=datetime.now(UTC), reason="sender lost")
    )
    return connection.execute(lost).rowcount
