"""Scans: numbers that an officer types or a reader reads, one after the other, in their order.

A script sends them in the background, several at once where a reader is faster than we are;
without it each is a form of its own.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from flask import Response, jsonify, request

MOST = 50
"""Numbers that one request brings at most; a script sends the others with the next."""

_LETTERS = 40
_SCRIPT = "application/json"


@dataclass(frozen=True)
class Said:
    """What is said of one scan.

    Attributes:
        kind: `good`, `odd` (it counts, and somebody should know), or `bad` (it does not).
        text: in the officer's language.
        last_three: of its number; empty where it is none.
        item: what takes it out again; 0 where nothing does.
    """

    kind: str
    text: str
    last_three: str = ""
    item: int = 0


def typed() -> list[str]:
    """Give the numbers that a request brings, in their order."""
    numbers = (one.strip()[:_LETTERS] for one in request.form.getlist("number")[:MOST])
    return [one for one in numbers if one]


def by_script() -> bool:
    """Say whether a script asks, which reads JSON."""
    return request.accept_mimetypes.best == _SCRIPT


def answered(scans: Sequence[Said], counts: dict[str, int]) -> Response:
    """Answer a script: what is said of each scan, and how things stand now."""
    return jsonify(scans=[asdict(one) for one in scans], counts=counts)


def refused(text: str) -> Response:
    """Answer a script that nothing can be scanned here any more."""
    response = jsonify(over=text)
    response.status_code = 409
    return response
