"""What was measured, kept as JSON, and drawn for README: under `bench/results/`."""

import json
from collections.abc import Mapping, Sequence

import pygal
from pygal.style import CleanStyle

from bench.stores import ROOT, SMALL

RESULTS = ROOT / "bench" / "results"

_SIZE = {"width": 720, "height": 320, "explicit_size": True}
_PLAIN = {"js": (), "style": CleanStyle(font_family="sans-serif"), "show_dots": True}

Bars = Mapping[str, float]
Lines = Mapping[str, Sequence[float]]
"""Values by what they are of."""


def keep(name: str, measured: object) -> None:
    """Keep figures as JSON; those in little are none, and are not kept."""
    if not SMALL:
        text = json.dumps(measured, indent=1)
        (RESULTS / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def bars(name: str, title: str, values: Bars) -> None:
    """Draw a bar a value."""
    chart = pygal.HorizontalBar(title=title, show_legend=False, **_SIZE, **_PLAIN)
    chart.x_labels = list(values)
    chart.add("", [round(one, 3) for one in values.values()])
    _write(name, chart)


def line(
    name: str, title: str, labels: Sequence[str], values: Mapping[str, Sequence[float]]
) -> None:
    """Draw lines over what grows."""
    chart = pygal.Line(title=title, range=(0, _top(values)), **_SIZE, **_PLAIN)
    chart.x_labels = list(labels)
    for label, each in values.items():
        chart.add(label, [round(one, 3) for one in each])
    _write(name, chart)


def _top(values: Lines) -> float:
    return 1.2 * max(one for each in values.values() for one in each)


def _write(name: str, chart: "pygal.Graph") -> None:
    if not SMALL:
        svg = chart.render(is_unicode=True)
        (RESULTS / f"{name}.svg").write_text(svg, encoding="utf-8")
