"""R6: the database stops under load. Every callback is taken, every promise kept, once.

`make torture K=database_away`. The long form runs the line as in service; the short one in
this process, in little.
"""

import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.request import ProxyHandler, build_opener

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import func, select

from bench.figures import tell
from bench.service import GATEWAY, Service, in_service
from config import Config
from models.base import Database
from models.callers import callers
from models.keys import Keys
from models.outbox import Delivery, outbox
from tests.conftest import Open, line_of
from tests.parking import waiting
from tests.servers import PostgresServer, RedisServer
from tests.torture.crowd import HOP, NO_PROMISE, OPT_OUT, TEXT, Crowd, Sent, crowd_at, posting
from tests.world import put

SECONDS = float(os.environ.get("SECONDS", "60"))
HOPS, TEXTS = 100.0, 50.0
HOP_SECONDS = 2.0
DRAINED_SECONDS = 30.0
_opener = build_opener(ProxyHandler({}))


@dataclass
class Outcome:
    """What became of all that was sent.

    Attributes:
        drained: seconds from when the database was back until nothing waited any more.
    """

    sent: list[Sent]
    drained: float
    queued: Counter[str] = field(default_factory=Counter)
    answered_late: Counter[bytes] = field(default_factory=Counter)
    stopped: int = 0

    @property
    def not_taken(self) -> Counter[str]:
        """Callbacks that got something else than 200."""
        bad = (one for one in self.sent if one.kind != HOP and one.status != 200)
        return Counter(f"{one.kind} {one.status} {one.body}" for one in bad)

    @property
    def bad_pages(self) -> Counter[str]:
        """Hops without a valid page."""
        hops = [one for one in self.sent if one.kind == HOP]
        bad = [
            one for one in hops if one.status != 200 or not one.body.startswith(("CON", "END"))
        ]
        return Counter(f"{one.status} {one.body}" for one in bad)

    @property
    def slowest(self) -> float:
        """Seconds that the slowest hop took."""
        return max(one.seconds for one in self.sent if one.kind == HOP)

    @property
    def promised(self) -> list[Sent]:
        return [one for one in self.sent if one.is_promised]

    @property
    def untold(self) -> int:
        """Look-ups that were neither answered nor promised an answer."""
        return sum(one.asks and one.body.startswith(NO_PROMISE) for one in self.sent)

    @property
    def turned_away(self) -> int:
        """Hops that were told, by a valid page, that the line is busy."""
        return sum("very busy" in one.body for one in self.sent)

    def lost(self, keys: Keys) -> int:
        """Promises and acknowledged callbacks that came to nothing."""
        hmacs = [keys.phone_hmac(one.phone) for one in self.promised]
        texts = [cause_of(one) for one in self.sent if one.kind == TEXT and one.status == 200]
        opt_outs = sum(one.kind == OPT_OUT and one.status == 200 for one in self.sent)
        return (
            sum(self.answered_late[one] == 0 for one in hmacs)
            + sum(self.queued[one] == 0 for one in texts)
            + max(0, opt_outs - self.stopped)
        )

    def doubled(self) -> int:
        """Questions that were answered more than once."""
        every = (*self.answered_late.values(), *self.queued.values())
        return sum(count > 1 for count in every)


def cause_of(text: Sent) -> str:
    """Give the cause of the answer to a text."""
    return "in|" + hashlib.sha256(f"{GATEWAY}|{text.name}".encode()).hexdigest()


def outcome_of(sent: list[Sent], drained: float, database: Database) -> Outcome:
    """Look up what became of all that was sent."""
    with database.working() as connection:
        rows = connection.execute(select(outbox.c.cause, outbox.c.phone_hmac)).all()
        stopped = connection.scalars(
            select(func.count()).where(callers.c.stopped_at.is_not(None))
        )
        late = Counter(bytes(one.phone_hmac) for one in rows if one.cause.startswith("parked|"))
        return Outcome(sent, drained, Counter(one.cause for one in rows), late, stopped.one())


def stop_under(
    crowd: Crowd, away: Callable[[], None], back: Callable[[], None], seconds: float
) -> float:
    """Stop the database under a crowd for a while; give the moment when it was back."""
    with crowd:
        time.sleep(min(5.0, seconds / 3))
        away()
        time.sleep(seconds)
        back()
        began = time.monotonic()
        time.sleep(min(5.0, seconds / 3))
    return began


def wait_for_none(waits: Callable[[], int], since: float) -> float:
    """Wait until nothing waits; give the seconds since a moment."""
    while waits():
        assert time.monotonic() - since < 4 * DRAINED_SECONDS, f"{waits()} wait still"
        time.sleep(0.1)
    return time.monotonic() - since


