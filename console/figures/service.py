"""How people say that they were served, and what they report as wrong, by centre."""

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
from models.agents import Role
from models.base import Connection
from models.ratings import MARKS
from models.reports import Matter
from models.summaries.ratings import RATINGS
from models.summaries.reports import REPORTS

pages = Pages("service")


@pages.page("/figures/service", Role.SUPERVISOR, menu="figures.service")
def service() -> Response:
    """Show how people were served, and what they reported."""
    return figure_page("service.html", _gather)


def _gather(connection: Connection, asked: Asked) -> Mapping[str, Any]:
    marks, reports = marks_by_day(connection, asked), reports_by_day(connection, asked)
    return {
        "tables": [
            (marks, charts.columns(charts.of("marks", marks, map(str, MARKS)))),
            (reports, charts.columns(charts.of("reports", reports, Matter))),
        ],
        "centres": ratings_by_centre(connection, asked),
        "matters": reports_by_centre(connection, asked),
    }


@exported
def marks_by_day(connection: Connection, asked: Asked) -> Table:
    """Tell the marks that people gave, by day."""
    found = RATINGS.total(connection, asked.span, ("day", "mark"))
    turned = pivot(found, "day", "mark", "ratings")
    rows = [with_total(one, turned.get(one, {}), MARKS) for one in asked.span]
    return Table("marks_by_day", _heads(day(), "mark", MARKS), rows)


@exported
def reports_by_day(connection: Connection, asked: Asked) -> Table:
    """Tell what was reported, by day and matter."""
    found = REPORTS.total(connection, asked.span, ("day", "matter"))
    turned = pivot(found, "day", "matter", "reports")
    rows = [with_total(one, turned.get(one, {}), Matter) for one in asked.span]
    return Table("reports_by_day", _heads(day(), "matter", Matter), rows)


@exported
def ratings_by_centre(connection: Connection, asked: Asked) -> Table:
    """Tell the marks of each centre, and the share that says it was served well."""
    found = RATINGS.total(connection, asked.span, ("centre_code", "mark"))
    turned = pivot(found, "centre_code", "mark", "ratings")
    rows: list[Sequence[Cell]] = []
    for code, counts in turned.items():
        row = with_total(names.centre(code), counts, MARKS)
        rows.append((*row, share(row[1], row[-1])))
    heads = (*_heads(text("centre"), "mark", MARKS), number("well_share", Measure.SHARE))
    total = sums(rows, {len(MARKS) + 2: (1, len(MARKS) + 1)})
    return Table("ratings_by_centre", heads, rows, total).sorted_by("total")


@exported
def reports_by_centre(connection: Connection, asked: Asked) -> Table:
    """Tell what was reported of each centre, by matter."""
    found = REPORTS.total(connection, asked.span, ("centre_code", "matter"))
    turned = pivot(found, "centre_code", "matter", "reports")
    rows = [with_total(names.centre(code), counts, Matter) for code, counts in turned.items()]
    heads = _heads(text("centre"), "matter", Matter)
    return Table("reports_by_centre", heads, rows, sums(rows)).sorted_by("total")


def _heads(first: Head, noun: str, each: Any) -> Sequence[Head]:
    return (first, *(Head(f"{one}", names.code(noun, one)) for one in each), number("total"))
