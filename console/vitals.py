"""What a monitor scrapes of the line itself: hops, stores, and what waits on this machine.

Hops and callbacks are those of all processes of the server that is scraped; what lies on a
disk is its machine's.
"""

from collections.abc import Callable

from console.gauges import Page
from menus.line import Line
from menus.spool import Waiting
from models.senders import at_work
from models.switches import Part, read_switches


def write(page: Page, line: Line) -> None:
    """Write what is known without the database."""
    _write_hops(page, line)
    starts, started = line.meters.starts()
    page.write_counts(
        "line_worker_starts",
        "Web processes of this server that were started.",
        (),
        [((), starts)],
    )
    page.write(
        "line_worker_started_seconds",
        "When the youngest of them was, in seconds since 1970; 0 where nobody counts.",
        started,
    )
    page.write(
        "line_redis_up",
        "1 while every server of Redis answers, else 0.",
        line.sessions.answers(),
    )
    page.write(
        "line_lookups_journal_seconds",
        "For how long the oldest look-ups of this machine wait to be moved to the database.",
        _known(line.journal.oldest_seconds),
    )
    _write_waiting(page, line)


def write_kept(page: Page, line: Line) -> None:
    """Write what the database knows of switches and senders.

    Raises:
        models.base.Unavailable: the database is away.
    """
    with line.database.reading() as connection:
        paused = read_switches(connection).paused
    with line.database.reading() as connection:
        count = at_work(connection)
    page.write_each(
        "line_paused",
        "1 for what operators have paused.",
        "part",
        {str(part): part in paused for part in Part},
    )
    page.write("line_senders", "Senders at work, on whatever machine.", count)


def _write_hops(page: Page, line: Line) -> None:
    meters = line.meters
    page.write_counts(
        "line_hops",
        "Hops, by gateway and by what they were answered with.",
        ("gateway", "outcome"),
        (((gateway, outcome), count) for gateway, outcome, count in meters.hops()),
    )
    within, seconds = meters.times()
    page.write_times("line_hop_seconds", "How long hops took.", within, seconds)
    page.write_counts(
        "line_callbacks",
        "What SMS gateways brought, by gateway, kind and the status that it got.",
        ("gateway", "kind", "status"),
        (((one, kind, status), count) for one, kind, status, count in meters.callbacks()),
    )
    page.write_counts(
        "line_shed",
        "Requests that were turned away, by kind: more came than can be served.",
        ("kind",),
        (((kind,), count) for kind, count in meters.turned_away()),
    )


def _write_waiting(page: Page, line: Line) -> None:
    """Write what waits on this machine for the database."""
    found = {
        "questions": _waiting(line.parked.waiting),
        "callbacks": _waiting(line.callbacks.waiting),
    }
    page.write_each(
        "line_waiting",
        "What waits on this machine until the database is back: callers' questions, callbacks.",
        "kind",
        {kind: one.count for kind, one in found.items()},
    )
    page.write_each(
        "line_waiting_oldest_seconds",
        "For how long the oldest of them has waited; 0 without one.",
        "kind",
        {kind: one.oldest_seconds for kind, one in found.items()},
    )
    page.write_each(
        "line_waiting_dropped",
        "How many of them were given up on this machine, ever.",
        "kind",
        {kind: one.dropped for kind, one in found.items()},
    )


def _waiting(ask: Callable[[], Waiting]) -> Waiting:
    """Give how a spool stands; where it cannot be read, that nobody knows."""
    try:
        return ask()
    except OSError:
        return Waiting(_NOBODY_KNOWS, _NOBODY_KNOWS, _NOBODY_KNOWS)


def _known(ask: Callable[[], float]) -> float:
    try:
        return ask()
    except OSError:
        return _NOBODY_KNOWS


_NOBODY_KNOWS = -1
"""Written where the disk does not tell."""
