"""Infobip's wire format, byte by byte."""

import json

import pytest

from menus.dial import Dial, dialled
from menus.pages import Page
from tests.gateways import payload, taken
from ussd import infobip
from ussd.gateway import Ended, Unreadable


def start(**changes: object) -> Dial | None:
    body = {**json.loads(payload("doc_infobip_start.json")), **changes}
    came = taken(infobip, "POST", "/session/9f3/start", body=json.dumps(body).encode())
    assert isinstance(came, Dial)
    return dialled(came, "*1919#")


def test_the_documented_start_begins_a_session() -> None:
    body = payload("doc_infobip_start.json")

    assert taken(infobip, "POST", "/session/9f3/start", body=body) == Dial(
        gateway="infobip",
        session="9f3",
        phone="+254711000111",
        service_code="*1919#",
        network="",
        inputs=(),
        cumulative=False,
        opens=True,
    )


def test_a_response_goes_on_with_one() -> None:
    body = payload("con_infobip_response.json")

    assert taken(infobip, "POST", "/session/9f3/response", body=body) == Dial(
        gateway="infobip",
        session="9f3",
        phone="+254711000111",
        service_code="*1919#",
        network="",
        inputs=("1",),
        cumulative=False,
        opens=False,
    )


@pytest.mark.parametrize(
    ("code", "text", "inputs"),
    [
        ("*1919#", "", ()),
        ("*1919#", "1919", ()),
        ("*1919#", "*1919*1*2#", ("1", "2")),
        ("*1919*1*2#", "*1919#", ("1", "2")),
        ("*1919*1*2#", "*1919*1*2#", ("1", "2")),
        ("*1919*1*2#", "", ("1", "2")),
        ("*1919*1*2#", "1*2", ("1", "2")),
        ("1919", "1*2", ("1", "2")),
        ("*1919#", "12345678", ("12345678",)),
        (None, "*1919*1*2#", ("1", "2")),
        (None, "12345678", ("12345678",)),
    ],
)
def test_what_was_dialled_may_stand_in_either_field(
    code: str | None, text: str, inputs: tuple[str, ...]
) -> None:
    dial = start(shortCode=code, text=text)

    assert dial is not None
    assert (dial.inputs, dial.opens, dial.service_code) == (inputs, True, "*1919#")


@pytest.mark.parametrize(
    ("code", "text"), [("*384#", "*384#"), ("*384#", ""), ("*1919#", "*384*1#"), ("384", "1")]
)
def test_another_code_is_not_ours(code: str, text: str) -> None:
    assert start(shortCode=code, text=text) is None


def test_the_documented_end_tells_how_a_session_ended() -> None:
    end = taken(infobip, "PUT", "/session/9f3/end", body=payload("doc_infobip_end.json"))

    assert isinstance(end, Ended)
    assert (end.session, end.phone, end.status) == ("9f3", "", "0")


@pytest.mark.parametrize("exit_code", ["+254711000111", "12345678901", None, [1], {}, "a"])
def test_an_exit_code_that_is_none_is_left_out(exit_code: object) -> None:
    body = json.dumps({"reason": "+254711000111", "exitCode": exit_code}).encode()
    end = taken(infobip, "PUT", "/session/9f3/end", body=body)

    assert isinstance(end, Ended)
    assert end.status == ""


@pytest.mark.parametrize("path", ["start", "response"])
@pytest.mark.parametrize("field", ["msisdn", "text"])
@pytest.mark.parametrize("value", [None, 254711000111, 1.5, True, [], {}, ["1"]])
def test_a_field_that_is_no_text_is_unreadable(path: str, field: str, value: object) -> None:
    body = {**json.loads(payload("doc_infobip_start.json")), field: value}

    with pytest.raises(Unreadable):
        taken(infobip, "POST", f"/session/9f3/{path}", body=json.dumps(body).encode())


def test_half_a_letter_is_read_as_a_question_mark() -> None:
    body = payload("con_infobip_response.json").replace(b'"text":"1"', b'"text":"\\ud800"')
    came = taken(infobip, "POST", "/session/9f3/response", body=body)

    assert isinstance(came, Dial)
    assert came.inputs == ("?",)


def test_a_page_is_written_as_documented() -> None:
    reply = infobip.write(Page("Karibu 1919\n1. Huduma"))

    assert reply.body.encode() == payload("doc_infobip_reply.json")
    assert (reply.content_type, reply.headers) == ("application/json", {})


def test_a_last_page_closes_unless_it_is_the_first() -> None:
    page = Page("Asante", ends=True)

    assert json.loads(infobip.write(page).body)["shouldClose"] is True
    assert json.loads(infobip.write_first(page).body)["shouldClose"] is False


def test_an_end_and_a_status_are_answered_as_documented() -> None:
    assert infobip.write_end(None).body.encode() == payload("doc_infobip_end_reply.json")
    assert infobip.write_status(None).body.encode() == payload("doc_infobip_status_reply.json")
