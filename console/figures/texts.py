"""Texts: what became of them, what they are for, what they cost, and what an answer costs."""

from collections.abc import Mapping
from typing import Any

from flask import Response

from console import names
from console.desk import desk
from console.figures import charts
from console.figures.figure_page import figure_page
from console.figures.period import Asked
from console.figures.table import (
    Head,
    Measure,
    Table,
    day,
    exported,
    number,
    pivot,
    sums,
    text,
    with_total,
)
from console.pages import Pages
from models.agents import Role
from models.base import Connection
from models.outbox import Delivery, Priority
from models.spending import spent_on
from models.summaries.lookups import LOOKUPS
from models.summaries.lookups import asked as asked_for
from models.summaries.texts import TEXTS

pages = Pages("texts")

STATES = (
    Delivery.DELIVERED.value,
    Delivery.SENT.value,
    Delivery.SUBMITTING.value,
    Delivery.QUEUED.value,
    Delivery.FAILED.value,
    Delivery.UNKNOWN.value,
)
"""In the order that they stand in: what reached its phone below."""


@pages.page("/figures/texts", Role.SUPERVISOR, menu="figures.texts")
def texts() -> Response:
    """Show what became of texts, and what they cost."""
    return figure_page("texts.html", _gather)


def _gather(connection: Connection, asked: Asked) -> Mapping[str, Any]:
    days, purposes = texts_by_day(connection, asked), texts_by_purpose(connection, asked)
    outcomes = lookups_by_outcome(connection, asked)
    cost = _cost(connection, asked)
    return {
        "tables": [
            (days, charts.columns(charts.of("days", days, STATES))),
            (purposes, None),
            (outcomes, None),
        ],
        "cost": cost,
        "spent": spent_on(connection, asked.today),
        "limits": desk().limits,
        "currency": desk().line.country.currency,
    }


@exported
def texts_by_day(connection: Connection, asked: Asked) -> Table:
    """Tell what became of the texts that were queued on each day."""
    found = TEXTS.total(connection, asked.span, ("day", "state"))
    turned = pivot(found, "day", "state", "messages")
    heads = [Head(one, names.code("state", one)) for one in STATES]
    rows = [with_total(one, turned.get(one, {}), STATES) for one in asked.span]
    return Table("texts_by_day", (day(), *heads, number("total")), rows)


@exported
def texts_by_purpose(connection: Connection, asked: Asked) -> Table:
    """Tell texts by what they are for and what became of them, and what they cost."""
    found = TEXTS.total(connection, asked.span, ("priority", "state"))
    rows = [
        (
            names.code("purpose", Priority(row.priority).name.lower()),
            names.code("state", row.state),
            row.messages,
            row.segments,
            row.uncharged,
            row.money,
        )
        for row in found
    ]
    heads = (
        text("purpose"),
        text("state"),
        number("messages"),
        number("segments"),
        number("uncharged"),
        number("money", Measure.MONEY),
    )
    return Table("texts_by_purpose", heads, rows, sums(rows))


@exported
def lookups_by_outcome(connection: Connection, asked: Asked) -> Table:
    """Tell what was asked, by channel and by what it came to."""
    found = LOOKUPS.total(connection, asked.span, ("channel", "outcome"))
    rows = [
        (
            names.code("channel", row.channel),
            names.code("outcome", row.outcome),
            row.lookups,
            row.fresh,
        )
        for row in found
    ]
    heads = (text("channel"), text("outcome"), number("questions"), number("fresh"))
    return Table("lookups_by_outcome", heads, rows, sums(rows))


def _cost(connection: Connection, asked: Asked) -> Mapping[str, Any]:
    """Give what an answered question costs in texts of all kinds.

    Segments of which no gateway has said what they cost count at the price that is set.
    """
    sent, answered = TEXTS.total(connection, asked.span)[0], asked_for(connection, asked.span)
    money = sent.money + sent.uncharged * desk().limits.price
    return {
        "money": money,
        "uncharged": sent.uncharged,
        "segments": sent.segments,
        "answered": answered.answered,
        "each": money / answered.answered if answered.answered else None,
    }
