"""Africa's Talking SMS: the only file that knows its field names.

Facts: help.africastalking.com 742510 (an incoming message is repeated until 200), the SMS
pages of developers.africastalking.com, and the SDK's own code (africastalking 2.0.3). The
SDK writes every request; its answers are kept here with their status, which it drops.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import requests
from africastalking.Application import ApplicationService
from africastalking.SMS import SMSService

from menus.dial import Text
from models.outbox import Delivery
from sms import wire
from sms.gateway import (
    Fate,
    OptOut,
    Report,
    Submitted,
    Unreadable,
    kept,
    name_of,
    phone_in,
    phone_of,
    plain_name,
)

NAME = "africastalking"
METHOD = "POST"

_DATE = re.compile(
    r"20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z?"
)
_BALANCE = re.compile(r"[A-Z]{3} -?[0-9,]{1,15}(\.[0-9]{1,6})?")
_ACCEPTED = {100, 101, 102}
_PASSING = {402, 405, 500, 501, 502}
"""Refusals that may pass: a sender not yet approved, no credit, a fault on their side."""

_REFUSED = {401, 403, 404, 406, 407, 409}
_OWN_FAULTS = {
    "riskhold",
    "invalidphonenumber",
    "unsupportednumbertype",
    "userinblacklist",
    "couldnotroute",
    "donotdisturbrejection",
}
"""What the same codes are called, where they refuse the whole request. Our inference: a
request is one message, and only InvalidSenderId was seen so."""

_NO_REFUSALS = {"success", "sent", "queued", "processed"}
_STATES = {
    "sent": Delivery.SENT,
    "submitted": Delivery.SENT,
    "buffered": Delivery.SENT,
    "success": Delivery.DELIVERED,
    "failed": Delivery.FAILED,
    "rejected": Delivery.FAILED,
    "expired": Delivery.FAILED,
    "absentsubscriber": Delivery.FAILED,
}
_ABSENT = "AbsentSubscriber"
_SPELLINGS = {
    one.lower(): one
    for one in (
        _ABSENT,
        "InsufficientCredit",
        "InvalidLinkId",
        "UserIsInactive",
        "UserInBlacklist",
        "UserAccountSuspended",
        "NotNetworkSubscriber",
        "UserNotSubscribedToProduct",
        "UserDoesNotExist",
        "DeliveryFailure",
        "DoNotDisturbRejection",
    )
} | {"notnetworksubcriber": "NotNetworkSubscriber"}
"""Reasons as we keep them: reports and the send API write some of them differently, and the
documentation writes one without its s."""


def read(form: Mapping[str, str]) -> Text:
    """Read an incoming message.

    Raises:
        Unreadable: it is none, or comes from no phone.
    """
    message_id = form.get("id", "")
    if not message_id:
        raise Unreadable
    return Text(
        gateway=NAME,
        id=message_id,
        phone=phone_of(form.get("from", "")),
        body=form.get("text", ""),
        sent_at=_moment(form.get("date", "")),
    )


def read_report(form: Mapping[str, str]) -> Report:
    """Read a delivery report.

    Returns:
        A status that is not known has no state, and itself as the reason.

    Raises:
        Unreadable: it names no message.
    """
    status = plain_name(form.get("status", ""))
    state = _STATES.get((status or "").lower())
    reason = _reason(form.get("failureReason", ""))
    absent = _reason(status) == _ABSENT or (
        reason == _ABSENT and state in (Delivery.FAILED, None)
    )
    if absent:
        state, reason = Delivery.FAILED, _ABSENT
    return Report(
        gateway=NAME,
        gateway_id=name_of(form.get("id", "")),
        state=state,
        phone=phone_in(form.get("phoneNumber", "")),
        reason=(reason or _reason(status)) if state is Delivery.FAILED else _new(status, state),
        is_absent=absent,
    )


def read_optout(form: Mapping[str, str]) -> OptOut:
    """Read who wants no texts unasked any more.

    Raises:
        Unreadable: it names no phone.
    """
    return OptOut(phone_of(form.get("phoneNumber", "")))


def _moment(text: str) -> datetime | None:
    """Read a moment in UTC, in either of the forms that were seen; None where it is none."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def _reason(text: str | None) -> str | None:
    """Give a reason's name as we write it, and nothing that may quote a number or a text."""
    name = plain_name(text)
    return _SPELLINGS.get(name.lower(), name) if name else None


def _new(status: str | None, state: Delivery | None) -> str | None:
    return status if state is None else None


