"""Handsets: one for every gateway, each speaking its gateway's wire format.

All show pages alike, `CON ` or `END ` before the text, so that one conversation can be held
through any of them and compared.
"""

import itertools
import json
import shutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import Flask, Request
from werkzeug.routing import Map, Rule
from werkzeug.test import EnvironBuilder, TestResponse

from app import create_app
from menus.dial import Dial
from menus.line import Clock, now
from tests.caller import TOKEN
from tests.conftest import config, line_of
from tests.dialogue import Dialogue
from tests.servers import RedisServer
from ussd.gateway import Address, Ended, Gateway, Reply

PAYLOADS = Path(__file__).parent / "payloads"
FORM = "application/x-www-form-urlencoded"
_PLAIN = ("plain",)
_handsets = itertools.count(1)

Pairs = Sequence[tuple[str, Any]]


def new_phone() -> str:
    """Give a phone that nobody had."""
    return f"+25471{next(_handsets):07d}"


class Lines:
    """Lines on SQLite that many tests share, each on a copy of a prepared database."""

    def __init__(self, prepared: Path, redis: RedisServer, folder: Path) -> None:
        self._prepared = prepared
        self._redis = redis
        self._folder = folder
        self._opened: dict[tuple[str, ...], Flask] = {}

    def knowing(self, dialogue: Dialogue) -> Flask:
        """Give a line that knows what a dialogue is given."""
        given = tuple(dialogue.given)
        if given not in self._opened:
            self._opened[given] = dialogue.open(self._open, self._copy(), self._redis.url)
        return self._opened[given]

    def plain(self) -> Flask:
        """Give a line that knows nothing."""
        if _PLAIN not in self._opened:
            self._opened[_PLAIN] = self._open(self._copy(), self._redis.url)
        return self._opened[_PLAIN]

    def close(self) -> None:
        """Close all of them."""
        for app in self._opened.values():
            line_of(app).close()

    def _copy(self) -> str:
        file = self._folder / f"{len(self._opened)}.sqlite"
        shutil.copy(self._prepared, file)
        return f"sqlite:///{file}"

    def _open(self, url: str, redis_url: str, clock: Clock = now, **settings: str) -> Flask:
        folder = self._folder / str(len(self._opened))
        return create_app(config(url, redis_url, folder, **settings), clock)


class Handset(ABC):
    """One session on one phone.

    Attributes:
        pairs: the fields of the hop as it stands, in their order.
        needed: the fields without which there is no hop.
        session_field: the field that names the session; empty where the address does.
    """

    name: ClassVar[str]
    method: ClassVar[str]
    cumulative: ClassVar[bool]
    needed: ClassVar[tuple[str, ...]]
    phone_field: ClassVar[str]
    session_field: ClassVar[str]

    def __init__(self, app: Flask, phone: str = "") -> None:
        self._app = app
        self.phone = phone or new_phone()
        self.session = f"{next(_handsets):032x}"
        self.tail = ""
        self.pairs: Pairs = ()

    def dial(self, *extension: str) -> str:
        """Dial, perhaps with keys behind the code; give the page."""
        self.put_dial(*extension)
        return self.send()

    def key(self, key: str) -> str:
        """Press a key and send it; give the page."""
        self.put_key(key)
        return self.send()

    def keys(self, *keys: str) -> list[str]:
        """Dial, then press keys one after the other; give every page."""
        return [self.dial(), *map(self.key, keys)]

    def send(self) -> str:
        """Send the hop as it stands, the first time or again; give the page."""
        return self.shown(self.open())

    def open(self, token: str = TOKEN, method: str = "", **wire: Any) -> TestResponse:
        """Send the hop as it stands, or with another token, method or wire form."""
        address = f"/ussd/{self.name}/{token}{self.tail}"
        wire = wire or self.wire(self.pairs)
        return self._app.test_client().open(address, method=method or self.method, **wire)

    def shown(self, answer: TestResponse) -> str:
        """Read an answer as its gateway does; give the page."""
        assert answer.status_code == 200
        page = self.page(answer)
        assert page.startswith(("CON ", "END "))
        return page

    @abstractmethod
    def put_dial(self, *extension: str) -> None:
        """Make the hop that a dial sends."""

    @abstractmethod
    def put_key(self, key: str) -> None:
        """Make the hop that a key sends."""

    @abstractmethod
    def wire(self, pairs: Pairs) -> dict[str, Any]:
        """Put fields in wire form, as the test client takes it."""

    @abstractmethod
    def page(self, answer: TestResponse) -> str:
        """Read a page from an answer."""


