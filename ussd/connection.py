"""A client's connection, and what of its next request has come."""

import re
import socket
import struct
from collections import deque
from collections.abc import Iterator
from typing import Any

from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import TConn

from ussd.admission import Asked, Kind

BODY = 64 * 1024
"""Octets of a body that are waited for; a larger one is read by the thread that wants it."""

_SEND_SECONDS = 10
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]{1,9})\r\n")
_CHUNKED, _EXPECTS = b"\r\ntransfer-encoding:", b"\r\nexpect:"
_END = b"\r\n\r\n"
_UNKNOWN = 10**9


class Connection(TConn):  # type: ignore[misc] # gunicorn is untyped
    """One connection.

    Attributes:
        came: octets read that no thread has.
        place: the queue of those whose turn to be closed comes; None while a thread has it.
        heard: the main thread looks for what comes; even while a thread has it, so that it
            need not be told to begin again.
        asked: what its request asks for.
        whole: all of the request is here, so that what follows is another one.
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.came = b""
        self.place: deque[Connection] | None = None
        self.heard = False
        self.asked = Asked(Kind.PEOPLE)
        self.whole = True
        self.sock.setblocking(True)  # the main thread reads and sends without waiting anyway
        wait = struct.pack("ll", _SEND_SECONDS, 0)
        for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
            self.sock.setsockopt(socket.SOL_SOCKET, option, wait)

    def begin(self) -> None:
        """Make ready to have the request read that came, on a thread.

        One that is here in whole is read from its octets. Of a socket gunicorn would ask and
        set the time to wait five times a request, and lend the interpreter away each time.
        """
        if self.whole:
            self.initialized = True
            self.parser = RequestParser(self.cfg, self._octets(self.came), self.client)
        else:
            self.initialized, self.parser = False, None
            self.init()
            self.parser.unreader.unread(self.came)
        self.came = b""

    def _octets(self, came: bytes) -> Iterator[bytes]:
        """Give what came, and after it what else a body in chunks turns out to have."""
        yield came
        while more := self.sock.recv(BODY):
            yield more


def size_of(request: bytes) -> int:
    """Give how many octets a request has, by its head; 0 while that is not there in whole.

    One that says nothing of its body's size, or wants to be asked for it, is as large as no
    request may be: a thread reads it.
    """
    end = request.find(_END)
    if end < 0:
        return 0
    head = request[: end + 2].lower()
    if _EXPECTS in head:
        return _UNKNOWN
    if _CHUNKED in head:
        return len(request) if request.endswith(b"0\r\n\r\n") else _UNKNOWN
    length = _LENGTH.search(head)
    return end + len(_END) + (int(length[1]) if length else 0)
