"""Facts about how people say that a centre served them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from models.base import Database
from models.ratings import rate, ratings, summary

ME, YOU = b"p" * 32, b"q" * 32
GPO, THIKA = "047-01", "022-01"
TODAY, TOMORROW = date(2026, 9, 30), date(2026, 10, 1)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Each database in turn."""
    database = Database(database_url)
    yield database
    database.close()


def say(
    database: Database,
    mark: int,
    desk: str = "",
    phone: bytes = ME,
    centre: str = GPO,
    day: date = TODAY,
) -> bool:
    with database.working() as connection:
        return rate(connection, phone, centre, day, mark, desk)


def counted(database: Database) -> dict[tuple[str, str, int], int]:
    with database.working() as connection:
        return summary(connection)


def let_time_pass(database: Database, minutes: float) -> None:
    past = datetime.now(UTC) - timedelta(minutes=minutes)
    with database.working() as connection:
        connection.execute(update(ratings).values(made_at=past))


def test_without_marks_there_is_nothing_to_count(database: Database) -> None:
    assert counted(database) == {}


@pytest.mark.parametrize("mark", [1, 2, 3])
def test_a_mark_is_kept(database: Database, mark: int) -> None:
    assert say(database, mark)
    assert counted(database) == {(GPO, "", mark): 1}


@pytest.mark.parametrize("mark", [-1, 0, 4, 99999])
def test_a_mark_that_there_is_not_is_not_kept(database: Database, mark: int) -> None:
    assert not say(database, mark)
    assert counted(database) == {}


def test_the_last_mark_of_a_day_counts(database: Database) -> None:
    for mark in (1, 3, 2):
        say(database, mark)

    assert counted(database) == {(GPO, "", 2): 1}


def test_a_mark_that_changes_nothing_is_kept_too(database: Database) -> None:
    assert [say(database, 2) for _ in range(2)] == [True, True]
    assert counted(database) == {(GPO, "", 2): 1}


def test_a_desk_stays_named_by_a_mark_that_names_none(database: Database) -> None:
    say(database, 1, "immigration")
    say(database, 3)

    assert counted(database) == {(GPO, "immigration", 3): 1}


def test_a_desk_named_later_is_kept(database: Database) -> None:
    say(database, 1)
    say(database, 1, "immigration")
    say(database, 1, "registration")

    assert counted(database) == {(GPO, "registration", 1): 1}


def test_a_desks_name_that_is_too_long_is_cut(database: Database) -> None:
    say(database, 1, "d" * 30)

    assert counted(database) == {(GPO, "d" * 24, 1): 1}


def test_each_phone_has_its_mark(database: Database) -> None:
    say(database, 3)
    say(database, 3, phone=YOU)

    assert counted(database) == {(GPO, "", 3): 2}


def test_each_centre_has_its_mark(database: Database) -> None:
    say(database, 3)
    say(database, 1, centre=THIKA)

    assert counted(database) == {(GPO, "", 3): 1, (THIKA, "", 1): 1}


def test_each_day_has_its_mark(database: Database) -> None:
    say(database, 3)
    let_time_pass(database, minutes=11)
    say(database, 3, day=TOMORROW)

    assert counted(database) == {(GPO, "", 3): 2}


def test_midnight_within_a_call_makes_no_second_mark(database: Database) -> None:
    say(database, 1)
    let_time_pass(database, minutes=9)
    say(database, 3, day=TOMORROW)

    assert counted(database) == {(GPO, "", 3): 1}
