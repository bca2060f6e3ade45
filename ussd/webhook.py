"""The gateways' way in: read, turn, write. Whatever breaks, a valid page goes back."""

import logging
import time
from collections.abc import Callable, Collection
from datetime import datetime

from flask import Blueprint, Request, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from menus.callbacks import Fields
from menus.dial import Dial, dialled
from menus.line import Line
from menus.meters import Outcome
from menus.pages import Page
from menus.turn import turn
from models.base import Unavailable
from models.finished import record
from ussd import africastalking, flares, hubtel, infobip, safaricom
from ussd.application import Answer
from ussd.gateway import Address, Ended, Gateway, Reply, Unreadable

GATEWAYS: tuple[Gateway, ...] = (africastalking, safaricom, flares, infobip, hubtel)
"""Every gateway is one file; here is where it is named."""

Guard = Callable[[Collection[str]], Callable[[], None]]
_ENDED = "Ended"
_log = logging.getLogger(__name__)


def blueprint(line: Line, guard: Guard, any_code: bool) -> Blueprint:
    """Make the USSD addresses.

    Args:
        guard: turns away whoever comes without a live token, or with too much.
        any_code: take hops for any service code, as a demonstration does.
    """
    pages = Blueprint("ussd", __name__)
    line.callbacks.taken_by(_ENDED, lambda fields, _at: _record(line, fields))

    pages.before_request(guard({gateway.NAME for gateway in GATEWAYS}))
    for gateway in GATEWAYS:
        for address in gateway.ADDRESSES:
            pages.add_url_rule(
                f"/ussd/{gateway.NAME}/<token>{address.path}",
                endpoint=f"{gateway.NAME}{address.path.replace('/', '_')}",
                view_func=_View(line, gateway.NAME, address, any_code),
                methods=address.methods,
                defaults={"gateway": gateway.NAME},
            )
    return pages


class _View:
    """One address of one gateway."""

    def __init__(self, line: Line, gateway: str, address: Address, any_code: bool) -> None:
        self._line = line
        self._gateway = gateway
        self._address = address
        self._any_code = any_code

    def __call__(self, **_parts: str) -> Response:
        """Take the request in hand. HEAD is none: it would take a hop and show no page."""
        # Through the proxy, each of a dozen looks at it takes calls.
        asked: Request = request._get_current_object()  # type: ignore[attr-defined]
        if asked.method not in self._address.methods:
            raise MethodNotAllowed(valid_methods=self._address.methods)
        reply = self._reply(asked)
        return Answer(
            reply.body, 200, headers=dict(reply.headers), content_type=reply.content_type
        )

    def _reply(self, asked: Request) -> Reply:
        began = time.monotonic()
        try:
            came = self._address.read(asked)
            page = self._take(came)
            reply = self._address.write(page)
            if page:
                self._count(Outcome.END if page.ends else Outcome.PAGE, began)
        except HTTPException:
            raise
        except Unreadable:
            _log.warning("request not understood", extra={"gateway": self._gateway})
            reply = self._apology("not_understood")
            self._count(Outcome.NOT_UNDERSTOOD, began)
        except Exception:
            _log.exception("hop failed")
            reply = self._apology("trouble")
            self._count(Outcome.TROUBLE, began)
        return reply

    def _count(self, outcome: Outcome, began: float) -> None:
        self._line.meters.hop(self._gateway, outcome, time.monotonic() - began)

    def _apology(self, phrase: str) -> Reply:
        return self._address.write(self._line.apology(phrase))

    def _take(self, came: Dial | Ended | None) -> Page | None:
        """Take what was read: give the page to show, if any."""
        if isinstance(came, Ended):
            self._keep_end(came)
        return self._turn(came) if isinstance(came, Dial) else None

    def _turn(self, came: Dial) -> Page:
        dial = dialled(came, self._line.code) or (came if self._any_code else None)
        return turn(self._line, dial) if dial else self._line.apology("wrong_code")

    def _keep_end(self, end: Ended) -> None:
        """Keep the end of a session. It is best effort: gateways promise none."""
        name = self._line.sessions.session_hmac(self._gateway, end.session, end.phone)
        fields = {
            "name": name.hex(),
            "gateway": self._gateway,
            "network": end.network,
            "status": end.status,
            "hops": str(end.hops),
            "milliseconds": str(end.milliseconds),
            "cost": end.cost,
            "ended_at": end.ended_at.isoformat(),
        }
        try:
            _record(self._line, fields)
        except Unavailable:
            if not self._line.callbacks.keep(_ENDED, name.hex(), fields):
                _log.warning("end event not kept", extra={"gateway": self._gateway})
        except Exception:
            _log.exception("end event failed")


def _record(line: Line, fields: Fields) -> None:
    """Keep the end of a session, once.

    Raises:
        models.base.Unavailable: it was not kept.
    """
    given = {name: value or "" for name, value in fields.items()}
    with line.database.writing() as connection:
        record(
            connection,
            bytes.fromhex(given["name"]),
            given["gateway"],
            given["network"],
            given["status"],
            int(given["hops"]),
            int(given["milliseconds"]),
            given["cost"],
            datetime.fromisoformat(given["ended_at"]),
        )
