"""Summaries at their size: counting days anew, and reading 90 days, beside a million sessions.

With 1,000,000 finished sessions and as many documents; `bench/supervisor.py` measures the
pages.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import Any

from bench.history import SESSIONS_KEPT, fill
from bench.stores import KINDS, SMALL, opened, tell
from models.base import Connection, Database
from models.country import kenya
from models.summaries.documents import by_day, standing
from models.summaries.flows import FLOWS
from models.summaries.lookups import asked_by_day
from models.summaries.ratings import RATINGS
from models.summaries.refresh import refresh
from models.summaries.reports import REPORTS
from models.summaries.sessions import SESSIONS
from models.summaries.span import Span
from models.summaries.texts import TEXTS
from models.summaries.times import times
from models.summaries.ways import ways
from models.summaries.week import monday_of, week

DOCUMENTS = int(os.environ.get("ROWS", "20_000" if SMALL else "1_000_000"))
SESSIONS_THEN = 20_000 if SMALL else SESSIONS_KEPT
ROUNDS = 5


def main() -> None:
    """Print a figure a line."""
    with opened() as stores:
        for kind in KINDS:
            database = Database(stores.database(kind))
            database.open()
            now = datetime.now(UTC)
            today = kenya().day(now)
            began = time.perf_counter()
            span = fill(database, today, sessions=SESSIONS_THEN, documents=DOCUMENTS)
            tell(f"{kind}: making up the past, seconds", time.perf_counter() - began)
            began = time.perf_counter()
            refresh(database, kenya(), now, [today])
            tell(f"{kind}: counting today anew, seconds", time.perf_counter() - began)
            for name, read in _readings(span).items():
                tell(f"{kind}: {name}, 90 days, ms", _milliseconds(database, read))
            database.close()


def _readings(span: Span) -> dict[str, Callable[[Connection], Any]]:
    """Give what pages read, by name."""
    monday = monday_of(span.last)
    marginals = ("hour", "network", "channel", "language")
    return {
        "sessions by day": lambda one: SESSIONS.total(one, span, ("day",)),
        "sessions by hour and all else": lambda one: SESSIONS.total(one, span, marginals),
        "times of hops by hour": lambda one: times(one, span, ("hour",)),
        "the menu map": lambda one: ways(one, span),
        "documents today by centre and kind": lambda one: standing(
            one, span.last, ("centre_code", "kind", "state", "age")
        ),
        "documents by day": lambda one: by_day(one, span),
        "flows by centre and kind": lambda one: FLOWS.total(one, span, ("centre_code", "kind")),
        "texts": lambda one: TEXTS.total(one, span, ("day", "priority", "state")),
        "look-ups by day": lambda one: asked_by_day(one, span),
        "ratings": lambda one: RATINGS.total(one, span, ("centre_code", "mark")),
        "reports": lambda one: REPORTS.total(one, span, ("matter", "centre_code")),
        "the week": lambda one: week(one, monday, span.last),
    }


def _milliseconds(database: Database, read: Callable[[Connection], Any]) -> float:
    """Give what one reading takes, of some the middle one."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with database.reading(5.0) as connection:
            read(connection)
        took.append(1000 * (time.perf_counter() - began))
    return median(took)
