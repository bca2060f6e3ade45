"""The console put together: its pages behind its gate, and what it says of faults."""

import logging

from flask import Blueprint, Flask, Response, g, make_response
from werkzeug.exceptions import HTTPException

from console.calls import call_backs, calls, reports
from console.centre import boxes, hand_over, not_there, stock_takes
from console.desk import Desk
from console.entrance import door as entrance
from console.entrance.gate import Gate
from console.figures import backlog, export, flags, menu_map, service, sessions, texts, week
from console.figures import overview as figures
from console.office import announcements, audit, campaigns, imports, jobs, staff, wordings
from console.pages import Entry
from console.parts import shown
from console.security import protect
from models.base import Unavailable

NOUNS = (
    entrance.pages,
    calls.pages,
    call_backs.pages,
    reports.pages,
    boxes.pages,
    hand_over.pages,
    stock_takes.pages,
    not_there.pages,
    figures.pages,
    sessions.pages,
    menu_map.pages,
    texts.pages,
    backlog.pages,
    service.pages,
    flags.pages,
    week.pages,
    export.pages,
    staff.pages,
    imports.pages,
    campaigns.pages,
    jobs.pages,
    announcements.pages,
    wordings.pages,
    audit.pages,
)
"""The pages of every noun, in the order of the menu."""

_SAID = (403, 404, 405, 413, 429)
_log = logging.getLogger(__name__)


def application(desk: Desk) -> Flask:
    """Make the application that people look at, with the console under `/console/`."""
    app = Flask(__name__, static_folder=None)
    app.extensions["desk"] = desk
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
    app.context_processor(lambda: {"entries": _open_to_agent(entries), "demo": desk.demo})
    app.register_blueprint(console)
    app.register_error_handler(HTTPException, _say_refused)
    app.register_error_handler(Unavailable, _say_away)
    app.register_error_handler(Exception, _say_failed)
    return app


def _open_to_agent(entries: list[Entry]) -> list[Entry]:
    agent = g.get("agent")
    return [one for one in entries if agent and agent.role in one.roles]


def _say_refused(error: HTTPException) -> Response | HTTPException:
    """Answer with a page that says so; a redirect is no fault."""
    if error.code is None or error.code < 400:
        return error
    name = str(error.code) if error.code in _SAID else "other"
    return make_response(shown("fault.html", fault=f"faults.f{name}"), error.code)


def _say_away(_error: Unavailable) -> Response:
    return make_response(shown("fault.html", fault="faults.away"), 503)


def _say_failed(_error: Exception) -> Response:
    _log.exception("page failed")
    return make_response(shown("fault.html", fault="faults.failed"), 500)
