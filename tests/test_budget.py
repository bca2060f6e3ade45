"""Five different numbers a phone a day: whatever becomes of Redis, from however many lines."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from menus import sessions
from tests.caller import PHONE, Caller, text
from tests.conftest import Open, inbox, line_of
from tests.lookups import SPENT, answered, ask, moved
from tests.servers import RedisServer

NOBODY = "unix:///nonexistent/redis.sock"


def numbers(count: int, first: int = 30_000_000) -> list[str]:
    return [str(first + one) for one in range(count)]


@pytest.mark.parametrize("is_moved", [False, True], ids=["in the files", "in the database"])
def test_redis_flushed_opens_no_second_budget(
    is_moved: bool, open_app: Open, database_url: str, redis: RedisServer
) -> None:
    app = open_app(database_url, redis.url)
    for number in numbers(5):
        ask(app, number, PHONE)
    if is_moved:
        assert len(moved(line_of(app))) == 5
    redis.flush()
    sixth, again = ask(app, "30000009", PHONE), ask(app, "30000002", PHONE)

    assert sixth.startswith(SPENT)
    assert answered(again)


def test_redis_flushed_before_every_number_opens_no_second_budget(
    open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    app = open_app(sqlite_url, redis.url)
    pages = []
    for place, number in enumerate(numbers(12)):
        redis.flush()
        pages.append(ask(app, number, PHONE))
        if place % 4 == 1:
            line_of(app).mover.move()

    assert [answered(page) for page in pages] == [True] * 5 + [False] * 7
    assert all(page.startswith(SPENT) for page in pages[5:])


@pytest.mark.parametrize("before", [1, 4, 5])
def test_redis_killed_in_between_opens_no_second_budget(
    before: int, open_app: Open, sqlite_url: str, own_redis: RedisServer
) -> None:
    app = open_app(sqlite_url, own_redis.url)
    pages = [ask(app, number, PHONE) for number in numbers(before)]
    own_redis.stop()
    pages += [ask(app, number, PHONE) for number in numbers(8)[before:]]

    assert [answered(page) for page in pages] == [True] * 5 + [False] * 3


def test_redis_that_comes_and_goes_opens_no_second_budget(
    open_app: Open,
    sqlite_url: str,
    own_redis: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "PAUSE_SECONDS", 0.0)
    app = open_app(sqlite_url, own_redis.url)
    pages = []
    for place, number in enumerate(numbers(10)):
        own_redis.stop() if place % 2 else None
        pages.append(ask(app, number, PHONE))
        own_redis.start() if place % 2 else None
    again = [answered(ask(app, number, PHONE)) for number in numbers(5)]

    assert [answered(page) for page in pages] == [True] * 5 + [False] * 5
    assert again == [True] * 5


@pytest.mark.parametrize("is_away", [False, True], ids=["Redis up", "Redis away"])
def test_many_lines_at_once_while_redis_forgets_get_five_numbers(
    is_away: bool, open_app: Open, database_url: str, redis: RedisServer
) -> None:
    app = open_app(database_url, NOBODY if is_away else redis.url)

    def dial(number: str) -> str:
        redis.flush()
        return ask(app, number, PHONE)

    with ThreadPoolExecutor(8) as threads:
        pages = list(threads.map(dial, numbers(32)))

    assert sum(map(answered, pages)) == 5
    assert sum(page.startswith(SPENT) for page in pages) == 27


def test_two_processes_of_a_machine_share_the_budget_when_redis_forgets(
    open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    apps = [open_app(sqlite_url, redis.url) for _ in range(2)]  # one folder, two journals
    pages = []
    for place, number in enumerate(numbers(8)):
        redis.flush()
        pages.append(ask(apps[place % 2], number, PHONE))

    assert [answered(page) for page in pages] == [True] * 5 + [False] * 3


def test_two_machines_share_the_budget_once_it_is_moved(
    tmp_path: Path, open_app: Open, database_url: str, redis: RedisServer
) -> None:
    apps = [
        open_app(database_url, redis.url, VAR_DIR=str(tmp_path / name)) for name in ("a", "b")
    ]
    first = [ask(apps[0], number, PHONE) for number in numbers(5)]
    moved(line_of(apps[0]))
    redis.flush()

    assert all(map(answered, first))
    assert ask(apps[1], "30000009", PHONE).startswith(SPENT)


def test_texts_and_calls_share_the_budget_when_redis_forgets(
    app: Flask, redis: RedisServer
) -> None:
    for number in numbers(5):
        assert text(app.test_client(), number) == 200
        redis.flush()

    assert ask(app, "30000009", PHONE).startswith(SPENT)
    assert len(inbox(line_of(app))) == 5


def test_a_budget_ends_with_its_day_when_redis_forgets(
    open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    day = [datetime(2026, 10, 5, 20, 59, tzinfo=UTC)]  # 23:59 in Nairobi
    app = open_app(sqlite_url, redis.url, clock=lambda: day[0])
    for number in numbers(5):
        ask(app, number, PHONE)
    redis.flush()
    before = ask(app, "30000009", PHONE)
    day[0] += timedelta(minutes=1)
    redis.flush()

    assert before.startswith(SPENT)
    assert answered(ask(app, "30000009", PHONE))


def test_a_number_that_was_not_answered_costs_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(app.config["VAR_DIR"]) / "lookups"
    line_of(app).mover.close()
    folder.rename(folder.with_name("elsewhere"))
    for number in numbers(9):
        assert not answered(ask(app, number, PHONE))
    folder.with_name("elsewhere").rename(folder)

    assert [answered(ask(app, number, PHONE)) for number in numbers(6)] == [True] * 5 + [False]


def test_a_call_that_asks_for_six_numbers_at_once_gets_none_of_the_sixth(app: Flask) -> None:
    six = [key for number in numbers(6) for key in (number, "00")]
    page = Caller(app.test_client()).dial(*six[:-1])

    assert page.startswith(SPENT)
