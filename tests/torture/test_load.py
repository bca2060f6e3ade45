"""The line as in service under load: 300 hops a second, and 600 on a day of results.

Web, sender, Redis, PostgreSQL and the driver share the machine. `RUNS=3` takes the worst of
three runs; `SECONDS` and `DOCUMENTS` make them shorter and smaller, to see that they work.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from bench import lists
from bench.driver import LATE_SECONDS, Measured, measure, plan_for
from bench.figures import tell
from bench.service import Service, in_service
from bench.traffic import Mix

RUNS = int(os.environ.get("RUNS", "1"))
SECONDS = float(os.environ.get("SECONDS", "0"))
DOCUMENTS = int(os.environ.get("DOCUMENTS", str(lists.PUBLISHED)))
WARM_UP = min(10.0, SECONDS or 10.0)


@dataclass(frozen=True)
class Load:
    """A rate, and what is promised at it.

    Args:
        rate: hops a second.
        targets: milliseconds at most, by the share of hops.
    """

    goal: str
    name: str
    mix: Mix
    rate: float
    seconds: float
    targets: dict[float, float]

    @property
    def title(self) -> str:
        """Name it with its length: a short run is another thing."""
        length = (
            f"{self.seconds / 60:g} minutes" if self.seconds >= 60 else f"{self.seconds:g} s"
        )
        return f"{self.name}, for {length}"


MIXED = Load(
    "R1",
    "300 hops a second, mixed",
    Mix.CALLERS,
    rate=300.0,
    seconds=600.0,
    targets={0.99: 100, 0.999: 500, 1.0: 2000},
)
RESULTS_DAY = Load(
    "R1",
    "day of results, 600 hops a second",
    Mix.RESULTS_DAY,
    rate=600.0,
    seconds=120.0,
    targets={0.99: 250},
)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with in_service(DOCUMENTS) as one:
        yield one


@pytest.mark.torture
@pytest.mark.timed
@pytest.mark.timeout(3 * 900)
@pytest.mark.parametrize("load", [MIXED, RESULTS_DAY], ids=["mixed", "results_day"])
def test_every_hop_is_answered_rightly_and_in_time(load: Load, service: Service) -> None:
    load = replace(load, seconds=SECONDS or load.seconds)
    plans = [plan_for(service.line, service.numbers, load.mix, load.rate) for _ in range(RUNS)]
    runs = [measure(plan, load.seconds, WARM_UP, service.processes) for plan in plans]
    held = [*_tell_times(load, runs), *_tell_counts(load, runs)]

    assert all(held)


def _tell_times(load: Load, runs: list[Measured]) -> list[bool]:
    """Tell the worst of all runs, by shares of hops; say what holds."""
    held = []
    for part, target in load.targets.items():
        label = f"p{part * 100:g}" if part < 1 else "the slowest"
        worst = max(one.ms(part) for one in runs)
        holds = worst <= target
        said = f"{worst:,.0f} ms"
        tell(load.goal, f"{load.title}: {label}", said, f"at most {target:,.0f} ms", holds)
        held.append(holds)
    return held


def _tell_counts(load: Load, runs: list[Measured]) -> list[bool]:
    """Tell of faults, and whether the driver kept its schedule; say what holds."""
    for one in runs:
        one.tell(load.title)
    faults = sum(sum(one.faults.values()) for one in runs)
    sent = min(one.count for one in runs)
    late = max(one.late_ms(0.99) for one in runs)
    limit = LATE_SECONDS * 1000
    figures = [
        ("wrong or failed hops", faults, "0", faults == 0),
        (
            "hops",
            sent,
            f"{load.rate * load.seconds:,.0f}",
            sent >= 0.99 * load.rate * load.seconds,
        ),
        (
            "sent late by the driver, p99",
            f"{late:,.1f} ms",
            f"at most {limit:,.0f} ms",
            not any(one.is_driver_late for one in runs),
        ),
    ]
    for name, value, target, holds in figures:
        tell(load.goal, f"{load.title}: {name}", value, target, holds)
    return [holds for *_, holds in figures]
