"""What the torture shows: one line a figure, kept for the README's table.

A figure is told with its goal, what was measured, its target, and whether it holds. `make
torture` sets FIGURES, and then each is kept in `bench/results/torture.json`; `python -m
bench.figures` writes README's table from that file.
"""

import fcntl
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

_ROOT = Path(__file__).parent.parent
KEPT = _ROOT / "bench" / "results" / "torture.json"
_README = _ROOT / "README.md"
_LINE = re.compile(r"[RS][0-9]+ .+ \(target: .+\) (pass|FAIL)")
_TABLE = re.compile(r"(<!-- figures: [^\n]*-->\n).*?(<!-- figures end -->)", re.DOTALL)


@dataclass(frozen=True)
class Figure:
    """One figure.

    Args:
        goal: which goal it belongs to, as `R1` or `S4`.
        name: what was measured, and where.
        value: what came out, with its unit.
        target: what was to come out.
        passed: whether it holds.
    """

    goal: str
    name: str
    value: str
    target: str
    passed: bool

    @property
    def line(self) -> str:
        """Write it as one line."""
        word = "pass" if self.passed else "FAIL"
        return f"{self.goal} {self.name}: {self.value} (target: {self.target}) {word}"


def tell(goal: str, name: str, value: object, target: str, passed: bool) -> Figure:
    """Print a figure, and keep it where `make torture` asked for that."""
    figure = Figure(goal, name, _said(value), target, passed)
    print(figure.line, flush=True)
    if os.environ.get("FIGURES"):
        _keep(figure)
    return figure


def is_line(line: str) -> bool:
    """Say whether a line of what was printed tells a figure."""
    return _LINE.fullmatch(line) is not None


def table(figures: list[Figure]) -> str:
    """Write figures as the README's table, by their goals."""
    head = [
        "| goal | what was measured | figure | target | |",
        "| --- | --- | --- | --- | --- |",
    ]
    rows = [
        f"| {one.goal} | {one.name} | {one.value} | {one.target} | "
        f"{'' if one.passed else '**missed**'} |"
        for one in sorted(figures, key=_order)
    ]
    return "\n".join([*head, *rows])


def kept() -> list[Figure]:
    """Give the figures of the last runs."""
    if not KEPT.exists():
        return []
    return [Figure(**one) for one in json.loads(KEPT.read_text(encoding="utf-8"))]


def tabled(readme: str) -> str:
    """Give a README with the table of the figures that are kept."""
    return _TABLE.sub(lambda found: f"{found[1]}\n{table(kept())}\n\n{found[2]}", readme)


def write() -> None:
    """Write README's table anew."""
    _README.write_text(tabled(_README.read_text(encoding="utf-8")), encoding="utf-8")


def _said(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 100 else f"{value:,.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _order(figure: Figure) -> tuple[str, int, str]:
    return figure.goal[:1], int(figure.goal[1:]), figure.name


def _keep(figure: Figure) -> None:
    """Put a figure in the place of the one of its goal and name."""
    KEPT.parent.mkdir(exist_ok=True)
    with KEPT.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        others = [one for one in kept() if (one.goal, one.name) != (figure.goal, figure.name)]
        every = sorted([*others, figure], key=_order)
        written = json.dumps([asdict(one) for one in every], indent=1, ensure_ascii=False)
        KEPT.write_text(f"{written}\n", encoding="utf-8")


if __name__ == "__main__":
    write()
