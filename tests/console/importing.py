"""Sending lists from the page, and the settings that a process of theirs finds."""

import io
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.caller import TOKEN
from tests.conftest import LINE_KEYS
from tests.console.desk import post

PATIENCE = 60
"""Seconds that a test waits for a process."""


def set_environment(
    monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str, folder: Path
) -> None:
    """Let a process that is started find the settings that `conftest.config` gives a line."""
    said = {
        **LINE_KEYS,
        "GATEWAY_TOKENS": TOKEN,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "VAR_DIR": str(folder / "var"),
    }
    for name, value in said.items():
        monkeypatch.setenv(name, value)


def send(client: FlaskClient, text: str, **more: str) -> TestResponse:
    """Send a list, as the page's form does."""
    form = {"list": (io.BytesIO(text.encode()), "wanjiku.csv"), **more}
    return post(client, "/console/imports", form, content_type="multipart/form-data")
