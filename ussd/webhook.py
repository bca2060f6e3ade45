"""The gateway's way in: read, turn, write. Whatever breaks, a valid page goes back."""

import logging
from collections.abc import Callable, Collection
from types import ModuleType

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from menus.dial import Dial, dialled
from menus.line import Line
from menus.pages import Page
from menus.turn import turn
from models.base import Unavailable
from models.finished import record
from ussd import africastalking

GATEWAYS: dict[str, ModuleType] = {africastalking.NAME: africastalking}
"""Every gateway is one file with `read`, `write`, `read_end`; here is where it is named."""

Guard = Callable[[Collection[str]], Callable[[], None]]
_log = logging.getLogger(__name__)


def blueprint(line: Line, guard: Guard, any_code: bool) -> Blueprint:
    """Make the USSD addresses.

    Args:
        guard: turns away whoever comes without a live token, or with too much.
        any_code: take hops for any service code, as a demonstration does.
    """
    pages = Blueprint("ussd", __name__)

    pages.before_request(guard(GATEWAYS))

    @pages.post("/ussd/<gateway>/<token>")
    def hop(gateway: str, token: str) -> Response:
        adapter = GATEWAYS[gateway]
        return _plain(adapter.write(_take(line, adapter, any_code)))

    @pages.post("/ussd/<gateway>/<token>/events")
    def event(gateway: str, token: str) -> Response:
        _keep_end(line, gateway)
        return _plain("END")

    return pages


def _take(line: Line, adapter: ModuleType, any_code: bool) -> Page:
    try:
        came: Dial = adapter.read(request.form)
        dial = dialled(came, line.code) or (came if any_code else None)
        return turn(line, dial) if dial else line.apology("wrong_code")
    except HTTPException:
        raise
    except adapter.Unreadable:
        return line.apology("not_understood")
    except Exception:
        _log.exception("hop failed")
        return line.apology("trouble")


def _keep_end(line: Line, gateway: str) -> None:
    """Keep an end-of-session event. It is best effort: the gateway promises none."""
    adapter = GATEWAYS[gateway]
    try:
        end = adapter.read_end(request.form)
        name = line.sessions.session_hmac(gateway, end.session, end.phone)
        with line.database.writing() as connection:
            record(
                connection,
                name,
                gateway,
                end.network,
                end.status,
                end.hops,
                end.milliseconds,
                end.cost,
                end.ended_at,
            )
    except HTTPException:
        raise
    except adapter.Unreadable:
        _log.warning("end event not understood", extra={"gateway": gateway})
    except Unavailable:
        _log.warning("end event not kept", extra={"gateway": gateway})
    except Exception:
        _log.exception("end event failed")


def _plain(body: str) -> Response:
    return Response(body, status=200, content_type="text/plain; charset=utf-8")
