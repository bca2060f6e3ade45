"""The gateways' way in: read, turn, write. Whatever breaks, a valid page goes back."""

import logging
from collections.abc import Callable, Collection

from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import HTTPException

from menus.dial import Dial, dialled
from menus.line import Line
from menus.pages import Page
from menus.turn import turn
from models.base import Unavailable
from models.finished import record
from ussd import africastalking, flares, hubtel, infobip, safaricom
from ussd.gateway import Address, Ended, Gateway, Reply, Unreadable

GATEWAYS: tuple[Gateway, ...] = (africastalking, safaricom, flares, infobip, hubtel)
"""Every gateway is one file; here is where it is named."""

Guard = Callable[[Collection[str]], Callable[[], None]]
_log = logging.getLogger(__name__)


def blueprint(line: Line, guard: Guard, any_code: bool) -> Blueprint:
    """Make the USSD addresses.

    Args:
        guard: turns away whoever comes without a live token, or with too much.
        any_code: take hops for any service code, as a demonstration does.
    """
    pages = Blueprint("ussd", __name__)

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
        if request.method not in self._address.methods:
            abort(405)
        reply = self._reply()
        return Response(
            reply.body, 200, headers=dict(reply.headers), content_type=reply.content_type
        )

    def _reply(self) -> Reply:
        try:
            came = self._address.read(request)
            return self._address.write(self._take(came))
        except HTTPException:
            raise
        except Unreadable:
            _log.warning("request not understood", extra={"gateway": self._gateway})
            return self._apology("not_understood")
        except Exception:
            _log.exception("hop failed")
            return self._apology("trouble")

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
        try:
            with self._line.database.writing() as connection:
                record(
                    connection,
                    name,
                    self._gateway,
                    end.network,
                    end.status,
                    end.hops,
                    end.milliseconds,
                    end.cost,
                    end.ended_at,
                )
        except Unavailable:
            _log.warning("end event not kept", extra={"gateway": self._gateway})
        except Exception:
            _log.exception("end event failed")
