"""The way in and out of the console: who is let in, and how guessing is made slow."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from console.entrance import passwords
from menus.line import Line
from models import agent_sessions, agents, sign_ins
from models.agents import Role
from models.audit import acts
from models.base import Database
from tests.console.desk import PASSWORD, SECRET, SECURE, agent_of, get, next_code, post, sign_in

CODE = re.compile(r'class="secret">([A-Z2-7]+)<')
OFFER = re.compile(r'name="offer" value="([0-9a-f]+)"')


@pytest.fixture
def other(app: Flask) -> FlaskClient:
    """Another browser."""
    return app.test_client()


def _try(client: FlaskClient, account: str, password: str, code: str) -> int:
    form = {"account": account, "password": password, "code": code}
    return post(client, "/console/sign-in", form).status_code


def test_whoever_knows_account_password_and_code_is_let_in(
    client: FlaskClient, line: Line
) -> None:
    sign_in(client, line, Role.AGENT)

    assert get(client, "/console/me").status_code == 200


def test_a_code_lets_in_once(client: FlaskClient, other: FlaskClient, line: Line) -> None:
    agent = agent_of(line, Role.AGENT)
    code = next_code(line, agent)

    assert _try(client, agent.account, PASSWORD, code) == 303
    assert _try(other, agent.account, PASSWORD, code) == 422


def test_what_was_wrong_is_not_told(client: FlaskClient, line: Line) -> None:
    agent = agent_of(line, Role.AGENT)
    code, token = next_code(line, agent), re.compile(r'value="[^"]+"')
    pages = {
        token.sub("", post(client, "/console/sign-in", form).text)
        for form in (
            {"account": "nobody", "password": PASSWORD, "code": code},
            {"account": agent.account, "password": "not this one", "code": code},
            {"account": agent.account, "password": PASSWORD, "code": "000000"},
        )
    }

    assert len(pages) == 1


def test_guesses_are_ten_an_hour_at_most_however_many_try_at_once() -> None:
    start = datetime(2026, 11, 21, tzinfo=UTC)
    admitted = [second for second, admitted in _guessing(start, timedelta(hours=3)) if admitted]
    hours = [
        sum(hour * 3600 <= one < (hour + 1) * 3600 for one in admitted) for hour in range(3)
    ]

    assert hours[0] <= 10
    assert max(hours[1:]) <= 5


def _guessing(start: datetime, during: timedelta) -> Iterator[tuple[int, bool]]:
    """Guess every second, by the same rule as the database's."""
    failures, last = 0, start
    for second in range(int(during.total_seconds())):
        now = start + timedelta(seconds=second)
        admitted = (now - last).total_seconds() >= sign_ins.wait_after(failures)
        if admitted:
            failures, last = failures + 1, now
        yield second, admitted


def test_whoever_guesses_elsewhere_locks_nobody_out_at_their_own_desk(
    client: FlaskClient, other: FlaskClient, line: Line
) -> None:
    agent = sign_in(client, line, Role.AGENT)
    guesses = [_try(other, agent.account, "guess", "000000") for _ in range(5)]

    assert guesses == [422, 422, 422, 429, 429]
    assert _try(other, agent.account, PASSWORD, next_code(line, agent)) == 429
    assert _try(client, agent.account, PASSWORD, next_code(line, agent)) == 303


def test_accounts_that_nobody_has_are_delayed_alike(client: FlaskClient) -> None:
    guesses = [_try(client, "nobody-here", "guess", "000000") for _ in range(4)]

    assert guesses == [422, 422, 422, 429]


def test_tries_are_counted_before_they_are_judged(database_url: str) -> None:
    database = Database(database_url)
    with database.working() as connection:
        waits = [sign_ins.try_now(connection, b"one") for _ in range(5)]
    database.close()

    assert waits == [0, 0, 0, 30, 30]


def test_tries_are_forgotten_after_a_day(database_url: str) -> None:
    database = Database(database_url)
    long_ago = datetime.now(UTC) - timedelta(hours=25)
    with database.working() as connection:
        for _ in range(4):
            sign_ins.try_now(connection, b"one", long_ago)
        wait = sign_ins.try_now(connection, b"one")
    database.close()

    assert wait == 0


def test_a_session_ends_where_it_lay_idle_and_after_ten_hours(
    client: FlaskClient, line: Line
) -> None:
    sign_in(client, line, Role.AGENT)
    for column, age in (("seen_at", agent_sessions.IDLE), ("began_at", agent_sessions.LONGEST)):
        assert get(client, "/console/me").status_code == 200
        _age(line, column, age)
        assert get(client, "/console/me").status_code == 303
        sign_in(client, line, Role.AGENT)


def _age(line: Line, column: str, age: timedelta) -> None:
    then = datetime.now(UTC) - age - timedelta(seconds=1)
    with line.database.working() as connection:
        connection.execute(agent_sessions.agent_sessions.update().values({column: then}))


