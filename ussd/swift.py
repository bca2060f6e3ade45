"""Reading and sending that never wait, and keep the interpreter meanwhile.

A socket's own calls let other threads have the interpreter each time, even where there is
nothing to wait for. While those are busy, the thread that turns requests away would get it
back only after some milliseconds, twice for each request: longer than the whole takes.
"""

import ctypes
import os
import socket

_libc = ctypes.PyDLL(None, use_errno=True)
_FLAGS = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL
_SIZE = 96 * 1024
_buffer = ctypes.create_string_buffer(_SIZE)
"""For the one thread of a process that reads this way."""


def receive(one: socket.socket) -> bytes:
    """Read what has come, up to 96 KiB; nothing where the other side has closed.

    Raises:
        BlockingIOError: nothing has come yet.
        OSError: the connection is broken.
    """
    size = _libc.recv(one.fileno(), _buffer, _SIZE, _FLAGS)
    return ctypes.string_at(_buffer, _checked(size))


def send(one: socket.socket, octets: bytes) -> int:
    """Send as much as there is room for; give how many octets that was.

    Raises:
        OSError: there is no room, or the connection is broken.
    """
    return _checked(_libc.send(one.fileno(), octets, len(octets), _FLAGS))


def _checked(size: int) -> int:
    if size < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return size
