"""`flask summaries`: counting days anew, beside what the sender does by itself."""

from datetime import date, datetime

import click
from flask import current_app
from flask.cli import AppGroup

from commands.line import line
from commands.operator import operator
from models.audit import append
from models.summaries.refresh import due, oldest, refresh
from models.summaries.span import Span

COMMAND = AppGroup("summaries", help="What supervisors see, counted by day.")

_DAY = click.DateTime(["%Y-%m-%d"])


@COMMAND.command("refresh")
@click.option("--from", "first", type=_DAY, help="The first day; by default what is due.")
@click.option("--to", "last", type=_DAY, help="The last day; by default today.")
def refresh_days(first: datetime | None, last: datetime | None) -> None:
    """Count days anew from the rows themselves; documents as they stand, today alone.

    The sender does it every quarter of an hour for today and yesterday. What people did on
    the line is counted as it happens, and is not counted anew.
    """
    opened = line()
    now = opened.clock()
    today, keep = opened.country.day(now), current_app.config["KEEP"]
    with opened.database.working() as connection:
        days = due(connection, keep, today)
    if first or last:
        begin = first.date() if first else today
        days = _days(Span(begin, last.date() if last else today), oldest(keep, today), today)
    refresh(opened.database, opened.country, now, days)
    with opened.database.working() as connection:
        about = {"first": days[0].isoformat(), "last": days[-1].isoformat()}
        append(connection, operator(), "summaries refresh", days=len(days), **about)
    click.echo(f"counted: {len(days)} days, {days[0]} to {days[-1]}")


def _days(span: Span, first: date, today: date) -> list[date]:
    """List the days of a span, where all of their rows are there.

    Raises:
        click.ClickException: some are not.
    """
    if span.last < span.first or span.last > today:
        raise click.ClickException("the last day lies before the first, or is still to come")
    if span.first < first:
        raise click.ClickException(
            f"what happened before {first} may have been removed by retention:"
            " such days are let alone"
        )
    return list(span)
