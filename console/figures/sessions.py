"""Sessions by hour, network, channel and language, and how long hops took."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response

from console import names
from console.figures import charts
from console.figures.charts import Chart, Series
from console.figures.figure_page import figure_page
from console.figures.overview import CHANNELS, channel_heads, sessions_by_day
from console.figures.period import Asked
from console.figures.table import (
    Cell,
    Measure,
    Table,
    day,
    exported,
    number,
    pivot,
    sums,
    text,
    with_total,
    written,
)
from console.pages import Pages
from console.parts import language
from models.agents import Role
from models.base import Connection
from models.lookups import Channel
from models.summaries.sessions import SESSIONS
from models.summaries.times import BOUNDS, MORE, times

pages = Pages("sessions")

SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
"""Of the hops, those that took no longer than what is told."""

_STEPS = (*BOUNDS, MORE)


@pages.page("/figures/sessions", Role.SUPERVISOR, menu="figures.sessions")
def sessions() -> Response:
    """Show who called, when, from where, and how soon they were answered."""
    return figure_page("sessions.html", _gather)


def _gather(connection: Connection, asked: Asked) -> Mapping[str, Any]:
    days, hours = sessions_by_day(connection, asked), sessions_by_hour(connection, asked)
    networks = sessions_by_network(connection, asked)
    languages = sessions_by_language(connection, asked)
    latency = hop_times(connection, asked)
    return {
        "tables": [
            (days, charts.columns(charts.of("days", days, CHANNELS))),
            (hours, charts.columns(charts.of("hours", hours, CHANNELS))),
            (networks, charts.rows(charts.of("networks", networks, CHANNELS))),
            (languages, charts.rows(charts.of("languages", languages, CHANNELS))),
            (latency, charts.lines(_time_chart(latency))),
        ]
    }


@exported
def sessions_by_hour(connection: Connection, asked: Asked) -> Table:
    """Tell at which hours of the day sessions began, by channel."""
    found = SESSIONS.total(connection, asked.span, ("hour", "channel"))
    turned = pivot(found, "hour", "channel", "sessions")
    rows = [with_total(f"{hour:02}", turned.get(hour, {}), CHANNELS) for hour in range(24)]
    return Table("sessions_by_hour", (text("hour"), *channel_heads()), rows, sums(rows))


@exported
def sessions_by_network(connection: Connection, asked: Asked) -> Table:
    """Tell which networks sessions came from, by channel."""
    return _by(connection, asked, "network", names.network)


@exported
def sessions_by_language(connection: Connection, asked: Asked) -> Table:
    """Tell in which languages sessions began, by channel."""
    return _by(connection, asked, "language", names.caller_language)


@exported
def hop_times(connection: Connection, asked: Asked) -> Table:
    """Tell the milliseconds within which shares of the USSD hops were answered, by day.

    Of a single day it is told by hour.
    """
    key = "hour" if asked.days == 1 else "day"
    found = times(connection, asked.span, (key,), channel=Channel.USSD.value)
    head = text("hour") if key == "hour" else day()
    rows = [
        (
            f"{at[0]:02}" if key == "hour" else at[0],
            one.count,
            *map(one.quantile, SHARES.values()),
        )
        for at, one in sorted(found.items())
    ]
    return Table("hop_times", (head, number("hops"), *map(number, SHARES)), rows)


def _by(connection: Connection, asked: Asked, key: str, named: Callable[[str], str]) -> Table:
    found = SESSIONS.total(connection, asked.span, (key, "channel"))
    turned = pivot(found, key, "channel", "sessions")
    rows = [with_total(named(one), counts, CHANNELS) for one, counts in turned.items()]
    heads = (text(key), *channel_heads())
    return Table(f"sessions_by_{key}", heads, rows, sums(rows)).sorted_by("total")


def _time_chart(table: Table) -> Chart:
    """Draw each share's bound as a step: the bounds stand at equal distances."""
    series = [
        Series(head.label, [_step(one) for one in cells])
        for head, cells in map(table.column, SHARES)
    ]
    steps = [written(one, Measure.NUMBER, language()) for one in _STEPS]
    return Chart("times", table.caption, table.labels, series, steps=steps)


def _step(bound: Cell) -> int | None:
    return _STEPS.index(int(str(bound))) if bound is not None else None
