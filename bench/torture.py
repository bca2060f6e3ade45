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


def main(names: list[str]) -> bool:
    """Run the tests, those of some names alone where there are any; say whether all passed."""
    began = time.monotonic()
    named = ("-k", " ".join(names)) if names else ()
    passed = [_run(*which, *named) for which in (_COUNTING, _TIMED)]
    figures.write()
    print(f"{(time.monotonic() - began) / 60:.0f} minutes in all")
    return all(passed)


def _run(*options: str) -> bool:
    environment = {**os.environ, "FIGURES": "1"}
    run = subprocess.run([sys.executable, "-m", "pytest", *options], env=environment)
    return run.returncode in (0, _NONE_OF_THAT_NAME)


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1:]))
