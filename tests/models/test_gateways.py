"""Facts about gateways that are away: noted once for all senders, and tried by one."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from models.base import Database
from models.gateways import Absence, absences, claim_probe, gateways, note_away, note_back

FIRST, SECOND = "africastalking", "kannel"
SECOND_LONG = timedelta(seconds=1)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Each database in turn."""
    one = Database(database_url)
    yield one
    one.close()


def away(database: Database, name: str = FIRST, reason: str = "no answer") -> None:
    with database.working() as connection:
        note_away(connection, name, reason)


def back(database: Database, name: str = FIRST) -> None:
    with database.working() as connection:
        note_back(connection, name)


def listed(database: Database) -> list[Absence]:
    with database.working() as connection:
        return absences(connection)


def let_pass(database: Database, **columns: float) -> None:
    """Move moments so many seconds into the past."""
    now = datetime.now(UTC)
    past = {name: now - seconds * SECOND_LONG for name, seconds in columns.items()}
    with database.working() as connection:
        connection.execute(update(gateways).values(past))


def probes(database: Database) -> bool:
    """Ask for the first absent gateway whether it is time to try it."""
    absence = listed(database)[0]
    with database.working() as connection:
        return claim_probe(connection, absence)


def test_no_gateway_is_away_at_first(database: Database) -> None:
    assert listed(database) == []


def test_a_gateway_is_away_since_it_was_noted_and_for_its_reason(database: Database) -> None:
    away(database, reason="HTTP 500")
    (absence,) = listed(database)

    assert (absence.name, absence.reason) == (FIRST, "HTTP 500")
    assert timedelta(0) <= datetime.now(UTC) - absence.since < 60 * SECOND_LONG


def test_gateways_that_are_away_are_listed_by_name(database: Database) -> None:
    away(database, SECOND)
    away(database, FIRST)

    assert [one.name for one in listed(database)] == [FIRST, SECOND]


def test_a_gateway_that_is_back_is_not_listed(database: Database) -> None:
    away(database)
    away(database, SECOND)
    back(database)

    assert [one.name for one in listed(database)] == [SECOND]


def test_a_gateway_that_was_never_away_may_be_noted_as_back(database: Database) -> None:
    back(database)

    assert listed(database) == []


def test_a_gateway_may_be_away_again(database: Database) -> None:
    away(database)
    back(database)
    away(database, reason="throttled")

    assert [one.reason for one in listed(database)] == ["throttled"]


def test_a_gateway_is_not_tried_before_ten_seconds(database: Database) -> None:
    away(database)
    let_pass(database, away_since=9, changed_at=9)

    assert not probes(database)


def test_a_gateway_is_tried_after_ten_seconds(database: Database) -> None:
    away(database)
    let_pass(database, away_since=11, changed_at=11)

    assert probes(database)


def test_one_sender_of_all_that_ask_tries_it(database: Database) -> None:
    away(database)
    let_pass(database, away_since=11, changed_at=11)
    absence = listed(database)[0]
    asked: list[bool] = []

    def ask() -> None:
        with database.working() as connection:
            asked.append(claim_probe(connection, absence))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(asked) == [False] * 7 + [True]


@pytest.mark.parametrize(
    ("away_for", "pause"),
    [(12, 10), (60, 30), (100, 50), (120, 60), (3600, 60), (86_400, 60)],
)
def test_the_pauses_grow_with_the_absence_from_ten_seconds_to_a_minute(
    database: Database, away_for: float, pause: float
) -> None:
    away(database)
    let_pass(database, away_since=away_for, changed_at=pause - 2)
    early = probes(database)
    let_pass(database, away_since=away_for, changed_at=pause + 2)

    assert (early, probes(database)) == (False, True)


def test_a_gateway_that_is_back_already_is_not_tried(database: Database) -> None:
    away(database)
    let_pass(database, away_since=11, changed_at=11)
    absence = listed(database)[0]
    back(database)
    let_pass(database, changed_at=11)
    with database.working() as connection:
        assert not claim_probe(connection, absence)


def test_a_try_leaves_the_gateway_away(database: Database) -> None:
    away(database)
    let_pass(database, away_since=11, changed_at=11)
    before = listed(database)
    probes(database)

    assert listed(database) == before
