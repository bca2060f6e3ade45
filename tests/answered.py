"""What goes back to a gateway, looked at as that gateway does.

Bad input of every kind is judged here alike, whether it came through the application, over a
socket or out of the description of the addresses.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.test import TestResponse

from models.gsm7 import foreign, septets

PAGE = 160
"""Septets of a page."""

_TURNED_AWAY = frozenset({404, 405, 413})
"""What anything may be answered that is no hop at all; gunicorn's own are for sockets."""


@dataclass(frozen=True)
class Answer:
    """An answer as it came over the wire.

    Attributes:
        headers: by their names in small letters.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text; what is none shows as it is."""
        return self.body.decode("utf-8", "backslashreplace")

    @property
    def content_type(self) -> str:
        """What the body is said to be, without its letters' code."""
        return self.headers.get("content-type", "").partition(";")[0]


def of(answer: TestResponse) -> Answer:
    """Give what the test client got."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(answer.status_code, headers, answer.get_data())


def fault(path: str, answer: Answer, method: str = "POST") -> str:
    """Say what is wrong with an answer, empty where nothing is.

    Args:
        path: the address that was called, without what stands behind a question mark.
    """
    if answer.status >= 500:
        return f"status {answer.status}"
    if answer.status in _TURNED_AWAY or method in ("HEAD", "OPTIONS"):
        return ""
    if answer.status != 200:
        return f"status {answer.status} is none of ours"
    face, _, rest = path.strip("/").partition("/")
    gateway = rest.partition("/")[0]
    if face == "sms":
        return "a text was answered with a body" if answer.body else ""
    return page_fault(gateway, path, answer) if face == "ussd" else ""


def page_fault(gateway: str, path: str, answer: Answer) -> str:
    """Say what is wrong with a page, empty where nothing is."""
    try:
        page = shown(gateway, path, answer)
    except (ValueError, KeyError, TypeError) as error:
        return f"no page: {type(error).__name__} {answer.text[:80]!r}"
    if page is None:
        return ""
    if not page.strip():
        return "a page without words"
    if strange := foreign(page.replace("\n", "")):
        return f"letters that phones lack: {strange!r}"
    return f"{septets(page)} septets" if septets(page) > PAGE else ""


def shown(gateway: str, path: str, answer: Answer) -> str | None:
    """Give the page that a caller is shown; None where nobody is shown one.

    Raises:
        ValueError: it is no answer of this gateway's form; also KeyError and TypeError.
    """
    wanted = "application/json" if gateway in ("infobip", "hubtel") else "text/plain"
    if answer.content_type != wanted:
        raise ValueError
    if gateway == "infobip":
        return _infobip(path, json.loads(answer.body))
    if gateway == "hubtel":
        said = json.loads(answer.body)
        ends = {"Response": False, "Release": True}[said["Type"]]
        return None if ends and said["Message"] == "" else str(said["Message"])
    page = answer.body.decode()
    if gateway == "flares":
        told = answer.headers.get("freeflow") in ("FC", "FB")
        nobody = not page
    else:
        told = page.startswith(("CON ", "END "))
        nobody, page = page == "END", page[4:]
    if told or nobody:
        return page if told else None
    raise ValueError


def _infobip(path: str, said: Mapping[str, object]) -> str | None:
    if said["responseExitCode"] != 200:
        raise ValueError
    if path.endswith(("/end", "/status")) and "ussdMenu" not in said:
        return None
    if not isinstance(said["shouldClose"], bool):
        raise TypeError
    return str(said["ussdMenu"])
