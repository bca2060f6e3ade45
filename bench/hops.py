"""The whole line beside `naive`, a view written by hand: CPU a hop, times, and hops a second.

All of them serve the same four hops (dial, menu, kind of document, number) among the same
226,247 documents. All stand ready together, and are asked in short turns: a machine's pace
changes within minutes, so each turn is compared with naive's beside it. They are started anew
every second turn: of processes of the same code, some are a quarter slower all their lives.
Every page is checked. Figures and a chart are kept under `bench/results/`.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass

import psycopg

from bench import charts, lists
from bench.calibration import loop_ms
from bench.driver import measure, plan_for
from bench.flood import GOOD, Flood
from bench.stores import POSTGRESQL, SERVED, SMALL, Line, Stores, cpu_of, opened, tell
from bench.traffic import Mix, Number

DOCUMENTS = 5_000 if SMALL else lists.PUBLISHED
LIVES, TURNS = (1, 1) if SMALL else (4, 2)
"""How often the servers are started, and asked from then on."""

RATE = 100.0
SECONDS, WARM_UP = (3.0, 1.0) if SMALL else (4.0, 1.0)
CALLERS = (4,) if SMALL else (8, 32, 96)
FLOOD_SECONDS, SETTLES_SECONDS = 2.0, 0.5
PATIENCE_MS = 250.0
"""Within what 99 of 100 hops are answered, for a rate of hops to count."""

NAME = "hops"
_GUNICORN = ("gunicorn", "--config", "/dev/null", "--no-control-socket", "--bind")
_THREADS = ("--worker-class", "gthread", "--workers", "2", "--threads", "8")
_GRANIAN = ("granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", "PORT")
_BLOCKING = (
    "--workers",
    "2",
    "--blocking-threads",
    "8",
    "--no-log",
    "--respawn-failed-workers",
)


@dataclass(frozen=True)
class Server:
    """A way to serve the hops.

    Args:
        command: as `Stores.serving` takes it.
    """

    name: str
    command: Sequence[str]


LINE = Server("the line, gunicorn", SERVED)
NAIVE = Server(
    "naive, gunicorn",
    (*_GUNICORN, "127.0.0.1:PORT", *_THREADS, "--keep-alive", "75", "bench.naive:app"),
)
GRANIAN = Server("the line, granian", (*_GRANIAN, *_BLOCKING, "wsgi:app"))
SERVERS = (LINE, NAIVE, GRANIAN)


@dataclass(frozen=True)
class Round:
    """One server measured once.

    Attributes:
        cpu: milliseconds of CPU a hop at RATE, by process.
        loop: milliseconds that the calibration's loop took beside it.
        ms: milliseconds within which shares of hops were answered at RATE, by the share.
        best: hops a second with as many callers at once as kept p99 within PATIENCE_MS.
        full: milliseconds of CPU a hop of the server's while callers ask without a pause: it
            was asked all the time, and not woken for each hop.
        faults: pages that were not as they should be.
    """

    server: str
    cpu: Mapping[str, float]
    loop: float
    ms: Mapping[str, float]
    best: float
    full: float
    faults: int

    @property
    def scaled(self) -> float:
        """Give `full` in hundredths of what the calibration's loop took."""
        return 100 * self.full / self.loop


Cost = Callable[[Round], float]
COSTS: Mapping[str, Cost] = {
    "in full use": lambda one: one.full,
    f"at {RATE:.0f} hops a second": lambda one: one.cpu["server"],
}
"""What is compared: the server's CPU a hop where it never rests, and where it mostly does."""


def main() -> None:
    """Measure in turns, print each figure, and keep all of them."""
    with opened() as stores:
        url = stores.database(POSTGRESQL)
        file = lists.write(stores.folder / "list.csv", DOCUMENTS)
        stores.run(url, "documents", "import", str(file))
        _fill(url)
        numbers = lists.numbers(DOCUMENTS)
        rounds = [
            _round(stores, line, server, numbers)
            for server, line in in_turns(stores, url, SERVERS)
        ]
    for server in SERVERS:
        _tell(server, [one for one in rounds if one.server == server.name], rounds)
    charts.keep(NAME, [asdict(one) for one in rounds])
    charts.bars(
        NAME,
        "CPU of the server a hop in full use, milliseconds",
        {one.name: full(rounds, one) for one in SERVERS},
    )


