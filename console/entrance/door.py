"""The way in and out: signing in, taking an invitation up, signing out, one's own settings."""

import hashlib
import io
from dataclasses import dataclass

import segno
from flask import Response, make_response, request, session
from markupsafe import Markup

from console.desk import Desk, desk
from console.entrance import passwords
from console.entrance.gate import Gate
from console.entrance.known_browsers import KnownBrowsers
from console.pages import Pages, current
from console.parts import gone, say, shown, tell
from console.words import languages
from models import agents, sign_ins
from models.agents import Agent, Role
from models.audit import append
from models.keys import Sealer, Tampered, Versions

HOMES = {
    Role.AGENT: "calls.calls",
    Role.OFFICER: "boxes.boxes",
    Role.SUPERVISOR: "figures.overview",
    Role.ADMINISTRATOR: "staff.staff",
}
"""Where each role begins."""

_LETTERS = 400
"""Letters of anything typed here that are read at all."""


pages = Pages("entrance")


@pages.door("/")
def front() -> Response:
    """Send whoever comes to where their work begins, or to the door."""
    agent = Gate(desk()).whose()
    return gone(HOMES[agent.role] if agent else "entrance.sign_in")


@pages.door("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response:
    """Ask who it is, and let in who is known."""
    if request.method == "GET":
        _choose_language()
        return make_response(shown("entrance/sign_in.html"))
    return _door().sign_in(_typed("account").strip().lower(), _typed("password"))


@pages.door("/join", methods=["GET", "POST"])
def join() -> Response:
    """Let somebody who was invited choose how to be known."""
    if request.method == "GET":
        return make_response(shown("entrance/join.html"))
    return _door().join(_typed("account").strip().lower(), _typed("invitation").strip())


@pages.page("/sign-out", *Role, methods=["POST"])
def sign_out() -> Response:
    """End this session."""
    return _signed_out()


@pages.page("/me", *Role)
def me() -> str:
    """Show how the agent wants pages to be."""
    return shown("entrance/me.html")


@pages.page("/me", *Role, methods=["POST"])
def prefer() -> Response:
    """Keep how the agent wants pages to be."""
    chosen = _typed("language")
    spoken = chosen if chosen in languages() else current().language
    with desk().writing() as connection:
        agents.prefer(connection, current().id, spoken, "shortcuts" in request.form)
    tell("entrance.kept")
    return gone("entrance.me")


@pages.page("/me/everywhere", *Role, methods=["POST"])
def sign_out_everywhere() -> Response:
    """End all sessions of the agent."""
    with desk().writing() as connection:
        agents.end_sessions(connection, current().id)
        append(connection, current().account, "agents sign-out", agent=current().id)
    return _signed_out()


@dataclass(frozen=True)
class _Door:
    """Lets people in."""

    desk: Desk
    gate: Gate
    browsers: KnownBrowsers

    def sign_in(self, account: str, password: str) -> Response:
        """Let somebody in who is known, or say that something was not right, never what."""
        is_known = self.browsers.knows(account)
        try:
            with passwords.turn(is_known):
                return self._judged(account, password, is_known)
        except passwords.Busy:
            return _busy()

    def _judged(self, account: str, password: str, is_known_browser: bool) -> Response:
        """Count a try, then hold it against what is kept."""
        with self.desk.writing() as connection:
            known = agents.secrets_of(connection, self.desk.line.keys, account)
            bucket = self.browsers.bucket(account, known is not None)
            wait = sign_ins.try_now(connection, bucket)
        if wait:
            return self._again("entrance.wait", 429, minutes=-(-wait // 60))
        code = "".join(_typed("code").split())
        step = passwords.right_step(known, password, code, is_known_browser)
        if known is None or not step or not self._take(known.agent, step, bucket):
            return self._again("entrance.wrong", 422)
        return self._let_in(known.agent, "agents sign-in")

    def join(self, account: str, invitation: str) -> Response:
        """Show what to choose to whom an invitation is for; keep it once it is right."""
        with self.desk.reading() as connection:
            agent = agents.invited(connection, account, invitation)
        if agent is None:
            return self._again("entrance.void", 422, template="entrance/join.html")
        offered = self._offered(invitation)
        password, code = _typed("password"), "".join(_typed("code").split())
        fault = passwords.faults_of(password, account) if password else "first"
        if not fault and password != _typed("again"):
            fault = "unlike"
        step = 0 if fault else passwords.step_of(offered, code)
        if step:
            return self._joined(agent, password, offered, step)
        return self._choose(agent, invitation, offered, fault or "code")

    def _joined(self, agent: Agent, password: str, totp: str, step: int) -> Response:
        try:
            with passwords.turn(False):
                kept = passwords.hashed(password)
        except passwords.Busy:
            return _busy()
        with self.desk.writing() as connection:
            agents.join(connection, self.desk.line.keys, agent, kept, totp)
            agents.take_step(connection, agent.id, step)
            append(connection, agent.account, "agents join", agent=agent.id)
        return self._let_in(agent, "agents sign-in")

    def _choose(self, agent: Agent, invitation: str, offered: str, fault: str) -> Response:
        """Ask for a password and a code, beside the picture that an authenticator reads."""
        page = shown(
            "entrance/choose.html",
            account=agent.account,
            invitation=invitation,
            offer=_sealer(self.desk.secret).seal(offered, invitation).hex(),
            offered=offered,
            picture=_picture(passwords.address_of(offered, agent.account)),
            fault="" if fault == "first" else fault,
            shortest=passwords.SHORTEST,
        )
        return make_response(page, 200 if fault == "first" else 422)

    def _offered(self, invitation: str) -> str:
        """Give the secret that an invitation offers: the same at every step of it.

        It is sealed by the server and goes with the form: nothing is kept before it is right.
        """
        sealer = _sealer(self.desk.secret)
        try:
            return sealer.open(bytes.fromhex(_typed("offer")), invitation)
        except (Tampered, ValueError):
            return passwords.fresh_secret()

    def _take(self, agent: Agent, step: int, bucket: bytes) -> bool:
        """Use the code up, once, and forget the tries."""
        with self.desk.writing() as connection:
            taken = agents.take_step(connection, agent.id, step)
            if taken:
                sign_ins.forgive(connection, bucket)
        return taken

    def _let_in(self, agent: Agent, act: str) -> Response:
        response = gone(HOMES[agent.role])
        session.clear()
        self.gate.admit(response, agent)
        self.browsers.remember(response, agent.account)
        with self.desk.writing() as connection:
            append(connection, agent.account, act, agent=agent.id)
        return response

    def _again(
        self, fault: str, status: int, template: str = "entrance/sign_in.html", **facts: object
    ) -> Response:
        page = shown(template, fault=fault, facts=facts)
        return make_response(page, status)


def _busy() -> Response:
    """Turn somebody away in few words: in a flood of tries even a page is dear."""
    said, later = say("entrance.busy"), {"Retry-After": "3"}
    return Response(said, 503, later, content_type="text/plain; charset=utf-8")


def _signed_out() -> Response:
    response = gone("entrance.sign_in")
    Gate(desk()).dismiss(response)
    session.clear()
    return response


def _door() -> _Door:
    return _Door(desk(), Gate(desk()), KnownBrowsers(desk().secret, desk().demo))


def _sealer(secret: str) -> Sealer:
    return Sealer(Versions(((1, hashlib.sha256(secret.encode()).digest()),)), "invitation")


def _picture(address: str) -> Markup:
    """Draw an address as a QR code (ISO/IEC 18004), as a picture that stands in the page."""
    drawn = io.BytesIO()
    segno.make(address, error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=True, scale=5, border=3, light="#fff"
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704 # nosec B704 # segno's own drawing


def _typed(name: str) -> str:
    return request.form.get(name, "")[:_LETTERS]


def _choose_language() -> None:
    chosen = request.args.get("language", "")
    if chosen in languages():
        session["language"] = chosen
