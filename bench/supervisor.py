"""Supervisors' pages over 90 days with a million finished sessions, through gunicorn."""

import http.client
import statistics
import time
from datetime import UTC, datetime

from bench import history
from bench.stores import POSTGRESQL, SMALL, Line, Stores, opened, tell
from console.security import cookie_name
from models import agent_sessions, agents
from models.agents import Role
from models.base import Database
from models.country import kenya
from models.summaries.week import monday_of

SESSIONS = 10_000 if SMALL else history.SESSIONS_KEPT
DOCUMENTS = 5_000 if SMALL else 226_247
TIMES = 5 if SMALL else 25

WANTED = 300.0
"""Milliseconds that every page is to be answered within."""

_PROCESSES = 6
"""Times that each page is asked for before it counts: every process has made it by then."""

PAGES = ("", "/sessions", "/map", "/texts", "/documents", "/service", "/flags")


def main() -> None:
    """Print a figure a line: each page's median and worst."""
    with opened() as stores:
        url = stores.database(POSTGRESQL)
        token = _filled(stores, url)
        with stores.serving(url) as line:
            first = [_ask(line, token, address, _PROCESSES)[0] for address in _addresses()]
            tell("the slowest first answer of a page: a process begins with it, ms", max(first))
            worst = [_measure(line, token, address) for address in _addresses()]
    tell("pages", len(worst))
    tell("the slowest answer of all, ms", max(worst))
    tell(f"pages that ever took over {WANTED:.0f} ms", sum(one > WANTED for one in worst))


def _addresses() -> list[str]:
    """List the pages, each for a month and for all there is."""
    base = "/console/figures"
    monday = monday_of(kenya().day(datetime.now(UTC)))
    year, week, _ = monday.isocalendar()
    pages = [f"{base}{page}?last={days}" for page in PAGES for days in (30, 90)]
    return [*pages, f"{base}/week?week={year}-W{week:02}"]


def _filled(stores: Stores, url: str) -> str:
    """Give the line its past, and sign a supervisor in; give the session's token."""
    began = time.monotonic()
    database = Database(url)
    today = kenya().day(datetime.now(UTC))
    history.fill(database, today, sessions=SESSIONS, documents=DOCUMENTS)
    with database.working() as connection:
        agent = agents.add(connection, "supervisor", Role.SUPERVISOR)
        token = agent_sessions.begin(connection, agent)
    database.close()
    tell(
        f"made {SESSIONS:,} finished sessions and 90 days of summaries within, seconds",
        time.monotonic() - began,
    )
    return token


def _measure(line: Line, token: str, address: str) -> float:
    """Print how long a page takes; give its slowest answer, in milliseconds."""
    *took, size = _ask(line, token, address, TIMES)
    name = address.removeprefix("/console")
    tell(f"{name}, {size / 1000:.0f} kB: median, ms", statistics.median(took))
    tell(f"{name}: worst of {TIMES}, ms", max(took))
    return max(took)


def _ask(line: Line, token: str, address: str, times: int) -> list[float]:
    """Ask for a page some times, each by a connection of its own, as processes take them.

    Returns:
        The milliseconds, the slowest first, then the size of the page.
    """
    head = {"Cookie": f"{cookie_name('agent', demo=False)}={token}"}
    took, size = [], 0
    for _ in range(times):
        connection = http.client.HTTPConnection("127.0.0.1", line.port, timeout=30)
        began = time.perf_counter()
        connection.request("GET", address, headers=head)
        answer = connection.getresponse()
        size = len(answer.read())
        took.append(1000 * (time.perf_counter() - began))
        connection.close()
        assert answer.status == http.client.OK, f"{address}: {answer.status}"
    return [*sorted(took, reverse=True), size]
