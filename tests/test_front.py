"""The documented front: while no web process answers, it says what the line would say."""

import shutil
from http.client import HTTPConnection
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import line_of
from tests.torture.front import DOCUMENTED, front
from tests.torture.test_slow_clients import NO_NGINX
from ussd.webhook import GATEWAYS

TEXT = DOCUMENTED.read_text(encoding="utf-8")


def test_every_gateway_is_given_the_page_as_it_wants_it(lasting: Flask) -> None:
    page = line_of(lasting).apology_to_all("busy", 160)
    hops = {one.NAME: one.ADDRESSES[0] for one in GATEWAYS}
    hops["infobip"] = next(one.ADDRESSES[1] for one in GATEWAYS if one.NAME == "infobip")
    for name, address in hops.items():
        reply = address.write(page)
        written = reply.body.replace("\\", "\\\\").replace("\n", "\\n")
        assert any(f"return 200 {quote}{written}{quote};" in TEXT for quote in "'\""), name
        assert all(f"add_header {one} {value};" in TEXT for one, value in reply.headers.items())
        assert name in TEXT


def test_no_log_of_its_own_has_a_whole_address() -> None:
    formats = [line for line in TEXT.splitlines() if line.startswith("log_format")]

    assert len(formats) == 1
    assert "request_uri" not in TEXT
    assert "$request " not in formats[0]
    assert "error_log /var/log/nginx/1919.error.log alert;" in TEXT


@pytest.mark.skipif(shutil.which("nginx") is None, reason=NO_NGINX)
def test_a_caller_of_a_line_that_is_gone_sees_a_page(tmp_path: Path, lasting: Flask) -> None:
    page = line_of(lasting).apology_to_all("busy", 160)
    token = "t" * 32
    with front(1, tmp_path) as port:
        answers = []
        for path in (f"/ussd/africastalking/{token}", f"/sms/africastalking/{token}"):
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("POST", path, "text=")
            answer = connection.getresponse()
            answers.append((answer.status, answer.read().decode()))
            connection.close()
        logged = (tmp_path / "1919.access.log").read_text() + (
            tmp_path / "1919.error.log"
        ).read_text()

    assert answers[0] == (200, f"END {page.text}")
    assert answers[1][0] == 502
    assert "POST /ussd/africastalking 200" in logged
    assert token not in logged
