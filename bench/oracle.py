"""What callers can tell apart: ready, unknown, odd and withdrawn numbers, by bytes and time.

Every dial asks one number, each phone for five; all kinds are mixed, one dial after another,
through gunicorn on PostgreSQL. Then what it costs to record a look-up before its answer.
"""

import csv
import hashlib
import http.client
import random
import re
import statistics
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from bench.lists import HEADER
from bench.stores import POSTGRESQL, SMALL, Line, opened, tell
from menus.lookups import Journal
from models.lookups import Channel, Lookup, Outcome

EACH = 100 if SMALL else 2_000
"""Numbers of a kind."""

_ASKED_BY_ONE = 5
_SAME = ("unknown", "malformed", "withdrawn")


def main() -> None:
    """Print a figure a line."""
    with opened() as stores:
        url = stores.database(POSTGRESQL)
        stores.run(url, "documents", "import", str(_list(stores.folder / "list.csv")))
        with stores.serving(url) as line:
            _ask_all(line, _numbers())
    _record()


def _numbers() -> dict[str, list[str]]:
    """Give the numbers of every kind; their last three digits are on the page."""
    nth = range(EACH)
    return {
        "hit": [str(30_000_000 + 977 * one) for one in nth],
        "withdrawn": [str(40_000_001 + 977 * one) for one in nth],
        "unknown": [str(50_000_002 + 977 * one) for one in nth],
        "malformed": [f"{10**15 + 977 * one}" for one in nth],
    }


def _list(file: Path) -> Path:
    numbers = _numbers()
    with file.open("w", encoding="utf-8", newline="") as opened_file:
        writer = csv.writer(opened_file)
        writer.writerow(HEADER)
        for kind, state in (("hit", "ready"), ("withdrawn", "collected")):
            for number in numbers[kind]:
                writer.writerow(("id_card", number, "047-01", state, "2024-01-30", ""))
    return file


def _ask_all(line: Line, numbers: Mapping[str, list[str]]) -> None:
    """Ask for every number once, all kinds mixed; print what came."""
    asked = [(kind, number) for kind, all_of in numbers.items() for number in all_of]
    random.Random(1).shuffle(asked)
    pages: dict[str, set[str]] = {kind: set() for kind in numbers}
    took: dict[str, list[float]] = {kind: [] for kind in numbers}
    connection = http.client.HTTPConnection("127.0.0.1", line.port, timeout=10)
    for place, (kind, number) in enumerate(asked):
        began = time.perf_counter()
        page = _dial(connection, line.token, place, number)
        took[kind].append((time.perf_counter() - began) * 1000)
        pages[kind].add(re.sub(r"\.\.[0-9]{3}\b", "..###", page))
    connection.close()
    for kind, times in took.items():
        tell(f"{kind}: numbers", len(times))
        tell(f"{kind}: different pages, the digits typed apart", len(pages[kind]))
        tell(f"{kind}: median, ms", statistics.median(times))
        tell(f"{kind}: p99, ms", statistics.quantiles(times, n=100)[98])
    same = set.union(*(pages[kind] for kind in _SAME))
    tell("unknown, malformed and withdrawn: different pages", len(same))
    medians = [statistics.median(times) for times in took.values()]
    tell("largest difference of medians, ms", max(medians) - min(medians))


def _dial(connection: http.client.HTTPConnection, token: str, place: int, number: str) -> str:
    body = urlencode(
        {
            "phoneNumber": f"+2547{place // _ASKED_BY_ONE:08}",
            "serviceCode": "*1919#",
            "text": number,
            "sessionId": f"oracle-{place}",
            "networkCode": "63902",
        }
    )
    head = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", f"/ussd/africastalking/{token}", body, head)
    return connection.getresponse().read().decode()


def _record() -> None:
    """Measure what recording takes, with the look-ups of ten seconds at 100/s waiting."""
    with TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "lookups")
        took = [_timed(journal, nth) for nth in range(1_000 + EACH)][1_000:]
    tell("recording a look-up, 1,000 and more waiting: median, µs", statistics.median(took))
    tell("recording a look-up: p99, µs", statistics.quantiles(took, n=100)[98])


def _timed(journal: Journal, nth: int) -> float:
    lookup = Lookup(
        datetime(2026, 10, 5, tzinfo=UTC),
        date(2026, 10, 5),
        Channel.USSD,
        Outcome.UNKNOWN,
        hashlib.sha256(b"%d" % (nth // _ASKED_BY_ONE)).digest(),
        hashlib.sha256(b"n%d" % nth).digest(),
    )
    began = time.perf_counter()
    noted = journal.admit(lookup, ())
    took = time.perf_counter() - began
    assert noted == replace(lookup, fresh=True)
    return took * 1e6
