"""Words that change under way: calls finish on theirs, whoever dials then hears the new."""

import json
import logging
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from menus import watch
from menus.flows import HOME, MOVED, SCREENS
from menus.line import Line
from menus.packing import unpack
from menus.proposals import Refused, approve, propose, take_back, undone
from menus.voices import KEPT, Files, Voices
from menus.words import load
from models import wordings
from models.base import Database
from models.country import kenya
from models.wordings import Change, Overtaken, Own
from sms.sender import sweep
from tests.caller import Caller, text
from tests.conftest import Open, inbox, line_of
from tests.gateways import Hubtel
from tests.servers import RedisServer
from tests.world import put

WHICH = ("en", "screens.documents.text")
OLD, NEW = "Which document?", "Which document do you wait for?"
AWAY = "postgresql://nobody@127.0.0.1:1/nothing"


class Call(Caller):
    """A call whose hops go to one process or another."""

    def over_to(self, app: Flask) -> None:
        self._client = app.test_client()


@pytest.fixture
def two(open_app: Open, database_url: str, redis: RedisServer) -> tuple[Flask, Flask]:
    """Two processes of one line."""
    return open_app(database_url, redis.url), open_app(database_url, redis.url)


def change(line: Line, said: str = NEW, place: tuple[str, str] = WHICH) -> int:
    """Let words be changed by two people; give the version."""
    with line.database.working() as connection:
        proposal = propose(connection, line.voices.files, "wanjiru", {place: said})
    with line.database.working() as connection:
        return approve(connection, line.voices.files, "otieno", proposal)


def age(line: Line, seconds: float) -> None:
    """Let every version have been decided so long ago."""
    then = datetime.now(UTC) - timedelta(seconds=seconds)
    with line.database.working() as connection:
        connection.execute(update(wordings.wordings).values(decided_at=then))


# Calls under way.


def test_a_call_in_progress_ends_on_its_words_while_the_next_begins_on_the_new(
    two: tuple[Flask, Flask],
) -> None:
    call = Call(two[0].test_client())
    call.dial()
    change(line_of(two[0]))
    for app in two:
        line_of(app).watch.look()
    page = call.key("1")
    call.over_to(two[1])
    call.key("1")
    back = call.key("0")

    assert page.startswith(f"CON {OLD}\n")
    assert back.startswith(f"CON {OLD}\n")
    for app in two:
        assert Call(app.test_client()).keys("1").startswith(f"CON {NEW}\n")


def test_a_hop_delivered_again_after_a_change_gets_the_same_page(app: Flask) -> None:
    line = line_of(app)
    call = Call(app.test_client())
    page = call.keys("1")
    change(line)
    line.watch.look()

    assert call.send() == page
    assert page.startswith(f"CON {OLD}\n")


def test_a_wish_made_again_after_a_change_is_granted_once_and_by_the_same_page(
    app: Flask,
) -> None:
    line = line_of(app)
    put(line, "id_card", "12345678", "ready")
    call = Call(app.test_client())
    page = call.keys("12345678", "1")
    change(line, "We will text it.\nOnly 1919 texts you.", ("en", "screens.texted.text"))
    line.watch.look()

    assert call.send() == page
    assert page.startswith("CON We will text you the answer.")
    assert len(inbox(line)) == 1


def test_a_gateway_that_sends_the_last_key_alone_ends_a_call_on_its_words_too(
    app: Flask,
) -> None:
    line = line_of(app)
    call = Hubtel(app)
    call.dial()
    change(line)
    line.watch.look()

    assert OLD in call.key("1")


def test_a_call_that_began_on_words_this_process_has_not_looked_at_makes_it_look(
    open_app: Open, sqlite_url: str, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "CATCHING_UP_SECONDS", 0.0)
    two = open_app(sqlite_url, redis.url), open_app(sqlite_url, redis.url)
    change(line_of(two[0]))
    line_of(two[0]).watch.look()
    call = Call(two[0].test_client())
    call.dial()
    call.over_to(two[1])
    page, until = call.key("1"), time.monotonic() + 5
    while line_of(two[1]).voices.now.version != 1 and time.monotonic() < until:
        time.sleep(0.02)
    call.key("1")

    assert page.startswith(f"CON {OLD}\n")
    assert call.key("0").startswith(f"CON {NEW}\n")


