"""The gateway's way in: every valid hop is answered, and so is everything else."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import finished
from models.gsm7 import foreign, septets
from tests.caller import TOKEN, Caller
from tests.conftest import Open, line_of
from tests.servers import RedisServer

PAYLOADS = Path(__file__).parent.parent / "payloads"
HOP = f"/ussd/africastalking/{TOKEN}"
FORM = "application/x-www-form-urlencoded"
HOME = "CON 1919 Ndio Form!\nType your ID or waiting card number,\nor choose:\n"

hops = pytest.mark.parametrize(
    "name",
    [
        one.name
        for one in sorted(PAYLOADS.glob("*_ussd_*"))
        if "end_event" not in one.name and "event_" not in one.name
    ],
)
events = pytest.mark.parametrize(
    "name",
    ["cap_ussd_end_event_2026.txt", "con_ussd_event_success.txt", "con_ussd_event_failed.txt"],
)


@pytest.fixture
def demonstration(
    open_app: Open, tmp_path: Path, redis: RedisServer, sqlite_url: str
) -> Iterator[FlaskClient]:
    """A line in demonstration mode, which takes any service code, as the captures bear."""
    from app import create_app
    from config import Config

    environ = {
        "DEMO": "1",
        "VAR_DIR": str(tmp_path / "var"),
        "DATABASE_URL": sqlite_url,
        "REDIS_URL": redis.url,
    }
    app = create_app(Config.from_env(environ))
    yield app.test_client()
    line_of(app).close()


@hops
def test_every_captured_hop_is_answered_with_a_valid_page(
    name: str, demonstration: FlaskClient
) -> None:
    answer = demonstration.post(
        "/ussd/africastalking/demo", data=(PAYLOADS / name).read_bytes(), content_type=FORM
    )

    assert answer.status_code == 200
    assert answer.content_type == "text/plain; charset=utf-8"
    assert_valid(answer.get_data(as_text=True))


@pytest.mark.parametrize("charset", ["", "; charset=UTF-8"])
def test_the_captured_journey_gets_the_right_pages(
    charset: str, demonstration: FlaskClient
) -> None:
    pages = [
        demonstration.post(
            "/ussd/africastalking/demo",
            data=(PAYLOADS / name).read_bytes(),
            content_type=FORM + charset,
        ).get_data(as_text=True)
        for name in ("cap_ussd_begin_2026.txt", "cap_ussd_nested_2026.txt")
    ]

    assert pages[0].startswith(HOME)
    assert pages[1].startswith("CON Which document?")  # 1, 1, then 0 for back


def test_the_constructed_journey_gets_the_right_pages(client: FlaskClient) -> None:
    pages = [
        client.post(HOP, data=(PAYLOADS / name).read_bytes(), content_type=FORM).get_data(
            as_text=True
        )
        for name in ("con_ussd_begin.txt", "con_ussd_1.txt", "con_ussd_1_2.txt")
    ]

    assert pages[0].startswith(HOME)
    assert pages[1].startswith("CON Which document?")
    assert pages[2].startswith("CON Type the birth entry number")


@events
def test_an_end_event_is_kept_once_without_what_was_typed(
    name: str, open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    app = open_app(sqlite_url, redis.url)
    body = (PAYLOADS / name).read_bytes()
    statuses = [
        app.test_client().post(f"{HOP}/events", data=body, content_type=FORM).status_code
        for _ in range(3)
    ]
    with line_of(app).database.working() as connection:
        kept = finished.count(connection)

    assert statuses == [200] * 3
    assert kept == 1


def test_fields_may_come_in_any_order(client: FlaskClient) -> None:
    fields = list(reversed(_fields("1").items()))
    answer = client.post(HOP, data=urlencode(fields), content_type=FORM)

    assert answer.get_data(as_text=True).startswith("CON Which document?")


@pytest.mark.parametrize("token", ["x" * 32, "", TOKEN[:-1], TOKEN + "t", "demo", "é"])
def test_a_wrong_token_is_not_found(token: str, client: FlaskClient) -> None:
    answers = [
        client.post(f"/ussd/africastalking/{token}", data=_fields("")),
        client.post(f"/ussd/africastalking/{token}/events", data=_fields("")),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_an_unknown_gateway_is_not_found(client: FlaskClient) -> None:
    assert client.post(f"/ussd/nobody/{TOKEN}", data=_fields("")).status_code == 404


def test_two_tokens_live_at_once_while_one_replaces_the_other(
    open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    old, new = "a" * 32, "b" * 32
    client = open_app(sqlite_url, redis.url, GATEWAY_TOKENS=f"{new},{old}").test_client()
    statuses = [
        client.post(f"/ussd/africastalking/{token}", data=_fields("")).status_code
        for token in (old, new, TOKEN)
    ]

    assert statuses == [200, 200, 404]


def test_a_body_over_8_kib_is_refused(client: FlaskClient) -> None:
    answer = client.post(HOP, data=_fields("1" * 9_000))

    assert answer.status_code == 413


def test_a_text_of_7000_letters_gets_a_page(client: FlaskClient) -> None:
    answer = client.post(HOP, data=_fields("9" * 7_000))

    assert answer.status_code == 200
    assert_valid(answer.get_data(as_text=True))


def test_more_than_60_inputs_end_the_session_politely(client: FlaskClient) -> None:
    page = client.post(HOP, data=_fields("*".join("1" * 61))).get_data(as_text=True)

    assert page == "END This call has become too long. Please dial *1919# again."


def test_a_foreign_service_code_is_refused_with_a_page(client: FlaskClient) -> None:
    page = Caller(client, code="*384*70421#").dial()

    assert page == "END This is not the number of this service. Please dial *1919#."


def test_an_extension_in_the_service_code_is_dialled_with_it(client: FlaskClient) -> None:
    caller = Caller(client, code="*1919*1*2#")

    assert caller.dial().startswith("CON Type the birth entry number")
    assert caller.dial("1", "2").startswith("CON Type the birth entry number")


@pytest.mark.parametrize(
    "field", ["phoneNumber", "serviceCode", "text", "sessionId", "networkCode"]
)
def test_a_missing_field_gets_a_page(field: str, client: FlaskClient) -> None:
    fields = _fields("")
    del fields[field]
    answer = client.post(HOP, data=fields)

    assert answer.status_code == 200
    assert answer.get_data(as_text=True).startswith("END Sorry, we could not read that.")


@pytest.mark.parametrize(
    "field", ["phoneNumber", "serviceCode", "text", "sessionId", "networkCode"]
)
def test_a_repeated_field_gets_a_page(field: str, client: FlaskClient) -> None:
    body = urlencode(_fields("")) + "&" + urlencode({field: "another"})
    answer = client.post(HOP, data=body, content_type=FORM)

    assert answer.status_code == 200
    assert answer.get_data(as_text=True).startswith("END Sorry, we could not read that.")


@pytest.mark.parametrize(
    "phone", ["", "+", "nobody", "+2547", "+25471100011122334", "+２５４711000111"]
)
def test_a_phone_that_is_none_gets_a_page(phone: str, client: FlaskClient) -> None:
    answer = client.post(HOP, data={**_fields(""), "phoneNumber": phone})

    assert answer.get_data(as_text=True).startswith("END Sorry, we could not read that.")


def test_a_plus_that_was_not_encoded_is_understood(client: FlaskClient) -> None:
    body = urlencode(_fields("")).replace("%2B254", "+254")
    answer = client.post(HOP, data=body, content_type=FORM)

    assert answer.get_data(as_text=True).startswith(HOME)


def test_json_is_no_hop_and_gets_a_page(client: FlaskClient) -> None:
    answer = client.post(HOP, data=json.dumps(_fields("")), content_type="application/json")

    assert answer.status_code == 200
    assert_valid(answer.get_data(as_text=True))


@pytest.mark.parametrize(
    "text",
    [
        "\0",
        "1*\0*1",
        "*",
        "1*",
        "*****",
        "1*1*２０１２３４５６",
        "1*1*²²²²²²²",
        "1*Gĩkũyũ",
        "‮1*1*12345678",
        "1*1*" + "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
        "98*98*98*98",
        "0*0*0",
        "00*00",
        "1*1*{centre}{0.__class__}%s%n",
        "1*1*'; DROP TABLE documents; --",
        "1*1*12345678\r\nX-Header: 1",
        "#",
        "1#",
    ],
)
def test_strange_input_gets_a_valid_page(text: str, client: FlaskClient) -> None:
    answer = client.post(HOP, data=_fields(text))

    assert answer.status_code == 200
    assert_valid(answer.get_data(as_text=True))


def test_invalid_utf_8_gets_a_valid_page(client: FlaskClient) -> None:
    body = urlencode(_fields("")).replace("text=", "text=1%2A%FF%FE")
    answer = client.post(HOP, data=body, content_type=FORM)

    assert_valid(answer.get_data(as_text=True))


def test_full_width_digits_are_no_number(client: FlaskClient) -> None:
    page = Caller(client).keys("1", "1", "２０１２３４５６")

    assert page.startswith("CON An ID number has 6 to 9 digits")


@settings(
    max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    body=st.one_of(
        st.binary(max_size=600),
        st.builds(
            lambda inputs: urlencode(
                _fields("*".join(inputs)), errors="surrogatepass"
            ).encode(),
            st.lists(
                st.one_of(
                    st.text(max_size=40),
                    st.sampled_from(
                        ["0", "00", "98", "1", "2", "3", "4", "7", "8", "12345678"]
                    ),
                ),
                max_size=20,
            ),
        ),
    )
)
def test_whatever_comes_a_valid_page_goes_back(body: bytes, client: FlaskClient) -> None:
    answer = client.post(HOP, data=body, content_type=FORM)

    assert answer.status_code == 200
    assert_valid(answer.get_data(as_text=True))


def assert_valid(page: str) -> None:
    assert page.startswith(("CON ", "END "))
    assert page[4:].strip()
    assert not foreign(page[4:].replace("\n", ""))
    assert septets(page[4:]) <= 160


def _fields(text: str) -> dict[str, str]:
    return {
        "phoneNumber": "+254711000111",
        "serviceCode": "*1919#",
        "text": text,
        "sessionId": "ATUid_0123456789abcdef0123456789abcdef",
        "networkCode": "63902",
    }
