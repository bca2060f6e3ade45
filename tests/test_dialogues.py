"""Every dialogue, word by word: also with its stores flushed, stopped, and hops repeated."""

from pathlib import Path

import pytest

from tests.caller import Caller
from tests.conftest import Open
from tests.dialogue import FILES, Dialogue, by_database, read, twins_last
from tests.servers import RedisServer

every_dialogue_anew = twins_last("file", FILES)
NOBODY = "unix:///nonexistent/redis.sock"


@by_database(FILES)
def test_every_page_and_text_is_as_written(
    file: Path, open_app: Open, database_url: str, redis: RedisServer, rewrite: bool
) -> None:
    dialogue = read(file)
    app = dialogue.open(open_app, database_url, redis.url)
    caller = Caller(app.test_client())
    pages = [caller.dial(), *map(caller.key, dialogue.keys)]
    if rewrite:
        _rewrite(file, dialogue, pages, dialogue.heard(app))
        return

    assert pages == [page for _, page in dialogue.hops]
    assert dialogue.heard(app) == dialogue.texts


@every_dialogue_anew
def test_a_session_lost_before_every_hop_is_rebuilt(
    file: Path, open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    dialogue = read(file)
    app = dialogue.open(open_app, sqlite_url, redis.url)
    caller = Caller(app.test_client())
    pages = [caller.dial()]
    for key in dialogue.keys:
        redis.flush()
        pages.append(caller.key(key))

    assert pages == [page for _, page in dialogue.hops]
    assert dialogue.heard(app) == dialogue.texts


@every_dialogue_anew
def test_without_redis_the_pages_are_the_same(
    file: Path, open_app: Open, database_url: str
) -> None:
    dialogue = read(file)
    app = dialogue.open(open_app, database_url, NOBODY)
    caller = Caller(app.test_client())
    pages = [caller.dial(), *map(caller.key, dialogue.keys)]

    assert pages == [page for _, page in dialogue.hops]
    assert dialogue.heard(app) == dialogue.texts


@every_dialogue_anew
def test_each_hop_sent_three_times_takes_effect_once(
    file: Path, open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    dialogue = read(file)
    app = dialogue.open(open_app, sqlite_url, redis.url)
    caller = Caller(app.test_client())
    pages = [[caller.dial(), caller.send(), caller.send()]]
    pages += [[caller.key(key), caller.send(), caller.send()] for key in dialogue.keys]

    assert pages == [[page] * 3 for _, page in dialogue.hops]
    assert dialogue.heard(app) == dialogue.texts


@every_dialogue_anew
def test_dialled_directly_the_last_page_and_the_texts_are_the_same(
    file: Path, open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    dialogue = read(file)
    app = dialogue.open(open_app, sqlite_url, redis.url)
    page = Caller(app.test_client()).dial(*dialogue.keys)

    assert page == dialogue.hops[-1][1]
    assert dialogue.heard(app) == dialogue.texts


@every_dialogue_anew
def test_late_and_repeated_hops_change_nothing_that_follows(
    file: Path, open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    dialogue = read(file)
    app = dialogue.open(open_app, sqlite_url, redis.url)
    caller = Caller(app.test_client())
    pages = [caller.dial()]
    for count, key in enumerate(dialogue.keys):
        pages.append(caller.key(key))
        caller.send("*".join(dialogue.keys[:count]))

    assert pages == [page for _, page in dialogue.hops]
    assert dialogue.heard(app) == dialogue.texts


def _rewrite(file: Path, dialogue: Dialogue, pages: list[str], texts: list[str]) -> None:
    keys = ["*1919#", *dialogue.keys]
    dialogue.hops = list(zip(keys, pages, strict=True))
    dialogue.texts = texts
    file.write_text(dialogue.write(), encoding="utf-8")


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--rewrite"))
