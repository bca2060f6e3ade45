"""What waits on a machine's disk for its database, as tests look at it."""

import shutil
import time

from flask import Flask

from menus.line import Line
from models.switches import Part, pause, resume


def waiting(line: Line) -> tuple[int, int]:
    """Count the questions and the callbacks that wait."""
    return line.parked.waiting().count, line.callbacks.waiting().count


def wait_until_taken(line: Line, seconds: float = 30) -> None:
    """Wait until nothing waits any more."""
    until = time.monotonic() + seconds
    while waiting(line) != (0, 0):
        assert time.monotonic() < until, f"what waits was not taken: {waiting(line)}"
        time.sleep(0.05)


def set_paused(line: Line, paused: bool) -> None:
    """Let look-ups rest, or go on, as an operator does."""
    with line.database.working() as connection:
        (pause if paused else resume)(connection, Part.LOOKUPS)
    line.watch.look()


def lose_spools(app: Flask) -> None:
    """Take the folders away in which things could wait, as a broken disk does."""
    for name in ("parked", "callbacks"):
        shutil.rmtree(app.config["VAR_DIR"] / name)
