"""The way in for texts: keep, then acknowledge. What cannot be kept is asked for again."""

import logging
from collections.abc import Callable, Collection
from types import ModuleType

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from menus.line import Line
from menus.reply import reply
from models.base import Unavailable
from sms import africastalking

GATEWAYS: dict[str, ModuleType] = {africastalking.NAME: africastalking}
Guard = Callable[[Collection[str]], Callable[[], None]]

_log = logging.getLogger(__name__)


def blueprint(line: Line, guard: Guard) -> Blueprint:
    """Make the SMS addresses.

    Args:
        guard: turns away whoever comes without a live token, or with too much.
    """
    pages = Blueprint("sms", __name__)

    pages.before_request(guard(GATEWAYS))

    @pages.post("/sms/<gateway>/<token>")
    def text(gateway: str, token: str) -> Response:
        return Response(status=_take(line, GATEWAYS[gateway]))

    return pages


def _take(line: Line, adapter: ModuleType) -> int:
    """Take one text; the status says whether the gateway should bring it again.

    Only 200 stops Africa's Talking, which else repeats it every minute for 12 hours.
    """
    try:
        reply(line, adapter.read(request.form))
    except HTTPException:
        raise
    except adapter.Unreadable:
        _log.warning("text not understood", extra={"gateway": adapter.NAME})
    except Unavailable:
        return 503
    except Exception:
        _log.exception("text failed")
        return 500
    return 200
