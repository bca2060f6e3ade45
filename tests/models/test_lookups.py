"""Look-ups as they are kept: written, read, proved, erased and forgotten."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text, update

from models.base import Database
from models.lookups import (
    Channel,
    Lookup,
    Outcome,
    Unreadable,
    batch_digest,
    digest_of,
    erase,
    forget,
    keep,
    lookup_batches,
    lookups,
    near,
    of_phone,
)
from tests.lookups import MORNING, keys, lookup, phone

KEYS = keys()
BATCH = [
    lookup(KEYS, phone(one % 3), str(30_000_000 + one), at=MORNING + timedelta(seconds=one))
    for one in range(9)
]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("channel", list(Channel))
def test_a_line_reads_back_as_it_was_written(outcome: Outcome, channel: Channel) -> None:
    given = replace(BATCH[0], outcome=outcome, channel=channel, fresh=False)

    assert Lookup.read(given.line) == given


def test_a_line_holds_neither_the_phone_nor_the_number() -> None:
    assert phone(0)[1:].encode() not in BATCH[0].line
    assert b"30000000" not in BATCH[0].line


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"\0" * 190 + b"\n",
        BATCH[0].line[:-1],
        BATCH[0].line[:50],
        BATCH[0].line[20:],
        BATCH[0].line.replace(b"ussd", b"post"),
        BATCH[0].line.replace(b" 1 ", b" 2 "),
        BATCH[0].line * 2,
        b"\xff" + BATCH[0].line,
    ],
)
def test_what_is_no_line_is_not_read(line: bytes) -> None:
    with pytest.raises(Unreadable):
        Lookup.read(line)


def test_neighbours_are_the_numbers_of_one_hundred() -> None:
    hundred, shifted = near(KEYS, "30000000")

    assert hundred == near(KEYS, "30000099")[0] == near(KEYS, "030000042")[0]
    assert hundred != near(KEYS, "30000100")[0]
    assert shifted == near(KEYS, "29999950")[1] == near(KEYS, "30000049")[1]
    assert len({shifted, near(KEYS, "29999949")[1], near(KEYS, "30000050")[1]}) == 3


@pytest.mark.parametrize("number", ["", "0", "123456", "0000123456", "RC4088123", "?1234567"])
def test_short_numbers_and_such_with_letters_have_no_neighbours(number: str) -> None:
    assert near(KEYS, number) == (b"", b"")


def test_a_batch_is_kept_once(database: Database) -> None:
    for _ in range(3):
        with database.working() as connection:
            keep(connection, "one", BATCH)
    with database.working() as connection:
        places = list(connection.scalars(select(lookups.c.place)))

    assert places == list(range(9))


def test_postgresql_learns_how_look_ups_grow_before_its_own_round(database: Database) -> None:
    if not database.is_postgresql:
        pytest.skip("SQLite needs not be told")
    with database.working() as connection:
        for batch in range(10):
            keep(connection, f"a{batch}", BATCH[:1])
    with database.working() as connection:
        known = connection.scalar(
            text("SELECT reltuples FROM pg_class WHERE oid = 'lookups'::regclass")
        )

    assert known == 10


def test_a_batch_is_not_kept_where_its_transaction_fails(database: Database) -> None:
    with database.working() as connection:
        keep(connection, "one", BATCH)
        connection.rollback()
    with database.working() as connection:
        assert keep(connection, "one", BATCH) is not None


def test_a_digest_is_made_anew_from_the_rows(database: Database) -> None:
    with database.working() as connection:
        batch = keep(connection, "one", BATCH)
        keep(connection, "two", BATCH[:4])
        assert batch is not None

        assert batch_digest(connection, batch) == digest_of(BATCH)


@pytest.mark.parametrize(
    "tampering",
    [
        update(lookups).where(lookups.c.place == 4).values(outcome="found"),
        update(lookups).where(lookups.c.place == 4).values(phone_hmac=b"x" * 32),
        update(lookups).where(lookups.c.place == 4).values(at=MORNING),
        update(lookups).where(lookups.c.place == 8).values(place=9, fresh=False),
        delete(lookups).where(lookups.c.place == 8),
        delete(lookups).where(lookups.c.place == 0),
        delete(lookups),
    ],
    ids=["outcome", "phone", "moment", "fresh", "last", "first", "all"],
)
def test_rows_that_were_edited_or_deleted_change_the_digest(
    tampering: object, database: Database
) -> None:
    with database.working() as connection:
        batch = keep(connection, "one", BATCH)
        connection.execute(tampering)  # type: ignore[call-overload]
        assert batch is not None

        assert batch_digest(connection, batch) not in (None, digest_of(BATCH))


def test_rows_in_another_order_change_the_digest(database: Database) -> None:
    with database.working() as connection:
        batch = keep(connection, "one", BATCH)
        for now, then in ((2, 99), (3, 2), (99, 3)):
            moved = update(lookups).where(lookups.c.place == now).values(place=then)
            connection.execute(moved)
        assert batch is not None

        assert batch_digest(connection, batch) != digest_of(BATCH)


def test_what_is_erased_for_a_person_leaves_the_digest(database: Database) -> None:
    mine = KEYS.phone_hmac(phone(1))
    with database.working() as connection:
        batch = keep(connection, "one", BATCH)
        known = len(of_phone(connection, [mine]))
        erased = erase(connection, [mine])
        assert batch is not None

        assert known == erased == 3
        assert of_phone(connection, [mine]) == []
        assert batch_digest(connection, batch) == digest_of(BATCH)


def test_what_a_phone_asked_comes_the_latest_first(database: Database) -> None:
    with database.working() as connection:
        keep(connection, "one", BATCH)
        asked = of_phone(connection, [KEYS.phone_hmac(phone(2))])

    assert asked == [BATCH[8], BATCH[5], BATCH[2]]


def test_batches_that_are_old_as_a_whole_are_forgotten(database: Database) -> None:
    with database.working() as connection:
        old = keep(connection, "one", BATCH[:3])
        young = keep(connection, "two", BATCH[3:])
        assert old is not None
        assert young is not None
        gone = [forget(connection, MORNING + timedelta(seconds=5)) for _ in range(2)]

        assert gone == [3, None]
        assert batch_digest(connection, old) is None
        assert batch_digest(connection, young) == digest_of(BATCH[3:])
        assert len(connection.execute(select(lookup_batches)).all()) == 2
