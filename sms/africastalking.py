"""Africa's Talking SMS: the only file that knows its field names, and the only HTTP client.

Facts: help.africastalking.com 742510 (an incoming message is repeated until 200), the SMS
pages of developers.africastalking.com, and the SDK's own code (africastalking 2.0.3).
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import requests
from africastalking.Service import AfricasTalkingException
from africastalking.SMS import SMSService
from werkzeug.datastructures import MultiDict

from menus.dial import Text
from sms.gateway import LONGEST, Fate, Submitted, Unreadable

NAME = "africastalking"
TIMEOUT = (3.05, 9.05)
"""Seconds to connect and to be answered: the SDK's own, passed so that they stay."""

_PHONE = re.compile(r"\+[0-9]{7,15}")
_ACCEPTED = {100, 101, 102}
_PASSING = {402, 405, 500, 501, 502}
"""Refusals that may pass: a sender not yet approved, no credit, a fault on their side."""

_REFUSED = {401, 403, 404, 406, 407, 409}
_BAD_KEY = "The supplied authentication is invalid"
_NAME = re.compile(r"[A-Za-z]{1,40}")


def read(form: MultiDict[str, str]) -> Text:
    """Read an incoming message.

    Raises:
        Unreadable: it is none, or comes from no phone.
    """
    phone = form.get("from", "").strip()
    phone = phone if phone.startswith("+") else f"+{phone}"
    message_id = form.get("id", "")
    if not _PHONE.fullmatch(phone) or not message_id:
        raise Unreadable
    return Text(gateway=NAME, id=message_id, phone=phone, body=form.get("text", ""))


class Sender:
    """Sends one message at a time through the SDK.

    Args:
        base_url: ends in `/version1`.
        sender_id: the short code or name that messages come from.
    """

    def __init__(self, username: str, api_key: str, base_url: str, sender_id: str) -> None:
        self._service = SMSService(username, api_key)
        self._service._baseUrl = self._service._contentUrl = base_url.rstrip("/")
        self._sender_id = sender_id

    def send(self, phone: str, body: str) -> Submitted:
        """Hand one message over, and say what became of it. Raises nothing."""
        try:
            answer = self._service.send(
                body, [phone], sender_id=self._sender_id, timeout=TIMEOUT
            )
        except requests.exceptions.ConnectTimeout:
            return Submitted(Fate.PASSING, reason="no connection")
        except requests.exceptions.ConnectionError as error:
            return _broken(error)
        except AfricasTalkingException as error:
            return _refused_with(str(error))
        except (requests.exceptions.RequestException, ValueError, RecursionError):
            return Submitted(Fate.UNKNOWN, reason="no answer")
        return _read_answer(answer, phone)


def _broken(error: requests.exceptions.ConnectionError) -> Submitted:
    """Tell a connection that was never made from one that broke with the message on it."""
    if "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error):
        return Submitted(Fate.PASSING, reason="no connection")
    return Submitted(Fate.UNKNOWN, reason="connection broke")


def _refused_with(text: str) -> Submitted:
    """Read an answer that is no 2xx; the SDK gives its text and drops its status.

    Only an authentication that is refused is sure to have sent nothing.
    """
    if text.strip() == _BAD_KEY:
        return Submitted(Fate.PASSING, reason="authentication")
    return Submitted(Fate.UNKNOWN, reason="HTTP error")


def _read_answer(answer: Any, phone: str) -> Submitted:
    """Read a 2xx. The SDK gives text where the content type bears a charset."""
    try:
        data = (json.loads(answer) if isinstance(answer, str) else answer)["SMSMessageData"]
        recipients = data["Recipients"]
        mine = [one for one in recipients if str(one.get("number", "")) == phone]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Submitted(Fate.UNKNOWN, reason="answer not understood")
    message = data.get("Message")
    if recipients == [] and isinstance(message, str) and _NAME.fullmatch(message):
        # The whole request was refused by a name, though it looks like success.
        return Submitted(Fate.PASSING, reason=message)
    if not mine:
        return Submitted(Fate.UNKNOWN, reason="answer names another phone")
    return _read_recipient(mine[0])


def _read_recipient(one: Mapping[str, Any]) -> Submitted:
    code = one.get("statusCode")
    if type(code) is not int:
        return Submitted(Fate.UNKNOWN, reason="answer not understood")
    if code in _ACCEPTED:
        return Submitted(Fate.ACCEPTED, _text(one.get("messageId")), _text(one.get("cost")))
    reason = _word(one.get("status"))
    if code in _PASSING:
        return Submitted(Fate.PASSING, reason=reason)
    return Submitted(Fate.REFUSED if code in _REFUSED else Fate.UNKNOWN, reason=reason)


def _text(value: object) -> str | None:
    return value[:LONGEST] if isinstance(value, str) else None


def _word(text: object) -> str:
    """Keep a reason's name, and nothing that may quote a number or a text."""
    return text if isinstance(text, str) and _NAME.fullmatch(text) else "refused"
