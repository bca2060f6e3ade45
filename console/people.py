"""What people look at, beside what gateways call: an application of its own.

It is made once, when it is first asked for (gunicorn asks before calls come), so that commands
and tests that serve callers alone start as fast; and nothing of pages (cookies, forms, headers,
faults) touches a hop.
"""

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Flask

from console.desk import Desk
from console.security import FACES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_BELOW = tuple(f"{face}/" for face in FACES)


class People:
    """The application for people, made once.

    Args:
        make: makes it.
    """

    def __init__(self, make: Callable[[], Flask]) -> None:
        self._make = make
        self._made: Flask | None = None
        self._lock = threading.Lock()

    def __call__(self) -> Flask:
        """Give the application, made by whoever asks first."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
        return self._made

    def beside(self, callers: "WSGIApplication") -> "WSGIApplication":
        """Put it beside the application that gateways call, each with its own addresses."""

        def serve(
            environ: "WSGIEnvironment", start_response: "StartResponse"
        ) -> Iterable[bytes]:
            chosen = self() if is_for_people(str(environ.get("PATH_INFO"))) else callers
            return chosen(environ, start_response)

        return serve

    def close(self) -> None:
        """Give its connections back, if it has any."""
        with self._lock:
            if self._made is not None:
                desk: Desk = self._made.extensions["desk"]
                desk.database.close()


def is_for_people(path: str) -> bool:
    """Say whether an address is one that people look at."""
    return path in FACES or path.startswith(_BELOW)
