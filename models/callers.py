"""Callers: the language that a phone chose."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    LargeBinary,
    ScalarSelect,
    String,
    Table,
    select,
)

from models.base import metadata
from models.upsert import upsert

callers = Table(
    "callers",
    metadata,
    Column("phone_hmac", LargeBinary(32), primary_key=True),
    Column("phone", LargeBinary, nullable=False),
    Column("language", String(8)),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)


def language_of(phone_hmac: bytes) -> ScalarSelect[Any]:
    """Give the part of a statement that reads a caller's language."""
    return (
        select(callers.c.language).where(callers.c.phone_hmac == phone_hmac).scalar_subquery()
    )


def read_language(connection: Connection, phone_hmac: bytes) -> str | None:
    """Read the language that a phone chose; None where it chose none."""
    language: str | None = connection.scalar(select(language_of(phone_hmac)))
    return language


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


def caller_row(phone_hmac: bytes) -> str:
    """Name a caller's row, to bind its ciphertext to."""
    return f"callers|{phone_hmac.hex()}"
