"""The way in for texts, reports and opt-outs: keep, then acknowledge.

What comes while the database is away is kept on this machine's disk. Only what cannot be kept
there either is asked for again: Africa's Talking repeats what it gets no 200 for every minute
for 12 hours, and Kannel as often as its configuration says. So nothing that comes with a live
token gets a 4xx for what it holds. No answer has a body: Kannel would text it.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from functools import partial

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from menus.line import Line
from menus.meters import Callback
from sms import africastalking, kannel
from sms.gateway import Adapter, OptOut, Unreadable
from sms.incoming import Came, take_or_keep, take_what_waits

GATEWAYS: Mapping[str, Adapter] = {
    africastalking.NAME: africastalking,
    kannel.NAME: kannel,
}
"""Every gateway is one file; here is where it is named."""

OPT_OUTS: Mapping[str, Callable[[Mapping[str, str]], OptOut]] = {
    africastalking.NAME: africastalking.read_optout
}

LARGEST = 64 * 1024
"""Octets of a callback that are read: a text of many segments may pass the 8 KiB of a hop,
percent-encoded, and would come again for 12 hours if it were refused."""

Guard = Callable[[Collection[str], int], Callable[[], None]]
Fields = Mapping[str, str]
Read = Callable[[str, Fields], Came | None]
"""Reads what a gateway brought; None where it is nothing to be taken."""

_log = logging.getLogger(__name__)


def blueprint(line: Line, guard: Guard) -> Blueprint:
    """Make the SMS addresses.

    Args:
        guard: turns away whoever comes without a live token, or with too much.
    """
    pages = Blueprint("sms", __name__)

    take_what_waits(line)
    pages.before_request(guard(GATEWAYS, LARGEST))
    pages.register_error_handler(HTTPException, _refuse)
    for path, read in (("", _text), ("/reports", _report), ("/optouts", _optout)):
        pages.add_url_rule(
            f"/sms/<gateway>/<token>{path}",
            endpoint=read.__name__,
            view_func=partial(_view, line, read),
            methods=("GET", "POST"),
            provide_automatic_options=False,
        )
    return pages


def _refuse(error: Exception) -> Response:
    answer = _answer(error.code or 500 if isinstance(error, HTTPException) else 500)
    if isinstance(error, MethodNotAllowed):
        answer.allow.update(error.valid_methods or ())
    return answer


def _answer(status: int) -> Response:
    return Response(status=status, mimetype="text/plain")


def _view(line: Line, read: Read, gateway: str, **_parts: str) -> Response:
    """Take what came; the status says whether the gateway should bring it again."""
    if read is _optout and gateway not in OPT_OUTS:
        return _answer(404)
    if request.method != GATEWAYS[gateway].METHOD:
        raise MethodNotAllowed(valid_methods=[GATEWAYS[gateway].METHOD])
    status = _status(line, read, gateway)
    line.meters.callback(gateway, _KINDS[read], status)
    return _answer(status)


def _status(line: Line, read: Read, gateway: str) -> int:
    try:
        came = read(gateway, request.args if request.method == "GET" else request.form)
        taken = came is None or take_or_keep(line, came)
    except HTTPException:
        raise
    except (Unreadable, UnicodeDecodeError):  # an address with octets that are no text
        _log.warning("request not understood", extra={"gateway": gateway})
        return 200
    except Exception:
        _log.exception("request failed")
        return 500
    return 200 if taken else 503


def _text(gateway: str, fields: Fields) -> Came:
    return GATEWAYS[gateway].read(fields)


def _report(gateway: str, fields: Fields) -> Came | None:
    """Read what became of a message; a word that we do not know is only logged."""
    report = GATEWAYS[gateway].read_report(fields)
    if report.state is None:
        extra = {"gateway": gateway, "state": report.reason or ""}
        _log.warning("report that changes nothing", extra=extra)
        return None
    return report


def _optout(gateway: str, fields: Fields) -> Came:
    return OPT_OUTS[gateway](fields)


_KINDS: Mapping[Read, Callback] = {
    _text: Callback.TEXT,
    _report: Callback.REPORT,
    _optout: Callback.OPTOUT,
}
