"""Logs: one line an event, made of allowed fields only.

Whatever is not on the list below never reaches a log, whoever passes it: no phone, no
number, nothing that was typed, no token. An exception is logged by its class and the lines
of code it went through, without its message, which may quote what somebody typed.
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any

from models import requests

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ALLOWED = frozenset(
    {
        "added",
        "changed",
        "channel",
        "code",
        "count",
        "error",
        "event",
        "gateway",
        "kind",
        "level",
        "ms",
        "network",
        "outcome",
        "request",
        "rows",
        "screen",
        "sms",
        "state",
        "timestamp",
        "to",
        "trace",
    }
)

_QUOTING = ("Invalid request", "Error handling request", "Error handling HTTP/2 request")
"""What gunicorn says before it quotes a request, which may hold anything."""

_SECRET_PATH = re.compile(r"(/(?:ussd|sms)/[^/\s]*/)[^/\s?'\"]+")
_PLAIN = re.compile(r"[0-9A-Za-z_.:/<-]+")
_QUOTED = re.compile(r'[ ="]')
_log = logging.getLogger(__name__)


def configure() -> None:
    """Send every log line, ours and the libraries', through the allow-list to stderr."""
    # No line names the code that wrote it, so it is not looked up (logging's howto).
    logging._srcfile = None
    logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("alembic", "urllib3", "sqlalchemy"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    _take_what_nobody_caught()


def named(serve: "WSGIApplication") -> "WSGIApplication":
    """Give each request that an application takes a name, in every line that it causes."""

    def call(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        with requests.named():
            return serve(environ, start_response)

    return call


def _take_what_nobody_caught() -> None:
    """Log what ends a process or a thread as any error: Python would quote its message."""
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _ended
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _thread_ended


def _ended(
    sort: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(sort, KeyboardInterrupt):
        sys.__excepthook__(sort, error, trace)
    else:
        _log.critical("the process failed", exc_info=(sort, error, trace))


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_type is SystemExit or ended.exc_value is None:
        return
    told = (ended.exc_type, ended.exc_value, ended.exc_traceback)
    _log.critical("a thread failed", exc_info=told)


def allowed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Drop every field that is not allowed."""
    return {name: value for name, value in fields.items() if name in ALLOWED}


def scrub(line: str) -> str:
    """Hide what a request held in a line of text: its secret path, or all that is quoted."""
    for beginning in _QUOTING:
        if line.startswith(beginning):
            return beginning
    return _SECRET_PATH.sub(r"\1-", line)


class _Lines(logging.Formatter):
    """Writes a line of what is allowed."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one."""
        moment = datetime.fromtimestamp(record.created, UTC)
        own = {
            "timestamp": moment.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": scrub(record.getMessage()),
        }
        event = {**own, **allowed(vars(record)), **own}
        if record.exc_info and record.exc_info[0] is not None:
            event["error"] = record.exc_info[0].__name__
            event["trace"] = _trace(record.exc_info[2])
        if name := requests.name():
            event["request"] = name
        return " ".join(
            _written(name, "" if value is None else str(value)) for name, value in event.items()
        )


def _written(name: str, value: str) -> str:
    """Write one field in logfmt, as structlog does texts and numbers: a test holds it to that.

    structlog itself looked at each letter of each name, 4 % of a hop (py-spy), and brought
    with it packages whose import was a tenth of the time that a process takes to start.
    """
    if _PLAIN.fullmatch(value):
        return f"{name}={value}"
    is_quoted = _QUOTED.search(value)
    if is_quoted:
        value = value.replace("\\", "\\\\")
    value = value.replace('"', '\\"').replace("\n", "\\n")
    return f'{name}="{value}"' if is_quoted else f"{name}={value}"


def _trace(trace: TracebackType | None) -> str:
    """Give the lines of code that an exception went through, without a value."""
    return " < ".join(
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
        for frame in reversed(traceback.extract_tb(trace)[-8:])
    )
