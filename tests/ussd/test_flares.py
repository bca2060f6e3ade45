"""The wire format of Airtel's Flares, byte by byte."""

import pytest

from menus.dial import Dial, dialled
from menus.pages import Page
from tests.gateways import http, payload, taken
from ussd import flares
from ussd.gateway import Ended


def read(name: str, **changes: str) -> Dial:
    query = payload(name).decode()
    for old, new in changes.items():
        query = query.replace(old, new)
    came = taken(flares, query=query)
    assert isinstance(came, Dial)
    return came


def test_the_documented_first_hop_is_read_as_a_dial_and_as_a_reply() -> None:
    assert read("doc_flares_begin.txt") == Dial(
        gateway="flares",
        session="s1",
        phone="+254711000122",
        service_code="*1919#",
        network="",
        inputs=(),
        cumulative=False,
        opens=None,
        typed=("1919",),
    )


def test_what_was_dialled_behind_the_code_becomes_inputs() -> None:
    dial = dialled(read("con_flares_begin_1_2.txt"), "*1919#")

    assert dial is not None
    assert (dial.inputs, dial.typed, dial.opens) == (("1", "2"), ("1919", "1", "2"), None)


@pytest.mark.parametrize(
    ("typed", "inputs"),
    [
        ("1", ("1",)),
        ("", ("",)),
        ("19191", ("19191",)),
        ("12345678", ("12345678",)),
        ("1%2A2", ("1", "2")),
        ("%2A", ("", "")),
        ("%23", ("#",)),
        ("abc", ("abc",)),
        ("1919+x", ("1919 x",)),
        ("%D9%A1%D9%A9", ("\u0661\u0669",)),
        ("7" * 300, ("7" * 300,)),
    ],
)
def test_any_other_input_is_a_reply(typed: str, inputs: tuple[str, ...]) -> None:
    dial = dialled(read("con_flares_1.txt", **{"input=1&": f"input={typed}&"}), "*1919#")

    assert dial is not None
    assert (dial.inputs, dial.typed, dial.opens) == (inputs, (), False)
    assert dial.service_code == "*1919#"


def test_the_documented_clean_up_is_the_end_of_a_session() -> None:
    end = taken(flares, query=payload("doc_flares_clean.txt").decode())

    assert isinstance(end, Ended)
    assert (end.session, end.phone, end.status) == ("s1", "+254711000122", "522")


@pytest.mark.parametrize(
    ("page", "name"),
    [
        (Page("ussd message"), "doc_flares_reply.txt"),
        (Page("\n\nussd message"), "doc_flares_reply.txt"),
        (Page("hello world", ends=True), "doc_flares_last_reply.txt"),
    ],
)
def test_a_page_is_written_as_documented(page: Page, name: str) -> None:
    assert http(flares.write(page)) == payload(name)


def test_a_clean_up_is_answered_with_nothing() -> None:
    reply = flares.write(None)

    assert (reply.body, reply.headers) == ("", {})
