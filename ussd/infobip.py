"""Infobip's USSD gateway: the only file that knows its field names.

Wire facts: JSON; the session's name and what happens to it stand in the address. `start` and
`response` are POSTed with `msisdn`, `text` and perhaps `shortCode`; `text` is the last reply
alone, and at `start` it may be the code, which `shortCode` may be as well. Both want
`shouldClose` and `ussdMenu` back. `end` is PUT with a number `exitCode` and no phone. `status`
asks whether a session is alive (Infobip's "Third-party Application HTTP/REST/JSON Web Service
API" of about 2012, as Vumi's transport quotes it: ask for the current one).
"""

import json
import re

from flask import Request

from menus.dial import Dial
from menus.pages import Page
from ussd.gateway import Address, Ended, Reply, never_begins
from ussd.request import Fields, json_object, keys, maybe, one, opening, phone, session
from ussd.request import service_code as code_of

NAME = "infobip"
_DONE = {"responseExitCode": 200, "responseMessage": ""}


def read_start(request: Request) -> Dial:
    """Read the hop that begins a session."""
    body = json_object(request)
    code, inputs = opening(maybe(body, "shortCode"), one(body, "text"))
    return _dial(request, body, code, inputs, opens=True)


def read_response(request: Request) -> Dial:
    """Read a reply."""
    body = json_object(request)
    code = code_of(maybe(body, "shortCode"))
    return _dial(request, body, code, keys(one(body, "text")), opens=False)


def read_end(request: Request) -> Ended:
    """Read the end of a session, whose reason may be any text and is left out."""
    exit_code = json_object(request).get("exitCode")
    known = isinstance(exit_code, int | str) and re.fullmatch("-?[0-9]{1,9}", str(exit_code))
    return Ended(_session(request), phone="", status=known[0] if known else "")


def read_status(request: Request) -> None:
    """Read a question that names a session alone: there is nothing to look up by that."""
    _session(request)


def begins(_request: bytes) -> bool:
    """Say that what comes to the address of sessions' starts begins one."""
    return True


def write(page: Page | None) -> Reply:
    """Write a page."""
    return _written(page, closes=page is not None and page.ends)


def write_first(page: Page | None) -> Reply:
    """Write a session's first page, which Infobip always sends as a menu: it closes none."""
    return _written(page, closes=False)


def write_end(_page: Page | None) -> Reply:
    """Write that an end was taken note of: nobody is there to be shown a page."""
    return _reply(_DONE)


def write_status(_page: Page | None) -> Reply:
    """Write that a session is alive: the line goes on with any, its own or a lost one."""
    return _reply({"sessionActive": True, **_DONE})


def _dial(
    request: Request, body: Fields, code: str, inputs: tuple[str, ...], opens: bool
) -> Dial:
    return Dial(
        gateway=NAME,
        session=_session(request),
        phone=phone(one(body, "msisdn")),
        service_code=code,
        network="",
        inputs=inputs,
        cumulative=False,
        opens=opens,
    )


def _session(request: Request) -> str:
    return session((request.view_args or {}).get("session", ""))


def _written(page: Page | None, closes: bool) -> Reply:
    return _reply(
        {
            "shouldClose": closes,
            "responseExitCode": 200,
            "ussdMenu": page.text if page else "",
            "responseMessage": "",
        }
    )


def _reply(body: dict[str, object]) -> Reply:
    return Reply(json.dumps(body, separators=(",", ":")), "application/json")


ADDRESSES = (
    Address("/session/<session>/start", ("POST",), read_start, write_first, begins),
    Address("/session/<session>/response", ("POST",), read_response, write, never_begins),
    Address("/session/<session>/end", ("PUT",), read_end, write_end),
    Address("/session/<session>/status", ("GET", "POST"), read_status, write_status),
)
