"""Every gateway, at its edges: ends, strange and broken requests, and what reaches the logs."""

import re
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import finished
from models.gsm7 import foreign, septets
from tests.caller import TOKEN
from tests.conftest import Open, line_of
from tests.gateways import (
    HANDSETS,
    Flares,
    Handset,
    Hubtel,
    Infobip,
    Safaricom,
    payload,
)
from tests.servers import RedisServer

every_gateway = pytest.mark.parametrize("handset", HANDSETS, ids=lambda one: one.name)
LOST = "CON Sorry, the line lost your place.\n1919 Ndio Form!\n"
UNREAD = "Sorry, we could not read that."


# what is typed


@every_gateway
@pytest.mark.parametrize(
    "typed",
    [
        "\0",
        "٣١",
        "２０１２３４５６",
        "²²²²²²²",
        "Gĩkũyũ 🙂 " + "\u202e1",
        "1\r\nFreeflow: FB",
        "{centre}{0.__class__}%s%n%00",
        '"}],{"',
        "+&=;",
        "9" * 182,
        "é" * 182,
        "é" * 600,
    ],
    ids=range(12),
)
def test_strange_input_gets_a_valid_page(
    handset: type[Handset], typed: str, app: Flask
) -> None:
    one = handset(app)
    one.dial()

    _assert_valid(one.key(typed))


@every_gateway
def test_a_phone_is_the_same_with_its_plus_and_without(
    handset: type[Handset], app: Flask
) -> None:
    one = handset(app)
    one.dial()
    one.put_key("1")
    for phone in (one.phone, one.phone.removeprefix("+"), f" {one.phone[1:]}"):
        one.pairs = _with(one, one.phone_field, phone)

    assert one.send().startswith("CON Which document?")


# ends


@pytest.mark.parametrize(
    ("address", "method", "wire"),
    [
        (
            "/ussd/flares/{token}",
            "GET",
            {"query_string": payload("doc_flares_clean.txt").decode()},
        ),
        (
            "/ussd/infobip/{token}/session/9f3/end",
            "PUT",
            {"data": payload("doc_infobip_end.json")},
        ),
        ("/ussd/hubtel/{token}", "POST", {"data": payload("con_hubtel_timeout.json")}),
    ],
    ids=["flares", "infobip", "hubtel"],
)
def test_the_end_of_a_session_is_kept_once(
    address: str, method: str, wire: dict[str, Any], app: Flask
) -> None:
    url = address.format(token=TOKEN)
    before = _kept(app)
    statuses = [
        app.test_client().open(url, method=method, **wire).status_code for _ in range(3)
    ]

    assert statuses == [200] * 3
    assert _kept(app) - before == 1


def test_infobip_is_told_that_the_line_goes_on_with_any_session(app: Flask) -> None:
    one = Infobip(app)
    one.tail = f"/session/{one.session}/status"
    answers = [one.open(method=method).get_data() for method in ("GET", "POST")]

    assert answers == [payload("doc_infobip_status_reply.json")] * 2


# what is turned away


@every_gateway
@pytest.mark.parametrize("token", ["x" * 32, "t" * 31, "t" * 33, "", "demo", "é"])
def test_a_wrong_token_is_not_found(handset: type[Handset], token: str, app: Flask) -> None:
    one = handset(app)
    one.put_dial()
    dialled = one.open(token=token)
    one.put_key("1")
    keyed = one.open(token=token)

    assert (dialled.status_code, keyed.status_code) == (404, 404)


@every_gateway
def test_more_than_8_kib_is_refused(handset: type[Handset], app: Flask) -> None:
    one = handset(app)
    one.dial()
    one.put_key("1" * 9_000)

    assert one.open().status_code == 413


@every_gateway
@pytest.mark.parametrize("method", ["HEAD", "DELETE", "PATCH"])
def test_a_method_that_the_gateway_does_not_use_takes_no_hop(
    handset: type[Handset], method: str, app: Flask
) -> None:
    one = handset(app)
    one.dial()
    one.put_key("1")

    refused = one.open(method=method)

    assert (refused.status_code, "Allow" in refused.headers) == (405, True)
    assert one.send().startswith("CON Which document?")


@every_gateway
def test_a_field_that_is_missing_or_stands_twice_gets_an_apology(
    handset: type[Handset], app: Flask
) -> None:
    one = handset(app)
    one.put_key("1")
    whole = one.pairs
    for name in one.needed:
        one.pairs = [pair for pair in whole if pair[0] != name]
        assert (name, one.send()[:34]) == (name, f"END {UNREAD}")
        one.pairs = [*whole, (name, "another")]
        assert (name, one.send()[:34]) == (name, f"END {UNREAD}")


@every_gateway
@pytest.mark.parametrize(
    "phone",
    ["", "+", "nobody", "+2547", "+25471100011122334", "+２５４711000111", "++254711000111"],
)
def test_a_phone_that_is_none_gets_an_apology(
    handset: type[Handset], phone: str, app: Flask
) -> None:
    one = handset(app)
    one.put_key("1")
    one.pairs = _with(one, one.phone_field, phone)

    assert one.send().startswith(f"END {UNREAD}")


