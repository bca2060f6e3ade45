"""A phone in the terminal: it dials the real address and prints what comes back."""

import threading
from collections.abc import Iterator

import pytest
from click.testing import Result
from flask import Flask
from werkzeug.serving import make_server

from tests.caller import TOKEN
from tests.conftest import inbox, line_of
from tests.world import put


@pytest.fixture
def live(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A line that is reached over HTTP; gives its address for hops."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    put(line_of(app), "id_card", "12345678", "ready")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/ussd/africastalking/{TOKEN}"
    server.shutdown()
    thread.join()
    server.server_close()


def dial(app: Flask, *words: str, typed: str | None = None) -> Result:
    return app.test_cli_runner().invoke(args=["phone", *words], input=typed)


def test_keys_are_typed_and_their_pages_printed(app: Flask) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    app.extensions["serve"] = lambda: None  # it serves already
    printed = dial(app, "--keys", "1 1 12345678").output

    assert "> 12345678\n" in printed
    assert "ID ..678 is READY. Free.\nGPO Nairobi\n" in printed


def test_who_hangs_up_is_told_so(app: Flask) -> None:
    app.extensions["serve"] = lambda: None
    printed = dial(app, typed="1\n").output

    assert "Which document?" in printed
    assert printed.endswith("(you hung up)\n")


def test_a_live_line_is_dialled_as_the_gateway_would(app: Flask, live: str) -> None:
    result = dial(app, "--at", live, "--phone", "+254711222333", "--keys", "1 1 12345678 1")

    assert result.exit_code == 0
    assert "ID ..678 is READY. Free.\nGPO Nairobi\n" in result.output
    assert len(inbox(line_of(app), "+254711222333")) == 1
    assert TOKEN not in result.output


def test_a_live_line_is_talked_to_key_by_key(app: Flask, live: str) -> None:
    printed = dial(app, "--at", live, typed="2\n").output

    assert "Type the first letters" in printed
    assert printed.endswith("(you hung up)\n")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((TOKEN, "x" * 32), "the line answers with 404 (is the token one of GATEWAY_TOKENS?)"),
        (("127.0.0.1:", "127.0.0.2:"), "the line does not answer: "),
        (("/ussd/africastalking/", "/sms/africastalking/"), "--at is not https://HOST/ussd/"),
        (("http:", "file:"), "--at is not https://HOST/ussd/"),
    ],
)
def test_what_is_no_line_is_told_without_its_token(
    change: tuple[str, str], said: str, app: Flask, live: str
) -> None:
    result = dial(app, "--at", live.replace(*change), "--keys", "1")

    assert result.exit_code != 0
    assert said in result.output
    assert TOKEN not in result.output
