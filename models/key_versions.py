"""Which rows lie under which version of a key: what tells when an old key may go."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Table, func, select

from models.agents import agents
from models.asked import asked
from models.audit import audit
from models.base import in_utc
from models.boxes import box_items
from models.call_backs import call_backs
from models.callers import callers
from models.documents import batches, document_numbers, documents
from models.keys import Keys, version_of
from models.lookups import lookups
from models.outbox import outbox
from models.ratings import ratings
from models.reports import reports
from models.subscriptions import subscriptions

BEGIN, DONE = "keys rotate", "keys rotated"
"""What the audit calls rotation, before it begins and when it is through."""


@dataclass(frozen=True)
class Held:
    """What lies under the versions of one key.

    Attributes:
        setting: the key's.
        versions: rows by version; None for what was written before versions were noted.
        current: the version that new rows are written with.
    """

    setting: str
    what: str
    versions: Mapping[int | None, int]
    current: int

    @property
    def older(self) -> int:
        """How many rows are not under the current version."""
        return sum(rows for version, rows in self.versions.items() if version != self.current)


def held(connection: Connection, keys: Keys) -> list[Held]:
    """Count the rows under each version, one line a key and kind of row."""
    lookup, phone = keys.lookup.version, keys.phone.version
    public = keys.archive_public[0]
    noted = (document_numbers, subscriptions, reports)
    sealed = (documents, callers, call_backs, subscriptions, reports, outbox)
    return [
        *(
            Held("LOOKUP_KEY", _name(one), _noted(connection, one.c.key_version), lookup)
            for one in noted
        ),
        *(
            Held("PHONE_KEY", _name(one), _sealed(connection, one.c.phone), phone)
            for one in sealed
        ),
        Held("PHONE_KEY", _name(agents), _sealed(connection, agents.c.totp), phone),
        Held("PHONE_KEY", _name(box_items), _sealed(connection, box_items.c.number), phone),
        Held("ARCHIVE_PUBLIC_KEY", _name(document_numbers), _by_batch(connection), public),
        Held(
            "ARCHIVE_PUBLIC_KEY",
            _name(batches),
            _noted(connection, batches.c.archive_version),
            public,
        ),
        Held(
            "ARCHIVE_PUBLIC_KEY",
            _name(subscriptions),
            _sealed(connection, subscriptions.c.number),
            public,
        ),
    ]


def hmacs_alone(connection: Connection, since: datetime | None) -> dict[str, int]:
    """Count the rows that hold a phone's HMAC and no phone: they cannot be moved by themselves.

    Args:
        since: only those made before this moment (UTC).
    """
    moments = {ratings: ratings.c.made_at, lookups: lookups.c.at}
    counts = {
        _name(table): _count(connection, table, *([moment < since] if since else []))
        for table, moment in moments.items()
    }
    day = [asked.c.day <= since.date()] if since else []
    return counts | {
        _name(asked): _count(connection, asked, *day),
        "stopped callers who were forgotten": _count(
            connection, callers, func.length(callers.c.phone) == 0
        ),
        "campaigns' messages whose time is over": _count(
            connection, outbox, func.length(outbox.c.phone) == 0
        ),
    }


def first_rotation(connection: Connection, versions: Mapping[str, int]) -> datetime | None:
    """Say when rotation to these versions was first begun (UTC); None where it never was."""
    query = select(audit.c.at, audit.c.about).where(audit.c.act == BEGIN).order_by(audit.c.id)
    for row in connection.execute(query):
        if json.loads(row.about) == versions:
            return in_utc(datetime.fromisoformat(row.at))
    return None


def versions_of(keys: Keys) -> dict[str, int]:
    """Give the current versions, as the audit names them."""
    return {
        "lookup": keys.lookup.version,
        "phone": keys.phone.version,
        "archive": keys.archive_public[0],
    }


def _name(table: Table) -> str:
    return table.name.replace("_", " ")


def _noted(connection: Connection, column: Column[Any]) -> dict[int | None, int]:
    query = select(column, func.count()).group_by(column)
    return dict(connection.execute(query).all())


def _sealed(connection: Connection, column: Column[Any]) -> dict[int | None, int]:
    """Count ciphertexts by the version that each begins with."""
    begins = func.substr(column, 1, 2, type_=column.type)
    query = (
        select(begins, func.count())
        .where(column.is_not(None), func.length(column) > 0)
        .group_by(begins)
    )
    return {version_of(bytes(mark)): rows for mark, rows in connection.execute(query)}


def _by_batch(connection: Connection) -> dict[int | None, int]:
    query = (
        select(batches.c.archive_version, func.count())
        .select_from(document_numbers)
        .outerjoin(batches, batches.c.id == document_numbers.c.batch_id)
        .group_by(batches.c.archive_version)
    )
    return dict(connection.execute(query).all())


def _count(connection: Connection, table: Table, *which: Any) -> int:
    return connection.scalars(select(func.count()).select_from(table).where(*which)).one()
