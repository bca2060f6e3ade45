"""Every part broken on purpose, every bad input tried: the tests that `make torture` is for.

Those that count run side by side at first; those whose figures are of time run alone after
them. `python -m bench.torture redis` runs what has that name. Figures are kept on the way, and
go into README's table at the end.
"""

import os
import subprocess
import sys
import time

from bench import figures

_COUNTING = ("-m", "torture and not timed", "-n", "3", "--dist", "worksteal")
_TIMED = ("-m", "torture and timed", "-n", "0", "-s")
_NONE_OF_THAT_NAME = 5  # what pytest says


def run(names: list[str]) -> bool:
    """Run the tests, those of some names alone where there are any; say whether all passed."""
    began = time.monotonic()
    named = ("-k", " ".join(names)) if names else ()
    ended = {_pytest(*which, *named) for which in (_COUNTING, _TIMED)}
    figures.write()
    print(f"{(time.monotonic() - began) / 60:.0f} minutes in all")
    return ended - {_NONE_OF_THAT_NAME} == {0}


def _pytest(*options: str) -> int:
    """Run some tests; give pytest's code."""
    environment = {**os.environ, "FIGURES": "1"}
    command = [sys.executable, "-m", "pytest", *options]
    return subprocess.run(command, env=environment).returncode


if __name__ == "__main__":
    sys.exit(not run(sys.argv[1:]))
