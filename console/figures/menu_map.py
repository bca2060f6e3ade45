"""The menu map: how many went which way through the menus, and where they gave up."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from markupsafe import Markup

from console import names
from console.desk import desk
from console.figures import charts
from console.figures.figure_page import figure_page
from console.figures.menu_picture import picture
from console.figures.period import Asked
from console.figures.stays import Stay, funnel
from console.figures.table import Measure, Table, exported, number, text
from console.pages import Pages
from console.parts import say
from menus.shape import Shape
from models.agents import Role
from models.base import Connection
from models.lookups import Channel
from models.summaries.ways import Way, ways

pages = Pages("menu_map")


@pages.page("/figures/map", Role.SUPERVISOR, menu="figures.map")
def menu_map() -> Response:
    """Show the ways of callers as a picture, and as a list for who has no room for it."""
    return figure_page("menu_map.html", _gather)


def _gather(connection: Connection, asked: Asked) -> Mapping[str, Any]:
    shape = Shape(desk().line.menus)
    found = ways(connection, asked.span, asked.channel, asked.language)
    told = funnel(shape, found)
    stays = {one.screen: one for one in told.stays}
    return {
        "funnel": told,
        "picture": picture(shape, stays, found),
        "bar": _bar,
        "screen": names.screen,
        "is_under_way": asked.span.last == asked.today,
        "channels": [(one.value, names.code("channel", one.value)) for one in Channel],
        "languages": [(one, names.caller_language(one)) for one in desk().line.languages],
        "stops": _stops(told.visited),
        "ways": _ways(found),
    }


@exported
def menu_stops(connection: Connection, asked: Asked) -> Table:
    """Tell what became of those who came to each screen."""
    found = ways(connection, asked.span, asked.channel, asked.language)
    return _stops(funnel(Shape(desk().line.menus), found).visited)


@exported
def menu_ways(connection: Connection, asked: Asked) -> Table:
    """Tell how many went from which screen to which."""
    return _ways(ways(connection, asked.span, asked.channel, asked.language))


def _stops(stays: Sequence[Stay]) -> Table:
    heads = (
        text("screen"),
        number("came"),
        number("again"),
        number("on"),
        number("done"),
        number("left"),
        number("left_share", Measure.SHARE),
    )
    rows = [
        (
            names.screen(one.screen),
            one.came,
            one.again,
            one.on,
            one.done,
            one.left,
            one.left_share,
        )
        for one in stays
    ]
    return Table("menu_stops", heads, rows)


def _ways(found: Sequence[Way]) -> Table:
    rows = [
        (
            names.screen(way.before) if way.before else say("figures.dialled"),
            names.screen(way.after) if way.after else say("figures.ended"),
            way.hops,
        )
        for way in sorted(found, key=lambda way: -way.hops)
    ]
    return Table("menu_ways", (text("before"), text("after"), number("hops")), rows)


def _bar(stay: Stay) -> Markup:
    """Draw what became of those who came to a screen."""
    parts = (("on", stay.on), ("answered", stay.done), ("left", stay.left))
    return charts.bar(parts, sum(value for _, value in parts))
