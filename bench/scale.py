"""Look-ups among 226,247, a million and ten million documents: what a hop costs, how long.

Each hop is a direct dial of a number, with one SQL statement. The sizes are measured in
turns, again and again, so that what else the machine does falls on all of them alike; each
round is compared with the smallest size's of the same turn. The statement itself is taken from
a hop, and its plan must probe indexes and read no table.
"""

import logging
import re
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import event

from app import create_app
from bench import backlog, charts, lists
from bench.driver import Measured, measure, plan_for
from bench.stores import POSTGRESQL, SMALL, Line, Stores, opened, tell
from bench.traffic import Mix, Number
from config import Config

SIZES = (5_000, 20_000, 50_000) if SMALL else (lists.PUBLISHED, 1_000_000, 10_000_000)
ROUNDS = 3 if SMALL else 20
ROUND_SECONDS = 3.0 if SMALL else 4.0

LISTED = 1_000
"""Documents of a list, loaded before and after all others: an import costs the same too."""

Figure = Callable[[Measured], float]
_WARM_UP = 1.0
_KNOWN = 0.8
_RATE = 100


@dataclass(frozen=True)
class Backlog:
    """A database of one size, and a line on it."""

    size: int
    url: str
    line: Line
    numbers: Sequence[Number]


def main() -> None:
    """Measure, and print a table."""
    logging.disable(logging.INFO)  # of the hop that is taken apart
    with opened() as stores, ExitStack() as lines:
        backlogs = []
        for size in SIZES:
            url, numbers = _filled(stores, size)
            _check_plan(stores, url, size, numbers[-1])
            line = lines.enter_context(stores.serving(url))
            backlogs.append(Backlog(size, url, line, numbers))
        rounds: dict[int, list[Measured]] = {size: [] for size in SIZES}
        for turn in range(ROUNDS):
            first = turn % len(backlogs)  # nobody is always behind the same one
            for one in (*backlogs[first:], *backlogs[:first]):
                rounds[one.size].append(_round(stores, one, turn))
        _print(rounds)


