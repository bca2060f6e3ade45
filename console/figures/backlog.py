"""Documents: how many lie where, of which kind and for how long, and how many are fetched."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from console import names
from console.figures import charts
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
    share,
    sums,
    text,
    with_total,
)
from console.pages import Pages
from console.parts import say
from models.agents import Role
from models.base import Connection
from models.documents import State
from models.numbers import Kind
from models.summaries.documents import AGES, DOCUMENTS, standing
from models.summaries.flows import FLOWS

pages = Pages("backlog")

KINDS = tuple(one.value for one in Kind)

OLD = 91
"""Days from which on a document has lain for long."""

SHOWN = 12
"""Centres that are drawn, those with the most documents; the table has all."""


@pages.page("/figures/documents", Role.SUPERVISOR, menu="figures.documents")
def documents() -> Response:
    """Show what lies uncollected, and what became of it."""
    return figure_page("documents.html", _gather)


def _gather(connection: Connection, asked: Asked) -> Mapping[str, Any]:
    centres = documents_by_centre(connection, asked)
    days, ages = documents_by_day(connection, asked), documents_by_age(connection, asked)
    most = centres.sorted_by("total").rows[:SHOWN]
    top = Table(centres.name, centres.heads, most)
    return {
        "tables": [
            (days, charts.columns(charts.of("days", days, KINDS))),
            (ages, charts.rows(charts.of("ages", ages, KINDS))),
        ],
        "centres": centres,
        "top": charts.rows(charts.of("centres", top, KINDS)),
        "top_title": say("figures.top_centres", count=SHOWN),
        "flows": flows_by_centre(connection, asked),
        "full": _in_full(()),
    }


@exported
def documents_by_centre(connection: Connection, asked: Asked) -> Table:
    """Tell what lay uncollected at each centre at the end of the period."""
    last, by = asked.span.last, ("centre_code", "kind", "age")
    counts: dict[str, dict[str, int]] = {}
    for row in standing(connection, last, by, state=State.READY):
        held = counts.setdefault(row.centre_code, {})
        held[row.kind] = held.get(row.kind, 0) + row.documents
        held["old"] = held.get("old", 0) + (row.documents if row.age >= OLD else 0)
    rows = [_centre(code, held) for code, held in counts.items()]
    heads = (*_heads(text("centre")), number("old"), number("old_share", Measure.SHARE))
    last_row = sums(rows, {6: (5, 4)})
    table = Table("documents_by_centre", heads, rows, last_row)
    return table.sorted_by(asked.sort or "total")


@exported
def documents_in_full(connection: Connection, asked: Asked) -> Table:
    """Tell what lay uncollected at the end of the period by centre, kind and age."""
    by = ("centre_code", "kind", "age")
    rows = [
        (
            names.centre(row.centre_code),
            names.code("kind", row.kind),
            names.code("age", row.age),
            row.documents,
        )
        for row in standing(connection, asked.span.last, by, state=State.READY)
    ]
    return _in_full(rows)


@exported
def documents_by_age(connection: Connection, asked: Asked) -> Table:
    """Tell for how long documents had lain uncollected at the end of the period."""
    found = standing(connection, asked.span.last, ("age", "kind"), state=State.READY)
    turned = pivot(found, "age", "kind", "documents")
    rows = [with_total(names.code("age", age), turned.get(age, {}), KINDS) for age in AGES]
    return Table("documents_by_age", _heads(text("age")), rows, sums(rows))


@exported
def documents_by_day(connection: Connection, asked: Asked) -> Table:
    """Tell what lay uncollected at the end of each day, where it was counted."""
    found = DOCUMENTS.total(connection, asked.span, ("day", "kind"), state=State.READY)
    turned = pivot(found, "day", "kind", "documents")
    rows = [with_total(one, turned[one], KINDS) for one in asked.span if one in turned]
    return Table("documents_by_day", _heads(day()), rows)


@exported
def flows_by_centre(connection: Connection, asked: Asked) -> Table:
    """Tell what came to each centre over the period, and what was collected there."""
    found = FLOWS.total(connection, asked.span, ("centre_code",))
    rows: list[Sequence[Cell]] = [
        (
            names.centre(row.centre_code),
            row.received + row.listed,
            row.collected,
            row.told,
            share(row.told, row.collected),
            row.returned,
        )
        for row in found
    ]
    heads = (
        text("centre"),
        number("received"),
        number("collected"),
        number("told"),
        number("told_share", Measure.SHARE),
        number("returned"),
    )
    return Table("flows_by_centre", heads, rows, sums(rows, {4: (3, 2)})).sorted_by("collected")


def _in_full(rows: Sequence[Sequence[Cell]]) -> Table:
    heads = (text("centre"), text("kind"), text("age"), number("documents"))
    return Table("documents_in_full", heads, rows)


def _heads(first: Head) -> Sequence[Head]:
    each = [Head(one, names.code("kind", one)) for one in KINDS]
    return (first, *each, number("total"))


def _centre(code: str, counts: Mapping[str, int]) -> Sequence[Cell]:
    row = with_total(names.centre(code), counts, KINDS)
    return (*row, counts["old"], share(counts["old"], row[-1]))
