"""Africa's Talking USSD: the only file that knows its field names.

Wire facts: form-encoded POST; `text` holds all inputs since the dial, joined by `*`; the
answer is plain text that begins `CON ` or `END ` (docs.africastalking.com/ussd). The end of
a session is told at an address of its own.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Request

from menus.dial import Dial
from ussd.gateway import Address, Ended, con_or_end
from ussd.request import form, history, number, one, phone, session, word

NAME = "africastalking"
_NOTHING_TYPED = re.compile(rb"[\n&]text=(?:&|$)")


def read(request: Request) -> Dial:
    """Read a hop. `*` always separates; an empty text is no input at all."""
    fields = form(request)
    return Dial(
        gateway=NAME,
        session=session(one(fields, "sessionId")),
        phone=phone(one(fields, "phoneNumber")),
        service_code=one(fields, "serviceCode"),
        network=one(fields, "networkCode"),
        inputs=history(one(fields, "text")),
    )


def read_end(request: Request) -> Ended:
    """Read an end-of-session event, without what was typed and shown."""
    fields = form(request)
    return Ended(
        session=session(one(fields, "sessionId")),
        phone=phone(one(fields, "phoneNumber")),
        network=word(fields.get("networkCode", "")),
        status=word(fields.get("status", "")),
        hops=number(fields.get("hopsCount", "0"), 32_000),
        milliseconds=number(fields.get("durationInMillis", "0"), 2_000_000_000),
        cost=word(fields.get("cost", "")),
        ended_at=_moment(fields.get("date", "")),
    )


def _moment(text: str) -> datetime:
    """Read a moment that has been; now where it is none."""
    now = datetime.now(UTC)
    for read_as in _MOMENTS if text.isascii() else ():
        try:
            return min(read_as(text), now)
        except ValueError:
            continue
    return now


def _utc(pattern: str) -> Callable[[str], datetime]:
    return lambda text: datetime.strptime(text, pattern).replace(tzinfo=UTC)


_MOMENTS = (_utc("%Y-%m-%d %H:%M:%S"), _utc("%Y-%m-%dT%H:%M:%SZ"))


def begins(request: bytes) -> bool:
    """Say whether a hop is a dial without keys."""
    return _NOTHING_TYPED.search(request) is not None


ADDRESSES = (
    Address("", ("POST",), read, con_or_end, begins),
    Address("/events", ("POST",), read_end, con_or_end),
)
