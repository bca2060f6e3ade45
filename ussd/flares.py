"""Comviva Flares, Airtel's USSD gateway: the only file that knows its field names.

Wire facts, of Flares 1.5's HTTP pull: GET with `MSISDN`, `SessionID` and `input`, which is
the last reply alone; on a session's first hop it is the code without `*` and `#` (`1919`,
or `1919*1*2`), and nothing tells that hop from a reply of the same digits. The answer is
plain text with the headers `Freeflow: FC` (goes on) or `FB` (ends), `charge` and `amount`;
phones show newlines before a page, so there are none. A call with `clean=clean-session`,
`msisdn`, `SessionID` and a number `error` says that a session is over (all from Vumi's
transport for Airtel). `userid` and `password` are not looked at: the token in the address
authenticates the gateway. `MSC` is a switch and no network.
"""

from flask import Request

from menus.dial import Dial
from menus.pages import Page
from ussd.gateway import Address, Ended, Reply, never_begins
from ussd.request import Fields, keys, number, one, phone, query, service_code, session

NAME = "flares"


def read(request: Request) -> Dial | Ended:
    """Read a hop, or the call that cleans a session up."""
    fields = query(request)
    return _read_end(fields) if "clean" in fields else _read_hop(fields)


def write(page: Page | None) -> Reply:
    """Write a page: whether the session goes on stands in the headers. It costs nothing."""
    if page is None:
        return Reply("")
    headers = {"Freeflow": "FB" if page.ends else "FC", "charge": "N", "amount": "0"}
    return Reply(page.text.lstrip("\n"), headers=headers)


def _read_hop(fields: Fields) -> Dial:
    """Read a hop. An input that a code may be is given as both: the dial, and a reply."""
    came = one(fields, "input")
    code = service_code(came)
    return Dial(
        gateway=NAME,
        session=session(one(fields, "SessionID")),
        phone=phone(one(fields, "MSISDN")),
        service_code=code,
        network="",
        inputs=() if code else keys(came),
        cumulative=False,
        opens=None if code else False,
        typed=keys(came) if code else (),
    )


def _read_end(fields: Fields) -> Ended:
    return Ended(
        session=session(one(fields, "SessionID")),
        phone=phone(one(fields, "msisdn")),
        status=str(number(fields.get("error"), 99_999)),
    )


ADDRESSES = (Address("", ("GET",), read, write, never_begins),)
