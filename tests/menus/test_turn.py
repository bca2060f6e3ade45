"""Turns: repeated, late, at once, on reused session ids, carried on after a dropped line, and
through gateways that send only the last key."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from menus.dial import Dial
from menus.line import Line
from menus.session import Dropped, Session, Step
from menus.sessions import Verdict
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

    swahili = Caller(app.test_client()).dial()
    english = Caller(app.test_client(), "+254711000222").dial()

    assert swahili.startswith("CON 1919 Ndio Form!\nWeka nambari")
    assert swahili.endswith("\n7 English\n98 Mbele")
    assert english.endswith("\n8 Kiswahili\n98 More")


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


# A call whose line dropped.


CARRY_ON = "\n9 Carry on"
LOST = "CON Sorry, the line lost your place.\n1919 Ndio Form!"


def test_a_call_that_dropped_is_offered_when_its_caller_dials_again(app: Flask) -> None:
    Caller(app.test_client()).keys("1", "1")

    assert CARRY_ON in Caller(app.test_client()).dial()


def test_a_dropped_call_goes_on_where_it_was(app: Flask) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    before = Caller(app.test_client()).keys("1", "1", "12345678")

    assert Caller(app.test_client()).keys("9") == before


def test_a_dropped_call_goes_on_with_what_was_said_in_it(app: Flask) -> None:
    Caller(app.test_client()).keys("1", "3")
    put(line_of(app), "driving_licence", "45678901", "ready")
    put(line_of(app), "id_card", "45678901", "ready", "032-01")

    page = Caller(app.test_client()).keys("9", "45678901")

    assert page.startswith("CON Licence ..901 is READY.")


def test_a_dropped_call_tells_what_is_true_by_now(app: Flask) -> None:
    put(line_of(app), "id_card", "23456789", "coming")
    Caller(app.test_client()).keys("1", "1", "23456789")
    put(line_of(app), "id_card", "23456789", "ready", confirmed=date(2026, 10, 2))

    assert Caller(app.test_client()).keys("9").startswith("CON ID ..789 is READY.")


def test_the_way_back_from_a_dropped_call_is_its_own(app: Flask) -> None:
    Caller(app.test_client()).keys("1", "1")
    caller = Caller(app.test_client())
    caller.keys("9")

    assert caller.key("0").startswith("CON Which document?")
    assert caller.key("0").startswith("CON 1919 Ndio Form!")


def test_a_call_at_home_is_not_offered(app: Flask) -> None:
    Caller(app.test_client()).dial()

    assert CARRY_ON not in Caller(app.test_client()).dial()


def test_a_call_that_ended_is_not_offered(app: Flask) -> None:
    caller = Caller(app.test_client())
    for number in range(6):
        page = caller.keys(str(30_000_000 + number))
    assert page.startswith("END ")

    assert CARRY_ON not in Caller(app.test_client()).dial()


def test_a_dropped_call_is_offered_to_nobody_else(app: Flask) -> None:
    Caller(app.test_client()).keys("1", "1")
    other = Caller(app.test_client(), "+254711000222")

    assert CARRY_ON not in other.dial()
    assert other.key("9").startswith("CON That is not one of the choices.")


def test_a_call_is_not_offered_to_itself(app: Flask) -> None:
    caller = Caller(app.test_client())
    caller.keys("1", "1")

    assert CARRY_ON not in caller.key("00")


def test_the_key_that_carries_on_is_a_slip_where_it_is_not_offered(app: Flask) -> None:
    assert Caller(app.test_client()).keys("9").startswith("CON That is not one of the choices.")


def test_the_key_that_carries_on_is_a_lists_own_key_elsewhere(app: Flask) -> None:
    Caller(app.test_client()).keys("1", "1")

    assert "Police abstract" in Caller(app.test_client()).keys("3", "9")


def test_a_dropped_call_is_carried_on_by_direct_dial(app: Flask) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    before = Caller(app.test_client()).keys("1", "1", "12345678")

    assert Caller(app.test_client()).dial("9") == before
    assert Caller(app.test_client()).dial("9", "3").startswith("CON Which document?")


def test_a_carried_on_call_is_a_call_that_may_drop_again(app: Flask) -> None:
    Caller(app.test_client()).keys("1", "1")
    before = Caller(app.test_client()).keys("9", "0", "2")

    assert Caller(app.test_client()).keys("9") == before


def test_a_carried_on_wish_takes_effect_once(app: Flask) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    Caller(app.test_client()).keys("1", "1", "12345678")
    caller = Caller(app.test_client())
    pages = {caller.keys("9", "1"), caller.send(), caller.send()}

    assert len(pages) == 1
    assert pages.pop().startswith("CON We will text you the answer.")
    assert len(inbox(line_of(app))) == 1


def test_a_carried_on_wish_that_was_cut_off_is_kept_when_the_hop_comes_again(
    app: Flask,
) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    Caller(app.test_client()).keys("1", "1", "12345678")
    caller = Caller(app.test_client())
    caller.keys("9", "1")
    with line_of(app).database.working() as connection:  # as if it had been cut off before
        connection.exec_driver_sql("DELETE FROM outbox")
    caller.send()

    assert len(inbox(line_of(app))) == 1


def test_a_late_hop_of_a_carried_on_call_is_answered_from_where_it_was(app: Flask) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    before = Caller(app.test_client()).keys("1", "1", "12345678")
    caller = Caller(app.test_client())
    caller.keys("9", "3", "1")

    assert caller.send("9") == before
    assert caller.key("0").startswith("CON Which document?")


def test_a_carried_on_call_that_redis_lost_goes_home_with_an_honest_line(
    app: Flask, redis: RedisServer
) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    Caller(app.test_client()).keys("1", "1", "12345678")
    caller = Caller(app.test_client())
    caller.keys("9")
    redis.flush()

    assert caller.key("1").startswith(LOST)
    assert inbox(line_of(app)) == []
    assert caller.key("1").startswith("CON Which document?")


def test_a_carried_on_number_is_charged_once(app: Flask) -> None:
    Caller(app.test_client()).keys("30000000")
    for _ in range(3):
        Caller(app.test_client()).keys("9")
    for number in range(1, 5):
        Caller(app.test_client()).dial(str(30_000_000 + number))

    assert Caller(app.test_client()).dial("30000004").startswith("CON No document found")
    assert Caller(app.test_client()).dial("30000005").startswith("END You have asked for 5")


def test_a_dropped_call_at_a_screen_with_another_name_now_goes_on_there(line: Line) -> None:
    _drop(line, Dropped("call_us", (Step("home"),)))
    turn(line, last_only(session="s2"))

    page = turn(line, last_only("9", session="s2"))

    assert page.text.startswith("Call 1919")


def test_a_dropped_call_at_a_screen_that_is_gone_goes_home_and_says_so(line: Line) -> None:
    _drop(line, Dropped("parking", (Step("home"),)))
    turn(line, last_only(session="s2"))

    page = turn(line, last_only("9", session="s2"))

    assert page.text.startswith("The menu has changed. Please start here.\n1919 Ndio Form!")


def test_a_gateway_that_sends_only_the_last_key_carries_on_too(line: Line) -> None:
    for key in ((), ("1",), ("1",)):
        turn(line, last_only(*key))
    dialled = turn(line, last_only(session="s2"))
    page = turn(line, last_only("9", session="s2"))

    assert CARRY_ON in dialled.text
    assert page.text.startswith("Type your ID number")


def test_without_redis_nothing_is_carried_on(open_app: Open, sqlite_url: str) -> None:
    app = open_app(sqlite_url, NOBODY)
    Caller(app.test_client()).keys("1", "1")
    caller = Caller(app.test_client())

    assert CARRY_ON not in caller.dial()
    assert caller.key("9").startswith(LOST)


# What the network charges.


@pytest.mark.parametrize(
    ("network", "line_told"),
    [
        ("63902", "This call: free. A text: KSh 1."),
        ("63903", "This call: KSh 1.50. A text: KSh 1."),
        ("63907", None),
        ("", None),
    ],
)
def test_what_a_call_costs_is_told_where_it_is_set_for_the_network(
    network: str, line_told: str | None, open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    costs = "63902:0:1,63903:1.50:1"
    line = line_of(open_app(sqlite_url, redis.url, CALLER_COSTS=costs))
    dial = Dial("other", "s1", "+254711000111", "*1919#", network, ("5",))
    page = turn(line, dial)

    assert (line_told in page.text.split("\n")) if line_told else "This call" not in page.text


def _drop(line: Line, dropped: Dropped) -> None:
    """Let another call of the caller have dropped."""
    sessions, phone = line.sessions, "+254711000111"
    place = sessions.place(phone, "other", "s1")
    session = Session(dropped.way, trail=dropped.trail, said=dropped.said)
    loaded = sessions.load(place)
    assert loaded is not None
    verdict, _ = sessions.save(place, session, loaded, [], "", at_home=False)
    assert verdict is Verdict.SAVED


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
