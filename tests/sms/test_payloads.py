"""Incoming messages as they stand on the wire, captured and constructed."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from menus.line import Line
from tests.caller import TOKEN
from tests.conftest import inbox

PAYLOADS = Path(__file__).parent.parent / "payloads"


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
    assert inbox(line, phone)[0].startswith("1919: t")
