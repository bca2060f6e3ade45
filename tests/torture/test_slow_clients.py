"""500 slow connections: the line answers others as before, alone and behind the nginx of docs.

`SECONDS` and `DOCUMENTS` make the long form shorter and smaller, to see that it works.
"""

import http.client
import os
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.driver import Measured, measure, plan_for
from bench.figures import tell
from bench.service import Service, in_service
from bench.stores import Line
from tests.torture.front import front
from tests.torture.little import Little
from tests.torture.slow import slow

SECONDS = float(os.environ.get("SECONDS", "60"))
DOCUMENTS = int(os.environ.get("DOCUMENTS", "20000"))
RATE = 100.0
SLOW = 500
TIMES = 2.0
LEAST_MS = 50.0
"""A p99 below this is no other for a caller: it may double as it likes."""

NO_NGINX = "there is no nginx here (Debian: apt-get install nginx-light)"


def _hop(port: int, token: str, text: str = "") -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    fields = f"sessionId=s{time.monotonic_ns()}&phoneNumber=%2B254711000222&networkCode=63902"
    connection.request(
        "POST",
        f"/ussd/africastalking/{token}",
        f"{fields}&serviceCode=*1919%23&text={text}",
        {"Content-Type": "application/x-www-form-urlencoded"},
    )
    page = connection.getresponse().read().decode()
    connection.close()
    return page


