"""What callers meet when stores in company lose one of them: nothing that they can see.

Fail-overs under load are in `tests/torture/test_failover_stores.py`.
"""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from flask import Flask
from redis.crc import key_slot
from sqlalchemy import delete

from menus import sessions
from menus.line import Line
from models.base import Database, Unavailable
from models.call_backs import waiting
from models.reports import reports
from tests.caller import PHONE, Caller
from tests.conftest import Open, line_of
from tests.lookups import SPENT, answered, ask
from tests.postgres_pair import Pair
from tests.redis_groups import Cluster, Server, Watched, removed, wait_for
from tests.servers import RedisServer
from tests.world import put

HOP_SECONDS = 2.0
"""A deadline and no figure of speed: what a caller is promised."""

READY = "CON ID ..678 is READY."


class Timed(Caller):
    """A caller who looks at the clock, over all calls of a test."""

    slowest = 0.0

    def send(self, text: str | None = None) -> str:
        began = time.monotonic()
        page = super().send(text)
        Timed.slowest = max(Timed.slowest, time.monotonic() - began)
        return page


@pytest.fixture(autouse=True)
def _clock() -> None:
    Timed.slowest = 0.0


@pytest.fixture
def watched() -> Iterator[Watched]:
    """Two Redis servers, and three Sentinels."""
    group = Watched(down_ms=250)
    with removed(group):
        yield group


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Three Redis servers that share the slots, and take none of them for dead."""
    group = Cluster(timeout_ms=15_000)
    with removed(group):
        yield group


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """A PostgreSQL and its replica."""
    one = Pair()
    yield one
    one.remove()


def test_a_primary_of_redis_that_is_killed_costs_nobody_their_place_and_opens_no_budget(
    open_app: Open, sqlite_url: str, watched: Watched
) -> None:
    app = open_app(sqlite_url, "", **watched.settings)
    put(line_of(app), "id_card", "12345678", "ready")
    caller = Timed(app.test_client())
    caller.keys("1", "1")
    numbers = [str(30_000_000 + one) for one in range(6)]
    first = [ask(app, number, "+254711000222") for number in numbers[:3]]
    killed = watched.primary
    kept = killed.client.dbsize()
    killed.kill()
    while_away = caller.key("12345678")
    second = [ask(app, numbers[3], "+254711000222")]
    promoted = watched.another_than(killed)
    wait_for(line_of(app).sessions.answers, "the line found the other")
    second += [ask(app, number, "+254711000222") for number in numbers[4:]]
    after = caller.key("00")

    assert kept > 3
    assert while_away.startswith(READY)
    assert after.startswith("CON 1919 Ndio Form!")
    assert [answered(page) for page in (*first, *second)] == [True] * 5 + [False]
    assert second[-1].startswith(SPENT)
    assert promoted.client.exists(line_of(app).sessions.place(PHONE).caller)
    assert Timed.slowest < HOP_SECONDS


def test_a_server_of_a_cluster_that_is_frozen_keeps_only_its_own_callers_from_redis(
    open_app: Open, sqlite_url: str, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "PAUSE_SECONDS", 0.4)
    app = open_app(sqlite_url, "", **cluster.settings)
    put(line_of(app), "id_card", "12345678", "ready")
    frozen = cluster.primaries[-1]
    some = [f"+25471100{one:04}" for one in range(300, 400)]
    theirs = [one for one in some if _server(app, cluster, one) is frozen][:3]
    others = [one for one in some if _server(app, cluster, one) is not frozen][:5]
    frozen.freeze()
    try:
        pages = [
            Timed(app.test_client(), phone).keys("1", "1", "12345678")
            for phone in (*theirs, *others)
        ]
        for phone in others:
            _wait_until_kept(app, cluster, phone)
    finally:
        frozen.thaw()
    kept = {phone for phone in (*theirs, *others) if _is_kept(app, cluster, phone)}
    again = [_wait_until_kept(app, cluster, phone) for phone in theirs]

    assert (len(theirs), len(others)) == (3, 5)
    assert all(page.startswith(READY) for page in pages)
    assert kept == set(others)
    assert all(page.startswith("CON Which document?") for page in again)
    assert Timed.slowest < HOP_SECONDS


def test_a_slot_of_a_cluster_that_moves_is_followed_and_costs_its_callers_nothing(
    open_app: Open, sqlite_url: str, cluster: Cluster
) -> None:
    app = open_app(sqlite_url, "", **cluster.settings)
    put(line_of(app), "id_card", "12345678", "ready")
    kept = line_of(app).sessions
    before = _server(app, cluster, PHONE)
    to = next(one for one in cluster.primaries if one is not before)
    slot = key_slot(kept.place(PHONE).caller.encode())
    neighbour = next(
        phone
        for phone in (f"+25471100{one:04}" for one in range(400, 500))
        if _server(app, cluster, phone) is before
    )
    cluster.move_slot(slot, to)
    page = Timed(app.test_client()).keys("1", "1", "12345678")
    Timed(app.test_client(), neighbour).keys("1")
    wait_for(lambda: bool(Timed(app.test_client()).dial()) and _is_kept(app, cluster, PHONE),
             "the line followed")  # fmt: skip

    assert page.startswith(READY)
    assert _server(app, cluster, PHONE) is to
    assert _is_kept(app, cluster, neighbour)
    assert Timed.slowest < HOP_SECONDS


def test_all_that_is_kept_of_a_caller_in_a_cluster_is_forgotten(
    open_app: Open, sqlite_url: str, cluster: Cluster
) -> None:
    app = open_app(sqlite_url, "", **cluster.settings)
    ask(app, "30000001", "+254711000777")
    kept = line_of(app).sessions
    names = kept.kept("+254711000777") or []
    forgotten = kept.forget("+254711000777")

    assert len(names) > 2
    assert forgotten == len(names)
    assert kept.kept("+254711000777") == []


def test_each_server_of_a_cluster_remembers_for_itself_since_when_it_has_forgotten_nothing(
    open_app: Open, sqlite_url: str, cluster: Cluster
) -> None:
    line = line_of(open_app(sqlite_url, "", **cluster.settings))
    phones = {_server_of(line, cluster, f"+25471100{one:04}"): one for one in range(500, 520)}
    places = {one: line.sessions.place(f"+25471100{nth:04}") for one, nth in phones.items()}
    forgetful, *others = places
    forgetful.client.flushall()
    since = {one: _since(line, place) for one, place in places.items()}
    line.sessions.note_memory()
    again = _since(line, places[forgetful])

    assert len(others) == 2
    assert since[forgetful] is None
    assert all(since[one] for one in others)
    assert again


def test_a_bell_of_a_cluster_is_heard(
    open_app: Open, sqlite_url: str, cluster: Cluster
) -> None:
    ringing, hearing = (
        line_of(open_app(sqlite_url, "", **cluster.settings)).bell for _ in range(2)
    )
    heard: list[bool] = []
    hearing.listen(lambda: heard.append(True))

    def rung() -> bool:
        ringing.ring()
        return bool(heard)

    wait_for(rung, "the bell was heard")

    assert heard


def test_a_replica_answers_while_the_database_is_gone_and_takes_its_place_when_promoted(
    open_app: Open, pair: Pair, redis: RedisServer
) -> None:
    pair.prepare("line")
    app = open_app(pair.url("line"), redis.url, DATABASE_REPLICA_URL=pair.replica.url("line"))
    line = line_of(app)
    put(line, "id_card", "12345678", "ready")
    pair.catch_up()
    is_refused = _refuses_writes(pair.replica.url("line"))
    pair.primary.kill()
    numbers = ["12345678", *(str(30_000_000 + one) for one in range(5))]
    asked = [ask(app, number, PHONE) for number in numbers]
    wish = Timed(app.test_client()).keys("5", "1")
    is_ready = app.test_client().get("/health/ready").status_code
    metrics = app.test_client().get("/metrics").get_data(as_text=True)
    new = Timed(app.test_client(), "+254711000888").keys("1", "1", "12345678")
    pair.replica.promote()
    promised = wait_for(
        lambda: "will call you" in Timed(app.test_client()).keys("5", "1"), "wishes were kept"
    )
    with line.database.working() as connection:
        kept = len(waiting(connection, line.keys))

    assert is_refused
    assert asked[0].startswith(READY)
    assert [answered(page) for page in asked[1:]] == [True] * 4 + [False]
    assert "will call you" not in wish
    assert is_ready == 200
    assert "line_database_up 0.0" in metrics
    assert new.startswith(READY)
    assert kept == 1
    assert promised < 20
    assert Timed.slowest < HOP_SECONDS


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql://u:p@h1:5432,h2:5433/line", ("h1:5432", "h2:5433")),
        ("postgres://u@h1,h2/line?target_session_attrs=read-write", ("h1", "h2")),
        ("postgresql+psycopg://u:p%2C@h1:1,h2:2,h3:3/line?sslmode=require",
         ("h1:1", "h2:2", "h3:3")),
    ],
)  # fmt: skip
def test_an_address_of_several_databases_is_read_as_libpq_writes_it(
    url: str, hosts: tuple[str, ...]
) -> None:
    read = Database(url).engines[0].url

    assert read.query["host"] == hosts
    assert read.drivername == "postgresql+psycopg"
    assert (read.username, read.database) == ("u", "line")


def _refuses_writes(url: str) -> bool:
    """Say whether a line that writes to a replica finds it away, and nothing worse."""
    with closing(Database(url, connections=1)) as database:
        database.open()
        try:
            with database.writing() as connection:
                connection.execute(delete(reports))
        except Unavailable:
            return True
    return False


def _server(app: Flask, cluster: Cluster, phone: str) -> Server:
    """Give the server that a caller's things lie on."""
    return _server_of(line_of(app), cluster, phone)


def _server_of(line: Line, cluster: Cluster, phone: str) -> Server:
    return cluster.serving(line.sessions.place(phone).caller)


def _since(line: Line, place: sessions.Place) -> float | None:
    loaded = line.sessions.load(place, wary=True)
    assert loaded
    return loaded.since


def _wait_until_kept(app: Flask, cluster: Cluster, phone: str) -> str:
    """Call until a caller's server has them; give the last page.

    A busy machine may have kept any one call from its server.
    """
    pages: list[str] = []

    def call() -> bool:
        pages.append(Timed(app.test_client(), phone).keys("1"))
        return _is_kept(app, cluster, phone)

    wait_for(call, "the caller's server had them")
    return pages[-1]


def _is_kept(app: Flask, cluster: Cluster, phone: str) -> bool:
    name = line_of(app).sessions.place(phone).caller
    return bool(cluster.serving(name).client.exists(name))
