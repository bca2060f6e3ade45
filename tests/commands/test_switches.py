"""`flask line`: what is paused and goes on, and what callers are told meanwhile."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import Result
from flask import Flask

from commands.sayings import faults
from models.audit import acts
from models.base import Database
from models.gsm7 import septets
from models.outbox import Priority
from models.switches import SAID, Part, is_paused, pause, read_switches, resume, say
from tests.caller import Caller
from tests.conftest import Open, line_of
from tests.outbox import Outbox
from tests.servers import RedisServer
from tests.world import put

EN, SW = "Look-ups rest till 06:00.", "Huduma itaanza saa 12 asubuhi."
BOTH = (EN, SW, "--language", "en", "--language", "sw")
AWAY = "unix:///nonexistent/redis.sock"


@pytest.fixture
def app(lasting: Flask) -> Flask:
    """A line on which nothing is paused and nothing told."""
    look(lasting)
    return lasting


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["line", *words])


def look(app: Flask) -> None:
    """Let this process see what was switched, as it does every few seconds."""
    line_of(app).watch.look()


def home(app: Flask, *keys: str) -> str:
    return Caller(app.test_client()).keys(*keys)


# The database


@pytest.mark.parametrize("part", list(Part))
def test_a_part_is_paused_and_resumed_once(part: Part, database_url: str) -> None:
    database = Database(database_url)
    with database.working() as connection:
        paused = [pause(connection, part), pause(connection, part)]
        since = read_switches(connection).paused[part]
        known = is_paused(connection, part)
        resumed = [resume(connection, part), resume(connection, part)]
        left = read_switches(connection).paused
    database.close()

    assert (paused, known, resumed, left) == ([True, False], True, [True, False], {})
    assert abs(datetime.now(UTC) - since) < timedelta(minutes=1)


def test_what_is_told_is_read_back_with_its_end_on_each_database(database_url: str) -> None:
    until = datetime(2026, 12, 1, 3, tzinfo=UTC)
    database = Database(database_url)
    with database.working() as connection:
        pause(connection, Part.SMS)
        say(connection, {"en": "before", "sw": "kabla"}, None)
        say(connection, {"en": EN, "sw": SW}, until)
        stand = read_switches(connection)
    database.close()

    assert (stand.texts, stand.until) == ({"en": EN, "sw": SW}, until)
    assert list(stand.paused) == ["sms"]
    assert stand.said(until - timedelta(seconds=1)) == stand.texts
    assert stand.said(until) is None


# Pausing


def test_while_texts_are_paused_a_sender_takes_none_and_none_is_lost(app: Flask) -> None:
    box = Outbox(line_of(app).database, line_of(app).keys)
    box.put()
    said = run(app, "pause", "sms").output
    held = box.take()
    run(app, "resume", "sms")

    assert said == "sms: paused: texts wait in the outbox, and none is lost\n"
    assert held == []
    assert len(box.take()) == 1


def test_while_campaigns_are_paused_other_texts_go_out(app: Flask) -> None:
    box = Outbox(line_of(app).database, line_of(app).keys)
    for number, priority in enumerate(Priority):
        box.put(f"text {number}", f"+25471190000{number}", priority=priority)
    run(app, "pause", "campaigns")
    taken = [one.body for one in box.take()]
    run(app, "resume", "campaigns")

    assert taken == ["text 0", "text 1"]
    assert [one.body for one in box.take()] == ["text 2"]


def test_while_look_ups_are_paused_nothing_is_looked_up_and_menus_go_on(app: Flask) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    run(app, "pause", "lookups")
    look(app)
    paused, menus = home(app, "12345678"), home(app, "2", "42")
    run(app, "resume", "lookups")
    look(app)

    assert "READY" not in paused
    assert "just now" in paused
    assert "Kisumu" in menus
    assert "READY" in home(app, "12345678")


def test_without_redis_look_ups_are_paused_as_well(open_app: Open, sqlite_url: str) -> None:
    app = open_app(sqlite_url, AWAY)
    put(line_of(app), "id_card", "12345678", "ready")
    run(app, "pause", "lookups")
    look(app)

    assert "READY" not in home(app, "12345678")


def test_nobody_pauses_what_is_no_part_of_the_line(app: Flask) -> None:
    result = run(app, "pause", "everything")

    assert result.exit_code == 2
    assert run(app, "resume", "sms").output == "sms: was not paused\n"


# What callers are told


def test_callers_are_told_in_their_language_and_choose_as_before(app: Flask) -> None:
    told = run(app, "say", *BOTH)
    look(app)
    english, swahili = home(app), home(app, "8")

    assert told.output == "Told. Callers see it within ten seconds.\n"
    assert english.startswith(f"CON {EN}\n1919 Ndio Form!\n")
    assert swahili.startswith(f"CON {SW}\n1919 Ndio Form!\n")
    assert "8 Kiswahili" in english
    assert "7 English" in swahili
    assert home(app, "2").split("\n")[0] == home(app, "98", "2").split("\n")[0]


def test_the_longest_that_may_be_told_fits_every_page(app: Flask) -> None:
    longest = ("Wi " * SAID)[:SAID].strip()
    run(app, "say", longest, longest, "--language", "en", "--language", "sw")
    look(app)
    pages = [home(app, *keys) for keys in ([], ["98"], ["8"], ["8", "98"], ["1", "9"])]

    assert pages[0].startswith(f"CON {longest}")
    assert max(septets(page) - len("CON ") for page in pages) <= 160


def test_callers_are_told_no_more_when_its_time_is_over(app: Flask) -> None:
    line = line_of(app)
    with line.database.working() as connection:
        say(connection, {"en": EN, "sw": SW}, datetime.now(UTC) + timedelta(seconds=0.3))
    look(app)
    before = line.watch.said
    time.sleep(0.35)

    assert before == {"en": EN, "sw": SW}
    assert home(app).startswith("CON 1919 Ndio Form!")


def test_callers_are_told_nothing_any_more(app: Flask) -> None:
    run(app, "say", *BOTH)
    said = run(app, "say", "--nothing").output
    look(app)

    assert said == "Nothing is told any more. Callers see it within ten seconds.\n"
    assert home(app).startswith("CON 1919 Ndio Form!")


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        ({"en": EN}, "sw: nothing is said in it, and callers are told in every language"),
        ({"en": "x" * 61, "sw": SW}, "en: it takes 61 of 60 septets"),
        ({"en": "Sleep 😀", "sw": SW}, "en: it has 😀, which phones cannot show"),
        ({"en": "one\ntwo", "sw": SW}, "en: it has more than one line"),
        ({"en": EN, "sw": SW, "fr": "Bonjour"}, "fr: the line does not speak it"),
    ],
)
def test_what_does_not_fit_is_told_to_nobody(
    texts: dict[str, str], fault: str, app: Flask
) -> None:
    names = [part for one in texts for part in ("--language", one)]
    result = run(app, "say", *texts.values(), *names)
    look(app)

    assert result.exit_code == 1
    assert fault in result.output
    assert line_of(app).watch.said is None


def test_a_page_too_small_for_the_languages_is_a_fault(app: Flask) -> None:
    voice = line_of(app).voices.now

    assert list(faults({"en": EN, "sw": SW}, voice, 160)) == []
    assert list(faults({"en": EN, "sw": SW}, voice, 100)) == [
        "en: it leaves no room on the first page to choose another language",
        "sw: it leaves no room on the first page to choose another language",
    ]


@pytest.mark.parametrize(
    "words",
    [
        [EN],
        [EN, "--language", "en", "--language", "sw"],
        [*BOTH, "--nothing"],
        [],
        [*BOTH, "--until", "25:00"],
        [*BOTH, "--until", "2020-01-01T06:00"],
    ],
)
def test_what_cannot_be_understood_changes_nothing(words: list[str], app: Flask) -> None:
    result = run(app, "say", *words)

    assert result.exit_code == 2
    assert "told to callers: nothing" in run(app, "status").output


def test_the_next_six_in_the_morning_is_there(open_app: Open, sqlite_url: str) -> None:
    night = datetime(2036, 10, 9, 20, 30, tzinfo=UTC)  # half past eleven in Nairobi
    app = open_app(sqlite_url, AWAY, lambda: night)
    run(app, "pause", "lookups")
    run(app, "say", *BOTH, "--until", "06:00")
    lines = run(app, "status").output.splitlines()

    assert lines[:2] == ["sms: at work", "campaigns: at work"]
    assert lines[2].startswith("lookups: PAUSED since 20")
    assert lines[3:] == [
        "told to callers until 2036-10-10 06:00:",
        f"  en: {EN}",
        f"  sw: {SW}",
    ]


def test_every_switch_is_in_the_audit(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPERATOR", "amina")
    for words in (["pause", "sms"], ["resume", "sms"], ["resume", "sms"], ["say", *BOTH]):
        run(app, *words)
    with line_of(app).database.working() as connection:
        done = [(one.who, one.act, json.loads(one.about)) for one in acts(connection)]

    assert done[-3:] == [
        ("amina", "line pause", {"part": "sms"}),
        ("amina", "line resume", {"part": "sms"}),
        ("amina", "line say", {"languages": "en sw"}),
    ]


def test_what_is_said_costs_a_lost_session_nothing(app: Flask, redis: RedisServer) -> None:
    run(app, "say", *BOTH)
    look(app)
    caller = Caller(app.test_client())
    before = caller.keys("2", "42")
    redis.flush()

    assert caller.send() == before