def _raw(port: int, octets: bytes, awaited: bytes, count: int = 1, pieces: int = 1) -> bytes:
    """Send octets in so many pieces, and give what comes, up to what is awaited."""
    size = -(-len(octets) // pieces)
    came = b""
    with socket.create_connection(("127.0.0.1", port), 10) as one:
        for start in range(0, len(octets), size):
            one.sendall(octets[start : start + size])
            time.sleep(0.02 if pieces > 1 else 0)
        while came.count(awaited) < count and (read := one.recv(65536)):
            came += read
    return came


def test_with_slow_connections_held_callers_are_answered_at_once(little: Little) -> None:
    line = little.line
    path = f"/ussd/africastalking/{line.token}"
    with slow(line.port, 100, path) as held:
        while held.opened < 100:
            time.sleep(0.05)
        began = time.monotonic()
        pages = [_hop(line.port, line.token) for _ in range(10)]
        took = time.monotonic() - began

    assert all(page.startswith("CON 1919 Ndio Form!") for page in pages)
    assert took < 10 * 2.0


def test_a_client_that_does_not_close_holds_nobody_up(little: Little) -> None:
    line = little.line
    idle = []
    for _ in range(20):
        one = socket.create_connection(("127.0.0.1", line.port), 5)
        one.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        idle.append(one)
    began = time.monotonic()
    page = _hop(line.port, line.token)
    took = time.monotonic() - began
    answers = [one.recv(4096) for one in idle]
    for one in idle:
        one.close()

    assert page.startswith("CON 1919 Ndio Form!")
    assert took < 2.0
    assert all(b" 200 " in one for one in answers)


@pytest.mark.parametrize(
    ("octets", "pieces", "answers"),
    [
        (b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n", 5, 1),
        (b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n" * 3, 1, 3),
        (b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n" * 2, 7, 2),
        (b"GET /health/live HTTP/1.0\r\n\r\n", 1, 1),
    ],
    ids=["in pieces", "three at once", "two in pieces", "of HTTP 1.0"],
)
def test_requests_are_read_however_they_come(
    octets: bytes, pieces: int, answers: int, little: Little
) -> None:
    came = _raw(little.line.port, octets, b"live\n", answers, pieces)

    assert came.count(b" 200 OK") == answers
    assert came.count(b"live\n") == answers


@pytest.mark.parametrize("kind", ["chunked", "expected", "too large", "nonsense"])
def test_a_request_of_another_kind_gets_its_answer(kind: str, little: Little) -> None:
    line = little.line
    head = f"POST /ussd/africastalking/{line.token} HTTP/1.1\r\nHost: x\r\n".encode()
    body = b"text=&sessionId=odd&phoneNumber=%2B254711000223&serviceCode=*1919%23&networkCode=1"
    form = b"Content-Type: application/x-www-form-urlencoded\r\n"
    length = b"Content-Length: %d\r\n"
    octets, expected = {
        "chunked": (
            head + form + b"Transfer-Encoding: chunked\r\n\r\n"
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body),
            b"CON 1919 Ndio Form!",
        ),
        "expected": (
            head + form + b"Expect: 100-continue\r\n" + length % len(body) + b"\r\n" + body,
            b"CON 1919 Ndio Form!",
        ),
        "too large": (
            head + form + length % 200_000 + b"\r\n" + b"x" * 200_000,
            b" 413 ",
        ),
        "nonsense": (b"\x16\x03\x01\r\n\r\n", b" 400 "),
    }[kind]

    assert expected in _raw(line.port, octets, expected)


def test_a_request_sent_before_the_last_one_is_answered_has_its_turn(little: Little) -> None:
    line = little.line
    body = "text=&sessionId=eager&phoneNumber=%2B254711000224&serviceCode=*1919%23"
    form = f"{body}&networkCode=1"
    hop = (
        f"POST /ussd/africastalking/{line.token} HTTP/1.1\r\nHost: x\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(form)}\r\n\r\n{form}"
    ).encode()
    came = b""
    with socket.create_connection(("127.0.0.1", line.port), 10) as one:
        for each in range(1, 101):
            one.sendall(hop)
            time.sleep(each % 10 / 2_000)
            one.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            while came.count(b"live\n") < each and (read := one.recv(65536)):
                came += read

    assert came.count(b"CON 1919 Ndio Form!") == 100
    assert came.count(b"live\n") == 100


def test_a_piece_of_a_body_may_end_as_a_whole_one_does(little: Little) -> None:
    line = little.line
    body = (
        b"text=&sessionId=piece&phoneNumber=%2B254711000225&serviceCode=*1919%23&networkCode=1"
        b"&x=0\r\n\r\n"
    )
    rest = b"&y=1"
    head = (
        f"POST /ussd/africastalking/{line.token} HTTP/1.1\r\nHost: x\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()
    came = b""
    with socket.create_connection(("127.0.0.1", line.port), 10) as one:
        one.sendall(head + b"%x\r\n%s" % (len(body + rest), body))
        time.sleep(0.1)
        one.sendall(rest + b"\r\n0\r\n\r\n")
        while b"CON " not in came and (read := one.recv(65536)):
            came += read

    assert b"CON 1919 Ndio Form!" in came


@dataclass(frozen=True)
class Held:
    """Callers' hops without slow connections, and with them."""

    before: Measured
    during: Measured
    opened: int

    @property
    def times(self) -> float:
        """How many times as long p99 is, where that is longer than a caller notices."""
        during = self.during.ms(0.99)
        return 1.0 if during <= LEAST_MS else during / max(self.before.ms(0.99), 1.0)


def held(service: Service, port: int) -> Held:
    """Drive callers without slow connections, and with them.

    Args:
        port: the one that callers and slow connections come to.
    """
    line = Line(port, service.line.process_id, service.line.token)
    before = measure(plan_for(line, service.numbers, rate=RATE), SECONDS / 2)
    with slow(port, SLOW, f"/ussd/africastalking/{line.token}") as clients:
        during = measure(plan_for(line, service.numbers, rate=RATE), SECONDS)
    return Held(before, during, clients.opened)


def told(name: str, found: Held) -> bool:
    """Tell the figures; say whether all hold."""
    found.before.tell(f"{name}: before")
    found.during.tell(f"{name}: with {SLOW} slow connections")
    faults = found.during.faults.total()
    figures = [
        ("p99 before", f"{found.before.ms(0.99):,.0f} ms", "told", True),
        ("p99 with them", f"{found.during.ms(0.99):,.0f} ms", "told", True),
        ("p99, times", found.times, f"at most {TIMES:g}", found.times <= TIMES),
        ("wrong or failed hops", faults, "0", faults == 0),
        ("slow connections opened", found.opened, f"{SLOW}", found.opened >= SLOW),
    ]
    for what, value, target, holds in figures:
        tell("R17", f"{SLOW} slow connections, {name}: {what}", value, target, holds)
    return all(holds for *_, holds in figures)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with in_service(DOCUMENTS) as one:
        yield one


@pytest.mark.torture
@pytest.mark.timed
@pytest.mark.timeout(900)
def test_slow_connections_to_the_line_itself_hold_nobody_up(service: Service) -> None:
    assert told("the line itself", held(service, service.line.port))


@pytest.mark.torture
@pytest.mark.timed
@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("nginx") is None, reason=NO_NGINX)
def test_slow_connections_behind_the_documented_front_hold_nobody_up(
    service: Service, tmp_path: Path
) -> None:
    with front(service.line.port, tmp_path) as port:
        assert told("behind nginx as in docs/nginx.conf", held(service, port))
