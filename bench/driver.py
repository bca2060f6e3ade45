"""Sends hops at a fixed rate to a line, whether or not it keeps up, and times them.

A hop's time runs from the moment at which it was due, and not from when it was sent: what
waits behind a slow answer counts in full. The hops are sent from a process of its own, over
connections that stay open, as a gateway's do.
"""

import json
import math
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.sending import Plan, Sent
from bench.stores import ROOT, Line, cpu_of, tell
from bench.traffic import Mix, Number


@dataclass(frozen=True)
class Measured:
    """Hops, and what became of them.

    Args:
        share: of one core, what the driver itself used.
        cpu: seconds of CPU that each process watched used meanwhile, by its name.
    """

    hops: Sequence[Sent]
    share: float = 0.0
    cpu: Mapping[str, float] = field(default_factory=dict)

    def between(self, since: float, until: float) -> "Measured":
        """Give the hops that were due in a stretch of time, without the CPU."""
        return Measured([one for one in self.hops if since <= one.due < until], self.share)

    def ms(self, part: float) -> float:
        """Give the milliseconds within which a share of all hops was answered."""
        return percentile([one.seconds for one in self.hops], part) * 1000

    @property
    def faults(self) -> Counter[str]:
        """Count what was wrong."""
        return Counter(one.fault for one in self.hops if one.fault)

    def tell(self, name: str) -> None:
        """Print it, a figure a line."""
        tell(f"{name}: hops", len(self.hops))
        tell(f"{name}: faults", sum(self.faults.values()) or 0)
        for fault, count in self.faults.items():
            tell(f"{name}: {fault}", count)
        for part in (0.5, 0.9, 0.99, 0.999, 1):
            label = f"p{part * 100:g}" if part < 1 else "max"
            tell(f"{name}: {label}, ms", self.ms(part))
        late = percentile([one.late for one in self.hops], 0.99) * 1000
        tell(f"{name}: sent late, p99, ms", late)
        for process, seconds in self.cpu.items():
            tell(f"{name}: CPU of {process}, ms a hop", seconds * 1000 / len(self.hops))


def percentile(values: Sequence[float], part: float) -> float:
    """Give the least value that a share of all values does not pass; NaN of none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]


class Driver:
    """A process that sends hops from now on, until it is stopped."""

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
        assert self._process.stdout.readline(), "the driver did not begin"

    def stop(self) -> Measured:
        """Stop, and give every hop that was sent."""
        said, _ = self._process.communicate()
        told = json.loads(said)
        return Measured([Sent(*one) for one in told["hops"]], told["share"])


def measure(
    plan: Plan, seconds: float, warm_up: float = 3.0, watched: Mapping[str, int] | None = None
) -> Measured:
    """Drive for a while, and give what came after a warm-up.

    Args:
        watched: processes whose CPU counts, theirs and that of their children, by name.
    """
    driver = Driver(plan)
    time.sleep(warm_up)
    since, before = time.monotonic(), _cpu(watched)
    time.sleep(seconds)
    until, after = time.monotonic(), _cpu(watched)
    hops = driver.stop().between(since, until)
    return Measured(hops.hops, hops.share, {one: after[one] - before[one] for one in after})


def plan_for(line: Line, numbers: Sequence[Number], mix: Mix = Mix.CALLERS) -> Plan:
    """Plan hops to a line, with phones and sessions that no other plan has."""
    return Plan(line.port, line.token, numbers, mix, seed=f"1919 {time.monotonic_ns()}")


def _cpu(watched: Mapping[str, int] | None) -> dict[str, float]:
    return {name: cpu_of(process) for name, process in (watched or {}).items()}
