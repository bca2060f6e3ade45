"""What is known of one phone, in every table: shown, or erased, on a lawful request.

A phone that was stopped stays stopped: its HMAC and the moment are kept, and nothing else.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, String, Table, delete, literal, select, update

from models.agent_calls import agent_calls
from models.asked import asked
from models.base import Database
from models.call_backs import call_backs
from models.callers import callers
from models.documents import document_numbers, documents
from models.keys import Keys
from models.lookup_flags import Sign, lookup_flags
from models.lookup_flags import erase as erase_flags
from models.lookups import erase as erase_lookups
from models.lookups import lookups, of_phone
from models.outbox import Delivery, outbox, outbox_documents
from models.ratings import ratings
from models.reported import stray_reports
from models.reports import reports, said_by
from models.retention import looking
from models.subscriptions import subscription_numbers, subscriptions

Show = Callable[[Connection, Keys, "Person"], Iterator[str]]
Erase = Callable[[Connection, "Person"], int]

WITHDRAWN = "withdrawn"
"""Why a message of a campaign was not sent whose phone was erased."""


@dataclass(frozen=True)
class Person:
    """One phone, and the rows that are its own.

    Attributes:
        hmacs: what its rows are found by, one for each version of the key.
        documents: the ids of those whose owner it is.
    """

    hmacs: tuple[bytes, ...] = field(repr=False)
    documents: tuple[int, ...] = ()


@dataclass(frozen=True)
class Holding:
    """What one table holds of a phone.

    Attributes:
        show: gives each row in words.
        erase: removes or empties the rows; gives how many.
    """

    table: Table
    show: Show
    erase: Erase


def find_person(database: Database, keys: Keys, phone: str) -> Person:
    """Find what belongs to a phone (E.164), without holding anybody up.

    No index leads from a phone to its documents: all of them are read.
    """
    hmacs = tuple(keys.phone_hmacs(phone))
    query = select(documents.c.id).where(documents.c.phone_hmac.in_(hmacs))
    with looking(database) as connection:
        owned = connection.scalars(query.order_by(documents.c.id)).all()
    return Person(hmacs, tuple(owned))


def show(connection: Connection, keys: Keys, person: Person) -> dict[str, list[str]]:
    """Say all that is known of a phone, by table."""
    return {one.table.name: list(one.show(connection, keys, person)) for one in HOLDINGS}


def erase(connection: Connection, person: Person) -> dict[str, int]:
    """Erase all that is known of a phone, in the caller's transaction.

    A document stays, without its owner's phone; so does a STOP, as the HMAC and the moment
    alone. What waits to be sent is withdrawn.

    Returns:
        How many rows were removed or emptied, by table.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    return {one.table.name: one.erase(connection, person) for one in HOLDINGS}


def _rows(connection: Connection, table: Table, person: Person) -> Sequence[Any]:
    query = select(table).where(table.c.phone_hmac.in_(person.hmacs))
    return connection.execute(query.order_by(*table.primary_key.columns)).all()


def _facts(table: Table, *columns: str) -> Show:
    """Make what says a table's columns that are not sealed."""

    def each(connection: Connection, _keys: Keys, person: Person) -> Iterator[str]:
        for row in _rows(connection, table, person):
            yield _said({name: getattr(row, name) for name in columns})

    return each


def _said(facts: Mapping[str, object]) -> str:
    """Write facts in a line, those that there are."""
    return ", ".join(
        f"{name} {_written(value)}" for name, value in facts.items() if value not in (None, "")
    )


def _written(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)


def _show_texts(connection: Connection, keys: Keys, person: Person) -> Iterator[str]:
    for row in _rows(connection, outbox, person):
        facts = {
            "": row.made_at,
            "is": row.state,
            "code": row.code,
            "campaign": row.campaign_id,
        }
        body = keys.people.open_or_empty(row.body, f"outbox|body|{row.cause}")
        yield f"{_said(facts).strip()}: {body or '(the text is not kept any more)'}"


def _show_reports(connection: Connection, keys: Keys, person: Person) -> Iterator[str]:
    for one in said_by(connection, keys, person.hmacs):
        yield _said(
            {
                "made_at": one.made_at,
                "matter": one.matter,
                "document": one.document_id,
                "centre": one.centre_code,
                "wanted": one.wanted,
                "number": one.number,
                "words": one.words,
            }
        )


def _show_lookups(connection: Connection, _keys: Keys, person: Person) -> Iterator[str]:
    for one in of_phone(connection, person.hmacs):
        yield _said({"": one.at, "by": one.channel, "outcome": one.outcome}).strip()


def _show_flags(connection: Connection, _keys: Keys, person: Person) -> Iterator[str]:
    query = select(lookup_flags).where(
        lookup_flags.c.kind == Sign.PHONE, lookup_flags.c.about.in_(person.hmacs)
    )
    for row in connection.execute(query.order_by(lookup_flags.c.id)):
        moments = {"since": row.first_at, "until": row.last_at, "closed_at": row.closed_at}
        yield _said({"missed with": row.count, **moments})


