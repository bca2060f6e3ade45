"""Senders as processes of their own, to be killed, and what feeds them.

A sender is either the command itself, `flask sms send`, or a fork of one process that has
read everything already: it begins in a tenth of the time, which makes hundreds of kills
affordable. Both do the same from there on.
"""

import contextlib
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import click
import psutil
from flask.cli import ScriptInfo
from sqlalchemy import Row, func, select

from app import create_app, proved_menus
from config import Config
from menus.bell import Bell
from menus.sessions import connect
from models.base import Database
from models.outbox import Delivery, Priority, outbox, queue
from tests.caller import TOKEN
from tests.sms.loopback import ROOT, Loopback

LOG = "senders.log"
NOON = 12
"""The hour at which forked senders live, so that campaigns go out whenever tests run."""


def settings(
    keys: Mapping[str, str], database_url: str, redis_url: str, folder: Path, at: Loopback
) -> dict[str, str]:
    """Give a process its environment: its gateways are on loopback."""
    return {
        **keys,
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "NO_PROXY": "127.0.0.1",
        "GATEWAY_TOKENS": TOKEN,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "VAR_DIR": str(folder / "var"),
        "AT_USERNAME": "live",
        "AT_API_KEY": "k",
        "AT_BASE_URL": f"{at.url('africastalking')}/version1",
        "SMS_SENDER": "1919",
        "SMS_RATE": "1000",
        "KANNEL_URL": f"{at.url('kannel')}/sendsms",
        "KANNEL_USERNAME": "live",
        "KANNEL_PASSWORD": "k",
        "KANNEL_REPORTS_URL": f"http://127.0.0.1/sms/kannel/{TOKEN}/reports",
    }


def text_of(number: int) -> str:
    return f"Habari {number:06d}"


def number_of(text: str) -> int:
    return int(text[7:13])


def phone_of(number: int) -> str:
    return f"+2547{number:08d}"


class Starts(Protocol):
    """Starts senders, and ends all of them."""

    def start(self, who: str) -> int:
        """Start a sender that gives an account's name; give its process."""

    def kill(self, process: int) -> None:
        """Kill a sender as kill -9 does."""

    def close(self) -> None:
        """Stop them all."""


