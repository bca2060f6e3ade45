"""What was measured, kept as JSON, and drawn for README: under `bench/results/`."""

import json
from collections.abc import Mapping
from typing import Any

from bench.stores import ROOT, SMALL

RESULTS = ROOT / "bench" / "results"

Values = Mapping[str, float]
"""Values by what they are of."""

_LOOK = {
    "width": 720,
    "height": 320,
    "explicit_size": True,
    "js": (),
    "show_legend": False,
}


def keep(name: str, measured: object) -> None:
    """Keep figures as JSON; those in little are none, and are not kept."""
    if not SMALL:
        text = json.dumps(measured, indent=1)
        (RESULTS / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def bars(name: str, title: str, values: Values) -> None:
    """Draw a bar a value."""
    _draw(name, "HorizontalBar", values, title=title)


def lines(name: str, title: str, values: Values) -> None:
    """Draw a line over what grows, from nought: what stays as it is looks so."""
    _draw(name, "Line", values, title=title, range=(0, 1.2 * max(values.values())))


def _draw(name: str, kind: str, values: Values, **look: Any) -> None:
    import pygal
    from pygal.style import CleanStyle

    chart = getattr(pygal, kind)(style=CleanStyle(font_family="sans-serif"), **_LOOK, **look)
    chart.x_labels = list(values)
    chart.add("", [round(one, 3) for one in values.values()])
    if not SMALL:
        svg = chart.render(is_unicode=True)
        (RESULTS / f"{name}.svg").write_text(f"{svg}\n", encoding="utf-8")
