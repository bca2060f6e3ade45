"""Slow connections: clients that send so little that they hold what they are given."""

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PAUSE_SECONDS = 1.0
"""Between two octets of one connection."""

_FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


class Slow:
    """Connections that stay open as long as they are let, and are opened again when not.

    Args:
        count: how many; half of them are slow with their heads, half with their bodies.
        path: what they ask for.
    """

    def __init__(self, port: int, count: int, path: str) -> None:
        self.opened = 0
        self._port = port
        self._count = count
        self._path = path
        self._stopped = threading.Event()
        self._sockets: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run)

    @property
    def held(self) -> int:
        """Count the connections that are open, as far as their clients know."""
        return len(self._sockets)

    def _run(self) -> None:
        dice = random.Random(1919)
        while not self._stopped.is_set():
            began = time.monotonic()
            while len(self._sockets) < self._count and self._open(dice):
                pass
            self._sockets = [one for one in self._sockets if _trickles(one, dice)]
            rest = PAUSE_SECONDS - (time.monotonic() - began)
            self._stopped.wait(max(0.0, rest))
        for one in self._sockets:
            one.close()

    def _open(self, dice: random.Random) -> bool:
        one = socket.socket()
        one.settimeout(2)
        try:
            one.connect(("127.0.0.1", self._port))
            one.sendall(self._beginning(dice.random() < 0.5))
        except OSError:
            one.close()
            return False
        one.setblocking(False)
        self.opened += 1
        self._sockets.append(one)
        return True

    def _beginning(self, with_body: bool) -> bytes:
        head = f"POST {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{_FORM}"
        rest = "Content-Length: 8000\r\n\r\ntext=" if with_body else "X-Slow: "
        return f"{head}{rest}".encode()

    def start(self) -> None:
        """Open them, and go on."""
        self._thread.start()

    def stop(self) -> None:
        """Close them."""
        self._stopped.set()
        self._thread.join()


@contextmanager
def slow(port: int, count: int, path: str) -> Iterator[Slow]:
    """Hold slow connections open while the block runs."""
    one = Slow(port, count, path)
    one.start()
    try:
        yield one
    finally:
        one.stop()


def _trickles(one: socket.socket, dice: random.Random) -> bool:
    """Send one more octet; say whether the connection still stands."""
    try:
        one.sendall(dice.choice(b"abcdefgh").to_bytes())
        stands = one.recv(1) != b""
    except BlockingIOError:
        stands = True
    except OSError:
        stands = False
    if not stands:
        one.close()
    return stands
