"""Facts about logs: allowed fields only, whoever logs, gunicorn included."""

import contextlib
import http.client
import io
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from structlog.processors import LogfmtRenderer

import logs
from menus import late_answers
from menus.drainer import Drainer
from menus.parked import KEPT
from menus.wishes import AnswerMe
from models import requests
from models.lookups import Channel
from models.preparing import Preparer, ProcessEnded, prepared
from tests.caller import TOKEN, Caller
from tests.conftest import LINE_KEYS, line_of
from tests.outbox import Outbox
from tests.servers import RedisServer
from tests.world import put

ROOT = Path(__file__).parent.parent
PHONE = "+254711000111"
NUMBER = "20123456"
OWN = {"timestamp", "level", "event", "error", "trace", "request"}
"""What a line says of itself."""
WORDS = "kitambulishochangu"
START_SECONDS = 30


# Our own lines


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """Logs configured as in service; gives what was written."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with contextlib.redirect_stderr(io.StringIO()) as stderr:
        logs.configure()
    yield stderr.getvalue
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_has_its_event(logged: Callable[[], str]) -> None:
    logging.getLogger("models").info("hop")

    assert "event=hop" in logged()


def test_a_line_has_its_level(logged: Callable[[], str]) -> None:
    logging.getLogger("models").warning("the database is away")

    assert "level=warning" in logged()


def test_a_line_has_the_time_in_utc(logged: Callable[[], str]) -> None:
    logging.getLogger("models").info("hop")

    assert re.search(r"timestamp=\d{4}-\d\d-\d\dT[\d:.]+Z", logged())


@pytest.mark.parametrize("name", ["screen", "ms", "gateway", "count", "outcome", "to"])
def test_an_allowed_field_is_kept(logged: Callable[[], str], name: str) -> None:
    logging.getLogger("models").info("hop", extra={name: 41})

    assert f"{name}=41" in logged()


@pytest.mark.parametrize(
    "name", ["phone", "number", "text", "session", "token", "url", "body", "user_id"]
)
def test_another_field_is_dropped(logged: Callable[[], str], name: str) -> None:
    logging.getLogger("models").info("hop", extra={name: "s3cret"})

    assert "s3cret" not in logged()


@pytest.mark.parametrize("name", ["phone", "number", "text"])
def test_the_name_of_another_field_is_dropped_too(logged: Callable[[], str], name: str) -> None:
    logging.getLogger("models").info("hop", extra={name: "s3cret"})

    assert name not in logged()


def fail(secret: str) -> None:
    raise ValueError(secret)


def log_a_failure(secret: str) -> None:
    try:
        fail(secret)
    except ValueError:
        logging.getLogger("models").exception("hop failed")


def test_an_exception_is_logged_by_its_class(logged: Callable[[], str]) -> None:
    log_a_failure(PHONE)

    assert "error=ValueError" in logged()


def test_an_exception_is_logged_by_its_lines_of_code(logged: Callable[[], str]) -> None:
    log_a_failure(PHONE)

    assert re.search(r'trace="test_logs\.py:\d+ < test_logs\.py:\d+"', logged())


def test_an_exception_is_logged_without_its_message(logged: Callable[[], str]) -> None:
    log_a_failure(PHONE)

    assert PHONE not in logged()


def test_an_exception_is_logged_in_one_line(logged: Callable[[], str]) -> None:
    log_a_failure("two\nlines")

    assert len(logged().splitlines()) == 1


def test_an_exception_of_an_exception_is_logged_without_messages(
    logged: Callable[[], str],
) -> None:
    try:
        try:
            fail(PHONE)
        except ValueError as error:
            raise KeyError(NUMBER) from error
    except KeyError:
        logging.getLogger("models").exception("hop failed")
    said = logged()

    assert (PHONE in said, NUMBER in said) == (False, False)


def test_a_line_with_a_line_end_in_it_is_one_line(logged: Callable[[], str]) -> None:
    logging.getLogger("models").info("hop\nlevel=error event=forged")

    assert len(logged().splitlines()) == 1


@pytest.mark.parametrize("channel", ["ussd", "sms"])
def test_a_token_in_a_path_is_hidden(channel: str) -> None:
    path = f"/{channel}/africastalking/{TOKEN}"

    assert logs.scrub(f"GET {path} HTTP/1.1") == f"GET /{channel}/africastalking/- HTTP/1.1"


@pytest.mark.parametrize("end", ["", "/events", "?x=1", "'", '"', " HTTP/1.1"])
def test_a_token_is_hidden_whatever_follows_it(end: str) -> None:
    assert logs.scrub(f"/ussd/africastalking/{TOKEN}{end}") == f"/ussd/africastalking/-{end}"


def test_every_token_of_a_line_is_hidden() -> None:
    path = f"/ussd/africastalking/{TOKEN}"

    assert TOKEN not in logs.scrub(f"{path} {path}")


# gunicorn's lines


class Served:
    """The line as gunicorn serves it, and what it wrote to stderr."""

    def __init__(self, port: int, stderr: Path) -> None:
        self.port = port
        self._stderr = stderr
        self._read = 0

    def request(self, body: dict[str, str], path: str = f"/ussd/africastalking/{TOKEN}") -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", path, urlencode(body), headers)
        answer = connection.getresponse().read().decode()
        connection.close()
        return answer

    def send(self, raw: bytes) -> bytes:
        """Send bytes as they are, and read until the server has had enough."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while part := connection.recv(4096):
                answer += part
        return answer

    def written(self, waited_for: str = "") -> str:
        """Read what was written since the last reading, once it holds what is waited for."""
        until = time.monotonic() + START_SECONDS
        while True:
            text = self._stderr.read_text(encoding="utf-8")[self._read :]
            if waited_for in text or time.monotonic() > until:
                self._read += len(text)
                return text
            time.sleep(0.05)


