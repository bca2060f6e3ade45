"""A crowd that calls and texts at a fixed rate, and remembers every answer that it got.

Each hop and each text comes of a phone of its own, so that what became of it can be found.
"""

import http.client
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Flask

from tests.caller import TOKEN

PROMISE = "CON Sorry, we cannot look that up just now.\nWe will text you the answer"
NO_PROMISE = "CON Sorry, we cannot look that up just now.\nPlease try again"
HOP, TEXT, OPT_OUT, REPORT = "hop", "text", "opt-out", "report"
FORM = "application/x-www-form-urlencoded"
_AT_ONCE = 64
_FIRST = itertools.count(1)

Post = Callable[[str, str], tuple[int, str]]
"""Posts a form to an address; gives the status and the body. It raises OSError."""


@dataclass(frozen=True)
class Sent:
    """One thing that was sent.

    Attributes:
        name: the gateway's own for it.
        asks: it is a hop that asks for a number.
        seconds: from when it was due until it was answered.
        status: 0 where there was no answer.
    """

    kind: str
    phone: str
    name: str
    asks: bool
    seconds: float
    status: int
    body: str

    @property
    def is_promised(self) -> bool:
        return self.body.startswith(PROMISE)


class Crowd:
    """Calls and texts from many phones, until it is told to stop.

    Args:
        numbers: those that are asked for, one after the other.
        hops, texts: a second; of the texts one in ten is an opt-out, and one a report.
    """

    def __init__(
        self, post: Post, token: str, numbers: Sequence[str], hops: float, texts: float
    ) -> None:
        self._post = post
        self._token = token
        self._numbers = itertools.cycle(numbers)
        self._rates = {HOP: hops, TEXT: texts}
        self._phones = itertools.count(next(_FIRST) * 1_000_000)
        self._stopped = threading.Event()
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._futures: list[Future[Sent]] = []
        self._threads = [
            threading.Thread(target=self._keep_on, args=[kind]) for kind in self._rates
        ]
        self._next = threading.Lock()

    def __enter__(self) -> "Crowd":
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for one in self._threads:
            one.join()
        self._pool.shutdown()

    @property
    def sent(self) -> list[Sent]:
        """What was sent, once it is over."""
        return [one.result() for one in self._futures]

    def _keep_on(self, kind: str) -> None:
        began, pause = time.monotonic(), 1 / self._rates[kind]
        for nth in itertools.count():
            due = began + nth * pause
            if self._stopped.wait(max(0.0, due - time.monotonic())):
                return
            path, form, about = self._thing(kind, nth)
            self._futures.append(self._pool.submit(self._send, path, form, about, due))

    def _thing(self, kind: str, nth: int) -> tuple[str, dict[str, str], tuple[str, str, str]]:
        with self._next:
            phone, number = f"+2547{next(self._phones):08d}", next(self._numbers)
        name = f"crowd-{phone[1:]}"
        if kind == HOP:
            text = number if nth % 5 < 2 else ("", "2", "3*2")[nth % 3]
            form = {"sessionId": name, "phoneNumber": phone, "serviceCode": "*1919#"}
            form |= {"networkCode": "63902", "text": text}
            return "/ussd/africastalking", form, (HOP, phone, text)
        if nth % 10 == 8:
            return "/sms/africastalking", {"phoneNumber": phone}, (OPT_OUT, phone, name)
        if nth % 10 == 9:
            form = {"id": name, "status": "Success", "phoneNumber": phone}
            return "/sms/africastalking", form, (REPORT, phone, name)
        form = {"id": name, "from": phone, "to": "1919", "text": f"ID {number}"}
        return "/sms/africastalking", form, (TEXT, phone, name)

    def _send(
        self, path: str, form: dict[str, str], about: tuple[str, str, str], due: float
    ) -> Sent:
        kind, phone, name = about
        end = {OPT_OUT: "/optouts", REPORT: "/reports"}.get(kind, "")
        try:
            status, body = self._post(f"{path}/{self._token}{end}", urlencode(form))
        except (OSError, http.client.HTTPException) as error:
            status, body = 0, type(error).__name__
        asks = kind == HOP and len(name) > 3
        return Sent(kind, phone, name, asks, time.monotonic() - due, status, body)


@contextmanager
def posting(port: int) -> Iterator[Post]:
    """Lend what posts to a line that serves, over connections that stay open."""
    mine, wires = threading.local(), list[http.client.HTTPConnection]()

    def post(path: str, form: str) -> tuple[int, str]:
        if not hasattr(mine, "wire"):
            mine.wire = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            wires.append(mine.wire)
        try:
            mine.wire.request("POST", path, form, {"Content-Type": FORM})
            answer = mine.wire.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            mine.wire.close()
            raise

    try:
        yield post
    finally:
        for one in wires:
            one.close()


def posting_to(app: Flask) -> Post:
    """Post to a line in this process."""

    def post(path: str, form: str) -> tuple[int, str]:
        answer = app.test_client().post(path, data=form, content_type=FORM)
        return answer.status_code, answer.get_data(as_text=True)

    return post


def crowd_at(app: Flask, numbers: Sequence[str], hops: float, texts: float) -> Crowd:
    """Let a small crowd call a line in this process."""
    return Crowd(posting_to(app), TOKEN, numbers, hops, texts)
