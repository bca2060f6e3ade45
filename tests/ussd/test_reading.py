"""What every gateway's adapter makes of a call: a hop, an end or nothing, whatever it holds."""

import json
import re
from typing import Any

import pytest
from flask import Request
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.test import EnvironBuilder

from menus.dial import Dial, dialled
from tests.gateways import FORM
from ussd import africastalking, flares, hubtel, infobip, request, safaricom
from ussd.gateway import Address, Ended, Gateway, Unreadable
from ussd.webhook import GATEWAYS

PHONE = re.compile(r"\+[0-9]{7,15}")
NAMES = [
    *("phoneNumber", "serviceCode", "text", "sessionId", "networkCode", "status", "date"),
    *("hopsCount", "durationInMillis", "cost", "ORIG", "DEST", "SESSION_ID", "USSD_PARAMS"),
    *("MSISDN", "msisdn", "SessionID", "input", "clean", "error", "shortCode", "exitCode"),
    *("Mobile", "SessionId", "ServiceCode", "Type", "Message", "Operator", "Sequence"),
]
LIKELY = st.sampled_from(
    [
        *("+254711000111", "254711000111", " 254711000111", "*1919#", "1919", "*1919*1#"),
        *("1*1*12345678", "", "Initiation", "response", "Timeout", "7", "2026-10-09 12:17:37"),
        *("9999-12-31 23:59:59", "٢٠٢٦-10-09 12:17:37", "1\x002", "\ud800", "²", "-0", "1e9"),
    ]
)
VALUES = LIKELY | st.text(max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(VALUES, inner, max_size=3),
    max_leaves=4,
)
whole = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, VALUES))
every_gateway = pytest.mark.parametrize("gateway", GATEWAYS, ids=lambda one: one.NAME)
few = settings(max_examples=20)


def came(method: str, fields: dict[str, str] | None = None, body: Any = None) -> Request:
    """Give a call with fields in its address and as a form, or with a body of JSON."""
    encoded = {
        name: value.encode(errors="replace").decode() for name, value in (fields or {}).items()
    }
    data: Any = {"data": encoded, "content_type": FORM}
    if body is not None:
        data = {"data": json.dumps(body), "content_type": "application/json"}
    elif method == "GET":
        data = {"query_string": encoded}
    made = Request(EnvironBuilder(method=method, **data).get_environ())
    made.view_args = {"session": encoded.get("sessionId", "9f3")}
    return made


def read(address: Address, call: Request) -> Dial | Ended | None:
    """Read a call as the webhook does; nothing where it cannot be read."""
    try:
        return address.read(call)
    except Unreadable:
        return None


def faults(said: Dial | Ended | None) -> list[str]:
    """Name what is wrong with what was read."""
    if said is None:
        return []
    found = [] if 0 < len(said.session) <= request.LONGEST_SESSION else ["session"]
    if not PHONE.fullmatch(said.phone) and (said.phone or isinstance(said, Dial)):
        found.append("phone")
    if isinstance(said, Dial):
        found += ["a star in an input"] if any("*" in one for one in said.inputs) else []
        return found
    kept = said.network + said.status + said.cost
    found += [] if kept.isprintable() else ["what no database keeps"]
    found += [] if 0 <= said.hops <= 32_000 else ["hops"]
    return found + ([] if 0 <= said.milliseconds <= 2_000_000_000 else ["milliseconds"])


@every_gateway
@few
@given(fields=whole, method=st.sampled_from(["GET", "POST"]))
def test_any_fields_are_a_hop_or_an_end_or_cannot_be_read(
    gateway: Gateway, fields: dict[str, str], method: str
) -> None:
    for address in gateway.ADDRESSES:
        assert faults(read(address, came(method, fields))) == []


@pytest.mark.parametrize("gateway", [infobip, hubtel], ids=lambda one: one.NAME)
@few
@given(body=st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON)) | JSON)
def test_any_json_is_a_hop_or_an_end_or_cannot_be_read(gateway: Gateway, body: Any) -> None:
    for address in gateway.ADDRESSES:
        assert faults(read(address, came("POST", body=body))) == []


def test_an_exit_code_within_hundreds_of_others_is_none() -> None:
    deep = '{"exitCode":' * 320 + "1" + "}" * 320
    call = Request(EnvironBuilder(method="PUT", data=deep).get_environ())
    call.view_args = {"session": "9f3"}

    assert infobip.read_end(call).status == ""


def test_what_an_end_says_is_kept_without_signs_that_no_database_keeps() -> None:
    fields = {"sessionId": "s", "phoneNumber": "254711000111", "cost": "KES 1\x00\n"}
    end = africastalking.read_end(came("POST", {**fields, "status": "Suc\0cess"}))

    assert (end.status, end.cost) == ("Success", "KES 1")


@pytest.mark.parametrize("date", ["9999-12-31 23:59:59", "٢٠٢٦-١٠-٠٩ ١٢:١٧:٣٧", "", "soon"])
def test_a_session_ends_at_a_moment_that_has_been(date: str) -> None:
    fields = {"sessionId": "s", "phoneNumber": "254711000111", "date": date}
    end = africastalking.read_end(came("POST", fields))

    assert end.ended_at.year < 9999
    assert end.ended_at.utcoffset() is not None


@few
@given(code=st.text(max_size=12) | st.from_regex(r"[*#]*1919[*#0-9]*", fullmatch=True))
@example("**1919##")
def test_a_code_is_written_as_it_is_dialled_or_is_none(code: str) -> None:
    written = request.service_code(code)

    assert written == "" or re.fullmatch(r"\*[0-9][0-9*#]*#", written)
    assert written == "" or request.service_code(written) == written


@few
@given(value=JSON, most=st.integers(0, 10**9))
def test_a_count_is_never_beyond_its_most(value: Any, most: int) -> None:
    assert 0 <= request.number(value, most) <= most


@few
@given(text=st.text(max_size=40) | st.sampled_from(["+254711000111", "254711000111"]))
def test_a_phone_is_digits_from_0_to_9_or_none(text: str) -> None:
    fields = MultiDict([("phone", text)])
    try:
        phone = request.phone(request.one(fields, "phone"))
    except Unreadable:
        return

    assert PHONE.fullmatch(phone)


@few
@given(code=VALUES, text=VALUES)
def test_a_dial_is_for_a_code_and_with_inputs_whatever_opens_it(code: str, text: str) -> None:
    ours, inputs = request.opening(code, text)
    dial = Dial("g", "s", "+254711000111", ours, "", inputs, cumulative=False, opens=True)

    assert all("*" not in one for one in inputs)
    assert (taken := dialled(dial, "*1919#")) is None or taken.service_code == "*1919#"


@few
@given(fields=whole)
def test_a_hop_read_twice_is_the_same_hop(fields: dict[str, str]) -> None:
    for gateway, method in ((flares, "GET"), (safaricom, "POST"), (africastalking, "POST")):
        address = gateway.ADDRESSES[0]
        once = read(address, came(method, fields))
        if isinstance(once, Dial):
            assert read(address, came(method, fields)) == once
