"""Runs what is measured, by name: `python -m bench imports`. Alone it lists what there is.

Each is a module of this package with a `main`.
"""

import importlib
import pkgutil
import sys
import warnings
from collections.abc import Callable
from pathlib import Path


def _measures() -> dict[str, tuple[str, Callable[[], None]]]:
    """Give what can be measured: by name its first line, and what runs it."""
    found = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name.startswith("_"):
            continue
        one = importlib.import_module(f"bench.{module.name}")
        if hasattr(one, "main"):
            found[module.name] = ((one.__doc__ or "").split("\n")[0], one.main)
    return found


def _run(names: list[str]) -> None:
    measures = _measures()
    if unknown := sorted(set(names) - set(measures)):
        sys.exit(f"{', '.join(unknown)}: not measured here, but: {', '.join(measures)}")
    for name in names:
        measures[name][1]()
    if not names:
        for name, (first_line, _) in measures.items():
            print(f"{name:<10} {first_line}")


if __name__ == "__main__":
    warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
    _run(sys.argv[1:])
