"""Agents' sessions at the console: kept here, so that they can be ended from here.

What a browser holds is chance alone; its digest is the row's key. A session ends when it lay
idle for 20 minutes, 10 hours after it began, or with its agent's place (ASVS 5.0, 7.3).
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    delete,
    insert,
    or_,
    select,
    update,
)

from models.base import in_utc, metadata

IDLE = timedelta(minutes=20)
LONGEST = timedelta(hours=10)
NOTED = timedelta(minutes=1)
"""A session that was seen within this is not noted as seen again."""

_TOKEN = 32

agent_sessions = Table(
    "agent_sessions",
    metadata,
    Column("token", LargeBinary(32), primary_key=True),
    Column("agent_id", BigInteger, ForeignKey("agents.id"), nullable=False),
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Index("ix_agent_sessions_agent_id", "agent_id"),
)


@dataclass(frozen=True)
class AgentSession:
    """A session that holds.

    Attributes:
        wants_note: whether it is time to note that it was seen.
    """

    agent_id: int
    wants_note: bool


def begin(connection: Connection, agent_id: int) -> str:
    """Begin a session; give what the browser is to hold. Sessions that are over are dropped."""
    token, now = secrets.token_urlsafe(_TOKEN), datetime.now(UTC)
    kept = agent_sessions.c
    over = or_(kept.seen_at < now - IDLE, kept.began_at < now - LONGEST)
    connection.execute(delete(agent_sessions).where(over))
    row = {"token": _digest(token), "agent_id": agent_id, "began_at": now, "seen_at": now}
    connection.execute(insert(agent_sessions).values(row))
    return token


def find_session(connection: Connection, token: str) -> AgentSession | None:
    """Give the session that a browser holds; None where it is over, or never was."""
    now = datetime.now(UTC)
    row = connection.execute(
        select(agent_sessions.c.agent_id, agent_sessions.c.seen_at).where(
            agent_sessions.c.token == _digest(token),
            agent_sessions.c.seen_at >= now - IDLE,
            agent_sessions.c.began_at >= now - LONGEST,
        )
    ).first()
    return AgentSession(row.agent_id, in_utc(row.seen_at) < now - NOTED) if row else None


def note_seen(connection: Connection, token: str) -> None:
    """Note that a session was used just now."""
    seen = update(agent_sessions).where(agent_sessions.c.token == _digest(token))
    connection.execute(seen.values(seen_at=datetime.now(UTC)))


def end(connection: Connection, token: str) -> None:
    """End a session."""
    connection.execute(delete(agent_sessions).where(agent_sessions.c.token == _digest(token)))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
