"""Facts about phones that asked to be rung."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from models.base import Database
from models.call_backs import CallBack, ask, call_backs, close, waiting
from models.keys import Keys, Versions
from tests.conftest import KEYS

PHONE, OTHER = "+254711000111", "+254711000222"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Each database in turn."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def keys() -> Keys:
    public = Versions.read(KEYS["ARCHIVE_PUBLIC_KEY"]).secrets[0]
    return Keys(Versions.read(KEYS["LOOKUP_KEY"]), Versions.read(KEYS["PHONE_KEY"]), public)


def call_me(
    database: Database,
    keys: Keys,
    phone: str = PHONE,
    language: str = "en",
    place: str = "call_us",
) -> bool:
    with database.working() as connection:
        return ask(connection, keys, phone, language, place)


def waiting_in(database: Database, keys: Keys) -> list[CallBack]:
    with database.working() as connection:
        return waiting(connection, keys)


def close_in(database: Database, call_back_id: int) -> bool:
    with database.working() as connection:
        return close(connection, call_back_id)


def close_all(database: Database, keys: Keys, minutes_ago: float = 0) -> None:
    """Close every request, and let time pass since."""
    for one in waiting_in(database, keys):
        close_in(database, one.id)
    closed_at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    with database.working() as connection:
        connection.execute(update(call_backs).values(closed_at=closed_at))


def test_who_asks_to_be_rung_waits(database: Database, keys: Keys) -> None:
    call_me(database, keys, language="sw", place="not_found")
    (one,) = waiting_in(database, keys)

    assert (one.phone, one.language, one.place) == (PHONE, "sw", "not_found")


def test_asking_is_news_once(database: Database, keys: Keys) -> None:
    assert [call_me(database, keys) for _ in range(3)] == [True, False, False]


def test_a_phone_has_one_open_request(database: Database, keys: Keys) -> None:
    for _ in range(3):
        call_me(database, keys)

    assert len(waiting_in(database, keys)) == 1


def test_two_phones_have_two_requests(database: Database, keys: Keys) -> None:
    call_me(database, keys)
    call_me(database, keys, OTHER)

    assert [one.phone for one in waiting_in(database, keys)] == [PHONE, OTHER]


def test_asking_again_keeps_the_turn(database: Database, keys: Keys) -> None:
    call_me(database, keys)
    call_me(database, keys, OTHER)
    before = waiting_in(database, keys)[0]
    call_me(database, keys)
    after = waiting_in(database, keys)[0]

    assert (after.id, after.made_at) == (before.id, before.made_at)


def test_asking_again_in_another_language_changes_nothing(
    database: Database, keys: Keys
) -> None:
    call_me(database, keys)
    call_me(database, keys, language="sw", place="report")
    (one,) = waiting_in(database, keys)

    assert (one.language, one.place) == ("en", "call_us")


def test_the_oldest_request_comes_first(database: Database, keys: Keys) -> None:
    call_me(database, keys)
    call_me(database, keys, OTHER)
    with database.working() as connection:
        connection.execute(
            update(call_backs)
            .where(call_backs.c.phone_hmac == keys.phone_hmac(OTHER))
            .values(made_at=datetime.now(UTC) - timedelta(hours=1))
        )

    assert [one.phone for one in waiting_in(database, keys)] == [OTHER, PHONE]


def test_moments_are_told_with_their_zone(database: Database, keys: Keys) -> None:
    call_me(database, keys)
    (one,) = waiting_in(database, keys)

    assert timedelta(0) <= datetime.now(UTC) - one.made_at < timedelta(minutes=1)


def test_a_closed_request_waits_no_longer(database: Database, keys: Keys) -> None:
    call_me(database, keys)
    close_all(database, keys)

    assert waiting_in(database, keys) == []


def test_a_request_is_closed_once(database: Database, keys: Keys) -> None:
    call_me(database, keys)
    (one,) = waiting_in(database, keys)

    assert [close_in(database, one.id) for _ in range(2)] == [True, False]


def test_a_request_that_there_is_not_is_not_closed(database: Database) -> None:
    assert not close_in(database, 1919)


def test_closing_one_request_leaves_the_others(database: Database, keys: Keys) -> None:
    call_me(database, keys)
    call_me(database, keys, OTHER)
    close_in(database, waiting_in(database, keys)[0].id)

    assert [one.phone for one in waiting_in(database, keys)] == [OTHER]


def test_a_request_closed_within_the_call_stays_closed(database: Database, keys: Keys) -> None:
    call_me(database, keys)
    close_all(database, keys, minutes_ago=9)

    assert not call_me(database, keys)
    assert waiting_in(database, keys) == []


def test_a_request_closed_in_an_earlier_call_is_opened_again(
    database: Database, keys: Keys
) -> None:
    call_me(database, keys)
    close_all(database, keys, minutes_ago=11)

    assert call_me(database, keys, language="sw", place="report")
    (one,) = waiting_in(database, keys)
    assert (one.phone, one.language, one.place) == (PHONE, "sw", "report")


def test_a_request_opened_again_waits_from_now_on(database: Database, keys: Keys) -> None:
    call_me(database, keys)
    close_all(database, keys, minutes_ago=11)
    call_me(database, keys, OTHER)
    call_me(database, keys)

    assert [one.phone for one in waiting_in(database, keys)] == [OTHER, PHONE]


def test_a_request_made_ten_times_at_once_is_one(database: Database, keys: Keys) -> None:
    gate = threading.Barrier(10)

    def ask_one(_: int) -> bool:
        gate.wait()
        return call_me(database, keys)

    with ThreadPoolExecutor(10) as threads:
        news = list(threads.map(ask_one, range(10)))

    assert sum(news) == 1
    assert len(waiting_in(database, keys)) == 1


def test_a_place_that_is_too_long_is_cut(database: Database, keys: Keys) -> None:
    call_me(database, keys, place="p" * 60)
    (one,) = waiting_in(database, keys)

    assert one.place == "p" * 40


def test_a_phone_moved_to_another_row_does_not_open(database: Database, keys: Keys) -> None:
    call_me(database, keys)
    call_me(database, keys, OTHER)
    with database.working() as connection:
        moved = connection.scalars(select(call_backs.c.phone)).first()
        connection.execute(update(call_backs).values(phone=moved))

    assert sorted(one.phone for one in waiting_in(database, keys)) == ["", PHONE]


def test_no_phone_lies_open_in_a_request(database: Database, keys: Keys) -> None:
    call_me(database, keys)
    with database.working() as connection:
        (row,) = connection.execute(select(call_backs))

    assert b"711000111" not in b"".join(
        value if isinstance(value, bytes) else str(value).encode() for value in row
    )


def test_a_request_does_not_show_its_phone(database: Database, keys: Keys) -> None:
    call_me(database, keys)

    assert "711000111" not in repr(waiting_in(database, keys))
