"""An answer sent as a whole: gunicorn sends its head and its body each by itself.

Each sending lets other threads have the interpreter, and wakes the client.
"""

import socket
from typing import Any

from ussd.swift import send

LARGEST = 64 * 1024
"""Octets that are held back at most: a larger answer goes in parts."""


class Whole:
    """A socket that holds back what is sent, until it is told to let it go.

    Whoever uses it otherwise than to send has everything sent before.
    """

    def __init__(self, one: socket.socket) -> None:
        self._one = one
        self._held: list[bytes] = []
        self._size = 0

    def sendall(self, octets: bytes) -> None:
        """Send something later, or now where much is held back.

        Raises:
            OSError: it was to be sent now, and the connection is broken.
        """
        self._held.append(bytes(octets))
        self._size += len(octets)
        if self._size > LARGEST:
            self.let_go()

    def let_go(self) -> None:
        """Send all that was held back.

        Raises:
            OSError: the connection is broken.
        """
        octets = b"".join(self._held)
        self._held.clear()
        self._size = 0
        try:
            sent = send(self._one, octets) if octets else 0
        except BlockingIOError:
            sent = 0
        if sent < len(octets):
            self._one.sendall(octets[sent:])

    def setblocking(self, _blocking: bool) -> None:
        """Leave it blocking. gunicorn asks each time, and that lends the interpreter away."""

    def __getattr__(self, name: str) -> Any:
        """Give what else a socket has."""
        self.let_go()
        return getattr(self._one, name)
