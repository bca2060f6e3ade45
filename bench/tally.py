"""The tally: what counting a hop takes, and adding what five busy seconds counted."""

import random
import threading
import time
from datetime import UTC, datetime

from bench.history import pairs
from bench.stores import KINDS, SMALL, opened, tell
from menus.tally import Counted, Tally
from models.base import Database
from models.country import kenya
from models.lookups import Channel
from models.networks import networks

HOPS = 20_000 if SMALL else 400_000
BATCH = 2_500
"""Hops of five seconds at 500 a second."""

ROUNDS = 20


def main() -> None:
    """Print a figure a line."""
    hops = _hops(BATCH)
    with opened() as stores:
        for kind in KINDS:
            database = Database(stores.database(kind))
            tally = _tally(database)
            if kind == KINDS[0]:
                tell("counting a hop, microseconds", _count(tally, hops, 1))
                tell("counting a hop, 8 threads at once, microseconds", _count(tally, hops, 8))
            tally.flush()
            took = []
            for _ in range(ROUNDS):
                for hop in hops:
                    tally.count(hop)
                began = time.perf_counter()
                tally.flush()
                took.append(time.perf_counter() - began)
            tell(f"{kind}: adding {BATCH:,} hops, the slowest time, ms", 1000 * max(took))
            database.close()


def _tally(database: Database) -> Tally:
    moment = datetime.now(UTC)
    return Tally(database, kenya(), ["en", "sw"], networks(), lambda: moment)


def _hops(count: int) -> list[Counted]:
    """Make up hops over every way that there is."""
    dice, every, codes = random.Random("hops"), pairs(), [*networks()]
    made = []
    for _ in range(count):
        before, after = dice.choice(every)
        language, milliseconds = dice.choice(("en", "sw")), 40 * dice.random()
        made.append(
            Counted(
                Channel.USSD, dice.choice(codes), language, before, after, False, milliseconds
            )
        )
    return made


def _count(tally: Tally, hops: list[Counted], threads: int) -> float:
    """Count hops in some threads; give the microseconds that one took."""

    def count() -> None:
        for nth in range(HOPS // threads):
            tally.count(hops[nth % BATCH])

    running = [threading.Thread(target=count) for _ in range(threads)]
    began = time.perf_counter()
    for one in running:
        one.start()
    for one in running:
        one.join()
    return 1e6 * (time.perf_counter() - began) / HOPS
