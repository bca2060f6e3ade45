"""Where keys lead: a step back, home, a slip, a language, a screen with another name now."""

from dataclasses import replace

import pytest
from flask import Flask

from menus.session import Session
from menus.sessions import Loaded, Place, Verdict
from menus.voices import Voices
from tests.caller import PHONE, Caller
from tests.conftest import Open, line_of
from tests.servers import RedisServer

HOME = "CON 1919 Ndio Form!\nType your ID or waiting card number,\nor choose:\n1 My document"
NYUMBANI = "CON 1919 Ndio Form!\nWeka nambari"
KIND, ID_CARD = "CON Which document?", "CON Type your ID number"
AGAIN = "CON An ID number has 6 to 9 digits"
AWAY = "postgresql://nobody@127.0.0.1:1/nothing"
NAMES = {"asks_for_id": "ask_id_card", "kinds_of_old": "documents"}


@pytest.fixture
def caller(app: Flask) -> Caller:
    return Caller(app.test_client())


def test_back_on_a_second_page_shows_the_first(caller: Caller) -> None:
    assert "8 Kiswahili" not in caller.keys("98")
    assert caller.key("0").startswith(HOME)


def test_a_language_chosen_on_a_second_page_is_spoken_from_the_first(caller: Caller) -> None:
    caller.keys("98")

    assert caller.key("8").startswith(NYUMBANI)


def test_back_at_home_stays_there(caller: Caller) -> None:
    assert caller.keys("0").startswith(HOME)


def test_what_was_said_is_unsaid_on_the_way_back(caller: Caller, app: Flask) -> None:
    caller.keys("1", "1")
    assert _stored(app, caller)[2].said == {"kind": "id_card", "named": ""}

    caller.key("0")

    assert _stored(app, caller)[2].said == {}


@pytest.mark.parametrize("right", ["12345678", "0"], ids=["on", "back"])
def test_a_right_key_lets_earlier_slips_be_forgotten(
    right: str, caller: Caller, app: Flask
) -> None:
    caller.keys("1", "1", "x", "x")
    assert _stored(app, caller)[2].slips == 2

    caller.key(right)

    assert _stored(app, caller)[2].slips == 0


def test_a_language_that_could_not_be_kept_is_spoken_at_home_again(
    open_app: Open, redis: RedisServer
) -> None:
    caller = Caller(open_app(AWAY, redis.url).test_client())
    caller.keys("8", "1")

    assert caller.key("00").startswith(NYUMBANI)


def test_a_call_goes_on_at_screens_that_have_other_names_now(
    caller: Caller, app: Flask
) -> None:
    caller.keys("1", "1")
    _rename(app, caller)
    _deploy(app)

    assert caller.key("x").startswith(AGAIN)
    assert caller.key("0").startswith(KIND)
    assert caller.key("0").startswith(HOME)


def _stored(app: Flask, caller: Caller) -> tuple[Place, Loaded, Session]:
    """Read the call from Redis as the next hop will."""
    sessions = line_of(app).sessions
    place = sessions.place(PHONE, "africastalking", caller.session)
    loaded = sessions.load(place)
    assert loaded
    assert loaded.session
    return place, loaded, loaded.session


def _rename(app: Flask, caller: Caller) -> None:
    """Store the call as a version would have that called its screens by their old names."""
    old = {new: old for old, new in NAMES.items()}.get
    place, loaded, one = _stored(app, caller)
    trail = tuple(
        replace(step, screen=old(step.screen, step.screen), way=old(step.way, step.way))
        for step in one.trail
    )
    renamed = replace(one, screen=old(one.screen, ""), way=old(one.way, ""), trail=trail)
    assert renamed.screen == "asks_for_id"
    verdict, _ = line_of(app).sessions.save(place, renamed, loaded, [], "", at_home=False)
    assert verdict is Verdict.SAVED


def _deploy(app: Flask) -> None:
    """Serve files that name the old names too."""
    line = line_of(app)
    files = replace(line.voices.files, moved=NAMES)
    vars(line.voices).update(vars(Voices(files, line.database)))
