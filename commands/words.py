"""`flask words`: what administrators changed of what screens say: listed, proved, taken back.

Words are proposed and approved on the console's pages alone, where two people sign in.
"""

import click
from flask.cli import AppGroup

from commands.line import line
from commands.operator import operator
from menus.proposals import Refused, take_back
from models import wordings
from models.base import Connection
from models.wordings import Overtaken, Wording

COMMAND = AppGroup("words", help="Words that administrators changed.")


@COMMAND.command("list")
def list_words() -> None:
    """List the versions, the first one first, and what waits for an approval."""
    with line().database.working() as connection:
        known, waiting = wordings.versions(connection), wordings.waiting(connection)
    for one in known:
        back = f", takes back {one.takes_back}" if one.takes_back else ""
        click.echo(f"version {one.version}: {one.author}, {one.decider}{back}")
        _list_changes(one)
    for one in waiting:
        click.echo(f"proposal {one.id}: {one.author}, waits for an approval")
        _list_changes(one)
    click.echo(f"{len(known)} versions; {len(waiting)} proposals wait")


@COMMAND.command("check")
def check_words() -> None:
    """Prove the words in force against the files of this installation; list every fault."""
    with line().database.working() as connection:
        known = wordings.versions(connection)
    faults = line().voices.files.check(wordings.overlay(known)).faults
    for fault in faults:
        click.echo(fault)
    click.echo(f"{len(faults)} faults; version {known[-1].version if known else 0}")
    if faults:
        raise click.exceptions.Exit(1)


@COMMAND.command("take-back")
@click.argument("version", type=int)
def take_words_back(version: int) -> None:
    """Take a VERSION back, at once: its texts say what they said before it."""
    with line().database.working() as connection:
        made = _take_back(connection, version)
    click.echo(f"version {version} is taken back, by version {made}: in force within seconds")


def _take_back(connection: Connection, version: int) -> int:
    """Take a version back; give the number of the one that does so.

    Raises:
        click.ClickException: nothing was done; the text says why.
    """
    try:
        return take_back(connection, line().voices.files, operator(), version)
    except Overtaken:
        raise click.ClickException("somebody changed words meanwhile: try again") from None
    except Refused as refused:
        why = "\n".join(refused.faults) or "nothing of it is left to be taken back"
        raise click.ClickException(f"version {version}: {why}") from None


def _list_changes(wording: Wording) -> None:
    for one in wording.changes:
        click.echo(f"  {one.path} ({one.language}): {one.before!r} -> {one.after!r}")
