"""Every callback three times, shuffled and at once, while Redis goes and comes: one effect.

Hops of five gateways, texts and reports of two, opt-outs and ends of sessions go to a line
with two workers from many threads. Half of them are brought thrice in a row, the others at
any moment; the first third finds Redis there, the second finds it killed, the last finds it
empty. What must then stand in the database is counted from what was sent alone.
"""

import random
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from app import create_app
from bench.figures import tell
from bench.stores import Line, Stores, opened
from config import Config
from models.base import metadata
from models.callers import callers
from models.lookups import lookups
from models.outbox import Delivery, outbox, row_of
from tests.callbacks import ENDS, HOPS, KINDS, TIMES, Callback, Sent
from tests.conftest import line_of
from tests.world import fill

THREADS = 8


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[at : at + 1_000] for at in range(0, len(names), 1_000))


class Bringer:
    """Brings deliveries to a line from many threads, each until it is taken, as gateways do."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._lock = threading.Lock()
        self.bodies: dict[Callback, set[bytes]] = defaultdict(set)
        self.first: dict[Callback, datetime] = {}
        self.statuses: Counter[int] = Counter()

    def bring(self, deliveries: Sequence[Callback]) -> None:
        """Bring deliveries, in their order, from all threads at once."""
        waiting = deque(deliveries)
        with ThreadPoolExecutor(THREADS) as pool:
            for done in [pool.submit(self._work, waiting) for _ in range(THREADS)]:
                done.result()

    def _work(self, waiting: deque[Callback]) -> None:
        connection = HTTPConnection("127.0.0.1", self._line.port, timeout=30)
        while waiting:
            try:
                one = waiting.popleft()
            except IndexError:
                break  # another thread was faster
            status, body = self._ask(connection, one)
            while status == 503 or not status:
                time.sleep(0.1)
                status, body = self._ask(connection, one)
            with self._lock:
                self.bodies[one].add(body)
                self.first.setdefault(one, datetime.now(UTC))
        connection.close()

    def _ask(self, connection: HTTPConnection, one: Callback) -> tuple[int, bytes]:
        face = "ussd" if one.kind in (HOPS, ENDS) else "sms"
        path = f"/{face}/{one.gateway}/{self._line.token}{one.path}"
        headers = {"Content-Type": one.content_type} if one.body else {}
        try:
            connection.request(one.method, path, one.body or None, headers)
            answer = connection.getresponse()
            status, body = answer.status, answer.read()
        except (OSError, HTTPException):
            connection.close()
            status, body = 0, b""
        with self._lock:
            self.statuses[status] += 1
        return status, body


class Ledger:
    """The line's database, as one looks at it who knows what should stand there."""

    def __init__(self, app: Flask) -> None:
        self.line = line_of(app)
        self.regressed: list[tuple[str, str]] = []
        self._states: dict[str, str] = {}
        self._over = threading.Event()

    def send(self, names: Sequence[str]) -> None:
        """Let the line have sent messages, by their gateways' names for them."""
        now = datetime.now(UTC)
        for some in _batches(names):
            rows = []
            for one in some:
                gateway, _, name = one.partition("|")
                row = row_of(self.line.keys, f"sent|{one}", "+254799000000", "Habari")
                sent = {"state": Delivery.SENT, "gateway": gateway, "gateway_id": name}
                rows.append(
                    {**row, **sent, "attempts": 1, "submitting_at": now, "sent_at": now}
                )
            with self.line.database.working() as connection:
                connection.execute(insert(outbox), rows)

    def watch(self) -> None:
        """Look at the messages' states until told to stop, and note each that goes back."""
        while not self._over.wait(0.2):
            self._look()

    def close(self) -> None:
        """Look a last time, once look-ups are where they go."""
        self._over.set()
        self.line.mover.move()

    def count(self, name: str) -> int:
        with self.line.database.working() as connection:
            query = select(func.count()).select_from(metadata.tables[name])
            return connection.scalars(query).one()

    def states(self) -> dict[str, str]:
        query = select(outbox.c.gateway, outbox.c.gateway_id, outbox.c.state)
        with self.line.database.working() as connection:
            rows = connection.execute(query.where(outbox.c.gateway_id.is_not(None)))
            return {f"{row.gateway}|{row.gateway_id}": row.state for row in rows}

    def causes(self, kind: str) -> list[str]:
        """List what messages of a kind are known by."""
        query = select(outbox.c.cause).where(outbox.c.cause.like(f"{kind}|%"))
        with self.line.database.working() as connection:
            return list(connection.scalars(query))

    def stopped(self) -> dict[bytes, datetime]:
        query = select(callers.c.phone_hmac, callers.c.stopped_at)
        with self.line.database.working() as connection:
            return {bytes(row[0]): row[1] for row in connection.execute(query) if row[1]}

    def counted(self) -> int:
        """Count the look-ups that were counted for a budget."""
        query = select(func.count()).select_from(lookups).where(lookups.c.fresh)
        with self.line.database.working() as connection:
            return connection.scalars(query).one()

    def _look(self) -> None:
        now = self.states()
        ends = (Delivery.DELIVERED, Delivery.FAILED)
        for name, before in self._states.items():
            if before in ends and now[name] != before:
                self.regressed.append((before, now[name]))
        self._states = now


