"""A hundred thousand calls that nobody should make: to the application, and over sockets."""

import logging
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench.figures import tell
from bench.stores import SMALL, SQLITE, opened
from menus.line import Line
from models.lookups import Outcome, lookups
from tests import answered
from tests.answered import Answer
from tests.caller import TOKEN, Caller
from tests.conftest import Open, line_of
from tests.servers import RedisServer
from tests.strange import NUMBER, Call, Strange
from tests.world import put

pytestmark = pytest.mark.filterwarnings(  # half a file in a form: werkzeug leaves it to lie
    "ignore:Exception ignored in. <function SpooledTemporaryFile"
)
SEED = 1919
SHORT, LONG = 260, 2_000 if SMALL else 50_000
"""Calls; of the long form, on each of the two databases."""

LONG_RAW = 300 if SMALL else 2_000

LONGEST_LINE = 8_190
"""Octets of a request's first line that gunicorn takes: `limit_request_line`."""


class Tried:
    """Strange calls that were made, and what was wrong with their answers."""

    def __init__(self) -> None:
        self.calls = 0
        self.faults: Counter[str] = Counter()
        self.surprises: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.examples: list[tuple[int, Call, bytes]] = []
        self.digits = 0

    def note(self, number: int, call: Call, answer: Answer) -> None:
        """Note an answer."""
        self.calls += 1
        self.digits += call.digits
        self.statuses[answer.status] += 1
        if wrong := answered.fault(call.path, answer, call.method):
            self.faults[wrong] += 1
            self.examples[5:] = []
            self.examples.append((number, call, answer.body[:200]))

    @property
    def wrong(self) -> int:
        """Answers that are not what they should be."""
        return self.faults.total()

    @property
    def broken(self) -> int:
        """Answers of 5xx."""
        return sum(count for status, count in self.statuses.items() if status >= 500)


class Surprises(logging.Handler):
    """Counts what went wrong within and was hidden from gateways by an apology."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Count a line of the log."""
        error = record.exc_info[1] if record.exc_info else None
        self.seen[f"{record.getMessage()}: {error!r:.200}"] += 1


def through(app: Flask, most: int) -> Tried:
    """Make calls through the application."""
    tried, strange, surprises = Tried(), Strange(TOKEN, SEED), Surprises()
    logging.getLogger().addHandler(surprises)
    try:
        _make(app, strange, most, tried)
    finally:
        logging.getLogger().removeHandler(surprises)
    tried.surprises = surprises.seen
    return tried


def _make(app: Flask, strange: Strange, most: int, tried: Tried) -> None:
    for number in range(most):
        call = strange.call(number)
        body, status, headers = run_wsgi_app(app, _environ(call), buffered=True)
        named = {name.lower(): value for name, value in headers.items()}
        tried.note(number, call, Answer(int(status.split()[0]), named, b"".join(body)))


def _environ(call: Call) -> dict[str, Any]:
    """Give a call as a server gives it to the application."""
    environ = {
        **EnvironBuilder(path=call.path, method=call.method).get_environ(),
        "QUERY_STRING": call.query,
        "wsgi.input": BytesIO(call.body),
        "wsgi.input_terminated": call.chunked,
    }
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": one for name, one in call.headers.items()
    }
    environ["CONTENT_TYPE"] = headers.pop("HTTP_CONTENT_TYPE", "")
    length = (
        {"HTTP_TRANSFER_ENCODING": "chunked"}
        if call.chunked
        else {"CONTENT_LENGTH": str(len(call.body))}
    )
    return environ | headers | length


def over_sockets(port: int, token: str, most: int) -> Tried:
    """Make calls over sockets, octet for octet, each with a connection of its own."""
    tried, strange = Tried(), Strange(token, SEED + 1)
    for number in range(most):
        call = strange.call(number)
        answer = _said(port, call.raw)
        if answer and not _is_no_request(call.raw, answer):
            tried.note(number, call, answer)
    return tried


