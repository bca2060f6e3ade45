"""A phone in the terminal: it dials the real address and prints what comes back."""

from flask import Flask

from tests.conftest import line_of
from tests.world import put


def test_keys_are_typed_and_their_pages_printed(app: Flask) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    app.extensions["serve"] = lambda: None  # it serves already
    printed = app.test_cli_runner().invoke(args=["phone", "--keys", "1 1 12345678"]).output

    assert "> 12345678\n" in printed
    assert "ID ..678 is READY. Free.\nGPO Nairobi\n" in printed


def test_who_hangs_up_is_told_so(app: Flask) -> None:
    app.extensions["serve"] = lambda: None
    printed = app.test_cli_runner().invoke(args=["phone"], input="1\n").output

    assert "Which document?" in printed
    assert printed.endswith("(you hung up)\n")
