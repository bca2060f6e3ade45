"""Canaries through thousands of sessions, while things break: none is found anywhere."""

import io
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import create_app
from bench.figures import tell
from bench.stores import SMALL
from config import Config
from models.agents import Role
from tests.caller import TOKEN
from tests.canaries import (
    API_KEY,
    AT,
    CARDS,
    FORM,
    METRICS,
    NUMBERS,
    PHONES,
    SECRETS,
    TYPED,
    WORDS,
    Flock,
    caught,
)
from tests.canary_service import in_service, names_and_contents, redis_of
from tests.conftest import Open, line_of
from tests.console.desk import PASSWORD, SECRET, get, post, sign_in
from tests.servers import RedisServer
from tests.world import put

SHORT, LONG = 300, 400 if SMALL else 5_000
_CALL = re.compile(r"/console/calls/([0-9]+)")
_STEP = re.compile(r'name="step" value="([^"]+)"')


def know(line: Any) -> None:
    """Let a line know documents that bear canaries."""
    for number, card in zip(NUMBERS[:60], CARDS, strict=True):
        put(line, "id_card", number, "ready", waiting_card=card)


class Agent:
    """An agent who takes calls, and is rung by canaries."""

    def __init__(self, app: Flask) -> None:
        self._client: FlaskClient = app.test_client()
        sign_in(self._client, line_of(app), Role.AGENT)

    def take(self, count: int) -> None:
        """Take calls: look a document up, type a word, reveal the phone, end."""
        for nth in range(count):
            phone, word = PHONES[-1 - nth % 400], WORDS[nth % 120]
            begun = {"phone": phone, "reason": "document"}
            answer = post(self._client, "/console/calls", begun)
            found = _CALL.search(answer.headers.get("Location", ""))
            assert found, answer.status
            self._talk(found[0], NUMBERS[nth % 120], word)

    def _talk(self, call: str, number: str, word: str) -> None:
        for keys in (number, word):
            step = _STEP.search(get(self._client, call).text)
            post(self._client, f"{call}/keys", {"keys": keys, "step": step[1] if step else ""})
        get(self._client, f"{call}?number={number}&{word}")
        post(self._client, f"{call}/reveal", {"why": "ring"})
        post(self._client, f"{call}/end", {"outcome": "answered", "note": word})


class Cut(io.RawIOBase):
    """A call that breaks while it is read, with canaries in what it breaks with."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: object) -> int:
        raise RuntimeError(f"text={WORDS[0]} {NUMBERS[0]} {PHONES[0]} {TOKEN}")


@contextmanager
def no_numbers(line: Any) -> Iterator[None]:
    """Let every look-up break within, while the block runs."""
    with line.database.working() as connection:
        connection.exec_driver_sql("ALTER TABLE document_numbers RENAME TO elsewhere")
    try:
        yield
    finally:
        with line.database.working() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO document_numbers")


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Let nothing be recorded on this machine's disk while the block runs."""
    lookups = folder / "lookups"
    lookups.rename(folder / "away")
    try:
        yield
    finally:
        shutil.rmtree(lookups, ignore_errors=True)
        (folder / "away").rename(lookups)


def test_300_sessions_leave_no_canary_anywhere(
    open_app: Open,
    sqlite_url: str,
    own_redis: RedisServer,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    app = open_app(sqlite_url, own_redis.url, METRICS_TOKEN=METRICS, AT_API_KEY=API_KEY)
    line, client = line_of(app), app.test_client()
    know(line)
    flock = Flock(client)
    flock.fly(SHORT - 96)
    remembered = redis_of(own_redis)
    with no_numbers(line):
        flock.fly(32)
    with own_redis.frozen():
        flock.fly(32)
    own_redis.flush()
    with full_disk(tmp_path / "var"):
        flock.fly(32)
    for path in (AT, f"/sms/africastalking/{TOKEN}"):
        call = EnvironBuilder(path=path, method="POST", content_type=FORM).get_environ()
        broken = {"wsgi.input": Cut(), "CONTENT_LENGTH": "100"}
        run_wsgi_app(app, call | broken, buffered=True)
    Agent(app).take(2)
    logged = capfd.readouterr().err
    where = {
        "log": logged.encode(),
        "metrics": client.get("/metrics").get_data(),
        "error pages": bytes(flock.faults),
        "Redis": remembered + redis_of(own_redis),
        "files": names_and_contents(tmp_path / "var"),
    }

    assert flock.sessions == SHORT
    assert caught([*TYPED, *SECRETS, PASSWORD, SECRET], where) == {}
    assert [name for name, octets in where.items() if len(octets) < 1_000] == []
    events = ("hop failed", "request failed", "look-ups cannot be recorded")
    assert [event for event in events if event not in logged] == []


def test_a_canary_would_be_caught() -> None:
    where = {"log": f"phone={PHONES[3]}".encode(), "files": b"nothing"}

    assert caught(TYPED, where) == {"log": [PHONES[3]]}


@pytest.mark.torture
@pytest.mark.timeout(1_800)
def test_5000_sessions_through_a_line_in_service_leave_no_canary_anywhere(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with in_service() as service:
        app = create_app(Config.from_env(service.environment))
        know(line_of(app))
        service.break_everything(LONG // 6)
        Agent(app).take(LONG // 100)
        where = service.places() | {"agents' log": capfd.readouterr().err.encode()}
        app.extensions["people"].close()
        line_of(app).close()
    found = caught([*TYPED, *SECRETS, PASSWORD, SECRET], where)
    found |= caught([*TYPED, PASSWORD], {"processes": service.processes})
    octets = sum(map(len, where.values()))
    with capfd.disabled():
        count = sum(map(len, found.values()))
        name = "canaries in logs, metrics, Redis, files, error pages, processes"
        of = f"{count} ({service.flock.sessions:,} sessions, {octets:,} octets looked at)"
        tell("S4", name, of, "0", not count)

    assert found == {}
    assert service.flock.sessions >= LONG - 6
    assert [name for name, one in where.items() if len(one) < 1_000] == []
