"""Agents' calls: taking one, working the caller's screen, ending it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from flask import Response, make_response, request

from console import names
from console.calls import serving
from console.calls.serving import mine
from console.desk import desk
from console.pages import Pages, current
from console.parts import gone, shown, tell
from menus.served import Shown
from models import agent_calls
from models.agent_calls import (
    BEYONDS,
    REVEALS,
    AgentCall,
    Earlier,
    Ending,
    Reason,
    Why,
    earlier,
)
from models.agents import Role
from models.audit import append
from models.call_backs import CallBack, waiting
from models.phone_hour import PhoneHour, phone_hour
from models.phones import LONGEST, masked, read_phone, spelt
from models.report_queue import in_queue
from models.reports import Matter
from models.reveals import REVEAL

KEYS = dict(zip(Reason, "1234567", strict=True))
"""The key of each reason."""

ENDINGS = dict(zip(Ending, "apuwd", strict=True))
"""The key of each way a call ends: letters, since digits are the caller's."""

_TYPED = 200
"""Letters of anything typed here that are read at all."""

_FAULTS = {"not_known": "asked", "no_why_beyond": "beyond", "no_why_reveal": "reveal"}
_One = TypeVar("_One", bound=StrEnum)

pages = Pages("calls")


@pages.page("/calls", Role.AGENT, menu="calls.title")
def calls() -> str:
    """Show where an agent begins: a call that is open, a new one, and who waits to be rung."""
    return _start()


@pages.page("/calls", Role.AGENT, methods=["POST"])
def begin() -> Response:
    """Begin a call with whoever rings."""
    typed, reason = request.form.get("phone", ""), _chosen(Reason, "reason")
    phone = read_phone(typed, desk().line.country.phones_of)
    if not phone or reason is None:
        fault = "no_reason" if phone else "no_phone"
        return make_response(_start(fault=fault, typed=typed[:LONGEST]), 422)
    begun = serving.begin(phone, reason)
    if not begun.is_new:
        tell("calls.one_open", kind="fault")
    return gone("calls.call", call_id=begun.call_id)


@pages.page("/calls/<int:call_id>", Role.AGENT)
def call(call_id: int) -> str:
    """Show a call that the agent has open."""
    return _page(mine(call_id))


@pages.page("/calls/<int:call_id>/keys", Role.AGENT, methods=["POST"])
def press(call_id: int) -> Response:
    """Press keys of the caller's, once: a form that is sent again presses nothing."""
    one, typed = mine(call_id), _typed("keys")
    screen = Shown.read(one.screen)
    if typed and (screen is None or request.form.get("step") == step_of(screen)):
        serving.serve(one, lambda served: served.press(typed))
    return gone("calls.call", call_id=call_id, at="keys")


@pages.page("/calls/<int:call_id>/ask", Role.AGENT, methods=["POST"])
def ask(call_id: int) -> Response:
    """Answer a number, a place or a keyword."""
    one, typed = mine(call_id), _typed("asked")
    if not typed or not serving.serve(one, lambda served: served.ask(typed)):
        return make_response(_page(one, fault="not_known"), 422)
    return gone("calls.call", call_id=call_id, at="answer")


@pages.page("/calls/<int:call_id>/anew", Role.AGENT, methods=["POST"])
def anew(call_id: int) -> Response:
    """Dial anew: the caller's screen is at home again."""
    serving.serve(mine(call_id), lambda served: served.dial())
    return gone("calls.call", call_id=call_id, at="keys")


@pages.page("/calls/<int:call_id>/language", Role.AGENT, methods=["POST"])
def speak(call_id: int) -> Response:
    """Speak the next language to the caller, from now on."""
    one = mine(call_id)
    serving.serve(one, lambda served: served.speak(_next_language(one.language)))
    return gone("calls.call", call_id=call_id, at="answer")


@pages.page("/calls/<int:call_id>/text", Role.AGENT, methods=["POST"])
def text(call_id: int) -> Response:
    """Text the caller what is shown, once a day as if the caller had asked for it."""
    one = mine(call_id)
    screen = Shown.read(one.screen)
    wish = screen.text_me(screen.language) if screen else None
    if wish is None:
        tell("calls.no_text", kind="fault")
    else:
        tell("calls.texted" if serving.text(one, wish) else "calls.texted_before")
    return gone("calls.call", call_id=call_id, at="answer")


