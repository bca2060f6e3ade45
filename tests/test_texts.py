"""Every conversation by SMS, word by word: also without Redis, and with texts repeated."""

from pathlib import Path

import pytest

from models.gsm7 import SMS_PART, SMS_SEGMENT, septets
from tests.conftest import Open
from tests.dialogue import by_database
from tests.servers import RedisServer
from tests.texting import FILES, read

NOBODY = "unix:///nonexistent/redis.sock"
every_conversation = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@by_database(FILES)
def test_every_answer_is_as_written(
    file: Path, open_app: Open, database_url: str, redis: RedisServer, rewrite: bool
) -> None:
    conversation = read(file)
    app = conversation.dialogue.open(open_app, database_url, redis.url)
    said = conversation.hold(app, redis)
    if rewrite:
        heads = [head for head, _ in conversation.turns]
        conversation.turns = list(zip(heads, said, strict=True))
        file.write_text(conversation.write(), encoding="utf-8")
        return

    assert said == conversation.said


@every_conversation
def test_texts_delivered_three_times_are_answered_once(
    file: Path, open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    conversation = read(file)
    app = conversation.dialogue.open(open_app, sqlite_url, redis.url)

    assert conversation.hold(app, redis, times=3) == conversation.said


@by_database([one for one in FILES if not read(one).needs_redis])
def test_without_redis_the_answers_are_the_same(
    file: Path, open_app: Open, database_url: str
) -> None:
    conversation = read(file)
    app = conversation.dialogue.open(open_app, database_url, NOBODY)

    assert conversation.hold(app, None, times=2) == conversation.said


@every_conversation
def test_an_answer_is_one_segment_unless_more_was_asked_for(file: Path) -> None:
    long = [one for texts in read(file).said for one in texts if septets(one) > SMS_SEGMENT]

    assert all(septets(one) <= 2 * SMS_PART for one in long)
    assert not long or "bring" in file.stem


def test_there_are_conversations_in_both_languages() -> None:
    assert len(FILES) >= 25
    assert {"en", "sw"} <= {file.stem.rsplit("_", 1)[-1] for file in FILES}


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--rewrite"))
