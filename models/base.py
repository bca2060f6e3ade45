"""The database: its connections, its time limits, and what happens when it is away.

Two ways in. A hop reads and writes through a small pool that is filled beforehand and is
never waited for: every wait has a limit that this process keeps itself, since a frozen
server or a silent network keeps none. Commands and the sender use `working`, without limits.

A PostgreSQL may have a replica beside it, which then answers what is read while the database
itself does not. Nothing is ever written there.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import errors as psycopg_errors
from sqlalchemy import (
    URL,
    CursorResult,
    Engine,
    ExceptionContext,
    MetaData,
    QueuePool,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy import Connection as Connection
from sqlalchemy import exc as sqlalchemy_errors
from sqlalchemy.pool import ConnectionPoolEntry, Pool, PoolProxiedConnection
from sqlalchemy.util.queue import Queue

STATEMENT_SECONDS = 1.0
"""The longest a hop waits for one SQL statement: half of its own two seconds."""

CONNECT_SECONDS = 2
"""The longest the keeper waits for one connection: the least that libpq takes."""

IDLE_SECONDS = 60
"""The longest a transaction of work may lie idle: then PostgreSQL ends it."""

FIRST_SECONDS = 0.5
"""The longest a read waits for the database where a replica can be asked after it."""

_PROBE_SECONDS = 5.0
"""Between two looks at a replica: nothing else would tell that its connections are dead."""

_WORK_CONNECT_SECONDS = 5

_KEEPALIVES = {
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""So that a server's host that is gone without a word is noticed within half a minute, be it
by work, or by the system for connections that hops have long not used."""

_RETRY_SECONDS = 0.5
_WAKES_SECONDS = 0.02
"""How much longer than its limit a wait for PostgreSQL may take: the driver's own is 0.1."""

_AWAY = (
    sqlalchemy_errors.OperationalError,
    sqlalchemy_errors.InterfaceError,
    sqlalchemy_errors.TimeoutError,
)
_NO_BEGIN = "without_begin"
"""On SQLite we begin transactions ourselves; a connection with this option has none."""

