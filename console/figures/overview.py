"""The overview: how the line does today and over a period, and what waits for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response

from console import names
from console.desk import desk
from console.figures import charts
from console.figures.backlog import KINDS, documents_by_day
from console.figures.figure_page import figure_page
from console.figures.period import Asked
from console.figures.table import (
    Cell,
    Head,
    Measure,
    Table,
    day,
    exported,
    number,
    pivot,
    text,
    with_total,
    written,
)
from console.pages import Pages
from console.parts import language, say
from models.agents import Role
from models.base import Connection
from models.documents import State
from models.lookups import Channel
from models.open_work import open_work
from models.reveals import MOST, reveals_last_hour
from models.spending import spent_on
from models.summaries.documents import standing
from models.summaries.flows import FLOWS
from models.summaries.lookups import asked as asked_for
from models.summaries.sessions import SESSIONS
from models.summaries.span import Span

pages = Pages("figures")

CHANNELS = tuple(one.value for one in Channel)
_SHARES = {"answered": Measure.SHARE, "found": Measure.SHARE}


@dataclass(frozen=True)
class Card:
    """One figure: of today, and of the period. None where it is of this moment alone."""

    name: str
    today: Cell
    whole: Cell
    measure: Measure = Measure.NUMBER

    @property
    def label(self) -> str:
        """What it is called, in the page's language."""
        return say(f"figures.card_{self.name}")

    @property
    def said_today(self) -> str:
        """The figure of today, as people read it."""
        return written(self.today, self.measure, language())

    @property
    def said_whole(self) -> str:
        """The figure of the period, as people read it."""
        return written(self.whole, self.measure, language())


@pages.page("/figures", Role.SUPERVISOR, menu="figures.title")
def overview() -> Response:
    """Show how the line does."""
    return figure_page("overview.html", _gather)


def _gather(connection: Connection, asked: Asked) -> Mapping[str, Any]:
    cards, days = _cards(connection, asked), sessions_by_day(connection, asked)
    lying = documents_by_day(connection, asked)
    return {
        "cards": cards,
        "overview": _table(cards),
        "waiting": open_work(connection),
        "reveals": reveals_last_hour(connection),
        "most_reveals": MOST,
        "limits": desk().limits,
        "spent": spent_on(connection, asked.today),
        "currency": desk().line.country.currency,
        "tables": [
            (days, charts.columns(charts.of("days", days, CHANNELS))),
            (lying, charts.columns(charts.of("lying", lying, KINDS))),
        ],
    }


@exported
def overview_figures(connection: Connection, asked: Asked) -> Table:
    """Tell every figure of the overview, of today and of the period."""
    return _table(_cards(connection, asked))


@exported
def sessions_by_day(connection: Connection, asked: Asked) -> Table:
    """Tell how many sessions began a day, by channel."""
    found = SESSIONS.total(connection, asked.span, ("day", "channel"))
    turned = pivot(found, "day", "channel", "sessions")
    rows = [with_total(one, turned.get(one, {}), CHANNELS) for one in asked.span]
    return Table("sessions_by_day", (day(), *channel_heads()), rows)


def channel_heads() -> Sequence[Head]:
    """Make the heads of columns that tell the channels apart, and sum them up."""
    each = [Head(one, names.code("channel", one)) for one in CHANNELS]
    return (*each, number("total"))


def _table(cards: Sequence[Card]) -> Table:
    heads = (text("figure"), number("today"), number("period"))
    rows = [(one.label, one.today, one.whole) for one in cards]
    return Table("overview_figures", heads, rows)


def _cards(connection: Connection, asked: Asked) -> Sequence[Card]:
    """Ask for each figure twice: of today, and of the period."""
    now, over = (_told(connection, one) for one in (Span(asked.today, asked.today), asked.span))
    return [
        Card(name, now[name], over[name], _SHARES.get(name, Measure.NUMBER)) for name in over
    ]


def _told(connection: Connection, span: Span) -> dict[str, Cell]:
    """Ask for every figure of the cards over a span, each by one statement."""
    lookups, flows = asked_for(connection, span), FLOWS.total(connection, span)[0]
    return {
        "sessions": SESSIONS.total(connection, span)[0].sessions,
        "asked": lookups.asked,
        "answered": lookups.answered_share,
        "found": lookups.found_share,
        "uncollected": standing(connection, span.last, (), state=State.READY)[0].documents,
        "received": flows.received + flows.listed,
        "collected": flows.collected,
        "told": flows.told,
    }
