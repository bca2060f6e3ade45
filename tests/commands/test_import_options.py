"""Facts about the ways of loading a list: tried, without its bad rows, filled, at length."""

import csv
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select, text

from commands import imports
from commands.imports import Refused, Wanted, load_file
from menus.line import Line
from models.audit import audit
from models.documents import (
    State,
    batches,
    document_number_row,
    document_numbers,
    documents,
    holds_demonstration,
    holds_real,
)
from models.importing import AlreadyLoaded, Import
from models.keys import Versions, open_number
from models.lists.columns import Fill
from models.matching import Row
from models.numbers import Kind, NumberType
from models.outbox import outbox
from models.preparing import CHUNK, ProcessEnded
from tests.caller import Caller
from tests.conftest import KEYS, Open, line_of
from tests.servers import RedisServer

DAY = date(2026, 9, 30)
HEADER = "kind,number,centre,state,received_on,phone"
GOOD = "id_card,20123456,047-01,ready,2026-09-28,"
BAD = "id_card,20123457,047-01,lost,2026-09-28,"


@pytest.fixture
def app(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    """A line on each database in turn."""
    return open_app(database_url, redis.url)


@pytest.fixture
def line(app: Flask) -> Line:
    return line_of(app)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


def write(file: Path, *rows: str, header: str = HEADER) -> Path:
    file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return file


def run(app: Flask, file: Path, *options: str) -> Result:
    return app.test_cli_runner().invoke(args=["documents", "import", str(file), *options])


def held(line: Line) -> list[tuple[str, str]]:
    """Read every document's kind and state."""
    query = select(documents.c.kind, documents.c.state).order_by(documents.c.id)
    with line.database.working() as connection:
        return [tuple(row) for row in connection.execute(query)]


def counted(line: Line) -> tuple[int, ...]:
    """Count the rows of every table that an import writes."""
    tables = (batches, documents, document_numbers, outbox, audit)
    with line.database.working() as connection:
        return tuple(
            connection.scalars(select(func.count()).select_from(one)).one() for one in tables
        )


# Tried


def test_a_dry_run_says_what_would_change(app: Flask, line: Line, file: Path) -> None:
    run(app, write(file, GOOD.replace("ready", "coming")))
    said = run(app, write(file, GOOD, "id_card,20123458,001-01,ready,,"), "--dry-run").output

    assert said.splitlines()[-4:] == [
        "2 rows: 1 would be new, 1 would be changed, 0 would be confirmed, 0 as they were;"
        " 0 texts to those who asked to be told",
        "        1 id_card: coming at 047-01 -> ready at 047-01",
        "        1 id_card: new -> ready at 001-01",
        "Nothing was kept.",
    ]


def test_a_dry_run_keeps_nothing(app: Flask, line: Line, file: Path) -> None:
    Caller(app.test_client()).keys("1", "1", "20123456", "2")
    before = counted(line)
    said = run(app, write(file, GOOD), "--dry-run").output

    assert "1 texts to those who asked to be told" in said
    assert counted(line) == before


def test_a_list_that_was_tried_is_loaded(app: Flask, line: Line, file: Path) -> None:
    run(app, write(file, GOOD), "--dry-run")
    run(app, file)

    assert held(line) == [("id_card", "ready")]


# Without the bad rows


def test_the_good_rows_are_loaded_without_the_bad(app: Flask, line: Line, file: Path) -> None:
    said = run(app, write(file, GOOD, BAD), "--leave-out-bad")

    assert said.exit_code == 0
    assert held(line) == [("id_card", "ready")]
    assert "line 3: state: not one of: coming, ready, collected, returned\n" in said.output
    assert said.output.endswith("1 bad rows left out\n")


def test_a_list_without_a_good_row_is_refused(app: Flask, line: Line, file: Path) -> None:
    said = run(app, write(file, BAD), "--leave-out-bad")

    assert said.exit_code == 1
    assert counted(line) == (0, 0, 0, 0, 0)


def test_a_list_that_was_loaded_in_part_may_be_loaded_again(
    app: Flask, line: Line, file: Path
) -> None:
    run(app, write(file, GOOD, BAD), "--leave-out-bad")

    assert "loaded before" not in run(app, file, "--leave-out-bad").output
    assert held(line) == [("id_card", "ready")]


def test_a_list_that_breaks_off_is_refused_whatever_is_left_out(
    app: Flask, line: Line, file: Path
) -> None:
    said = run(app, write(file, GOOD, 'id_card,"20123458'), "--leave-out-bad")

    assert said.exit_code == 1
    assert "line 3: file: quotes or separators are broken from here on\n" in said.output
    assert held(line) == []


# The report


def test_every_refused_row_is_in_the_report(app: Flask, file: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    said = run(app, write(file, *[BAD] * 60), "--report", str(report)).output
    with report.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.reader(opened))

    assert rows[0] == ["line", "column", "reason"]
    assert [int(row[0]) for row in rows[1:]] == list(range(2, 62))
    assert "... and 10 more: --report FILE lists all of them\n" in said
    assert "20123457" not in report.read_text(encoding="utf-8")


def test_a_file_of_nothing_but_faults_is_given_up(
    line: Line, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MOST_REFUSED", 100)
    with pytest.raises(Refused) as refused:
        load_file(line, write(file, *[BAD] * 500), DAY)

    assert len(refused.value.refusals) == 100


# Columns that lack


def test_columns_that_lack_are_filled_by_option(app: Flask, line: Line, file: Path) -> None:
    write(file, "20123456,2026-09-28,", header="number,received_on,phone")
    said = run(app, file, "--centre", "Mombasa", "--kind", "leseni", "--state", "tayari")

    assert said.exit_code == 0
    assert held(line) == [("driving_licence", "ready")]


def test_options_that_say_nothing_are_refused(app: Flask, line: Line, file: Path) -> None:
    write(file, "20123456,2026-09-28,", header="number,received_on,phone")
    said = run(app, file, "--centre", "Nowhere", "--kind", "passport", "--state", "ready")

    assert said.exit_code == 1
    assert "--kind: not one of: id_card, birth_certificate, driving_licence\n" in said.output


def test_the_same_file_filled_otherwise_is_another_list(
    app: Flask, line: Line, file: Path
) -> None:
    write(file, "20123456,ready,2026-09-28,", header="number,state,received_on,phone")
    run(app, file, "--centre", "047-01", "--kind", "id_card")
    run(app, file, "--centre", "047-01", "--kind", "driving_licence")

    assert held(line) == [("id_card", "ready"), ("driving_licence", "ready")]


def test_the_very_file_filled_alike_is_loaded_once(line: Line, file: Path) -> None:
    write(file, "20123456,ready,2026-09-28,", header="number,state,received_on,phone")
    wanted = Wanted(Fill(centre="047-01", kind="id_card"))
    load_file(line, file, DAY, wanted)

    with pytest.raises(AlreadyLoaded):
        load_file(line, file, DAY, wanted)


def test_a_list_loaded_into_a_demonstration_is_made_up(line: Line, file: Path) -> None:
    load_file(line, write(file, GOOD), DAY, Wanted(demonstration=True))
    with line.database.working() as connection:
        assert (holds_demonstration(connection), holds_real(connection)) == (True, False)


# At length, by several processes

MANY = 3 * CHUNK


def long(file: Path, *further: str, rows: int = MANY) -> Path:
    listed = (
        f"id_card,{20_000_000 + nth},047-01,ready,2026-09-28,07{nth:08d}" for nth in range(rows)
    )
    return write(file, *listed, *further)


def test_postgresql_has_gone_over_what_came_when_a_long_list_is_loaded(
    line: Line, file: Path
) -> None:
    if not line.database.is_postgresql:
        pytest.skip("SQLite needs no such round")
    load_file(line, long(file), DAY)
    with line.database.working() as connection:
        seen = connection.execute(
            text(
                "SELECT relallvisible = relpages AND relpages > 0 FROM pg_class"
                " WHERE oid IN ('documents'::regclass, 'document_numbers'::regclass)"
            )
        ).scalars()

        assert list(seen) == [True, True]


@pytest.fixture
def _several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let any list be long."""
    monkeypatch.setattr(imports, "_LONG", 0)


@pytest.mark.usefixtures("_several")
def test_several_processes_load_what_one_would(line: Line, file: Path) -> None:
    double = "id_card,20000001,047-01,collected,2026-09-28,"
    loaded = load_file(line, long(file, double), DAY)
    private = Versions.read(KEYS["ARCHIVE_PRIVATE_KEY"]).secrets[0][1]
    numbers = select(document_numbers, batches.c.sealed_key, documents.c.phone).join(
        batches, batches.c.id == document_numbers.c.batch_id
    )
    with line.database.working() as connection:
        last = connection.execute(
            numbers.join(documents, documents.c.id == document_numbers.c.document_id)
            .order_by(documents.c.id.desc())
            .limit(1)
        ).one()

    assert (loaded.outcome.added, loaded.outcome.changed) == (MANY, 1)
    row = document_number_row(last.document_id, last.type)
    assert open_number(last.sealed_key, private, last.sealed, row) == str(20_000_000 + MANY - 1)
    owner = line.keys.people.open(last.phone, f"documents|{last.document_id}")
    assert owner == f"+2547{MANY - 1:08d}"


@pytest.mark.usefixtures("_several")
def test_several_processes_refuse_rows_in_their_order(line: Line, file: Path) -> None:
    with pytest.raises(Refused) as refused:
        load_file(line, long(file, BAD, BAD), DAY)

    assert [one.line for one in refused.value.refusals] == [MANY + 2, MANY + 3]
    assert counted(line) == (0, 0, 0, 0, 0)


# Broken off


def breaking_off(rows: int) -> Iterator[Row]:
    """Give so many rows, and then fail."""
    for nth in range(rows):
        number = {NumberType.NATIONAL_ID: str(20_000_000 + nth)}
        yield Row(Kind.ID_CARD, State.READY, "047-01", None, number)
    raise EOFError


@pytest.mark.parametrize("rows", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1])
def test_an_import_that_fails_at_a_row_leaves_nothing(line: Line, rows: int) -> None:
    with pytest.raises(EOFError), line.database.working() as connection:
        list(Import(connection, line.keys, DAY).load(breaking_off(rows)))

    assert counted(line) == (0, 0, 0, 0, 0)


@pytest.mark.usefixtures("_several")
def test_an_import_whose_process_is_killed_leaves_nothing(
    line: Line, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(_loading: object, _refusal: object) -> None:
        for child in multiprocessing.active_children():
            child.kill()
            child.join()

    monkeypatch.setattr(imports._Loading, "_refuse", kill)
    write(file, BAD, *[GOOD] * 20 * CHUNK)
    with pytest.raises(ProcessEnded):
        load_file(line, file, DAY, Wanted(leave_out_bad=True))

    assert counted(line) == (0, 0, 0, 0, 0)


# Killed


def killed_after(seconds: float, file: Path, settings: dict[str, str]) -> int:
    """Start the real command, and kill it; give what it ended with."""
    flask = str(Path(sys.executable).with_name("flask"))
    command = [flask, "documents", "import", str(file)]
    with subprocess.Popen(
        command,
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as importing:
        try:
            return importing.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(importing.pid, signal.SIGKILL)
            return importing.wait()


def hold_killed_imports(
    app: Flask, database_url: str, redis: RedisServer, file: Path, step: float, most: float
) -> list[tuple[int, ...]]:
    """Kill imports ever later until one ends; give what each left in the database."""
    line, left = line_of(app), []
    settings = {
        **KEYS,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis.url,
        "VAR_DIR": str(file.parent / "var"),
    }
    settings.pop("ARCHIVE_PRIVATE_KEY")
    seconds = step
    while killed_after(seconds, file, settings) != 0:
        time.sleep(0.2)  # the server gives up what a dead client began
        left.append(counted(line)[:3])
        seconds += step
        assert seconds < most, "no import ended"
    return left


NOTHING, WHOLE = (0, 0, 0), (1, MANY, MANY)


def test_an_import_that_is_killed_leaves_nothing_of_it_or_all(
    app: Flask, line: Line, database_url: str, redis: RedisServer, file: Path
) -> None:
    left = hold_killed_imports(app, database_url, redis, long(file), 1.2, 60)

    assert left[0] == NOTHING
    assert set(left) <= {NOTHING, WHOLE}
    assert counted(line)[:3] == WHOLE


@pytest.mark.long
@pytest.mark.timeout(600)
def test_imports_that_are_killed_at_every_moment_leave_nothing_or_all(
    app: Flask, line: Line, database_url: str, redis: RedisServer, file: Path
) -> None:
    whole = (1, 60_000, 60_000)
    long(file, rows=60_000)
    left = hold_killed_imports(app, database_url, redis, file, 0.2, 120)
    print(f"\n{len(left)} imports killed, the last after {len(left) / 5:.1f} s")

    assert left[0] == NOTHING
    assert set(left) <= {NOTHING, whole}
    assert counted(line)[:3] == whole
