"""Signing in to the console as somebody of a role, as a browser does."""

import re
import time
from collections.abc import Mapping
from typing import Any

import pyotp
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from console.entrance import passwords
from menus.line import Line
from models import agents
from models.agents import Agent, Role

PASSWORD = "kifaru saba wanacheza karata"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
_HASH = passwords.hashed(PASSWORD)
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def agent_of(line: Line, role: Role, account: str = "", centre: str = "047-01") -> Agent:
    """Let there be an agent of a role, who has joined; an officer is of one centre."""
    account = account or role.value
    with line.database.working() as connection:
        for one in agents.every(connection):
            if one.account == account:
                return one
        made = agents.add(connection, account, role, centre if role is Role.OFFICER else "")
        agent = agents.find(connection, made)
        assert agent
        agents.join(connection, line.keys, agent, _HASH, SECRET)
        joined = agents.find(connection, made)
    assert joined
    return joined


def next_code(line: Line, agent: Agent) -> str:
    """Give a one-time code of this moment that was not used yet."""
    with line.database.working() as connection:
        connection.execute(
            agents.agents.update().where(agents.agents.c.id == agent.id).values(totp_step=0)
        )
    return pyotp.TOTP(SECRET).at(time.time())


def sign_in(
    client: FlaskClient, line: Line, role: Role, account: str = "", centre: str = "047-01"
) -> Agent:
    """Sign in as somebody of a role through the door; the client keeps the cookies."""
    agent = agent_of(line, role, account, centre)
    form = {"account": agent.account, "password": PASSWORD, "code": next_code(line, agent)}
    answer = post(client, "/console/sign-in", form)
    assert answer.status_code == 303, answer.text
    return agent


def token_of(client: FlaskClient, address: str = "/console/sign-in") -> str:
    """Give the token that this browser's forms hold."""
    found = _TOKEN.search(client.get(address, base_url=SECURE).text)
    assert found
    return found[1]


def post(
    client: FlaskClient, address: str, form: Mapping[str, object] | None = None, **options: Any
) -> TestResponse:
    """Send a form with its token, as a browser does."""
    data = {"csrf_token": token_of(client), **(form or {})}
    return client.post(address, data=data, base_url=SECURE, **options)


def get(client: FlaskClient, address: str, **options: Any) -> TestResponse:
    """Ask for a page, as a browser does."""
    return client.get(address, base_url=SECURE, buffered=True, **options)


SECURE = "https://localhost"
"""Cookies are for HTTPS alone."""
