"""Safaricom's own USSD gateway: the only file that knows its field names.

Wire facts: `ORIG`, `DEST`, `SESSION_ID` and `USSD_PARAMS`, in the address or as a form;
`DEST` is the code without `*` and `#`; `USSD_PARAMS` holds all inputs since the dial, joined
by `*`, what was dialled behind the code among them (`*1919*7#` begins with `7`), so a dial
with an extension and a key look alike, as they should; the answer is plain text that begins
`CON ` or `END ` (Vumi's transport for Safaricom, which ran from 2012 to 2020). One dial may
come several times. It tells no end of a session and no network, being one.
"""

import re

from flask import Request
from werkzeug.datastructures import MultiDict

from menus.dial import Dial
from ussd.gateway import Address, con_or_end
from ussd.request import Fields, history, one, phone, query, service_code, session

NAME = "safaricom"
_NOTHING_TYPED = re.compile(rb"[?\n&]USSD_PARAMS=(?:[& ]|$)")


def read(request: Request) -> Dial:
    """Read a hop. `*` always separates; empty parameters are no input at all."""
    fields: Fields = MultiDict([*_pairs(query(request)), *_pairs(request.form)])
    return Dial(
        gateway=NAME,
        session=session(one(fields, "SESSION_ID")),
        phone=phone(one(fields, "ORIG")),
        service_code=service_code(one(fields, "DEST")),
        network="",
        inputs=history(one(fields, "USSD_PARAMS")),
    )


def begins(request: bytes) -> bool:
    """Say whether a hop is a dial without keys."""
    return _NOTHING_TYPED.search(request) is not None


def _pairs(fields: Fields) -> list[tuple[str, str]]:
    return list(fields.items(multi=True))


ADDRESSES = (Address("", ("GET", "POST"), read, con_or_end, begins),)