class _Historian(Handset):
    """A handset whose gateway sends all inputs since the dial."""

    cumulative = True
    inputs: tuple[str, ...] = ()

    def put_dial(self, *extension: str) -> None:
        self.inputs = extension
        self.pairs = self.fields("*".join(self.inputs))

    def put_key(self, key: str) -> None:
        self.inputs = (*self.inputs, key)
        self.pairs = self.fields("*".join(self.inputs))

    def page(self, answer: TestResponse) -> str:
        assert answer.content_type == "text/plain; charset=utf-8"
        return answer.get_data(as_text=True)

    @abstractmethod
    def fields(self, text: str) -> Pairs:
        """Give the fields of a hop."""


class AfricasTalking(_Historian):
    """A phone behind Africa's Talking."""

    name = "africastalking"
    method = "POST"
    needed = ("phoneNumber", "serviceCode", "text", "sessionId", "networkCode")
    phone_field = "phoneNumber"
    session_field = "sessionId"

    def fields(self, text: str) -> Pairs:
        return (
            ("phoneNumber", self.phone),
            ("serviceCode", "*1919#"),
            ("text", text),
            ("sessionId", self.session),
            ("networkCode", "63902"),
        )

    def wire(self, pairs: Pairs) -> dict[str, Any]:
        return {"data": urlencode(pairs), "content_type": FORM}


class Safaricom(_Historian):
    """A phone behind Safaricom's own gateway."""

    name = "safaricom"
    method = "GET"
    needed = ("ORIG", "DEST", "SESSION_ID", "USSD_PARAMS")
    phone_field = "ORIG"
    session_field = "SESSION_ID"

    def fields(self, text: str) -> Pairs:
        return (
            ("ORIG", self.phone.removeprefix("+")),
            ("DEST", "1919"),
            ("SESSION_ID", self.session),
            ("USSD_PARAMS", text),
        )

    def wire(self, pairs: Pairs) -> dict[str, Any]:
        return {"query_string": urlencode(pairs)}


class Flares(Handset):
    """A phone behind Airtel's Flares."""

    name = "flares"
    method = "GET"
    cumulative = False
    needed = ("MSISDN", "input", "SessionID")
    phone_field = "MSISDN"
    session_field = "SessionID"

    def put_dial(self, *extension: str) -> None:
        self.put_key("*".join(("1919", *extension)))

    def put_key(self, key: str) -> None:
        self.pairs = (
            ("userid", "u"),
            ("password", "p"),
            ("MSISDN", self.phone.removeprefix("+")),
            ("MSC", "msc"),
            ("input", key),
            ("SessionID", self.session),
        )

    def wire(self, pairs: Pairs) -> dict[str, Any]:
        return {"query_string": urlencode(pairs)}

    def page(self, answer: TestResponse) -> str:
        assert answer.content_type == "text/plain; charset=utf-8"
        assert (answer.headers["charge"], answer.headers["amount"]) == ("N", "0")
        kind = {"FC": "CON", "FB": "END"}[answer.headers["Freeflow"]]
        return f"{kind} {answer.get_data(as_text=True)}"


