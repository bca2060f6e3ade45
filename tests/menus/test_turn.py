"""Turns: repeated, late, at once, on reused session ids, and through gateways that send only
the last key."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from menus.dial import Dial
from menus.line import Line
from menus.turn import turn
from menus.wishes import number_hmacs
from models.subscriptions import subscribe, subscriptions
from tests.caller import Caller
from tests.conftest import Open, inbox, line_of
from tests.servers import RedisServer
from tests.world import put

NOBODY = "unix:///nonexistent/redis.sock"


def last_only(*inputs: str, session: str = "s1", phone: str = "+254711000111") -> Dial:
    """Give a hop as a gateway sends it that keeps no history."""
    return Dial("other", session, phone, "*1919#", "63902", inputs, cumulative=False)


def test_a_gateway_that_sends_only_the_last_key_gets_the_same_pages(line: Line) -> None:
    put(line, "id_card", "12345678", "ready")
    pages = [turn(line, last_only()).text]
    pages += [turn(line, last_only(key)).text for key in ("1", "1", "12345678")]

    assert [page.split("\n")[0] for page in pages] == [
        "1919 Ndio Form!",
        "Which document?",
        "Type your ID number, or the number on your waiting card:",
        "ID ..678 is READY. Free.",
    ]


def test_a_lost_session_of_such_a_gateway_goes_home_with_an_honest_line(
    line: Line, redis: RedisServer
) -> None:
    turn(line, last_only())
    redis.flush()
    page = turn(line, last_only("1"))

    assert page.text.startswith("Sorry, the line lost your place.\n1919 Ndio Form!")


def test_the_same_last_key_twice_is_two_keys(line: Line) -> None:
    turn(line, last_only())
    turn(line, last_only("1"))

    assert turn(line, last_only("1")).text.startswith("Type your ID number")


def test_a_session_id_used_again_shows_nobody_anothers_page(line: Line) -> None:
    put(line, "id_card", "12345678", "ready")
    for key in ((), ("1",), ("1",), ("12345678",)):
        turn(line, last_only(*key))
    page = turn(line, last_only("1", phone="+254711000222"))

    assert page.text.startswith("Sorry, the line lost your place.")


def test_sixty_keys_end_a_session_of_such_a_gateway_too(line: Line) -> None:
    turn(line, last_only())
    for _ in range(60):
        page = turn(line, last_only("00"))
    assert not page.ends

    assert turn(line, last_only("00")).text.startswith("This call has become too long.")


def test_a_wish_in_the_middle_of_a_direct_dial_is_kept_when_the_hop_comes_again(
    app: Flask, sqlite_url: str
) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    caller = Caller(app.test_client())
    caller.dial("12345678", "1", "00")
    with line_of(app).database.working() as connection:  # as if it had been cut off before
        connection.exec_driver_sql("DELETE FROM outbox")
    caller.send()

    assert len(inbox(line_of(app))) == 1


def test_a_number_with_noughts_before_it_is_the_same_question(app: Flask) -> None:
    for noughts in ("", "0"):
        for number in range(5):
            page = Caller(app.test_client()).dial(f"{noughts}{30_000_000 + number}")

    assert page.startswith("CON No document found")


def test_an_older_hop_is_answered_and_moves_nobody(app: Flask) -> None:
    caller = Caller(app.test_client())
    caller.keys("1", "1")
    late = caller.send("1")

    assert late.startswith("CON Which document?")
    assert caller.key("0").startswith("CON Which document?")


@pytest.mark.parametrize("redis_url", ["redis", NOBODY])
def test_one_hop_at_once_from_eight_lines_takes_effect_once(
    redis_url: str, open_app: Open, database_url: str, redis: RedisServer
) -> None:
    app = open_app(database_url, redis.url if redis_url == "redis" else redis_url)
    put(line_of(app), "id_card", "12345678", "ready")
    caller = Caller(app.test_client())
    caller.keys("1", "1", "12345678")
    caller.inputs.append("1")
    with ThreadPoolExecutor(8) as threads:
        pages = set(threads.map(lambda _: _send(app, caller), range(24)))

    assert len(pages) == 1
    assert pages.pop().startswith("CON We will text you the answer.")
    assert len(inbox(line_of(app))) == 1


@pytest.mark.parametrize("redis_url", ["redis", NOBODY])
def test_a_phone_on_many_lines_at_once_cannot_pass_the_budget(
    redis_url: str, open_app: Open, database_url: str, redis: RedisServer
) -> None:
    app = open_app(database_url, redis.url if redis_url == "redis" else redis_url)
    for number in range(20):
        put(line_of(app), "id_card", str(30_000_000 + number), "ready")
    with ThreadPoolExecutor(8) as threads:
        pages = list(
            threads.map(
                lambda number: Caller(app.test_client()).dial(str(30_000_000 + number), "1"),
                range(20),
            )
        )

    assert sum(page.startswith("CON We will text you") for page in pages) == 5
    assert len(inbox(line_of(app))) == 5


def test_a_new_day_brings_a_new_budget(line: Line) -> None:
    today, tomorrow = line.sessions.place("+254711000111").budget, "20991231"

    assert today.rsplit(":", 1)[1] != tomorrow
    assert len(today.rsplit(":", 1)[1]) == 8


def test_the_budget_holds_over_ussd_and_other_sessions(app: Flask) -> None:
    for number in range(5):
        Caller(app.test_client()).dial(str(30_000_000 + number))

    assert Caller(app.test_client()).dial("30000009").startswith("END You have asked for 5")
    assert Caller(app.test_client()).dial("30000004").startswith("CON No document found")


def test_a_session_that_ended_begins_anew_with_the_next_key(app: Flask) -> None:
    caller = Caller(app.test_client())
    for number in range(6):
        page = caller.keys(str(30_000_000 + number))
    assert page.startswith("END ")

    assert caller.key("1").startswith("CON 1919 Ndio Form!")


def test_a_language_is_remembered_by_phone(app: Flask, redis: RedisServer) -> None:
    Caller(app.test_client()).keys("8")
    redis.flush()

    assert Caller(app.test_client()).dial().startswith("CON 1919 Ndio Form!\nWeka nambari")
    assert Caller(app.test_client(), "+254711000222").dial().endswith("8 Kiswahili")


def test_a_phone_waits_for_ten_numbers_at_most(app: Flask) -> None:
    for number in range(10):
        assert _subscribe(line_of(app), str(30_000_000 + number))
    full = Caller(app.test_client()).keys("1", "1", "40000000", "2")
    again = Caller(app.test_client()).keys("1", "1", "30000003", "2")

    assert not _subscribe(line_of(app), "40000000")
    assert full.startswith("CON You wait for 10 numbers already.")
    assert again.startswith("CON We will text you when it is ready.")


def test_the_tenth_subscription_to_a_picked_kind_is_the_same_when_the_session_is_lost(
    app: Flask, redis: RedisServer
) -> None:
    put(line_of(app), "id_card", "45678901", "ready")
    put(line_of(app), "driving_licence", "45678901", "coming")
    for number in range(9):
        assert _subscribe(line_of(app), str(30_000_000 + number))
    caller = Caller(app.test_client())
    subscribed = caller.keys("45678901", "6", "2")
    redis.flush()
    again = caller.key("98")

    assert subscribed.startswith("CON We will text you when it is ready.")
    assert again == subscribed


@pytest.mark.parametrize(("minutes", "texts"), [(0, 1), (60, 2)], ids=["same call", "later"])
def test_who_asks_again_after_being_told_is_told_again(
    minutes: int, texts: int, open_app: Open, database_url: str, redis: RedisServer
) -> None:
    line = line_of(open_app(database_url, redis.url))
    _subscribe(line, "40000000")
    put(line, "id_card", "40000000", "ready")
    put(line, "id_card", "40000000", "collected")
    with line.database.working() as connection:
        told = datetime.now(UTC) - timedelta(minutes=minutes)
        connection.execute(
            update(subscriptions).values(met_at=told, made_at=told - timedelta(minutes=1))
        )
    _subscribe(line, "40000000")
    put(line, "id_card", "40000000", "ready", "032-01")

    assert len(inbox(line)) == texts


def _subscribe(line: Line, number: str) -> bool:
    with line.database.working() as connection:
        return subscribe(
            connection,
            line.keys,
            "+254711000111",
            line.keys.subject(number),
            "id_card",
            "en",
            number_hmacs(line.keys, line.country, number, "id_card"),
        )


def _send(app: Flask, caller: Caller) -> str:
    twin = Caller(app.test_client(), caller.phone)
    twin.session, twin.inputs = caller.session, caller.inputs
    return twin.send()