def _show_documents(connection: Connection, _keys: Keys, person: Person) -> Iterator[str]:
    query = (
        select(documents, document_numbers.c.type, document_numbers.c.last_three)
        .outerjoin(document_numbers, document_numbers.c.document_id == documents.c.id)
        .where(documents.c.id.in_(person.documents))
        .order_by(documents.c.id, document_numbers.c.type)
    )
    for row in connection.execute(query):
        yield _said(
            {
                "document": row.id,
                "kind": row.kind,
                "centre": row.centre_code,
                "state": row.state,
                "confirmed_on": row.confirmed_on,
                row.type: row.last_three and f"..{row.last_three}",
            }
        )


def _delete(table: Table) -> Erase:
    """Make what removes a phone's rows from a table."""

    def rows(connection: Connection, person: Person) -> int:
        mine = table.c.phone_hmac.in_(person.hmacs)
        return connection.execute(delete(table).where(mine)).rowcount

    return rows


def _erase_caller(connection: Connection, person: Person) -> int:
    """Forget a caller; of one who wants no texts, that alone stays."""
    mine = callers.c.phone_hmac.in_(person.hmacs)
    stays = update(callers).where(mine, callers.c.stopped_at.is_not(None))
    emptied = connection.execute(
        stays.values(phone=b"", language=None, changed_at=callers.c.stopped_at)
    )
    gone = connection.execute(delete(callers).where(mine, callers.c.stopped_at.is_(None)))
    return emptied.rowcount + gone.rowcount


def _erase_subscriptions(connection: Connection, person: Person) -> int:
    mine = subscriptions.c.phone_hmac.in_(person.hmacs)
    ids = select(subscriptions.c.id).where(mine)
    connection.execute(
        delete(subscription_numbers).where(subscription_numbers.c.subscription_id.in_(ids))
    )
    return connection.execute(delete(subscriptions).where(mine)).rowcount


def _erase_texts(connection: Connection, person: Person) -> int:
    """Remove a phone's texts; those of campaigns stay in the ledger, as nobody's.

    Its rows bear one made-up HMAC, so that the ledger goes on counting one recipient.
    """
    mine = outbox.c.phone_hmac.in_(person.hmacs)
    ids = select(outbox.c.id).where(mine)
    connection.execute(delete(outbox_documents).where(outbox_documents.c.message_id.in_(ids)))
    gone = connection.execute(delete(outbox).where(mine, outbox.c.campaign_id.is_(None)))
    now = datetime.now(UTC)
    withdrawn = update(outbox).where(mine, outbox.c.state == Delivery.QUEUED)
    connection.execute(
        withdrawn.values(state=Delivery.FAILED, reason=WITHDRAWN, changed_at=now, failed_at=now)
    )
    emptied = connection.execute(
        update(outbox)
        .where(mine)
        .values(
            cause=literal("erased|") + outbox.c.id.cast(String),
            phone_hmac=secrets.token_bytes(32),
            phone=b"",
            body=b"",
            same=None,
            code=None,
        )
    )
    return gone.rowcount + emptied.rowcount


def _erase_owner(connection: Connection, person: Person) -> int:
    mine = documents.c.id.in_(person.documents) & documents.c.phone_hmac.in_(person.hmacs)
    without = update(documents).where(mine).values(phone_hmac=None, phone=None)
    return connection.execute(without).rowcount


HOLDINGS = (
    Holding(
        callers,
        _facts(callers, "language", "changed_at", "stopped_at"),
        _erase_caller,
    ),
    Holding(
        subscriptions,
        _facts(subscriptions, "made_at", "kind", "language", "met_at"),
        _erase_subscriptions,
    ),
    Holding(outbox, _show_texts, _erase_texts),
    Holding(reports, _show_reports, _delete(reports)),
    Holding(
        call_backs,
        _facts(call_backs, "made_at", "language", "place", "tries", "outcome", "closed_at"),
        _delete(call_backs),
    ),
    Holding(
        agent_calls,
        _facts(agent_calls, "began_at", "reason", "way", "language", "outcome", "ended_at"),
        _delete(agent_calls),
    ),
    Holding(ratings, _facts(ratings, "day", "centre_code", "desk", "mark"), _delete(ratings)),
    Holding(asked, _facts(asked, "day", "slot"), _delete(asked)),
    Holding(
        stray_reports,
        _facts(stray_reports, "made_at", "gateway", "state"),
        _delete(stray_reports),
    ),
    Holding(
        lookups,
        _show_lookups,
        lambda connection, person: erase_lookups(connection, person.hmacs),
    ),
    Holding(
        lookup_flags,
        _show_flags,
        lambda connection, person: erase_flags(connection, person.hmacs),
    ),
    Holding(documents, _show_documents, _erase_owner),
)
"""Every table in which a phone's HMAC stands."""
