"""Hubtel's wire format, byte by byte."""

import json

import pytest

from menus.dial import Dial, dialled
from menus.pages import Page
from tests.gateways import payload, taken
from ussd import hubtel
from ussd.gateway import Ended, Unreadable


def read(name: str, **changes: object) -> Dial | Ended | None:
    body = {**json.loads(payload(name)), **changes}
    return taken(hubtel, "POST", body=json.dumps(body).encode())


def test_the_documented_initiation_begins_a_session() -> None:
    assert taken(hubtel, "POST", body=payload("doc_hubtel_initiation.json")) == Dial(
        gateway="hubtel",
        session="3c79",
        phone="+233000000000",
        service_code="*714#",
        network="mtn",
        inputs=(),
        cumulative=False,
        opens=True,
    )


def test_a_service_code_that_is_a_name_is_taken_as_ours() -> None:
    came = taken(hubtel, "POST", body=payload("doc_hubtel_initiation_app.json"))

    assert isinstance(came, Dial)
    assert (came.service_code, came.inputs, came.opens) == ("", (), True)
    dial = dialled(came, "*1919#")
    assert dial is not None
    assert dial.service_code == "*1919#"


def test_what_was_dialled_behind_the_code_becomes_inputs() -> None:
    came = read("con_hubtel_initiation_1_2.json")
    assert isinstance(came, Dial)
    dial = dialled(came, "*1919#")

    assert dial is not None
    assert (dial.inputs, dial.opens) == (("1", "2"), True)


@pytest.mark.parametrize("kind", ["Response", "response", "RESPONSE"])
@pytest.mark.parametrize("code", ["1919", "*1919#", "b230733cd56b4a0fad820e39f66bc27c", None])
def test_a_response_goes_on_with_one(code: str | None, kind: str) -> None:
    came = read("con_hubtel_response.json", ServiceCode=code, Type=kind)
    assert isinstance(came, Dial)

    assert dialled(came, "*1919#") == Dial(
        gateway="hubtel",
        session="3c79b8",
        phone="+254711000111",
        service_code="*1919#",
        network="mtn",
        inputs=("1",),
        cumulative=False,
        opens=False,
    )


def test_a_response_of_a_code_with_an_extension_is_the_reply_alone() -> None:
    came = read("con_hubtel_response.json", ServiceCode="1919*1*2", Message="3")
    assert isinstance(came, Dial)
    dial = dialled(came, "*1919#")

    assert dial is not None
    assert dial.inputs == ("3",)


@pytest.mark.parametrize("code", ["714", "*1918#", "191"])
def test_another_code_is_not_ours(code: str) -> None:
    came = read("con_hubtel_response.json", ServiceCode=code)
    assert isinstance(came, Dial)

    assert dialled(came, "*1919#") is None


@pytest.mark.parametrize("sequence", [3, "3", "03"])
@pytest.mark.parametrize("kind", ["Timeout", "Release", "timeout", "release"])
def test_a_release_and_a_time_out_end_a_session(kind: str, sequence: object) -> None:
    end = read("con_hubtel_timeout.json", Type=kind, Sequence=sequence)

    assert isinstance(end, Ended)
    assert (end.session, end.phone, end.network) == ("3c79b8", "+254711000111", "mtn")
    assert (end.status, end.hops) == (kind.capitalize(), 3)


@pytest.mark.parametrize("kind", ["", "AddToCart", "Begin", "initiation ", None, 1])
def test_another_type_is_unreadable(kind: object) -> None:
    with pytest.raises(Unreadable):
        read("con_hubtel_response.json", Type=kind)


@pytest.mark.parametrize("field", ["Mobile", "SessionId", "Message"])
@pytest.mark.parametrize("value", [None, 254711000111, 1.5, True, [], {}, ["1"]])
def test_a_field_that_is_no_text_is_unreadable(field: str, value: object) -> None:
    with pytest.raises(Unreadable):
        read("con_hubtel_response.json", **{field: value})


@pytest.mark.parametrize(
    ("page", "name"),
    [
        (Page("Chagua"), "doc_hubtel_reply.json"),
        (None, "con_hubtel_last_reply.json"),
        (Page("", ends=True), "con_hubtel_last_reply.json"),
    ],
)
def test_a_page_is_written_as_documented(page: Page | None, name: str) -> None:
    reply = hubtel.write(page)

    assert reply.body.encode() == payload(name)
    assert (reply.content_type, reply.headers) == ("application/json", {})
