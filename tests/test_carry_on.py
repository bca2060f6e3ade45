"""A line that dropped: the next dial offers to carry on, for ten minutes."""

from datetime import date

import pytest
from flask import Flask

from menus.sessions import SESSION_SECONDS
from models.reports import waiting
from tests.caller import Caller
from tests.conftest import inbox, line_of
from tests.servers import RedisServer
from tests.world import put

HOME = "CON 1919 Ndio Form!\nType your ID or waiting card number,\nor choose:\n"
OFFERED = "\n9 Carry on\n"
LOST = "CON Sorry, the line lost your place.\n" + HOME.removeprefix("CON ")
READY = "CON ID ..678 is READY. Free.\nGPO Nairobi\n"


@pytest.fixture
def dropped(app: Flask) -> Flask:
    """A line on which a caller had an answer when the line dropped."""
    put(line_of(app), "id_card", "12345678", "ready")
    Caller(app.test_client()).keys("1", "1", "12345678")
    return app


def test_the_next_dial_offers_to_carry_on_and_takes_the_call_up(dropped: Flask) -> None:
    caller = Caller(dropped.test_client())

    assert OFFERED in caller.dial()
    assert caller.key("9").startswith(READY)
    assert caller.key("1").startswith("CON We will text you the answer.")
    assert len(inbox(line_of(dropped))) == 1


def test_the_way_back_is_carried_on_too(dropped: Flask) -> None:
    caller = Caller(dropped.test_client())
    caller.keys("9")

    assert caller.key("0").startswith("CON Type your ID number")
    assert caller.key("0").startswith("CON Which document?")
    assert caller.key("0").startswith(HOME)


def test_it_is_offered_dialled_directly(dropped: Flask) -> None:
    assert Caller(dropped.test_client()).dial("9").startswith(READY)


def test_it_is_offered_in_the_callers_language(dropped: Flask) -> None:
    Caller(dropped.test_client()).keys("8", "12345678")

    assert "\n9 Endelea\n" in Caller(dropped.test_client()).dial()
    assert Caller(dropped.test_client()).keys("9").startswith("CON Kitambulisho ..678 tayari")


def test_a_call_is_not_offered_to_itself(dropped: Flask) -> None:
    caller = Caller(dropped.test_client())
    caller.keys("3", "2")

    assert OFFERED not in caller.key("00")


def test_another_phone_is_offered_nothing(dropped: Flask) -> None:
    assert OFFERED not in Caller(dropped.test_client(), "+254711000222").dial()


def test_a_call_that_had_ended_is_not_offered(app: Flask, redis: RedisServer) -> None:
    caller = Caller(app.test_client())
    caller.keys("1", "1")
    for number in range(6):
        page = caller.key(f"3456789{number}")
        if number < 5:
            caller.key("0")

    assert page.startswith("END You have asked for 5 different numbers today.")
    assert OFFERED not in Caller(app.test_client()).dial()


def test_a_call_that_was_at_home_leaves_the_earlier_one_to_be_carried_on(
    dropped: Flask,
) -> None:
    Caller(dropped.test_client()).dial()

    assert Caller(dropped.test_client()).keys("9").startswith(READY)


def test_it_is_kept_for_ten_minutes(dropped: Flask, redis: RedisServer) -> None:
    kept = [redis.client.ttl(key) for key in redis.client.keys("d:*")]

    assert len(kept) == 1
    assert 0 < kept[0] <= SESSION_SECONDS == 600


def test_what_changed_since_is_decided_anew(dropped: Flask) -> None:
    put(line_of(dropped), "id_card", "12345678", "collected", confirmed=date(2026, 10, 2))
    caller = Caller(dropped.test_client())
    caller.dial()

    assert caller.key("9").startswith("CON No document found for ..678.")


def test_carried_on_and_forgotten_it_goes_home_with_a_word(
    dropped: Flask, redis: RedisServer
) -> None:
    caller = Caller(dropped.test_client())
    caller.keys("9")
    redis.flush()

    assert caller.key("1").startswith(LOST)
    assert inbox(line_of(dropped)) == []
    assert caller.key("3").startswith("CON Which service?")


def test_a_call_that_was_carried_on_can_be_carried_on_again(dropped: Flask) -> None:
    Caller(dropped.test_client()).keys("9", "7")

    assert Caller(dropped.test_client()).keys("9").startswith("CON About this document:")


def test_every_hop_of_a_carried_on_call_may_come_twice(dropped: Flask) -> None:
    caller = Caller(dropped.test_client())
    caller.keys("9")
    pages = [caller.send(), caller.key("7"), caller.send(), caller.key("1"), caller.send()]

    assert pages[0].startswith(READY)
    assert pages[1] == pages[2]
    assert pages[3] == pages[4]
    assert pages[3].startswith("CON Noted. We will ask the centre.")
    line = line_of(dropped)
    with line.database.working() as connection:
        assert len(waiting(connection, line.keys)) == 1


def test_a_wish_of_a_carried_on_call_takes_effect_though_its_first_answer_was_cut_off(
    dropped: Flask,
) -> None:
    caller = Caller(dropped.test_client())
    caller.keys("9", "1")
    line = line_of(dropped)
    with line.database.working() as connection:
        connection.exec_driver_sql("DELETE FROM outbox")
    caller.send()

    assert len(inbox(line)) == 1


def test_a_late_hop_of_a_carried_on_call_changes_nothing(dropped: Flask) -> None:
    caller = Caller(dropped.test_client())
    caller.keys("9", "7")
    late = caller.send("9")

    assert late.startswith(READY)
    assert caller.key("1").startswith("CON Noted. We will ask the centre.")


def test_where_nothing_is_offered_the_key_is_a_slip(app: Flask) -> None:
    assert Caller(app.test_client()).keys("9").startswith("CON That is not one of the choices.")
