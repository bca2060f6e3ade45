"""The demonstration's agents, one of each role, and the authenticator that shows their codes.

Their passwords and secrets lie in the demonstration's own folder; nothing of this is there
in a line in service.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyotp
from flask import Blueprint, abort, g, make_response, request
from flask.typing import ResponseReturnValue

from console.desk import Desk
from console.entrance import passwords
from console.parts import shown
from models import agents
from models.agents import Agent, Role
from models.base import Connection

PASSWORD = "huduma ni haki ya kila mtu"  # noqa: S105 # everybody may know it
ACCOUNTS = {
    "agent": (Role.AGENT, ""),
    "officer": (Role.OFFICER, "047-01"),
    "supervisor": (Role.SUPERVISOR, ""),
    "administrator": (Role.ADMINISTRATOR, ""),
    "administrator2": (Role.ADMINISTRATOR, ""),
}
"""Two administrators: what one of them words, the other approves."""


@dataclass(frozen=True)
class Shown:
    """One account, as the authenticator shows it."""

    account: str
    role: Role
    password: str
    secret: str = field(repr=False)

    @property
    def code(self) -> str:
        """The one-time code of this moment."""
        return pyotp.TOTP(self.secret).now()


def make(desk: Desk) -> None:
    """Make the demonstration's agents where they lack, each with a fresh secret."""
    file = _file(desk.var_dir)
    with desk.writing() as connection:
        there = {one.account: one for one in agents.every(connection)}
        if set(there) >= set(ACCOUNTS) and file.exists():
            return
        made = {account: _make(desk, connection, account, there) for account in ACCOUNTS}
        file.touch(mode=0o600)
        lines = (f'{account} = "{secret}"\n' for account, secret in made.items())
        file.write_text("".join(lines), encoding="utf-8")


def _make(desk: Desk, connection: Connection, account: str, there: Mapping[str, Agent]) -> str:
    """Let one account be there, with the password that everybody knows; give its secret."""
    role, centre = ACCOUNTS[account]
    agent = there.get(account)
    if agent is None:
        agent = Agent(agents.add(connection, account, role, centre), account, role)
    secret = passwords.fresh_secret()
    agents.join(connection, desk.line.keys, agent, passwords.hashed(PASSWORD), secret)
    return secret


def authenticator(desk: Desk) -> Blueprint:
    """Make the page that shows the demonstration's accounts, on loopback."""
    pages = Blueprint("authenticator", __name__, template_folder="templates")

    @pages.get("/simulator/authenticator")
    def show() -> ResponseReturnValue:
        if request.remote_addr not in ("127.0.0.1", "::1"):
            abort(404)
        g.agent, g.there = None, desk.line.country.now_there
        kept = tomllib.loads(_file(desk.var_dir).read_text("utf-8"))
        accounts = [
            Shown(account, role, PASSWORD, kept[account])
            for account, (role, _) in ACCOUNTS.items()
        ]
        page = shown("entrance/authenticator.html", accounts=accounts)
        response = make_response(page)
        response.headers["Refresh"] = "15"
        return response

    return pages


def _file(var_dir: Path) -> Path:
    return var_dir / "agents.toml"
