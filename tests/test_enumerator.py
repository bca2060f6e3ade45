"""Somebody who tries numbers: over one phone and over many, in order and at random.

What is counted here goes through the gateway's own address. Only so many numbers are
answered as phones may ask for, and it stands out soon.
"""

import random
from collections import Counter
from collections.abc import Sequence
from logging import makeLogRecord

import pytest
from flask import Flask

from logs import allowed
from models.lookup_flags import NEIGHBOURS, Sign
from tests.conftest import Open, line_of
from tests.lookups import answered, ask, flags, moved, phone
from tests.servers import RedisServer
from tests.world import put

NOBODY = "unix:///nonexistent/redis.sock"
FIRST = 30_000_017
TRIES = 6
"""What each phone tries in a day: one more than it may."""

many_phones = pytest.mark.parametrize(
    "phones", [12, pytest.param(1000, marks=pytest.mark.long)]
)
up_and_away = pytest.mark.parametrize(
    "stores",
    [
        "sqlite, Redis up",
        "postgres, Redis away",
        pytest.param("sqlite, Redis away", marks=pytest.mark.long),
        pytest.param("postgres, Redis up", marks=pytest.mark.long),
    ],
)


@pytest.fixture
def stores() -> str:
    return "sqlite, Redis up"


@pytest.fixture
def line_under_attack(
    stores: str, open_app: Open, redis: RedisServer, request: pytest.FixtureRequest
) -> Flask:
    database, redis_is = stores.split(", ")
    url = request.getfixturevalue(f"{database}_url")
    app = open_app(url, redis.url if redis_is == "Redis up" else NOBODY)
    line_of(app).mover.close()
    for number in (FIRST + 3, FIRST + 400):
        put(line_of(app), "id_card", str(number), "ready")
    return app


def attack(app: Flask, numbers: Sequence[int], each: int = TRIES) -> tuple[Counter[str], int]:
    """Try numbers, so many by each phone.

    Returns:
        How many were answered, by phone; and after how many answers a flag was seen, 0 where
        none was.
    """
    got: Counter[str] = Counter()
    flagged = 0
    for place, number in enumerate(numbers):
        asker = phone(place // each)
        got[asker] += answered(ask(app, str(number), asker))
        if not flagged and got.total() % 10 == 0:
            line_of(app).mover.move()
            flagged = got.total() if flags(line_of(app)) else 0
    return got, flagged


def kinds(app: Flask) -> set[Sign]:
    moved(line_of(app))
    return {flag.kind for flag in flags(line_of(app))}


@up_and_away
def test_one_phone_gets_five_numbers_a_day(line_under_attack: Flask) -> None:
    run = [ask(line_under_attack, str(FIRST + one), phone(1)) for one in range(20)]
    others = range(33_000_000, 33_002_000, 100)
    at_random = [ask(line_under_attack, str(number), phone(2)) for number in others]

    assert sum(map(answered, run)) == sum(map(answered, at_random)) == 5
    assert kinds(line_under_attack) == set()


@many_phones
@up_and_away
def test_many_phones_in_order_get_five_each_and_stand_out_within_fifty_tries(
    phones: int, line_under_attack: Flask
) -> None:
    got, flagged = attack(line_under_attack, range(FIRST, FIRST + phones * TRIES))
    print(f"{phones} phones in order: {got.total()} answered, flagged by try {flagged}")

    assert set(got.values()) == {5}
    assert NEIGHBOURS <= flagged <= 50
    assert Sign.SEQUENCE in kinds(line_under_attack)


@many_phones
@up_and_away
def test_many_phones_at_random_get_five_each_and_stand_out(
    phones: int, line_under_attack: Flask
) -> None:
    numbers = random.Random(1).sample(range(10_000_000, 45_000_000), max(phones, 20) * TRIES)
    got, flagged = attack(line_under_attack, numbers)
    print(f"{phones} phones at random: {got.total()} answered, flagged by try {flagged}")

    assert set(got.values()) == {5}
    assert 0 < flagged <= 100
    assert kinds(line_under_attack) == {Sign.LINE}


def test_a_flag_refuses_nobody_anything(line_under_attack: Flask) -> None:
    attack(line_under_attack, range(FIRST, FIRST + 60), each=5)
    page = ask(line_under_attack, str(FIRST + 3), phone(99))

    assert kinds(line_under_attack) == {Sign.SEQUENCE}
    assert page.startswith("CON ID ..020 is READY.")


def test_what_stands_out_is_logged_by_kind_and_count_alone(
    line_under_attack: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    attack(line_under_attack, range(FIRST, FIRST + 40), each=5)
    [said] = [one for one in caplog.records if one.msg == "look-ups stand out"]
    whole = {"event": said.msg, **vars(said)}
    kept = {name: value for name, value in allowed(whole).items() if value}

    assert (kept["kind"], kept["count"]) == ("sequence", 30)
    assert vars(said).keys() - vars(makeLogRecord({})).keys() == {"kind", "count", "message"}
