"""Announcements: what the line tells everybody, from a day to a day, in each language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Date,
    ForeignKey,
    String,
    Table,
    delete,
    insert,
    select,
)

from models.base import metadata

CODE = 24
TEXT = 280
"""Letters in an announcement's text at most: two short pages."""

CENTRE_TEXT = 90
"""Letters in an announcement of one centre: it stands among what is told of the centre."""

announcements = Table(
    "announcements",
    metadata,
    Column("code", String(CODE), primary_key=True),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("as_of", Date),
    Column("centre_code", String(8)),
    Column("source", String(500), nullable=False),
)

announcement_texts = Table(
    "announcement_texts",
    metadata,
    Column(
        "announcement_code", String(CODE), ForeignKey("announcements.code"), primary_key=True
    ),
    Column("language", String(8), primary_key=True),
    Column("text", String(TEXT), nullable=False),
)


@dataclass(frozen=True)
class Announcement:
    """An announcement, shown from a day to a day, both included.

    Attributes:
        as_of: the day that its facts are of, where they have one.
        centre_code: of the one centre that it concerns; empty where it is everybody's.
        texts: by language.
        source: who said so.
    """

    code: str
    since: date
    until: date | None
    as_of: date | None
    texts: Mapping[str, str]
    source: str = ""
    centre_code: str = ""

    def text(self, language: str, first: str = "") -> str:
        """Give what is said in a language: where it has nothing, in the first or any other."""
        found = self.texts.get(language) or self.texts.get(first)
        return found or next(iter(self.texts.values()))

    def holds_on(self, day: date) -> bool:
        """Say whether it is shown on a day."""
        return self.since <= day and (self.until is None or day <= self.until)


_WORDED = select(
    announcements.c.code,
    announcements.c.since,
    announcements.c.until,
    announcements.c.as_of,
    announcements.c.source,
    announcements.c.centre_code,
    announcement_texts.c.language,
    announcement_texts.c.text,
).join_from(announcements, announcement_texts)


def every(connection: Connection) -> tuple[Announcement, ...]:
    """List every announcement that has words, by code: past and future ones too."""
    texts: dict[str, dict[str, str]] = {}
    found: dict[str, Any] = {}
    for row in connection.execute(_WORDED):
        found[row.code] = row
        texts.setdefault(row.code, {})[row.language] = row.text
    return tuple(
        Announcement(
            code=code,
            since=found[code].since,
            until=found[code].until,
            as_of=found[code].as_of,
            texts=dict(sorted(texts[code].items())),
            source=found[code].source,
            centre_code=found[code].centre_code or "",
        )
        for code in sorted(found)
    )


def publish(connection: Connection, announcement: Announcement) -> bool:
    """Keep an announcement, in place of the whole of one with the same code.

    Returns:
        Whether it is new: False where it replaced one.

    Raises:
        ValueError: it has no text at all, so that nobody would ever see it.
    """
    if not announcement.texts:
        raise ValueError(f"{announcement.code}: an announcement without a text")
    replaced = withdraw(connection, announcement.code)
    connection.execute(
        insert(announcements).values(
            code=announcement.code,
            since=announcement.since,
            until=announcement.until,
            as_of=announcement.as_of,
            source=announcement.source,
            centre_code=announcement.centre_code or None,
        )
    )
    connection.execute(
        insert(announcement_texts),
        [
            {"announcement_code": announcement.code, "language": language, "text": text}
            for language, text in announcement.texts.items()
        ],
    )
    return not replaced


def withdraw(connection: Connection, code: str) -> bool:
    """Take an announcement back; say whether there was one."""
    connection.execute(
        delete(announcement_texts).where(announcement_texts.c.announcement_code == code)
    )
    gone = connection.execute(delete(announcements).where(announcements.c.code == code))
    return gone.rowcount > 0