_log = logging.getLogger(__name__)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def in_utc(moment: datetime) -> datetime:
    """Give a moment its zone: SQLite gives it back without one."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


class Unavailable(Exception):
    """The database did not answer in time, or cannot be reached at all."""


class Database:
    """The line's database, PostgreSQL or SQLite by its address.

    Args:
        url: the address, as SQLAlchemy writes it.
        connections: how many a process keeps ready for hops.
        seconds: the longest that any of those waits for one statement.
        replica: the address of a copy that is read while this one is away; empty for none.
        probed_every: seconds after which it is asked whether it answers, if nobody reads.
    """

    def __init__(
        self,
        url: str,
        connections: int = 8,
        seconds: float = STATEMENT_SECONDS,
        replica: str = "",
        probed_every: float | None = None,
    ) -> None:
        self._url = _address(url)
        self._replica: Database | None = None
        if replica:
            self._replica = Database(replica, connections, seconds, probed_every=_PROBE_SECONDS)
        self._probed_every = probed_every
        self._good_host = ""
        self._answered_at = 0.0
        self._size = connections
        self._seconds = seconds
        self.is_postgresql = self._url.get_backend_name() == "postgresql"
        self._hops = self._hop_engine()
        self._reads = self._writes = self._hops
        if self.is_postgresql:
            self._writes = self._hops.execution_options(isolation_level="READ COMMITTED")
        else:
            self._reads = self._hops.execution_options(**{_NO_BEGIN: True})
        self._work = self._work_engine()
        if not self.is_postgresql:
            for engine in (self._hops, self._work):
                event.listen(engine, "connect", _prepare_sqlite)
            _write_at_once(self._hops)
            _write_at_once(self._work)
        self._filling = threading.local()
        self._ready = threading.Event()
        self._trouble = threading.Event()
        self._closed = False
        self._sqlite_writer = threading.Lock()
        self._keeper = threading.Thread(
            target=self._keep_filled, name="database-keeper", daemon=True
        )

    @property
    def engines(self) -> tuple[Engine, Engine]:
        """Both engines, hops' first, for those who count statements."""
        return self._hops, self._work

    def open(self) -> None:
        """Fill the pool for hops, and keep it filled from a thread of its own.

        A database that is away now is tried again for as long as the process lives.
        """
        self._try_to_fill()
        self._keeper.start()
        if self._replica:
            self._replica.open()

    def close(self) -> None:
        """Give every connection back."""
        self._closed = True
        self._trouble.set()
        if self._keeper.is_alive():
            self._keeper.join(timeout=2 * CONNECT_SECONDS)
        self._hops.dispose()
        self._work.dispose()
        if self._replica:
            self._replica.close()

    def answers(self) -> bool:
        """Say whether a hop that reads is answered now, be it by the replica."""
        try:
            with self.reading() as connection:
                connection.execute(text("SELECT 1"))
        except Unavailable:
            return False
        return True

    def stands(self) -> bool:
        """Say whether the database itself answers, whatever its replica does."""
        try:
            with self._lend(self._reads, STATEMENT_SECONDS) as connection:
                connection.execute(text("SELECT 1"))
        except Unavailable:
            return False
        return True

    def keeps(self) -> bool:
        """Say whether the database takes what is to be kept now; a replica takes nothing."""
        try:
            with self.writing() as connection:
                connection.execute(text("SELECT 1"))
        except Unavailable:
            return False
        return True

    def reading(self, seconds: float = STATEMENT_SECONDS) -> AbstractContextManager[Connection]:
        """Lend a connection for one statement, outside any transaction.

        Where there is a replica, it answers what the database does not.

        Raises:
            Unavailable: no connection is at hand, or `seconds` went by.
        """
        if self._replica is None:
            return self._lend(self._reads, seconds)
        return self._reading_either(self._replica, seconds)

    @contextmanager
    def writing(self, seconds: float = STATEMENT_SECONDS) -> Iterator[Connection]:
        """Lend a connection in a transaction, committed at the end.

        Raises:
            Unavailable: as in `reading`; nothing was kept.
        """
        until = time.monotonic() + seconds
        with (
            self._queue_to_write(seconds),
            self._lend(self._writes, until - time.monotonic()) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def working(self) -> Iterator[Connection]:
        """Lend a connection in a transaction without time limits, for work off the hop."""
        with self._work.begin() as connection:
            yield connection

    def tidy(self, *tables: str) -> None:
        """Have PostgreSQL go over tables right after much was written to them.

        It would do so by itself within a minute, and take half a core from hops then. Nobody
        needs to know whether it could.
        """
        if not self.is_postgresql:
            return
        with suppress(sqlalchemy_errors.DBAPIError), self._work.connect() as connection:
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")
            alone.execute(text(f"VACUUM (ANALYZE) {', '.join(tables)}"))

    @contextmanager
    def _queue_to_write(self, seconds: float) -> Iterator[None]:
        """Let one thread write to SQLite at a time: it has one writer, and no fair queue."""
        if self.is_postgresql:
            yield
            return
        if not self._sqlite_writer.acquire(timeout=seconds):
            raise Unavailable
        try:
            yield
        finally:
            self._sqlite_writer.release()

    @contextmanager
    def _reading_either(self, replica: "Database", seconds: float) -> Iterator[Connection]:
        """Lend a connection to the database, or else to its replica, within `seconds`."""
        began, pool = time.monotonic(), self._hops.pool
        until = began + seconds
        with ExitStack() as lent:

            def spare(error: Exception | None = None) -> Connection:
                if getattr(error, "connection_invalidated", False):
                    self._report_loss(pool, began)
                left = max(0.01, until - time.monotonic())
                return lent.enter_context(replica.reading(left))

            first = min(seconds, FIRST_SECONDS)
            try:
                connection = lent.enter_context(self._lend(self._reads, first, _Reading))
            except Unavailable:
                connection = spare()
            if isinstance(connection, _Reading):
                connection.spare = spare
            yield connection

    @contextmanager
    def _lend(
        self, engine: Engine, seconds: float, kind: Callable[[Engine], Connection] = Connection
    ) -> Iterator[Connection]:
        if not self._ready.is_set():
            raise Unavailable
        pool, began = self._hops.pool, time.monotonic()
        try:
            with kind(engine) as connection:
                _limit(connection.connection, seconds)
                try:
                    yield connection
                    if not connection.invalidated:
                        self._answered_at = time.monotonic()
                finally:
                    self._close_if_left(connection, pool)
        except _AWAY as error:
            if getattr(error, "connection_invalidated", False):
                self._report_loss(pool, began)
            raise Unavailable from error
        except sqlalchemy_errors.InternalError as error:
            if not isinstance(error.orig, psycopg_errors.ReadOnlySqlTransaction):
                raise
            self._report_trouble(pool)  # it is a replica now: another is to be written to
            raise Unavailable from error
        except Unavailable:
            self._report_trouble(pool)
            raise

    def _close_if_left(self, connection: Connection, pool: Pool) -> None:
        """Have a connection closed whose pool another has followed: nobody would close it."""
        if pool is not self._hops.pool and not connection.invalidated:
            connection.detach()

    def _hop_engine(self) -> Engine:
        options: dict[str, Any] = {}
        if self.is_postgresql:  # most hops read: those that write say so
            options = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}
        engine = create_engine(
            self._url,
            hide_parameters=True,
            poolclass=_WarmFirst,
            pool_size=self._size,
            max_overflow=0,
            pool_timeout=STATEMENT_SECONDS,
            **options,
        )
        event.listen(engine, "do_connect", self._connect_off_the_hop)
        event.listen(engine, "handle_error", _spare_the_others)
        return engine

    def _work_engine(self) -> Engine:
        """Make the engine for work: it keeps one connection, and opens others as needed."""
        options: dict[str, Any] = {}
        if self.is_postgresql:
            # A process that is stopped in its tracks must not hold up the others for long.
            idle = int(IDLE_SECONDS * 1000)
            options["connect_args"] = {
                **self._unsaid(_KEEPALIVES),
                **self._unsaid({"connect_timeout": _WORK_CONNECT_SECONDS}),
                "options": f"-c idle_in_transaction_session_timeout={idle}",
            }
        return create_engine(
            self._url,
            hide_parameters=True,
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=-1,
            pool_pre_ping=True,
            **options,
        )

    def _connect_off_the_hop(self, _dialect: Any, _record: Any, args: Any, options: Any) -> Any:
        if not getattr(self._filling, "now", False):
            raise Unavailable
        if self.is_postgresql:
            # A slow server gives up before we do, so that its connection stays good.
            limit = int(self._seconds * 900)
            options.setdefault("connect_timeout", CONNECT_SECONDS)
            options["options"] = f"-c statement_timeout={limit} -c lock_timeout={limit}"
            options |= self._unsaid(_KEEPALIVES)
            options = _with_first(self._good_host, options)
            connection = _TimedConnection.connect(*args, **options)
            self._good_host = f"{connection.info.host}:{connection.info.port}"
            return connection
        return None

    def _unsaid(self, options: dict[str, int]) -> dict[str, int]:
        """Give those options that the address does not set itself."""
        return {one: to for one, to in options.items() if one not in self._url.query}

    def _try_to_fill(self) -> bool:
        self._filling.now = True
        try:
            self._hops.dispose()
            with ExitStack() as opened:
                for _ in range(self._size):
                    connection = opened.enter_context(self._reads.connect())
                    connection.execute(text("SELECT 1"))
        except Exception as error:
            _log.warning("the database is away", extra={"error": type(error).__name__})
            self._report_trouble()
            return False
        finally:
            self._filling.now = False
        self._ready.set()
        return True

    def _keep_filled(self) -> None:
        while True:
            in_trouble = self._trouble.wait(self._probed_every)
            self._trouble.clear()
            if self._closed:
                return
            if not in_trouble:
                self.answers()
                continue
            mended = self._ready.is_set() and self._try_to_mend()
            if not mended and not self._try_to_fill():
                time.sleep(_RETRY_SECONDS)

    def _try_to_mend(self) -> bool:
        """Make those connections anew that were lost, and no others; say whether it went."""
        self._filling.now = True
        try:
            with ExitStack() as taken:
                for _ in range(self._hops.pool.checkedin()):  # type: ignore[attr-defined]
                    taken.enter_context(self._reads.connect())
        except Exception as error:
            _log.warning("no connection again", extra={"error": type(error).__name__})
            self._ready.clear()
            return False
        finally:
            self._filling.now = False
        return True

    def _report_loss(self, pool: Pool, began: float) -> None:
        """Let a connection be made anew: it alone, where others were answered meanwhile.

        Args:
            began: when what was asked over it began, in seconds of the monotonic clock.
        """
        if self._answered_at > max(began, time.monotonic() - self._seconds / 2):
            self._trouble.set()
        else:
            self._report_trouble(pool)

    def _report_trouble(self, pool: Pool | None = None) -> None:
        """Let the pool be filled anew; one that was in trouble before the last time is gone."""
        if pool is not None and pool is not self._hops.pool:
            return
        self._ready.clear()
        self._trouble.set()


