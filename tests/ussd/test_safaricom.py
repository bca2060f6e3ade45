"""Safaricom's wire format, byte by byte."""

from urllib.parse import quote

import pytest

from menus.dial import Dial, dialled
from menus.pages import Page
from tests.gateways import payload, taken
from ussd import safaricom
from ussd.gateway import Unreadable, con_or_end


def query(name: str) -> str:
    return payload(name).decode()


@pytest.mark.parametrize(
    ("name", "inputs"),
    [("doc_safaricom_begin.txt", ("7",)), ("doc_safaricom_7_1_a.txt", ("7", "1", "a"))],
)
def test_a_documented_hop_is_read(name: str, inputs: tuple[str, ...]) -> None:
    assert taken(safaricom, query=query(name)) == Dial(
        gateway="safaricom",
        session="session-id",
        phone="+27761234567",
        service_code="*167#",
        network="",
        inputs=inputs,
    )


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("name", "inputs"),
    [("con_safaricom_begin.txt", ()), ("con_safaricom_1_2.txt", ("1", "2"))],
)
def test_a_hop_may_come_in_the_address_or_as_a_form(
    name: str, inputs: tuple[str, ...], method: str
) -> None:
    if method == "GET":
        came = taken(safaricom, query=query(name))
    else:
        came = taken(safaricom, "POST", body=payload(name))

    assert isinstance(came, Dial)
    assert dialled(came, "*1919#") == came
    assert came.inputs == inputs


def test_a_field_in_the_address_and_in_the_form_stands_twice() -> None:
    name = "con_safaricom_begin.txt"

    with pytest.raises(Unreadable):
        taken(safaricom, "POST", query="ORIG=254711000111", body=payload(name))


@pytest.mark.parametrize(
    ("page", "name"),
    [
        (Page("ussd message"), "doc_safaricom_reply.txt"),
        (Page("hello world", ends=True), "doc_safaricom_last_reply.txt"),
    ],
)
def test_a_page_is_written_as_documented(page: Page, name: str) -> None:
    reply = con_or_end(page)

    assert reply.body.encode() == payload(name)
    assert (reply.content_type, reply.headers) == ("text/plain; charset=utf-8", {})


@pytest.mark.parametrize("code", ["1919", "*1919#", "1919#", "*1919"])
def test_a_code_is_ours_with_or_without_its_marks(code: str) -> None:
    came = taken(safaricom, query=query("con_safaricom_begin.txt").replace("1919", quote(code)))

    assert isinstance(came, Dial)
    assert came.service_code == "*1919#"
