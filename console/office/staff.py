"""Agents and roles: who may sign in, what for, and the invitations that let them in."""

from collections.abc import Callable

from flask import Response, abort, make_response, request

from console.desk import desk
from console.pages import Pages, current
from console.parts import gone, say, shown, tell
from models import agents
from models.agents import ACCOUNT, Agent, BadAccount, Role
from models.audit import append
from models.base import Connection
from models.centres import Centre, every_centre

pages = Pages("staff")

_MAY = {
    Role.AGENT: ("calls", "call_backs", "reveal"),
    Role.OFFICER: ("boxes", "hand_over", "stock", "confirm"),
    Role.SUPERVISOR: ("figures", "export", "audit"),
    Role.ADMINISTRATOR: ("agents", "imports", "words", "campaigns", "audit"),
}
"""What each role may do, by the words that say it."""


@pages.page("/staff", Role.ADMINISTRATOR, menu="staff.title")
def staff() -> str:
    """List agents, say what each role may do, and ask for another agent."""
    return _listed()


@pages.page("/staff", Role.ADMINISTRATOR, methods=["POST"])
def add() -> Response:
    """Add an agent, and show the invitation: once, on the page that answers."""
    account, role = _typed("account").lower(), _role()
    centre, fault = _centre(role), ""
    if role is None or centre is None:
        return make_response(_listed({"centre_code": say("staff.centre_wanted")}), 422)
    if not ACCOUNT.fullmatch(account):
        return make_response(_listed({"account": say("staff.account_unfit")}), 422)
    with desk().writing() as connection:
        try:
            made = agents.add(connection, account, role, centre)
        except BadAccount:
            fault = say("staff.account_taken")
        else:
            code = agents.invite(connection, made)
            append(connection, current().account, "agents add", agent=made, role=role)
    if fault:
        return make_response(_listed({"account": fault}), 422)
    return _invitation(made, account, code)


@pages.page("/staff/<int:agent>", Role.ADMINISTRATOR)
def one(agent: int) -> str:
    """Show an agent, and what may be done about them."""
    return _shown(_known(agent))


@pages.page("/staff/<int:agent>", Role.ADMINISTRATOR, methods=["POST"])
def change(agent: int) -> Response:
    """Give an agent another role, or another centre."""
    known, role = _known(agent), _role()
    centre = _centre(role)
    if role is None or centre is None:
        faults = {"centre_code": say("staff.centre_wanted")}
        return make_response(_shown(known, faults), 422)

    def act(connection: Connection) -> None:
        agents.change(connection, agent, role, centre, known.is_active)
        append(connection, current().account, "agents change", agent=agent, role=role)

    return _done(known, act, "staff.changed", gives_up=role is not Role.ADMINISTRATOR)


@pages.page("/staff/<int:agent>/end", Role.ADMINISTRATOR, methods=["POST"])
def end(agent: int) -> Response:
    """End an agent's place: signed out at once, and let in no more."""
    known = _known(agent)

    def act(connection: Connection) -> None:
        agents.change(connection, agent, known.role, known.centre_code, is_active=False)
        append(connection, current().account, "agents end", agent=agent)

    return _done(known, act, "staff.ended", gives_up=True)


@pages.page("/staff/<int:agent>/restore", Role.ADMINISTRATOR, methods=["POST"])
def restore(agent: int) -> Response:
    """Give an agent the place back that was ended."""
    known = _known(agent)

    def act(connection: Connection) -> None:
        agents.change(connection, agent, known.role, known.centre_code, is_active=True)
        append(connection, current().account, "agents restore", agent=agent)

    return _done(known, act, "staff.restored", gives_up=False)


@pages.page("/staff/<int:agent>/invite", Role.ADMINISTRATOR, methods=["POST"])
def invite(agent: int) -> Response:
    """Invite an agent anew, who lost the password or the phone; show the invitation, once."""
    known = _known(agent)
    if not known.is_active:
        tell("staff.is_ended", "fault")
        return gone("staff.one", agent=agent)
    with desk().writing() as connection:
        code = agents.invite(connection, agent)
        append(connection, current().account, "agents invite", agent=agent)
    return _invitation(agent, known.account, code)


def _done(
    known: Agent, act: Callable[[Connection], None], told: str, gives_up: bool
) -> Response:
    """Change an agent, unless it is oneself, or nobody would be left to let people in.

    Args:
        gives_up: an administrator would be none any more.
    """
    refused = "staff.own" if known.id == current().id else ""
    with desk().writing() as connection:
        if not refused and gives_up and agents.is_last_administrator(connection, known.id):
            refused = "staff.last"
        if not refused:
            act(connection)
    if refused:
        return make_response(_shown(known, {"": say(refused)}), 422)
    tell(told)
    return gone("staff.staff")


def _invitation(agent: int, account: str, code: str) -> Response:
    """Show an invitation. It is in no cookie and no address, and is shown this once."""
    hours = int(agents.INVITED.total_seconds() // 3600)
    page = shown("staff/invitation.html", id=agent, account=account, code=code, hours=hours)
    return make_response(page)


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()[:60]


def _role() -> Role | None:
    typed = _typed("role")
    return Role(typed) if typed in set(Role) else None


def _centre(role: Role | None) -> str | None:
    """Give the centre of a role: an officer's, that there is; empty for others."""
    if role is not Role.OFFICER:
        return ""
    typed = _typed("centre_code")
    return typed if typed in {one.code for one in _centres()} else None


def _known(agent_id: int) -> Agent:
    with desk().reading() as connection:
        found = agents.find(connection, agent_id)
    if found is None:
        abort(404)
    return found


def _centres() -> list[Centre]:
    with desk().reading() as connection:
        return every_centre(connection)


def _listed(faults: dict[str, str] | None = None) -> str:
    with desk().reading() as connection:
        known = agents.every(connection)
    return shown(
        "staff/staff.html", known=known, may=_MAY, typed=request.form, **_choices(faults)
    )


def _shown(known: Agent, faults: dict[str, str] | None = None) -> str:
    is_own = known.id == current().id
    return shown("staff/agent.html", one=known, is_own=is_own, may=_MAY, **_choices(faults))


def _choices(faults: dict[str, str] | None) -> dict[str, object]:
    named = {one.code: one.short_name for one in _centres()}
    return {
        "faults": faults or {},
        "roles": [(role, say(f"staff.role_{role}")) for role in Role],
        "centres": [("", say("staff.no_centre")), *named.items()],
        "named": named,
    }
