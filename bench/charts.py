"""What was measured, kept as JSON, and drawn for README: under `bench/results/`."""

import json
from collections.abc import Mapping

import pygal
from pygal.style import CleanStyle

from bench.stores import ROOT, SMALL

RESULTS = ROOT / "bench" / "results"

Values = Mapping[str, float]
"""Values by what they are of."""

_LOOK = {
    "width": 720,
    "height": 320,
    "explicit_size": True,
    "js": (),
    "style": CleanStyle(font_family="sans-serif"),
    "show_legend": False,
}


def keep(name: str, measured: object) -> None:
    """Keep figures as JSON; those in little are none, and are not kept."""
    if not SMALL:
        text = json.dumps(measured, indent=1)
        (RESULTS / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def bars(name: str, title: str, values: Values) -> None:
    """Draw a bar a value."""
    _write(name, pygal.HorizontalBar(title=title, **_LOOK), values)


def lines(name: str, title: str, values: Values) -> None:
    """Draw a line over what grows, from nought: what stays as it is looks so."""
    top = 1.2 * max(values.values())
    _write(name, pygal.Line(title=title, range=(0, top), **_LOOK), values)


def _write(name: str, chart: pygal.Graph, values: Values) -> None:
    chart.x_labels = list(values)
    chart.add("", [round(one, 3) for one in values.values()])
    if not SMALL:
        svg = chart.render(is_unicode=True)
        (RESULTS / f"{name}.svg").write_text(f"{svg}\n", encoding="utf-8")
