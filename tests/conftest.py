"""Stores and lines for every test: nothing here is a fake."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings

from app import create_app
from bench import figures
from commands.database import prepare
from config import Config
from console.desk import Desk
from menus.line import Clock, Line, now
from models.base import Database, metadata
from models.keys import fresh_keys
from models.outbox import texts_to
from tests.browser import LEFT_OUT, chromium, page
from tests.caller import PHONE, TOKEN
from tests.servers import PostgresServer, RedisServer
from tests.sms.gateway import Gateway

KEYS = fresh_keys()
LINE_KEYS = {name: key for name, key in KEYS.items() if name != "ARCHIVE_PRIVATE_KEY"}
"""What a line is given: the private archive key is for rotation alone."""

LASTS = {"audit", "centres", "constituencies", "counties", "desks", "editions"} | {
    f"service{one}" for one in ("s", "_terms", "_texts")
}
"""Tables that nothing is taken from between two tests on one line."""

Open = Callable[..., Flask]

sys.dont_write_bytecode = False  # else every process compiles every test anew, at each run

settings.register_profile("line", deadline=None)  # a busy machine is no fault
settings.load_profile("line")


__all__ = ["chromium", "page"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was left out for want of a browser."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(LEFT_OUT in str(one.longrepr) for one in skipped)
    if count:
        terminalreporter.section(f"{count} TESTS LEFT OUT: NO BROWSER", red=True, bold=True)
        terminalreporter.write_line(
            f"{LEFT_OUT}: nobody looked at the pages. Install it (Debian: apt-get install"
            " chromium), or name one in CHROMIUM, and run again."
        )


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Print the figures that a test told, where tests that tell them run side by side."""
    if report.when != "call" or "PYTEST_XDIST_WORKER" in os.environ:
        return
    for line in report.capstdout.splitlines() if os.environ.get("FIGURES") else ():
        if figures.is_line(line):
            print(f"\n{line}", end="", flush=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite", action="store_true", help="write the dialogues' pages anew: then read them"
    )


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Redis for all tests but those of outages, which have one of their own."""
    server = RedisServer(patience=30)
    yield server
    server.remove()


@pytest.fixture
def redis(redis_server: RedisServer) -> RedisServer:
    """Redis, empty."""
    redis_server.flush()
    return redis_server


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """Redis of one test, to freeze and kill: a line waits for it no longer than in service."""
    server = RedisServer()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """PostgreSQL with a prepared database to copy from."""
    server = PostgresServer()
    _prepare(server.create("prepared"))
    yield server
    server.remove()


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("prepared") / "1919.sqlite"
    _prepare(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(prepared_sqlite: Path, tmp_path: Path) -> str:
    file = tmp_path / "1919.sqlite"
    shutil.copy(prepared_sqlite, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    url = postgres.create(template="prepared")
    yield url
    postgres.drop(url)


@pytest.fixture(scope="module")
def lasting_sqlite(prepared_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A prepared database for all tests of a module."""
    file = tmp_path_factory.mktemp("lasting") / "1919.sqlite"
    shutil.copy(prepared_sqlite, file)
    return f"sqlite:///{file}"


@pytest.fixture(scope="module")
def lasting_postgresql(postgres: PostgresServer) -> Iterator[str]:
    """The same on PostgreSQL."""
    url = postgres.create(template="prepared")
    yield url
    postgres.drop(url)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lasting_url(request: pytest.FixtureRequest) -> str:
    """Each of them in turn."""
    url: str = request.getfixturevalue(f"lasting_{request.param}")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each database in turn."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a database while the block runs."""
    database = Database(url)
    database.open()
    try:
        yield database
    finally:
        database.close()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Each database in turn, open."""
    with opened(database_url) as one:
        yield one


@pytest.fixture
def open_app(tmp_path: Path) -> Iterator[Open]:
    """Open applications on given stores; closed when the test is over."""
    opened: list[Flask] = []

    def open_one(
        database_url: str, redis_url: str, clock: Clock = now, **settings: str
    ) -> Flask:
        app = create_app(config(database_url, redis_url, tmp_path, **settings), clock)
        opened.append(app)
        return app

    yield open_one
    for app in opened:
        app.extensions["people"].close()
        line_of(app).close()


@pytest.fixture(scope="module")
def lasting_app(
    tmp_path_factory: pytest.TempPathFactory, prepared_sqlite: Path, redis_server: RedisServer
) -> Iterator[Flask]:
    """A line for all tests of a module, that takes half a second to open."""
    folder = tmp_path_factory.mktemp("lasting")
    shutil.copy(prepared_sqlite, folder / "1919.sqlite")
    one = create_app(config(f"sqlite:///{folder / '1919.sqlite'}", redis_server.url, folder))
    line_of(one).mover.close()  # no test finds what another one asked for
    yield one
    one.extensions["people"].close()
    line_of(one).close()


@pytest.fixture
def lasting(lasting_app: Flask, redis: RedisServer) -> Flask:
    """The same, with nothing in it but what the country is, and the audit."""
    with line_of(lasting_app).database.working() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name not in LASTS:
                connection.execute(table.delete())
    shutil.rmtree(desk_of(lasting_app).var_dir / "uploads", ignore_errors=True)
    return lasting_app


@pytest.fixture
def app(open_app: Open, sqlite_url: str, redis: RedisServer) -> Flask:
    """A line on SQLite and Redis."""
    return open_app(sqlite_url, redis.url)


@pytest.fixture
def line(app: Flask) -> Line:
    return line_of(app)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """Africa's Talking on loopback, scripted."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    one = Gateway()
    yield one
    one.close()


def config(database_url: str, redis_url: str, folder: Path, **settings: str) -> Config:
    """Give the settings of a line in service, on test stores."""
    return Config.from_env(
        {
            **LINE_KEYS,
            "GATEWAY_TOKENS": TOKEN,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "VAR_DIR": str(folder / "var"),
            "AT_USERNAME": "live",
            "AT_API_KEY": "k",
            "SMS_SENDER": "1919",
            **settings,
        }
    )


def line_of(app: Flask) -> Line:
    line: Line = app.extensions["line"]()
    return line


def people_of(app: Flask) -> Flask:
    """Give the application that people look at."""
    people: Flask = app.extensions["people"]()
    return people


def desk_of(app: Flask) -> Desk:
    desk: Desk = people_of(app).extensions["desk"]
    return desk


def inbox(line: Line, phone: str = PHONE) -> list[str]:
    """Read the texts queued for a phone, oldest first."""
    with line.database.working() as connection:
        return [body for _, body in texts_to(connection, line.keys, phone)]


def _prepare(url: str) -> None:
    database = Database(url)
    prepare(database)
    database.close()