class _Pile(Queue[ConnectionPoolEntry]):
    """What lies ready: at the bottom what is yet to be made anew."""

    def _put(self, item: ConnectionPoolEntry) -> None:
        if item.dbapi_connection is None:
            self.queue.appendleft(item)
        else:
            super()._put(item)

    def _get(self) -> ConnectionPoolEntry:
        return self.queue.pop()


class _WarmFirst(QueuePool):
    """A pool that lends first what came back last, and what stands before what was lost.

    The server's process behind it is warm, and maps what it reads: in turns, each of sixteen
    finds its caches cold, and PostgreSQL takes a sixth more for a hop in full use.
    """

    _queue_class = _Pile
    _sqla_logger_namespace = (
        "sqlalchemy.pool"  # what is said there is told by its warnings alone
    )


class _Reading(Connection):
    """A connection for reading: where a statement fails, a spare one is asked from then on.

    Attributes:
        spare: lends it, and is told what failed.
    """

    spare: Callable[[Exception], Connection]
    _instead: Connection | None = None

    def execute(self, *statement: Any, **options: Any) -> CursorResult[Any]:
        """Ask here, or else of the spare one."""
        if self._instead is None:
            try:
                return super().execute(*statement, **options)
            except _AWAY as error:
                self._instead = self.spare(error)
        return self._instead.execute(*statement, **options)

    def scalar(self, *statement: Any, **options: Any) -> Any:
        """Ask likewise for one value."""
        return self.execute(*statement, **options).scalar()


