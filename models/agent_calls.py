"""Calls that agents take: whose, why, how they ended; an agent has one open at a time.

What the caller's screen shows, and what was keyed to get there, lie sealed in the row while
the call is open, and are gone when it ends.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    select,
    update,
)

from models.agents import agents
from models.base import in_utc, metadata
from models.keys import Keys
from models.upsert import upsert

_RowId = BigInteger().with_variant(Integer, "sqlite")
_SESSION = 8
"""Octets of chance in the name of a call's session."""


class Reason(StrEnum):
    """Why somebody rang."""

    DOCUMENT = "document"
    CENTRE = "centre"
    SERVICE = "service"
    COURT = "court"
    REPORT = "report"
    COMPLAINT = "complaint"
    OTHER = "other"


class Ending(StrEnum):
    """How a call ended."""

    ANSWERED = "answered"
    PASSED_ON = "passed_on"
    NOT_REACHED = "not_reached"
    WRONG_NUMBER = "wrong_number"
    CUT_OFF = "cut_off"


class Why(StrEnum):
    """Why an agent looks further than at first: at a whole phone, or beyond the budget."""

    RING = "ring"
    IDENTITY = "identity"
    COMPLAINT = "complaint"
    FAMILY = "family"
    TYPING = "typing"


REVEALS = (Why.RING, Why.IDENTITY, Why.COMPLAINT)
"""Why a phone may be shown whole, and when and by whom it was served before."""

BEYONDS = (Why.FAMILY, Why.TYPING, Why.COMPLAINT)
"""Why more numbers may be looked up than a phone's five a day."""


class Way(StrEnum):
    """How a call came about."""

    RANG = "rang"
    CALL_BACK = "call_back"


agent_calls = Table(
    "agent_calls",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("agent_id", BigInteger, ForeignKey("agents.id"), nullable=False),
    Column("phone_hmac", LargeBinary(32), nullable=False),
    Column("phone", LargeBinary, nullable=False),
    Column("session", String(2 * _SESSION), nullable=False, unique=True),
    Column("reason", String(15), nullable=False),
    Column("way", String(10), nullable=False),
    Column("call_back_id", BigInteger),
    Column("language", String(8), nullable=False),
    Column("screen", LargeBinary),
    Column("beyond", String(15)),
    Column("revealed", String(15)),
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("outcome", String(15)),
    Index("ix_agent_calls_phone_hmac", "phone_hmac", "began_at"),
    Index("ix_agent_calls_ended_at", "ended_at"),
)
_OPEN = agent_calls.c.ended_at.is_(None)
Index(
    "uq_agent_calls_open",
    agent_calls.c.agent_id,
    unique=True,
    postgresql_where=_OPEN,
    sqlite_where=_OPEN,
)


@dataclass(frozen=True)
class AgentCall:
    """An open call.

    Attributes:
        phone: the caller's, E.164; empty where it does not open.
        session: names the caller's session in it.
        language: the caller's; empty before it is known.
        screen: what the caller's screen shows, as it was kept; empty before the first.
        beyond: why numbers beyond the budget may be looked up; None where they may not.
        revealed: why the phone is shown whole; None where it is not.
    """

    id: int
    agent_id: int
    session: str
    reason: Reason
    way: Way
    call_back_id: int | None
    language: str
    beyond: Why | None
    revealed: Why | None
    began_at: datetime
    phone: str = field(repr=False)
    screen: str = field(repr=False)


@dataclass(frozen=True)
class Earlier:
    """A call of before, as an agent may see it.

    Attributes:
        account: the agent's who took it.
        outcome: None while it is open.
    """

    began_at: datetime
    ended_at: datetime | None
    reason: Reason
    way: Way
    outcome: Ending | None
    account: str


