"""Africa's Talking USSD: the only file that knows its field names.

Wire facts: form-encoded POST; `text` holds all inputs since the dial, joined by `*`; the
answer is plain text that begins `CON ` or `END ` (docs.africastalking.com/ussd).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from werkzeug.datastructures import MultiDict

from menus.dial import Dial
from menus.pages import Page

NAME = "africastalking"
CUMULATIVE = True
_PHONE = re.compile(r"\+[0-9]{7,15}")
_SESSION = 100
_FIELDS = ("sessionId", "phoneNumber", "networkCode", "serviceCode", "text")

Form = MultiDict[str, str]


class Unreadable(ValueError):
    """A request that is no hop: a field missing, twice, or not of its form."""


@dataclass(frozen=True)
class Ended:
    """The gateway's word that a session is over."""

    session: str
    phone: str
    network: str
    status: str
    hops: int
    milliseconds: int
    cost: str
    ended_at: datetime


def read(form: Form) -> Dial:
    """Read a hop. `*` always separates; an empty text is no input at all.

    Raises:
        Unreadable: it is none.
    """
    text = _one(form, "text")
    return Dial(
        gateway=NAME,
        session=_session(form),
        phone=_phone(form),
        service_code=_one(form, "serviceCode"),
        network=_one(form, "networkCode"),
        inputs=tuple(text.split("*")) if text else (),
        cumulative=CUMULATIVE,
    )


def write(page: Page) -> str:
    """Write a page as the body of an answer, sent with status 200: others end the session."""
    return f"{'END' if page.ends else 'CON'} {page.text}"


def read_end(form: Form) -> Ended:
    """Read an end-of-session event, without what was typed and shown.

    Raises:
        Unreadable: it is none.
    """
    return Ended(
        session=_session(form),
        phone=_phone(form),
        network=form.get("networkCode", ""),
        status=form.get("status", ""),
        hops=_count(form.get("hopsCount", "0"), 32_000),
        milliseconds=_count(form.get("durationInMillis", "0"), 2_000_000_000),
        cost=form.get("cost", ""),
        ended_at=_moment(form.get("date", "")),
    )


def _session(form: Form) -> str:
    session = _one(form, "sessionId")
    if not 0 < len(session) <= _SESSION:
        raise Unreadable
    return session


def _phone(form: Form) -> str:
    """Read the caller's number. A `+` that was not encoded arrives as a blank."""
    phone = _one(form, "phoneNumber").strip()
    phone = phone if phone.startswith("+") else f"+{phone}"
    if not _PHONE.fullmatch(phone):
        raise Unreadable
    return phone


def _one(form: Form, name: str) -> str:
    values = form.getlist(name)
    if len(values) != 1:
        raise Unreadable
    return values[0]


def _count(text: str, most: int) -> int:
    return min(int(text), most) if re.fullmatch(r"[0-9]{1,12}", text) else 0


def _moment(text: str) -> datetime:
    for form in _MOMENTS:
        try:
            return form(text)
        except ValueError:
            continue
    return datetime.now(UTC)


def _utc(pattern: str) -> Callable[[str], datetime]:
    return lambda text: datetime.strptime(text, pattern).replace(tzinfo=UTC)


_MOMENTS = (_utc("%Y-%m-%d %H:%M:%S"), _utc("%Y-%m-%dT%H:%M:%SZ"))
