"""The week for the ministry: one sheet to be printed, in the words of `flask report week`."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import Response, abort, make_response, request

from console.desk import desk
from console.figures.export import as_file, note
from console.figures.period import Asked
from console.figures.table import Head, Measure, Table
from console.pages import Pages
from console.parts import language, shown
from menus import sheet
from models.agents import Role
from models.base import Connection
from models.summaries.span import Span
from models.summaries.week import DAYS, Week, monday_of
from models.summaries.week import week as week_of

pages = Pages("week")

ROLES = (Role.SUPERVISOR, Role.ADMINISTRATOR)

_WRONG = 422
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
_EARLIEST = date(2000, 1, 3)


@pages.page("/figures/week", *ROLES, menu="figures.week")
def week() -> Response:
    """Show the sheet of a week: the last whole one, unless another is asked for."""
    today = _today()
    asked = request.args.get("week", "")
    monday = _monday(asked, today)
    shown_monday = monday or _last_whole(today)
    with desk().reading() as connection:
        told = week_of(connection, shown_monday, today)
    page = shown("figures/week.html", **_facts(told, shown_monday, today), fault=not monday)
    return make_response(page, 200 if monday else _WRONG)


@pages.page("/figures/week/export", *ROLES, methods=["POST"])
def week_export() -> Response:
    """Give the sheet of a week as a file."""
    today = _today()
    monday = _monday(request.form.get("week", ""), today)
    if monday is None:
        abort(_WRONG)
    with desk().reading() as connection:
        table = _table(connection, monday, today)
    note(table, Asked(Span.week(monday), today))
    return as_file(table, f"1919-{_name(monday)}.csv")


def _facts(told: Week, monday: date, today: date) -> Mapping[str, Any]:
    """Gather what the page shows."""
    words = sheet.sheet(language())
    after = monday + timedelta(days=DAYS)
    return {
        "words": words,
        "told": told,
        "today": today,
        "week": _name(monday),
        "before": _name(monday - timedelta(days=DAYS)),
        "after": _name(after) if after <= today else "",
    }


def _table(connection: Connection, monday: date, today: date) -> Table:
    heads = [Head(one, one, Measure.TEXT) for one in sheet.HEAD]
    rows = list(sheet.cells(week_of(connection, monday, today)))
    return Table("week", heads, rows)


def _today() -> date:
    line = desk().line
    return line.country.day(line.clock())


def _last_whole(today: date) -> date:
    return monday_of(today) - timedelta(days=DAYS)


def _name(monday: date) -> str:
    """Name a week as ISO 8601 does, and as browsers' fields do: 2026-W46."""
    year, number, _ = monday.isocalendar()
    return f"{year}-W{number:02}"


def _monday(asked: str, today: date) -> date | None:
    """Read a week; None for one that there is not, or that did not begin yet."""
    if not asked:
        return _last_whole(today)
    shape = _WEEK.fullmatch(asked)
    try:
        monday = date.fromisocalendar(int(shape[1]), int(shape[2]), 1) if shape else None
    except ValueError:
        return None
    return monday if monday and _EARLIEST <= monday <= today else None
