"""Agents and their roles, on the administrators' pages."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from menus.line import Line
from models import agents
from models.agents import Agent, Role
from models.audit import acts
from tests.conftest import Open, line_of
from tests.console.desk import agent_of, get, post, sign_in
from tests.servers import RedisServer

CODE = re.compile(r'class="secret">([0-9a-f]{30})<')


@pytest.fixture
def app(lasting: Flask) -> Flask:
    return lasting


def found(line: Line, account: str) -> Agent:
    with line.database.working() as connection:
        return next(one for one in agents.every(connection) if one.account == account)


def audited(line: Line) -> list[tuple[str, str, dict[str, object]]]:
    with line.database.working() as connection:
        return [
            (one.who, one.act, json.loads(one.about)) for one in acts(connection, act="agents")
        ]


def test_an_agent_is_added_and_the_invitation_shown_once(
    client: FlaskClient, app: Flask, line: Line
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    form = {"account": "Wanjiku ", "role": "officer", "centre_code": "001-01"}
    page = post(client, "/console/staff", form)
    (code,) = CODE.findall(page.text)
    made = found(line, "wanjiku")
    joining = {"account": "wanjiku", "invitation": code}
    taken_up = post(app.test_client(), "/console/join", joining)

    assert (page.status_code, taken_up.status_code) == (200, 200)
    assert (made.role, made.centre_code, made.has_joined) == (Role.OFFICER, "001-01", False)
    assert code not in get(client, "/console/staff").text
    assert code not in get(client, f"/console/staff/{made.id}").text
    assert code not in repr(client._cookies)
    assert audited(line)[-1] == (
        "administrator",
        "agents add",
        {"agent": made.id, "role": "officer"},
    )


def test_what_is_no_agent_is_refused_beside_the_field(client: FlaskClient, line: Line) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    wrong = [
        ({"account": "9lives", "role": "agent"}, "begins with a letter"),
        ({"account": "administrator", "role": "agent"}, "This account is taken."),
        ({"account": "wanjiku", "role": "officer"}, "choose it"),
        ({"account": "wanjiku", "role": "officer", "centre_code": "999-01"}, "choose it"),
        ({"account": "wanjiku", "role": "minister"}, "choose it"),
    ]
    answers = [post(client, "/console/staff", form) for form, _ in wrong]

    assert {one.status_code for one in answers} == {422}
    assert [said in one.text for one, (_, said) in zip(answers, wrong, strict=True)] == (
        [True] * len(wrong)
    )
    with line.database.working() as connection:
        assert len(agents.every(connection)) == 1


def test_whose_role_is_changed_is_signed_out_and_begins_anew_in_it(
    client: FlaskClient, app: Flask, line: Line
) -> None:
    other = app.test_client()
    agent = sign_in(other, line, Role.AGENT)
    sign_in(client, line, Role.ADMINISTRATOR)
    form = {"role": "officer", "centre_code": "031-01"}
    answer = post(client, f"/console/staff/{agent.id}", form)
    changed = found(line, agent.account)

    assert answer.status_code == 303
    assert (changed.role, changed.centre_code) == (Role.OFFICER, "031-01")
    assert get(other, "/console/me").status_code == 303
    assert audited(line)[-1][1:] == ("agents change", {"agent": agent.id, "role": "officer"})


def test_an_ended_place_can_be_given_back(client: FlaskClient, line: Line) -> None:
    agent = agent_of(line, Role.SUPERVISOR)
    sign_in(client, line, Role.ADMINISTRATOR)
    post(client, f"/console/staff/{agent.id}/end")
    ended = found(line, agent.account)
    invited = post(client, f"/console/staff/{agent.id}/invite")
    post(client, f"/console/staff/{agent.id}/restore")

    assert not ended.is_active
    assert invited.status_code == 303
    assert found(line, agent.account).is_active
    assert [act for _, act, _ in audited(line)][-2:] == ["agents end", "agents restore"]


def test_who_lost_the_phone_is_invited_anew(
    client: FlaskClient, app: Flask, line: Line
) -> None:
    agent = agent_of(line, Role.AGENT)
    sign_in(client, line, Role.ADMINISTRATOR)
    (code,) = CODE.findall(post(client, f"/console/staff/{agent.id}/invite").text)
    form = {"account": agent.account, "invitation": code}

    assert post(app.test_client(), "/console/join", form).status_code == 200
    assert audited(line)[-1][1:] == ("agents invite", {"agent": agent.id})


def test_nobody_changes_the_own_role_or_ends_oneself(client: FlaskClient, line: Line) -> None:
    agent_of(line, Role.ADMINISTRATOR, "otieno")
    own = sign_in(client, line, Role.ADMINISTRATOR)
    answers = [
        post(client, f"/console/staff/{own.id}{path}", {"role": "agent"})
        for path in ("", "/end", "/restore")
    ]

    assert [one.status_code for one in answers] == [422] * 3
    assert "another administrator does" in answers[0].text
    assert found(line, own.account) == own


@pytest.mark.parametrize("url", ["sqlite_url", "postgres_url"])
def test_of_two_administrators_who_end_each_other_at_once_one_stays(
    open_app: Open, redis: RedisServer, request: pytest.FixtureRequest, url: str
) -> None:
    app = open_app(request.getfixturevalue(url), redis.url)
    line = line_of(app)
    clients = [app.test_client(), app.test_client()]
    pair = [
        sign_in(one, line, Role.ADMINISTRATOR, account)
        for one, account in zip(clients, ("amina", "otieno"), strict=True)
    ]
    with line.database.working() as connection:
        agents.add(connection, "never-joined", Role.ADMINISTRATOR)
    with ThreadPoolExecutor(2) as threads:
        ends = [f"/console/staff/{one.id}/end" for one in reversed(pair)]
        list(threads.map(post, clients, ends))

    assert sum(found(line, one.account).is_active for one in pair) == 1


def test_the_page_says_what_each_role_may_do_in_both_languages(
    client: FlaskClient, line: Line
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    page = get(client, "/console/staff").text
    post(client, "/console/me", {"language": "sw"})
    swahili = get(client, "/console/staff").text

    assert "What each role may do" in page
    assert "Take calls: see what the caller would see" in page
    assert "Kila wajibu unaweza kufanya nini" in swahili
    assert "Centre officer" not in swahili
