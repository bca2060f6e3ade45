"""The gate of the console: who is signed in, and whether a page is open to them."""

from contextlib import suppress
from dataclasses import dataclass

from flask import Response, abort, current_app, g, request

from console.desk import Desk
from console.pages import LARGEST, OPEN_TO, READ_BY
from console.parts import gone
from console.security import cookie_name, refuse_forged
from models import agent_sessions, agents
from models.agents import Agent
from models.base import Unavailable


@dataclass(frozen=True)
class Gate:
    """Checks every request for a page of the console."""

    desk: Desk

    def check(self) -> Response | None:
        """Let a request through, send it to the door, or turn it away.

        Who was ended, or whose role was changed, is out with their next request.
        """
        g.agent, g.there = None, self.desk.line.country.now_there
        if request.endpoint and request.endpoint.endswith(".static"):
            return None
        request.max_content_length = LARGEST
        view = current_app.view_functions.get(request.endpoint or "")
        if view is None:
            refuse_forged()
            return None  # there is no such page: it becomes a 404
        roles = OPEN_TO[view]  # a view that names none lets nobody in: it fails
        g.agent = self.whose()
        if roles is not None and g.agent is None:
            return gone("entrance.sign_in")
        if roles is not None and g.agent.role not in roles:
            abort(403)
        if view in READ_BY:
            READ_BY[view]()
        refuse_forged()  # it reads the form: that of nobody whom the page is not open to
        return None

    def admit(self, response: Response, agent: Agent) -> None:
        """Begin an agent's session, under a name that no one knew before."""
        with self.desk.writing() as connection:
            token = agent_sessions.begin(connection, agent.id)
        self._set(response, self._cookie, token)

    def dismiss(self, response: Response) -> None:
        """End the session that a browser holds, and let it forget what it was shown."""
        with self.desk.writing() as connection:
            agent_sessions.end(connection, self._token())
        response.delete_cookie(
            self._cookie, secure=not self.desk.demo, httponly=True, samesite="Strict"
        )
        response.headers["Clear-Site-Data"] = '"cache", "storage"'

    @property
    def _cookie(self) -> str:
        return cookie_name("agent", self.desk.demo)

    def _set(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(
            name, value, secure=not self.desk.demo, httponly=True, samesite="Strict"
        )

    def _token(self) -> str:
        return request.cookies.get(self._cookie, "")

    def whose(self) -> Agent | None:
        """Give the agent whose session this browser holds; None where none holds."""
        token = self._token()
        if not token:
            return None
        with self.desk.reading() as connection:
            session = agent_sessions.find_session(connection, token)
            agent = agents.find(connection, session.agent_id) if session else None
        if session and session.wants_note:
            self._note_seen(token)
        return agent if agent and agent.is_active else None

    def _note_seen(self, token: str) -> None:
        """Note that a session is used; a database that is busy is told the next time."""
        with suppress(Unavailable), self.desk.writing() as connection:
            agent_sessions.note_seen(connection, token)
