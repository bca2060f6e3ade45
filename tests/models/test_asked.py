"""Facts about what a phone has asked for: what is charged, what is known, what is full."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from models.asked import BUDGET, Charge, asked, charge, note, read_asked
from models.base import Connection, Database
from models.documents import look_up
from models.numbers import Kind

PHONE, OTHER = b"p" * 32, b"q" * 32
TODAY = date(2026, 11, 12)
NUMBERS = [bytes([one]) * 32 for one in range(1, 9)]


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[Connection]:
    database = Database(sqlite_url)
    database.open()
    with database.working() as connection:
        yield connection
    database.close()


def held(connection: Connection, phone: bytes = PHONE, day: date = TODAY) -> list[bytes]:
    query = select(asked.c.subject).where(asked.c.phone_hmac == phone, asked.c.day == day)
    return [bytes(one) for one in connection.scalars(query.order_by(asked.c.slot))]


def test_a_number_is_charged_once_and_known_afterwards(connection: Connection) -> None:
    charged = [charge(connection, PHONE, TODAY, NUMBERS[0]) for _ in range(3)]

    assert charged == [Charge.NEW, Charge.KNOWN, Charge.KNOWN]
    assert held(connection) == NUMBERS[:1]


def test_five_numbers_are_charged_and_the_sixth_finds_no_room(connection: Connection) -> None:
    charged = [charge(connection, PHONE, TODAY, one) for one in NUMBERS[:7]]

    assert charged == [Charge.NEW] * BUDGET + [Charge.FULL] * 2
    assert held(connection) == NUMBERS[:BUDGET]
    assert charge(connection, PHONE, TODAY, NUMBERS[0]) is Charge.KNOWN


def test_another_phone_and_another_day_have_budgets_of_their_own(
    connection: Connection,
) -> None:
    for one in NUMBERS[:BUDGET]:
        charge(connection, PHONE, TODAY, one)

    assert charge(connection, OTHER, TODAY, NUMBERS[5]) is Charge.NEW
    assert charge(connection, PHONE, TODAY + timedelta(days=1), NUMBERS[5]) is Charge.NEW
    assert held(connection) == NUMBERS[:BUDGET]


@pytest.mark.parametrize(("elsewhere", "room"), [(3, 2), (4, 1), (5, 0), (6, 0)])
def test_what_was_asked_elsewhere_takes_room(
    elsewhere: int, room: int, connection: Connection
) -> None:
    marks = [one[:8] for one in [*NUMBERS, b"\xff" * 32][-elsewhere:]]
    charged = [charge(connection, PHONE, TODAY, one, marks) for one in NUMBERS[: room + 1]]

    assert charged == [Charge.NEW] * room + [Charge.FULL]


def test_what_was_asked_elsewhere_is_known_and_not_written(connection: Connection) -> None:
    assert charge(connection, PHONE, TODAY, NUMBERS[0], [NUMBERS[0][:8]]) is Charge.KNOWN
    assert held(connection) == []


def test_what_is_known_here_and_elsewhere_counts_once(connection: Connection) -> None:
    for one in NUMBERS[:4]:
        charge(connection, PHONE, TODAY, one)
    marks = [one[:8] for one in NUMBERS[:4]]

    assert charge(connection, PHONE, TODAY, NUMBERS[4], marks) is Charge.NEW
    assert charge(connection, PHONE, TODAY, NUMBERS[5], marks) is Charge.FULL


def test_what_is_noted_takes_the_free_slots_and_no_more(connection: Connection) -> None:
    charge(connection, PHONE, TODAY, NUMBERS[0])
    note(connection, [(PHONE, TODAY, one) for one in NUMBERS])
    note(connection, [(PHONE, TODAY, one) for one in NUMBERS])

    assert held(connection) == NUMBERS[:BUDGET]
    query = select(asked.c.slot).order_by(asked.c.slot)
    assert list(connection.scalars(query)) == [1, 2, 3, 4, 5]


def test_more_phones_than_are_noted_at_a_time_are_all_noted(connection: Connection) -> None:
    phones = [one.to_bytes(32) for one in range(1, 1102)]
    note(connection, [(one, TODAY, NUMBERS[0]) for one in phones])

    assert len(list(connection.scalars(select(asked.c.phone_hmac)))) == len(phones)


def test_what_a_phone_asked_for_is_read_as_it_was_written() -> None:
    written = " ".join(one.hex().upper() for one in NUMBERS[:2])

    assert read_asked(written) == set(NUMBERS[:2])
    assert read_asked(None) == frozenset()


def test_a_look_tells_what_the_phone_asked_for_that_day_under_any_of_its_keys(
    database_url: str,
) -> None:
    database = Database(database_url)
    database.open()
    with database.working() as connection:
        for phone, day, number in [
            (PHONE, TODAY, NUMBERS[0]),
            (PHONE, TODAY, NUMBERS[1]),
            (OTHER, TODAY, NUMBERS[2]),
            (PHONE, TODAY - timedelta(days=1), NUMBERS[3]),
            (b"r" * 32, TODAY, NUMBERS[4]),
        ]:
            charge(connection, phone, day, number)
        told = look_up(connection, [NUMBERS[5]], list(Kind), [PHONE, OTHER], TODAY)
    database.close()

    assert told.asked == set(NUMBERS[:3])