@pages.page("/calls/<int:call_id>/beyond", Role.AGENT, methods=["POST"])
def beyond(call_id: int) -> Response:
    """Look up more numbers than the phone's budget has room for, for a reason."""
    one, why = mine(call_id), _chosen(Why, "why")
    if why not in BEYONDS:
        return make_response(_page(one, fault="no_why_beyond"), 422)
    with desk().writing() as connection:
        if agent_calls.let_look_beyond(connection, one, why):
            append(connection, current().account, "calls beyond", call=one.id, why=why)
    serving.serve(mine(call_id), lambda served: served.again())
    return gone("calls.call", call_id=call_id, at="answer")


@pages.page("/calls/<int:call_id>/reveal", Role.AGENT, methods=["POST"])
def reveal(call_id: int) -> Response:
    """Show the phone whole, and when and by whom it was served before, for a reason."""
    one, why = mine(call_id), _chosen(Why, "why")
    if why not in REVEALS:
        return make_response(_page(one, fault="no_why_reveal"), 422)
    with desk().writing() as connection:
        if agent_calls.reveal(connection, one, why):
            append(connection, current().account, REVEAL, call=one.id, why=why)
    serving.watch_reveals()
    return gone("calls.call", call_id=call_id, at="answer")


@pages.page("/calls/<int:call_id>/end", Role.AGENT, methods=["POST"])
def end(call_id: int) -> Response:
    """End the call, and with it the request that it answered."""
    one, outcome = mine(call_id), _chosen(Ending, "outcome")
    if outcome is None:
        return make_response(_page(one, fault="no_outcome"), 422)
    serving.end(one, outcome)
    tell("calls.ended")
    return gone("calls.calls")


@dataclass(frozen=True)
class Start:
    """What an agent begins with.

    Attributes:
        open: the id of the call that the agent has open; None where there is none.
        waiting: who waits to be rung, the longest first.
        money, reports: open reports of money demanded, and of all.
    """

    open: int | None
    waiting: list[CallBack]
    money: int
    reports: int


@dataclass(frozen=True)
class Around:
    """What is known of a caller beside the call."""

    hour: PhoneHour
    earlier: list[Earlier]


def step_of(screen: Shown) -> str:
    """Name how far a caller's screen is, so that a form is taken once."""
    return f"{screen.dial}.{len(screen.inputs)}"


def mask(phone: str) -> str:
    """Write a phone so that it cannot be rung."""
    return masked(phone, desk().line.country.phones_of)


def _start(fault: str = "", typed: str = "") -> str:
    keys = desk().line.keys
    with desk().reading() as connection:
        open_one = agent_calls.open_call(connection, keys, current().id)
        calls_back = waiting(connection, keys)
        reports = in_queue(connection)
    money = sum(one.matter is Matter.MONEY for one in reports)
    start = Start(open_one.id if open_one else None, calls_back, money, len(reports))
    return shown(
        "calls/calls.html",
        start=start,
        reasons=KEYS,
        fault=fault,
        typed=typed,
        mask=mask,
        place_of=names.screen,
        spoken=spoken(),
    )


def _page(one: AgentCall, fault: str = "") -> str:
    """Write the page of a call, with what went wrong beside its field."""
    line, screen = desk().line, Shown.read(one.screen)
    hmacs = line.keys.phone_hmacs(one.phone)
    with desk().reading() as connection:
        around = Around(phone_hour(connection, hmacs), earlier(connection, hmacs, but=one.id))
    return shown(
        "calls/call.html",
        call=one,
        screen=screen,
        step=step_of(screen) if screen else "",
        at=request.args.get("at", "ask"),
        whole=spelt(one.phone, line.country.phones_of) if one.revealed else "",
        mask=mask,
        around=around,
        languages=spoken(),
        next=_next_language(one.language),
        endings=ENDINGS,
        beyonds=BEYONDS,
        reveals=REVEALS,
        faults={_FAULTS.get(fault, "end"): fault} if fault else {},
    )


def spoken() -> dict[str, str]:
    """Give what each language of the line is called in itself, by its code."""
    return {code: words.name for code, words in desk().line.languages.items()}


def _next_language(now: str) -> str:
    codes = list(desk().line.languages)
    at = codes.index(now) if now in codes else -1
    return codes[(at + 1) % len(codes)]


def _typed(name: str) -> str:
    return request.form.get(name, "")[:_TYPED].strip()


def _chosen(kinds: type[_One], name: str) -> _One | None:
    """Read one of a closed list; None where it is none of it."""
    given = request.form.get(name, "")
    return kinds(given) if given in set(kinds) else None
