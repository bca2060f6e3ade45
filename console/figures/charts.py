"""Charts, drawn on the server as SVG: no script, no style of their own, each in two widths.

Colours and strokes come from `static/figures.css` by class, so that a dark theme is the page's
own; each series has a weave as well, so that colour alone tells nothing. What a chart shows
stands in a table behind it.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from console.figures.table import Cell, Measure, Table, written
from console.parts import language, say

WIDE, NARROW = 640, 320
"""Units of a chart's width: on a desk and on a phone. A unit is about a pixel of either."""

MOST = 6
"""Series that can be told apart."""

_HEIGHT = 230
_TOP, _BOTTOM = 10, 26
_LETTER = 6.6
_ROW, _BAR = 40, 14
_TICKS = 4
_THREADS = ("", "M0 8L8 0", "M0 4H8", "M2 2h2v2h-2z", "M0 0L8 8M0 8L8 0", "M0 0L8 8")


@dataclass(frozen=True)
class Series:
    """One thing that is drawn, place by place; None is a gap in a line."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Chart:
    """What is drawn.

    Attributes:
        key: names it among the charts of its page.
        labels: what each place is called.
        steps: what the values are steps of, from the lowest; empty where they are counts.
    """

    key: str
    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    measure: Measure = Measure.NUMBER
    steps: Sequence[str] = ()

    @property
    def totals(self) -> list[float]:
        """All series together, place by place."""
        return [sum(one or 0 for one in place) for place in self._places]

    @property
    def _places(self) -> Iterator[tuple[float | None, ...]]:
        return zip(*(one.values for one in self.series), strict=True)


def of(key: str, table: Table, names: Iterable[str]) -> Chart:
    """Make the chart of some columns of a table, whose rows are its places."""
    series = []
    for name in names:
        head, cells = table.column(name)
        series.append(Series(head.label, [_value(cell) for cell in cells]))
    return Chart(key, table.caption, table.labels, series)


def columns(chart: Chart) -> Markup:
    """Draw a column a place, the series upon each other."""
    return _both(chart, _columns, _most(chart))


def rows(chart: Chart) -> Markup:
    """Draw a bar a place, from the left, the series behind each other."""
    return _both(chart, _rows, _most(chart))


def lines(chart: Chart) -> Markup:
    """Draw a line a series over the places; its values are steps."""
    return _both(chart, _lines, "")


def bar(parts: Sequence[tuple[str, float]], whole: float) -> Markup:
    """Draw one bar without words: each part with its class, as long as its share."""
    drawn, x = Markup(), 0.0
    for kind, value in parts:
        width = 100 * value / whole if whole else 0.0
        drawn += Markup('<rect class="{}" x="{:.2f}" width="{:.2f}" height="8"/>').format(
            kind, x, width
        )
        x += width
    return Markup(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        "{}</svg>"
    ).format(drawn)


def weaves() -> Markup:
    """Draw what series are filled with; a page that has charts holds it once."""
    woven = "".join(
        f'<pattern id="weave{nth}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect class="s{nth}" width="8" height="8"/><path class="thread" d="{thread}"/>'
        "</pattern>"
        for nth, thread in enumerate(_THREADS, 1)
    )
    return Markup(  # noqa: S704 # nosec B704 # it holds nothing from outside
        '<svg class="weaves" width="0" height="0" aria-hidden="true">'
        f"<defs>{woven}</defs></svg>"
    )


_Draw = Callable[[Chart, int], Markup]


def _both(chart: Chart, draw: _Draw, told: str) -> Markup:
    """Draw a chart in both widths, with what its series are."""
    if not chart.labels or not any(chart.totals):
        return Markup('<p class="hint">{}</p>').format(say("figures.nothing"))
    drawn = Markup().join(
        _framed(chart, kind, told, draw(chart, width), width)
        for kind, width in (("wide", WIDE), ("narrow", NARROW))
    )
    return drawn + _legend(chart)


def _framed(chart: Chart, kind: str, told: str, drawn: Markup, width: int) -> Markup:
    height = len(chart.labels) * _ROW if _is_across(drawn) else _HEIGHT
    name = f"{chart.key}-{kind}"
    return Markup(
        '<svg class="chart {kind}" viewBox="0 0 {width} {height}" role="img"'
        ' aria-labelledby="{name}-title {name}-desc">'
        '<title id="{name}-title">{title}</title><desc id="{name}-desc">{desc}</desc>'
        "{drawn}</svg>"
    ).format(
        kind=kind,
        width=width,
        height=height,
        name=name,
        title=chart.title,
        desc=f"{told} {say('figures.see_table')}".strip(),
        drawn=drawn,
    )


def _is_across(drawn: Markup) -> bool:
    return drawn.startswith('<g class="across">')


def _legend(chart: Chart) -> Markup:
    """Tell the series apart, in the order they stand in."""
    if len(chart.series) == 1 and not chart.steps:
        return Markup()
    swatch = (
        '<line class="l{nth}" x1="0" y1="7" x2="28" y2="7"/>'
        if chart.steps
        else '<rect fill="url(#weave{nth})" width="28" height="14"/>'
    )
    entry = (
        '<li><svg class="swatch" width="28" height="14" aria-hidden="true">'
        + swatch
        + "</svg> {name}</li>"
    )
    entries = Markup().join(
        Markup(entry).format(nth=nth, name=one.name)  # noqa: S704 # nosec B704 # our own SVG
        for nth, one in enumerate(chart.series, 1)
    )
    return Markup('<ul class="legend">{}</ul>').format(entries)


def _most(chart: Chart) -> str:
    totals = chart.totals
    if not totals:
        return ""
    most = max(totals)
    at = chart.labels[totals.index(most)]
    return say("figures.most", most=written(most, chart.measure, language()), at=at)


@dataclass(frozen=True)
class _Field:
    """The part of a chart that is drawn upon, and the scale of its height."""

    left: float
    right: float
    places: int
    top_value: float

    @property
    def step(self) -> float:
        """The width of a place."""
        return (self.right - self.left) / max(1, self.places)

    def x(self, place: int) -> float:
        """Give where a place begins."""
        return self.left + place * self.step

    def y(self, value: float) -> float:
        """Give how far from the top a value lies."""
        return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / self.top_value


def _columns(chart: Chart, width: int) -> Markup:
    ticks = _ticks(max(chart.totals), whole=chart.measure is Measure.NUMBER)
    said = [written(one, chart.measure, language()) for one in ticks]
    field = _Field(_room(said), width - 4, len(chart.labels), ticks[-1])
    gap = field.step * 0.2 if field.step > 3 else 0.0
    below = [0.0] * len(chart.labels)
    drawn = _grid(field, ticks, said) + _places(chart, field)
    for nth, series in enumerate(chart.series, 1):
        path = []
        for place, value in enumerate(series.values):
            if value:
                low, high = field.y(below[place]), field.y(below[place] + value)
                x, wide = field.x(place) + gap / 2, field.step - gap
                path.append(f"M{x:.1f} {low:.1f}H{x + wide:.1f}V{high:.1f}H{x:.1f}z")
                below[place] += value
        drawn += Markup('<path fill="url(#weave{})" class="edge" d="{}"/>').format(
            nth, "".join(path)
        )
    return drawn


def _lines(chart: Chart, width: int) -> Markup:
    ticks = list(range(len(chart.steps)))
    field = _Field(_room(chart.steps), width - 8, len(chart.labels), max(1, len(ticks) - 1))
    drawn = _grid(field, ticks, chart.steps) + _places(chart, field)
    for nth, series in enumerate(chart.series, 1):
        path, pen = [], "M"
        for place, value in enumerate(series.values):
            if value is None:
                pen = "M"
                continue
            x = field.x(place) + field.step / 2
            path.append(f"{pen}{x:.1f} {field.y(value):.1f}h0.01")
            pen = "L"
        drawn += Markup('<path class="l{}" d="{}"/>').format(nth, "".join(path))
    return drawn


def _rows(chart: Chart, width: int) -> Markup:
    most = max(chart.totals) or 1
    drawn = Markup()
    for place, label in enumerate(chart.labels):
        y = place * _ROW + 14
        total = written(chart.totals[place], chart.measure, language())
        drawn += Markup('<text x="0" y="{}">{}</text>').format(y, _cut(label, width - 90))
        drawn += Markup('<text class="total" x="{}" y="{}">{}</text>').format(width, y, total)
        x = 0.0
        for nth, series in enumerate(chart.series, 1):
            wide = width * (series.values[place] or 0) / most
            if wide:
                drawn += Markup(
                    '<rect fill="url(#weave{})" class="edge" x="{:.1f}" y="{}" width="{:.1f}"'
                    ' height="{}"/>'
                ).format(nth, x, y + 5, wide, _BAR)
            x += wide
    return Markup('<g class="across">{}</g>').format(drawn)


def _grid(field: _Field, ticks: Sequence[float], said: Sequence[str]) -> Markup:
    """Draw what a height means."""
    return Markup().join(
        Markup(
            '<line class="grid" x1="{left:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
            '<text class="tick" x="{end:.1f}" y="{base:.1f}">{said}</text>'
        ).format(
            left=field.left,
            right=field.right,
            y=field.y(tick),
            end=field.left - 5,
            base=field.y(tick) + 4,
            said=label,
        )
        for tick, label in zip(ticks, said, strict=True)
    )


def _places(chart: Chart, field: _Field) -> Markup:
    """Say what some of the places are, as many as have room."""
    longest = max(len(one) for one in chart.labels)
    fits = max(1, int((field.right - field.left) / (longest * _LETTER + 12)))
    every = math.ceil(len(chart.labels) / fits)
    texts = []
    for place in range(0, len(chart.labels), every):
        x = min(field.x(place) + field.step / 2, field.right - longest * _LETTER / 2)
        x = max(x, longest * _LETTER / 2)
        texts.append(f'<text class="place" x="{x:.1f}" y="{_HEIGHT - 8}">')
        texts.append(f"{escape(chart.labels[place])}</text>")
    return Markup("".join(texts))  # noqa: S704 # nosec B704 # its labels are escaped


def _value(cell: Cell) -> float | None:
    return cell if isinstance(cell, int | float) else None


def _room(said: Sequence[str]) -> float:
    return max(len(one) for one in said) * _LETTER + 10


def _cut(label: str, width: float) -> str:
    most = int(width / _LETTER)
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _ticks(most: float, whole: bool) -> list[float]:
    """Give round values from nought to what is over the highest."""
    rough = max(most, 1e-9) / _TICKS
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * one for one in (1, 2, 2.5, 5, 10) if size * one >= rough)
    if whole:
        step = max(1, math.ceil(step))
    return [step * nth for nth in range(math.ceil(most / step) + 1)]
