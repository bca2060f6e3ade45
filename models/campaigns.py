"""Campaigns: texts to the owners of documents that lie ready and have not been fetched."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Integer,
    String,
    Table,
    Text,
    case,
    func,
    select,
    text,
    update,
)

from models.base import in_utc, metadata
from models.bulk import insert_many, new_ids
from models.keys import Keys
from models.numbers import Kind
from models.outbox import Delivery, Priority, outbox, outbox_documents, row_of
from models.upsert import upsert

NAME = 40
"""Letters of a campaign's name at most."""

NAMED = re.compile(rf"[a-z0-9-]{{1,{NAME}}}")
MOST_DAYS = 36_500

CHUNK = 2_000
"""Rows read, and messages written, at a time."""

FAR = datetime(9999, 1, 1, tzinfo=UTC)
"""When the messages of a stopped campaign are due."""

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("name", String(NAME), nullable=False, unique=True),
    Column("choice", Text, nullable=False),
    Column("skipped", String(500), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("stopped_at", DateTime(timezone=True)),
)
"""`choice` says of which documents, and `skipped` how many of them were left out, as JSON."""


class OtherChoice(Exception):
    """There is a campaign of this name, of other documents; the text is its choice."""


class Stopped(Exception):
    """The campaign is stopped: it takes nobody in before it goes on."""


@dataclass(frozen=True)
class Choice:
    """Of which documents the owners are told.

    Attributes:
        days: they have lain ready for so many days at least.
        until_days: and for so many at most.
        centres: their codes; empty for all.
        kinds: empty for all.
        told_within: who was told of a document within so many days is not told again.
        language: for owners who have chosen none; empty for the country's first.
    """

    days: int
    until_days: int | None = None
    centres: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    told_within: int = 14
    language: str = ""

    def written(self) -> str:
        """Write the choice as the table keeps it."""
        return json.dumps(asdict(self), sort_keys=True)


def choice_of(written: str) -> Choice:
    """Read a choice, as the table keeps it."""
    given = json.loads(written)
    kinds = tuple(Kind(one) for one in given.pop("kinds"))
    return Choice(**given | {"centres": tuple(given["centres"]), "kinds": kinds})


@dataclass(frozen=True)
class Message:
    """A text to an owner, and the documents that it says are ready."""

    cause: str
    code: str
    documents: tuple[int, ...]
    phone: str = field(repr=False)
    body: str = field(repr=False)


def begin(connection: Connection, name: str, choice: Choice) -> int:
    """Begin a campaign, or go on with the one of this name; give its id.

    Nobody else works at it until the transaction ends.

    Raises:
        OtherChoice: the one of this name is of other documents.
        Stopped: it is stopped.
    """
    row = {
        "name": name,
        "choice": choice.written(),
        "skipped": "{}",
        "made_at": datetime.now(UTC),
    }
    upsert(connection, campaigns, row, on=["name"])
    query = select(campaigns).where(campaigns.c.name == name).with_for_update()
    found = connection.execute(query).one()
    if found.choice != choice.written():
        raise OtherChoice(found.choice)
    if found.stopped_at is not None:
        raise Stopped
    return int(found.id)


def id_of(connection: Connection, name: str) -> int | None:
    """Give the id of the campaign of this name; None where there is none."""
    found: int | None = connection.scalar(
        select(campaigns.c.id).where(campaigns.c.name == name)
    )
    return found


def find_choice(connection: Connection, name: str) -> Choice | None:
    """Give of which documents the campaign of this name is; None where there is none."""
    found = connection.scalar(select(campaigns.c.choice).where(campaigns.c.name == name))
    return choice_of(found) if found else None


def cause_of(campaign_id: int, phone_hmac: bytes) -> str:
    """Name the one message of a campaign to a phone."""
    return f"campaign|{campaign_id}|{phone_hmac.hex()[:40]}"


