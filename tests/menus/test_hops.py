"""Hops, by what they leave behind: what a repeat asks of the stores, what an agent's tells,
how long one took, and what a gateway means that sends a dial and an answer alike."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from menus.dial import Dial
from menus.line import Line
from menus.looks import Looks
from menus.sessions import Sessions
from menus.turn import CONSOLE, hop, turn
from models.lookups import Outcome
from models.summaries.span import Span
from models.summaries.times import MORE, TIMES
from tests.caller import PHONE, Caller
from tests.conftest import Open, line_of
from tests.menus.test_tally import counted
from tests.menus.test_turn import last_only
from tests.menus.test_voices import change
from tests.servers import RedisServer
from tests.test_cost import watching
from tests.world import put


def alike(*inputs: str, typed: str) -> Dial:
    """Give a hop of a gateway whose dials and answers look alike."""
    return Dial("other", "s1", PHONE, "*1919#", "63902", inputs, False, None, (typed,))


@contextmanager
def writing(url: str) -> Iterator[None]:
    """Let somebody else write to the database for long."""
    busy = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    busy.execute("BEGIN IMMEDIATE")
    yield
    busy.close()


def test_a_repeated_hop_with_a_wish_is_looked_up_again_without_counting_it_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    caller = Caller(app.test_client())
    page = caller.keys("12345678", "1")
    with watching(app, monkeypatch) as cost:
        assert caller.send() == page

    assert cost.statements.count("BEGIN IMMEDIATE") == 1, "the wish's own"


def test_a_hop_is_counted_by_the_time_it_took(app: Flask) -> None:
    line = line_of(app)
    Caller(app.test_client()).dial()
    line.tally.flush()
    today = line.country.day(line.clock())
    with line.database.working() as connection:
        (row,) = TIMES.total(connection, Span(today, today), ("bound",))

    assert row.hops == 1
    assert row.bound < MORE


def test_an_agents_hop_tells_what_its_look_up_came_to(line: Line) -> None:
    put(line, "id_card", "12345678", "ready")
    looks = Looks()
    hop(line, Dial(CONSOLE, "s1", PHONE, "*1919#", "", ("12345678",)), looks)

    assert looks.outcomes == [Outcome.FOUND]


def test_what_could_not_be_kept_is_said_in_the_words_that_the_call_began_with(
    open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    line = line_of(open_app(sqlite_url, redis.url))
    put(line, "id_card", "12345678", "ready")
    inputs = ("12345678",)
    turn(line, Dial("other", "s1", PHONE, "*1919#", "63902", inputs))
    old = line.voices.now.engine.words("en").say("phrases", "not_kept")
    change(line, "Try later.", ("en", "phrases.not_kept"))
    line.watch.look()
    with writing(sqlite_url):
        page = turn(line, Dial("other", "s1", PHONE, "*1919#", "63902", (*inputs, "1")))

    assert (page.text, page.ends) == (old, True)


def test_a_language_is_spoken_at_once_even_where_it_cannot_be_kept(
    open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    line = line_of(open_app(sqlite_url, redis.url))
    turn(line, Dial("other", "s1", PHONE, "*1919#", "63902", ()))
    with writing(sqlite_url):
        page = turn(line, Dial("other", "s1", PHONE, "*1919#", "63902", ("8",)))

    assert "1 Stakabadhi yangu" in page.text
    assert not page.ends


def test_a_last_key_delivered_twice_at_once_is_one_key(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn(line, last_only())
    both, load = Barrier(2), Sessions.load

    def load_together(self: Sessions, *given: Any) -> Any:
        found = load(self, *given)
        both.wait(5)
        return found

    with monkeypatch.context() as patched, ThreadPoolExecutor(2) as pool:
        patched.setattr(Sessions, "load", load_together)
        pages = list(pool.map(lambda _: turn(line, last_only("1")), range(2)))

    assert [one.text.split("\n")[0] for one in pages] == ["Which document?"] * 2
    assert turn(line, last_only("1")).text.startswith("Type your ID number")


def test_a_call_that_ended_and_is_dialled_again_by_its_name_is_counted_as_another(
    line: Line,
) -> None:
    dial = Dial("other", "s1", PHONE, "*1919#", "63902", (), False, True)
    turn(line, dial)
    ended = []
    for number in range(30_000_000, 30_000_006):
        ended += [turn(line, last_only("00")), turn(line, last_only(str(number)))]
    again = turn(line, dial)
    went, _ = counted(line)

    assert ended[-1].ends
    assert again.text.startswith("1919 Ndio Form!")
    assert went["", "home"] == 2


def test_a_code_typed_again_later_in_a_call_is_an_answer_and_no_repeat(line: Line) -> None:
    first = turn(line, alike(typed="*1919#"))
    asked = turn(line, Dial("other", "s1", PHONE, "*1919#", "63902", ("1",), False))

    assert turn(line, alike(typed="*1919#")).text not in (first.text, asked.text)


def test_a_direct_dial_that_comes_again_shows_the_same_page(line: Line) -> None:
    first = turn(line, alike("1", typed="*1919*1#"))

    assert turn(line, alike("1", typed="*1919*1#")) == first
    assert first.text.startswith("Which document?")
