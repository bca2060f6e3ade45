"""The line under another server than gunicorn."""

from pathlib import Path

import click

from app import create_app
from tests.conftest import config, line_of
from tests.servers import RedisServer


def test_a_server_that_is_a_command_itself_is_given_a_line_that_serves(
    sqlite_url: str, redis_server: RedisServer, tmp_path: Path
) -> None:
    with click.Context(click.Command("serve")):
        app = create_app(config(sqlite_url, redis_server.url, tmp_path))
    try:
        assert app.test_client().get("/health/live").status_code == 200
    finally:
        line_of(app).close()
