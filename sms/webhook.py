"""The way in for texts, reports and opt-outs: keep, then acknowledge.

What cannot be kept is asked for again: Africa's Talking repeats what it gets no 200 for
every minute for 12 hours, and Kannel as often as its configuration says. So nothing that
comes with a live token gets a 4xx for what it holds. No answer has a body: Kannel would
text it.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from functools import partial

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from menus.line import Line
from models.base import Unavailable
from models.callers import caller_row, stop
from models.rekeying import rekey_phones
from models.reported import take_report
from models.sending_hours import next_morning
from sms import africastalking, kannel
from sms.gateway import Adapter, OptOut, Unreadable
from sms.reply import reply

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
Take = Callable[[Line, str, Fields], None]

_log = logging.getLogger(__name__)


def blueprint(line: Line, guard: Guard) -> Blueprint:
    """Make the SMS addresses.

    Args:
        guard: turns away whoever comes without a live token, or with too much.
    """
    pages = Blueprint("sms", __name__)

    pages.before_request(guard(GATEWAYS, LARGEST))
    pages.register_error_handler(HTTPException, _refuse)
    for path, take in (
        ("", _take_text),
        ("/reports", _take_report),
        ("/optouts", _take_optout),
    ):
        pages.add_url_rule(
            f"/sms/<gateway>/<token>{path}",
            endpoint=take.__name__,
            view_func=partial(_view, line, take),
            methods=("GET", "POST"),
            provide_automatic_options=False,
        )
    return pages


def _refuse(error: Exception) -> Response:
    return _answer(error.code or 500 if isinstance(error, HTTPException) else 500)


def _answer(status: int) -> Response:
    return Response(status=status, mimetype="text/plain")


def _view(line: Line, take: Take, gateway: str, **_parts: str) -> Response:
    """Take what came; the status says whether the gateway should bring it again."""
    if take is _take_optout and gateway not in OPT_OUTS:
        return _answer(404)
    if request.method != GATEWAYS[gateway].METHOD:
        return _answer(405)
    return _answer(_status(line, take, gateway))


def _status(line: Line, take: Take, gateway: str) -> int:
    try:
        take(line, gateway, request.args if request.method == "GET" else request.form)
    except HTTPException:
        raise
    except Unreadable:
        _log.warning("request not understood", extra={"gateway": gateway})
    except Unavailable:
        return 503
    except Exception:
        _log.exception("request failed")
        return 500
    return 200


def _take_text(line: Line, gateway: str, fields: Fields) -> None:
    reply(line, GATEWAYS[gateway].read(fields))


def _take_report(line: Line, gateway: str, fields: Fields) -> None:
    """Keep what became of a message; a word that we do not know is only logged."""
    report = GATEWAYS[gateway].read_report(fields)
    if report.state is None:
        extra = {"gateway": gateway, "state": report.reason or ""}
        _log.warning("report that changes nothing", extra=extra)
        return
    again_at = next_morning(line.country, line.clock())
    with line.database.writing() as connection:
        if report.phone:
            rekey_phones(connection, line.keys, [report.phone])
        take_report(connection, line.keys, report, again_at)


def _take_optout(line: Line, gateway: str, fields: Fields) -> None:
    phone = OPT_OUTS[gateway](fields).phone
    phone_hmac = line.keys.phone_hmac(phone)
    sealed = line.keys.people.seal(phone, caller_row(phone_hmac))
    with line.database.writing() as connection:
        rekey_phones(connection, line.keys, [phone])
        stop(connection, phone_hmac, sealed)