class Commands:
    """Senders by the command."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._environment = dict(environment)
        self._log = (folder / LOG).open("ab")
        self._started: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, who: str) -> int:
        flask = Path(sys.executable).parent / "flask"
        environment = {**self._environment, "AT_USERNAME": who, "KANNEL_USERNAME": who}
        process = subprocess.Popen(
            [flask, "sms", "send"],
            env=environment,
            cwd=ROOT,
            stdout=self._log,
            stderr=self._log,
        )
        self._started[process.pid] = process
        return process.pid

    def kill(self, process: int) -> None:
        started = self._started.pop(process)
        started.kill()
        started.wait()

    def close(self) -> None:
        for process in self._started.values():
            process.terminate()
        for process in self._started.values():
            process.wait(timeout=30)
        self._log.close()


class Forks:
    """Senders forked from one process that holds no thread and no connection."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._log = (folder / LOG).open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.sms.senders", "fork"],
            env=dict(environment),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self._alive: set[int] = set()
        self._say("ready?")

    def start(self, who: str) -> int:
        process = int(self._say(who))
        self._alive.add(process)
        return process

    def kill(self, process: int) -> None:
        self._alive.remove(process)
        os.kill(process, signal.SIGKILL)

    def close(self) -> None:
        alive = [psutil.Process(one) for one in self._alive if psutil.pid_exists(one)]
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        psutil.wait_procs(alive, timeout=30)
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()
        self._log.close()

    def _say(self, words: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{words}\n".encode())
        self._process.stdin.flush()
        return self._process.stdout.readline().decode().strip()


class Feeder:
    """Queues messages at an even rate, from a process of its own, until it is stopped."""

    def __init__(self, environment: Mapping[str, str], rate: float, most: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.sms.senders", "feed", str(rate), str(most)],
            env=dict(environment),
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout
        assert self._process.stdout.readline()  # it has begun

    def is_done(self) -> bool:
        return self._process.poll() is not None

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)
        assert self._process.stdout
        self._process.stdout.close()


@contextlib.contextmanager
def feeding(environment: Mapping[str, str], rate: float, most: int) -> Iterator[Feeder]:
    """Let messages be queued while the block runs."""
    feeder = Feeder(environment, rate, most)
    try:
        yield feeder
    finally:
        feeder.stop()


@dataclass
class Desk:
    """What the tests themselves see of the outbox."""

    config: Config

    def __post_init__(self) -> None:
        self.database = Database(self.config.database_url)
        self.keys = self.config.keys

    def put(
        self,
        numbers: Iterable[int],
        priority: Priority = Priority.ANSWER,
        text: Callable[[int], str] = text_of,
        phone: Callable[[int], str] = phone_of,
    ) -> None:
        """Queue messages with these numbers."""
        with self.database.working() as connection:
            for number in numbers:
                cause, body = f"torture|{number}", text(number)
                assert queue(
                    connection, self.keys, cause, phone(number), body, priority=priority
                )

    def rows(self) -> dict[int, Row[Any]]:
        """Read the outbox, by the messages' numbers."""
        wanted = [one for one in outbox.c if one.name not in ("phone", "body")]
        with self.database.working() as connection:
            found = connection.execute(select(*wanted)).all()
        return {int(row.cause.split("|")[1]): row for row in found}

    def count(self, *states: Delivery) -> int:
        query = select(func.count()).where(outbox.c.state.in_(states))
        with self.database.working() as connection:
            return connection.scalars(query).one()

    def wait_for_none(self, *states: Delivery, seconds: float) -> None:
        until = time.monotonic() + seconds
        while left := self.count(*states):
            assert time.monotonic() < until, f"{left} messages are still {states}"
            time.sleep(0.1)

    def let_the_lost_be_old(self) -> None:
        """Move back, to where sweeps find it, what was submitting a while ago."""
        with self.database.working() as connection:
            query = select(outbox.c.id).where(outbox.c.state == Delivery.SUBMITTING)
            left = connection.scalars(query.with_for_update(skip_locked=True)).all()
            connection.execute(
                outbox.update()
                .where(outbox.c.id.in_(left))
                .values(changed_at=datetime.now(UTC) - timedelta(minutes=2))
            )

    def close(self) -> None:
        self.database.close()


def logged(folder: Path, event: str) -> int:
    """Count how often senders logged an event."""
    text = (folder / LOG).read_text(encoding="utf-8")
    return text.count(f'event="{event}"')


def share(values: list[float], part: float) -> float:
    """Give the value under which a share of all values lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def wait_until(so: Any, seconds: float, what: str) -> float:
    """Wait until something is so; give how long it took."""
    began = time.monotonic()
    while not so():
        assert time.monotonic() - began < seconds, what
        time.sleep(0.05)
    return time.monotonic() - began


def cpu_of(process: int) -> float:
    """Give the seconds of CPU that a process used, user's and system's."""
    times = psutil.Process(process).cpu_times()
    return float(times.user + times.system)


# What follows runs in processes of their own.


def _fork_when_told() -> None:
    """Read everything once, then fork a sender for each name that comes."""
    proved_menus(Config.from_env())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that are killed
    gc.freeze()
    for words in sys.stdin:
        who = words.strip()
        if who == "ready?":
            print("yes", flush=True)
        elif child := os.fork():
            print(child, flush=True)
        else:
            _send_as(who)


def _send_as(who: str) -> None:
    """Do what the command does, at noon."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.environ["AT_USERNAME"] = os.environ["KANNEL_USERNAME"] = who
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        config = Config.from_env()
        with click.Context(click.Command("send"), obj=ScriptInfo()):
            app = create_app(config, _noon())
        with app.app_context():
            command = app.cli.commands["sms"].commands["send"]  # type: ignore[attr-defined]
            command.main(args=[], standalone_mode=False)
        status = 0
    finally:
        os._exit(status)


def _noon() -> Any:
    ahead = timedelta(hours=NOON - 3 - datetime.now(UTC).hour)  # Kenya is three hours ahead
    return lambda: datetime.now(UTC) + ahead


def _feed(rate: float, most: int) -> None:
    """Queue messages, each when its moment has come, until told to stop."""
    config = Config.from_env()
    database, bell = Database(config.database_url), Bell(connect(config.redis_url))
    keys, began = config.keys, time.monotonic()
    print("begun", flush=True)
    for number in range(most):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        with database.working() as connection:
            cause, body = f"torture|{number}", text_of(number)
            queue(connection, keys, cause, phone_of(number), body)
        bell.ring()
    os._exit(0)


if __name__ == "__main__":
    if sys.argv[1] == "fork":
        _fork_when_told()
    else:
        _feed(float(sys.argv[2]), int(sys.argv[3]))
