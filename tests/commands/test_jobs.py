"""What is started from pages, as the process does it: tried, done, refused, broken off."""

import json
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from commands.imports import _Loading
from console.office.jobs import start
from menus.line import Line
from models import jobs
from models.audit import acts
from models.documents import documents
from models.jobs import Busy, Overtaken, Stage
from models.outbox import outbox
from models.uploads import KEPT, Uploads
from tests.commands.campaign_set import load, ready
from tests.conftest import Open, desk_of, line_of
from tests.console.importing import set_environment
from tests.jobs import BAD, GOOD, HEADER, begun, done, found
from tests.servers import RedisServer

both = pytest.mark.parametrize("app", ["sqlite_url", "postgres_url"], indirect=True)
"""On each database in turn."""


@pytest.fixture
def app(request: pytest.FixtureRequest, open_app: Open, redis: RedisServer) -> Flask:
    named = getattr(request, "param", "")
    given = request.getfixturevalue(named or "lasting")
    return open_app(given, redis.url) if named else given


@pytest.fixture
def line(app: Flask) -> Line:
    return line_of(app)


@pytest.fixture
def uploads(app: Flask) -> Uploads:
    return Uploads(desk_of(app).var_dir / "uploads", line_of(app).keys)


def go_on(line: Line, job_id: int) -> None:
    with line.database.working() as connection:
        jobs.go_on(connection, job_id)


def held(line: Line) -> int:
    with line.database.working() as connection:
        return connection.scalars(select(func.count()).select_from(documents)).one()


def test_a_list_is_tried_and_nothing_is_kept(app: Flask, line: Line, uploads: Uploads) -> None:
    job = done(app, begun(line, uploads, HEADER + GOOD + BAD))
    counts = [job.outcome[one] for one in ("rows", "added", "refused", "told")]

    assert (job.stage, counts) == (Stage.TRIED, [1, 1, 1, 0])
    assert job.outcome["changes"] == [["id_card", None, ["ready", "047-01"], 1]]
    assert uploads.report(job.file).read_text().splitlines()[1:] == [
        '3,state,"not one of: coming, ready, collected, returned"'
    ]
    assert held(line) == 0
    assert uploads.is_here(job.file)


@both
def test_what_was_tried_is_loaded_without_its_refused_rows_and_the_list_is_gone(
    app: Flask, line: Line, uploads: Uploads
) -> None:
    its_id = begun(line, uploads, HEADER + GOOD + BAD)
    done(app, its_id)
    go_on(line, its_id)
    job = done(app, its_id)
    with line.database.working() as connection:
        act = list(acts(connection))[-1]

    assert (job.stage, job.outcome["added"], held(line)) == (Stage.DONE, 1, 1)
    assert (act.who, act.act, json.loads(act.about)["refused"]) == (
        "amina",
        "documents import",
        1,
    )
    assert uploads.names() == []


def test_what_is_chosen_stands_for_columns_that_lack(
    app: Flask, line: Line, uploads: Uploads
) -> None:
    text = "number,received_on,phone\n20123456,2026-09-28,\n"
    job = done(app, begun(line, uploads, text, centre="001-01", kind="id_card", state="ready"))

    assert job.outcome["changes"] == [["id_card", None, ["ready", "001-01"], 1]]


def test_a_list_without_a_good_row_is_refused_with_every_fault(
    app: Flask, line: Line, uploads: Uploads
) -> None:
    columns = HEADER.replace("phone", "wage") + GOOD
    texts = {columns: 2, HEADER + BAD: 1, "%PDF-1.7": 1}
    came = {text: done(app, begun(line, uploads, text)) for text in texts}
    reports = [uploads.report(job.file).read_text().splitlines() for job in came.values()]

    assert {job.stage for job in came.values()} == {Stage.REFUSED}
    assert {text: job.outcome["refused"] for text, job in came.items()} == texts
    assert [len(one) - 1 for one in reports] == [*texts.values()]
    assert uploads.names() == []


