"""Agents: who may sign in to the console, what they may do there, and how they are known.

A password is kept as its argon2id hash alone, the secret of the one-time codes sealed. An
invitation lets one person choose both, once, within a day.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Integer,
    LargeBinary,
    Row,
    Select,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from models.agent_sessions import agent_sessions
from models.base import metadata
from models.keys import Keys

ACCOUNT = re.compile(r"[a-z][a-z0-9.-]{1,29}")
"""What an account may be called: it stands in the audit, beside all that its agent did."""

INVITED = timedelta(hours=24)
"""As long as an invitation may be taken up."""

_CODE = 15
"""Octets of chance in an invitation."""


class Role(StrEnum):
    """What an agent is for: each page names the roles that may see it."""

    AGENT = "agent"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


agents = Table(
    "agents",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("account", String(30), nullable=False, unique=True),
    Column("role", String(15), nullable=False),
    Column("centre_code", String(8), nullable=False),
    Column("language", String(8), nullable=False),
    Column("shortcuts", Boolean, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("password", String(200), nullable=False),
    Column("totp", LargeBinary),
    Column("totp_step", BigInteger, nullable=False),
    Column("invitation", LargeBinary(32)),
    Column("invited_until", DateTime(timezone=True)),
    Column("made_at", DateTime(timezone=True), nullable=False),
)


@dataclass(frozen=True)
class Agent:
    """Somebody who may sign in.

    Attributes:
        centre_code: an officer's own centre; empty for others.
        shortcuts: whether single keys do things on pages.
        has_joined: whether the invitation was taken up.
    """

    id: int
    account: str
    role: Role
    centre_code: str = ""
    language: str = "en"
    shortcuts: bool = True
    is_active: bool = True
    has_joined: bool = True


@dataclass(frozen=True)
class Secrets:
    """What an agent is held against at the door.

    Attributes:
        password: its argon2id hash; empty before the invitation is taken up.
        totp: the secret of the one-time codes, in base 32; empty likewise.
        step: the time step of the last code that was taken.
    """

    agent: Agent
    password: str = field(repr=False)
    totp: str = field(repr=False)
    step: int = 0


class BadAccount(ValueError):
    """An account is not written as one, is taken, or lacks the centre that its role wants."""


def add(connection: Connection, account: str, role: Role, centre_code: str = "") -> int:
    """Add an agent, who may not sign in before an invitation; give the row's id.

    Raises:
        BadAccount: as its text says.
    """
    if not ACCOUNT.fullmatch(account):
        raise BadAccount("an account is 2 to 30 small letters, digits, dots and dashes")
    if bool(centre_code) != (role is Role.OFFICER):
        raise BadAccount("a centre officer has a centre, and nobody else has")
    if connection.execute(_query().where(agents.c.account == account)).first():
        raise BadAccount("this account is taken")
    row = {
        "account": account,
        "role": role,
        "centre_code": centre_code,
        "language": "en",
        "shortcuts": True,
        "is_active": True,
        "password": "",
        "totp_step": 0,
        "made_at": datetime.now(UTC),
    }
    made = insert(agents).values(row).returning(agents.c.id)
    return int(connection.execute(made).scalar_one())


def invite(connection: Connection, agent_id: int) -> str:
    """Give an invitation to choose a password and a second factor, once, within 24 hours.

    What the agent had before holds until then; one that was given before is void.
    """
    code = secrets.token_hex(_CODE)
    changed = {"invitation": _digest(code), "invited_until": datetime.now(UTC) + INVITED}
    connection.execute(update(agents).where(agents.c.id == agent_id).values(changed))
    return code


def invited(connection: Connection, account: str, code: str) -> Agent | None:
    """Give the agent whom an invitation is for; None where it is void."""
    query = _query().where(
        agents.c.account == account,
        agents.c.invitation == _digest(code),
        agents.c.invited_until > datetime.now(UTC),
        agents.c.is_active,
    )
    row = connection.execute(query).first()
    return _agent(row) if row else None


def join(connection: Connection, keys: Keys, agent: Agent, password: str, totp: str) -> None:
    """Take an invitation up. Every session the agent had ends.

    Args:
        password: its argon2id hash.
        totp: the secret of the one-time codes, in base 32.
    """
    changed = {
        "password": password,
        "totp": keys.agents.seal(totp, agent_row(agent.id)),
        "totp_step": 0,
        "invitation": None,
        "invited_until": None,
    }
    connection.execute(update(agents).where(agents.c.id == agent.id).values(changed))
    end_sessions(connection, agent.id)


def change(
    connection: Connection, agent_id: int, role: Role, centre_code: str, is_active: bool
) -> None:
    """Change what an agent may do. Every session the agent had ends.

    Raises:
        BadAccount: an officer without a centre, or a centre without an officer.
    """
    if bool(centre_code) != (role is Role.OFFICER):
        raise BadAccount("a centre officer has a centre, and nobody else has")
    changed = {"role": role, "centre_code": centre_code, "is_active": is_active}
    connection.execute(update(agents).where(agents.c.id == agent_id).values(changed))
    end_sessions(connection, agent_id)


def prefer(connection: Connection, agent_id: int, language: str, shortcuts: bool) -> None:
    """Keep how an agent wants pages to be."""
    changed = {"language": language, "shortcuts": shortcuts}
    connection.execute(update(agents).where(agents.c.id == agent_id).values(changed))


def take_step(connection: Connection, agent_id: int, step: int) -> bool:
    """Use a one-time code up; say whether it, and every later one, was unused."""
    used = update(agents).where(agents.c.id == agent_id, agents.c.totp_step < step)
    return connection.execute(used.values(totp_step=step)).rowcount > 0


def secrets_of(connection: Connection, keys: Keys, account: str) -> Secrets | None:
    """Give what an active agent is held against; None where there is no such account."""
    query = select(agents).where(agents.c.account == account, agents.c.is_active)
    row = connection.execute(query).first()
    if row is None:
        return None
    totp = keys.agents.open_or_empty(row.totp, agent_row(row.id))
    return Secrets(_agent(row), row.password, totp, row.totp_step)


def find(connection: Connection, agent_id: int) -> Agent | None:
    """Give an agent by the row's id."""
    row = connection.execute(_query().where(agents.c.id == agent_id)).first()
    return _agent(row) if row else None


