"""Agents' calls: what an agent can do for a caller, and the trace that each look leaves."""

import itertools
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app import create_app
from menus.line import Line
from menus.wishes import CallMeBack, Complain, grant
from models import agent_calls, call_backs
from models.agents import Agent, Role
from models.audit import append, audit
from models.call_backs import CallBack
from models.lookups import Channel, lookups
from models.reports import Matter, Report, reports
from models.reveals import MOST, REVEAL, reveals_last_hour
from tests.caller import Caller
from tests.conftest import Open, config, desk_of, inbox, line_of
from tests.console.desk import agent_of, get, post, sign_in
from tests.lookups import moved
from tests.servers import RedisServer
from tests.world import put

NUMBER = "12345678"
_CALL = re.compile(r"/console/calls/([0-9]+)")
_STEP = re.compile(r'name="step" value="([^"]+)"')
_phones = itertools.count(100)


@pytest.fixture(scope="module")
def app(
    prepared_sqlite: Path, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """A line that knows a document, for all tests here: each has a phone of its own."""
    folder = tmp_path_factory.mktemp("calls")
    (folder / "1919.sqlite").write_bytes(prepared_sqlite.read_bytes())
    app = create_app(config(f"sqlite:///{folder}/1919.sqlite", redis_server.url, folder))
    put(line_of(app), "id_card", NUMBER, "ready")
    yield app
    desk_of(app).database.close()
    line_of(app).close()


@pytest.fixture(scope="module")
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def agent(app: Flask, browser: FlaskClient) -> Agent:
    """An agent who is signed in."""
    return sign_in(browser, line_of(app), Role.AGENT)


@pytest.fixture
def client(browser: FlaskClient, agent: Agent, line: Line) -> Iterator[FlaskClient]:
    """The agent's browser; a call that is left open is ended."""
    yield browser
    with line.database.working() as connection:
        call = agent_calls.open_call(connection, line.keys, agent.id)
        if call:
            agent_calls.end(connection, call, agent_calls.Ending.CUT_OFF)


@pytest.fixture(scope="module")
def other(app: Flask) -> FlaskClient:
    """The browser of another agent, who is signed in."""
    other = app.test_client()
    sign_in(other, line_of(app), Role.AGENT, "other-agent")
    return other


@pytest.fixture
def phone() -> str:
    """A phone that nobody had before."""
    return f"+254711000{next(_phones)}"


def begin(client: FlaskClient, phone: str, reason: str = "document") -> str:
    """Begin a call; give its address."""
    answer = post(client, "/console/calls", {"phone": phone, "reason": reason})
    found = _CALL.search(answer.headers.get("Location", ""))
    assert found, answer.text
    return found[0]


def do(client: FlaskClient, call: str, what: str, **form: str) -> str:
    """Do something in a call; give the page that follows."""
    answer = post(client, f"{call}/{what}", form)
    assert answer.status_code == 303, answer.text
    return get(client, answer.headers["Location"]).text


def press(client: FlaskClient, call: str, *keys: str) -> str:
    """Press keys one after the other; give the last page."""
    page = get(client, call).text
    for key in keys:
        step = _STEP.search(page)
        assert step
        page = do(client, call, "keys", keys=key, step=step[1])
    return page


def audited(line: Line, call: str) -> list[tuple[str, str]]:
    """Read what the audit says of a call."""
    named = f'%"call":{call.rpartition("/")[2]},%'
    kept = select(audit.c.act, audit.c.about).order_by(audit.c.id)
    with line.database.working() as connection:
        rows = connection.execute(kept.where(audit.c.about.like(named)))
        return [(row.act, row.about) for row in rows]


def call_me(line: Line, phone: str, language: str = "en") -> CallBack:
    """Let a phone ask to be rung."""
    wishes = [CallMeBack(language, "contact")]
    assert grant(line.database, line.keys, line.country, phone, wishes, 5.0)
    with line.database.working() as connection:
        waiting = call_backs.waiting(connection, line.keys)
    return next(one for one in waiting if one.phone == phone)


def complain(line: Line, matter: Matter, phone: str, words: str = "askari") -> int:
    """Let a phone report something; give the row's id."""
    wishes = [Complain(Report(matter, "en", words=words, centre_code="047-01"))]
    assert grant(line.database, line.keys, line.country, phone, wishes, 5.0)
    with line.database.working() as connection:
        return max(int(one) for one in connection.scalars(select(reports.c.id)))


def mask(phone: str) -> str:
    return f"0711***{phone[-3:]}"


def whole(phone: str) -> str:
    return f"0{phone[4:]}"


def reveals_of(line: Line, agent: Agent) -> int:
    with line.database.working() as connection:
        return reveals_last_hour(connection).get(agent.account, 0)


def test_an_agent_answers_in_both_languages_and_texts_it(
    client: FlaskClient, line: Line, phone: str
) -> None:
    call = begin(client, phone)
    page = do(client, call, "ask", asked=NUMBER)
    do(client, call, "text")

    assert "ID ..678 is READY" in page
    assert "Kitambulisho ..678" in page
    assert len(inbox(line, phone)) == 1
    assert "GPO Nairobi" in inbox(line, phone)[0]


def test_the_box_takes_a_place_a_service_and_a_keyword(client: FlaskClient, phone: str) -> None:
    call = begin(client, phone)
    said = {"Thika": "Thika", "passport": "Passport", "court": "court", "ID 12345678": "..678"}
    pages = {typed: do(client, call, "ask", asked=typed) for typed in said}
    lacking = [
        typed
        for typed, page in pages.items()
        if said[typed] not in page[page.index('class="both"') :]
    ]

    assert lacking == []


def test_what_nobody_knows_is_said_beside_the_box(client: FlaskClient, phone: str) -> None:
    answer = post(client, f"{begin(client, phone)}/ask", {"asked": "xyzzy plugh"})

    assert answer.status_code == 422
    assert "Nothing is known by this" in answer.text


def test_keys_lead_where_they_lead_the_caller(client: FlaskClient, phone: str) -> None:
    page = press(client, begin(client, phone), "1", "1", NUMBER)

    assert "ID ..678 is READY" in page
    assert "1 Text me this" in page


def test_a_form_that_is_sent_twice_presses_once(client: FlaskClient, phone: str) -> None:
    call = begin(client, phone)
    step = _STEP.search(get(client, call).text)
    assert step
    first = do(client, call, "keys", keys="2", step=step[1])
    second = do(client, call, "keys", keys="2", step=step[1])
    token = re.compile('name="csrf_token" value="[^"]*"')

    assert token.sub("", first) == token.sub("", second)


def test_another_language_goes_on_from_where_the_caller_stands(
    client: FlaskClient, phone: str
) -> None:
    call = begin(client, phone)
    do(client, call, "ask", asked=NUMBER)
    page = do(client, call, "language")
    own = Caller(client, phone).dial()

    assert 'class="screen phone" lang="sw">Kitambulisho ..678' in page
    assert "Stakabadhi" in own


def test_an_open_call_survives_and_is_the_only_one(client: FlaskClient, phone: str) -> None:
    call = begin(client, phone)
    do(client, call, "ask", asked=NUMBER)
    second = post(client, "/console/calls", {"phone": "0722000333", "reason": "court"})

    assert "ID ..678 is READY" in get(client, call).text
    assert second.headers["Location"].endswith(call)
    assert call in get(client, "/console/calls").text


def test_what_is_no_phone_or_has_no_reason_begins_no_call(client: FlaskClient) -> None:
    forms = [
        {"phone": phone, "reason": "document"} for phone in ("", "0711", "not a phone", "+9991")
    ]
    answers = [post(client, "/console/calls", form) for form in forms]
    without = post(client, "/console/calls", {"phone": "0711000111", "reason": "curious"})

    assert {one.status_code for one in (*answers, without)} == {422}
    assert ["This is no phone number" in one.text for one in answers] == [True] * 4
    assert "Choose a reason" in without.text


def test_every_look_is_recorded_as_the_agents_and_in_the_audit(
    client: FlaskClient, line: Line, phone: str
) -> None:
    call = begin(client, phone)
    do(client, call, "ask", asked=NUMBER)
    press(client, call, "00", "1", "1", "99999999")
    moved(line)
    theirs = lookups.c.phone_hmac == line.keys.phone_hmac(phone)
    with line.database.working() as connection:
        ways = list(connection.scalars(select(lookups.c.channel).where(theirs)))
    number = call.rpartition("/")[2]
    looks = [about for act, about in audited(line, call) if act == "calls lookup"]

    assert ways == [Channel.CONSOLE] * 2
    assert looks == [
        f'{{"call":{number},"outcome":"found"}}',
        f'{{"call":{number},"outcome":"unknown"}}',
    ]


def test_the_audit_holds_each_act_and_no_phone_or_number(
    client: FlaskClient, line: Line, phone: str
) -> None:
    call = begin(client, phone)
    do(client, call, "ask", asked=NUMBER)
    do(client, call, "text")
    do(client, call, "reveal", why="ring")
    do(client, call, "end", outcome="answered")
    rows = audited(line, call)
    said = " ".join(about for _, about in rows)

    assert [act.removeprefix("calls ") for act, _ in rows] == [
        "begin",
        "lookup",
        "text",
        "reveal",
        "end",
    ]
    assert [one for one in (phone[1:], whole(phone), phone[-3:], NUMBER) if one in said] == []


def test_numbers_beyond_the_budget_want_a_reason_and_are_five(
    client: FlaskClient, line: Line, phone: str
) -> None:
    call = begin(client, phone)
    for number in range(5):
        do(client, call, "ask", asked=f"3000000{number}")
    spent = do(client, call, "ask", asked=NUMBER)
    refused = post(client, f"{call}/beyond", {"why": "curious"})
    let = do(client, call, "beyond", why="family")
    pages = [do(client, call, "ask", asked=f"3100000{number}") for number in range(5)]
    own = Caller(client, phone).dial(NUMBER)

    assert "five different numbers" in spent
    assert refused.status_code == 422
    assert "ID ..678 is READY" in let
    assert ["this call for five more" in one for one in pages] == [False] * 4 + [True]
    assert "5 different numbers" in own
    assert [act for act, _ in audited(line, call)].count("calls beyond") == 1


def test_a_phone_is_masked_until_there_is_a_reason(
    client: FlaskClient, agent: Agent, phone: str
) -> None:
    do(client, begin(client, phone), "end", outcome="answered")
    call = begin(client, phone)
    masked = get(client, call).text
    refused = post(client, f"{call}/reveal", {})
    shown = do(client, call, "reveal", why="identity")

    assert mask(phone) in masked
    assert whole(phone) not in masked
    assert f", {agent.account}</li>" not in masked
    assert refused.status_code == 422
    assert whole(phone) in shown
    assert f", {agent.account}</li>" in shown


def test_over_thirty_reveals_an_hour_raise_an_alarm(
    client: FlaskClient,
    line: Line,
    agent: Agent,
    phone: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    lacking = MOST - reveals_of(line, agent)
    with line.database.working() as connection:
        for _ in range(lacking):
            append(connection, agent.account, REVEAL, call=0, why="ring")
    before = [one for one in caplog.messages if "reveals many" in one]
    do(client, begin(client, phone), "reveal", why="ring")

    assert reveals_of(line, agent) == MOST + 1
    assert before == []
    assert [one for one in caplog.messages if "reveals many" in one] != []
    assert phone[-6:] not in caplog.text


def test_anothers_call_is_not_there(
    client: FlaskClient, other: FlaskClient, phone: str
) -> None:
    call = begin(client, phone)
    answers = [get(other, call).status_code, post(other, f"{call}/ask").status_code]

    assert answers == [404, 404]


def test_a_call_that_has_ended_takes_no_keys(
    client: FlaskClient, line: Line, phone: str
) -> None:
    call = begin(client, phone)
    do(client, call, "ask", asked=NUMBER)
    do(client, call, "end", outcome="answered")
    its = agent_calls.agent_calls.c.id == int(call.rpartition("/")[2])
    with line.database.working() as connection:
        row = connection.execute(select(agent_calls.agent_calls).where(its)).one()

    assert post(client, f"{call}/keys", {"keys": "1"}).status_code == 404
    assert post(client, f"{call}/text").status_code == 404
    assert (row.screen, row.outcome) == (None, "answered")


def test_a_screen_that_was_left_begins_anew(
    client: FlaskClient, line: Line, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = begin(client, phone)
    press(client, call, "1", "1", NUMBER)
    monkeypatch.setattr("menus.served.KEPT", timedelta(0))
    page = press(client, call, "1")

    assert "The screen had been left for too long" in page
    assert "1 My document" in page
    assert inbox(line, phone) == []


def test_the_last_hour_shows_what_a_phone_did_and_no_number(
    client: FlaskClient, line: Line, phone: str
) -> None:
    number = "87654321"
    Caller(client, phone).dial(NUMBER, "1")
    Caller(client, phone).dial(number)
    call_me(line, phone)
    complain(line, Matter.MONEY, phone)
    moved(line)
    page = get(client, begin(client, phone)).text
    hour = page[page.index('id="hour"') : page.index('id="before"')]

    assert "look-ups by USSD, found: 1" in hour
    assert "look-ups by USSD, not found: 1" in hour
    assert "text: waits to be sent" in hour
    assert "asked to be rung, open" in hour
    assert "report: Money was demanded, open" in hour
    assert number not in page


def test_a_call_back_is_taken_rung_and_closed(
    client: FlaskClient, line: Line, agent: Agent, phone: str
) -> None:
    asked, before = call_me(line, phone, language="sw"), reveals_of(line, agent)
    listed = get(client, "/console/calls").text
    call = post(client, f"/console/call-backs/{asked.id}/take").headers["Location"]
    page = get(client, call).text
    do(client, call, "end", outcome="answered")
    row = call_back_of(line, asked)

    assert mask(phone) in listed
    assert "<td>Kiswahili</td>" in listed
    assert whole(phone) not in listed
    assert whole(phone) in page
    assert 'class="screen phone" lang="sw"' in page
    assert (row.outcome, row.closed_at is None) == ("answered", False)
    assert reveals_of(line, agent) == before + 1


def call_back_of(line: Line, asked: CallBack) -> Any:
    table = call_backs.call_backs
    with line.database.working() as connection:
        return connection.execute(select(table).where(table.c.id == asked.id)).one()


def test_who_is_not_reached_waits_on_with_a_try_more(
    client: FlaskClient, line: Line, phone: str
) -> None:
    asked = call_me(line, phone)
    call = post(client, f"/console/call-backs/{asked.id}/take").headers["Location"]
    do(client, call, "end", outcome="not_reached")
    row = call_back_of(line, asked)

    assert (row.tries, row.agent_id, row.closed_at) == (1, None, None)


def test_what_was_taken_and_left_for_an_hour_is_free(
    client: FlaskClient, other: FlaskClient, line: Line, phone: str
) -> None:
    asked = call_me(line, phone)
    take = f"/console/call-backs/{asked.id}/take"
    post(client, take)
    refused = post(other, take).headers["Location"]
    with line.database.working() as connection:
        long_ago = datetime.now(UTC) - timedelta(minutes=61)
        connection.execute(update(call_backs.call_backs).values(taken_at=long_ago))
    taken = post(other, take).headers["Location"]
    do(other, taken, "end", outcome="answered")

    assert refused == "/console/calls"
    assert _CALL.search(taken)


@pytest.fixture
def race(database_url: str, open_app: Open, redis: RedisServer) -> Line:
    return line_of(open_app(database_url, redis.url))


def test_of_agents_at_once_one_gets_a_call_back_and_each_has_one_call(race: Line) -> None:
    asked = call_me(race, "+254711000111")
    agents = [agent_of(race, Role.AGENT, f"agent-{n}") for n in range(6)]

    def take(agent: Agent) -> bool:
        with race.database.working() as connection:
            return call_backs.take(connection, race.keys, asked.id, agent.id) is not None

    def start(_: int) -> int | None:
        with race.database.working() as connection:
            reason = agent_calls.Reason.OTHER
            return agent_calls.begin(
                connection, race.keys, agents[0].id, "+254711000222", reason
            )

    with ThreadPoolExecutor(len(agents)) as pool:
        taken = list(pool.map(take, agents))
        begun = list(pool.map(start, range(6)))

    assert sum(taken) == 1
    assert sum(one is not None for one in begun) == 1


def test_reports_of_money_stand_first_and_are_read_once_taken(
    client: FlaskClient, other: FlaskClient, line: Line, phone: str
) -> None:
    complain(line, Matter.OTHER, phone, words="no chairs")
    money = complain(line, Matter.MONEY, phone, words="he asked for two hundred")
    listed = get(client, "/console/reports").text
    before = get(client, f"/console/reports/{money}").status_code
    post(client, f"/console/reports/{money}/take")
    page = get(client, f"/console/reports/{money}").text

    assert listed.index("Money was demanded") < listed.index("Other")
    assert "two hundred" not in listed
    assert before == 404
    assert "he asked for two hundred" in page
    assert get(other, f"/console/reports/{money}").status_code == 404


def test_a_report_is_closed_with_an_outcome_from_the_list(
    client: FlaskClient, line: Line, phone: str
) -> None:
    report = complain(line, Matter.MONEY, phone)
    post(client, f"/console/reports/{report}/take")
    refused = post(client, f"/console/reports/{report}/close", {"outcome": "whatever"})
    post(client, f"/console/reports/{report}/close", {"outcome": "passed_on"})
    with line.database.working() as connection:
        row = connection.execute(select(reports).where(reports.c.id == report)).one()

    assert refused.status_code == 422
    assert (row.outcome, row.closed_at is None) == ("passed_on", False)


def test_what_was_not_there_is_read_and_left_to_its_centre(
    client: FlaskClient, line: Line, phone: str
) -> None:
    report = complain(line, Matter.NOT_THERE, phone)
    post(client, f"/console/reports/{report}/take")
    page = get(client, f"/console/reports/{report}").text
    closed = post(client, f"/console/reports/{report}/close", {"outcome": "solved"})

    assert "officer settles these" in page
    assert closed.status_code == 403


def test_nothing_personal_is_in_an_address(client: FlaskClient, phone: str) -> None:
    call = begin(client, phone)
    forms: tuple[tuple[str, dict[str, str]], ...] = (
        ("ask", {"asked": NUMBER}),
        ("text", {}),
        ("reveal", {"why": "ring"}),
        ("keys", {"keys": NUMBER}),
        ("end", {"outcome": "answered"}),
    )
    answers = [post(client, f"{call}/{what}", form) for what, form in forms]
    addresses = " ".join(one.headers["Location"] for one in answers)

    assert [one.status_code for one in answers] == [303] * 5
    assert [one for one in (NUMBER, phone[1:], phone[-6:]) if one in addresses] == []


def test_the_same_answer_is_texted_once_a_day(
    client: FlaskClient, line: Line, phone: str
) -> None:
    Caller(client, phone).dial(NUMBER, "1")
    call = begin(client, phone)
    do(client, call, "ask", asked=NUMBER)
    page = do(client, call, "text")

    assert len(inbox(line, phone)) == 1
    assert "texted to the phone today already" in page
