"""Campaigns on the page: counted, confirmed by their number, stopped, and accounted for."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from menus.line import Line
from models import jobs
from models.agents import Role
from models.audit import acts
from models.campaigns import Choice, campaigns, find_choice
from models.jobs import Stage
from models.outbox import outbox
from models.uploads import Uploads
from tests.commands.campaign_set import load, ready
from tests.conftest import desk_of
from tests.console.desk import get, post, sign_in
from tests.jobs import begun, done, found

FORM = {"name": "nudge", "days": "30", "until_days": "", "told_within": "14", "language": "en"}


@pytest.fixture
def app(lasting: Flask) -> Flask:
    return lasting


@pytest.fixture
def uploads(app: Flask, line: Line) -> Uploads:
    return Uploads(desk_of(app).var_dir / "uploads", line.keys)


@pytest.fixture
def counted(app: Flask, line: Line, uploads: Uploads) -> int:
    """A campaign of two texts that is counted and not started."""
    load(
        line,
        [
            ready(line, "20123456", "+254711987654"),
            ready(line, "20123457", "+254711987655"),
            ready(line, "20123458", ""),
        ],
    )
    its_id = begun(line, uploads)
    done(app, its_id)
    return its_id


def queue(app: Flask, line: Line, job_id: int) -> None:
    with line.database.working() as connection:
        jobs.go_on(connection, job_id)
    done(app, job_id)


def texts(line: Line) -> int:
    with line.database.working() as connection:
        return connection.scalars(select(func.count()).select_from(outbox)).one()


def test_what_is_no_campaign_is_refused(client: FlaskClient, line: Line) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    days, unknown = "A number of days from 0 to 36500.", "One of the choices is not known here."
    wrong = [
        ({"name": "Nudge!"}, "1 to 40 small letters"),
        ({"days": ""}, days),
        ({"days": "\N{ARABIC-INDIC DIGIT THREE}"}, days),
        ({"days": "36501"}, days),
        ({"until_days": "29"}, "This is fewer than the days above."),
        ({"centre": "999-01"}, unknown),
        ({"kind": "passport"}, unknown),
        ({"language": "fr"}, unknown),
    ]
    answers = [post(client, "/console/campaigns", {**FORM, **change}) for change, _ in wrong]

    assert {one.status_code for one in answers} == {422}
    assert [said in one.text for one, (_, said) in zip(answers, wrong, strict=True)] == (
        [True] * len(wrong)
    )


def test_what_it_comes_to_is_shown_with_its_cost_and_how_the_text_reads(
    client: FlaskClient, line: Line, counted: int
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    page = get(client, f"/console/campaigns/plans/{counted}").text

    assert 'Left out: no phone is known</th><td class="number">1<' in page
    assert 'People, one text each</th><td class="number">2<' in page
    assert "no price is set (SMS_PRICE)" in page
    assert "..000" in page
    assert "12345" not in page
    assert "To queue them, type the number of texts: 2" in page


def test_it_is_started_only_by_typing_the_number_of_texts(
    client: FlaskClient, line: Line, counted: int
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    address = f"/console/campaigns/plans/{counted}/start"
    answers = [post(client, address, form) for form in ({}, {"texts": "3"}, {"texts": "two"})]

    assert [one.status_code for one in answers] == [422] * 3
    assert "Type 2, the number of texts." in answers[0].text
    assert (found(line, counted).stage, texts(line)) == (Stage.TRIED, 0)


def test_one_that_goes_is_stopped_and_let_go_on_and_its_ledger_tells(
    client: FlaskClient, app: Flask, line: Line, counted: int
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    queue(app, line, counted)
    going = get(client, "/console/campaigns/nudge").text
    post(client, "/console/campaigns/nudge/stop")
    stopped = get(client, "/console/campaigns/nudge").text
    post(client, "/console/campaigns/nudge/resume")
    with line.database.working() as connection:
        said = [(one.who, one.act) for one in acts(connection, act="campaign")]

    assert "It goes on: 2 texts still to go." in going
    assert "It is stopped: 2 texts are held back." in stopped
    assert "0 of 2 texts went out" in going
    assert said[-3:] == [
        ("amina", "campaign queue"),
        ("administrator", "campaign stop"),
        ("administrator", "campaign resume"),
    ]


def test_a_name_that_is_taken_by_other_documents_is_refused(
    client: FlaskClient, app: Flask, line: Line, counted: int
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    queue(app, line, counted)
    answer = post(client, "/console/campaigns", {**FORM, "days": "31"})
    with line.database.working() as connection:
        kept = find_choice(connection, "nudge")

    assert answer.status_code == 422
    assert "of other documents" in answer.text
    assert kept == Choice(days=30)


def test_beside_another_job_none_is_counted(
    client: FlaskClient, line: Line, uploads: Uploads
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    lock = uploads.locked(found(line, begun(line, uploads)).file)
    answer = post(client, "/console/campaigns", FORM)
    with line.database.working() as connection:
        begun_at = connection.execute(select(campaigns)).all()

    assert lock is not None
    assert answer.status_code == 409
    assert "Another import or campaign is under way." in answer.text
    assert (begun_at, len(uploads.names())) == ([], 1)


def test_pages_are_in_swahili_for_who_wants_it(
    client: FlaskClient, app: Flask, line: Line, counted: int
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    post(client, "/console/me", {"language": "sw"})
    queue(app, line, counted)
    pages = [
        get(client, f"/console/campaigns{path}").text
        for path in ("", "/nudge", f"/plans/{counted}")
    ]

    assert "Kampeni nyingine" in pages[0]
    assert "Inaendelea: SMS 2 zimebaki." in pages[1]
    assert "Watu, SMS moja kila mmoja" in pages[2]