def every(connection: Connection) -> list[Agent]:
    """List all agents, by account."""
    return [_agent(row) for row in connection.execute(_query().order_by(agents.c.account))]


def is_last_administrator(connection: Connection, agent_id: int) -> bool:
    """Say whether nobody else could let people in; who asks so waits for who did before."""
    active = select(agents.c.id, agents.c.password).where(
        agents.c.role == Role.ADMINISTRATOR, agents.c.is_active
    )
    rows = connection.execute(active.order_by(agents.c.id).with_for_update()).all()
    others = [row for row in rows if row.password and row.id != agent_id]
    return not others and agent_id in {row.id for row in rows}


def end_sessions(connection: Connection, agent_id: int) -> None:
    """Sign an agent out everywhere."""
    connection.execute(delete(agent_sessions).where(agent_sessions.c.agent_id == agent_id))


def rekey(connection: Connection, keys: Keys) -> int:
    """Seal agents' secrets under the current key; give how many were not."""
    moved = 0
    for its_id, sealed, totp in _sealed(connection, keys):
        if totp and not keys.agents.is_current(sealed):
            again = keys.agents.seal(totp, agent_row(its_id))
            connection.execute(update(agents).where(agents.c.id == its_id).values(totp=again))
            moved += 1
    return moved


def unreadable(connection: Connection, keys: Keys) -> list[int]:
    """List the agents whose secret does not open: they need a new invitation."""
    return [its_id for its_id, _, totp in _sealed(connection, keys) if not totp]


def agent_row(agent_id: int) -> str:
    """Name an agent's row, to bind its ciphertext to."""
    return f"agents|{agent_id}"


def _sealed(connection: Connection, keys: Keys) -> list[tuple[int, bytes, str]]:
    """Give the agents who have a secret: as it is kept, and opened."""
    query = select(agents.c.id, agents.c.totp).where(agents.c.totp.is_not(None))
    return [
        (row.id, row.totp, keys.agents.open_or_empty(row.totp, agent_row(row.id)))
        for row in connection.execute(query).all()
    ]


def _query() -> Select[tuple[int, str, str, str, str, bool, bool, str]]:
    kept = agents.c
    return select(
        kept.id,
        kept.account,
        kept.role,
        kept.centre_code,
        kept.language,
        kept.shortcuts,
        kept.is_active,
        kept.password,
    )


def _agent(row: Row[tuple[int, str, str, str, str, bool, bool, str]]) -> Agent:
    return Agent(
        id=row.id,
        account=row.account,
        role=Role(row.role),
        centre_code=row.centre_code,
        language=row.language,
        shortcuts=row.shortcuts,
        is_active=row.is_active,
        has_joined=bool(row.password),
    )


def _digest(code: str) -> bytes:
    """Give what is kept of an invitation: it is chance alone, so that no key is wanted."""
    return hashlib.sha256(code.encode(errors="surrogatepass")).digest()