class _Json(Handset):
    """A handset whose gateway speaks JSON."""

    method = "POST"
    cumulative = False

    def wire(self, pairs: Pairs) -> dict[str, Any]:
        fields = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs)
        return {"data": f"{{{fields}}}", "content_type": "application/json"}


class Infobip(_Json):
    """A phone behind Infobip."""

    name = "infobip"
    needed = ("msisdn", "text")
    phone_field = "msisdn"
    session_field = ""

    def put_dial(self, *extension: str) -> None:
        self.tail = f"/session/{self.session}/start"
        self._put(f"*{'*'.join(('1919', *extension))}#")

    def put_key(self, key: str) -> None:
        self.tail = f"/session/{self.session}/response"
        self._put(key)

    def _put(self, text: str) -> None:
        self.pairs = (
            ("msisdn", self.phone.removeprefix("+")),
            ("imsi", "429011234567890"),
            ("shortCode", "*1919#"),
            ("text", text),
            ("optional", "o=1"),
            ("ussdGwId", "11"),
            ("language", None),
        )

    def page(self, answer: TestResponse) -> str:
        assert answer.content_type == "application/json"
        body = json.loads(answer.get_data())
        assert set(body) == {"shouldClose", "responseExitCode", "ussdMenu", "responseMessage"}
        assert (body["responseExitCode"], body["responseMessage"]) == (200, "")
        assert isinstance(body["shouldClose"], bool)
        return f"{'END' if body['shouldClose'] else 'CON'} {body['ussdMenu']}"


class Hubtel(_Json):
    """A phone behind Hubtel."""

    name = "hubtel"
    needed = ("Mobile", "SessionId", "Type", "Message")
    phone_field = "Mobile"
    session_field = "SessionId"
    hops = 0

    def put_dial(self, *extension: str) -> None:
        self._put("Initiation", f"*{'*'.join(('1919', *extension))}#")

    def put_key(self, key: str) -> None:
        self._put("Response", key)

    def _put(self, kind: str, message: str) -> None:
        self.hops += 1
        self.pairs = (
            ("Mobile", self.phone.removeprefix("+")),
            ("SessionId", self.session),
            ("ServiceCode", "1919"),
            ("Type", kind),
            ("Message", message),
            ("Operator", "mtn"),
            ("Sequence", self.hops),
            ("ClientState", ""),
        )

    def page(self, answer: TestResponse) -> str:
        assert answer.content_type == "application/json"
        body = json.loads(answer.get_data())
        assert set(body) == {"Type", "Message"}
        kind = {"Response": "CON", "Release": "END"}[body["Type"]]
        return f"{kind} {body['Message']}"


HANDSETS: tuple[type[Handset], ...] = (AfricasTalking, Safaricom, Flares, Infobip, Hubtel)
LAST_ONLY = tuple(one for one in HANDSETS if not one.cumulative)


def payload(name: str) -> bytes:
    """Give a payload as it stands on the wire."""
    return (PAYLOADS / name).read_bytes()


def taken(
    gateway: Gateway, method: str = "GET", path: str = "", query: str = "", body: bytes = b""
) -> Dial | Ended | None:
    """Read a request through the address that it comes to."""
    address, parts = _found(gateway, method, path)
    builder = EnvironBuilder(method=method, query_string=query, data=body, content_type=FORM)
    request = Request(builder.get_environ())
    request.view_args = parts
    return address.read(request)


def http(reply: Reply) -> bytes:
    """Write out a reply with its headers, as HTTP has it."""
    head = {"Content-Type": reply.content_type, **reply.headers}
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in head.items())]
    return "\r\n".join([*lines, "", reply.body]).encode()


def _found(gateway: Gateway, method: str, path: str) -> tuple[Address, dict[str, Any]]:
    rules = [
        Rule(f"/t{one.path}", endpoint=one, methods=one.methods) for one in gateway.ADDRESSES
    ]
    address, parts = Map(rules).bind("line").match(f"/t{path}", method)
    return address, dict(parts)
