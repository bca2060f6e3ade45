"""Callbacks of every kind, in their gateways' formats, and what must come of them once."""

import hashlib
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import Flask

from models.outbox import Delivery
from tests.gateways import FORM, HANDSETS, AfricasTalking, Handset, Hubtel

TIMES = 3
"""How often each callback is brought."""

HOPS, TEXTS, REPORTS, OPTOUTS, ENDS = "hops", "texts", "reports", "opt-outs", "ends of sessions"
KINDS = (HOPS, TEXTS, REPORTS, OPTOUTS, ENDS)

_NOBODY = Flask("nobody")


@dataclass(frozen=True)
class Callback:
    """One request that a gateway makes, and makes again.

    Attributes:
        path: behind the token, with its query.
        says: what a page must say in answer; empty for any.
    """

    kind: str
    method: str
    gateway: str
    path: str
    body: bytes = b""
    content_type: str = FORM
    says: str = ""


@dataclass
class Expected:
    """What must stand in the database, counted from what is sent.

    Attributes:
        rows: how many rows of tables, by their names.
        states: what each message must have become, by its gateway's name for it.
        stopped: phones that want no texts any more, by their opt-outs.
        answers: what the messages are known by that answer texts.
        causes: how many messages there are for other reasons, by how these begin.
    """

    rows: Counter[str] = field(default_factory=Counter)
    states: dict[str, str] = field(default_factory=dict)
    stopped: dict[Callback, str] = field(default_factory=dict)
    answers: set[str] = field(default_factory=set)
    causes: Counter[str] = field(default_factory=Counter)


def phone_of(number: int, kind: str) -> str:
    """Give a phone that nobody else has."""
    return f"+2547{KINDS.index(kind)}{number:07}"


