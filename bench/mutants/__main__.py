"""How many small faults the tests notice, in the parts that must not be wrong.

`python -m bench.mutants turn` puts faults into one part, alone it takes all of them. Of each
part's faults a sample is drawn (MOST, by SEED), so that all parts take about an hour; SMALL=1
tries a few. Every fault is tried in a copy of the tree: nothing here changes. A fault is
noticed where a test that passes without it fails with it, twice, or does not end. AGAIN=1
tries only those that were not noticed the last time.

The tools there are (mutmut, cosmic-ray) start the tests anew for each fault. Ours need a Redis
and a PostgreSQL with its schema, which takes longer than the tests that tell; so these are
kept running here, and each fault gets only the tests that come by its lines.
"""

import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import tell
from bench.mutants.equals import EQUALS
from bench.mutants.faults import Fault, faults
from bench.mutants.parts import PARTS, Part
from bench.mutants.reach import Reached
from bench.mutants.trials import Trials

ROOT = Path(__file__).parent.parent.parent
KEPT = ROOT / "var" / "mutants"
"""What became of each fault the last time, a file a part."""

LEAST = 0.85
"""The share of faults that is to be noticed."""

SEED = int(os.environ.get("SEED", "1919"))
MOST = int(os.environ.get("MOST", "0")) or (5 if os.environ.get("SMALL") else 100)
"""Faults tried of each part."""

AGAIN = bool(os.environ.get("AGAIN"))

_TEST_SECONDS = float(os.environ.get("TEST_SECONDS", "40"))
"""The most that the tests of one fault take, as they were measured; the quickest first."""

_BATCH, _GROWS = 12, 4
"""Tests that are run at first, and how many times more each time that none of them failed."""

_NICE = 15
_SURE = 1.96


@dataclass
class Score:
    """What became of the faults of a part.

    Attributes:
        noticed: how many.
        lived: the names of those that no test noticed.
        equal: how many change nothing that anybody could see, and are not counted.
    """

    noticed: int = 0
    lived: list[str] = field(default_factory=list)
    equal: int = 0

    @property
    def tried(self) -> int:
        """How many count."""
        return self.noticed + len(self.lived)

    @property
    def share(self) -> float:
        """The share that was noticed."""
        return self.noticed / self.tried if self.tried else 0.0

    @property
    def said(self) -> str:
        """Write it, with how sure it is (Wilson's interval, 95 %)."""
        low, high = _interval(self.noticed, self.tried)
        return (
            f"{self.share:.0%} of {self.tried} ({low:.0%} to {high:.0%}),"
            f" {self.equal} equivalent left out"
        )

    def add(self, other: "Score") -> None:
        """Add another part's."""
        self.noticed += other.noticed
        self.lived += other.lived
        self.equal += other.equal


def main(names: list[str]) -> bool:
    """Try the faults of some parts, of all where none is named; say whether all hold."""
    if unknown := sorted(set(names) - {one.name for one in PARTS}):
        sys.exit(f"{', '.join(unknown)}: not one of {', '.join(one.name for one in PARTS)}")
    os.nice(_NICE)
    parts = [one for one in PARTS if not names or one.name in names]
    whole, holds = Score(), True
    with _copied() as root:
        trials = Trials(root)
        try:
            for part in parts:
                score = _try_part(trials, root, part)
                whole.add(score)
                holds &= _told(f"faults noticed by the tests: {part.name}", score)
        finally:
            trials.close()
    if len(parts) == len(PARTS):
        holds &= _told("faults noticed by the tests: all parts", whole)
    return holds


def _told(name: str, score: Score) -> bool:
    holds = score.share >= LEAST
    tell("S15", name, score.said, f"at least {LEAST:.0%}", holds)
    return holds


