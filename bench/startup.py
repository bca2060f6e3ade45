"""How soon the demonstration answers after `make run`: cold, and warm.

Cold: nothing is there yet, so that its stores are made and filled first. Warm: they lie there
from the last time. Neither counts the making of `.venv`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bench import charts
from bench.stores import ROOT, SMALL, free_port, tell
from bench.traffic import HOME

ROUNDS = 1 if SMALL else 3
_PATIENCE = 120.0
_DIAL = (
    "phoneNumber=%2B254711000111&serviceCode=%2A1919%23&text=&sessionId=ATUid_1"
    "&networkCode=63902"
)


def main() -> None:
    """Print and keep the seconds from the start to the first page."""
    folder = Path(tempfile.mkdtemp(prefix="b1919-"))
    try:
        measured = {
            "cold": [_first_answer(folder / str(nth)) for nth in range(ROUNDS)],
            "warm": [_first_answer(folder / "0") for _ in range(ROUNDS)],
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, each in measured.items():
        tell(f"{name}: seconds to the first answer, the longest of {ROUNDS}", max(each))
    charts.keep("startup", measured)


def _first_answer(var: Path) -> float:
    """Start the demonstration as `make run` does; give the seconds till a dial is answered."""
    port, beside = free_port(), Path(sys.executable).parent
    own = {"DEMO": "1", "VAR_DIR": str(var), "PORT": str(port)}
    path = f"{beside}{os.pathsep}{os.environ['PATH']}"
    began = time.monotonic()
    process = subprocess.Popen(
        [str(beside / "flask"), "demonstration", "run"],
        cwd=ROOT,
        env={**os.environ, **own, "PATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while HOME not in _dialled(port):
            assert process.poll() is None, "the demonstration did not start"
            assert time.monotonic() - began < _PATIENCE, "the demonstration does not answer"
            time.sleep(0.01)
        return time.monotonic() - began
    finally:
        process.terminate()
        process.wait(timeout=30)


def _dialled(port: int) -> str:
    """Dial; give the page, empty where nobody answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    with suppress(OSError, HTTPException), closing(connection):
        connection.request("POST", "/ussd/africastalking/demo", _DIAL, kind)
        return connection.getresponse().read().decode()
    return ""
