"""The picture of the line: every screen as a box, every way as thick as many went it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from markupsafe import Markup

from console import names
from console.figures.stays import Stay
from console.figures.table import Measure, written
from console.parts import language, say
from menus.shape import Shape
from models.summaries.ways import OUTSIDE, Way

_WIDTH, _HEIGHT = 166, 38
_ACROSS, _DOWN = 42, 46
_MARGIN = 8
_THICKEST = 16.0
_LETTERS = 22
_SWEEPS = 8
"""Times that the boxes are moved closer to those they lead to: more changes little."""


@dataclass(frozen=True)
class _Place:
    """Where a box stands: the middle of its left side."""

    x: float
    y: float
    depth: int


def picture(shape: Shape, stays: Mapping[str, Stay], ways: Iterable[Way]) -> Markup:
    """Draw the menus, from the first page on the left to the answers on the right.

    Ways back and home are not drawn: they lead from everywhere.

    Args:
        stays: what became of those who came to each screen.
        ways: how many went from which screen to which.
    """
    places = _places(shape)
    width = max(one.x for one in places.values()) + _WIDTH + _MARGIN
    height = max(one.y for one in places.values()) + _HEIGHT / 2 + _MARGIN
    drawn = _ways(shape, places, ways) + Markup().join(
        _box(place, stays.get(screen) or Stay(screen, place.depth, shape.answers(screen)))
        for screen, place in places.items()
    )
    return Markup(
        '<svg class="map" viewBox="0 0 {:.0f} {:.0f}" role="img"'
        ' aria-labelledby="map-title map-desc"><title id="map-title">{}</title>'
        '<desc id="map-desc">{}</desc>{}</svg>'
    ).format(width, height, say("figures.map"), say("figures.map_desc"), drawn)


def _ways(shape: Shape, places: Mapping[str, _Place], ways: Iterable[Way]) -> Markup:
    """Draw what leads further; what skips screens is dashed."""
    hops = {(way.before, way.after): way.hops for way in ways if way.after != OUTSIDE}
    known = {(one, to) for one, its in shape.ways.items() for to in its}
    further = [
        (one, to)
        for one, to in sorted({*known, *hops}, key=lambda way: hops.get(way, 0))
        if one in places and to in places and places[one].depth < places[to].depth
    ]
    most = max((hops.get(way, 0) for way in further), default=0) or 1
    return Markup().join(
        _way(places[way[0]], places[way[1]], hops.get(way, 0), most) for way in further
    )


def _way(start: _Place, end: _Place, hops: int, most: int) -> Markup:
    left, right = start.x + _WIDTH, end.x
    middle = (left + right) / 2
    skips = end.depth - start.depth > 1
    kind = "none" if not hops else "jump" if skips else ""
    wide = max(1.0, _THICKEST * hops / most)
    return Markup(  # noqa: S704 # nosec B704 # numbers alone
        f'<path class="way {kind}" stroke-width="{wide:.1f}" d="M{left:.0f} {start.y:.0f}'
        f'C{middle:.0f} {start.y:.0f} {middle:.0f} {end.y:.0f} {right:.0f} {end.y:.0f}"/>'
    )


def _box(place: _Place, stay: Stay) -> Markup:
    """Draw a screen: its name, how many came, and the share that was answered or gave up."""
    told = kind = ""
    if stay.came and stay.answers:
        kind, told = "fine", say("figures.box_answered", share=_share(stay.done_share))
    elif stay.came and stay.left:
        kind, told = "told", say("figures.box_left", share=_share(stay.left_share))
    classes = ["stop"]
    classes += ["is-answer"] * stay.answers
    classes += ["is-high"] * stay.is_high + ["is-empty"] * (not stay.came)
    name = names.screen(stay.screen)
    return Markup(
        '<g class="{classes}"><title>{title}</title>'
        '<rect class="box" x="{x:.0f}" y="{top:.0f}" width="{width}" height="{height}" rx="6"/>'
        '<text class="name" x="{inside:.0f}" y="{first:.0f}">{name}</text>'
        '<text x="{inside:.0f}" y="{second:.0f}">{came} <tspan class="{kind}">{told}</tspan>'
        "</text></g>"
    ).format(
        classes=" ".join(classes),
        title=f"{name}: {stay.said}",
        x=place.x,
        top=place.y - _HEIGHT / 2,
        width=_WIDTH,
        height=_HEIGHT,
        inside=place.x + 8,
        first=place.y - 4,
        second=place.y + 12,
        name=name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…",
        came=written(stay.came, Measure.NUMBER, language()),
        kind=kind,
        told=told,
    )


def _share(share: float | None) -> str:
    return f"{round(100 * (share or 0))} %"


def _places(shape: Shape) -> dict[str, _Place]:
    """Give every screen its place: as deep as it lies, near those it leads to and from.

    It depends on the menus alone, so that the picture of another week looks the same.
    """
    columns: dict[int, list[str]] = {}
    for screen, depth in shape.order:
        columns.setdefault(depth, []).append(screen)
    beside = _beside(shape)
    heights = {
        screen: float(nth * _DOWN)
        for column in columns.values()
        for nth, screen in enumerate(column)
    }
    for _ in range(_SWEEPS):
        for column in columns.values():
            wanted = [
                fmean(heights[one] for one in beside[screen] or [screen]) for screen in column
            ]
            heights.update(zip(column, _apart(wanted), strict=True))
    top = min(heights.values()) - _HEIGHT / 2 - _MARGIN
    return {
        screen: _Place(_MARGIN + depth * (_WIDTH + _ACROSS), heights[screen] - top, depth)
        for screen, depth in shape.order
    }


def _beside(shape: Shape) -> dict[str, list[str]]:
    """Give, of each screen, those of the columns beside its own that it has a way with."""
    beside: dict[str, list[str]] = {screen: [] for screen in shape.depths}
    for one, its in shape.ways.items():
        for to in its:
            if shape.depths[to] == shape.depths[one] + 1:
                beside[one].append(to)
                beside[to].append(one)
    return beside


def _apart(wanted: Sequence[float]) -> list[float]:
    """Put boxes as near as may be to where they are wanted, in their order and apart.

    By adding violators up to blocks (isotonic regression).
    """
    blocks: list[tuple[float, int]] = []
    for nth, height in enumerate(wanted):
        mean, size = height - nth * _DOWN, 1
        while blocks and blocks[-1][0] > mean:
            before, others = blocks.pop()
            mean = (mean * size + before * others) / (size + others)
            size += others
        blocks.append((mean, size))
    spread = [mean for mean, size in blocks for _ in range(size)]
    return [mean + nth * _DOWN for nth, mean in enumerate(spread)]
