"""What tests of senders as processes stand on: gateways on loopback, and an outbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LINE_KEYS, config
from tests.servers import RedisServer
from tests.sms.loopback import Loopback
from tests.sms.senders import Desk, settings


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    one = Loopback("africastalking", "kannel")
    yield one
    one.close()


@pytest.fixture
def desk(postgres_url: str, redis: RedisServer, tmp_path: Path) -> Iterator[Desk]:
    one = Desk(config(postgres_url, redis.url, tmp_path))
    yield one
    one.close()


@pytest.fixture
def environment(
    postgres_url: str, redis: RedisServer, tmp_path: Path, loopback: Loopback
) -> dict[str, str]:
    """The settings of every process of a test."""
    return settings(LINE_KEYS, postgres_url, redis.url, tmp_path, loopback)