def begin(
    connection: Connection,
    keys: Keys,
    agent_id: int,
    phone: str,
    reason: Reason,
    call_back_id: int | None = None,
    language: str = "",
) -> int | None:
    """Begin a call; give the row's id, or None where the agent has one open already.

    Args:
        phone: the caller's, E.164.
        call_back_id: the request that it answers, if it answers one.
    """
    session = secrets.token_hex(_SESSION)
    back = call_back_id is not None
    row = {
        "agent_id": agent_id,
        "phone_hmac": keys.phone_hmac(phone),
        "phone": keys.people.seal(phone, call_row(session, "phone")),
        "session": session,
        "reason": reason,
        "way": Way.CALL_BACK if back else Way.RANG,
        "call_back_id": call_back_id,
        "language": language,
        "began_at": datetime.now(UTC),
    }
    if not upsert(connection, agent_calls, row, on=["session"]):
        return None
    made = select(agent_calls.c.id).where(agent_calls.c.session == session)
    return int(connection.scalars(made).one())


def open_call(
    connection: Connection, keys: Keys, agent_id: int, call_id: int | None = None
) -> AgentCall | None:
    """Give the call that an agent has open; None where there is none.

    Args:
        call_id: only if it is this one.
    """
    query = select(agent_calls).where(agent_calls.c.agent_id == agent_id, _OPEN)
    if call_id is not None:
        query = query.where(agent_calls.c.id == call_id)
    row = connection.execute(query).first()
    return _call(keys, row) if row else None


def keep_screen(
    connection: Connection, keys: Keys, call: AgentCall, screen: str, language: str
) -> bool:
    """Keep what the caller's screen shows; say whether the call is still open."""
    values = {
        "screen": keys.people.seal(screen, call_row(call.session, "screen")),
        "language": language,
    }
    return _change(connection, call, values)


def let_look_beyond(connection: Connection, call: AgentCall, why: Why) -> bool:
    """Let numbers beyond the budget be looked up; say whether that is new to an open call."""
    return call.beyond is None and _change(connection, call, {"beyond": why})


def reveal(connection: Connection, call: AgentCall, why: Why) -> bool:
    """Let the phone be shown whole; say whether that is new to an open call."""
    return call.revealed is None and _change(connection, call, {"revealed": why})


def end(connection: Connection, call: AgentCall, outcome: Ending) -> bool:
    """End a call; what was on its screen goes. Say whether it was open."""
    ended = {"ended_at": datetime.now(UTC), "outcome": outcome, "screen": None}
    return _change(connection, call, ended)


def earlier(
    connection: Connection, phone_hmacs: Collection[bytes], but: int, most: int = 10
) -> list[Earlier]:
    """List the calls of a phone, the latest first.

    Args:
        phone_hmacs: the phone's, under every key version.
        but: the id of a call to leave out.
    """
    query = (
        select(agent_calls, agents.c.account)
        .join(agents, agents.c.id == agent_calls.c.agent_id)
        .where(agent_calls.c.phone_hmac.in_(phone_hmacs), agent_calls.c.id != but)
        .order_by(agent_calls.c.began_at.desc(), agent_calls.c.id.desc())
        .limit(most)
    )
    return [
        Earlier(
            in_utc(row.began_at),
            in_utc(row.ended_at) if row.ended_at else None,
            Reason(row.reason),
            Way(row.way),
            Ending(row.outcome) if row.outcome else None,
            row.account,
        )
        for row in connection.execute(query)
    ]


def call_row(session: str, what: str) -> str:
    """Name what a call's ciphertext is bound to."""
    return f"agent_calls|{session}|{what}"


def _change(connection: Connection, call: AgentCall, values: dict[str, Any]) -> bool:
    its = update(agent_calls).where(agent_calls.c.id == call.id, _OPEN)
    return connection.execute(its.values(values)).rowcount > 0


def _call(keys: Keys, row: Any) -> AgentCall:
    opened = keys.people.open_or_empty
    return AgentCall(
        id=row.id,
        agent_id=row.agent_id,
        session=row.session,
        reason=Reason(row.reason),
        way=Way(row.way),
        call_back_id=row.call_back_id,
        language=row.language,
        beyond=Why(row.beyond) if row.beyond else None,
        revealed=Why(row.revealed) if row.revealed else None,
        began_at=in_utc(row.began_at),
        phone=opened(row.phone, call_row(row.session, "phone")),
        screen=opened(row.screen, call_row(row.session, "screen")),
    )
