"""`flask retention`: removing what was kept for as long as the settings say."""

from collections import Counter

import click
from flask import current_app
from flask.cli import AppGroup

from commands.line import line
from commands.operator import operator
from models.jobs import sweep
from models.retention import Keep, apply, due, looking
from models.uploads import Uploads

COMMAND = AppGroup("retention", help="What is kept, and for how long.")


@COMMAND.command("apply")
@click.option("--dry-run", is_flag=True, help="Count what would go, and remove nothing.")
def apply_retention(dry_run: bool) -> None:
    """Remove what was kept for long enough, in small batches while the line answers.

    What is still open stays, however old. Run it every night.
    """
    opened = line()
    keep: Keep = current_app.config["KEEP"]
    now = opened.clock()
    if dry_run:
        with looking(opened.database) as connection:
            counts = Counter(due(connection, keep, now))
    else:
        counts = Counter()
        for name, rows in apply(opened.database, keep, now, operator()):
            counts[name] += rows
        sweep(opened.database, Uploads(current_app.config["VAR_DIR"] / "uploads", opened.keys))
    for name, rows in counts.items():
        if rows or dry_run:
            click.echo(f"{name}: {rows:,}")
    went = "would go" if dry_run else "gone"
    click.echo(f"{went}: {counts.total():,} rows, as of {now:%Y-%m-%d}")