@pytest.fixture(scope="module")
def served(
    prepared_sqlite: Path,
    redis_server: RedisServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """gunicorn on stores of its own."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(prepared_sqlite, folder / "1919.sqlite")
    port = free_port()
    settings = {
        **LINE_KEYS,
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "VAR_DIR": str(folder / "var"),
        "DATABASE_URL": f"sqlite:///{folder}/1919.sqlite",
        "REDIS_URL": redis_server.url,
        "GATEWAY_TOKENS": TOKEN,
    }
    gunicorn = str(Path(sys.executable).with_name("gunicorn"))
    with (folder / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            [gunicorn, "wsgi:app"], cwd=ROOT, env=settings, stderr=stderr, stdout=stderr
        )
    try:
        wait_for(port, process)
        yield Served(port, folder / "stderr")
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health/ready")
            ready = connection.getresponse().status == 200
            connection.close()
            if ready:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("gunicorn did not start")


def hop(**fields: str) -> dict[str, str]:
    return {
        "sessionId": "ATUid_logs",
        "phoneNumber": PHONE,
        "serviceCode": "*1919#",
        "networkCode": "63902",
        "text": "",
        **fields,
    }


PATH = f"/ussd/africastalking/{TOKEN}"
FORM = urlencode(hop(text=f"1*1*{NUMBER}*{WORDS}"))
MALFORMED = {
    "another version": f"POST {PATH} HTTP/9.9\r\n\r\n",
    "no version": f"POST {PATH}\r\n\r\n",
    "a word too many": f"POST {PATH} {PATH} HTTP/1.1\r\n\r\n",
    "a method in small letters": f"post {PATH} HTTP/1.1\r\n\r\n",
    "the path as a method": f"{PATH} HTTP/1.1\r\n\r\n",
    "a bad header": f"POST {PATH} HTTP/1.1\r\nReferer {PATH}\r\n\r\n",
    "a header with a blank": f"POST / HTTP/1.1\r\n{PATH} : x\r\n\r\n",
    "a line too long": f"POST {PATH}/{'x' * 2_000} HTTP/1.1\r\n\r\n",
    "two slashes": f"POST //ussd//africastalking//{TOKEN}\r\n\r\n",
    "slashes in hex": f"POST /ussd%2Fafricastalking%2F{TOKEN}\r\n\r\n",
    "a back slash": f"POST /ussd\\africastalking\\{TOKEN}\r\n\r\n",
    "no gateway": f"POST /ussd/{TOKEN}\r\n\r\n",
    "large letters": f"POST /USSD/africastalking/{TOKEN}\r\n\r\n",
}


def test_a_served_line_logs_each_hop(served: Served) -> None:
    served.written()
    served.request(hop())

    assert "event=hop" in served.written("event=hop")


def test_every_hop_that_a_served_line_logs_has_a_request_of_its_own(served: Served) -> None:
    served.written()
    for nth in range(3):
        served.request(hop(sessionId=f"ATUid_named{nth}"))
    served.send(f"POST {PATH} HTTP/9.9\r\n\r\n".encode())
    said = served.written("Invalid request")
    names = re.findall(r"event=hop .*request=([0-9a-f]{12})", said)

    assert len(names) == len(set(names)) == 3


def test_a_scrape_of_any_process_tells_what_all_of_them_counted(served: Served) -> None:
    before = pages_of(served)
    for nth in range(20):
        served.request(hop(sessionId=f"ATUid_count{nth}"))

    assert {pages_of(served) - before for _ in range(8)} == {20}


def pages_of(served: Served) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    connection.request("GET", "/metrics")
    said = connection.getresponse().read().decode()
    connection.close()
    (count,) = re.findall(r'gateway="africastalking",outcome="page"} (\d+)', said)
    return int(count)


def test_a_bad_request_is_logged(served: Served) -> None:
    served.written()
    served.send(f"POST {PATH} HTTP/9.9\r\n\r\n".encode())

    assert "level=warning" in served.written("Invalid request")


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=list(MALFORMED))
def test_a_malformed_request_leaves_no_token_in_the_log(served: Served, raw: str) -> None:
    served.written()
    served.send(raw.encode())
    served.request(hop())

    assert TOKEN not in served.written("event=hop")


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=list(MALFORMED))
def test_a_malformed_request_is_not_quoted_back(served: Served, raw: str) -> None:
    answer = served.send(raw.encode())

    assert TOKEN.encode() not in answer


def test_a_form_taken_for_a_request_line_leaves_nothing_typed_in_the_log(
    served: Served,
) -> None:
    served.written()
    served.send(f"POST {PATH} HTTP/1.1\r\nHost: line\r\n\r\n{FORM}\r\n\r\n".encode())
    served.request(hop())
    said = served.written("event=hop")

    assert leaks(said) == []


def test_a_form_in_bad_chunks_leaves_nothing_typed_in_the_log(served: Served) -> None:
    served.written()
    head = f"POST {PATH} HTTP/1.1\r\nHost: line\r\nTransfer-Encoding: chunked\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    served.send(f"{head}{FORM}\r\n\r\n".encode())
    served.request(hop())

    assert leaks(served.written("event=hop")) == []


def test_a_form_in_a_header_leaves_nothing_typed_in_the_log(served: Served) -> None:
    served.written()
    served.send(f"POST {PATH} HTTP/1.1\r\nHost: line\r\n{FORM}\r\n\r\n".encode())
    served.request(hop())

    assert leaks(served.written("event=hop")) == []


def test_a_form_in_the_address_leaves_nothing_typed_in_the_log(served: Served) -> None:
    served.written()
    served.send(f"GET {PATH}?{FORM} HTTP/9.9\r\n\r\n".encode())
    served.request(hop())

    assert leaks(served.written("event=hop")) == []


@pytest.mark.parametrize(
    "keys",
    [
        "",
        f"1*1*{NUMBER}",
        f"1*1*{NUMBER}*2",
        WORDS,
        f"{WORDS} {NUMBER}",
        f"1*4*{WORDS}",
        f"2*{WORDS}",
        f"3*2*4*{WORDS}",
        "5*1",
        f"5*2*4*{WORDS}",
        f"5*2*1*{NUMBER}",
        f"5*2*3*{NUMBER}*{WORDS}",
        f"5*3*{WORDS}",
        f"5*4*{WORDS}",
        f"9*{WORDS}",
    ],
    ids=[
        "a dial",
        "a look-up",
        "a wish",
        "words",
        "words and a number",
        "words for a receipt",
        "a place",
        "a place for a service",
        "a call-back",
        "a report in words",
        "a report of a number",
        "a move to a place",
        "words for a code",
        "a place to mark",
        "carrying on",
    ],
)
def test_a_hop_leaves_nothing_typed_in_the_log(served: Served, keys: str) -> None:
    served.written()
    served.request(hop(text=keys, sessionId=f"ATUid_{len(keys)}{keys[:6]}"))

    assert leaks(served.written("event=hop")) == []


def test_a_hop_that_cannot_be_read_leaves_nothing_in_the_log(served: Served) -> None:
    served.written()
    served.request(hop(text=f"1*1*{NUMBER}", phoneNumber=f"{PHONE}{WORDS}"))
    served.request(hop())

    assert leaks(served.written("event=hop")) == []


def test_a_text_leaves_nothing_in_the_log(served: Served) -> None:
    served.written()
    text = {
        "id": "logs-1",
        "from": PHONE,
        "to": "1919",
        "text": f"{WORDS} {NUMBER}",
        "date": "2026-10-09 12:17:37",
    }
    served.request(text, f"/sms/africastalking/{TOKEN}")
    served.request(hop())

    assert leaks(served.written("event=hop")) == []


def test_an_unknown_address_leaves_nothing_in_the_log(served: Served) -> None:
    served.written()
    served.request(hop(text=WORDS), f"/ussd/elsewhere/{TOKEN}")
    served.request(hop())

    assert leaks(served.written("event=hop")) == []


def leaks(said: str) -> list[str]:
    """Give what stands in a log that must not."""
    secrets = {
        "phone": PHONE.removeprefix("+"),
        "number": NUMBER,
        "words": WORDS,
        "token": TOKEN,
    }
    return [name for name, secret in secrets.items() if secret in said]


# Requests, and what nobody caught


def test_every_line_of_a_request_has_its_name(logged: Callable[[], str]) -> None:
    with requests.named("abc123"):
        logging.getLogger("models").info("hop")
    logging.getLogger("models").info("between")
    first, second = logged().splitlines()

    assert "request=abc123" in first
    assert "request" not in second


def test_a_text_is_followed_from_the_hop_to_its_delivery_report(
    app: Flask, logged: Callable[[], str]
) -> None:
    line = line_of(app)
    put(line, "id_card", NUMBER, "ready")
    Caller(app.test_client()).keys("1", "1", NUMBER, "1")
    box = Outbox(line.database, line.keys)
    box.take()
    box.change(state="sent", gateway_id="ATXid_1")
    report = {"id": "ATXid_1", "status": "Success", "phoneNumber": PHONE}
    app.test_client().post(f"/sms/africastalking/{TOKEN}/reports", data=report)
    lines = logged().splitlines()
    (queued,) = (one for one in lines if "sms queued" in one)
    (reported,) = (one for one in lines if "sms reported" in one)
    hops = [one for one in lines if "event=hop" in one]
    sms, request = field_of(queued, "sms"), field_of(queued, "request")

    assert field_of(hops[-1], "request") == request
    assert len({field_of(one, "request") for one in hops}) == len(hops)
    assert field_of(reported, "sms") == sms == str(box.row().id)
    assert "state=delivered" in reported
    assert leaks("".join(lines)) == []


def test_what_waited_for_the_database_goes_on_in_the_name_of_its_request(
    app: Flask, logged: Callable[[], str]
) -> None:
    line = line_of(app)
    put(line, "id_card", NUMBER, "ready")
    line.parked.close()
    line.callbacks.close()
    line.callbacks.taken_by("Noted", lambda *_: logging.getLogger("menus").info("noted"))
    with requests.named("abc123"):
        line.parked.keep(PHONE, AnswerMe({"number": NUMBER}, "en"), Channel.USSD)
        line.callbacks.keep("Noted", PHONE, {})
    answering = partial(late_answers.answer, line)
    Drainer(line.parked.spool, "again", KEPT).drain(line.parked.work(answering, lambda: True))
    Drainer(line.callbacks.spool, "again", KEPT).drain(line.callbacks.work(lambda: True))
    queued, noted = logged().splitlines()

    assert ("sms queued" in queued, "noted" in noted) == (True, True)
    assert [field_of(one, "request") for one in (queued, noted)] == ["abc123"] * 2


def field_of(line: str, name: str) -> str:
    (found,) = re.findall(rf" {name}=(\S+)", line)
    return str(found)


@pytest.mark.parametrize("thread", [False, True], ids=["a process", "a thread"])
def test_what_nobody_caught_is_logged_without_its_message(thread: bool) -> None:
    code = "import logs, threading\nlogs.configure()\ndef fail(): raise ValueError('s3cret')\n"
    code += "threading.Thread(target=fail).start()" if thread else "fail()"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE)
    said = ended.stderr.decode()

    assert "error=ValueError" in said
    assert "s3cret" not in said
    assert len(said.splitlines()) == 1


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody takes what nobody caught, but Python itself."""
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)


