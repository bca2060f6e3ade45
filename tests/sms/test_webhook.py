"""The gateway's way in for texts: each is answered once, or asked for again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from menus.callbacks import KEPT
from menus.drainer import Drainer
from menus.line import Line
from models.asked import BUDGET, asked
from models.callers import stopped_among
from models.gsm7 import SMS_SEGMENT, septets
from models.outbox import outbox
from sms.reply import LATE
from sms.webhook import LARGEST
from tests import caller
from tests.caller import PHONE, TOKEN, Caller
from tests.conftest import Open, inbox, line_of
from tests.parking import lose_spools, wait_until_taken, waiting
from tests.servers import PostgresServer, RedisServer
from tests.world import put, report_not_there

NOBODY = "unix:///nonexistent/redis.sock"
SAME = "b68d0989-d856-494f-92ee-7c439e96e1d9"
PAYLOADS = Path(__file__).parents[1] / "payloads"
HOW = "1919: text your ID, waiting card, birth entry or receipt number"
HOW_SW = "1919: tuma nambari ya kitambulisho"
SPENT = "You have asked for 5 different numbers today."
UNKNOWN = "No document found for ..{}."


@pytest.fixture(params=["redis", "no redis"])
def any_app(
    request: pytest.FixtureRequest, open_app: Open, database_url: str, redis: RedisServer
) -> Flask:
    """A line on each database, with Redis up and with Redis away."""
    return open_app(database_url, redis.url if request.param == "redis" else NOBODY)


@pytest.fixture
def frozen(
    open_app: Open, postgres: PostgresServer, postgres_url: str, redis: RedisServer
) -> Iterator[Flask]:
    """A line whose database does not answer."""
    app = open_app(postgres_url, redis.url)
    postgres.freeze()
    yield app
    postgres.thaw()


def text(
    client: FlaskClient, body: str, phone: str = PHONE, message_id: str = "", **fields: str
) -> int:
    """Text the line, without saying when: a text that took long is told so."""
    return caller.text(client, body, phone, message_id, **{"date": "", **fields})


def queued(line: Line) -> int:
    """Count the messages to anybody."""
    with line.database.working() as connection:
        return connection.scalars(select(func.count()).select_from(outbox)).one()


def post_raw(client: FlaskClient, body: bytes | str) -> int:
    return client.post(
        f"/sms/africastalking/{TOKEN}",
        data=body,
        content_type="application/x-www-form-urlencoded",
    ).status_code


def test_a_text_with_an_id_number_is_taken(client: FlaskClient) -> None:
    assert text(client, "ID 12345678") == 200


def test_a_text_with_an_id_number_queues_one_answer(any_app: Flask) -> None:
    line = line_of(any_app)
    put(line, "id_card", "12345678", "ready")
    text(any_app.test_client(), "ID 12345678")
    (answer,) = inbox(line)

    assert answer.startswith("ID ..678 is READY at Huduma Centre GPO Nairobi.")


def test_an_answer_is_one_segment(client: FlaskClient, line: Line) -> None:
    put(line, "birth_certificate", "1234567890", "ready")
    text(client, "cheti cha kuzaliwa 1234567890")
    (answer,) = inbox(line)

    assert septets(answer) <= SMS_SEGMENT


def test_a_number_that_nobody_loaded_is_answered_so(client: FlaskClient, line: Line) -> None:
    text(client, "ID 12345678")

    assert inbox(line)[0].startswith(UNKNOWN.format("678"))


def test_a_document_on_its_way_is_answered_so(client: FlaskClient, line: Line) -> None:
    put(line, "id_card", "12345678", "coming")
    text(client, "ID 12345678")

    assert inbox(line)[0].startswith("ID ..678 is not ready yet.")


def test_a_document_that_is_being_checked_is_answered_so(
    client: FlaskClient, line: Line
) -> None:
    put(line, "id_card", "12345678", "ready")
    for phone in ("+254700000008", "+254700000009"):
        report_not_there(line, "12345678", phone)
    text(client, "ID 12345678")

    assert inbox(line)[0].startswith("ID ..678 at GPO Nairobi was reported as not there.")


def test_a_text_is_answered_without_a_code(client: FlaskClient, line: Line) -> None:
    put(line, "id_card", "12345678", "ready")
    text(client, "ID 12345678")

    assert "Ref" not in inbox(line)[0]


@pytest.mark.parametrize("state", ["collected", "returned"])
def test_a_document_that_is_gone_is_answered_like_an_unknown_number(
    client: FlaskClient, line: Line, state: str
) -> None:
    put(line, "id_card", "12345678", state)
    text(client, "ID 12345678")

    assert inbox(line)[0].startswith(UNKNOWN.format("678"))


def test_an_answer_never_quotes_the_number(client: FlaskClient, line: Line) -> None:
    put(line, "id_card", "23456781", "ready")
    text(client, "ID 23456781")

    assert "23456781" not in inbox(line)[0]


def test_a_document_at_a_centre_without_hours_is_told(client: FlaskClient, line: Line) -> None:
    put(line, "id_card", "12345678", "ready", centre="009-01")
    text(client, "ID 12345678")

    assert inbox(line)[0].startswith(
        "ID ..678 is READY at Huduma Centre Mandera. Bring: waiting card."
    )


def test_a_text_delivered_three_times_queues_one_answer(any_app: Flask) -> None:
    client = any_app.test_client()
    statuses = [text(client, "ID 12345678", message_id=SAME) for _ in range(3)]

    assert statuses == [200, 200, 200]
    assert len(inbox(line_of(any_app))) == 1


def test_a_text_delivered_by_eight_threads_at_once_queues_one_answer(any_app: Flask) -> None:
    def deliver(_: int) -> int:
        for _again in range(5):  # a busy line says 503, and the gateway brings the text again
            status = text(any_app.test_client(), "ID 12345678", message_id=SAME)
            if status != 503:
                break
        return status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(deliver, range(8)))

    assert statuses == [200] * 8
    assert len(inbox(line_of(any_app))) == 1


def test_a_text_delivered_again_costs_nothing_of_the_budget(any_app: Flask) -> None:
    client = any_app.test_client()
    for _ in range(BUDGET + 1):
        text(client, "ID 12345678", message_id=SAME)
    text(client, "ID 12345679")

    assert inbox(line_of(any_app))[-1].startswith(UNKNOWN.format("679"))


def test_the_same_words_texted_again_are_answered_again(
    client: FlaskClient, line: Line
) -> None:
    for _ in range(2):
        text(client, "ID 12345678")

    assert len(inbox(line)) == 2


def test_a_gateway_that_nobody_knows_finds_nothing(client: FlaskClient) -> None:
    assert client.post(f"/sms/nobody/{TOKEN}", data={"id": "id-1"}).status_code == 404


@pytest.mark.parametrize("date", ["2026-10-09 12:17:37", "2026-10-09T12:17:37Z", "", "soon"])
def test_a_date_of_any_form_is_taken(client: FlaskClient, line: Line, date: str) -> None:
    assert text(client, "ID 12345678", date=date) == 200
    assert len(inbox(line)) == 1


@pytest.mark.parametrize("file", ["con_mo_sms.txt", "cap_mo_sms_courier.txt"])
def test_a_text_captured_from_the_gateway_is_answered(
    client: FlaskClient, line: Line, file: str
) -> None:
    assert post_raw(client, (PAYLOADS / file).read_bytes().strip()) == 200
    assert queued(line) == 1


def test_a_text_of_two_fields_and_words_is_answered(client: FlaskClient, line: Line) -> None:
    assert post_raw(client, "from=%2B254711000111&id=id-1&text=ID+12345678") == 200
    assert inbox(line)[0].startswith(UNKNOWN.format("678"))


def test_a_plus_that_was_not_encoded_is_put_back(client: FlaskClient, line: Line) -> None:
    post_raw(client, "from=+254711000111&id=id-1&text=ID+12345678")

    assert len(inbox(line)) == 1


@pytest.mark.parametrize("body", ["id=id-1&from=%2B254711000111", "", "text=%00"])
def test_a_text_without_words_is_told_how_to_ask(
    client: FlaskClient, line: Line, body: str
) -> None:
    post_raw(client, f"id=id-1&from=%2B254711000111&{body}")

    assert inbox(line)[0].startswith(HOW)


@pytest.mark.parametrize("body", ["", "   ", "\n", "?", "hello", "0712345678", "\U0001f64f"])
def test_a_text_without_a_number_is_told_how_to_ask(
    client: FlaskClient, line: Line, body: str
) -> None:
    text(client, body)

    assert inbox(line)[0].startswith(HOW)


def test_a_text_without_a_number_costs_nothing_of_the_budget(any_app: Flask) -> None:
    client = any_app.test_client()
    for _ in range(BUDGET + 1):
        text(client, "hello")
    text(client, "ID 12345678")

    assert inbox(line_of(any_app))[-1].startswith(UNKNOWN.format("678"))


@pytest.mark.parametrize("token", ["u" * 32, "t" * 31, "t" * 33, "T" * 32, "\u00e9" * 16])
def test_a_wrong_token_finds_nothing(client: FlaskClient, line: Line, token: str) -> None:
    form = {"from": PHONE, "id": "id-1", "text": "ID 12345678"}

    assert client.post(f"/sms/africastalking/{token}", data=form).status_code == 404
    assert queued(line) == 0


def test_only_a_post_is_a_text(client: FlaskClient) -> None:
    assert client.get(f"/sms/africastalking/{TOKEN}").status_code == 405


def test_an_oversize_body_is_refused(client: FlaskClient, line: Line) -> None:
    assert text(client, "x" * LARGEST) == 413
    assert queued(line) == 0


def test_a_long_text_of_six_messages_is_answered(client: FlaskClient, line: Line) -> None:
    text(client, "ID 12345678 " + "tafadhali " * 90)

    assert len(inbox(line)) == 1


@pytest.mark.parametrize("phone", ["", "+", "Safaricom", "20414", "+25471100011122334", "null"])
def test_a_text_from_no_phone_is_taken_and_not_answered(
    client: FlaskClient, line: Line, phone: str
) -> None:
    assert text(client, "ID 12345678", phone=phone) == 200
    assert queued(line) == 0


@pytest.mark.parametrize(
    "body",
    [
        "",
        "id=id-1&text=ID+12345678",
        "from=%2B254711000111&text=ID+12345678",
        "%ff%fe=%00",
        "{}",
    ],
)
def test_what_is_no_text_is_taken_and_not_answered(
    client: FlaskClient, line: Line, body: str
) -> None:
    assert post_raw(client, body) == 200
    assert queued(line) == 0


@pytest.mark.parametrize(
    ("body", "beginning"),
    [
        ("naomba kujua kama kitambulisho 12345678 kiko tayari", "Hakuna stakabadhi ya ..678"),
        ("is my ID 12345678 ready", UNKNOWN.format("678")),
        ("habari", HOW_SW),
        ("hello", HOW),
    ],
)
def test_a_text_is_answered_in_its_own_language(
    client: FlaskClient, line: Line, body: str, beginning: str
) -> None:
    text(client, body)

    assert inbox(line)[0].startswith(beginning)


def test_a_remembered_language_speaks_where_the_text_tells_none(any_app: Flask) -> None:
    client = any_app.test_client()
    Caller(client).keys("8")
    text(client, "12345678")

    assert inbox(line_of(any_app))[0].startswith("Hakuna stakabadhi ya ..678")


def test_a_remembered_language_speaks_to_an_empty_text(any_app: Flask) -> None:
    client = any_app.test_client()
    Caller(client).keys("8")
    text(client, "")

    assert inbox(line_of(any_app))[0].startswith(HOW_SW)


def test_a_texts_own_language_goes_before_the_remembered_one(any_app: Flask) -> None:
    client = any_app.test_client()
    Caller(client).keys("8")
    text(client, "what is the status of my ID 12345678")

    assert inbox(line_of(any_app))[0].startswith(UNKNOWN.format("678"))


@pytest.mark.parametrize(
    ("body", "first", "second"),
    [
        ("12345678 ID ready?", "ID ..678", "Licence ..678"),
        ("12345678 driving licence ready?", "Licence ..678", "ID ..678"),
    ],
)
def test_documents_of_several_kinds_are_all_named_the_one_asked_for_first(
    client: FlaskClient, line: Line, body: str, first: str, second: str
) -> None:
    put(line, "id_card", "12345678", "ready")
    put(line, "driving_licence", "12345678", "coming", centre="042-01")
    text(client, body)
    (answer,) = inbox(line)

    assert 0 == answer.index(first) < answer.index(second)


def test_documents_of_several_kinds_come_ready_ones_first_where_none_was_asked_for(
    client: FlaskClient, line: Line
) -> None:
    put(line, "id_card", "12345678", "coming")
    put(line, "driving_licence", "12345678", "ready", centre="042-01")
    text(client, "12345678")

    assert inbox(line)[0].startswith("Licence ..678 READY: Kisumu.")


def test_the_sixth_different_number_in_a_day_is_not_looked_up(any_app: Flask) -> None:
    line, client = line_of(any_app), any_app.test_client()
    put(line, "id_card", "12345675", "ready")
    for last in range(BUDGET + 1):
        text(client, f"ID 1234567{last}")

    assert inbox(line)[BUDGET].startswith(SPENT)


def test_the_first_number_stays_free_when_the_budget_is_spent(any_app: Flask) -> None:
    client = any_app.test_client()
    for last in range(BUDGET + 1):
        text(client, f"ID 1234567{last}")
    text(client, "ID 12345670")

    assert inbox(line_of(any_app))[-1].startswith(UNKNOWN.format("670"))


def test_another_phone_has_a_budget_of_its_own(any_app: Flask) -> None:
    client = any_app.test_client()
    for last in range(BUDGET + 1):
        text(client, f"ID 1234567{last}")
    text(client, "ID 12345679", phone="+254711000122")

    assert inbox(line_of(any_app), "+254711000122")[0].startswith(UNKNOWN.format("679"))


def test_calls_and_texts_spend_one_budget(any_app: Flask) -> None:
    client = any_app.test_client()
    for last in range(BUDGET):
        Caller(client).keys(f"1234567{last}")
    text(client, "ID 12345679")

    assert inbox(line_of(any_app))[-1].startswith(SPENT)


def test_six_numbers_texted_at_once_find_five_at_most(any_app: Flask) -> None:
    def deliver(last: int) -> int:
        return text(any_app.test_client(), f"ID 1234567{last}")

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(deliver, range(BUDGET + 1)))
    answers = inbox(line_of(any_app))

    assert statuses == [200] * (BUDGET + 1)
    assert sum(one.startswith(SPENT) for one in answers) == 1


def test_a_budget_that_redis_counts_leaves_no_row_in_the_database(
    client: FlaskClient, line: Line
) -> None:
    text(client, "ID 12345678")
    with line.database.working() as connection:
        counted = connection.scalars(select(func.count()).select_from(asked)).one()

    assert counted == 0


def test_redis_that_stops_between_two_texts_stops_no_answer(
    open_app: Open, sqlite_url: str
) -> None:
    own = RedisServer()
    try:
        app = open_app(sqlite_url, own.url)
        text(app.test_client(), "ID 12345678")
        own.stop()
        text(app.test_client(), "ID 12345679")
    finally:
        own.remove()

    first, second = inbox(line_of(app))

    assert first.startswith(UNKNOWN.format("678"))
    assert second.startswith(UNKNOWN.format("679"))


@pytest.mark.parametrize(
    ("body", "beginning"),
    [("ID 12345678", UNKNOWN.format("678")), ("habari", HOW_SW), ("", HOW)],
)
def test_a_text_that_comes_while_the_database_is_away_is_answered_once_it_is_back(
    body: str, beginning: str, frozen: Flask, postgres: PostgresServer
) -> None:
    line = line_of(frozen)
    status = text(frozen.test_client(), body)
    waits = waiting(line)
    postgres.thaw()
    wait_until_taken(line)

    assert status == 200
    assert waits == (0, 1)
    assert [one[: len(beginning)] for one in inbox(line)] == [beginning]


@pytest.mark.parametrize("body", ["ID 12345678", "habari", ""])
def test_a_text_that_cannot_be_kept_anywhere_is_asked_for_again(
    frozen: Flask, body: str
) -> None:
    lose_spools(frozen)

    assert text(frozen.test_client(), body) == 503


def test_a_text_brought_again_when_the_database_is_back_is_answered_once(
    frozen: Flask, postgres: PostgresServer
) -> None:
    client, line = frozen.test_client(), line_of(frozen)
    statuses = [text(client, "ID 12345678", message_id=SAME) for _ in range(2)]
    postgres.thaw()
    while not line.database.answers():
        Event().wait(0.05)
    statuses += [text(client, "ID 12345678", message_id=SAME) for _ in range(2)]
    wait_until_taken(line)

    assert statuses == [200] * 4
    assert len(inbox(line)) == 1


def test_a_text_that_waited_costs_as_much_of_the_budget_as_any(
    frozen: Flask, postgres: PostgresServer
) -> None:
    client, line = frozen.test_client(), line_of(frozen)
    text(client, "ID 12345679")
    postgres.thaw()
    wait_until_taken(line)
    for last in range(BUDGET):
        text(client, f"ID 1234567{last}")

    assert inbox(line)[0].startswith(UNKNOWN.format("679"))
    assert inbox(line)[-2].startswith(UNKNOWN.format("673"))
    assert inbox(line)[-1].startswith(SPENT)


def test_a_text_that_waited_for_over_an_hour_is_answered_with_a_word_about_it(
    frozen: Flask, postgres: PostgresServer
) -> None:
    line = line_of(frozen)
    sent = datetime.now(UTC) - LATE + timedelta(seconds=2)
    text(frozen.test_client(), "ID 12345678", date=f"{sent:%Y-%m-%d %H:%M:%S}")
    Event().wait(2.5)
    postgres.thaw()
    wait_until_taken(line)

    assert inbox(line)[0].startswith("Your text reached us late. No document found for ..678.")


def test_texts_of_one_phone_that_waited_are_answered_in_their_order(
    frozen: Flask, postgres: PostgresServer
) -> None:
    line, client = line_of(frozen), frozen.test_client()
    for body in ("CENTRE Thika", "ID 12345678", "STOP", "COURT", "START"):
        text(client, body)
    postgres.thaw()
    wait_until_taken(line)

    firsts = [one.split()[0] for one in inbox(line)]
    assert firsts == ["Thika", "No", "You", "Judiciary", "You"]


def test_a_start_that_comes_while_a_stop_waits_does_not_go_before_it(
    frozen: Flask, postgres: PostgresServer
) -> None:
    line, client = line_of(frozen), frozen.test_client()
    line.callbacks.close()  # as if this machine had many to take before
    text(client, "STOP")
    postgres.thaw()
    while not line.database.answers():
        Event().wait(0.05)
    text(client, "START")
    text(client, "ID 12345678")
    ordered = waiting(line)[1]
    Drainer(line.callbacks.spool, "again", KEPT).drain(line.callbacks.work(lambda: True))
    with line.database.reading() as connection:
        stopped = stopped_among(connection, line.keys.phone_hmacs(PHONE))

    assert ordered == 2
    assert stopped == {}
    assert len(inbox(line)) == 3
