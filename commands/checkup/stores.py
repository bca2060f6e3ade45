"""What the doctor looks at next: the database, its copy, Redis, and everybody's clocks."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from redis import Redis
from sqlalchemy import Connection, func, select, text

from commands.checkup.finding import Check, Finding, fail, ok, warn
from commands.checkup.patient import Patient
from commands.database import alembic_settings
from models.base import Unavailable
from models.centres import centres
from models.documents import documents, holds_demonstration

SECONDS = 2.0
"""How long one question may take."""

SKEW_SECONDS = 2.0
"""How far the clocks of two machines may be apart."""

_CLOCK = "set this machine's clock by NTP (timedatectl)"
_PREPARE = "flask database prepare"


def database(patient: Patient) -> Iterator[Finding]:
    """Look at the database."""
    with closing(patient.database()) as opened:
        opened.open()
        try:
            began = time.monotonic()
            with opened.reading(SECONDS) as connection:
                connection.execute(text("SELECT 1"))
            took = (time.monotonic() - began) * 1000
            yield ok(f"the database answers in {took:.0f} ms: {connection.dialect.name}")
            with opened.working() as connection:
                yield from _schema(connection)
                yield from _contents(connection, patient.demo)
                if opened.is_postgresql:
                    now: datetime = connection.execute(
                        select(func.clock_timestamp())
                    ).scalar_one()
                    yield _skew("the database", now.timestamp())
        except Unavailable:
            yield fail("the database does not answer", "see docs/runbook.md, LineDatabaseAway")


def replica(patient: Patient) -> Iterator[Finding]:
    """Look at the copy of the database."""
    if patient.replica is None:
        yield ok("no DATABASE_REPLICA_URL: nothing is looked up while the database is away")
        return
    with closing(patient.replica()) as opened:
        opened.open()
        try:
            with opened.reading(SECONDS) as connection:
                lag = connection.execute(_LAG).one()
        except Unavailable:
            do = "look-ups go on with the database alone: see docs/stores.md"
            yield warn("the replica does not answer", do)
            return
        if not lag.follows:
            yield warn("the replica is none: it follows nobody", "see docs/stores.md")
        else:
            yield ok(f"the replica answers, {lag.seconds or 0:.0f} s behind")


def redis(patient: Patient) -> Iterator[Finding]:
    """Look at Redis."""
    with closing(patient.redis()) as nodes:
        until = time.monotonic() + SECONDS
        while not (found := nodes.all()) and time.monotonic() < until:
            time.sleep(0.1)
        if not found:
            do = "the line goes on without: see docs/runbook.md, LineRedisAway"
            yield warn(f"Redis ({patient.redis_mode}): no server is known", do)
        for node in found:
            yield from _redis(node.client, patient.redis_mode)


def _schema(connection: Connection) -> Iterator[Finding]:
    head = ScriptDirectory.from_config(alembic_settings()).get_current_head()
    level = MigrationContext.configure(connection).get_current_revision()
    if level == head:
        yield ok(f"the schema is of this version: {head}")
    else:
        yield fail(f"the schema is {level or 'not there'}, this version's is {head}", _PREPARE)


def _contents(connection: Connection, demo: bool) -> Iterator[Finding]:
    count = connection.scalar(select(func.count()).select_from(centres)) or 0
    yield ok(f"{count} centres are known") if count else fail("no centre is known", _PREPARE)
    if not demo and holds_demonstration(connection):
        yield fail("the database holds demonstration documents", "give the line another one")
    if connection.execute(select(documents.c.id).limit(1)).first() is None:
        yield warn("no document is known", "flask documents import FILE")


def _redis(client: Redis, mode: str) -> Iterator[Finding]:
    """Look at one server; the line goes on without any."""
    try:
        info, now = client.info(), client.time()
    except Exception as error:
        do = "the line goes on without: see docs/runbook.md, LineRedisAway"
        yield warn(f"Redis ({mode}) does not answer: {type(error).__name__}", do)
        return
    assert isinstance(info, dict)  # noqa: S101 - a client that waits for its answer
    yield ok(f"Redis {info.get('redis_version')} answers ({mode})")
    policy, most = info.get("maxmemory_policy", "noeviction"), int(info.get("maxmemory", 0))
    if policy != "noeviction":
        what = f"Redis: maxmemory-policy is {policy}: budgets may be forgotten"
        yield warn(what, "CONFIG SET maxmemory-policy noeviction")
    used = f"Redis: {int(info.get('used_memory', 0)) / 1024**2:.0f} MB are used"
    if most and int(info.get("used_memory", 0)) > 0.8 * most:
        yield warn(f"{used} of {most / 1024**2:.0f}", "give it more: see docs/operations.md")
    else:
        yield ok(used)
    kept = info.get("aof_enabled") or info.get("rdb_last_save_time")
    yield ok(f"Redis keeps its memory over a restart: {'yes' if kept else 'no, nor need it'}")
    seconds, micros = now
    yield _skew("Redis", seconds + micros / 1e6)


def _skew(whose: str, seconds: float) -> Finding:
    apart = abs(datetime.now(UTC).timestamp() - seconds)
    what = f"this machine's clock and that of {whose} are {apart:.1f} s apart"
    return ok(what) if apart <= SKEW_SECONDS else fail(what, _CLOCK)


_LAG = text(
    "SELECT pg_is_in_recovery() AS follows,"
    " extract(epoch FROM now() - pg_last_xact_replay_timestamp()) AS seconds"
)

CHECKS: tuple[Check, ...] = (database, replica, redis)
