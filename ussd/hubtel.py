"""Hubtel's USSD gateway: the only file that knows its field names.

Wire facts: a POST of JSON with `Mobile`, `SessionId`, `ServiceCode`, `Type`, `Message`,
`Operator` and `Sequence`. `Type` is Initiation, Response, Release or Timeout, in large or
small letters. `Message` is the last reply alone, and at Initiation what was dialled.
`ServiceCode` is the code without `*` and `#` or, in newer versions, a name of Hubtel's own.
The answer is JSON: `Type` Response (goes on) or Release (ends), and `Message` (Hubtel's
documentation of its Programmable Services and of the USSD API before them).
"""

import json
import re

from flask import Request

from menus.dial import Dial
from menus.pages import Page
from ussd.gateway import Address, Ended, Reply, Unreadable
from ussd.request import (
    Fields,
    json_object,
    keys,
    maybe,
    number,
    one,
    opening,
    phone,
    service_code,
    session,
    word,
)

NAME = "hubtel"
_INITIATION = re.compile(rb'"Type"\s*:\s*"(?i:initiation)"')
_ENDS = {"release": "Release", "timeout": "Timeout"}


def read(request: Request) -> Dial | Ended:
    """Read a hop, or the end of a session."""
    body = json_object(request)
    kind = one(body, "Type").lower()
    if kind in _ENDS:
        return _read_end(body, _ENDS[kind])
    if kind == "initiation":
        code, inputs = opening(maybe(body, "ServiceCode"), maybe(body, "Message"))
        return _dial(body, code, inputs, opens=True)
    if kind == "response":
        code = service_code(maybe(body, "ServiceCode"))
        return _dial(body, code, keys(one(body, "Message")), opens=False)
    raise Unreadable


def begins(request: bytes) -> bool:
    """Say whether a hop opens a session."""
    return _INITIATION.search(request) is not None


def write(page: Page | None) -> Reply:
    """Write a page; nothing to show ends the session."""
    kind = "Response" if page and not page.ends else "Release"
    body = {"Type": kind, "Message": page.text if page else ""}
    return Reply(json.dumps(body, separators=(",", ":")), "application/json")


def _dial(body: Fields, code: str, inputs: tuple[str, ...], opens: bool) -> Dial:
    return Dial(
        gateway=NAME,
        session=session(one(body, "SessionId")),
        phone=phone(one(body, "Mobile")),
        service_code=code,
        network=maybe(body, "Operator"),
        inputs=inputs,
        cumulative=False,
        opens=opens,
    )


def _read_end(body: Fields, status: str) -> Ended:
    return Ended(
        session=session(one(body, "SessionId")),
        phone=phone(one(body, "Mobile")),
        network=word(maybe(body, "Operator")),
        status=status,
        hops=number(body.get("Sequence"), 32_000),
    )


ADDRESSES = (Address("", ("POST",), read, write, begins),)
