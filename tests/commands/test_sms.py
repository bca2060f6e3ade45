"""Facts about `flask sms`: what operators read of the sender, and what they settle."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import update

from models.gateways import gateways, note_away
from models.outbox import Delivery, Priority
from tests.caller import PHONE
from tests.conftest import Open, line_of
from tests.outbox import GATEWAY, Outbox
from tests.servers import PostgresServer, RedisServer

MOMENT = datetime(2026, 10, 9, 6, 30, 15, tzinfo=UTC)
BODY = "ID ..678 is READY"


@pytest.fixture
def app(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    """A line on each database in turn, with limits."""
    return open_app(
        database_url,
        redis.url,
        SMS_PRICE="0.8",
        SMS_DAILY_SEGMENTS="5000",
        SMS_DAILY_MONEY="4000",
    )


@pytest.fixture
def box(app: Flask) -> Outbox:
    line = line_of(app)
    return Outbox(line.database, line.keys)


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["sms", *words])


def told(app: Flask, *words: str) -> str:
    """Run a command that succeeds; give what it says."""
    result = run(app, *words)
    assert result.exit_code == 0, result.output
    return result.output


def lose(box: Outbox, **others: Any) -> int:
    """Put in a message of unknown fate; give its id."""
    values: dict[str, Any] = {
        "body": BODY,
        "state": Delivery.UNKNOWN,
        "submitting_at": MOMENT,
        "unknown_at": MOMENT,
        "gateway": GATEWAY,
        "reason": "no answer",
        "attempts": 1,
    }
    return box.put(**(values | others))


def fill(box: Outbox) -> None:
    """Let something of everything be in the outbox."""
    now = datetime.now(UTC)
    lose(box, unknown_at=now)
    box.send()
    box.send()
    box.put(priority=Priority.NOTICE, due_at=now - timedelta(minutes=5, seconds=10))
    box.put(priority=Priority.CAMPAIGN, due_at=now + timedelta(hours=1))
    with box.database.working() as connection:
        note_away(connection, GATEWAY, "HTTP 500")
        connection.execute(update(gateways).values(away_since=MOMENT))


def words_of(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


# status


def test_the_status_counts_messages_by_state(app: Flask, box: Outbox) -> None:
    fill(box)
    said = words_of(told(app, "status"))

    assert ["queued", "2"] in said
    assert ["sent", "2"] in said
    assert ["unknown", "1"] in said
    assert ["failed", "0"] in said


def test_the_status_says_what_waits_for_whom_and_for_how_long(app: Flask, box: Outbox) -> None:
    fill(box)
    said = words_of(told(app, "status"))

    assert ["answer", "0", "0"] in said
    assert ["notice", "1", "1", "5", "min"] in said
    assert ["campaign", "1", "0"] in said


def test_the_status_says_how_fast_messages_go(app: Flask, box: Outbox) -> None:
    fill(box)
    said = told(app, "status")
    head = next(one for one in said.splitlines() if one.startswith("handed over"))

    assert head.split()[5:] == ["1", "min", "10", "min", "1", "h"]
    assert ["2", "2", "2"] in words_of(said)


def test_the_status_says_what_today_came_to_and_what_it_may_come_to(
    app: Flask, box: Outbox
) -> None:
    said = words_of(told(app, "status"))

    assert ["segments", "0", "5000"] in said
    assert [line_of(app).country.currency, "0.00", "4000.00"] in said


def test_the_status_of_a_line_without_limits_says_so(
    open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    app = open_app(sqlite_url, redis.url)
    said = words_of(told(app, "status"))

    assert ["segments", "0", "no", "limit"] in said
    assert [line_of(app).country.currency, "0.00", "no", "limit"] in said


def test_the_status_names_a_gateway_that_is_away(app: Flask, box: Outbox) -> None:
    fill(box)

    assert f"AWAY: {GATEWAY} since 2026-10-09 06:30 UTC: HTTP 500" in told(app, "status")


def test_the_status_of_a_line_that_is_well_says_so(app: Flask) -> None:
    assert "no gateway is away" in told(app, "status")


def test_the_status_for_scripts_holds_the_same_as_json(app: Flask, box: Outbox) -> None:
    fill(box)
    said = json.loads(told(app, "status", "--json"))
    (away,) = said["away"]

    assert said["states"]["sent"] == 2
    assert said["waiting"]["notice"]["due"] == 1
    assert 300 <= said["waiting"]["notice"]["oldest_due_seconds"] < 400
    assert said["handed_over"] == {"60": 2, "600": 2, "3600": 2}
    assert said["unknown"] == {"hour": 1, "day": 0, "older": 0}
    assert said["today"] == {
        "segments": 0,
        "segments_limit": 5000,
        "money": 0,
        "money_limit": 4000,
    }
    assert (away["name"], away["since"]) == (GATEWAY, MOMENT.isoformat())


@pytest.mark.parametrize("words", [("status",), ("status", "--json"), ("unknown",)])
def test_nothing_personal_is_told(app: Flask, box: Outbox, words: tuple[str, ...]) -> None:
    fill(box)
    said = told(app, *words)

    assert PHONE.removeprefix("+") not in said
    assert "READY" not in said
    assert box.keys.phone_hmac(PHONE).hex() not in said


@pytest.mark.parametrize("command", ["status", "unknown"])
def test_a_database_that_does_not_answer_is_said_to_be_away(
    open_app: Open,
    postgres_url: str,
    postgres: PostgresServer,
    redis: RedisServer,
    command: str,
) -> None:
    app = open_app(postgres_url, redis.url)
    with postgres.frozen():
        result = run(app, command)

    assert (result.exit_code, result.output) == (1, "Error: the database does not answer\n")


# unknown


def test_messages_of_unknown_fate_are_listed_without_phone_and_text(
    app: Flask, box: Outbox
) -> None:
    message_id = lose(box, attempts=2, campaign_id=7)
    head, row = told(app, "unknown").splitlines()

    assert head.split() == [
        "id",
        "submitted",
        "(UTC)",
        "gateway",
        "reason",
        "attempts",
        "campaign",
    ]
    assert row.split() == [
        str(message_id),
        *("2026-10-09", "06:30:15", GATEWAY, "no", "answer", "2", "7"),
    ]


def test_a_message_of_no_campaign_has_none(app: Flask, box: Outbox) -> None:
    lose(box)

    assert told(app, "unknown").splitlines()[1].endswith(" 1")


def test_with_no_message_of_unknown_fate_it_says_so(app: Flask, box: Outbox) -> None:
    box.send()

    assert told(app, "unknown") == "There is no message of unknown fate.\n"


def test_no_more_are_listed_than_wanted(app: Flask, box: Outbox) -> None:
    for _ in range(3):
        lose(box)

    assert len(told(app, "unknown", "--most", "2").splitlines()) == 3


# settle


@pytest.mark.parametrize("verdict", ["delivered", "failed"])
def test_a_message_of_unknown_fate_is_settled_by_hand(
    app: Flask, box: Outbox, verdict: str
) -> None:
    message_id = lose(box)

    assert told(app, "settle", str(message_id), verdict) == (
        f"Message {message_id} is {verdict} now.\n"
    )
    assert (box.row().state, box.row().reason) == (verdict, "by hand")


def test_a_message_of_unknown_fate_is_sent_once_more(app: Flask, box: Outbox) -> None:
    message_id = lose(box)

    assert told(app, "settle", str(message_id), "again") == (
        f"Message {message_id} is sent once more.\n"
    )
    first, again = box.rows()
    assert (first.state, first.reason) == ("failed", "by hand")
    assert (again.state, again.cause) == ("queued", f"again|{message_id}")


def test_a_message_is_sent_once_more_once(app: Flask, box: Outbox) -> None:
    message_id = lose(box)
    told(app, "settle", str(message_id), "again")
    result = run(app, "settle", str(message_id), "again")

    assert result.exit_code == 1
    assert len(box.rows()) == 2


@pytest.mark.parametrize("verdict", ["delivered", "failed", "again"])
def test_a_message_whose_fate_is_known_is_left_alone(
    app: Flask, box: Outbox, verdict: str
) -> None:
    message_id = box.send()
    result = run(app, "settle", str(message_id), verdict)

    assert result.exit_code == 1
    assert result.output == (
        f"Error: Message {message_id} is left alone: it is sent:"
        " only what is unknown is settled by hand.\n"
    )
    assert box.states() == ["sent"]


def test_a_message_that_is_not_there_is_said_so(app: Flask) -> None:
    result = run(app, "settle", "77", "failed")

    assert (result.exit_code, result.output) == (
        1,
        "Error: Message 77 is left alone: there is no such message.\n",
    )


@pytest.mark.parametrize(
    "words",
    [("1", "lost"), ("one", "failed"), ("0", "failed"), (str(2**63), "failed"), ("1",), ()],
)
def test_another_wish_is_not_understood(app: Flask, words: tuple[str, ...]) -> None:
    assert run(app, "settle", *words).exit_code == 2