@pytest.fixture
def stores() -> Iterator[Stores]:
    with opened() as stores:
        yield stores


@pytest.fixture
def ledger(stores: Stores, postgres_url: str) -> Iterator[Ledger]:
    app = create_app(Config.from_env(stores.environment(postgres_url)))
    fill(line_of(app))
    yield Ledger(app)
    app.extensions["people"].close()
    line_of(app).close()


@pytest.mark.parametrize(
    "count",
    [60, pytest.param(10_000, marks=[pytest.mark.torture, pytest.mark.timeout(3600)])],
)
def test_every_callback_brought_three_times_has_one_effect_and_one_answer(
    count: int, stores: Stores, ledger: Ledger, postgres_url: str
) -> None:
    sent = Sent(count)
    expected, deliveries = sent.expected, sent.deliveries(random.Random(count))
    ledger.send(sorted(expected.states))
    watching = threading.Thread(target=ledger.watch)
    watching.start()
    began, third = time.monotonic(), len(deliveries) // 3
    with stores.serving(postgres_url) as line:
        bringer = Bringer(line)
        bringer.bring(deliveries[:third])
        stores.redis.stop()
        bringer.bring(deliveries[third : 2 * third])
        stores.redis.start()
        bringer.bring(deliveries[2 * third :])
    seconds = time.monotonic() - began
    ledger.close()
    watching.join()
    faults = dict(faults_of(sent, bringer, ledger))
    name = f"{count:,} of each callback three times, Redis up, killed and empty"
    told = f"{len(bringer.bodies):,} in {len(deliveries):,} deliveries and {seconds:.0f} s"
    all_taken = len(bringer.bodies) == len(sent.callbacks)
    tell("R4", f"{name}: taken", told, f"{len(sent.callbacks):,}", all_taken)
    for what, some in faults.items():
        tell("R4", f"{name}: {what}", len(some), "0", not some)

    assert all_taken
    assert len(deliveries) == TIMES * count * len(KINDS)
    assert {what: some[:3] for what, some in faults.items() if some} == {}


def faults_of(
    sent: Sent, bringer: Bringer, ledger: Ledger
) -> Iterator[tuple[str, Sequence[object]]]:
    """Give what is not as it must be, by what was looked at."""
    expected, bodies = sent.expected, bringer.bodies
    states, stopped, hmac_of = ledger.states(), ledger.stopped(), ledger.line.keys.phone_hmac
    yield "answered in two ways", [one for one in sent.callbacks if len(bodies[one]) != 1]
    yield (
        "answered with another page",
        [one for one in sent.callbacks if not _says(bringer, one)],
    )
    yield "refused", [one for one in bringer.statuses if one not in (200, 503)]
    yield "messages in another state", list(expected.states.items() ^ states.items())
    yield "messages whose state went back", ledger.regressed
    yield (
        "opt-outs late or moved",
        [
            one
            for one, phone in expected.stopped.items()
            if stopped.get(hmac_of(phone), datetime.now(UTC)) > bringer.first[one]
        ],
    )
    counts = {name: ledger.count(name) for name in expected.rows}
    counts["look-ups counted"] = ledger.counted()
    must = {**expected.rows, "look-ups counted": expected.rows["asked"]}
    for kind, causes in expected.causes.items():
        found = ledger.causes(kind)
        counts[f"messages {kind}"], must[f"messages {kind}"] = len(found), causes
    yield "rows too many or too few", list(counts.items() ^ must.items())
    yield "texts not answered", list(expected.answers.difference(ledger.causes("in")))


def _says(bringer: Bringer, one: Callback) -> bool:
    return all(one.says.encode() in body for body in bringer.bodies[one])