def _filled(stores: Stores, size: int) -> tuple[str, list[Number]]:
    """Make a database of a size; give its address, and numbers that it knows, in no order."""
    url = stores.database(POSTGRESQL)
    keys = Config.from_env(stores.environment(url)).keys
    asked = round(ROUNDS * (ROUND_SECONDS + _WARM_UP) * _RATE * _KNOWN) + 1
    began = time.monotonic()
    _load(stores, url, 0)
    numbers = backlog.fill(url, keys, size - 2 * LISTED, min(asked, size // 10))
    tell(f"{size:,} documents: made within, seconds", time.monotonic() - began)
    began = time.monotonic()
    _load(stores, url, LISTED)
    tell(f"{size:,} documents: {LISTED:,} more imported, seconds", time.monotonic() - began)
    from_lists = lists.numbers(2 * LISTED, most=200)
    step = max(1, len(numbers) // len(from_lists))
    for place, number in enumerate(from_lists):  # here and there between the others
        numbers.insert(place * (step + 1), number)
    return url, numbers


def _load(stores: Stores, url: str, start: int) -> None:
    file = lists.write(stores.folder / "more.csv", LISTED, start)
    stores.run(url, "documents", "import", str(file))


def _round(stores: Stores, one: Backlog, turn: int) -> Measured:
    """Ask for a while, each time for other numbers."""
    share = len(one.numbers) // ROUNDS
    numbers = one.numbers[turn * share : (turn + 1) * share]
    plan = replace(plan_for(one.line, numbers, Mix.LOOK_UPS), known=_KNOWN, rate=_RATE)
    watched = {"web": one.line.process_id, "database": stores.postgres.process_id}
    found = measure(plan, ROUND_SECONDS, _WARM_UP, watched)
    assert not found.faults, f"{one.size:,} documents: {dict(found.faults)}"
    return found


def _print(rounds: Mapping[int, Sequence[Measured]]) -> None:
    """Print the middles of all rounds, and beside the smallest: at most 1.1 is wanted."""
    figures = {
        "CPU, ms a hop": lambda one: _cpu("web")(one) + _cpu("database")(one),
        "web's": _cpu("web"),
        "database's": _cpu("database"),
        "p50, ms": _ms(0.5),
        "p99, ms": _ms(0.99),
    }
    print("\n" + "".join(f"{name:>15}" for name in ("documents", *figures)))
    for size, found in rounds.items():
        middles = "".join(f"{_middle(found, one):>15.2f}" for one in figures.values())
        print(f"{size:>15,}{middles}")
    least, beside = rounds[SIZES[0]], {}
    for size, found in rounds.items():
        ratios = [_beside(found, least, one) for one in figures.values()]
        print(f"{f'x {size / SIZES[0]:.1f}':>15}{''.join(f'{one:>15.2f}' for one in ratios)}")
        beside[f"{size:,}"] = ratios[0]
    cpu = {
        f"{size:,}": _middle(found, figures["CPU, ms a hop"]) for size, found in rounds.items()
    }
    charts.keep("scale", {"CPU, ms a hop": cpu, "beside the least": beside})
    charts.lines("scale", "CPU of a look-up by documents, milliseconds", cpu)
    for name, figure in figures.items():
        for size, found in rounds.items():
            each = "  ".join(f"{figure(one):.2f}" for one in found)
            tell(f"{size:,} documents: {name}, each round", each)


def _beside(found: Sequence[Measured], least: Sequence[Measured], figure: Figure) -> float:
    """Give the middle of what each round takes beside the smallest size's of its turn."""
    pairs = zip(found, least, strict=True)
    return statistics.median(figure(one) / figure(other) for one, other in pairs)


def _cpu(process: str) -> Figure:
    return lambda one: one.cpu[process] * 1000 / one.count


def _ms(part: float) -> Figure:
    return lambda one: one.ms(part)


def _middle(found: Sequence[Measured], figure: Figure) -> float:
    return statistics.median(map(figure, found))


def _check_plan(stores: Stores, url: str, size: int, number: Number) -> None:
    """Take the statement of a look-up from a hop, and see how PostgreSQL answers it.

    With these values, and with none: after five times it keeps one plan for all.
    """
    with _app(stores, url) as app, _statements(app) as taken:
        page = app.test_client().post(
            f"/ussd/africastalking/{stores.keys['GATEWAY_TOKENS']}",
            data={
                "phoneNumber": "+254711000111",
                "serviceCode": "*1919#",
                "text": number.text,
                "sessionId": f"ATUid_plan_{size}",
                "networkCode": "63902",
            },
        )
    assert "is READY" in page.get_data(as_text=True)
    ((statement, values),) = [one for one in taken if "document_numbers" in one[0]]
    with psycopg.connect(url) as connection:
        asked = connection.execute(
            b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement.encode(), values
        ).fetchone()
        kept = connection.execute(
            b"EXPLAIN (GENERIC_PLAN, FORMAT JSON) " + _numbered(statement).encode()
        ).fetchone()
    for name, row in (("this number", asked), ("any number", kept)):
        assert row
        nodes = list(_nodes(row[0][0]["Plan"]))
        scanned = {one["Relation Name"] for one in nodes if one["Node Type"] == "Seq Scan"}
        assert not scanned & set(backlog.TABLES), f"reads whole tables: {scanned}"
        probed = sorted({one["Index Name"] for one in nodes if "Index Name" in one})
        tell(f"{size:,} documents: plan for {name}, probes", ", ".join(probed))
    assert asked
    root = asked[0][0]["Plan"]
    pages = root["Shared Hit Blocks"] + root["Shared Read Blocks"]
    tell(f"{size:,} documents: pages of 8 KiB that a look-up reads", pages)


@contextmanager
def _app(stores: Stores, url: str) -> Iterator[Flask]:
    app = create_app(Config.from_env(stores.environment(url)))
    try:
        yield app
    finally:
        app.extensions["line"]().close()


@contextmanager
def _statements(app: Flask) -> Iterator[list[tuple[str, Any]]]:
    """Take every statement of the hops in the block, with its values."""
    engine, taken = app.extensions["line"]().database.engines[0], []

    def take(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        taken.append((statement, values))

    event.listen(engine, "before_cursor_execute", take)
    yield taken
    event.remove(engine, "before_cursor_execute", take)


def _numbered(statement: str) -> str:
    """Write a statement as the server gets it: `$1` for each value by its name."""
    names: dict[str, int] = {}
    return re.sub(
        r"%\((\w+)\)s",
        lambda found: f"${names.setdefault(found[1], len(names) + 1)}",
        statement,
    ).replace("%%", "%")


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for one in plan.get("Plans", []):
        yield from _nodes(one)
