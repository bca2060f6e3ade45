"""Trials: runs of chosen tests over a copy of the tree, each in a child that is forked ready.

What does not change between two trials is there before: all is imported, a Redis and a
PostgreSQL run, and the prepared databases lie ready. A child only gives the functions of one
file other code; what stands outside functions it imports anew.
"""

import os
import pickle
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench.mutants.faults import Fault
from bench.mutants.patch import patch
from bench.mutants.reach import Noter, Reached
from tests.servers import PostgresServer, RedisServer

_OURS = {"app", "commands", "config", "console", "logs", "menus", "models", "sms", "tests"}
_OURS |= {"ussd", "wsgi"}
_OPTIONS = ["-x", "-n", "0", "-p", "no:cacheprovider"]
_QUIET = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
_ZONE = "Africa/Nairobi"
"""What the machine's clock shows: where it is UTC, nobody notices that UTC was not said."""

_NOTHING = pickle.dumps({})
_UNTOLD = b"3 "
"""What stands for an answer that was not given: pytest's code for a fault of its own."""


@dataclass(frozen=True)
class Trial:
    """How a trial ended.

    Attributes:
        failed: the first test that failed; empty where all passed.
        late: the time ran out.
        broken: the tests could not even be run.
    """

    failed: str = ""
    late: bool = False
    broken: bool = False

    @property
    def noticed(self) -> bool:
        """Say whether a test noticed the fault."""
        return bool(self.failed) or self.late or self.broken


class Trials:
    """Runs trials over a copy of the tree.

    Args:
        root: the copy, which is the folder that this process runs in.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = Path(tempfile.mkdtemp(prefix="m1919-"))
        os.environ["TZ"] = _ZONE
        time.tzset()
        self._redis, self._postgres = RedisServer(), PostgresServer()
        self._sqlite = self._folder / "prepared.sqlite"
        urls = [f"sqlite:///{self._sqlite}", self._postgres.create("prepared")]
        _forget()
        __import__("tests.conftest")  # and with it all of the line
        done = self._in_child(lambda: _prepare(urls), seconds=60)
        assert done == b"done", "the prepared databases could not be made"

    def close(self) -> None:
        """Stop the servers, and forget all."""
        self._redis.remove()
        self._postgres.remove()
        shutil.rmtree(self._folder, ignore_errors=True)

    def reach(self, tests: Sequence[str], files: Collection[str]) -> dict[str, Reached]:
        """Run tests as the tree stands; give what each of those that passed reached."""

        def traced() -> bytes:
            noter = Noter(self._root, files)
            self._pytest([one for one in _OPTIONS if one != "-x"], tests, noter)
            return pickle.dumps(noter.reached)

        found = self._in_child(traced, seconds=1800)
        told = found if found and found != _UNTOLD else _NOTHING
        reached: dict[str, Reached] = pickle.loads(told)  # noqa: S301 # our own
        assert reached, f"the tests could not be run:\n{self._log.read_text()}"
        return reached

    def run(self, fault: Fault, tests: Sequence[str], seconds: float) -> Trial:
        """Run tests with a fault in the tree, till one fails.

        Args:
            seconds: the most that they may take.
        """
        file = self._root / fault.file
        source = file.read_bytes()

        def tried() -> bytes:
            if not fault.in_function or not patch(file, file.read_bytes()):
                _forget()
            first = _First()
            code = self._pytest(_OPTIONS, tests, first)
            return f"{int(code)} {first.failed}".encode()

        file.write_bytes(fault.put(source))
        try:
            given = self._in_child(tried, seconds)
        finally:
            file.write_bytes(source)
        if given is None:
            return Trial(late=True)
        code, _, failed = given.decode().partition(" ")
        if failed:
            return Trial(failed)
        return Trial(broken=code != "0")

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _pytest(self, options: list[str], tests: Sequence[str], plugin: object) -> int:
        scratch = ["--basetemp", str(self._folder / "scratch")]
        servers = _Servers(self._redis, self._postgres, self._sqlite)
        return pytest.main([*options, *_QUIET, *scratch, *tests], plugins=[servers, plugin])

    def _in_child(self, work: Callable[[], bytes], seconds: float) -> bytes | None:
        """Do something in a child, with all that it starts; None where the time ran out."""
        answer = self._folder / "answer"
        answer.unlink(missing_ok=True)
        child = os.fork()
        if not child:
            self._be_child(work, answer)
        try:
            in_time = _ended(child, seconds)
        finally:
            _kill(child)
        if not in_time:
            os.waitpid(child, 0)
        self._mend(cut=not answer.exists())
        if not in_time:
            return None
        return answer.read_bytes() if answer.exists() else _UNTOLD

    def _be_child(self, work: Callable[[], bytes], answer: Path) -> None:
        try:
            os.setsid()
            log = os.open(self._log, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
            for stream in (1, 2):
                os.dup2(log, stream)
            answer.write_bytes(work())
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(0)

    def _mend(self, cut: bool) -> None:
        """Put right what a child may have left.

        Args:
            cut: it was ended before it could put things right itself.
        """
        if cut:
            self._redis.thaw()
            self._postgres.thaw()
            with psycopg.connect(self._postgres.url("postgres")) as connection:
                left = "SELECT datname FROM pg_database WHERE datname LIKE 'test%'"
                names = [name for (name,) in connection.execute(left)]
            for name in names:
                self._postgres.drop(self._postgres.url(name))
        if not self._redis.answers():
            self._redis.remove()
            self._redis = RedisServer()


class _First:
    """A plug-in that notes the first test that fails."""

    failed = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


class _Servers:
    """A plug-in that gives tests the servers that run already, in place of their own."""

    def __init__(self, redis: RedisServer, postgres: PostgresServer, sqlite: Path) -> None:
        self._ready: dict[str, Any] = {
            "redis_server": redis,
            "postgres": postgres,
            "prepared_sqlite": sqlite,
        }

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Any:
        if fixturedef.argname not in self._ready:
            return None
        value = self._ready[fixturedef.argname]
        fixturedef.cached_result = (value, fixturedef.cache_key(request), None)  # type: ignore[arg-type]
        return value


def _prepare(urls: Sequence[str]) -> bytes:
    from tests.conftest import _prepare as prepare

    for url in urls:
        prepare(url)
    return b"done"


def _forget() -> None:
    """Forget what was imported of our own, to import it as it stands now."""
    for name in [one for one in sys.modules if one.split(".")[0] in _OURS]:
        del sys.modules[name]


def _ended(child: int, seconds: float) -> bool:
    """Say whether a child ended in time."""
    until = time.monotonic() + seconds
    while not os.waitpid(child, os.WNOHANG)[0]:
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def _kill(child: int) -> None:
    """End what a child started; it leads a session of its own."""
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        return
