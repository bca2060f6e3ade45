"""Where a hop's time goes in a web process in full use: a flame graph, kept for the README.

py-spy looks a hundred times a second at who holds the interpreter, while callers ask without a
pause. It is kept as `bench/results/profile.svg`; `make bench K=profile` draws it anew.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from bench import lists
from bench.charts import RESULTS
from bench.driver import plan_for
from bench.flood import Flood
from bench.service import in_service
from bench.stores import SMALL, tell
from bench.traffic import Mix

DOCUMENTS = 5_000 if SMALL else lists.PUBLISHED
SECONDS = 3 if SMALL else 30
CALLERS = 32


def main() -> None:
    """Look, and keep the picture."""
    with in_service(DOCUMENTS) as service, tempfile.TemporaryDirectory() as folder:
        flood = Flood(plan_for(service.line, service.numbers, Mix.CALLERS), CALLERS)
        time.sleep(2.0)  # until all is warm
        web = psutil.Process(service.line.process_id).children()[0]
        drawn = Path(folder) / "profile.svg"
        _look(web.pid, drawn)
        hops = flood.stop()
        tell("hops meanwhile", len(hops.hops))
        if not SMALL:
            (RESULTS / drawn.name).write_bytes(drawn.read_bytes())


def _look(process_id: int, drawn: Path) -> None:
    spy = str(Path(sys.executable).parent / "py-spy")
    options = ["--gil", "--function", "--rate", "100", "--duration", str(SECONDS)]
    command = ["py-spy", "record", *options, "--output", drawn.name, "--pid", str(process_id)]
    subprocess.run(  # it writes its command into the picture: no path of this machine
        command,
        executable=spy,
        cwd=drawn.parent,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
