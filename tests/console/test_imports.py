"""Lists sent from the page: what is taken in, what is refused, and what stays of it."""

import io
import os
import threading
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from console.office import imports, jobs
from console.pages import LARGEST
from menus.line import Line
from models.agents import Role
from models.audit import acts
from models.jobs import Stage
from models.uploads import Uploads
from tests.conftest import desk_of, people_of
from tests.console.desk import SECURE, get, post, sign_in, token_of
from tests.console.importing import send
from tests.jobs import BAD, GOOD, HEADER, begun, done, found


@pytest.fixture
def app(lasting: Flask) -> Flask:
    return lasting


@pytest.fixture
def uploads(app: Flask, line: Line) -> Uploads:
    return Uploads(desk_of(app).var_dir / "uploads", line.keys)


def files(uploads: Uploads) -> list[Path]:
    return list(uploads.folder.glob("*"))


def test_a_form_without_a_list_or_with_a_strange_choice_is_refused(
    client: FlaskClient, line: Line, uploads: Uploads
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    answers = [
        post(client, "/console/imports"),
        send(client, ""),
        send(client, HEADER + GOOD, centre="999-01"),
    ]

    assert [one.status_code for one in answers] == [422, 422, 422]
    assert "Choose a file that holds a list." in answers[1].text
    assert files(uploads) == []


def test_a_list_from_whoever_may_not_send_one_is_not_even_read(
    client: FlaskClient, app: Flask, line: Line, uploads: Uploads
) -> None:
    stranger = app.test_client()
    sign_in(client, line, Role.SUPERVISOR)
    by_supervisor, by_nobody = send(client, HEADER + GOOD), send(stranger, HEADER + GOOD)
    sign_in(client, line, Role.ADMINISTRATOR)
    form = {"list": (io.BytesIO(HEADER.encode()), "a.csv"), "csrf_token": "forged"}
    forged = client.post("/console/imports", data=form, base_url=SECURE)

    assert (by_supervisor.status_code, forged.status_code) == (403, 403)
    assert by_nobody.headers["Location"].endswith("/console/sign-in")
    assert files(uploads) == []


def test_a_list_larger_than_may_be_is_refused_and_other_pages_take_less(
    client: FlaskClient, line: Line, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    monkeypatch.setattr(imports, "LARGEST", 1024)
    too_large = send(client, "x" * 100 * 1024)
    elsewhere = post(client, "/console/me", {"language": "x" * (LARGEST + 1)})

    assert (too_large.status_code, elsewhere.status_code) == (413, 413)
    assert files(uploads) == []


def test_two_imports_at_once_are_refused_politely(
    client: FlaskClient, line: Line, uploads: Uploads
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    first = begun(line, uploads, HEADER + GOOD)
    lock = uploads.locked(found(line, first).file)
    answer = send(client, HEADER + BAD)

    assert lock is not None
    assert answer.status_code == 409
    assert "Another import or campaign is under way." in answer.text
    assert uploads.names() == [found(line, first).file]


def test_an_import_whose_process_ended_is_told_as_broken_off_in_both_languages(
    client: FlaskClient, line: Line, uploads: Uploads
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    its_id = begun(line, uploads, HEADER + GOOD + BAD)
    page = get(client, f"/console/imports/{its_id}").text
    post(client, "/console/me", {"language": "sw"})
    swahili = get(client, f"/console/imports/{its_id}").text

    assert "The import was broken off, and nothing was loaded." in page
    assert "Uingizaji umekatika, na hakuna kilichoingizwa." in swahili
    assert found(line, its_id).stage is Stage.FAILED
    assert files(uploads) == []


def test_rows_are_left_out_only_where_that_is_ticked(
    client: FlaskClient, app: Flask, line: Line, uploads: Uploads
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    its_id = begun(line, uploads, HEADER + GOOD + BAD)
    done(app, its_id)
    page = get(client, f"/console/imports/{its_id}").text
    answers = [
        post(client, f"/console/imports/{its_id}/start", form)
        for form in ({}, {"leave_out": "2"}, {"leave_out": "on"})
    ]

    assert [one.status_code for one in answers] == [422] * 3
    assert "<td>not known</td><td>Ready, " in page
    assert "Load the list without its refused rows: 1" in page
    assert found(line, its_id).stage is Stage.TRIED


def test_the_report_names_lines_and_reasons_and_no_cell(
    client: FlaskClient, app: Flask, line: Line, uploads: Uploads
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    its_id = begun(line, uploads, HEADER + GOOD + BAD)
    done(app, its_id)
    report = get(client, f"/console/imports/{its_id}/refused.csv")

    assert report.text.splitlines()[0] == "line,column,reason"
    assert report.text.splitlines()[1].startswith("3,state,")
    assert report.headers["Content-Disposition"].startswith("attachment;")
    assert report.mimetype == "text/csv"
    assert not [one for one in ("20123457", "711987655", "lost") if one in report.text]


def test_what_is_given_up_is_removed_at_once(
    client: FlaskClient, app: Flask, line: Line, uploads: Uploads
) -> None:
    agent = sign_in(client, line, Role.ADMINISTRATOR)
    its_id = begun(line, uploads, HEADER + GOOD)
    done(app, its_id)
    before = uploads.names()
    answers = [post(client, f"/console/jobs/{its_id}/cancel") for _ in range(2)]
    with line.database.working() as connection:
        act = list(acts(connection))[-1]

    assert len(before) == 1
    assert uploads.names() == []
    assert found(line, its_id).stage is Stage.DROPPED
    assert (act.who, act.act) == (agent.account, "import cancel")
    assert answers[1].headers["Location"].endswith(f"/imports/{its_id}")


def test_a_list_that_is_no_longer_here_is_not_started(
    client: FlaskClient, app: Flask, line: Line, uploads: Uploads
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    its_id = begun(line, uploads, HEADER + GOOD)
    uploads.forget(done(app, its_id).file)
    post(client, f"/console/imports/{its_id}/start")

    assert "is no longer here" in get(client, f"/console/imports/{its_id}").text
    assert found(line, its_id).stage is Stage.TRIED


def test_how_far_a_job_is_is_told_as_counts(
    client: FlaskClient, line: Line, uploads: Uploads
) -> None:
    sign_in(client, line, Role.ADMINISTRATOR)
    job = found(line, begun(line, uploads, HEADER + GOOD))
    lock = uploads.locked(job.file)
    uploads.note(job.file, 40_000, 226_247)
    page = get(client, f"/console/imports/{job.id}").text

    assert lock is not None
    assert get(client, f"/console/jobs/{job.id}").get_json() == {
        "stage": "trying",
        "done": 40_000,
        "of": 226_247,
    }
    assert '<progress aria-labelledby="how-far" value="40000" max="226247">' in page
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    assert token_of(client)


def test_whoever_starts_at_once_waits_for_the_process_that_tried_it_to_end(
    app: Flask, line: Line, uploads: Uploads
) -> None:
    file = done(app, begun(line, uploads, HEADER + GOOD)).file
    trying = uploads.locked(file)
    assert trying
    ending = threading.Timer(0.2, os.close, [trying])
    ending.start()
    with people_of(app).app_context():
        lock = jobs._lock(file)
    ending.join()

    assert lock is not None
    os.close(lock)
