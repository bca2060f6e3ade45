"""Facts about the tally: what callers do is counted once, and added once."""

import http.client
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, make_url, select
from sqlalchemy.exc import OperationalError

from menus import tally as tallying
from menus.dial import Dial
from menus.line import Line
from menus.tally import Counted, Tally
from menus.turn import turn
from models.base import Connection, Database
from models.country import kenya
from models.lookups import Channel
from models.summaries.sessions import SESSIONS
from models.summaries.span import Span
from models.summaries.summary import Summary
from models.summaries.times import TIMES, times
from models.summaries.ways import WAYS, Way, stops, ways
from models.summaries.writers import writers
from tests.caller import PHONE, TOKEN, Caller, text
from tests.conftest import LINE_KEYS, Open, line_of
from tests.servers import PostgresServer, RedisServer
from tests.test_logs import ROOT, free_port, wait_for
from tests.world import put

MOMENT = datetime(2026, 11, 11, 21, 30, tzinfo=UTC)
"""Half past midnight of the 12th, in Nairobi."""

DAY = kenya().day(MOMENT)
NOBODY = "unix:///nonexistent/redis.sock"
HOP = Counted(Channel.USSD, "63902", "en", "home", "documents", False, 3.0)
FIRST = Counted(Channel.USSD, "63902", "en", "", "home", False, 7.0)


def tally_on(database: Database) -> Tally:
    return Tally(database, kenya(), ["en", "sw"], ["63902", "63903"], lambda: MOMENT)


def held(database: Database, summary: Summary, *by: str) -> list[tuple[Any, ...]]:
    """Give what a summary holds of all days, by some of its keys."""
    every = Span(DAY - timedelta(days=999), DAY + timedelta(days=999))
    with database.working() as connection:
        return [tuple(row) for row in summary.total(connection, every, by)]


def counted(line: Line, channel: str = "") -> tuple[dict[tuple[str, str], int], list[int]]:
    """Add what a line counted; give its ways, and its sessions, hops and last pages."""
    line.tally.flush()
    today = line.country.day(line.clock())
    only = {"channel": channel} if channel else {}
    with line.database.working() as connection:
        (sums,) = SESSIONS.total(connection, Span(today, today), **only)
        went = ways(connection, Span(today, today), channel)
    return {(way.before, way.after): way.hops for way in went}, list(sums)


def test_a_whole_call_is_counted_hop_by_hop(app: Flask) -> None:
    line = line_of(app)
    put(line, "id_card", "12345678", "ready")
    caller = Caller(app.test_client())
    caller.keys("1", "1", "12345678", "00", "8")

    went, sums = counted(line)
    assert went == {
        ("", "home"): 1,
        ("home", "documents"): 1,
        ("documents", "ask_id_card"): 1,
        ("ask_id_card", "ready"): 1,
        ("ready", "home"): 1,
        ("home", "home"): 1,
    }
    assert sums == [1, 6, 0]
    by = ("day", "network", "channel", "language")
    today = line.country.day(line.clock())
    assert held(line.database, SESSIONS, *by) == [
        (today, "63902", "ussd", "en", 1, 5, 0),
        (today, "63902", "ussd", "sw", 0, 1, 0),
    ]
    assert sum(row[-1] for row in held(line.database, TIMES)) == 6


def test_what_is_dialled_behind_the_code_leads_straight_to_the_answer(app: Flask) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    Caller(app.test_client()).dial("12345678")

    assert counted(line_of(app)) == ({("", "ready"): 1}, [1, 1, 0])


def test_a_hop_that_comes_again_or_late_is_not_counted(app: Flask) -> None:
    caller = Caller(app.test_client())
    caller.keys("1", "1")
    for late in ("1*1", "1*1", "1", ""):
        caller.send(late)

    went, sums = counted(line_of(app))
    assert went == {
        ("", "home"): 1,
        ("home", "documents"): 1,
        ("documents", "ask_id_card"): 1,
    }
    assert sums == [1, 3, 0]


