"""Demonstration mode and service: neither opens the other's database."""

from pathlib import Path

import pytest

from app import open_line
from config import BadSettings, Config
from tests.conftest import Open, line_of
from tests.servers import RedisServer
from tests.world import put


def demonstration(database_url: str, redis: RedisServer, folder: Path) -> Config:
    return Config.from_env(
        {
            "DEMO": "1",
            "VAR_DIR": str(folder / "demonstration"),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis.url,
        }
    )


def test_a_demonstration_does_not_open_a_centres_own_documents(
    open_app: Open, database_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    put(line_of(open_app(database_url, redis.url)), "id_card", "12345678", "ready")

    with pytest.raises(BadSettings, match="holds a centre's own documents"):
        open_line(demonstration(database_url, redis, tmp_path))


def test_a_demonstration_opens_an_empty_database(
    database_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    line = open_line(demonstration(database_url, redis, tmp_path))
    line.close()

    assert line.code == "*1919#"
