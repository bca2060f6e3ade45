"""Switches: what operators pause for a while, and what they tell callers meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    String,
    Table,
    delete,
    exists,
    insert,
    literal,
    select,
    union_all,
)

from models.base import in_utc, metadata
from models.upsert import upsert

SAID = 60
"""Septets of what callers are told on the home page at most: a line or two of it."""


class Part(StrEnum):
    """What of the line can be paused.

    While texts are paused senders take none; while campaigns are, none of theirs; while
    look-ups are, a look-up comes to the same as with the database away.
    """

    SMS = "sms"
    CAMPAIGNS = "campaigns"
    LOOKUPS = "lookups"


pauses = Table(
    "pauses",
    metadata,
    Column("part", String(12), primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
)

sayings = Table(
    "sayings",
    metadata,
    Column("language", String(8), primary_key=True),
    Column("text", String(SAID), nullable=False),
    Column("until", DateTime(timezone=True)),
)


@dataclass(frozen=True)
class Switches:
    """How the switches stand.

    Attributes:
        paused: since when, in UTC, by part.
        texts: what callers are told, by language; empty where it is nothing.
        until: the moment from which they are told no more; None without one.
    """

    paused: Mapping[str, datetime] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    until: datetime | None = None

    def said(self, moment: datetime) -> Mapping[str, str] | None:
        """Give what callers are told at a moment, by language; None where it is nothing."""
        over = self.until is not None and self.until <= moment
        return None if over or not self.texts else self.texts


def read_switches(connection: Connection) -> Switches:
    """Read all switches, in one statement."""
    none = literal(None)
    paused = select(literal("pause"), pauses.c.part, none, pauses.c.since)
    said = select(literal("say"), sayings.c.language, sayings.c.text, sayings.c.until)
    since: dict[str, datetime] = {}
    texts: dict[str, str] = {}
    until: datetime | None = None
    for sort, name, text, moment in connection.execute(union_all(paused, said)):
        if sort == "pause":
            since[name] = in_utc(moment)
        else:
            texts[name] = text
            until = moment and in_utc(moment)
    return Switches(since, texts, until)


def is_paused(connection: Connection, part: Part) -> bool:
    """Say whether a part is paused now, as the database knows it."""
    return bool(connection.scalar(select(exists().where(pauses.c.part == part))))


def pause(connection: Connection, part: Part) -> bool:
    """Pause a part; say whether it was not paused before."""
    row = {"part": part, "since": datetime.now(UTC)}
    return upsert(connection, pauses, row, on=["part"])


def resume(connection: Connection, part: Part) -> bool:
    """Let a part go on; say whether it was paused."""
    return connection.execute(delete(pauses).where(pauses.c.part == part)).rowcount > 0


def say(connection: Connection, texts: Mapping[str, str], until: datetime | None) -> None:
    """Tell callers something, in place of all that they were told before.

    Args:
        texts: by language; none at all tells them nothing any more.
        until: the moment from which they are told no more; None without one.
    """
    connection.execute(delete(sayings))
    ends = until and until.astimezone(UTC)  # SQLite keeps no zone
    if texts:
        rows = [
            {"language": language, "text": text, "until": ends}
            for language, text in texts.items()
        ]
        connection.execute(insert(sayings), rows)
