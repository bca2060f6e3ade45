"""What is asked while the database is away is answered once it is back, once, by a text."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from menus import late_answers
from menus.drainer import Drainer
from menus.parked import KEPT, Question
from menus.served import Served
from menus.wishes import AnswerMe
from models import finished
from models.asked import BUDGET
from models.lookups import Channel, Outcome, lookups
from models.outbox import CALL
from tests.caller import PHONE, TOKEN, Caller, text
from tests.conftest import Open, inbox, line_of
from tests.lookups import moved
from tests.parking import lose_spools, set_paused, wait_until_taken, waiting
from tests.servers import PostgresServer, RedisServer
from tests.world import put

PAYLOADS = Path(__file__).parent / "payloads"
SORRY = "Sorry, we cannot look that up just now."
PROMISE = f"CON {SORRY}\nWe will text you the answer, free of charge."
NO_PROMISE = f"CON {SORRY}\nPlease try again in a few minutes, or call 1919."
READY = "ID ..678 is READY"
SPENT = "You have asked for 5 different numbers today."


@pytest.fixture
def served(open_app: Open, postgres_url: str, redis: RedisServer) -> Flask:
    app = open_app(postgres_url, redis.url)
    put(line_of(app), "id_card", "12345678", "ready")
    return app


@pytest.fixture
def away(served: Flask, postgres: PostgresServer) -> Iterator[Flask]:
    """A line whose database does not answer, until it is let go on."""
    with postgres.frozen():
        yield served


def test_what_could_not_be_looked_up_is_answered_by_a_text(
    away: Flask, postgres: PostgresServer
) -> None:
    page = Caller(away.test_client()).keys("1", "1", "12345678")
    waits = waiting(line_of(away))
    postgres.thaw()
    wait_until_taken(line_of(away))

    assert page == f"{PROMISE}\n3 Try again\n0 Back 00 Home"
    assert waits == (1, 0)
    assert [one.startswith(READY) for one in inbox(line_of(away))] == [True]


def test_a_question_is_answered_once_however_often_it_is_asked_within_a_call(
    away: Flask, postgres: PostgresServer
) -> None:
    caller, line = Caller(away.test_client()), line_of(away)
    asked = [caller.dial("12345678"), caller.send(), caller.key("3"), caller.key("oh")]
    asked.append(Caller(away.test_client()).dial("12345678"))
    postgres.thaw()
    wait_until_taken(line)
    afterwards = caller.send(text="12345678*3*oh")
    wait_until_taken(line)

    assert [SORRY in page for page in asked] == [True] * 5
    assert SORRY in afterwards
    assert [one.startswith(READY) for one in inbox(line)] == [True]


def test_the_late_answer_is_in_the_callers_language_and_of_the_kind_asked_for(
    served: Flask, postgres: PostgresServer
) -> None:
    put(line_of(served), "driving_licence", "12345678", "coming")
    caller = Caller(served.test_client())
    caller.keys("8", "1", "3")
    with postgres.frozen():
        page = caller.key("12345678")
    wait_until_taken(line_of(served))
    (answer,) = inbox(line_of(served))

    assert page.startswith("CON Samahani, hatuwezi kuangalia kwa sasa.\nTutakutumia jibu")
    assert answer.startswith("Leseni ..678")


def test_a_phone_has_five_open_questions_at_most(away: Flask, postgres: PostgresServer) -> None:
    client = away.test_client()
    pages = [Caller(client).dial(f"1234567{last}") for last in range(BUDGET + 1)]
    again = Caller(client).dial("12345670")
    postgres.thaw()
    wait_until_taken(line_of(away))

    assert [page.startswith(PROMISE) for page in pages] == [True] * BUDGET + [False]
    assert pages[-1].startswith(NO_PROMISE)
    assert again.startswith(PROMISE)
    assert len(inbox(line_of(away))) == BUDGET


def test_a_parked_question_costs_as_much_of_the_budget_as_any(
    away: Flask, postgres: PostgresServer
) -> None:
    client, line = away.test_client(), line_of(away)
    Caller(client).dial("12345678")
    postgres.thaw()
    wait_until_taken(line)
    pages = [Caller(client).dial(f"2234567{last}") for last in range(BUDGET)]

    assert [SPENT in page for page in pages] == [False] * (BUDGET - 1) + [True]


def test_a_question_that_the_budget_has_no_room_for_is_answered_so(
    served: Flask, postgres: PostgresServer
) -> None:
    client, line = served.test_client(), line_of(served)
    for last in range(BUDGET - 1):
        Caller(client).dial(f"2234567{last}")
    with postgres.frozen():
        pages = [Caller(client).dial(number) for number in ("12345678", "12345679")]
    wait_until_taken(line)
    answers = inbox(line)

    assert [page.startswith(PROMISE) for page in pages] == [True, True]
    assert len(answers) == 2
    assert sum(one.startswith(SPENT) for one in answers) == 1


def test_what_cannot_be_parked_is_not_promised_and_is_once_it_can(
    away: Flask, postgres: PostgresServer
) -> None:
    caller, spool = Caller(away.test_client()), away.config["VAR_DIR"] / "parked"
    spool.rename(spool.with_name("elsewhere"))
    page = caller.dial("12345678")
    spool.with_name("elsewhere").rename(spool)
    again = caller.send()
    postgres.thaw()
    wait_until_taken(line_of(away))

    assert page == f"{NO_PROMISE}\n3 Try again\n0 Back 00 Home"
    assert again.startswith(PROMISE)
    assert len(inbox(line_of(away))) == 1


def test_a_promise_is_kept_though_the_hop_was_cut_off_before_it_was_parked(
    away: Flask, postgres: PostgresServer
) -> None:
    caller, spool = Caller(away.test_client()), away.config["VAR_DIR"] / "parked"
    spool.rename(spool.with_name("elsewhere"))
    caller.dial("12345678")
    spool.with_name("elsewhere").rename(spool)
    postgres.thaw()
    _wait_until_it_answers(away)
    page = caller.send()
    wait_until_taken(line_of(away))

    assert page.startswith(PROMISE)
    assert [one.startswith(READY) for one in inbox(line_of(away))] == [True]


def test_who_wants_no_texts_gets_the_answer_that_was_asked_for(
    served: Flask, postgres: PostgresServer
) -> None:
    text(served.test_client(), "STOP")
    with postgres.frozen():
        Caller(served.test_client()).dial("12345678")
    wait_until_taken(line_of(served))

    assert inbox(line_of(served))[-1].startswith(READY)


def test_with_both_stores_away_a_question_is_parked_and_counted_when_it_is_answered(
    open_app: Open, postgres_url: str, postgres: PostgresServer
) -> None:
    app = open_app(postgres_url, "unix:///nonexistent/redis.sock")
    put(line_of(app), "id_card", "12345678", "ready")
    with postgres.frozen():
        page = Caller(app.test_client()).keys("1", "1", "12345678")
    wait_until_taken(line_of(app))
    pages = [Caller(app.test_client()).dial(f"2234567{last}") for last in range(BUDGET)]

    assert page.startswith(PROMISE)
    assert len(inbox(line_of(app))) == 1
    assert [SPENT in one for one in pages] == [False] * (BUDGET - 1) + [True]


def test_a_look_up_that_was_parked_is_recorded_as_away_and_then_as_what_it_came_to(
    away: Flask, postgres: PostgresServer
) -> None:
    line = line_of(away)
    Caller(away.test_client()).dial("12345678")
    postgres.thaw()
    wait_until_taken(line)
    moved(line)
    with line.database.working() as connection:
        outcomes = connection.scalars(select(lookups.c.outcome).order_by(lookups.c.at)).all()

    assert outcomes == [Outcome.AWAY, Outcome.FOUND]


def test_what_is_asked_in_an_agents_call_is_answered_to_the_caller(
    away: Flask, postgres: PostgresServer
) -> None:
    line = line_of(away)
    shown = Served(line, PHONE, "call-1", None, beyond=False).dial("12345678")
    lose_spools(away)
    other = Served(line, PHONE, "call-2", None, beyond=False).dial("12345679")

    assert shown.page.startswith(PROMISE.removeprefix("CON "))
    assert shown.views["sw"].startswith("Samahani, hatuwezi kuangalia kwa sasa.\nTutakutumia")
    assert other.screen == "away"
    assert other.views["en"].startswith(NO_PROMISE.removeprefix("CON "))


def test_the_end_of_a_session_is_kept_until_the_database_is_back(
    away: Flask, postgres: PostgresServer
) -> None:
    line, client = line_of(away), away.test_client()
    body = (PAYLOADS / "con_ussd_event_success.txt").read_bytes().strip()
    form = "application/x-www-form-urlencoded"
    address = f"/ussd/africastalking/{TOKEN}/events"
    answers = [client.post(address, data=body, content_type=form) for _ in range(2)]
    waits = waiting(line)
    postgres.thaw()
    wait_until_taken(line)
    with line.database.working() as connection:
        kept = finished.count(connection)

    assert [one.status_code for one in answers] == [200, 200]
    assert waits == (0, 2)
    assert kept == 1


def test_a_sqlite_that_an_import_holds_is_like_one_that_is_away(
    open_app: Open, sqlite_url: str
) -> None:
    app = open_app(sqlite_url, "unix:///nonexistent/redis.sock")
    put(line_of(app), "id_card", "12345678", "ready")
    with line_of(app).database.working():
        started = time.monotonic()
        page = Caller(app.test_client()).dial("12345678")
        took = time.monotonic() - started
        status = text(app.test_client(), "ID 12345678", "+254711000112")
    wait_until_taken(line_of(app))

    assert page.startswith(PROMISE)
    assert took < 2
    assert status == 200
    assert [one.startswith(READY) for one in inbox(line_of(app))] == [True]
    assert len(inbox(line_of(app), "+254711000112")) == 1


def test_a_question_asked_anew_long_after_its_answer_is_answered_anew(app: Flask) -> None:
    line, question = line_of(app), _question()
    now = datetime.now(UTC)
    for asked_at in (now - CALL, now, now + CALL / 2, now + 2 * CALL):
        late_answers.answer(line, question, asked_at)

    assert len(inbox(line)) == 2


def test_an_answer_cut_off_between_its_queueing_and_its_removal_is_not_given_twice(
    app: Flask,
) -> None:
    line, parked = line_of(app), line_of(app).parked
    parked.close()
    parked.keep(PHONE, AnswerMe({"number": "12345678"}, "en"), Channel.USSD)
    late_answers.answer(line, _question(), datetime.now(UTC))
    waits = waiting(line)
    work = parked.work(partial(late_answers.answer, line), lambda: True)
    Drainer(parked.spool, "again", KEPT).drain(work)

    assert waits == (1, 0)
    assert waiting(line) == (0, 0)
    assert len(inbox(line)) == 1


def test_questions_wait_while_look_ups_are_paused(app: Flask) -> None:
    line = line_of(app)
    put(line, "id_card", "12345678", "ready")
    set_paused(line, True)
    page = Caller(app.test_client()).dial("12345678")
    status = text(app.test_client(), "ID 12345678", "+254711000112")
    stop = text(app.test_client(), "STOP", "+254711000113")
    time.sleep(1.5)
    waits, stopped = waiting(line), len(inbox(line, "+254711000113"))
    set_paused(line, False)
    wait_until_taken(line)

    assert page.startswith(PROMISE)
    assert (status, stop, stopped) == (200, 200, 1)
    assert waits == (1, 1)
    assert len(inbox(line)) == len(inbox(line, "+254711000112")) == 1


def test_nothing_of_a_question_or_a_text_can_be_read_on_the_disk(away: Flask) -> None:
    Caller(away.test_client()).dial("12345678")
    text(away.test_client(), "STOP 23456789")
    folder = away.config["VAR_DIR"]
    files = [one for name in ("parked", "callbacks") for one in (folder / name).iterdir()]
    written = b"".join(one.read_bytes() + one.name.encode() for one in files)

    assert sum(one.suffix == ".open" for one in files) == 2
    secret = (b"12345678", b"23456789", b"STOP", PHONE[1:].encode())
    assert [one for one in secret if one in written] == []
    assert {oct(one.stat().st_mode & 0o777) for one in files} == {"0o600"}


def _question() -> Question:
    return Question(Channel.USSD, PHONE, {"number": "12345678"}, "en")


def _wait_until_it_answers(app: Flask) -> None:
    until = time.monotonic() + 20
    while not line_of(app).database.answers():
        assert time.monotonic() < until, "the database did not come back"
        time.sleep(0.05)


def test_metrics_tell_what_waits_and_for_how_long(away: Flask) -> None:
    Caller(away.test_client()).dial("12345678")
    for body in ("12345678", "COURT"):
        text(away.test_client(), body)
    time.sleep(0.1)
    said = away.test_client().get("/metrics").get_data(as_text=True)

    assert 'line_waiting{kind="questions"} 1.0' in said
    assert 'line_waiting{kind="callbacks"} 2.0' in said
    assert 'line_waiting_oldest_seconds{kind="questions"} 0.0' not in said
    assert 'line_waiting_dropped{kind="questions"} 0.0' in said
