"""What came of requests, a quarter of a second at a time, in little memory however many.

Times are kept as HDR histograms of microseconds, true to a thousandth of what they say.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hdrh.histogram import HdrHistogram

SLOT = 0.25
"""Seconds that one slot holds what was due in."""

_LONGEST = 120_000_000
_DIGITS = 3


class Times:
    """How long things took: seconds go in, and come out by share."""

    def __init__(self) -> None:
        self._histogram = HdrHistogram(1, _LONGEST, _DIGITS)

    def __len__(self) -> int:
        """Count what was added."""
        return int(self._histogram.get_total_count())

    def add(self, seconds: float) -> None:
        """Add one; two minutes stand for whatever is longer."""
        self._histogram.record_value(min(_LONGEST, max(1, round(seconds * 1e6))))

    def add_packed(self, packed: str) -> None:
        """Add all that `pack` wrote."""
        self._histogram.decode_and_add(packed.encode())

    def share(self, part: float) -> float:
        """Give the seconds that a share of all does not pass; NaN of none."""
        if not len(self):
            return math.nan
        return float(self._histogram.get_value_at_percentile(part * 100)) / 1e6

    def over(self, seconds: float) -> int:
        """Count those that took longer."""
        steps = self._histogram.get_recorded_iterator()
        return sum(
            one.count_at_value_iterated_to
            for one in steps
            if one.value_iterated_to > seconds * 1e6
        )

    def pack(self) -> str:
        """Write it, in some hundred letters."""
        return str(self._histogram.encode().decode())


@dataclass(frozen=True)
class Packed:
    """A slot that is over, small enough to keep thousands of."""

    since: float
    times: str
    late: str
    faults: Mapping[str, int]


@dataclass
class Slot:
    """What was due in one slot.

    Args:
        since: seconds of the machine's monotonic clock at which it begins.
        times: from when each request was due to the last octet of its answer.
        late: from when each was due to when the driver turned to it.
        faults: what was wrong, and how often.
    """

    since: float
    times: Times = field(default_factory=Times)
    late: Times = field(default_factory=Times)
    faults: Counter[str] = field(default_factory=Counter)

    def pack(self) -> Packed:
        """Make it small."""
        times, late = self.times.pack(), self.late.pack()
        return Packed(self.since, times, late, dict(self.faults))


class Slots:
    """All slots of a run: those that are over for a while are packed.

    Args:
        began: when the first slot begins, in seconds of the machine's monotonic clock.
        pack_after: seconds after which nothing more is expected of a slot.
    """

    def __init__(self, began: float, pack_after: float) -> None:
        self._began = began
        self._pack_after = pack_after
        self._open: dict[int, Slot] = {}
        self._packed: list[Packed] = []

    def add(self, due: float, seconds: float, late: float, fault: str) -> None:
        """Add what came of one request."""
        nth = int((due - self._began) / SLOT)
        slot = self._open.get(nth)
        if slot is None:
            slot = self._open[nth] = Slot(self._began + nth * SLOT)
        slot.times.add(seconds)
        slot.late.add(late)
        if fault:
            slot.faults[fault] += 1

    def pack(self, now: float) -> bool:
        """Pack one slot that is over, and say whether there was any: more would take long."""
        first = min(self._open, default=None)
        if first is None or self._open[first].since >= now - self._pack_after:
            return False
        self._packed.append(self._open.pop(first).pack())
        return True

    def all(self) -> list[Packed]:
        """Give all, in order; a slot may come in two pieces."""
        pieces = [*self._packed, *(one.pack() for one in self._open.values())]
        return sorted(pieces, key=lambda one: one.since)


def merged(slots: Iterable[Packed]) -> Slot:
    """Give one slot with all that is in some."""
    whole = Slot(0.0)
    for one in slots:
        whole.times.add_packed(one.times)
        whole.late.add_packed(one.late)
        whole.faults.update(one.faults)
    return whole