def test_what_ends_a_process_is_logged_by_its_class_and_lines(
    hooks: None, logged: Callable[[], str]
) -> None:
    try:
        raise ValueError(WORDS)
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)

    (line,) = logged().splitlines()
    assert "level=critical" in line
    assert re.search('error=ValueError trace="?test_logs.py:', line)
    assert WORDS not in line


def test_what_ends_a_thread_is_logged_by_its_class_and_lines(
    hooks: None, logged: Callable[[], str]
) -> None:
    thread = threading.Thread(target=lambda: int(WORDS))
    thread.start()
    thread.join()

    (line,) = logged().splitlines()
    assert "level=critical" in line
    assert re.search('error=ValueError trace="?test_logs.py:', line)
    assert WORDS not in line


def test_who_stops_a_process_by_hand_sees_what_python_says_of_it(
    hooks: None, logged: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt as stopped:
        sys.excepthook(KeyboardInterrupt, stopped, stopped.__traceback__)

    said = capsys.readouterr().err.splitlines()
    assert logged() == ""
    assert (said[0].split(" ")[0], said[-1]) == ("Traceback", "KeyboardInterrupt")
    assert len(said) > 2


def test_what_takes_uncaught_errors_already_is_left_there(
    monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", print)
    monkeypatch.setattr(threading, "excepthook", print)
    logs.configure()

    assert (sys.excepthook, threading.excepthook) == (print, print)


def test_a_process_that_prepares_rows_fails_without_what_the_list_holds(
    capfd: pytest.CaptureFixture[str],
) -> None:
    preparer = Preparer(object(), object(), 1, date(2026, 10, 9), int, False)  # type: ignore[arg-type]
    with pytest.raises(ProcessEnded):
        list(prepared(preparer, partial(list, [WORDS]), 1, 1))
    said = capfd.readouterr().err

    assert "a process that prepares rows failed: " in said
    assert WORDS not in said


@given(
    st.dictionaries(
        st.sampled_from(sorted(logs.ALLOWED - OWN)), st.text() | st.integers() | st.none()
    )
)
def test_a_line_is_written_as_the_library_writes_it(told: dict[str, str | int | None]) -> None:
    record = logging.LogRecord("line", logging.INFO, "", 0, "hop", (), None)
    vars(record).update(told)
    written = logs._Lines().format(record)
    moment = datetime.fromtimestamp(record.created, UTC)

    whole = {"timestamp": f"{moment:%FT%T.%fZ}", "level": "info", "event": "hop", **told}
    assert written == LogfmtRenderer()(None, "", whole)