def _is_no_request(raw: bytes, answer: Answer) -> bool:
    """Say whether gunicorn refused, without a word, what is no request or too long for one."""
    line = raw.partition(b"\r\n")[0]
    refusal = 414 if len(line) > LONGEST_LINE else 0 if line.isascii() else 400
    return (answer.status, answer.body) == (refusal, b"")


def _said(port: int, raw: bytes) -> Answer | None:
    """Send octets; give what is answered, None where the server only hangs up."""
    came = b""
    with (
        suppress(ConnectionError),  # it had read enough before all was sent
        socket.create_connection(("127.0.0.1", port), timeout=20) as connection,
    ):
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(65_536):
            came += part
    return _read(came) if came else None


def _read(came: bytes) -> Answer:
    came = came.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    head, _, body = came.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)
    }
    return Answer(int(status.split(" ")[1]), headers, body)


def found(line: Line) -> int:
    """Count the look-ups that found a document."""
    line.mover.move()
    line.mover.move()
    with line.database.working() as connection:
        every = select(func.count()).select_from(lookups)
        return connection.scalars(every.where(lookups.c.outcome == Outcome.FOUND)).one()


@pytest.fixture
def knowing(lasting: Flask) -> Flask:
    """A line that knows the number, in digits from 0 to 9."""
    put(line_of(lasting), "id_card", NUMBER, "ready")
    return lasting


def test_strange_calls_get_pages_and_no_faults(knowing: Flask) -> None:
    tried = through(knowing, SHORT)

    assert (tried.faults, tried.examples, tried.surprises) == (Counter(), [], Counter())
    assert tried.calls == SHORT
    assert tried.statuses[200] > SHORT / 2


def test_no_strange_digit_is_taken_for_one_in_a_number(knowing: Flask) -> None:
    tried = through(knowing, SHORT // 2)

    line = line_of(knowing)

    assert (tried.digits > SHORT // 20, found(line)) == (True, 0)
    Caller(knowing.test_client()).dial(NUMBER)
    assert found(line) == 1


@pytest.mark.torture
@pytest.mark.timeout(2_400)
def test_fifty_thousand_strange_calls_on_each_database(
    open_app: Open, database_url: str, redis: RedisServer, request: pytest.FixtureRequest
) -> None:
    app = open_app(database_url, redis.url)
    put(line_of(app), "id_card", NUMBER, "ready")
    tried = through(app, LONG)
    on = f"on {request.node.callspec.params['database_url']}"
    _tell(f"generated calls, {on}: answers of 5xx", tried.broken, tried.calls)
    _tell(f"generated calls, {on}: bodies that are no page", tried.wrong, tried.calls)
    _tell(f"generated calls, {on}: faults within", tried.surprises.total(), tried.calls)
    taken = found(line_of(app))
    _tell(f"numbers in other digits than 0 to 9, {on}: taken for one", taken, tried.digits)

    assert (tried.broken, tried.faults, tried.examples) == (0, Counter(), [])
    assert (tried.surprises, taken) == (Counter(), 0)


@contextmanager
def served() -> Iterator[tuple[int, str]]:
    """Serve a line with gunicorn; give its port and its token."""
    with opened() as stores, stores.serving(stores.database(SQLITE)) as line:
        yield line.port, line.token


@pytest.mark.torture
@pytest.mark.timeout(900)
def test_two_thousand_strange_calls_over_sockets() -> None:
    with served() as (port, token):
        tried = over_sockets(port, token, LONG_RAW)
    _tell("generated calls, octets over sockets: faults", tried.wrong, tried.calls)

    assert (tried.broken, tried.faults, tried.examples) == (0, Counter(), [])
    assert tried.calls > LONG_RAW * 0.9


def _tell(name: str, count: int, of: int) -> None:
    tell("S5", name, f"{count:,} of {of:,}", "0", not count)
