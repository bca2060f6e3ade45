"""Ten thousand forged calls: nothing comes of them, and good calls beside them never fail."""

import itertools
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from bench.driver import percentile
from bench.figures import tell
from bench.stores import SMALL
from tests.answered import Answer, fault, of
from tests.conftest import Open, line_of
from tests.servers import RedisServer
from tests.world import put

OLD, NEW = "Old-" + "o1" * 16, "New_" + "n2" * 16
NEVER = "Nev-" + "x3" * 16
METRICS = "Met-" + "m4" * 16
NUMBER = "12345678"
FORGED, GOOD = "+25479", "+25471"
"""What phones begin with, of forged calls and of good ones."""

SHORT, LONG = 105, 900 if SMALL else 10_000
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}
SPOOFED: tuple[dict[str, str], ...] = (
    {},
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-For": "127.0.0.1, 10.0.0.1", "X-Real-IP": "127.0.0.1"},
    {"Forwarded": "for=127.0.0.1;proto=https;by=127.0.0.1"},
    {"X-Original-URL": f"/ussd/africastalking/{NEW}", "X-Rewrite-URL": f"/sms/kannel/{NEW}"},
    {"X-HTTP-Method-Override": "POST", "X-Forwarded-Host": "127.0.0.1"},
    {"Authorization": f"Bearer {NEW}"},
    {"X-Token": NEW, "Cookie": f"token={NEW}"},
)


@dataclass(frozen=True)
class Face:
    """An address, and what would have an effect there.

    Attributes:
        form: where fields stand: in a `form`, the `query`, or as `json`.
    """

    method: str
    path: str
    form: str
    fields: dict[str, Any]

    def called(self, token: str, phone: str, session: str) -> dict[str, Any]:
        """Write a call as the test client takes it."""
        stand_ins = {"PHONE": phone, "SESSION": session}
        fields = {name: stand_ins.get(value, value) for name, value in self.fields.items()}
        path = self.path.replace("TOKEN", token).replace("SESSION", session)
        call: dict[str, Any] = {"path": path, "method": self.method}
        if self.form == "json":
            return {**call, "json": fields}
        if self.form == "query":
            return {**call, "query_string": urlencode(fields)}
        return {**call, "data": fields}


AT_HOP = {"serviceCode": "*1919#", "networkCode": "63902", "sessionId": "SESSION"}
WISH = f"1*1*{NUMBER}*1"
"""Asks for a document, and to be texted the answer."""

FACES = (
    Face(
        "POST",
        "/ussd/africastalking/TOKEN",
        "form",
        {**AT_HOP, "phoneNumber": "PHONE", "text": WISH},
    ),
    Face(
        "POST",
        "/ussd/africastalking/TOKEN/events",
        "form",
        {"sessionId": "SESSION", "phoneNumber": "PHONE", "status": "Success"},
    ),
    Face(
        "GET",
        "/ussd/safaricom/TOKEN",
        "query",
        {"ORIG": "PHONE", "DEST": "1919", "SESSION_ID": "SESSION", "USSD_PARAMS": WISH},
    ),
    Face(
        "GET",
        "/ussd/flares/TOKEN",
        "query",
        {"MSISDN": "PHONE", "SessionID": "SESSION", "input": f"1919*{WISH}"},
    ),
    Face(
        "POST",
        "/ussd/infobip/TOKEN/session/SESSION/start",
        "json",
        {"msisdn": "PHONE", "shortCode": "*1919#", "text": f"*1919*{WISH}#"},
    ),
    Face("PUT", "/ussd/infobip/TOKEN/session/SESSION/end", "json", {"exitCode": 200}),
    Face(
        "POST",
        "/ussd/hubtel/TOKEN",
        "json",
        {
            "Mobile": "PHONE",
            "SessionId": "SESSION",
            "ServiceCode": "1919",
            "Type": "Initiation",
            "Message": f"*1919*{WISH}#",
        },
    ),
    Face(
        "POST",
        "/sms/africastalking/TOKEN",
        "form",
        {"id": "SESSION", "from": "PHONE", "text": f"ID {NUMBER}"},
    ),
    Face(
        "POST",
        "/sms/africastalking/TOKEN/reports",
        "form",
        {"id": "SESSION", "status": "Success", "phoneNumber": "PHONE"},
    ),
    Face("POST", "/sms/africastalking/TOKEN/optouts", "form", {"phoneNumber": "PHONE"}),
    Face(
        "GET",
        "/sms/kannel/TOKEN",
        "query",
        {"id": "SESSION", "from": "PHONE", "text": f"ID {NUMBER}"},
    ),
    Face("GET", "/sms/kannel/TOKEN/reports", "query", {"id": "SESSION", "status": "1"}),
)