def test_a_list_that_was_loaded_before_changes_nothing(
    app: Flask, line: Line, uploads: Uploads
) -> None:
    its_id = begun(line, uploads, HEADER + GOOD)
    done(app, its_id)
    go_on(line, its_id)
    done(app, its_id)
    again = done(app, begun(line, uploads, HEADER + GOOD))

    assert (again.stage, held(line), uploads.names()) == (Stage.SAME, 1, [])


def test_a_list_that_is_not_the_one_that_was_tried_is_not_loaded(
    app: Flask, line: Line, uploads: Uploads
) -> None:
    its_id = begun(line, uploads, HEADER + GOOD)
    job = done(app, its_id)
    file = uploads.folder / job.file
    octets = file.read_bytes()
    file.write_bytes(octets[:-1] + bytes([octets[-1] ^ 1]))
    go_on(line, its_id)

    assert done(app, its_id).stage is Stage.FAILED
    assert (held(line), uploads.names()) == (0, [])


def test_an_error_of_ours_loads_nothing_and_frees_the_turn(
    app: Flask, line: Line, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("20123456")

    its_id = begun(line, uploads, HEADER + GOOD)
    monkeypatch.setattr(_Loading, "_fill", fail)
    job = done(app, its_id)
    monkeypatch.undo()

    assert (job.stage, uploads.names()) == (Stage.FAILED, [])
    assert done(app, begun(line, uploads, HEADER + GOOD)).stage is Stage.TRIED


@both
def test_one_job_is_under_way_at_a_time(app: Flask, line: Line, uploads: Uploads) -> None:
    first = begun(line, uploads, HEADER + GOOD)
    with pytest.raises(Busy):
        begun(line, uploads, HEADER + BAD)
    done(app, first)
    second = begun(line, uploads)
    with pytest.raises(Busy):
        go_on(line, first)
    done(app, second)
    go_on(line, first)

    with pytest.raises(Overtaken):
        go_on(line, first)


@both
def test_a_job_whose_process_was_killed_is_broken_off_and_its_list_removed(
    line: Line, uploads: Uploads
) -> None:
    its_id = begun(line, uploads, HEADER + GOOD)
    file = found(line, its_id).file
    lock = uploads.locked(file)
    assert lock
    jobs.sweep(line.database, uploads)
    while_held = found(line, its_id).stage
    os.close(lock)
    jobs.sweep(line.database, uploads)

    assert while_held is Stage.TRYING
    assert (found(line, its_id).stage, uploads.names()) == (Stage.FAILED, [])


def test_what_nobody_started_goes_after_a_day_also_where_its_list_is_elsewhere(
    app: Flask, line: Line, uploads: Uploads
) -> None:
    its_id = begun(line, uploads, HEADER + GOOD)
    job = done(app, its_id)
    jobs.sweep(line.database, uploads)
    fresh = found(line, its_id).stage, uploads.names()
    elsewhere = begun(line, uploads, HEADER + BAD)
    uploads.forget(found(line, elsewhere).file)
    with line.database.working() as connection:
        long_ago = datetime.now(UTC) - KEPT - timedelta(minutes=1)
        connection.execute(update(jobs.jobs).values(changed_at=long_ago))
    jobs.sweep(line.database, uploads)

    assert fresh == (Stage.TRIED, [job.file])
    assert found(line, its_id).stage is Stage.DROPPED
    assert found(line, elsewhere).stage is Stage.FAILED
    assert uploads.names() == []


def test_a_list_that_no_job_is_of_is_removed(line: Line, uploads: Uploads) -> None:
    incoming = uploads.receive()
    incoming.kept = True
    jobs.sweep(line.database, uploads)
    coming_in = uploads.names()
    incoming.close()
    jobs.sweep(line.database, uploads)

    assert coming_in == [incoming.name]
    assert uploads.names() == []


def test_nightly_retention_removes_lists_too(app: Flask, line: Line, uploads: Uploads) -> None:
    begun(line, uploads, HEADER + GOOD)
    report = uploads.report("f" * 32)
    report.write_text("line,column,reason\n")
    os.utime(report, (0, time.time() - KEPT.total_seconds() - 60))
    result = app.test_cli_runner().invoke(args=["retention", "apply"])

    assert result.exit_code == 0, result.output
    assert list(uploads.folder.iterdir()) == []


@both
def test_a_campaign_is_counted_then_queued(app: Flask, line: Line, uploads: Uploads) -> None:
    load(line, [ready(line, "20123456", "+254711987654")])
    its_id = begun(line, uploads)
    tried = done(app, its_id)
    go_on(line, its_id)
    queued = done(app, its_id)
    with line.database.working() as connection:
        texts = connection.scalars(select(func.count()).select_from(outbox)).one()
        act = list(acts(connection))[-1]

    assert (tried.stage, tried.outcome["recipients"]) == (Stage.TRIED, 1)
    assert ["..000" in one for one in tried.outcome["examples"].values()] == [True, True]
    assert (queued.stage, queued.outcome["queued"], texts) == (Stage.DONE, 1, 1)
    assert (act.who, act.act) == ("amina", "campaign queue")
    assert uploads.names() == []


def test_nothing_personal_is_in_a_job(app: Flask, line: Line, uploads: Uploads) -> None:
    done(app, begun(line, uploads, HEADER + GOOD + BAD))
    load(line, [ready(line, "20123456", "+254711987654")])
    done(app, begun(line, uploads))
    with line.database.working() as connection:
        rows = repr(connection.execute(select(jobs.jobs)).all())

    assert "TRIED" not in rows
    assert rows.count("'tried'") == 2
    assert not [one for one in ("2012345", "711987", "..456") if one in rows]


def test_a_job_that_is_over_is_not_done_again(app: Flask, line: Line, uploads: Uploads) -> None:
    its_id = begun(line, uploads, HEADER + GOOD)
    done(app, its_id)
    again = app.test_cli_runner().invoke(args=["jobs", "do", str(its_id)])
    never = app.test_cli_runner().invoke(args=["jobs", "do", "999"])

    assert [one.exit_code for one in (again, never)] == [1, 1]
    assert "there is no such job under way" in again.output


def test_nothing_of_a_list_is_said_or_logged(
    app: Flask, line: Line, uploads: Uploads, caplog: pytest.LogCaptureFixture
) -> None:
    its_id = begun(line, uploads, HEADER + GOOD + BAD + "id_card,2012345x,047-01,ready,,\n")
    said = app.test_cli_runner().invoke(args=["jobs", "do", str(its_id)]).output

    assert found(line, its_id).stage is Stage.TRIED
    assert not [one for one in ("201234", "711987", "lost") if one in said + caplog.text]


@both
@pytest.mark.long
def test_an_import_that_is_killed_loads_nothing_and_the_next_one_may_begin(
    app: Flask,
    line: Line,
    uploads: Uploads,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    redis: RedisServer,
    tmp_path: Path,
) -> None:
    url = request.getfixturevalue(request.node.callspec.params["app"])
    set_environment(monkeypatch, url, redis.url, tmp_path)
    rows = "".join(f"id_card,{20_000_000 + n},047-01,ready,,\n" for n in range(100_000))
    its_id = begun(line, uploads, HEADER + rows)
    file = found(line, its_id).file
    lock = uploads.locked(file)
    assert lock
    process = start(its_id, lock)
    os.close(lock)
    while not uploads.progress(file)[0]:
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()
    jobs.sweep(line.database, uploads)

    assert found(line, its_id).stage is Stage.FAILED
    assert (held(line), uploads.names()) == (0, [])
    assert done(app, begun(line, uploads, HEADER + GOOD)).stage is Stage.TRIED


def test_a_process_that_does_a_job_runs_on_every_core_and_not_on_its_starters_alone() -> None:
    everywhere = os.sched_getaffinity(0)
    found: list[set[int]] = []

    def run() -> None:
        os.sched_setaffinity(0, {min(everywhere)})
        with tempfile.TemporaryFile() as lock:
            process = start(0, lock.fileno())
        found.append(os.sched_getaffinity(process.pid))
        process.kill()
        process.wait()

    thread = Thread(target=run)
    thread.start()
    thread.join()

    assert found == [everywhere]
