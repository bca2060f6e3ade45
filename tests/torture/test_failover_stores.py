"""One of several stores is killed or frozen under load: how many hops fail, and for how long.

Redis under Sentinels, a Redis Cluster, and a PostgreSQL with a streaming replica, each started
from the wheels' programs. `SECONDS` says how long the store stays away, `RATE` how many hops
come a second, `DOCUMENTS` how many there are, to see in little that it works. What is held of
single hops is in `tests/test_scale_out.py`.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from bench import lists
from bench.driver import Driver, Measured, plan_for
from bench.figures import tell
from bench.stores import POSTGRESQL, Line, Stores
from bench.traffic import Number
from tests.postgres_pair import Pair
from tests.redis_groups import Cluster, Server, Watched, removed, wait_for

SECONDS = float(os.environ.get("SECONDS", "30"))
RATE = float(os.environ.get("RATE", "100"))
DOCUMENTS = int(os.environ.get("DOCUMENTS", "20000"))
CALM_SECONDS = min(15.0, SECONDS + 7)
DOWN_MS = 1_000
"""After so long without an answer the others take a Redis for dead."""

NORMAL_SECONDS, SLOWEST_MS = 0.1, 2_000.0
"""What p99 is again when all is normal; the longest that a hop may ever take."""

PROMISE = "We will text you"
"""What a page says that keeps a wish: without a database that is not said, honestly."""


@dataclass(frozen=True)
class Fallen:
    """What came of hops from the moment at which a store fell.

    Args:
        again: seconds until the one in its place was written to.
        normal: seconds until p99 was good, and stayed so.
    """

    hops: Measured
    again: float
    normal: float

    @property
    def refused(self) -> int:
        """Count the wishes that were not promised."""
        faults = self.hops.faults.items()
        return sum(count for fault, count in faults if PROMISE in fault)

    @property
    def failed(self) -> int:
        """Count all other hops that were answered wrongly, or not at all."""
        return self.hops.faults.total() - self.refused


def fallen(
    line: Line,
    numbers: list[Number],
    fell: Callable[[], None],
    written_to: Callable[[], bool],
    rate: float = RATE,
) -> Fallen:
    """Let a store fall under load, and wait until another is written to in its place.

    Args:
        fell: lets it fall; may go on to what comes after that.
        written_to: says whether the other is.
    """
    driver = Driver(plan_for(line, numbers, rate=rate))
    driver.drive(4.0)
    moment = time.monotonic()
    fell()
    wait_for(written_to, "another store in its place", 60.0)
    again = time.monotonic() - moment
    driver.drive(max(CALM_SECONDS, 6.0))
    found = driver.stop()
    hops = found.between(moment, float("inf"))
    return Fallen(hops, again, found.normal_after(moment, NORMAL_SECONDS))


def told(goal: str, name: str, found: Fallen, again: str, refusals: bool = False) -> bool:
    """Tell the figures of a fail-over; say whether all hold."""
    found.hops.tell(name)
    slowest = found.hops.ms(1)
    figures = [
        ("wrong or failed hops", found.failed, "0", found.failed == 0),
        (
            "the slowest hop",
            f"{slowest:,.0f} ms",
            f"at most {SLOWEST_MS:,.0f} ms",
            slowest <= SLOWEST_MS,
        ),
        (again, f"{found.again:.1f} s", "told", True),
        ("normal after", f"{found.normal:.1f} s", "at most 10 s", found.normal <= 10.0),
    ]
    if refusals:
        figures.append(("wishes not promised meanwhile", found.refused, "told", True))
    else:
        figures.append(("wishes not promised", found.refused, "0", found.refused == 0))
    for what, value, target, holds in figures:
        tell(goal, f"{name}: {what}", value, target, holds)
    return all(holds for *_, holds in figures)


@pytest.fixture(scope="module")
def stores() -> Iterator[Stores]:
    one = Stores()
    yield one
    one.close()


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    """A database with documents that are ready."""
    one = stores.database(POSTGRESQL)
    _load(stores, one)
    return one


@pytest.mark.torture
@pytest.mark.timed
@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_with_the_primary_redis_gone_the_sentinels_choice_is_used_and_no_hop_fails(
    how: str, stores: Stores, url: str
) -> None:
    group = Watched(replicas=2, down_ms=DOWN_MS)
    with removed(group), stores.serving(url, **group.settings) as line:
        primary = group.primary
        others = [one for one in group.servers if one is not primary]
        found = fallen(
            line, lists.numbers(DOCUMENTS), lambda: _fall(primary, how), _grows(others)
        )
        name = f"primary Redis {how}, three Sentinels, {RATE:.0f} hops a second"
        holds = told("R2", name, found, "sessions are kept again after")

    assert holds


@pytest.mark.torture
@pytest.mark.timed
@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_with_one_of_six_in_a_cluster_gone_its_replica_is_used_and_no_hop_fails(
    how: str, stores: Stores, url: str
) -> None:
    group = Cluster(primaries=3, replicas=3, timeout_ms=DOWN_MS)
    with removed(group), stores.serving(url, **group.settings) as line:
        primary, replica = group.primaries[0], group.servers[3]
        found = fallen(
            line, lists.numbers(DOCUMENTS), lambda: _fall(primary, how), _grows([replica])
        )
        name = f"one of three primaries of a Redis Cluster {how}, {RATE:.0f} hops a second"
        holds = told("R2", name, found, "its callers' sessions are kept again after")

    assert holds


@pytest.mark.torture
@pytest.mark.timed
@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_with_the_primary_postgresql_gone_its_replica_answers_and_then_takes_its_place(
    how: str, stores: Stores
) -> None:
    pair = Pair(durable=True)
    try:
        pair.primary.execute("CREATE DATABASE line")
        own = pair.url("line")
        stores.run(own, "database", "prepare")
        _load(stores, own)
        pair.catch_up()
        settings = {"DATABASE_REPLICA_URL": pair.replica.url("line")}

        def fall() -> None:
            pair.primary.kill() if how == "killed" else pair.primary.freeze()
            time.sleep(SECONDS)
            pair.replica.promote()
            before.append(_texts(pair))

        before: list[int] = []
        with stores.serving(own, **settings) as line:
            found = fallen(
                line,
                lists.numbers(DOCUMENTS),
                fall,
                lambda: _texts(pair) > before[0],
            )
        name = (
            f"PostgreSQL {how} for {SECONDS:.0f} s, then its replica promoted,"
            f" {RATE:.0f} hops a second"
        )
        again = Fallen(found.hops, found.again - SECONDS, found.normal)
        holds = told("R6", name, again, "wishes are kept again after", refusals=True)
    finally:
        pair.remove()

    assert holds


def _load(stores: Stores, url: str) -> None:
    file = lists.write(stores.folder / "list.csv", DOCUMENTS)
    stores.run(url, "documents", "import", str(file))


def _fall(server: Server, how: str) -> None:
    server.kill() if how == "killed" else server.freeze()


def _grows(servers: list[Server]) -> Callable[[], bool]:
    """Say whether one of these takes writes and holds more than at first."""
    sizes: dict[int, int] = {}

    def grows() -> bool:
        for one in servers:
            size = int(one.client.dbsize())
            if one.role() == "master" and size > sizes.setdefault(one.port, size):
                return True
        return False

    return grows


def _texts(pair: Pair) -> int:
    return int(pair.replica.ask("SELECT count(*) FROM outbox", database="line"))
