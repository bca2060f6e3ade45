"""Facts about reveals: who looked how often at what is masked, within an hour."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from models.audit import audit
from models.base import Connection, Database
from models.reveals import MOST, REVEAL, reveals_last_hour, too_many


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[Connection]:
    database = Database(sqlite_url)
    database.open()
    with database.working() as connection:
        yield connection
    database.close()


def act(
    connection: Connection,
    who: str,
    times: int,
    ago: timedelta = timedelta(0),
    what: str = REVEAL,
) -> None:
    """Let somebody have done something so often."""
    first = 1_000_000 + len(connection.execute(audit.select()).all())
    at = (datetime.now(UTC) - ago).isoformat(timespec="microseconds")
    rows = [
        {"id": one, "at": at, "who": who, "act": what, "about": "{}", "hash": b"0" * 32}
        for one in range(first, first + times)
    ]
    connection.execute(audit.insert(), rows)


def test_reveals_of_the_last_hour_are_counted_by_account(connection: Connection) -> None:
    act(connection, "few", 2)
    act(connection, "many", 3)
    act(connection, "many", 4, ago=timedelta(minutes=61))
    act(connection, "few", 1, ago=timedelta(minutes=59))
    act(connection, "few", 9, what="calls begin")
    act(connection, "many", 1)

    assert list(reveals_last_hour(connection).items()) == [("many", 4), ("few", 3)]


def test_over_thirty_are_too_many(connection: Connection) -> None:
    act(connection, "busy", 30)
    act(connection, "curious", 31)

    assert (MOST, too_many(connection)) == (30, {"curious": 31})
