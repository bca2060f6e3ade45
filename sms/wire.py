"""The way to a gateway over HTTP: its connections, and what an answer means by itself."""

import ssl
import threading
import time
from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests import exceptions as broken_by
from urllib3 import exceptions as urllib3_errors

from sms.gateway import Fate, Submitted

TIMEOUT = (3.05, 9.05)
"""Seconds to connect and to be answered; Africa's Talking's own library takes these."""

PROBE_TIMEOUT = (1.4, 1.4)
"""The same for a question whether a gateway answers: three seconds in all."""

_IDLE_SECONDS = 2.0
"""A connection that lay idle for longer is made anew. A gateway that closed it just then
would leave a message whose fate nobody knows; known servers keep theirs for 5 s and more."""

_NEVER_SENT = (
    broken_by.ConnectTimeout,
    broken_by.ProxyError,
    broken_by.InvalidHeader,
    broken_by.InvalidSchema,
    broken_by.InvalidURL,
    broken_by.MissingSchema,
    urllib3_errors.ConnectTimeoutError,
    urllib3_errors.NewConnectionError,
    ssl.SSLCertVerificationError,
)
_MOVED = {301, 307, 308}
_REASONS = {401: "authentication", 403: "authentication", 429: "throttled"}


class Wire(threading.local):
    """Connections to one gateway, a thread its own; no cookies, and no redirects.

    A redirect that is followed makes a POST a GET, which is no submission any more.
    """

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._used = 0.0

    def ask(self, method: str, url: str, **parts: Any) -> requests.Response:
        """Ask once, and give the answer, whatever its status.

        Args:
            parts: as `requests` takes them; `timeout` among them.

        Raises:
            requests.exceptions.RequestException: there is no answer.
        """
        if time.monotonic() - self._used > _IDLE_SECONDS:
            self._session.close()
        try:
            return self._session.request(method, url, allow_redirects=False, **parts)
        finally:
            self._used = time.monotonic()


def without_answer(error: requests.exceptions.RequestException) -> Submitted:
    """Tell a message that never left from one that nobody answered for."""
    if any(isinstance(one, _NEVER_SENT) for one in _causes(error)):
        return Submitted(Fate.PASSING, reason="no connection")
    if isinstance(error, broken_by.Timeout):
        return Submitted(Fate.UNKNOWN, reason="no answer")
    return Submitted(Fate.UNKNOWN, reason="connection broke")


def refused_with(status: int) -> Submitted:
    """Read a status where the body says nothing more.

    4xx is a request that was not done (RFC 9110, 15.5), and never surely for this message's
    own fault: Africa's Talking documents 401 and 429 alone, the rest is our inference. 409
    is kept apart, since it comes with an answer of its own. 301, 307 and 308 say that
    nothing is done at this address (15.4); 302 and 303 may follow upon something done. Of
    5xx nobody knows.
    """
    reason = _REASONS.get(status, f"HTTP {status}")
    if status in _MOVED or (400 <= status < 500 and status != 409):
        return Submitted(Fate.PASSING, reason=reason)
    return Submitted(Fate.UNKNOWN, reason=reason)


def _causes(error: object) -> Iterator[object]:
    """Go through an error and those that it was made of."""
    while isinstance(error, BaseException):
        yield error
        inner = getattr(error, "reason", None)
        error = inner if isinstance(inner, BaseException) else next(iter(error.args), None)