class _TimedConnection(psycopg.Connection[Any]):
    """A PostgreSQL connection that gives up by its own clock."""

    seconds: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server, at most `seconds`; then close, for its state is not known."""
        if timeout is None:
            timeout = self.seconds
        try:
            return super().wait(gen, min(interval, _WAKES_SECONDS), timeout)
        except psycopg_errors._WaitTimeout as error:
            self.pgconn.finish()
            raise psycopg.OperationalError("no answer in time") from error


def _address(url: str) -> URL:
    """Read an address, one that names several hosts as libpq writes them among them."""
    scheme, _, rest = url.partition("://")
    place, _, path = rest.partition("/")
    login, at, hosts = place.rpartition("@")
    if "," in hosts:
        ask = "&" if "?" in path else "?"
        named = "&".join(f"host={quote(one)}" for one in hosts.split(","))
        url = f"{scheme}://{login}{at}/{path}{ask}{named}"
    read = make_url(url)
    if read.drivername in ("postgresql", "postgres"):
        return read.set(drivername="postgresql+psycopg")
    return read


def _with_first(good: str, options: dict[str, Any]) -> dict[str, Any]:
    """Name that host first, among several, which answered last: another may be frozen."""
    hosts = str(options.get("host", "")).split(",")
    ports = str(options.get("port", "")).split(",")
    if len(hosts) < 2 or len(ports) != len(hosts):
        return options
    pairs = sorted(zip(hosts, ports, strict=True), key=lambda one: ":".join(one) != good)
    return {
        **options,
        "host": ",".join(host for host, _ in pairs),
        "port": ",".join(port for _, port in pairs),
    }


def _spare_the_others(context: ExceptionContext) -> None:
    """Keep the other connections of a pool that lost one: its keeper looks after them."""
    context.invalidate_pool_on_disconnect = False


def _limit(connection: PoolProxiedConnection, seconds: float) -> None:
    driver = connection.dbapi_connection
    if isinstance(driver, _TimedConnection):
        driver.seconds = max(0.01, seconds)
    elif isinstance(driver, sqlite3.Connection):
        driver.execute(f"PRAGMA busy_timeout={max(1, int(seconds * 1000))}")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # what was promised survives a power cut
        "foreign_keys=ON",
        f"busy_timeout={int(STATEMENT_SECONDS * 1000)}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _write_at_once(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        if _NO_BEGIN not in connection.get_execution_options():
            connection.exec_driver_sql("BEGIN IMMEDIATE")
