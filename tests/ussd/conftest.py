"""One line for all tests of a file here: what a gateway sends is what differs, not the line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.gateways import Lines
from tests.servers import RedisServer


@pytest.fixture(scope="module")
def app(
    prepared_sqlite: Path, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """A line on SQLite and Redis."""
    lines = Lines(prepared_sqlite, redis_server, tmp_path_factory.mktemp("line"))
    yield lines.plain()
    lines.close()


@pytest.fixture(autouse=True)
def forgotten(redis: RedisServer) -> None:
    """Let every test begin without sessions."""
