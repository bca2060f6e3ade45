"""The request that is being taken: a random name, by which logs tell of all that it causes."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_name: ContextVar[str] = ContextVar("request", default="")


def name() -> str:
    """Give the name of the request that is being taken here; empty where none is."""
    return _name.get()


@contextmanager
def named(given: str = "") -> Iterator[str]:
    """Give what the block does a name, in every line that it logs.

    Args:
        given: a name that was given before; a new one is drawn where it is empty.
    """
    before = _name.set(given or secrets.token_hex(6))
    try:
        yield _name.get()
    finally:
        _name.reset(before)
