"""Facts about agents' sessions: when they hold, and what is kept of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from models.agent_sessions import agent_sessions, begin, end, find_session, note_seen
from models.agents import Role, add
from models.base import Connection, Database, in_utc

SOON = timedelta(seconds=30)


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[Connection]:
    database = Database(sqlite_url)
    database.open()
    with database.working() as connection:
        yield connection
    database.close()


@pytest.fixture
def agent(connection: Connection) -> int:
    return add(connection, "wanjiru", Role.AGENT)


def age(connection: Connection, **moments: timedelta) -> None:
    """Let every session have begun, or been seen, so long ago."""
    now = datetime.now(UTC)
    values = {name: now - ago for name, ago in moments.items()}
    connection.execute(update(agent_sessions).values(values))


def test_a_session_is_its_agents(connection: Connection, agent: int) -> None:
    other = add(connection, "otieno", Role.AGENT)
    mine, theirs = begin(connection, agent), begin(connection, other)
    found = [find_session(connection, one) for one in (mine, theirs)]

    assert [one and one.agent_id for one in found] == [agent, other]


def test_a_browser_holds_chance_alone_and_the_database_its_digest(
    connection: Connection, agent: int
) -> None:
    tokens = [begin(connection, agent) for _ in range(3)]
    kept = [bytes(one) for one in connection.scalars(select(agent_sessions.c.token))]

    assert len(set(tokens)) == 3
    assert {len(one) for one in tokens} == {43}, "256 bits"
    assert {len(one) for one in kept} == {32}
    assert not [one for one in tokens if one.encode() in kept]


@pytest.mark.parametrize("token", ["", "x", "\ud800", "0" * 43])
def test_what_nobody_was_given_is_no_session(
    token: str, connection: Connection, agent: int
) -> None:
    begin(connection, agent)

    assert find_session(connection, token) is None


@pytest.mark.parametrize(
    ("began", "seen", "holds"),
    [
        (timedelta(minutes=20) - SOON, timedelta(minutes=20) - SOON, True),
        (timedelta(minutes=20) + SOON, timedelta(minutes=20) + SOON, False),
        (timedelta(hours=10) - SOON, timedelta(0), True),
        (timedelta(hours=10) + SOON, timedelta(0), False),
    ],
)
def test_a_session_holds_for_20_idle_minutes_and_10_hours(
    began: timedelta, seen: timedelta, holds: bool, connection: Connection, agent: int
) -> None:
    token = begin(connection, agent)
    age(connection, began_at=began, seen_at=seen)
    assert (find_session(connection, token) is not None) == holds
    begin(connection, agent)
    kept = len(list(connection.scalars(select(agent_sessions.c.token))))

    assert kept == 1 + holds, "one that is over is dropped when another begins"


@pytest.mark.parametrize(
    ("ago", "wanted"), [(timedelta(seconds=30), False), (timedelta(seconds=90), True)]
)
def test_a_session_is_noted_as_seen_once_a_minute(
    ago: timedelta, wanted: bool, connection: Connection, agent: int
) -> None:
    token, other = begin(connection, agent), begin(connection, agent)
    age(connection, seen_at=ago)
    found = find_session(connection, token)
    assert found
    assert found.wants_note == wanted
    note_seen(connection, token)
    again = [find_session(connection, one) for one in (token, other)]

    assert [one and one.wants_note for one in again] == [False, wanted]
    seen = connection.scalars(select(agent_sessions.c.seen_at)).all()
    assert sum(abs(in_utc(one) - datetime.now(UTC)) < SOON / 2 for one in seen) == 1


def test_a_session_that_is_ended_is_over_and_no_other(
    connection: Connection, agent: int
) -> None:
    token, other = begin(connection, agent), begin(connection, agent)
    end(connection, token)

    assert find_session(connection, token) is None
    assert find_session(connection, other) is not None