def test_whose_place_is_ended_is_out_with_the_next_request(
    client: FlaskClient, line: Line
) -> None:
    agent = sign_in(client, line, Role.SUPERVISOR)
    with line.database.working() as connection:
        agents.change(connection, agent.id, agent.role, "", is_active=False)

    assert get(client, "/console/me").status_code == 303
    assert _try(client, agent.account, PASSWORD, pyotp.TOTP(SECRET).now()) == 422


def test_signing_out_ends_the_session_itself(client: FlaskClient, line: Line) -> None:
    sign_in(client, line, Role.AGENT)
    cookie = client.get_cookie("__Host-line-agent", domain="localhost")
    assert cookie
    answer = post(client, "/console/sign-out")
    client.set_cookie("__Host-line-agent", cookie.value, domain="localhost", secure=True)

    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert get(client, "/console/me").status_code == 303


def test_signing_out_everywhere_ends_the_session_of_another_browser(
    client: FlaskClient, other: FlaskClient, line: Line
) -> None:
    sign_in(client, line, Role.AGENT)
    sign_in(other, line, Role.AGENT)
    post(client, "/console/me/everywhere")

    assert get(other, "/console/me").status_code == 303


def test_signing_in_begins_a_session_under_a_new_name(client: FlaskClient, line: Line) -> None:
    client.set_cookie("__Host-line-agent", "planted", domain="localhost", secure=True)
    sign_in(client, line, Role.AGENT)
    cookie = client.get_cookie("__Host-line-agent", domain="localhost")

    assert cookie
    assert cookie.value != "planted"


@pytest.mark.parametrize(
    "change", [{"csrf_token": "other"}, {"csrf_token": ""}], ids=["wrong", "none"]
)
def test_a_form_without_our_token_changes_nothing(
    client: FlaskClient, line: Line, change: dict[str, str]
) -> None:
    sign_in(client, line, Role.AGENT)
    answer = client.post("/console/me", data={"language": "sw", **change}, base_url=SECURE)

    assert answer.status_code == 403
    assert "Saved" not in get(client, "/console/me").text


def test_a_form_from_another_site_changes_nothing(client: FlaskClient, line: Line) -> None:
    sign_in(client, line, Role.AGENT)
    elsewhere = {"Sec-Fetch-Site": "cross-site"}

    assert post(client, "/console/me", {"language": "sw"}, headers=elsewhere).status_code == 403


def test_an_invitation_is_taken_up_once(
    client: FlaskClient, other: FlaskClient, line: Line
) -> None:
    with line.database.working() as connection:
        made = agents.add(connection, "wanjiku", Role.SUPERVISOR)
        form = {"account": "wanjiku", "invitation": agents.invite(connection, made)}
    page = post(client, "/console/join", form).text
    offer, secret = OFFER.findall(page)[0], CODE.findall(page)[0]
    chosen = {**form, "offer": offer, "password": PASSWORD, "again": PASSWORD}
    refused = post(client, "/console/join", {**chosen, "code": "000000"})
    joined = post(client, "/console/join", {**chosen, "code": pyotp.TOTP(secret).now()})

    assert (refused.status_code, joined.status_code) == (422, 303)
    assert CODE.findall(refused.text) == [secret]
    assert get(client, "/console/me").status_code == 200
    assert post(other, "/console/join", form).status_code == 422
    with line.database.working() as connection:
        assert [one.act for one in acts(connection)][-2:] == ["agents join", "agents sign-in"]


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "short"),
        ("password1234", "guessable"),
        ("wanjiku19191", "guessable"),
        ("x" * 101, "long"),
        ("kifaru saba wanacheza karata", ""),
    ],
)
def test_passwords_that_are_easily_guessed_are_refused(password: str, fault: str) -> None:
    assert passwords.faults_of(password, "wanjiku") == fault


def test_nothing_of_a_password_a_code_or_an_invitation_is_kept_in_clear(line: Line) -> None:
    agent = agent_of(line, Role.AGENT)
    with line.database.working() as connection:
        code = agents.invite(connection, agent.id)
        row = connection.execute(agents.agents.select()).one()
    kept = repr(tuple(row))

    assert row.password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not [secret for secret in (PASSWORD, SECRET, code) if secret in kept]


def test_a_flood_of_tries_is_turned_away_and_known_browsers_are_let_in(
    client: FlaskClient, other: FlaskClient, line: Line
) -> None:
    agent = sign_in(client, line, Role.AGENT)
    elsewhere = passwords._SLOTS[False]
    with elsewhere, elsewhere, elsewhere:
        refused = _try(other, agent.account, PASSWORD, next_code(line, agent))
        let_in = _try(client, agent.account, PASSWORD, next_code(line, agent))

    assert (refused, let_in) == (503, 303)
