"""Facts about lines of the log that quote a request: nothing of what they quote is left."""

import logging

import pytest

from logs import configure, scrub

SECRET = "t" * 32


@pytest.mark.parametrize(
    "beginning",
    ["Invalid request", "Error handling request", "Error handling HTTP/2 request"],
)
def test_what_gunicorn_quotes_of_a_request_is_left_out(beginning: str) -> None:
    assert scrub(f"{beginning} from ip=::1: /ussd/x/{SECRET} +254711000111") == beginning


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (f"POST /ussd/africastalking/{SECRET} 200", "POST /ussd/africastalking/- 200"),
        (f"GET '/sms/kannel/{SECRET}/reports?id=1'", "GET '/sms/kannel/-/reports?id=1'"),
        (f"/ussd/a/{SECRET} /sms/b/{SECRET}", "/ussd/a/- /sms/b/-"),
        ("POST /console/calls/17/reveal", "POST /console/calls/17/reveal"),
        ("said: Invalid request", "said: Invalid request"),
    ],
)
def test_a_token_in_an_address_is_hidden_and_nothing_else(line: str, left: str) -> None:
    assert scrub(line) == left


def test_an_error_is_told_by_its_class_and_lines_and_not_by_what_it_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    configure()
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("line").exception("broken", extra={"phone": "+254711000111"})
    written = capsys.readouterr().err

    assert "event=broken" in written
    assert "error=ValueError" in written
    assert "trace=" in written
    assert "test_masks.py:" in written
    assert SECRET not in written
    assert "254711000111" not in written