def _tell(server: Server, mine: Sequence[Round], rounds: Sequence[Round]) -> None:
    for process in mine[0].cpu:
        tell(f"{server.name}: CPU of {process}, ms a hop", median(rounds, server, process))
    scaled = statistics.median(one.scaled for one in mine)
    tell(f"{server.name}: in full use, CPU of the server, ms a hop", full(rounds, server))
    tell(f"{server.name}: in full use, scaled by the loop", scaled)
    for name, cost in COSTS.items():
        tell(f"{server.name}: {name}, beside naive", beside_naive(rounds, server, cost))
    for part in mine[0].ms:
        tell(f"{server.name}: {part}, ms", statistics.median(one.ms[part] for one in mine))
    tell(f"{server.name}: hops a second", statistics.median(one.best for one in mine))
    tell(f"{server.name}: wrong pages", sum(one.faults for one in mine))


def median(rounds: Sequence[Round], server: Server, process: str) -> float:
    """Give the median of a process's CPU a hop, in milliseconds, under a server."""
    return statistics.median(one.cpu[process] for one in rounds if one.server == server.name)


def full(rounds: Sequence[Round], server: Server) -> float:
    """Give the median of a server's CPU a hop in full use, in milliseconds."""
    return statistics.median(one.full for one in rounds if one.server == server.name)


def beside_naive(rounds: Sequence[Round], server: Server, cost: Cost) -> float:
    """Give the median over the turns of a server's cost, as a multiple of naive's."""
    mine = [cost(one) for one in rounds if one.server == server.name]
    naive = [cost(one) for one in rounds if one.server == NAIVE.name]
    return statistics.median(a / b for a, b in zip(mine, naive, strict=True))


def _fill(url: str) -> None:
    """Make the table that a view written by hand would look into."""
    with psycopg.connect(_plain(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE naive_documents (kind text, number text, centre_code text,"
            " state text, confirmed_on date, PRIMARY KEY (number, kind))"
        )
        copy = (
            "COPY naive_documents (kind, number, centre_code, state, confirmed_on) FROM STDIN"
        )
        with cursor.copy(copy) as into:
            for row in lists.made(DOCUMENTS):
                into.write_row(row[:5])
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) naive_documents")


def _plain(url: str) -> str:
    """Give a database's address as its own driver writes it."""
    return url.replace("+psycopg", "")


def _round(stores: Stores, line: Line, server: Server, numbers: Sequence[Number]) -> Round:
    watched = {
        "server": line.process_id,
        "Redis": stores.redis.process_id,
        "PostgreSQL": stores.postgres.process_id,
    }
    before = loop_ms()
    plan = plan_for(line, numbers, Mix.JOURNEY, RATE)
    found = measure(plan, SECONDS, WARM_UP, watched)
    beside = (before + loop_ms()) / 2
    most, each = best(line, numbers)
    return Round(
        server.name,
        {name: 1000 * used / found.count for name, used in found.cpu.items()},
        beside,
        {f"p{100 * part:g}": found.ms(part) for part in (0.5, 0.99, 0.999)},
        most,
        each,
        sum(found.faults.values()),
    )


def in_turns(
    stores: Stores, url: str, servers: Sequence[Server]
) -> Iterator[tuple[Server, Line]]:
    """Give servers to be asked, all of them in each turn, in another order each time."""
    for life in range(LIVES):
        with ExitStack() as standing:
            lines = [
                standing.enter_context(_serving(stores, url, server, nth))
                for nth, server in enumerate(servers)
            ]
            pairs = list(zip(servers, lines, strict=True))
            for turn in range(TURNS):
                first = life % len(pairs)
                order = [*pairs[first:], *pairs[:first]]
                yield from order if turn % 2 == 0 else order[::-1]


def _serving(
    stores: Stores, url: str, server: Server, nth: int
) -> AbstractContextManager[Line]:
    """Serve by a server, with files of its own."""
    return stores.serving(url, server.command, VAR_DIR=str(stores.folder / f"var-{nth}"))


def best(line: Line, numbers: Sequence[Number]) -> tuple[float, float]:
    """Ask without a pause, by few callers at once and by many.

    Returns:
        The most hops a second of which 99 of 100 were answered in time; and milliseconds of the
        server's CPU for each hop of them all that was not turned away.
    """
    most, used, count = 0.0, 0.0, 0
    for callers in CALLERS:
        flood = Flood(plan_for(line, numbers, Mix.JOURNEY), callers)
        time.sleep(SETTLES_SECONDS)
        began, before = time.monotonic(), cpu_of(line.process_id)
        time.sleep(FLOOD_SECONDS)
        used += cpu_of(line.process_id) - before
        answered = flood.stop().between(began, began + FLOOD_SECONDS)
        good = answered.of(GOOD)
        count += len(good.hops)
        if good.hops and good.ms(0.99) <= PATIENCE_MS:
            most = max(most, len(good.hops) / FLOOD_SECONDS)
    return most, 1000 * used / count
