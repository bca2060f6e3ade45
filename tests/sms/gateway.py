"""Africa's Talking on a loopback address: keeps what it got, answers what a test scripted."""

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
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
    """

    body: str = ""
    status: int = 201
    content_type: str = "application/json"
    hangs: bool = False
    closes: bool = False
    claims: int | None = None


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
        posts: every request, in the order they came.
        script: answers yet to be given; when there are none, every message is accepted.
        watch: called with each request before it is answered.
    """

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.script: deque[Answer] = deque()
        self.watch: Callable[[Post], None] | None = None
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
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

    def _take(self, post: Post) -> Answer:
        self.posts.append(post)
        if self.watch:
            self.watch(post)
        answer = self.script.popleft() if self.script else accepted(post)
        if answer.hangs:
            self._over.wait()
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = gateway._take(Post(self.path, dict(self.headers), body))
                if not answer.closes and not answer.hangs:
                    self._write(answer)

            def _write(self, answer: Answer) -> None:
                body = answer.body.encode()
                claims = len(body) if answer.claims is None else answer.claims
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(claims))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        return Handler
