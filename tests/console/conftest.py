"""Applications that the tests of one module share: making one takes longer than many pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from tests.conftest import config, line_of
from tests.servers import PostgresServer, RedisServer


@pytest.fixture(scope="module")
def sqlite_centre(
    prepared_sqlite: Path, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """A line on SQLite and Redis, for all tests of a module."""
    folder = tmp_path_factory.mktemp("centre")
    shutil.copy(prepared_sqlite, folder / "1919.sqlite")
    with _opened(f"sqlite:///{folder / '1919.sqlite'}", redis_server, folder) as app:
        yield app


@pytest.fixture(scope="module")
def postgresql_centre(
    postgres: PostgresServer,
    redis_server: RedisServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Flask]:
    """A line on PostgreSQL and Redis, for all tests of a module."""
    url = postgres.create(template="prepared")
    with _opened(url, redis_server, tmp_path_factory.mktemp("centre")) as app:
        yield app
    postgres.drop(url)


@contextmanager
def _opened(url: str, redis: RedisServer, folder: Path) -> Iterator[Flask]:
    app = create_app(config(url, redis.url, folder))
    yield app
    app.extensions["people"].close()
    line_of(app).close()
