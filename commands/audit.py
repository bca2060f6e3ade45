"""`flask audit`: what was done, and whether the chain that says so still holds."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click
from flask.cli import AppGroup

from commands.line import line
from models.audit import acts
from models.base import Database, Unavailable
from models.chain import Anchor, BadAnchor, Checked, read_anchors
from models.chain import anchor as anchor_now
from models.chain import verify as check

COMMAND = AppGroup("audit", help="The audit.")

_AWAY = "the database does not answer"
_DAYS = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"])


@COMMAND.command()
@click.option("--anchor", "file", type=click.File(), help="A file of anchors; - for typing.")
@click.option("--chain-only", is_flag=True, help="Leave out the look-ups that it names.")
def verify(file: TextIO | None, chain_only: bool) -> None:
    """Check that no act was edited, deleted, inserted or put in another place.

    With anchors that were kept elsewhere, also that none was cut off the end, and that
    the chain was not written anew. Ends with 1 where anything is wrong.
    """
    try:
        anchors = read_anchors(file) if file else []
    except (BadAnchor, UnicodeDecodeError) as bad:
        why = bad if isinstance(bad, BadAnchor) else "it is not a text"
        raise click.ClickException(f"--anchor: {why}") from None
    checked = verified(line().database, anchors, not chain_only)
    click.echo("\n".join(told(checked)))
    if not checked.holds:
        raise SystemExit(1)


@COMMAND.command()
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Add it to FILE.")
def anchor(to: Path | None) -> None:
    """Print the number and the hash of the last act: keep them elsewhere, also on paper."""
    try:
        with line().database.reading() as connection:
            written = anchor_now(connection).written()
    except Unavailable:
        raise click.ClickException(_AWAY) from None
    click.echo(written)
    if to:
        try:
            _add(to, written)
        except OSError as error:
            raise click.ClickException(f"--to: {error.strerror}") from None


@COMMAND.command("list")
@click.option("--since", type=_DAYS, help="None from before this day or moment (UTC).")
@click.option("--act", default="", help="Only acts that begin so: people, people erase.")
@click.option("--most", default=1_000, show_default=True, type=click.IntRange(1, 1_000_000))
def every(since: datetime | None, act: str, most: int) -> None:
    """List the latest acts, the oldest of them first."""
    moment = since and since.replace(tzinfo=UTC)
    with line().database.reading() as connection:
        for one in acts(connection, moment, act, most):
            click.echo(f"{one.id}  {one.at}  {one.who}  {one.act}  {one.about}")


def verified(
    database: Database, anchors: Sequence[Anchor] = (), with_lookups: bool = True
) -> Checked:
    """Check the chain, and the look-ups that it names if they are wanted.

    Raises:
        click.ClickException: the database does not answer.
    """
    try:
        return check(database, anchors, with_lookups)
    except Unavailable:
        raise click.ClickException(_AWAY) from None


def told(checked: Checked) -> Iterator[str]:
    """Tell what came of a check, a line at a time."""
    yield from checked.faults
    if checked.more:
        yield f"and {checked.more:,} faults more"
    if not checked.holds:
        yield f"THE AUDIT DOES NOT HOLD: the first bad row is {checked.first_bad}"
    else:
        yield f"the audit holds: {checked.rows:,} acts"
    if checked.batches or checked.forgotten:
        yield (
            f"batches of look-ups: {checked.batches:,} as recorded,"
            f" {checked.forgotten:,} removed by retention"
        )
    if checked.anchors:
        yield f"anchors compared: {checked.anchors:,}"
    else:
        yield (
            "compared with no anchor: if acts were cut off the end, or all was written anew,"
            " this cannot show it"
        )


def _add(file: Path, written: str) -> None:
    """Add a line to a file, so that it is there after a power cut."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, f"{written}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