@every_gateway
@pytest.mark.parametrize(("letters", "begins"), [(100, "CON "), (101, f"END {UNREAD}")])
def test_a_session_id_has_100_letters_at_most(
    handset: type[Handset], letters: int, begins: str, app: Flask
) -> None:
    one = handset(app)
    one.session = "s" * letters
    one.put_key("1")

    assert one.send().startswith(begins)


@pytest.mark.parametrize("handset", [Infobip, Hubtel], ids=lambda one: one.name)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"1",
        b'"text"',
        b"[]",
        b'[{"msisdn":"254711000111"}]',
        b"{",
        b"{}",
        b"not json",
        b"\xff\xfe\x00",
        b"[" * 8_000,
        b'{"a":' * 1_500,
        b"9" * 8_000,
        b'{"msisdn":NaN}',
        b"msisdn=254711000111&text=1",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_json_object_gets_an_apology(
    handset: type[Handset], body: bytes, app: Flask
) -> None:
    one = handset(app)
    one.put_key("1")

    assert one.shown(one.open(data=body)).startswith(f"END {UNREAD}")


def test_the_first_page_of_infobip_closes_no_session_even_as_an_apology(app: Flask) -> None:
    one = Infobip(app)
    one.put_dial()

    assert one.shown(one.open(data=b"[]")).startswith(f"CON {UNREAD}")


@pytest.mark.parametrize("handset", [Safaricom, Flares], ids=lambda one: one.name)
@pytest.mark.parametrize("query", [b"%ff%fe", b"input=%ff", b"\xff", b"&&==&", b"%", b"input"])
def test_an_address_that_is_no_text_gets_an_apology(
    handset: type[Handset], query: bytes, app: Flask
) -> None:
    one = handset(app)

    assert one.shown(one.open(**_raw(one, query))).startswith(f"END {UNREAD}")


@every_gateway
def test_a_foreign_code_is_refused_with_a_page(handset: type[Handset], app: Flask) -> None:
    one = handset(app)
    one.put_dial()
    one.pairs = [
        (name, re.sub("1919", "384", value) if isinstance(value, str) else value)
        for name, value in one.pairs
    ]
    page = one.send()

    if one.name == "flares":  # where a foreign code and a reply look alike
        assert page.startswith(LOST)
    else:
        assert page[4:] == "This is not the number of this service. Please dial *1919#."


# whatever comes


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(body=st.binary(max_size=300), text=st.text(max_size=200), dials=st.booleans())
@every_gateway
def test_whatever_comes_a_valid_page_goes_back(
    body: bytes, text: str, dials: bool, handset: type[Handset], app: Flask
) -> None:
    one = handset(app, "+254711000111")
    one.session = "1"
    if dials:
        one.put_dial(text.encode(errors="replace").decode())
    else:
        one.put_key(text.encode(errors="replace").decode())

    _assert_valid(one.send())
    _assert_valid(one.shown(one.open(**_raw(one, body))))


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    values=st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=3), inner, max_size=3)
            ),
            max_leaves=5,
        ),
        min_size=8,
        max_size=8,
    )
)
@pytest.mark.parametrize("handset", [Infobip, Hubtel], ids=lambda one: one.name)
def test_fields_of_any_kind_get_a_valid_page(
    values: list[Any], handset: type[Handset], app: Flask
) -> None:
    one = handset(app, "+254711000111")
    one.put_key("1")
    one.pairs = [(name, value) for (name, _), value in zip(one.pairs, values, strict=False)]

    _assert_valid(one.send())


@every_gateway
def test_logs_hold_no_phone_and_nothing_typed(
    handset: type[Handset],
    open_app: Open,
    sqlite_url: str,
    redis: RedisServer,
    capfd: pytest.CaptureFixture[str],
) -> None:
    app = open_app(sqlite_url, redis.url)
    one = handset(app, "+254711987654")
    one.keys("1", "1", "87654321", "canary words")
    one.pairs = _with(one, one.phone_field, "+254711987654x")
    one.send()
    with line_of(app).database.working() as connection:
        connection.exec_driver_sql("DROP TABLE document_numbers")
    handset(app, "+254711987654").keys("1", "1", "87654321")
    logged = capfd.readouterr().err

    assert f"gateway={one.name}" in logged
    assert "request not understood" in logged
    assert [it for it in ("711987654", "87654321", "canary", one.session) if it in logged] == []


def _kept(app: Flask) -> int:
    with line_of(app).database.working() as connection:
        return finished.count(connection)


def _with(handset: Handset, name: str, value: object) -> list[tuple[str, Any]]:
    """Give a hop's fields with one changed."""
    return [(one, value if one == name else was) for one, was in handset.pairs]


def _raw(handset: Handset, octets: bytes) -> dict[str, Any]:
    """Put octets as they are where a gateway has its fields."""
    if handset.method == "GET":
        return {"environ_overrides": {"QUERY_STRING": octets.decode("latin-1")}}
    return {"data": octets}


def _assert_valid(page: str) -> None:
    assert page[4:].strip()
    assert not foreign(page[4:].replace("\n", ""))
    assert septets(page[4:]) <= 160
