"""Kannel, a gateway of one's own: the only file that knows its field names.

Facts: Kannel 1.4.5 as Debian has it, run against these very requests, and its source
(gw/smsbox.c). Messages are POSTed to smsbox as plain text, with everything else in headers:
so neither a text nor the password stands in an address, which logs hold. Kannel calls us
with GET, in whose address it writes what its configuration asks for; docs/kannel.md has it.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

import requests

from menus.dial import Text
from models.outbox import Delivery
from sms import wire
from sms.gateway import Fate, Report, Submitted, Unreadable, name_of, phone_of

NAME = "kannel"
METHOD = "GET"

_REPORTS = 31
"""What is reported: delivered 1, failed 2, buffered 4, and the operator's yes 8 and no 16."""

_STATES = {
    "1": Delivery.DELIVERED,
    "2": Delivery.FAILED,
    "4": Delivery.SENT,
    "8": Delivery.SENT,
    "16": Delivery.FAILED,
    "32": Delivery.SENT,
}
_REFUSALS = (
    (400, "Number(s) has/have been denied", Fate.REFUSED, "denied by a list"),
    (400, "Charset or body misformed", Fate.REFUSED, "text not understood"),
    (403, "Authorization failed", Fate.PASSING, "authentication"),
    (403, "Not routable", Fate.PASSING, "not routable"),
    (503, "Temporal failure", Fate.PASSING, "busy"),
)
"""What smsbox says of a message that it did not take, and what that is to us. "Not routable"
is no connection for this phone now, though Kannel adds "Do not try again"; bearerbox has
dropped such a message, and one that found its queue full or it stopping, before it says so."""

_NOT_TAKEN = "NACK/no SMSC"
"""What a report says of a message that was answered with "Not routable": nothing new. It may
come before that answer, or while the same message is on its way again, and must not fail it."""

_EPOCH = re.compile(r"[0-9]{9,10}")
_STATE_WORD = re.compile(r"(?:^| )stat:([A-Z]{1,10})(?: |$)")
_NACK = re.compile(r"NACK/(?:[^/]{0,20}/)?([A-Za-z]+(?: [A-Za-z]+){0,6})")
_LONGEST_REASON = 60


def read(query: Mapping[str, str]) -> Text:
    """Read an incoming message: `id` from %I, `from` from %p, `text` from %a, `at` from %T.

    Raises:
        Unreadable: it is none, or comes from no phone.
    """
    message_id = query.get("id", "")
    if not message_id:
        raise Unreadable
    return Text(
        gateway=NAME,
        id=message_id,
        phone=phone_of(query.get("from", "")),
        body=query.get("text", ""),
        sent_at=_moment(query.get("at", "")),
    )


def read_report(query: Mapping[str, str]) -> Report:
    """Read a delivery report, for whose address we have written our name for the message.

    Raises:
        Unreadable: it names no message.
    """
    said = query.get("reason", "")
    state = None if said == _NOT_TAKEN else _STATES.get(query.get("status", ""))
    return Report(
        gateway=NAME,
        gateway_id=name_of(query.get("id", "")),
        state=state,
        reason=None if state in (Delivery.SENT, Delivery.DELIVERED) else _reason(said),
    )


def _moment(text: str) -> datetime | None:
    """Read seconds since 1970."""
    return datetime.fromtimestamp(int(text), UTC) if _EPOCH.fullmatch(text) else None


def _reason(text: str) -> str:
    """Give why a message failed, out of what the operator's own system says.

    That may be an SMPP receipt, which quotes the message: of that only its state is taken.
    """
    found = _STATE_WORD.search(text) or _NACK.fullmatch(text)
    return found[1][:_LONGEST_REASON] if found else "failed"


class Sender:
    """Sends one message at a time through smsbox.

    Args:
        url: the address of its sendsms service.
        sender_id: the short code or name that messages come from.
        reports_url: where Kannel brings reports to this line, its secret part included.
    """

    name = NAME
    names_by_us = True

    def __init__(
        self, url: str, username: str, password: str, sender_id: str, reports_url: str
    ) -> None:
        self._url = url
        self._reports_url = reports_url
        self._wire = wire.Wire()
        self._headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-Kannel-Username": username,
            "X-Kannel-Password": password,
            "X-Kannel-From": sender_id,
            "X-Kannel-Coding": "0",
            "X-Kannel-DLR-Mask": str(_REPORTS),
        }

    def send(self, reference: str, phone: str, body: str) -> Submitted:
        """Hand one message over, and say what became of it. Raises nothing."""
        headers = {
            **self._headers,
            "X-Kannel-To": phone,
            "X-Kannel-DLR-Url": f"{self._reports_url}?id={quote(reference, safe='')}"
            "&status=%d&reason=%A",
        }
        try:
            answer = self._post(headers, body, wire.TIMEOUT)
        except requests.exceptions.RequestException as error:
            return wire.without_answer(error)
        except ValueError:
            return Submitted(Fate.UNKNOWN, reason="no answer")
        return _read_answer(answer, reference)

    def answers(self) -> bool:
        """Say whether smsbox would take a message from us.

        It is asked to send one to nobody, which it refuses once it knows us, and passes on
        to nobody. That bearerbox hangs behind it does not show.
        """
        try:
            answer = self._post(self._headers, "", wire.PROBE_TIMEOUT)
        except (requests.exceptions.RequestException, ValueError):
            return False
        return answer.status_code == 400

    def _post(
        self, headers: Mapping[str, str], body: str, timeout: tuple[float, float]
    ) -> requests.Response:
        return self._wire.ask(
            "POST", self._url, headers=headers, data=body.encode(), timeout=timeout
        )


def _read_answer(answer: requests.Response, reference: str) -> Submitted:
    """Read an answer: 202 is what smsbox says once bearerbox has the message on its disk."""
    if answer.status_code == 202:
        return Submitted(Fate.ACCEPTED, reference)
    for status, beginning, fate, reason in _REFUSALS:
        if answer.status_code == status and answer.text.startswith(beginning):
            return Submitted(fate, reason=reason)
    return wire.refused_with(answer.status_code)
