"""Keys rotated over the published backlog while calls come: seconds, failed hops, p99.

226,247 documents are loaded under one set of keys; then the line serves under both, and
`flask keys rotate` runs beside 100 look-ups a second of numbers that are known.
"""

import time

from bench import lists
from bench.driver import Driver, plan_for
from bench.stores import KINDS, SMALL, Stores, opened, tell
from bench.traffic import Mix
from models.keys import next_keys

ROWS = 5_000 if SMALL else lists.PUBLISHED
BEFORE_SECONDS = 3.0 if SMALL else 30.0
WARM_UP_SECONDS = 3.0


def main() -> None:
    """Measure on PostgreSQL and on SQLite, and print a figure a line."""
    with opened() as stores:
        file = lists.write(stores.folder / "list.csv", ROWS)
        for kind in KINDS:
            url = stores.database(kind)
            stores.run(url, "documents", "import", str(file))
            for mix in (Mix.LOOK_UPS, Mix.CALLERS):
                _rotate(stores, kind, url, mix)


def _rotate(stores: Stores, kind: str, url: str, mix: Mix) -> None:
    """Change every key among callers, and go on with the new ones alone."""
    every = next_keys({**stores.keys, "ARCHIVE_PRIVATE_KEY": stores.archive_private_key})
    both = {name: key for name, key in every.items() if name in stores.keys}
    with stores.serving(url, **both) as line:
        driver = Driver(plan_for(line, lists.numbers(ROWS), mix))
        time.sleep(WARM_UP_SECONDS)
        since = time.monotonic()
        time.sleep(BEFORE_SECONDS)
        began = time.monotonic()
        stores.run(url, "keys", "rotate", **every)
        ended = time.monotonic()
        measured = driver.stop()
    before, during = measured.between(since, began), measured.between(began, ended)
    name = f"{kind}, {mix}: rotation of {ROWS:,} documents"
    tell(f"{name}: seconds", ended - began)
    before.tell(f"{kind}, {mix}: before rotation")
    during.tell(f"{kind}, {mix}: during rotation")
    tell(
        f"{kind}, {mix}: hop p99 during rotation, times before",
        during.ms(0.99) / before.ms(0.99),
    )
    stores.keys |= {name: key.split(",")[0] for name, key in both.items()}
    stores.archive_private_key = every["ARCHIVE_PRIVATE_KEY"].split(",")[0]