class _Messages(SMSService):  # type: ignore[misc] # the SDK is untyped
    """The SDK's messages, whose answers keep their status."""

    def __init__(self, username: str, api_key: str, base_url: str) -> None:
        super().__init__(username, api_key)
        self._baseUrl = self._contentUrl = base_url.rstrip("/")
        self._wire = wire.Wire()

    def _make_request(
        self,
        url: str,
        method: str,
        headers: Mapping[str, str],
        data: object,
        params: object,
        callback: object = None,
        timeout: tuple[float, float] = wire.TIMEOUT,
    ) -> requests.Response:
        return self._wire.ask(
            method, url, headers=headers, data=data, params=params, timeout=timeout
        )


class _Account(_Messages, ApplicationService):  # type: ignore[misc] # the SDK is untyped
    """The SDK's account data, likewise."""


class Sender:
    """Sends one message at a time through the SDK.

    Args:
        base_url: ends in `/version1`.
        sender_id: the short code or name that messages come from.
    """

    name = NAME
    names_by_us = False

    def __init__(self, username: str, api_key: str, base_url: str, sender_id: str) -> None:
        self._service = _Account(username, api_key, base_url)
        self._sender_id = sender_id

    def send(self, reference: str, phone: str, body: str) -> Submitted:
        """Hand one message over, and say what became of it. Raises nothing."""
        if not phone or phone_in(phone) != phone:
            return Submitted(Fate.REFUSED, reason="InvalidPhoneNumber")
        try:
            answer = self._service.send(
                body, [phone], sender_id=self._sender_id, timeout=wire.TIMEOUT
            )
        except requests.exceptions.RequestException as error:
            return wire.without_answer(error)
        except ValueError:
            return Submitted(Fate.UNKNOWN, reason="no answer")
        return _read_answer(answer, phone)

    def answers(self) -> bool:
        """Say whether the account's data are to be had, sending nothing.

        A refused account is none to send with; any other answer below 500 will do.
        """
        try:
            answer = self._service.fetch_application_data(timeout=wire.PROBE_TIMEOUT)
        except (requests.exceptions.RequestException, ValueError):
            return False
        status: int = answer.status_code
        return status < 500 and status != 401

    def balance(self) -> str | None:
        """Give what the account has left, as `KES 1785.50`; None where it is not told."""
        try:
            answer = self._service.fetch_application_data(timeout=wire.PROBE_TIMEOUT)
            told = str(json.loads(answer.content)["UserData"]["balance"])
        except (requests.exceptions.RequestException, ValueError, KeyError, TypeError):
            return None
        return told if _BALANCE.fullmatch(told) else None


def _read_answer(answer: requests.Response, phone: str) -> Submitted:
    """Read an answer by its body, and by its status where the body is no answer of theirs.

    The answer for one who wants no texts comes with 409; of others none is known.
    """
    said = _read_body(answer.content, phone)
    if said.fate is Fate.UNKNOWN and not 200 <= answer.status_code < 300:
        return wire.refused_with(answer.status_code)
    return said


def _read_body(body: bytes, phone: str) -> Submitted:
    try:
        data = json.loads(body)["SMSMessageData"]
        recipients = data["Recipients"]
        mine = [one for one in recipients if str(one.get("number", "")) == phone]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Submitted(Fate.UNKNOWN, reason="answer not understood")
    message = plain_name(data.get("Message"))
    if recipients == [] and message and message.lower() not in _NO_REFUSALS:
        return _refused_whole(message)
    if not mine:
        return Submitted(Fate.UNKNOWN, reason="answer names another phone")
    return _read_recipient(mine[0])


def _refused_whole(message: str) -> Submitted:
    """Read the name that refused a whole request, though it looks like success."""
    own = message.lower() in _OWN_FAULTS
    return Submitted(Fate.REFUSED if own else Fate.PASSING, reason=message)


def _read_recipient(one: Mapping[str, Any]) -> Submitted:
    code = one.get("statusCode")
    if type(code) is not int:
        return Submitted(Fate.UNKNOWN, reason="answer not understood")
    if code in _ACCEPTED:
        return Submitted(Fate.ACCEPTED, _message_id(one), kept(one.get("cost")))
    reason = plain_name(one.get("status")) or "refused"
    if code in _PASSING:
        return Submitted(Fate.PASSING, reason=reason)
    return Submitted(Fate.REFUSED if code in _REFUSED else Fate.UNKNOWN, reason=reason)


def _message_id(one: Mapping[str, Any]) -> str | None:
    """Give their name for a message; "None" is what they write where there is none."""
    message_id = kept(one.get("messageId"))
    return None if message_id == "None" else message_id