class Sent:
    """All that is sent, and what must come of it.

    Args:
        count: callbacks of each kind.
    """

    def __init__(self, count: int) -> None:
        self.expected = Expected()
        makers: dict[str, Callable[[int], Iterator[Callback]]] = {
            HOPS: self._hops,
            TEXTS: self._text,
            REPORTS: self._reports,
            OPTOUTS: self._optout,
            ENDS: self._end,
        }
        self.callbacks = [one for kind in KINDS for one in _taken(makers[kind], count)]

    def deliveries(self, dice: random.Random) -> list[Callback]:
        """Give every callback three times, in a row or at any moments."""
        units: list[list[Callback]] = []
        for one in self.callbacks:
            units += [[one] * TIMES] if dice.random() < 0.5 else [[one]] * TIMES
        dice.shuffle(units)
        return [one for unit in units for one in unit]

    def _hops(self, number: int) -> Iterator[Callback]:
        """Give the hops of one call; what they wish for is counted."""
        phone = phone_of(number, HOPS)
        gateway = HANDSETS[number % len(HANDSETS)] if number % 2 else AfricasTalking
        keys, says, *tables = _ASKED[number // 2 % len(_ASKED)]
        self.expected.rows.update(tables)
        self.expected.causes["text"] += keys == _TEXT_ME
        handset = gateway(_NOBODY, phone)
        yield _hop(handset, keys, says)
        if gateway is AfricasTalking and keys != _LANGUAGE:
            for most in range(len(keys)):  # late ones, perhaps, of which nothing is saved
                yield _hop(handset, keys[:most], "")

    def _text(self, number: int) -> Iterator[Callback]:
        phone, name = phone_of(number, TEXTS), f"text-{number}"
        stops = number % 4 == 0
        body = "STOP" if stops else f"ID {12345678 if number % 3 else 87654321}"
        gateway = "kannel" if number % 2 else "africastalking"
        digest = hashlib.sha256(f"{gateway}|{name}".encode()).hexdigest()
        self.expected.answers.add(f"in|{digest}")
        self.expected.causes["in"] += 1
        self.expected.rows.update(["callers"] if stops else ["asked"])
        fields = {"id": name, "from": phone, "text": body}
        if gateway == "kannel":
            yield Callback(TEXTS, "GET", gateway, f"?{urlencode({**fields, 'at': ''})}")
        else:
            form = {**fields, "linkId": "l", "to": "1919", "date": "", "networkCode": "63902"}
            yield Callback(TEXTS, "POST", gateway, "", urlencode(form).encode())

    def _reports(self, number: int) -> Iterator[Callback]:
        """Give the reports of one message: of most, that it is on its way as well."""
        gateway = "kannel" if number % 2 else "africastalking"
        name = f"ATXid_{number}"
        end = (Delivery.DELIVERED, Delivery.FAILED, Delivery.DELIVERED)[number // 2 % 3]
        absent = gateway == "africastalking" and end is Delivery.FAILED
        if number % 10 == 9:
            name = f"{name}_strange"
            self.expected.rows["stray_reports"] += 1
        else:
            self.expected.states[f"{gateway}|{name}"] = end
            self.expected.causes["again"] += absent
        yield _report(gateway, name, end, absent)
        if number % 10 != 9 and number % 3:
            yield _report(gateway, name, Delivery.SENT)

    def _optout(self, number: int) -> Iterator[Callback]:
        phone = phone_of(number, OPTOUTS)
        form = urlencode({"senderId": "1919", "phoneNumber": phone}).encode()
        one = Callback(OPTOUTS, "POST", "africastalking", "/optouts", form)
        self.expected.rows["callers"] += 1
        self.expected.stopped[one] = phone
        yield one

    def _end(self, number: int) -> Iterator[Callback]:
        self.expected.rows["finished_sessions"] += 1
        phone, name = phone_of(number, ENDS), f"ended-{number:032}"
        if number % 4 == 1:
            body = b'{"reason":"ok","exitCode":0}'
            path = f"/session/{name}/end"
            yield Callback(ENDS, "PUT", "infobip", path, body, "application/json")
        elif number % 4 == 2:
            handset = Hubtel(_NOBODY, phone)
            handset.session = name
            handset.put_key("")
            pairs = [(one, "Timeout" if one == "Type" else two) for one, two in handset.pairs]
            wire = handset.wire(pairs)
            body = wire["data"].encode()
            yield Callback(ENDS, "POST", "hubtel", "", body, wire["content_type"])
        else:
            form = {"sessionId": name, "phoneNumber": phone, "status": "Success"}
            form |= {"hopsCount": "3", "durationInMillis": "46012", "networkCode": "63902"}
            body = urlencode(form).encode()
            yield Callback(ENDS, "POST", "africastalking", "/events", body)


_LANGUAGE, _TEXT_ME = ("8",), ("12345678", "1")
_ASKED = (
    (_TEXT_ME, "", "asked"),
    (("1", "1", "23456789", "2"), "", "subscriptions", "asked"),
    (("5", "1"), "", "call_backs"),
    (("5", "4", "47", "12", "1"), "", "ratings"),
    (_LANGUAGE, "", "callers"),
    (("12345678",), "is READY", "asked"),
    (("2", "47", "11"), "Nairobi"),
)
"""What is dialled at once, what its page says, and which tables get a row of it."""


def _taken(make: Callable[[int], Iterator[Callback]], count: int) -> Sequence[Callback]:
    every = itertools.chain.from_iterable(map(make, itertools.count()))
    return list(itertools.islice(every, count))


def _hop(handset: Handset, keys: Sequence[str], says: str) -> Callback:
    handset.put_dial(*keys)
    wire = handset.wire(handset.pairs)
    query = f"?{wire['query_string']}" if "query_string" in wire else ""
    return Callback(
        HOPS,
        handset.method,
        handset.name,
        f"{handset.tail}{query}",
        wire.get("data", "").encode(),
        wire.get("content_type", FORM),
        says,
    )


_KANNELS = {Delivery.DELIVERED: "1", Delivery.FAILED: "2", Delivery.SENT: "8"}
_THEIRS = {Delivery.DELIVERED: "Success", Delivery.FAILED: "Failed", Delivery.SENT: "Sent"}


def _report(gateway: str, name: str, state: Delivery, absent: bool = False) -> Callback:
    if gateway == "kannel":
        query = urlencode({"id": name, "status": _KANNELS[state], "reason": ""})
        return Callback(REPORTS, "GET", gateway, f"/reports?{query}")
    form = {"id": name, "status": _THEIRS[state], "networkCode": "63902"}
    if absent:
        form["failureReason"] = "AbsentSubscriber"
    return Callback(REPORTS, "POST", gateway, "/reports", urlencode(form).encode())
