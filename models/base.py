"""The database: its connections, its time limits, and what happens when it is away.

Two ways in. A hop reads and writes through a small pool that is filled beforehand and is
never waited for: every wait has a limit that this process keeps itself, since a frozen
server or a silent network keeps none. Commands and the sender use `working`, without limits.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import errors as psycopg_errors
from sqlalchemy import Connection as Connection
from sqlalchemy import (
    Engine,
    MetaData,
    QueuePool,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy import exc as sqlalchemy_errors
from sqlalchemy.pool import PoolProxiedConnection

STATEMENT_SECONDS = 1.0
"""The longest a hop waits for one SQL statement: half of its own two seconds."""

CONNECT_SECONDS = 2
"""The longest the keeper waits for one connection: the least that libpq takes."""

IDLE_SECONDS = 60
"""The longest a transaction of work may lie idle: then PostgreSQL ends it."""

_RETRY_SECONDS = 0.5
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
    """

    def __init__(
        self, url: str, connections: int = 8, seconds: float = STATEMENT_SECONDS
    ) -> None:
        self._url = make_url(url)
        if self._url.drivername in ("postgresql", "postgres"):
            self._url = self._url.set(drivername="postgresql+psycopg")
        self._size = connections
        self._seconds = seconds
        self.is_postgresql = self._url.get_backend_name() == "postgresql"
        self._hops = self._hop_engine()
        outside_transactions = "isolation_level" if self.is_postgresql else _NO_BEGIN
        self._reads = self._hops.execution_options(**{outside_transactions: "AUTOCOMMIT"})
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

    def close(self) -> None:
        """Give every connection back."""
        self._closed = True
        self._trouble.set()
        if self._keeper.is_alive():
            self._keeper.join(timeout=2 * CONNECT_SECONDS)
        self._hops.dispose()
        self._work.dispose()

    def answers(self) -> bool:
        """Say whether the database answers a hop now."""
        try:
            with self.reading() as connection:
                connection.execute(text("SELECT 1"))
        except Unavailable:
            return False
        return True

    @contextmanager
    def reading(self, seconds: float = STATEMENT_SECONDS) -> Iterator[Connection]:
        """Lend a connection for one statement, outside any transaction.

        Raises:
            Unavailable: no connection is at hand, or `seconds` went by.
        """
        with self._lend(self._reads, seconds) as connection:
            yield connection

    @contextmanager
    def writing(self, seconds: float = STATEMENT_SECONDS) -> Iterator[Connection]:
        """Lend a connection in a transaction, committed at the end.

        Raises:
            Unavailable: as in `reading`; nothing was kept.
        """
        with (
            self._queue_to_write(seconds),
            self._lend(self._hops, seconds) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def working(self) -> Iterator[Connection]:
        """Lend a connection in a transaction without time limits, for work off the hop."""
        with self._work.begin() as connection:
            yield connection

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
    def _lend(self, engine: Engine, seconds: float) -> Iterator[Connection]:
        if not self._ready.is_set():
            raise Unavailable
        try:
            with engine.connect() as connection:
                _limit(connection.connection, seconds)
                yield connection
        except (
            sqlalchemy_errors.OperationalError,
            sqlalchemy_errors.InterfaceError,
            sqlalchemy_errors.TimeoutError,
        ) as error:
            if getattr(error, "connection_invalidated", False):
                self._report_trouble()
            raise Unavailable from error
        except Unavailable:
            self._report_trouble()
            raise

    def _hop_engine(self) -> Engine:
        engine = create_engine(
            self._url,
            hide_parameters=True,
            poolclass=QueuePool,
            pool_size=self._size,
            max_overflow=0,
            pool_timeout=STATEMENT_SECONDS,
        )
        event.listen(engine, "do_connect", self._connect_off_the_hop)
        return engine

    def _work_engine(self) -> Engine:
        """Make the engine for work: it keeps one connection, and opens others as needed."""
        options: dict[str, Any] = {}
        if self.is_postgresql:
            # A process that is stopped in its tracks must not hold up the others for long.
            idle = int(IDLE_SECONDS * 1000)
            options["connect_args"] = {
                "options": f"-c idle_in_transaction_session_timeout={idle}"
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
            return _TimedConnection.connect(*args, **options)
        return None

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
            self._trouble.wait()
            self._trouble.clear()
            if self._closed:
                return
            if not self._try_to_fill():
                time.sleep(_RETRY_SECONDS)

    def _report_trouble(self) -> None:
        self._ready.clear()
        self._trouble.set()


class _TimedConnection(psycopg.Connection[Any]):
    """A PostgreSQL connection that gives up by its own clock."""

    seconds: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server, at most `seconds`; then close, for its state is not known."""
        if timeout is None:
            timeout = self.seconds
        try:
            return super().wait(gen, interval, timeout)
        except psycopg_errors._WaitTimeout as error:
            self.pgconn.finish()
            raise psycopg.OperationalError("no answer in time") from error


def _limit(connection: PoolProxiedConnection, seconds: float) -> None:
    driver = connection.dbapi_connection
    if isinstance(driver, _TimedConnection):
        driver.seconds = max(0.01, seconds)


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