def test_a_process_that_starts_during_a_call_knows_the_words_that_it_began_with(
    open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    app = open_app(sqlite_url, redis.url)
    change(line_of(app), "Which paper?")
    line_of(app).watch.look()
    call = Call(app.test_client())
    call.dial()
    age(line_of(app), 1000)
    change(line_of(app))
    call.over_to(open_app(sqlite_url, redis.url))

    assert call.key("1").startswith("CON Which paper?\n")


def test_voices_that_no_call_can_have_begun_with_are_let_go(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(line)
    line.watch.look()
    kept = line.voices.of(0).languages["en"].text("documents", {})
    beyond = time.monotonic() + KEPT.total_seconds() + 1
    monkeypatch.setattr(time, "monotonic", lambda: beyond)
    line.watch.look()

    assert kept == [OLD]
    assert line.voices.of(0) is line.voices.now


def test_a_session_holds_the_version_in_few_octets_and_none_for_the_files(
    app: Flask, redis: RedisServer
) -> None:
    line = line_of(app)
    before = _sessions(line, redis, Call(app.test_client()))
    change(line)
    line.watch.look()
    after = _sessions(line, redis, Call(app.test_client()))

    assert "z" not in before
    assert after["z"] == 1


def _sessions(line: Line, redis: RedisServer, call: Caller) -> dict[str, object]:
    """Dial, and read the session that the call left."""
    call.dial()
    sealer = line.sessions._sealer
    place = line.sessions.place(call.phone, "africastalking", call.session)
    value = redis.client.get(place.session)
    assert isinstance(value, bytes)
    read: dict[str, object] = json.loads(unpack(sealer.open_octets(value, place.session)))
    return read


def test_a_session_lost_within_a_call_of_a_change_of_words_goes_home_with_a_word(
    app: Flask, redis: RedisServer
) -> None:
    call = Call(app.test_client())
    call.keys("5")
    change(line_of(app))
    line_of(app).watch.look()
    redis.flush()

    assert call.key("2").startswith("CON Sorry, the line lost your place.\n")


# What else speaks.


def test_texts_are_answered_in_the_words_in_force(app: Flask) -> None:
    line = line_of(app)
    change(line, "Text START to hear from 1919 again.", ("en", "sms.stopped.0"))
    line.watch.look()
    text(app.test_client(), "STOP")

    assert inbox(line) == ["Text START to hear from 1919 again."]


def test_a_text_delivered_again_after_a_change_changes_nothing(app: Flask) -> None:
    line = line_of(app)
    put(line, "id_card", "23456789", "coming")
    text(app.test_client(), "23456789", message_id="one")
    text(app.test_client(), "2", message_id="two")
    before = inbox(line)
    change(line, "We text you when ready.\nNever pay.", ("en", "screens.subscribed.text"))
    line.watch.look()
    statuses = [text(app.test_client(), "2", message_id="two") for _ in range(2)]

    assert statuses == [200, 200]
    assert inbox(line) == before
    assert len(before) == 2


def test_a_sender_follows_the_words_in_force(app: Flask, redis: RedisServer) -> None:
    line = line_of(app)
    change(line)
    before = line.languages["en"].text("documents", {})
    sweep(line)

    assert before == [OLD]
    assert line.languages["en"].text("documents", {}) == [NEW]


def test_a_process_speaks_with_the_words_in_force_from_its_start(
    open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    change(line_of(open_app(sqlite_url, redis.url)))
    app = open_app(sqlite_url, redis.url)

    assert line_of(app).voices.now.version == 1
    assert Call(app.test_client()).keys("1").startswith(f"CON {NEW}\n")


def test_a_line_whose_database_is_away_at_the_start_speaks_with_the_files_words(
    open_app: Open, redis: RedisServer, capsys: pytest.CaptureFixture[str]
) -> None:
    app = open_app(AWAY, redis.url)

    assert Call(app.test_client()).keys("1").startswith(f"CON {OLD}\n")
    assert "the words were not read" in capsys.readouterr().err


def test_words_that_do_not_fit_newly_deployed_files_are_not_spoken(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    change(line, "x" * 145, ("en", "screens.ask_id_card.text"))
    voices = Voices(_longer(line.voices.files), line.database)
    with caplog.at_level(logging.ERROR):
        voices.follow()

    assert voices.now.version == 0
    assert voices.now.languages["en"].say("keys", "back") == "Go back now"
    assert "words that fail the proof are not spoken" in caplog.text


def _longer(files: Files) -> Files:
    """Give files in which `0 Back` takes more room."""
    sections = dict(files.words["en"].sections)
    sections["keys"] = {**sections["keys"], "back": "Go back now"}
    english = replace(files.words["en"], sections=sections)
    return replace(files, words={**files.words, "en": english})


def test_a_place_that_newly_deployed_files_lack_is_left_out(line: Line) -> None:
    files = line.voices.files
    said = files.languages({("en", "screens.gone.text"): "Hello", ("fr", "keys.back"): "Non"})

    assert {code: one.digest for code, one in said.items()} == {
        code: one.digest for code, one in files.languages({}).items()
    }


# What may be changed, and by whom.


def test_the_words_of_the_files_are_the_same_by_either_way() -> None:
    raw = load(first="en")
    files = Files(SCREENS, HOME, MOVED, raw, "*1919#", 160, kenya())

    assert {code: one.digest for code, one in files.languages({}).items()} == {
        code: one.digest for code, one in load(code="*1919#", first="en").items()
    }


def test_nobody_approves_their_own(line: Line) -> None:
    with line.database.working() as connection:
        proposal = propose(connection, line.voices.files, "wanjiru", {WHICH: NEW})
    with line.database.working() as connection, pytest.raises(Own):
        approve(connection, line.voices.files, "wanjiru", proposal)
    with line.database.working() as connection:
        assert wordings.newest(connection) == 0


def test_two_who_approve_at_once_make_one_version_each(database_url: str) -> None:
    database = Database(database_url)
    one, other = (Change("en", f"keys.{name}", "a", "b") for name in ("back", "home"))
    with database.working() as connection:
        first = wordings.propose(connection, "wanjiru", [one])
        second = wordings.propose(connection, "wanjiru", [other])
    with database.working() as connection:
        made = wordings.approve(connection, first, "otieno", after=0)
    with database.working() as connection, pytest.raises(Overtaken):
        wordings.approve(connection, second, "achieng", after=0)
    with database.working() as connection, pytest.raises(Overtaken):
        wordings.approve(connection, first, "achieng", after=1)
    with database.working() as connection:
        stages = [one.stage for one in wordings.versions(connection)]
        waiting = [one.id for one in wordings.waiting(connection)]
    database.close()

    assert made == 1
    assert stages == ["approved"]
    assert waiting == [second]


def test_a_proposal_of_no_change_is_refused(line: Line) -> None:
    with line.database.working() as connection, pytest.raises(Refused) as refused:
        propose(connection, line.voices.files, "wanjiru", {WHICH: f"{OLD} \r\n"})

    assert refused.value.faults == []


def test_taking_back_gives_each_text_what_it_said_before_and_leaves_later_ones(
    line: Line,
) -> None:
    files, again = line.voices.files, ("en", "screens.ask_id_card.again")
    change(line, "Which paper?")
    change(line, "Type it again:", again)
    change(line, NEW)
    with line.database.working() as connection:
        taken = [undone(files, wordings.versions(connection), one) for one in (1, 2, 3, 4)]
    with line.database.working() as connection:
        made = take_back(connection, files, "achieng", 3)
        overlay = wordings.overlay(wordings.versions(connection))
    with line.database.working() as connection, pytest.raises(Refused):
        take_back(connection, files, "achieng", 3)

    assert [len(one) for one in taken] == [0, 1, 1, 0]
    assert taken[1][0].of_files
    assert made == 4
    assert overlay == {WHICH: "Which paper?", again: "Type it again:"}


def test_letters_are_kept_as_phones_show_them(line: Line) -> None:
    change(line, "Which document\u2014yours\u2019s?  \r\n")
    line.watch.look()

    assert line.languages["en"].text("documents", {}) == ["Which document-yours's?"]


def test_the_lines_code_stays_open_in_what_is_kept(line: Line) -> None:
    change(line, "Sorry, dial {code} again.", ("en", "phrases.too_long"))
    line.watch.look()

    assert line.apology("too_long").text == "Sorry, dial *1919# again."
