"""Where a hop's time goes in a web process in full use: shares of its parts, and a flame graph.

py-spy looks a hundred times a second at who holds the interpreter, while callers take the
journey that `make bench K=hops` measures. `make bench K=profile` does so anew; both are kept
under `bench/results/`.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil

from bench import charts, lists
from bench.driver import plan_for
from bench.flood import Flood
from bench.service import in_service
from bench.stores import SMALL, tell
from bench.traffic import Mix

DOCUMENTS = 5_000 if SMALL else lists.PUBLISHED
SECONDS = 3 if SMALL else 30
CALLERS = 32
NAME = "profile"

_WHOLE: Mapping[str, str] = {
    "Mover._run": "look-ups moved to the database",
    "Tally._run": "counts written to the database",
    "Journal.admit": "the look-up recorded",
    "Logger._log": "the log line",
}
"""Parts that are all that a function does."""

_PARTS: Mapping[str, str] = {
    "gunicorn/": "HTTP read, answered and kept (gunicorn, worker)",
    "ussd/swift.py": "octets sent, with whom that wakes on the same core",
    "ussd/worker.py": "HTTP read, answered and kept (gunicorn, worker)",
    "ussd/connection.py": "HTTP read, answered and kept (gunicorn, worker)",
    "ussd/whole.py": "HTTP read, answered and kept (gunicorn, worker)",
    "ussd/threads.py": "HTTP read, answered and kept (gunicorn, worker)",
    "ussd/admission.py": "let in, or turned away",
    "ussd/scales.py": "let in, or turned away",
    "flask/": "Flask",
    "werkzeug/": "Flask",
    "ussd/application.py": "Flask",
    "app.py": "Flask",
    "ussd/request.py": "the request's fields",
    "ussd/africastalking.py": "the request's fields",
    "menus/sessions.py": "the session loaded and saved, sealed (Redis)",
    "menus/session.py": "the session loaded and saved, sealed (Redis)",
    "menus/packing.py": "the session loaded and saved, sealed (Redis)",
    "menus/wires.py": "the session loaded and saved, sealed (Redis)",
    "menus/nodes.py": "the session loaded and saved, sealed (Redis)",
    "models/base.py": "SQL: the language, the look-up",
    "models/ready.py": "SQL: the language, the look-up",
    "models/callers.py": "SQL: the language, the look-up",
    "models/documents.py": "SQL: the language, the look-up",
    "menus/tally.py": "counts",
    "menus/meters.py": "counts",
    "menus/": "the menus: keys taken, pages laid out",
    "ussd/": "the menus: keys taken, pages laid out",
}
"""Parts by the file that is nearest to what is done."""

_FRAME = re.compile(r"(.*) \((.*?)(?::[0-9]+)?\)")


def main() -> None:
    """Look twice: for the shares, and for the picture."""
    with in_service(DOCUMENTS) as service, tempfile.TemporaryDirectory() as folder:
        flood = Flood(plan_for(service.line, service.numbers, Mix.JOURNEY), CALLERS)
        time.sleep(2.0)  # until all is warm
        web = psutil.Process(service.line.process_id).children()[0]
        raw, drawn = Path(folder) / f"{NAME}.raw", Path(folder) / f"{NAME}.svg"
        _look(web.pid, raw, "--format", "raw")
        _look(web.pid, drawn)
        hops = flood.stop()
        tell("hops meanwhile", len(hops.hops))
        shares = shares_of(raw.read_text(encoding="utf-8").splitlines())
        for part, share in shares.items():
            tell(part, 100 * share)
        charts.keep(NAME, shares)
        if not SMALL:
            (charts.RESULTS / drawn.name).write_bytes(drawn.read_bytes())


def shares_of(stacks: Iterable[str]) -> dict[str, float]:
    """Give the share of each part, the largest first.

    Args:
        stacks: frames with `;` between, the nearest last, and how often they were seen.
    """
    seen: Counter[str] = Counter()
    for one in stacks:
        frames, _, times = one.rpartition(" ")
        seen[_part(frames.split(";"))] += int(times)
    whole = seen.total()
    return {part: times / whole for part, times in seen.most_common()}


def _part(frames: list[str]) -> str:
    """Say which part a stack is of."""
    named = [match.groups() for one in frames if (match := _FRAME.fullmatch(one))]
    for function, _ in named:
        if function in _WHOLE:
            return _WHOLE[function]
    for _, file in reversed(named):
        for place, part in _PARTS.items():
            if file.startswith(place) or f"site-packages/{place}" in file:
                return part
    return "the rest"


def _look(process_id: int, drawn: Path, *options: str) -> None:
    spy = str(Path(sys.executable).parent / "py-spy")
    wanted = ["--gil", "--function", "--rate", "100", "--duration", str(SECONDS), *options]
    command = ["py-spy", "record", *wanted, "--output", drawn.name, "--pid", str(process_id)]
    subprocess.run(  # it writes its command into the picture: no path of this machine
        command,
        executable=spy,
        cwd=drawn.parent,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
