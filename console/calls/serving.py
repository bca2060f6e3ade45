"""Serving a caller: what an agent does in a call, each act with its trace in the audit."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import abort

from console.desk import desk
from console.pages import current
from console.parts import tell
from menus.served import Served, Shown
from menus.wishes import TextMe, grant_in
from models import agent_calls, call_backs
from models.agent_calls import AgentCall, Ending, Reason, Why
from models.audit import append
from models.base import Connection
from models.call_backs import CallBack
from models.outbox import answers_since
from models.reveals import REVEAL, too_many

UNREADABLE = "unreadable"
"""What came of a request whose phone does not open: nobody can be rung."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Begun:
    """A call that is open.

    Attributes:
        is_new: it was begun now; else the agent had it open already.
    """

    call_id: int
    is_new: bool


class _HasOne(Exception):
    """The agent has a call open already: nothing of what was begun is kept."""


def mine(call_id: int) -> AgentCall:
    """Give the agent's open call; any other is not there (404)."""
    with desk().reading() as connection:
        call = agent_calls.open_call(connection, desk().line.keys, current().id, call_id)
    return call or abort(404)


def begin(phone: str, reason: Reason) -> Begun:
    """Begin a call with whoever rang, and dial for them."""
    try:
        with desk().writing() as connection:
            call_id = _begin(connection, phone, reason)
            _append(connection, "calls begin", call=call_id, reason=reason)
    except _HasOne:
        return _open_one()
    return _dialled(call_id)


def ring_back(call_back_id: int) -> Begun | None:
    """Take a request on and begin its call; None where it is another's, or closed.

    The phone is shown whole, as it has to be rung.
    """
    keys, me = desk().line.keys, current()
    try:
        with desk().writing() as connection:
            taken = call_backs.take(connection, keys, call_back_id, me.id)
            if taken is None:
                return None
            if not taken.phone:
                _settle(connection, taken.id, UNREADABLE)
                return None
            call_id = _ring(connection, taken)
    except _HasOne:
        return _open_one()
    watch_reveals()
    return _dialled(call_id, taken.language)


def serve(call: AgentCall, work: Callable[[Served], Shown | None]) -> bool:
    """Work the caller's screen, and keep what it shows; say whether there is anything.

    Every look-up that this made is in the audit before its answer is seen.
    """
    if not call.phone:
        tell("calls.unreadable", kind="fault")
        return True
    line, screen = desk().line, Shown.read(call.screen)
    served = Served(line, call.phone, call.session, screen, call.beyond is not None)
    shown = work(served)
    if shown is None:
        return False
    with desk().writing() as connection:
        kept = agent_calls.keep_screen(
            connection, line.keys, call, shown.dump(), shown.language
        )
        for outcome in served.outcomes:
            _append(connection, "calls lookup", call=call.id, outcome=outcome)
    if not kept:
        abort(404)
    if served.lapsed:
        tell("calls.lapsed", kind="warn")
    return True


def text(call: AgentCall, wish: TextMe) -> bool:
    """Queue a text of what is shown, as the caller could; say whether it is new today."""
    line, before = desk().line, datetime.now(UTC)
    with desk().writing() as connection:
        grant_in(connection, line.keys, line.country, call.phone, [wish])
        hmacs = line.keys.phone_hmacs(call.phone)
        new = answers_since(connection, hmacs, before) > 0
        _append(connection, "calls text", call=call.id, new=int(new))
    line.bell.ring()
    return new


def end(call: AgentCall, outcome: Ending) -> None:
    """End a call. The request that it answered is closed, or waits on where nobody answered."""
    with desk().writing() as connection:
        if not agent_calls.end(connection, call, outcome):
            return
        if call.call_back_id is not None:
            _end_request(connection, call.call_back_id, outcome)
        _append(connection, "calls end", call=call.id, outcome=outcome)


def watch_reveals() -> None:
    """Raise the alarm where an agent has looked at more phones than the work takes."""
    with desk().reading() as connection:
        count = too_many(connection).get(current().account)
    if count:
        _log.warning("an agent reveals many phones", extra={"count": count})


def _begin(
    connection: Connection, phone: str, reason: Reason, asked: CallBack | None = None
) -> int:
    """Begin a call.

    Raises:
        _HasOne: the agent has one open already.
    """
    call_id = agent_calls.begin(
        connection,
        desk().line.keys,
        current().id,
        phone,
        reason,
        asked.id if asked else None,
        asked.language if asked else "",
    )
    if call_id is None:
        raise _HasOne
    return call_id


def _ring(connection: Connection, asked: CallBack) -> int:
    call_id = _begin(connection, asked.phone, Reason.OTHER, asked)
    call = agent_calls.open_call(connection, desk().line.keys, current().id, call_id)
    if call:
        agent_calls.reveal(connection, call, Why.RING)
    _append(connection, "call-backs take", call_back=asked.id, call=call_id)
    _append(connection, REVEAL, call=call_id, why=Why.RING)
    return call_id


def _open_one() -> Begun:
    with desk().reading() as connection:
        call = agent_calls.open_call(connection, desk().line.keys, current().id)
    return Begun(call.id, is_new=False) if call else abort(404)


def _dialled(call_id: int, language: str = "") -> Begun:
    """Dial for the caller, in the language that they asked to be rung in."""
    call = mine(call_id)
    serve(call, lambda served: served.dial())
    if language in desk().line.languages and mine(call_id).language != language:
        serve(mine(call_id), lambda served: served.speak(language))
    return Begun(call_id, is_new=True)


def _end_request(connection: Connection, call_back_id: int, outcome: Ending) -> None:
    if outcome is not Ending.NOT_REACHED:
        _settle(connection, call_back_id, outcome)
    elif call_backs.give_back(connection, call_back_id, current().id):
        _append(connection, "call-backs wait", call_back=call_back_id)


def _settle(connection: Connection, call_back_id: int, outcome: str) -> None:
    if call_backs.settle(connection, call_back_id, current().id, outcome):
        _append(connection, "call-backs close", call_back=call_back_id, outcome=outcome)


def _append(connection: Connection, act: str, **about: str | int) -> None:
    append(connection, current().account, act, **about)
