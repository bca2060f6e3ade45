"""`flask report`: what the line tells the ministry."""

import re
from datetime import date
from pathlib import Path

import click
from defusedcsv import csv
from flask.cli import AppGroup

from commands.line import line
from menus.sheet import HEAD, cells, sheet, sheets, written
from models.base import Unavailable
from models.summaries.week import DAYS, Week, monday_of
from models.summaries.week import week as week_of

COMMAND = AppGroup("report", help="What the line tells the ministry.")

SECONDS = 5.0
"""How long one question to the database may take."""

_WEEK = re.compile(r"[0-9]{4}-W[0-9]{2}")


def _monday(_context: click.Context, _param: click.Parameter, value: str | None) -> date | None:
    """Read a week, and give its Monday."""
    if value is None:
        return None
    try:
        if _WEEK.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"there is no week {value}") from None
    raise click.BadParameter("a week is written as 2026-W46")


@COMMAND.command()
@click.option(
    "--week",
    "monday",
    callback=_monday,
    metavar="WEEK",
    help="As 2026-W46; by default the last that is over.",
)
@click.option("--language", default="en", show_default=True, type=click.Choice([*sheets()]))
@click.option(
    "--csv",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the figures to a file, too.",
)
def week(monday: date | None, language: str, file: Path | None) -> None:
    """Print the week's sheet, beside the week before: uncollected, received, collected."""
    opened = line()
    today = opened.country.day(opened.clock())
    monday = monday or date.fromordinal(monday_of(today).toordinal() - DAYS)
    try:
        with opened.database.reading(SECONDS) as connection:
            told = week_of(connection, monday, today)
    except Unavailable:
        raise click.ClickException("the database does not answer") from None
    if file:
        _write(file, told)
    click.echo(written(sheet(language), told, today))


def _write(file: Path, told: Week) -> None:
    """Write the figures as CSV, and the days that are in none of them."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(HEAD)
        writer.writerows(cells(told))
        for day in (*told.before.missing, *told.this.missing):
            writer.writerow(("not_counted", day.isoformat()))