@contextmanager
def _copied() -> Iterator[Path]:
    """Go to a copy of the tree, compiled so that every change of a file is seen."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        root = Path(folder) / "1919"
        shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(".*", "var", "__pycache__"))
        compiled = [sys.executable, "-m", "compileall", "-q", str(root)]
        subprocess.run([*compiled, "--invalidation-mode", "checked-hash"], check=True)
        os.chdir(root)
        sys.path.insert(0, str(root))
        try:
            yield root
        finally:
            os.chdir(ROOT)


def _try_part(trials: Trials, root: Path, part: Part) -> Score:
    """Draw the faults of a part, and try each."""
    tests = [f"tests/{one}" for one in part.tests]
    began = time.monotonic()
    reached = trials.reach(tests, part.files)
    slow = time.monotonic() - began
    passing = {name: one for name, one in reached.items() if one.passed}
    drawn = _drawn(root, part)
    kept = KEPT / f"{part.name}.json"
    before = json.loads(kept.read_text(encoding="utf-8")) if AGAIN and kept.exists() else {}
    print(
        f"{part.name}: {len(passing)} of {len(reached)} tests pass, in {slow:.0f} s;"
        f" {len(drawn)} faults",
        flush=True,
    )
    score, ends = Score(), {}
    for fault in drawn:
        how = before.get(fault.name, "")
        if not how or how == "lived":
            how = _try(trials, fault, passing)
        ends[fault.name] = how
        _count(score, fault, how)
    KEPT.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(ends, indent=1), encoding="utf-8")
    return score


def _drawn(root: Path, part: Part) -> list[Fault]:
    """Draw a part's sample: the same one for the same code, a smaller one from a larger."""
    every = [
        fault
        for file, only in part.files.items()
        for fault in faults(file, (root / file).read_bytes(), only)
    ]
    draw = random.Random(f"{SEED} {part.name}")
    draw.shuffle(every)
    return sorted(every[:MOST], key=lambda one: (one.file, one.start))


def _count(score: Score, fault: Fault, how: str) -> None:
    if how != "lived":
        score.noticed += 1
    elif fault.name in EQUALS:
        score.equal += 1
    else:
        score.lived.append(fault.name)
        print(f"  lived, line {min(fault.lines, default=0)}: {fault.name}", flush=True)


def _try(trials: Trials, fault: Fault, reached: dict[str, Reached]) -> str:
    """Put a fault in, and say which test noticed it; `lived` where none did."""
    tests = _chosen(fault, reached)
    if not tests:
        return "lived"
    return _noticed(trials, fault, tests, reached)


def _noticed(
    trials: Trials, fault: Fault, tests: list[str], reached: dict[str, Reached]
) -> str:
    """Run tests, a few first, till one fails; once more alone, so that no chance is counted."""
    waiting, batch = list(tests), _BATCH
    while waiting:
        now, waiting = waiting[:batch], waiting[batch:]
        allowed = 30.0 + 5 * sum(reached[one].seconds for one in now)
        trial = trials.run(fault, now, allowed)
        if trial.late or trial.broken:
            return "late" if trial.late else "broken"
        if not trial.failed:
            batch *= _GROWS
        elif trials.run(fault, [trial.failed], allowed).noticed:
            return trial.failed
        else:
            waiting = now[now.index(trial.failed) + 1 :] + waiting
    return "lived"


def _chosen(fault: Fault, reached: dict[str, Reached]) -> list[str]:
    """Choose the tests that come by a fault, the quickest first, as far as there is time."""
    coming = [name for name, one in reached.items() if one.reaches(fault.file, fault.lines)]
    chosen: list[str] = []
    spent = 0.0
    for name in sorted(coming, key=lambda one: reached[one].seconds):
        spent += reached[name].seconds
        if chosen and spent > _TEST_SECONDS:
            break
        chosen.append(name)
    return chosen


def _interval(noticed: int, tried: int) -> tuple[float, float]:
    """Give the bounds between which the share of all faults lies, as a sample tells it."""
    if not tried:
        return 0.0, 1.0
    share, square = noticed / tried, _SURE**2
    middle = share + square / (2 * tried)
    spread = _SURE * math.sqrt(share * (1 - share) / tried + square / (4 * tried**2))
    below = 1 + square / tried
    return (middle - spread) / below, (middle + spread) / below


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1:]))
