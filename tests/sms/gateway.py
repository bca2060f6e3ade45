"""Africa's Talking on a loopback address: keeps what it got, answers what a test scripted."""

import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from sms.africastalking import Sender


@dataclass(frozen=True)
class Post:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode(), keep_blank_values=True, strict_parsing=True)

    def header(self, name: str) -> str:
        """Give a header's value; empty where there is none."""
        return {one.lower(): value for one, value in self.headers.items()}.get(name.lower(), "")

    @property
    def to(self) -> str:
        return self.form["to"][0]

    @property
    def message(self) -> str:
        return self.form["message"][0]


@dataclass(frozen=True)
class Answer:
    """One answer as it goes.

    Attributes:
        hangs: never answer; the connection stays open until the gateway is closed.
        closes: close the connection without an answer.
        claims: octets that the answer says it has, where that is not what it has.
        headers: others than those that every answer has.
    """

    body: str = ""
    status: int = 201
    content_type: str = "application/json"
    hangs: bool = False
    closes: bool = False
    claims: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def recipient(number: str, code: object = 101, **others: object) -> dict[str, object]:
    """Give what an answer says of one phone."""
    return {
        "statusCode": code,
        "number": number,
        "status": "Success",
        "cost": "KES 0.8000",
        "messageId": "ATXid_1",
        **others,
    }


def answering(*recipients: object, message: str = "Sent to 1/1 Total Cost: KES 0.8000") -> str:
    """Write an answer's body."""
    return json.dumps({"SMSMessageData": {"Message": message, "Recipients": recipients}})


def accepted(post: Post) -> Answer:
    return Answer(answering(recipient(post.to)))


class Gateway:
    """The gateway, listening until it is closed.

    Attributes:
        posts: every message, in the order they came.
        gets: every GET likewise; it is answered with `account`.
        connections: how many were made.
        script: answers yet to be given; when there are none, every message is accepted.
        watch: called with each message before it is answered.
        accept: gives the answer for a message where none is scripted.
    """

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.gets: list[Post] = []
        self.connections = 0
        self.account = Answer('{"UserData":{"balance":"KES 100.0000"}}', 200)
        self.accept: Callable[[Post], Answer] = accepted
        self._open: set[socket.socket] = set()
        self.script: deque[Answer] = deque()
        self.watch: Callable[[Post], None] | None = None
        self._over = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/version1"

    def sender(self) -> Sender:
        return Sender("live", "k", self.url, "1919")

    def answer(self, *answers: Answer) -> None:
        """Script the next answers."""
        self.script.extend(answers)

    def close(self) -> None:
        """Stop listening; afterwards nothing listens at the address."""
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.hang_up()

    def hang_up(self) -> None:
        """Close the connections that are open."""
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _take(self, post: Post) -> Answer:
        self.posts.append(post)
        if self.watch:
            self.watch(post)
        return self._held(self.script.popleft() if self.script else self.accept(post))

    def _take_get(self, get: Post) -> Answer:
        self.gets.append(get)
        return self._held(self.account)

    def _held(self, answer: Answer) -> Answer:
        if answer.hangs:
            self._over.wait()
        return answer


class _Server(ThreadingHTTPServer):
    def __init__(self, gateway: Gateway) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.gateway = gateway


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        self.server.gateway.connections += 1
        self.server.gateway._open.add(self.request)
        super().setup()

    def finish(self) -> None:
        self.server.gateway._open.discard(self.request)
        super().finish()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._write(self.server.gateway._take(Post(self.path, dict(self.headers), body)))

    def do_GET(self) -> None:
        self._write(self.server.gateway._take_get(Post(self.path, dict(self.headers), b"")))

    def _write(self, answer: Answer) -> None:
        if answer.closes or answer.hangs:
            self.close_connection = True
            return
        body = answer.body.encode()
        claims = len(body) if answer.claims is None else answer.claims
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(claims))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection |= claims != len(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""
