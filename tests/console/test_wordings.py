"""Words changed from the page: proved, approved by another, taken back, followed by callers."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from menus.line import Line
from models import wordings
from models.agents import Role
from models.audit import acts
from tests.console.desk import get, post, sign_in

TEXT = "en|screens.documents.text"
PLACE = "/console/words/screens.documents"
WHICH = "Which document do you wait for?"


@pytest.fixture
def author(app: Flask, line: Line) -> FlaskClient:
    """An administrator's browser."""
    browser = app.test_client()
    sign_in(browser, line, Role.ADMINISTRATOR, "wanjiru")
    return browser


@pytest.fixture
def other(app: Flask, line: Line) -> FlaskClient:
    """Another administrator's."""
    browser = app.test_client()
    sign_in(browser, line, Role.ADMINISTRATOR, "otieno")
    return browser


def proposed(line: Line, browser: FlaskClient, text: str = WHICH, field: str = TEXT) -> int:
    """Let a change be proposed on the page; give its id."""
    part = ".".join(field.partition("|")[2].split(".")[:2])
    answer = post(browser, f"/console/words/{part}", {field: text, "do": "propose"})
    assert answer.status_code == 303, faults(answer)
    with line.database.working() as connection:
        return wordings.waiting(connection)[-1].id


def approve(browser: FlaskClient, proposal: int) -> str:
    """Approve on the page; give what the next page says."""
    answer = post(browser, f"/console/words/proposals/{proposal}/approve")
    assert answer.status_code == 303
    return get(browser, answer.headers["Location"]).text


def in_force(line: Line) -> str:
    """Give what the screen says to those who dial now."""
    line.watch.look()
    return "\n".join(line.languages["en"].text("documents", {}))


def faults(answer: TestResponse) -> list[str]:
    listed = re.search(r'<ul lang="en">(.*?)</ul>', answer.text, re.DOTALL)
    return re.findall(r"<li>(.*?)</li>", listed[1]) if listed else []


def test_a_change_too_long_for_a_screen_is_refused_with_its_septets(
    author: FlaskClient, line: Line
) -> None:
    answer = post(
        author,
        "/console/words/screens.ask_id_card",
        {"en|screens.ask_id_card.text": "x" * 157, "do": "propose"},
    )
    with line.database.working() as connection:
        waiting = wordings.waiting(connection)

    assert answer.status_code == 422
    assert faults(answer) == ["ask_id_card (en): text takes 172 of 160"]
    assert "x" * 157 in answer.text
    assert waiting == []


def test_all_that_is_wrong_is_said_at_once(author: FlaskClient) -> None:
    form = {
        "en|screens.ready.text": "{kind} ..{last} is READY at {place} \u4e2d.\n{price}",
        "sw|screens.ready.text": "",
        "sw|screens.ready.choices.another": "Nyingine\n2 Tuma pesa",
        "do": "check",
    }
    answer = post(author, "/console/words/screens.ready", form)
    found = "\n".join(faults(answer))

    assert answer.status_code == 422
    assert "screens.ready.text (en): has \u4e2d, which phones cannot show" in found
    assert "screens.ready.text (en): lacks {bring} {date} {doubt} {hours}" in found
    assert "ready (en): nobody fills {price}" in found
    assert "screens.ready.text (sw): no words" in found
    assert "screens.ready.choices.another (sw): has more than one line" in found


def test_a_change_is_checked_and_shown_laid_out_without_being_kept(
    author: FlaskClient, line: Line
) -> None:
    answer = post(author, PLACE, {TEXT: WHICH, "do": "check"})
    with line.database.working() as connection:
        waiting = wordings.waiting(connection)

    assert answer.status_code == 200
    assert re.search(
        rf'<pre class="screen" lang="en">{re.escape(WHICH)}\n1 ID card', answer.text
    )
    assert re.search(r"Page 1: \d+ of 160 septets", answer.text)
    assert waiting == []


def test_nobody_approves_a_change_of_their_own(author: FlaskClient, line: Line) -> None:
    proposal = proposed(line, author)
    page = get(author, f"/console/words/proposals/{proposal}").text

    assert "another administrator must approve it" in page
    assert "/approve" not in page
    assert "Nobody approves a change of their own." in approve(author, proposal)
    assert in_force(line) == "Which document?"


def test_what_another_approves_is_in_force_once_each_process_has_looked(
    author: FlaskClient, other: FlaskClient, line: Line
) -> None:
    proposal = proposed(line, author)
    before = in_force(line)
    page = get(other, f"/console/words/proposals/{proposal}").text

    assert before == "Which document?"
    assert '<pre class="screen" lang="en">Which document?</pre>' in page
    assert f'<pre class="screen" lang="en">{WHICH}</pre>' in page
    assert "Version 1 is approved." in approve(other, proposal)
    assert in_force(line) == WHICH
    assert "Somebody decided" in approve(other, proposal)


def test_every_act_on_words_is_in_the_audit(
    author: FlaskClient, other: FlaskClient, line: Line
) -> None:
    approve(other, proposed(line, author))
    post(author, "/console/words/versions/1/take-back")
    post(other, f"/console/words/proposals/{proposed(line, author)}/refuse")
    with line.database.working() as connection:
        done = [(one.who, one.act, one.about) for one in acts(connection, act="words")]

    assert done == [
        ("wanjiru", "words propose", '{"proposal":1,"texts":1}'),
        ("otieno", "words approve", '{"proposal":1,"version":1}'),
        ("wanjiru", "words take-back", '{"taken":1,"version":2}'),
        ("wanjiru", "words propose", '{"proposal":3,"texts":1}'),
        ("otieno", "words refuse", '{"proposal":3}'),
    ]


def test_a_version_is_taken_back_at_once_by_one_administrator(
    author: FlaskClient, other: FlaskClient, line: Line
) -> None:
    approve(other, proposed(line, author))
    changed = in_force(line)
    answer = post(author, "/console/words/versions/1/take-back")
    page = get(author, answer.headers["Location"]).text

    assert changed == WHICH
    assert in_force(line) == "Which document?"
    assert "Version 1 is taken back, by version 2." in page
    assert "It takes back version 1." in page


def test_a_change_whose_text_was_changed_meanwhile_is_not_approved(
    author: FlaskClient, other: FlaskClient, line: Line
) -> None:
    late, soon = proposed(line, author), proposed(line, author, "Which one?")
    approve(other, soon)
    page = get(other, f"/console/words/proposals/{late}").text

    assert "A text was changed since this was proposed." in page
    assert "/approve" not in page
    assert "Nothing was done." in approve(other, late)
    assert in_force(line) == "Which one?"


def test_screens_are_found_by_their_words_in_any_language(author: FlaskClient) -> None:
    page = get(author, "/console/words?q=WAITING CARD, au").text
    parts = re.findall(r'href="/console/words/([a-z_.]+)"', page)

    assert parts.count("screens.home") == 1
    assert "screens.documents" not in parts


def test_how_a_language_is_chosen_and_writes_dates_cannot_be_changed(
    author: FlaskClient, line: Line
) -> None:
    answer = get(author, "/console/words/language")
    sneaked = post(author, PLACE, {"en|language.key": "1", "do": "propose"})
    with line.database.working() as connection:
        waiting = wordings.waiting(connection)

    assert answer.status_code == 404
    assert "Nothing is changed yet." in sneaked.text
    assert waiting == []