MONITOR = Face("GET", "/metrics", "query", {})
"""Has no token in its address; it is forged with headers alone."""


class Forger:
    """Makes calls with tokens that are none, or none any more.

    Args:
        live: the tokens that are accepted now.
        retired: one that was.
    """

    def __init__(self, app: Flask, live: Sequence[str], retired: str) -> None:
        self._client = app.test_client()
        self._live = live
        self._retired = retired
        self._drawn = random.Random(f"forged {live}")
        self.seconds: list[float] = []
        self.statuses: Counter[int] = Counter()

    def forge(self, nth: int) -> None:
        """Make one call; each face is tried with each token and each spoofed header."""
        face = (*FACES, MONITOR)[nth % (len(FACES) + 1)]
        token = self._token(nth)
        call = face.called(token, f"{FORGED}{nth:07}", f"forged{nth}")
        headers = SPOOFED[nth // len(FACES) % len(SPOOFED)]
        started = time.perf_counter()
        answer = self._client.open(**call, headers=headers, environ_base=ELSEWHERE)
        self.seconds.append(time.perf_counter() - started)
        self.statuses[answer.status_code] += 1

    def _token(self, nth: int) -> str:
        """Give a token: none, an old one, a wrong one, or one that is nearly right."""
        right = self._live[nth % len(self._live)]
        place = self._drawn.randrange(len(right))
        wrong = (
            "",
            self._retired,
            "demo",
            "x" * len(right),
            METRICS,
            right[:-1],
            right[1:],
            right + right[-1],
            right.swapcase(),
            right[:place] + "A" + right[place + 1 :] if right[place] != "A" else right[::-1],
            f"{right}%00",
            f"{right}%20",
            f"%EF%BB%BF{right}",
            ",".join((right, right)),
            f"{right[:-1]}\uff12",
            "%C3%A9" * 8,
            "%ff" * 16,
        )
        return wrong[nth % len(wrong)]


@dataclass
class Caller:
    """Makes good calls with every live token, and counts what failed."""

    app: Flask
    live: Sequence[str]
    made: int = 0
    failed: list[str] = field(default_factory=list)

    def call(self, nth: int) -> None:
        """Make one call."""
        face = FACES[nth % len(FACES)]
        token = self.live[nth // len(FACES) % len(self.live)]
        call = face.called(token, f"{GOOD}{nth:07}", f"good{nth}")
        answer: Answer = of(self.app.test_client().open(**call))
        self.made += 1
        if answer.status != 200 or (wrong := fault(call["path"], answer, face.method)):
            self.failed.append(
                f"{face.path}: {answer.status} {wrong if answer.status == 200 else ''}"
            )


def kept(database_url: str) -> dict[str, list[str]]:
    """Give every row of every table of a SQLite database, its address given."""
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = [name for (name,) in found.fetchall()]
        return {
            table: sorted(map(repr, connection.execute(f'SELECT * FROM "{table}"')))  # noqa: S608
            for table in tables
        }


def remembered(redis: RedisServer) -> dict[bytes, bytes]:
    """Give every value of Redis by its name, without its time to live."""
    return {name: redis.client.dump(name) or b"" for name in redis.client.scan_iter()}


def settle(app: Flask) -> None:
    """Let what waits be moved, so that nothing moves later."""
    line = line_of(app)
    line.mover.close()
    line.tally.close()
    line.mover.move()
    line.mover.move()


def told(logged: str) -> list[str]:
    """Give the tokens that stand in a log."""
    return [one for one in (OLD, NEW, NEVER, METRICS, OLD[5:], NEW[5:]) if one in logged]


def lines(
    open_app: Open, database_url: str, redis: RedisServer, *tokens: Sequence[str]
) -> Iterator[tuple[Flask, Sequence[str]]]:
    """Open the line anew for each set of live tokens, as a rotation does."""
    for live in tokens:
        settings = {"GATEWAY_TOKENS": ",".join(live), "METRICS_TOKEN": METRICS}
        yield open_app(database_url, redis.url, **settings), live


def test_forged_calls_change_nothing_anywhere(
    open_app: Open, sqlite_url: str, redis: RedisServer, capfd: pytest.CaptureFixture[str]
) -> None:
    forger = _forged_alone(open_app, sqlite_url, redis, SHORT)

    assert forger.statuses == {404: SHORT}
    assert told(capfd.readouterr().err) == []


def test_good_calls_go_on_while_one_token_replaces_another(
    open_app: Open, sqlite_url: str, redis: RedisServer, capfd: pytest.CaptureFixture[str]
) -> None:
    rotated = _rotated(open_app, sqlite_url, redis, SHORT // 3)

    assert rotated.failed == []
    assert rotated.statuses == {404: SHORT}
    assert (rotated.strangers, rotated.callers > 0) == (0, True)
    assert told(capfd.readouterr().err) == []


def _forged_alone(open_app: Open, database_url: str, redis: RedisServer, count: int) -> Forger:
    """Make forged calls to a line that has something to lose; fail if anything changed."""
    app = open_app(
        database_url, redis.url, GATEWAY_TOKENS=f"{NEW},{OLD}", METRICS_TOKEN=METRICS
    )
    put(line_of(app), "id_card", NUMBER, "ready")
    caller = Caller(app, (NEW, OLD))
    for nth in range(2 * len(FACES)):
        caller.call(nth)
    settle(app)
    before = kept(database_url), remembered(redis)
    forger = Forger(app, (NEW, OLD), NEVER)
    for nth in range(count):
        forger.forge(nth)
    settle(app)

    assert caller.failed == []
    assert (kept(database_url), remembered(redis)) == before
    assert before[0]["outbox"] != []
    assert len(before[1]) > 4
    return forger


@dataclass
class Rotated:
    """What became of forged calls and good ones, while tokens changed.

    Attributes:
        strangers: how often a store knows a phone that only forged calls bore.
        callers: how often one knows a phone that called.
    """

    failed: list[str] = field(default_factory=list)
    good: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    strangers: int = 0
    callers: int = 0


def _rotated(open_app: Open, database_url: str, redis: RedisServer, each: int) -> Rotated:
    """Change from one token to another, over both, with forged and good calls all the while."""
    became, number = Rotated(), itertools.count()
    for app, live in lines(open_app, database_url, redis, (OLD,), (NEW, OLD), (NEW,)):
        put(line_of(app), "id_card", NUMBER, "ready")
        retired = OLD if OLD not in live else NEVER
        forger, caller = Forger(app, live, retired), Caller(app, live)
        for nth in itertools.islice(number, each):
            forger.forge(nth)
            caller.call(nth)
        settle(app)
        became.failed += caller.failed
        became.good += caller.made
        became.statuses += forger.statuses
        became.seconds += forger.seconds
        became.strangers = _known(app, database_url, redis, FORGED, 3 * each)
        became.callers = _known(app, database_url, redis, GOOD, 3 * each)
    return became


def _known(app: Flask, database_url: str, redis: RedisServer, begins: str, calls: int) -> int:
    """Count the phones, out of those of so many calls, that either store knows."""
    line = line_of(app)
    rows = "\n".join(row for table in kept(database_url).values() for row in table)
    names = set(redis.client.scan_iter())
    found = 0
    for nth in range(calls):
        phone = f"{begins}{nth:07}"
        found += repr(line.keys.phone_hmac(phone)) in rows
        found += line.sessions.place(phone).dropped.encode() in names
    return found


@pytest.mark.torture
@pytest.mark.timed
@pytest.mark.timeout(900)
def test_ten_thousand_forged_calls(
    open_app: Open, sqlite_url: str, redis: RedisServer, capfd: pytest.CaptureFixture[str]
) -> None:
    alone = _forged_alone(open_app, sqlite_url, redis, LONG // 2)
    rotated = _rotated(open_app, sqlite_url, redis, LONG // 6)
    leaked = told(capfd.readouterr().err)
    statuses = alone.statuses + rotated.statuses
    taken, failed = statuses.total() - statuses[404], len(rotated.failed)
    slow = percentile([*alone.seconds, *rotated.seconds], 0.99) * 1000
    with capfd.disabled():
        tell("S3", "forged calls: taken", f"{taken} of {statuses.total():,}", "0", not taken)
        tell(
            "S3",
            "forged calls: effects in the stores",
            rotated.strangers,
            "0",
            not rotated.strangers,
        )
        tell("S3", "forged calls: turned away within, p99, ms", slow, "5 at most", slow <= 5)
        tell(
            "S3",
            "good calls while tokens rotate: failed",
            f"{failed} of {rotated.good:,}",
            "0",
            not failed,
        )
        tell("S3", "forged calls: tokens in the log", len(leaked), "0", not leaked)

    assert (taken, rotated.strangers, rotated.failed, leaked) == (0, 0, [], [])
    assert slow <= 5
