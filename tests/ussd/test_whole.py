"""An answer goes out as a whole, and nothing of it comes late."""

import socket
from collections.abc import Iterator

import pytest

from ussd.whole import LARGEST, Whole


@pytest.fixture
def ends() -> Iterator[tuple[Whole, socket.socket]]:
    here, there = socket.socketpair()
    there.settimeout(0.05)
    yield Whole(here), there
    here.close()
    there.close()


def test_what_is_sent_in_parts_arrives_at_once(ends: tuple[Whole, socket.socket]) -> None:
    whole, there = ends
    whole.sendall(b"head ")
    whole.sendall(b"body")
    with pytest.raises(TimeoutError):
        there.recv(100)
    whole.let_go()

    assert there.recv(100) == b"head body"


def test_what_was_sent_is_sent_once(ends: tuple[Whole, socket.socket]) -> None:
    whole, there = ends
    whole.sendall(b"once")
    whole.let_go()
    whole.let_go()

    assert there.recv(100) == b"once"
    with pytest.raises(TimeoutError):
        there.recv(100)


def test_much_is_not_held_back(ends: tuple[Whole, socket.socket]) -> None:
    whole, there = ends
    whole.sendall(b"x" * (LARGEST + 1))

    assert there.recv(LARGEST + 100) != b""


def test_what_was_sent_goes_before_what_a_file_sends(
    ends: tuple[Whole, socket.socket],
) -> None:
    whole, there = ends
    whole.sendall(b"head ")
    whole.send(b"file")

    assert there.recv(5) == b"head "
    assert there.recv(100) == b"file"