def test_in_little_a_database_that_stops_loses_and_doubles_nothing(
    open_app: Open, postgres: PostgresServer, postgres_url: str, redis: RedisServer
) -> None:
    app = open_app(postgres_url, redis.url)
    line = line_of(app)
    put(line, "id_card", "12345678", "ready")
    crowd = crowd_at(app, ["12345678"], hops=15, texts=10)
    began = stop_under(crowd, postgres.freeze, postgres.thaw, 2.0)
    drained = wait_for_none(lambda: sum(waiting(line)), began)
    found = outcome_of(crowd.sent, drained, line.database)

    assert found.not_taken == Counter()
    assert found.bad_pages == Counter()
    assert found.promised
    assert (found.lost(line.keys), found.doubled(), found.untold) == (0, 0, 0)
    assert found.drained < DRAINED_SECONDS


@pytest.mark.torture
@pytest.mark.timed
@pytest.mark.timeout(900)
@pytest.mark.parametrize("manner", ["frozen", "killed"])
def test_a_database_that_stops_under_load_loses_and_doubles_nothing(manner: str) -> None:
    with in_service(documents=int(os.environ.get("DOCUMENTS", "226247"))) as service:
        postgres, stores = service.stores.postgres, service.stores
        away, back = {
            "frozen": (postgres.freeze, postgres.thaw),
            "killed": (postgres.kill, postgres.start),
        }[manner]
        with posting(service.line.port) as post:
            numbers = [one.text for one in service.numbers]
            crowd = Crowd(post, service.line.token, numbers, HOPS, TEXTS)
            began = stop_under(crowd, away, back, SECONDS)
        drained = wait_for_none(lambda: _waiting(service), began)
        keys = Config.from_env(stores.environment(service.url)).keys
        with _opened(service.url) as database:
            found = outcome_of(crowd.sent, drained, database)
            twice, unsent = _handed_over(service, database, found)
    _tell(manner, found, keys, twice, unsent)

    assert found.not_taken == Counter()
    assert found.bad_pages == Counter()
    assert (found.untold, found.turned_away) == (0, 0)
    assert (found.lost(keys), found.doubled(), twice, unsent) == (0, 0, 0, 0)
    assert found.slowest <= HOP_SECONDS
    assert found.drained <= DRAINED_SECONDS


def _waiting(service: Service) -> int:
    """Count what waits on this machine, as the line's metrics say."""
    with _opener.open(f"http://127.0.0.1:{service.line.port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    said: Mapping[str, float] = {
        str(sample.labels): sample.value
        for family in text_string_to_metric_families(text)
        if family.name == "line_waiting"
        for sample in family.samples
    }
    assert len(said) == 2
    return int(sum(said.values()))


def _handed_over(service: Service, database: Database, found: Outcome) -> tuple[int, int]:
    """Wait until all is sent; count phones that were texted twice, and those never texted.

    Of a text that was on its way when the database was killed nobody can know: it is unknown.
    """
    states: dict[bytes, str] = {}
    until = time.monotonic() + 240
    while time.monotonic() < until:
        with database.working() as connection:
            rows = connection.execute(select(outbox.c.phone_hmac, outbox.c.state)).all()
        states = {bytes(one.phone_hmac): one.state for one in rows}
        if not {Delivery.QUEUED, Delivery.SUBMITTING} & set(states.values()):
            break
        time.sleep(0.5)
    texted = Counter(one.phone for one in service.gateway.book(GATEWAY).accepted)
    keys = Config.from_env(service.stores.environment(service.url)).keys
    owed = [
        one.phone
        for one in found.sent
        if one.is_promised or (one.kind == TEXT and one.status == 200)
    ]
    never = [one for one in owed if not texted[one]]
    unknown = [one for one in never if states.get(keys.phone_hmac(one)) == Delivery.UNKNOWN]
    return sum(count > 1 for count in texted.values()), len(never) - len(unknown)


def _tell(manner: str, found: Outcome, keys: Keys, twice: int, unsent: int) -> None:
    """Tell the figures."""
    load = f"{HOPS:.0f} hops and {TEXTS:.0f} texts a second"
    name = f"PostgreSQL {manner} {SECONDS:.0f} s under {load}"
    bad = sum(found.not_taken.values())
    tell("R6", f"{name}: callbacks without 200", bad, "0", not bad)
    pages = sum(found.bad_pages.values())
    tell("R6", f"{name}: hops without a valid page", pages, "0", not pages)
    slowest = f"{found.slowest:.2f} s"
    tell("R6", f"{name}: slowest hop", slowest, "2 s", found.slowest <= HOP_SECONDS)
    asked = f"{len(found.promised):,} of {len(found.promised) + found.untold:,}"
    tell("R6", f"{name}: questions promised an answer", asked, "all", not found.untold)
    away = found.turned_away
    tell("R6", f"{name}: hops told that the line is busy", away, "0", not away)
    lost, doubled = found.lost(keys) + unsent, found.doubled() + twice
    tell("R6", f"{name}: acknowledged and lost", lost, "0", not lost)
    tell("R6", f"{name}: answered twice", doubled, "0", not doubled)
    drained = f"{found.drained:.1f} s"
    tell("R6", f"{name}: drained after", drained, "30 s", found.drained <= DRAINED_SECONDS)


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    database.open()
    try:
        yield database
    finally:
        database.close()