def queue_all(
    connection: Connection, keys: Keys, campaign_id: int, messages: Iterable[Message]
) -> Iterator[int]:
    """Queue a campaign's messages, giving after each chunk how many are queued so far."""
    queued, iterator = 0, iter(messages)
    while chunk := list(islice(iterator, CHUNK)):
        _queue(connection, keys, campaign_id, chunk)
        queued += len(chunk)
        yield queued
    if connection.dialect.name == "postgresql":
        # Its planner knows nothing yet of all these rows, which senders look through.
        connection.execute(text("ANALYZE outbox, outbox_documents"))


def _queue(
    connection: Connection, keys: Keys, campaign_id: int, chunk: Sequence[Message]
) -> None:
    rows, told = [], []
    for its_id, one in zip(new_ids(connection, outbox, len(chunk)), chunk, strict=True):
        row = row_of(
            keys,
            one.cause,
            one.phone,
            one.body,
            one.code,
            Priority.CAMPAIGN,
            campaign_id,
        )
        rows.append({"id": its_id, **row})
        told += [{"message_id": its_id, "document_id": each} for each in one.documents]
    insert_many(connection, outbox, rows)
    insert_many(connection, outbox_documents, told)


def keep_skipped(connection: Connection, campaign_id: int, skipped: Mapping[str, int]) -> None:
    """Keep how many documents were left out, and why, for the ledger."""
    connection.execute(
        update(campaigns)
        .where(campaigns.c.id == campaign_id)
        .values(skipped=json.dumps(dict(skipped)))
    )


def stop(connection: Connection, campaign_id: int) -> int:
    """Hold back what a campaign has queued; what senders have in hand goes out.

    Returns:
        How many messages are held back by this.
    """
    now = datetime.now(UTC)
    connection.execute(
        update(campaigns)
        .where(campaigns.c.id == campaign_id, campaigns.c.stopped_at.is_(None))
        .values(stopped_at=now)
    )
    held_back = (
        update(outbox)
        .where(_queued_of(campaign_id), outbox.c.due_at < FAR)
        .values(due_at=FAR, changed_at=now)
    )
    return connection.execute(held_back).rowcount


def resume(connection: Connection, campaign_id: int) -> int:
    """Let a campaign go on that was stopped.

    Returns:
        How many messages are due by this.
    """
    now = datetime.now(UTC)
    connection.execute(
        update(campaigns).where(campaigns.c.id == campaign_id).values(stopped_at=None)
    )
    let_go = (
        update(outbox)
        .where(_queued_of(campaign_id), outbox.c.due_at >= FAR)
        .values(due_at=now, changed_at=now)
    )
    return connection.execute(let_go).rowcount


def campaigns_stopped(connection: Connection, campaign_ids: Iterable[int]) -> set[int]:
    """Say which campaigns are stopped."""
    query = select(campaigns.c.id).where(
        campaigns.c.id.in_(set(campaign_ids)), campaigns.c.stopped_at.is_not(None)
    )
    return set(connection.scalars(query))


def _queued_of(campaign_id: int) -> ColumnElement[bool]:
    return (outbox.c.campaign_id == campaign_id) & (outbox.c.state == Delivery.QUEUED)


@dataclass(frozen=True)
class Listed:
    """A campaign in a list of them."""

    name: str
    made_at: datetime
    stopped: bool
    messages: int
    queued: int


def every_campaign(connection: Connection) -> list[Listed]:
    """List every campaign, the latest first."""
    is_queued = case((outbox.c.state == Delivery.QUEUED, 1), else_=0)
    counted = (
        select(
            outbox.c.campaign_id,
            func.count().label("messages"),
            func.sum(is_queued).label("queued"),
        )
        .where(outbox.c.campaign_id.is_not(None))
        .group_by(outbox.c.campaign_id)
        .subquery()
    )
    query = (
        select(campaigns, counted.c.messages, counted.c.queued)
        .outerjoin(counted, counted.c.campaign_id == campaigns.c.id)
        .order_by(campaigns.c.id.desc())
    )
    return [
        Listed(
            row.name,
            in_utc(row.made_at),
            row.stopped_at is not None,
            row.messages or 0,
            row.queued or 0,
        )
        for row in connection.execute(query)
    ]
