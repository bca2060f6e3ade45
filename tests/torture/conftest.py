"""What the short forms share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import RedisServer
from tests.torture.little import Little, served


@pytest.fixture(scope="session")
def little(
    prepared_sqlite: Path, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Little]:
    """A line in little, for every short form of this process."""
    with served(prepared_sqlite, redis_server.url, tmp_path_factory.mktemp("little")) as one:
        yield one
