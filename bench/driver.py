"""Sends requests at a fixed rate to a line, whether or not it keeps up, and times them.

A request's time runs from the moment at which it was due, and not from when it was sent: what
waits behind a slow answer counts in full. They are sent from a process of its own, over
connections that stay open, as a gateway's do.
"""

import json
import math
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from bench.sending import RATE, Plan
from bench.slots import SLOT, Packed, Slot, Times, merged
from bench.stores import ROOT, Line, cpu_of, tell
from bench.traffic import Mix, Number

LATE_SECONDS = 0.02
"""How late the driver may be for one request of a hundred: more would be another schedule."""

_CALM_SECONDS = 5.0
"""As long as times must be good for the line to be called normal."""


@dataclass(frozen=True)
class Measured:
    """Requests, and what became of them.

    Args:
        slots: by when they were due, in order.
        share: of one core, what the driver itself used.
        cpu: seconds of CPU that each process watched used meanwhile, by its name.
    """

    slots: Sequence[Packed]
    share: float = 0.0
    cpu: Mapping[str, float] = field(default_factory=dict)

    def between(self, since: float, until: float) -> "Measured":
        """Give what was due in a stretch of time, to a quarter of a second, without the CPU."""
        half = SLOT / 2
        kept = [one for one in self.slots if since <= one.since + half < until]
        return Measured(kept, self.share)

    @property
    def count(self) -> int:
        """Count the requests."""
        return len(self._whole.times)

    @property
    def times(self) -> Times:
        """Give how long they took."""
        return self._whole.times

    @property
    def faults(self) -> Counter[str]:
        """Count what was wrong."""
        return self._whole.faults

    def ms(self, part: float) -> float:
        """Give the milliseconds within which a share of all was answered."""
        return self._whole.times.share(part) * 1000

    def late_ms(self, part: float) -> float:
        """Give the milliseconds after which the driver had turned to a share of all."""
        return self._whole.late.share(part) * 1000

    @property
    def is_driver_late(self) -> bool:
        """Say whether the driver itself did not keep its schedule: then nothing is measured."""
        return self.late_ms(0.99) > LATE_SECONDS * 1000

    def normal_after(self, moment: float, seconds: float) -> float:
        """Give the seconds after a moment at which five begin whose p99 is good.

        Args:
            seconds: what p99 may be at most.

        Returns:
            Not a number where there are none such.
        """
        last = self.slots[-1].since + SLOT if self.slots else moment
        steps = max(0, int((last - moment - _CALM_SECONDS) / SLOT) + 1)
        for nth in range(steps):
            since = moment + nth * SLOT
            found = self.between(since, since + _CALM_SECONDS)
            if found.count and found.ms(0.99) <= seconds * 1000:
                return nth * SLOT
        return math.nan

    def tell(self, name: str) -> None:
        """Print it, a figure a line."""
        tell(f"{name}: hops", self.count)
        tell(f"{name}: faults", sum(self.faults.values()) or 0)
        for fault, count in self.faults.items():
            tell(f"{name}: {fault}", count)
        for part in (0.5, 0.9, 0.99, 0.999, 1):
            label = f"p{part * 100:g}" if part < 1 else "max"
            tell(f"{name}: {label}, ms", self.ms(part))
        tell(f"{name}: sent late, p99, ms", self.late_ms(0.99))
        for process, seconds in self.cpu.items():
            tell(f"{name}: CPU of {process}, ms a hop", seconds * 1000 / self.count)

    @cached_property
    def _whole(self) -> Slot:
        return merged(self.slots)


def percentile(values: Sequence[float], part: float) -> float:
    """Give the least value that a share of all values does not pass; NaN of none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]


class Driver:
    """A process that sends requests from now on, until it is stopped."""

    def __init__(self, plan: Plan) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.sending"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(plan.dump() + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline().split()
        assert said, "the driver did not begin"
        self._began = float(said[1])

    def drive(self, seconds: float) -> float:
        """Let it drive that long, and on to the end of a slot; give the moment."""
        slots = math.ceil((time.monotonic() + seconds - self._began) / SLOT)
        moment = self._began + slots * SLOT
        time.sleep(max(0.0, moment - time.monotonic()))
        return moment

    def stop(self) -> Measured:
        """Stop, and give what came of all that was sent."""
        said, _ = self._process.communicate()
        told = json.loads(said)
        return Measured([Packed(**one) for one in told["slots"]], told["share"])


def measure(
    plan: Plan, seconds: float, warm_up: float = 3.0, watched: Mapping[str, int] | None = None
) -> Measured:
    """Drive for a while, and give what came after a warm-up.

    Args:
        watched: processes whose CPU counts, theirs and that of their children, by name.
    """
    driver = Driver(plan)
    since, before = driver.drive(warm_up), _cpu(watched)
    until, after = driver.drive(seconds), _cpu(watched)
    found = driver.stop().between(since, until)
    return replace(found, cpu={one: after[one] - before[one] for one in after})


def plan_for(
    line: Line,
    numbers: Sequence[Number],
    mix: Mix = Mix.CALLERS,
    rate: float = RATE,
    known: float = 0.7,
) -> Plan:
    """Plan requests to a line, with phones and sessions that no other plan has."""
    seed = f"1919 {time.monotonic_ns()}"
    return Plan(line.port, line.token, numbers, mix, rate, known, seed)


def _cpu(watched: Mapping[str, int] | None) -> dict[str, float]:
    return {name: cpu_of(process) for name, process in (watched or {}).items()}
