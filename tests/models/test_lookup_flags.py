"""What stands out: runs of numbers, phones that never hit, a line that misses too much."""

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import mean

import pytest

from models.base import Database
from models.lookup_flags import (
    MISSED,
    NEIGHBOURS,
    Flag,
    Mark,
    Score,
    Sign,
    close,
    erase,
    flags,
    open_flags,
)
from models.lookups import Lookup, Outcome
from models.retention import Keep, apply
from tests.lookups import MISS_SHARE, MORNING, honest, keys, lookup, phone, take

KEYS = keys()
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
RUN = range(30_000_050, 30_000_100)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def asked(numbers: list[int], at: datetime = MORNING, each: int = 5) -> list[Lookup]:
    """Ask for numbers, so many of them by each phone; every third is found."""
    return [
        lookup(
            KEYS,
            phone(place // each),
            str(number),
            Outcome.UNKNOWN if place % 3 else Outcome.FOUND,
            at + place * SECOND,
        )
        for place, number in enumerate(numbers)
    ]


def take_all(database: Database, given: list[Lookup], size: int = 5) -> list[tuple[int, Mark]]:
    """Take look-ups in batches; give what stood out, and after how many."""
    found = []
    for start in range(0, len(given), size):
        with database.working() as connection:
            name = f"{given[start].at:%m%d%H%M%S}-{start}"
            marks = take(connection, name, given[start : start + size])
        found += [(start + size, mark) for mark in marks]
    return found


def opened(database: Database) -> list[Flag]:
    with database.working() as connection:
        return flags(connection)


@pytest.mark.parametrize("first", [30_000_000, 30_000_019, 30_000_050, 30_000_081, 30_000_099])
def test_a_run_of_fifty_numbers_stands_out_by_its_thirtieth(
    first: int, database: Database
) -> None:
    found = take_all(database, asked(list(range(first, first + 50))))
    tries, mark = found[0]

    assert mark.kind is Sign.SEQUENCE
    assert tries == NEIGHBOURS


@pytest.mark.parametrize("order", ["falling", "shuffled", "every other"])
def test_a_run_stands_out_in_any_order(order: str, database: Database) -> None:
    orders = {
        "falling": list(RUN)[::-1],
        "shuffled": random.Random(1).sample(RUN, 50),
        "every other": [*RUN[::2], *RUN[1::2]],
    }
    found = take_all(database, asked(orders[order]), size=1)

    assert [(tries, mark.kind) for tries, mark in found] == [(NEIGHBOURS, Sign.SEQUENCE)]


def test_a_run_asked_over_more_than_a_day_does_not_stand_out(database: Database) -> None:
    numbers = list(RUN)[: NEIGHBOURS - 1]
    found = take_all(database, asked(numbers))
    found += take_all(database, asked(list(RUN)[29:45], MORNING + DAY + 30 * SECOND))

    assert found == []


def test_the_same_number_asked_by_many_is_no_run(database: Database) -> None:
    found = take_all(database, asked([30_000_001] * 60, each=1))

    assert found == []


def test_asking_again_is_no_run(database: Database) -> None:
    again = [
        lookup(KEYS, phone(0), str(number), Outcome.FOUND, MORNING, fresh=False)
        for number in RUN
    ]

    assert take_all(database, again) == []


def test_a_run_that_goes_on_is_one_flag(database: Database) -> None:
    found = take_all(database, asked(list(RUN)))
    [flag] = opened(database)

    assert [mark.kind for _, mark in found] == [Sign.SEQUENCE]
    assert (flag.kind, flag.count, flag.phones) == (Sign.SEQUENCE, 50, 10)
    assert (flag.first_at, flag.last_at) == (MORNING, MORNING + 49 * SECOND)
    assert flag.channels == ("ussd",)


def test_what_was_before_a_flag_was_closed_raises_no_other(database: Database) -> None:
    take_all(database, asked(list(RUN)[:35]))
    [flag] = opened(database)
    with database.working() as connection:
        assert close(connection, flag.id, MORNING + timedelta(minutes=1)) is Sign.SEQUENCE
        assert close(connection, flag.id, MORNING + timedelta(minutes=1)) is None
    later = MORNING + timedelta(hours=1)
    few = take_all(database, asked(list(RUN)[:25], later))
    many = take_all(database, asked(list(RUN)[25:30], later + timedelta(hours=1)))

    assert few == []
    assert [mark.kind for _, mark in many] == [Sign.SEQUENCE]


def misses(count: int, first: int = 0, at: datetime = MORNING) -> list[Lookup]:
    """Let one phone miss with numbers far apart, five a day."""
    return [
        lookup(KEYS, phone(7), str(31_000_000 + 977 * one), at=at + (one // 5) * DAY)
        for one in range(first, first + count)
    ]


def test_a_phone_that_misses_with_forty_numbers_stands_out(database: Database) -> None:
    found = take_all(database, misses(50))
    phones = [(tries, mark) for tries, mark in found if mark.kind is Sign.PHONE]

    assert [(tries, mark.count) for tries, mark in phones] == [(MISSED, MISSED)]
    assert phones[0][1].about == KEYS.phone_hmac(phone(7))


def test_a_hit_ends_a_phones_misses(database: Database) -> None:
    hit = lookup(KEYS, phone(7), "31999999", Outcome.FOUND, MORNING + 7 * DAY)
    found = take_all(database, [*misses(35), hit])
    found += take_all(database, misses(35, first=40, at=MORNING))

    assert [mark for _, mark in found if mark.kind is Sign.PHONE] == []


def test_a_phone_that_asks_for_its_own_number_every_day_does_not_stand_out(
    database: Database,
) -> None:
    daily = [lookup(KEYS, phone(7), "31000000", at=MORNING + day * DAY) for day in range(60)]
    found = take_all(database, daily, size=10)

    assert [mark for _, mark in found if mark.kind is Sign.PHONE] == []


def test_a_line_that_misses_alone_stands_out_after_73_look_ups(database: Database) -> None:
    many = [
        lookup(KEYS, phone(one // 5), str(31_000_000 + 977 * one), at=MORNING + one * SECOND)
        for one in range(100)
    ]
    found = take_all(database, many[:72], size=72)
    found += take_all(database, many[72:], size=1)
    [flag] = opened(database)

    assert [(tries, mark.kind) for tries, mark in found] == [(1, Sign.LINE)]
    assert (flag.kind, flag.phones) == (Sign.LINE, 20)


def test_the_lines_sum_begins_anew_when_its_flag_is_closed(database: Database) -> None:
    """Of 80 and 75, each in batches, the 73rd brings the sum over its threshold."""
    many = [
        lookup(KEYS, phone(one), str(31_000_000 + 977 * one), at=MORNING + one * SECOND)
        for one in range(200)
    ]
    take_all(database, many[:80], size=80)
    [flag] = opened(database)
    with database.working() as connection:
        close(connection, flag.id, MORNING + timedelta(hours=1))
    found = take_all(database, many[80:155], size=75)
    few = take_all(database, many[155:], size=45)

    assert [mark.count for _, mark in found] == [75]
    assert few == []


def test_a_phones_flags_are_erased_with_it(database: Database) -> None:
    take_all(database, misses(50))
    with database.working() as connection:
        before = open_flags(connection)
        erased = erase(connection, [KEYS.phone_hmac(phone(7))])
        after = open_flags(connection)

    assert (before[Sign.PHONE], erased, after[Sign.PHONE]) == (1, 1, 0)
    assert after[Sign.LINE] == before[Sign.LINE]


def test_flags_that_were_closed_long_ago_are_forgotten(database: Database) -> None:
    take_all(database, asked(list(RUN)))
    later = MORNING + (Keep().lookups + 1) * DAY
    kept = dict(apply(database, Keep(), later, "wanjiku")).get("lookup_flags", 0)
    with database.working() as connection:
        close(connection, flags(connection)[0].id, MORNING)
    gone = dict(apply(database, Keep(), later, "wanjiku")).get("lookup_flags", 0)

    assert (kept, gone) == (0, 1)


# How often honest callers are flagged, and how soon others are.


def tries_until_flagged(rng: random.Random, honest_share: float) -> int:
    """Count the look-ups of somebody who asks at random, among honest ones, until flagged."""
    score, tries = Score(), 0
    while not score.stands_out:
        is_honest = rng.random() < honest_share
        missed = rng.random() < (MISS_SHARE if is_honest else 0.997)
        score = score.after(missed, MORNING, MISS_SHARE)
        tries += not is_honest
    return tries


def test_half_a_million_honest_look_ups_raise_no_flag_of_the_line() -> None:
    raised, score, rng = 0, Score(), random.Random(1)
    for _ in range(500_000):
        score = score.after(rng.random() < MISS_SHARE, MORNING, MISS_SHARE)
        if score.stands_out:
            raised, score = raised + 1, Score()

    assert raised == 0


def test_random_asking_on_a_quiet_line_is_flagged_within_a_hundred_tries() -> None:
    rng = random.Random(2)
    tries = [tries_until_flagged(rng, 0.0) for _ in range(300)]

    assert mean(tries) < 80
    assert max(tries) < 100


def test_random_asking_among_as_many_honest_look_ups_is_flagged_within_500_tries() -> None:
    rng = random.Random(3)
    tries = [tries_until_flagged(rng, 0.5) for _ in range(200)]

    assert mean(tries) < 150
    assert max(tries) < 500


@pytest.mark.long
def test_six_hundred_thousand_honest_look_ups_raise_no_flag(sqlite_url: str) -> None:
    with closing(Database(sqlite_url)) as database:
        found = [_honest_day(database, 60_000, seed) for seed in range(10)]

    print(f"false flags in 10 days of 60,000 honest look-ups: {sum(map(len, found))}")
    assert found == [[]] * 10


def test_honest_look_ups_raise_no_flag(sqlite_url: str) -> None:
    with closing(Database(sqlite_url)) as database:
        found = _honest_day(database, 6_000, seed=1)

    assert found == []


def _honest_day(database: Database, count: int, seed: int) -> list[tuple[int, Mark]]:
    start_of_day = seed * timedelta(days=2)
    day = [replace(one, at=one.at + start_of_day) for one in honest(KEYS, count, seed)]
    found = []
    for start in range(0, count, 2_000):
        with database.working() as connection:
            marks = take(connection, f"{seed}-{start}", day[start : start + 2_000])
        found += [(start, mark) for mark in marks]
    return found
