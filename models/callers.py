"""Callers: the language that a phone chose, and whether it wants no texts unasked."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    DateTime,
    LargeBinary,
    ScalarSelect,
    String,
    Table,
    bindparam,
    select,
    update,
)

from models.base import in_utc, metadata
from models.ready import Ready
from models.upsert import upsert

callers = Table(
    "callers",
    metadata,
    Column("phone_hmac", LargeBinary(32), primary_key=True),
    Column("phone", LargeBinary, nullable=False),
    Column("language", String(8)),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("stopped_at", DateTime(timezone=True)),
)


def language_of(phone_hmacs: BindParameter[Any]) -> ScalarSelect[Any]:
    """Give the part of a statement that reads a caller's language.

    Args:
        phone_hmacs: the phone's, under every key version, when the statement runs.
    """
    chosen = callers.c.phone_hmac.in_(phone_hmacs) & callers.c.language.is_not(None)
    query = select(callers.c.language).where(chosen)
    return query.order_by(callers.c.changed_at.desc()).limit(1).scalar_subquery()


_LANGUAGE = Ready(lambda _: select(language_of(bindparam("phone_hmacs", expanding=True))))


def read_language(connection: Connection, phone_hmacs: Collection[bytes]) -> str | None:
    """Read the language that a phone chose; None where it chose none."""
    ((language,),) = _LANGUAGE.rows(connection, {"phone_hmacs": list(phone_hmacs)})
    return None if language is None else str(language)


def choose_language(
    connection: Connection, phone_hmac: bytes, sealed_phone: bytes, language: str
) -> None:
    """Remember the language that a phone chose."""
    row = {
        "phone_hmac": phone_hmac,
        "phone": sealed_phone,
        "language": language,
        "changed_at": datetime.now(UTC),
    }
    upsert(connection, callers, row, on=["phone_hmac"], change=["language", "changed_at"])


def stop(connection: Connection, phone_hmac: bytes, sealed_phone: bytes) -> None:
    """Text a phone nothing any more but what it asks for; the first moment is kept."""
    now = datetime.now(UTC)
    row = {
        "phone_hmac": phone_hmac,
        "phone": sealed_phone,
        "changed_at": now,
        "stopped_at": now,
    }
    if not upsert(connection, callers, row, on=["phone_hmac"]):
        connection.execute(
            update(callers)
            .where(callers.c.phone_hmac == phone_hmac, callers.c.stopped_at.is_(None))
            .values(stopped_at=now, changed_at=now)
        )


def start(connection: Connection, phone_hmac: bytes) -> None:
    """Text a phone again as before it was stopped."""
    connection.execute(
        update(callers)
        .where(callers.c.phone_hmac == phone_hmac, callers.c.stopped_at.is_not(None))
        .values(stopped_at=None, changed_at=datetime.now(UTC))
    )


def stopped_among(
    connection: Connection, phone_hmacs: Collection[bytes]
) -> dict[bytes, datetime]:
    """Say which phones want no texts unasked, and since when (UTC)."""
    query = select(callers.c.phone_hmac, callers.c.stopped_at).where(
        callers.c.phone_hmac.in_(phone_hmacs), callers.c.stopped_at.is_not(None)
    )
    return {bytes(row.phone_hmac): in_utc(row.stopped_at) for row in connection.execute(query)}


def caller_row(phone_hmac: bytes) -> str:
    """Name a caller's row, to bind its ciphertext to."""
    return f"callers|{phone_hmac.hex()}"
