"""Announcements made on the page: checked to fit, published, replaced and withdrawn."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from menus.line import Line
from models import announcements
from models.agents import Role
from models.announcements import CENTRE_TEXT, TEXT, Announcement
from models.audit import acts
from tests.caller import Caller
from tests.console.desk import get, post, sign_in

FORM = {
    "code": "strike",
    "since": "2026-01-01",
    "until": "",
    "as_of": "",
    "centre": "",
    "source": "The Secretariat",
    "text.en": "No cards are printed this week.",
    "text.sw": "Vitambulisho havichapishwi wiki hii.",
    "do": "publish",
}


@pytest.fixture
def app(lasting: Flask) -> Flask:
    return lasting


def every(line: Line) -> tuple[Announcement, ...]:
    with line.database.working() as connection:
        return announcements.every(connection)


def test_what_is_published_is_told_to_callers_in_their_language(
    client: FlaskClient, app: Flask, line: Line
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    answer = post(client, "/console/announcements", FORM)
    line.watch.look()
    page = Caller(app.test_client()).keys("6")
    with line.database.working() as connection:
        act = list(acts(connection))[-1]

    assert answer.status_code == 303
    assert [one.texts["sw"] for one in every(line)] == [FORM["text.sw"]]
    assert "No cards are printed" in page
    assert (act.act, json.loads(act.about)) == ("announcement publish", {"code": "strike"})


def test_what_does_not_fit_is_refused_beside_its_field(client: FlaskClient, line: Line) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    of_centre = {"text.sw": "x" * 91, "centre": "047-01"}
    wrong = [
        ({"text.en": "x" * (TEXT + 1)}, f"It takes {TEXT + 1} of {TEXT} septets."),
        ({"text.en": "[" * 141}, f"It takes 282 of {TEXT} septets."),
        (of_centre, f"It takes 91 of {CENTRE_TEXT} septets."),
        ({"text.sw": ""}, "Fill this in."),
        ({"text.sw": "Habari 🙂"}, "Phones cannot show these letters: 🙂"),
        ({"since": "soon"}, "This is not a day."),
        ({"until": "2025-12-31"}, "The last day is before the first."),
        ({"centre": "999-01"}, "This centre is not known."),
        ({"code": ""}, "Give it a code"),
        ({"source": " "}, "Fill this in."),
    ]
    answers = [
        post(client, "/console/announcements", {**FORM, **change}) for change, _ in wrong
    ]

    assert {one.status_code for one in answers} == {422}
    assert [said in one.text for one, (_, said) in zip(answers, wrong, strict=True)] == (
        [True] * len(wrong)
    )
    assert every(line) == ()


def test_checking_publishes_nothing_and_counts_septets(client: FlaskClient, line: Line) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    answer = post(client, "/console/announcements", {**FORM, "do": "check"})

    assert answer.status_code == 200
    assert "It fits what callers see." in answer.text
    assert f"{len(FORM['text.en'])} of {TEXT} septets" in answer.text
    assert every(line) == ()


def test_one_is_replaced_only_where_it_was_chosen_to_be(
    client: FlaskClient, line: Line
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    post(client, "/console/announcements", FORM)
    other = {**FORM, "text.en": "Cards are printed again."}
    refused = post(client, "/console/announcements", other)
    page = get(client, "/console/announcements?code=strike").text
    post(client, "/console/announcements", {**other, "replaces": "strike"})

    assert refused.status_code == 422
    assert "There is an announcement of this code." in refused.text
    assert 'value="2026-01-01"' in page
    assert [one.texts["en"] for one in every(line)] == ["Cards are printed again."]


def test_what_is_withdrawn_is_told_no_more(client: FlaskClient, line: Line) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    post(client, "/console/announcements", FORM)
    for _ in range(2):
        post(client, "/console/announcements/withdraw", {"code": "strike"})
    with line.database.working() as connection:
        said = [one.act for one in acts(connection, act="announcement")]

    assert every(line) == ()
    assert said[-2:] == ["announcement publish", "announcement withdraw"]
    assert (
        "There is no announcement of this code." in get(client, "/console/announcements").text
    )


def test_the_page_is_in_swahili_for_who_wants_it(client: FlaskClient, line: Line) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    post(client, "/console/me", {"language": "sw"})

    assert "Tangaza jambo" in get(client, "/console/announcements").text
