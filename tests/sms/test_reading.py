"""What the SMS adapters make of a call, whatever it holds."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from menus.dial import Text
from models.outbox import Delivery
from sms import africastalking, kannel
from sms.gateway import LONGEST, OptOut, Report, Unreadable

T = TypeVar("T")
PHONE = re.compile(r"\+[0-9]{7,15}")
VALUES = st.text(max_size=40) | st.sampled_from(
    [
        *("+254711000111", "254711000111", " 254711000111", "1", "16", "Success", "Failed"),
        *(
            "2026-10-09 12:17:37",
            "2026-13-09 12:17:37",
            "9999999999",
            "٢٠٢٦",
            "AbsentSubscriber",
        ),
        *("id:1 stat:REJECTD err:9 text:ID 12345678", "NACK/18/Invalid sender", "NACK/no SMSC"),
    ]
)
NAMES = (
    *("id", "from", "text", "date", "at", "status", "reason", "failureReason", "phoneNumber"),
    *("to", "linkId", "networkCode"),
)
fields = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, VALUES))
both = pytest.mark.parametrize("gateway", [africastalking, kannel], ids=lambda one: one.NAME)
few = settings(max_examples=20)


def got(read: Callable[[dict[str, str]], T], given_: dict[str, str]) -> T | None:
    try:
        return read(given_)
    except Unreadable:
        return None


@both
@few
@given(given_=fields)
def test_any_fields_are_a_text_from_a_phone_or_cannot_be_read(
    gateway: object, given_: dict[str, str]
) -> None:
    text: Text | None = got(gateway.read, given_)  # type: ignore[attr-defined]

    assert text is None or (text.id and PHONE.fullmatch(text.phone))
    assert text is None or text.body == given_.get("text", "")
    assert text is None or text.sent_at is None or text.sent_at.utcoffset() == timedelta(0)


@both
@few
@given(given_=fields)
def test_any_fields_are_a_report_that_quotes_nothing_or_cannot_be_read(
    gateway: object, given_: dict[str, str]
) -> None:
    report: Report | None = got(gateway.read_report, given_)  # type: ignore[attr-defined]

    assert report is None or 0 < len(report.gateway_id) <= LONGEST
    assert report is None or report.gateway_id.isprintable()
    assert report is None or not re.search("[^A-Za-z _-]", report.reason or "")
    assert report is None or report.state in (None, *Delivery)
    assert report is None or report.phone == "" or PHONE.fullmatch(report.phone)


@few
@given(given_=fields)
def test_any_fields_are_an_opt_out_of_a_phone_or_cannot_be_read(given_: dict[str, str]) -> None:
    said: OptOut | None = got(africastalking.read_optout, given_)

    assert said is None or PHONE.fullmatch(said.phone)
