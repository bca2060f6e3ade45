"""Export: a table of figures as a CSV file that harms no spreadsheet; it is audited."""

import io
from collections.abc import Mapping

from flask import Response, abort, request

from console.desk import desk
from console.figures.figure_page import asked
from console.figures.period import Asked
from console.figures.table import TABLES, Cell, Measure, Table
from console.pages import Pages, current
from models.agents import Role
from models.audit import append
from models.lists.report import write_into
from models.spending import MONEY

pages = Pages("export")

_WRONG = 422


@pages.page("/figures/export", Role.SUPERVISOR, methods=["POST"])
def export() -> Response:
    """Give a table of the period that was asked for, as a file."""
    return exported_as_file(request.form)


def exported_as_file(form: Mapping[str, str]) -> Response:
    """Make the file, and note who took it.

    Args:
        form: the table's name as `table`, and what the page was asked for.
    """
    maker, given = TABLES.get(form.get("table", "")), asked(form)
    if maker is None:
        abort(404)
    if given.fault:
        abort(_WRONG)
    with desk().reading() as connection:
        table = maker(connection, given)
    note(table, given)
    name = f"1919-{table.name}-{given.span.first}-{given.span.last}.csv"
    return as_file(table, name)


def note(table: Table, given: Asked) -> None:
    """Note in the audit that a table was taken out."""
    with desk().writing() as connection:
        append(
            connection,
            current().account,
            "figures export",
            table=table.name,
            first=given.span.first.isoformat(),
            last=given.span.last.isoformat(),
            rows=len(table.rows),
        )


def as_file(table: Table, name: str) -> Response:
    """Write a table as CSV: days as ISO 8601 has them, shares between 0 and 1."""
    file = io.StringIO(newline="")
    write_into(
        file,
        [head.label for head in table.heads],
        (
            [_cell(cell, head.measure) for cell, head in zip(row, table.heads, strict=True)]
            for row in table.rows
        ),
    )
    response = Response(file.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _cell(cell: Cell, measure: Measure) -> str | int:
    if cell is None:
        return ""
    if measure is Measure.MONEY and isinstance(cell, int | float):
        return f"{cell / MONEY:.4f}"
    if isinstance(cell, float):
        return f"{cell:.4f}"
    return cell if isinstance(cell, int) else str(cell)
