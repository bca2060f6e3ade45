"""What gateways send and get, as it stands on the wire, captured and constructed."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from menus.line import Line
from sms.gateway import Fate, Submitted
from tests.caller import TOKEN
from tests.conftest import inbox
from tests.sms.gateway import Answer, Gateway

PAYLOADS = Path(__file__).parent.parent / "payloads"


@pytest.mark.parametrize(
    ("name", "phone", "submitted"),
    [
        (
            "doc_sms_send_response.json",
            "+254711000111",
            Submitted(Fate.ACCEPTED, "ATPid_SampleTxnId123", "KES 0.8000"),
        ),
        (
            "doc_sms_refused_response.json",
            "+254711000111",
            Submitted(Fate.PASSING, reason="InvalidSenderId"),
        ),
    ],
)
def test_every_documented_answer_is_understood(
    name: str, phone: str, submitted: Submitted, gateway: Gateway
) -> None:
    body = (PAYLOADS / name).read_text().replace("+254711XXXYYY", phone)
    gateway.answer(Answer(body))

    assert gateway.sender().send("m1", phone, "Habari") == submitted


def test_a_message_stands_on_the_wire_as_the_sdk_was_seen_to_write_it(
    gateway: Gateway,
) -> None:
    gateway.sender().send("m1", "+254711000111", "Habari 1919")
    fields = [part.split(b"=")[0] for part in gateway.posts[0].body.split(b"&")]
    seen = (PAYLOADS / "sdk_send.txt").read_bytes().split(b"&")

    assert fields == [part.split(b"=")[0] for part in seen]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("cap_dlr_failed_2020.txt", "/reports"),
        ("con_dlr_success.txt", "/reports"),
        ("con_optout.txt", "/optouts"),
    ],
)
def test_every_report_and_opt_out_is_acknowledged_with_nothing_to_text(
    name: str, path: str, client: FlaskClient
) -> None:
    answer = client.post(
        f"/sms/africastalking/{TOKEN}{path}",
        data=(PAYLOADS / name).read_bytes(),
        content_type="application/x-www-form-urlencoded",
    )

    assert (answer.status_code, answer.get_data()) == (200, b"")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("cap_kannel_text.txt", ""),
        ("cap_kannel_delivered.txt", "/reports"),
        ("cap_kannel_operator_took.txt", "/reports"),
        ("cap_kannel_not_taken.txt", "/reports"),
    ],
)
def test_every_call_of_kannels_is_acknowledged_with_nothing_to_text(
    name: str, path: str, client: FlaskClient
) -> None:
    query = (PAYLOADS / name).read_text()
    answer = client.get(f"/sms/kannel/{TOKEN}{path}?{query}")

    assert (answer.status_code, answer.get_data()) == (200, b"")


@pytest.mark.parametrize(
    ("name", "phone"),
    [("cap_mo_sms_courier.txt", "+254000000005"), ("con_mo_sms.txt", "+254711000111")],
)
def test_every_captured_message_is_accepted_and_answered_once(
    name: str, phone: str, client: FlaskClient, line: Line
) -> None:
    statuses = [
        client.post(
            f"/sms/africastalking/{TOKEN}",
            data=(PAYLOADS / name).read_bytes(),
            content_type="application/x-www-form-urlencoded",
        ).status_code
        for _ in range(3)
    ]

    assert statuses == [200] * 3
    assert len(inbox(line, phone)) == 1
