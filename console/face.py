"""The console put together: its pages behind its gate, and what it says of faults."""

import logging

from flask import Blueprint, Flask, Response, g, make_response, request
from werkzeug.exceptions import HTTPException

from console import boxes, calls, entrance, figures, staff, wordings
from console.desk import Desk
from console.gate import Gate
from console.pages import Entry
from console.parts import shown
from console.security import FACES, protect
from models.base import Unavailable

NOUNS = (
    entrance.pages,
    calls.pages,
    boxes.pages,
    figures.pages,
    staff.pages,
    wordings.pages,
)
"""The pages of every noun, in the order of the menu."""

_SAID = (403, 404, 405, 413, 429)
_log = logging.getLogger(__name__)


def add_to(app: Flask, desk: Desk) -> None:
    """Add the console to an application, under `/console/`."""
    protect(app, desk.secret, desk.demo)
    console = Blueprint(
        "console",
        __name__,
        url_prefix="/console",
        template_folder="templates",
        static_folder="static",
    )
    console.before_request(Gate(desk).check)
    for noun in NOUNS:
        console.register_blueprint(noun)
    entries = [entry for noun in NOUNS for entry in noun.entries]
    console.context_processor(lambda: {"entries": _open_to_agent(entries), "demo": desk.demo})
    console.register_error_handler(Exception, _say_failed)
    app.register_blueprint(console)
    app.register_error_handler(HTTPException, _say_refused)
    app.register_error_handler(Unavailable, _say_away)


def _open_to_agent(entries: list[Entry]) -> list[Entry]:
    agent = g.get("agent")
    return [one for one in entries if agent and agent.role in one.roles]


def _say_refused(error: HTTPException) -> Response | HTTPException:
    """Answer people with a page; gateways and monitors as they are used to."""
    if not request.path.startswith(FACES) or error.code is None:
        return error
    name = str(error.code) if error.code in _SAID else "other"
    return make_response(shown("fault.html", fault=f"faults.f{name}", entries=[]), error.code)


def _say_away(_error: Unavailable) -> Response:
    return make_response(shown("fault.html", fault="faults.away", entries=[]), 503)


def _say_failed(error: Exception) -> Response | HTTPException:
    if isinstance(error, HTTPException):
        return _say_refused(error)
    if isinstance(error, Unavailable):
        return _say_away(error)
    _log.exception("page failed")
    return make_response(shown("fault.html", fault="faults.failed", entries=[]), 500)