def test_hops_delivered_at_once_are_counted_once(app: Flask) -> None:
    caller = Caller(app.test_client())
    caller.dial()
    caller.inputs.append("1")
    threads = [threading.Thread(target=_send, args=(app, caller)) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert counted(line_of(app))[1] == [1, 2, 0]


def _send(app: Flask, caller: Caller) -> None:
    again = Caller(app.test_client(), caller.phone)
    again.session, again.inputs = caller.session, caller.inputs
    again.send()


def test_a_last_page_is_one_and_who_stays_silent_has_left(app: Flask) -> None:
    client, line = app.test_client(), line_of(app)
    caller = Caller(client)
    for number in range(30_000_001, 30_000_006):
        caller.keys(str(number))
        caller.session += "x"
    assert caller.keys("30000006").startswith("END ")
    went, sums = counted(line)
    found = stops(Way(before, after, hops) for (before, after), hops in went.items())
    left = {one.screen: (one.arrivals, one.ends, one.left) for one in found}

    assert sums == [6, 12, 1]
    assert left == {"home": (6, 0, 0), "not_found": (5, 0, 5), "budget_spent": (1, 1, 0)}


def test_a_text_and_the_digits_that_answer_it_are_one_session(
    app: Flask, client: FlaskClient
) -> None:
    for message_id in ("a", "a"):
        text(client, "huduma", message_id=message_id)
    text(client, "1", message_id="b")
    text(client, "COURT", message_id="c")

    went, sums = counted(line_of(app), "sms")
    assert sums == [2, 3, 0]
    assert went == {
        ("", "which_service"): 1,
        ("which_service", "service"): 1,
        ("", "court_desk"): 1,
    }


def test_an_agents_hop_counts_as_the_consoles(line: Line) -> None:
    dial = Dial("console", "s-1", PHONE, line.code, "", ())
    turn(line, dial)

    assert counted(line, "console") == ({("", "home"): 1}, [1, 1, 0])


def test_without_redis_a_hop_counts_and_no_session(open_app: Open, sqlite_url: str) -> None:
    app = open_app(sqlite_url, NOBODY)
    caller = Caller(app.test_client())
    caller.keys("1")

    assert counted(line_of(app)) == ({}, [0, 2, 0])


def test_a_hop_without_a_word_from_redis_still_has_its_time(
    open_app: Open, sqlite_url: str
) -> None:
    app = open_app(sqlite_url, NOBODY)
    Caller(app.test_client()).dial()
    line = line_of(app)
    line.tally.flush()

    today = line.country.day(line.clock())
    with line.database.working() as connection:
        found = times(connection, Span(today, today), ("channel",))
    assert found["ussd",].count == 1


def test_networks_and_languages_from_outside_are_bounded(database: Database) -> None:
    tally = tally_on(database)
    for nth in range(50):
        name = f"{nth} of somebody's own words"
        tally.count(Counted(Channel.USSD, name, name, "", "home", False, 1.0))
    tally.flush()

    by = ("hour", "network", "channel", "language")
    assert held(database, SESSIONS, "day", *by) == [(DAY, 0, "other", "ussd", "en", 50, 50, 0)]


def test_what_is_counted_is_added_to_what_stands(database: Database) -> None:
    for tally in (tally_on(database), tally_on(database)):
        for hop in (FIRST, HOP, HOP):
            tally.count(hop)
        tally.flush()
        tally.flush()

    assert held(database, WAYS, "before", "after") == [
        ("", "home", 2),
        ("home", "documents", 4),
    ]
    assert held(database, TIMES, "bound") == [(5, 4), (10, 2)]
    with database.working() as connection:
        assert len(connection.execute(select(writers)).all()) == 2


def test_threads_that_count_at_once_lose_nothing(database: Database) -> None:
    tally = tally_on(database)

    def count() -> None:
        for _ in range(2_000):
            tally.count(HOP)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for one in threads:
        one.start()
    while any(one.is_alive() for one in threads):
        tally.flush()
    tally.flush()

    assert held(database, SESSIONS) == [(0, 16_000, 0)]


def test_a_commit_that_nobody_heard_of_is_not_added_twice(database: Database) -> None:
    tally = tally_on(database)
    tally.count(HOP)
    engine = database.engines[1]

    def break_off(connection: Connection) -> None:
        connection.exec_driver_sql("COMMIT")
        raise ConnectionError

    event.listen(engine, "commit", break_off)
    with pytest.raises(ConnectionError):
        tally.flush()
    event.remove(engine, "commit", break_off)
    tally.count(HOP)
    tally.flush()
    tally.flush()

    assert held(database, WAYS) == [(2,)]


def test_while_the_database_is_away_counts_are_kept(
    postgres: PostgresServer, postgres_url: str
) -> None:
    database = Database(postgres_url)
    tally = tally_on(database)
    tally.count(FIRST)
    name = make_url(postgres_url).database
    postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    for _ in range(3):
        tally.count(HOP)
        with pytest.raises(OperationalError):
            tally.flush()
    postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    tally.flush()
    tally.flush()

    assert held(database, WAYS, "before") == [("", 1), ("home", 3)]
    database.close()


def test_what_is_counted_while_the_database_is_away_is_bounded(
    monkeypatch: pytest.MonkeyPatch, sqlite_url: str
) -> None:
    monkeypatch.setattr(tallying, "MOST", 30)
    database = Database(sqlite_url)
    tally = tally_on(database)
    for nth in range(500):
        tally.count(Counted(Channel.USSD, "", "en", "home", f"screen {nth}", False, 1.0))
    for _ in range(7):
        tally.count(Counted(Channel.USSD, "", "en", "home", "screen 0", False, 1.0))
    tally.flush()

    assert len(held(database, WAYS, "after")) == 28
    assert held(database, WAYS, "after")[0] == ("screen 0", 8)
    assert held(database, SESSIONS) == [(0, 507, 0)]
    database.close()


def test_a_line_that_closes_adds_the_rest(
    open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    app = open_app(sqlite_url, redis.url)
    Caller(app.test_client()).keys("1")
    line_of(app).close()
    database = Database(sqlite_url)

    assert held(database, WAYS, "before", "after") == [
        ("", "home", 1),
        ("home", "documents", 1),
    ]
    database.close()


def test_a_server_that_is_told_to_stop_adds_the_rest(
    sqlite_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    port = free_port()
    settings = {
        **LINE_KEYS,
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "VAR_DIR": str(tmp_path / "var"),
        "DATABASE_URL": sqlite_url,
        "REDIS_URL": redis.url,
        "GATEWAY_TOKENS": TOKEN,
    }
    gunicorn = str(Path(sys.executable).with_name("gunicorn"))
    process = subprocess.Popen(
        [gunicorn, "wsgi:app"], cwd=ROOT, env=settings, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port, process)
        for typed in ("", "1", "1*1"):
            dial(port, typed)
    finally:
        process.terminate()
        process.wait(timeout=30)
    database = Database(sqlite_url)

    assert held(database, WAYS, "before", "after") == [
        ("", "home", 1),
        ("documents", "ask_id_card", 1),
        ("home", "documents", 1),
    ]
    database.close()


def dial(port: int, typed: str) -> None:
    """Send a hop as the gateway does."""
    form = {
        "sessionId": "ATUid_tally",
        "phoneNumber": PHONE,
        "serviceCode": "*1919#",
        "networkCode": "63902",
        "text": typed,
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", f"/ussd/africastalking/{TOKEN}", urlencode(form), kind)
    assert connection.getresponse().status == 200
    connection.close()
