"""The line under one web process and two, and under other servers: CPU a hop, hops a second.

All of them stand ready together, and serve the same `wsgi:app` in short turns, to as many
callers at once as each answers in time. Only the line's own worker turns away what it cannot
answer in time. gevent and eventlet are left out: they would need their own drivers.
"""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bench import charts, lists
from bench.hops import DOCUMENTS, GRANIAN, LINE, Server, best, in_turns
from bench.stores import POSTGRESQL, opened, tell

NAME = "servers"
_GUNICORN = ("gunicorn", "--workers")
ONE = Server("the line's worker, one process", (*_GUNICORN, "1", "wsgi:app"))
TWO = Server("the line's worker, two processes", LINE.command)
SERVERS = (
    ONE,
    TWO,
    Server(
        "gthread, two processes", (*_GUNICORN, "2", "--worker-class", "gthread", "wsgi:app")
    ),
    Server(
        "sync, two processes",  # with threads it would be gthread
        (*_GUNICORN, "2", "--worker-class", "sync", "--threads", "1", "wsgi:app"),
    ),
    Server("granian, two processes", GRANIAN.command),
)


@dataclass(frozen=True)
class Round:
    """One server measured once.

    Attributes:
        best: hops a second, as many as are answered in time.
        full: milliseconds of CPU a hop of the server's meanwhile.
    """

    server: str
    best: float
    full: float


def main() -> None:
    """Measure in turns, print each figure, and keep all of them."""
    with opened() as stores:
        url = stores.database(POSTGRESQL)
        stores.run(
            url, "documents", "import", str(lists.write(stores.folder / "list.csv", DOCUMENTS))
        )
        numbers = lists.numbers(DOCUMENTS)
        rounds = [
            Round(server.name, *best(line, numbers))
            for server, line in in_turns(stores, url, SERVERS)
        ]
    for server in SERVERS:
        tell(f"{server.name}: in full use, CPU, ms a hop", _middle(rounds, server, "full"))
        tell(f"{server.name}: hops a second", _middle(rounds, server, "best"))
    charts.keep(NAME, [asdict(one) for one in rounds])
    charts.bars(
        NAME,
        "CPU of the server a hop in full use, milliseconds",
        {one.name: _middle(rounds, one, "full") for one in SERVERS},
    )
    charts.bars(
        "processes",
        "Hops a second, by web processes",
        {one.name: _middle(rounds, one, "best") for one in (ONE, TWO)},
    )


def _middle(rounds: Sequence[Round], server: Server, figure: str) -> float:
    mine = [asdict(one) for one in rounds if one.server == server.name]
    return statistics.median(float(one[figure]) for one in mine)
