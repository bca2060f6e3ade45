"""`flask documents`: loading what lies at the centres."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from commands import demonstration_set
from commands.centre_list import CentreList, Refusal
from commands.line import line
from menus.line import Line
from menus.notices import tell
from menus.wishes import number_hmacs
from models.base import Connection
from models.centres import codes_by_name, every_centre
from models.counties import populations
from models.documents import (
    Borne,
    State,
    bearing,
    holds_demonstration,
    holds_real,
    mark,
)
from models.importing import AlreadyLoaded, Import, Outcome
from models.numbers import Kind

COMMAND = AppGroup("documents", help="Documents.")


@COMMAND.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_file(file: Path) -> None:
    """Load a centre's list: all of it, or nothing and a report of every refused row."""
    opened = line()
    today = opened.country.day(datetime.now(UTC))
    try:
        outcome, told = load_file(opened, file, today)
    except AlreadyLoaded:
        click.echo("This very file was loaded before: nothing to change.")
        return
    except Refused as refused:
        for refusal in refused.refusals:
            click.echo(str(refusal))
        raise click.ClickException(
            f"{len(refused.refusals)} faults: nothing was loaded."
        ) from None
    click.echo(
        f"{outcome.rows} rows: {outcome.added} new, {outcome.changed} changed,"
        f" {outcome.confirmed} confirmed, {outcome.same} as they were;"
        f" {told} texts to those who asked to be told"
    )


@COMMAND.command()
def demo() -> None:
    """Load the demonstration's documents: the published counts, the same every time."""
    if not current_app.config["DEMO"]:
        raise click.ClickException("demonstration documents are for DEMO=1 only")
    load_demonstration(line())
    for number, what in demonstration_set.TRY:
        click.echo(f"  {number:<12} {what}")


@COMMAND.command("mark")
@click.argument("kind")
@click.argument("number")
@click.argument("state")
@click.option("--centre", default="", help="Where it lies: the centre's code or name.")
def mark_document(kind: str, number: str, state: str, centre: str) -> None:
    """Set the state of one document, and tell those who wait for it.

    NUMBER is one that callers may ask by; for - it is asked for, so that no shell keeps it.
    """
    opened = line()
    _refuse_names(kind, state)
    if number == "-":
        number = click.prompt("NUMBER", hide_input=True)
    hmacs = number_hmacs(opened.keys, opened.country, number, kind)
    today = opened.country.day(opened.clock())
    with opened.database.working() as connection:
        found = _only(connection, bearing(connection, hmacs, Kind(kind)), centre)
        mark(connection, found.id, State(state), today)
        told = tell(connection, opened.keys, opened.languages, document_id=found.id)
    opened.bell.ring()
    click.echo(
        f"{kind} at {found.centre_code}: was {found.state}, is {state};"
        f" {told} texts to those who asked to be told"
    )


def _refuse_names(kind: str, state: str) -> None:
    """Refuse a kind or a state that is none, without a word of what was typed."""
    faults = []
    if kind not in set(Kind):
        faults.append(f"KIND is not one of: {', '.join(Kind)}")
    if state not in set(State):
        faults.append(f"STATE is not one of: {', '.join(State)}")
    if faults:
        raise click.ClickException("\n".join(faults))


def _only(connection: Connection, borne: Sequence[Borne], centre: str) -> Borne:
    """Give the one document that is meant.

    Raises:
        click.ClickException: there is none, or it may be one of several.
    """
    if centre:
        codes = {name.casefold(): code for name, code in codes_by_name(connection).items()}
        code = codes.get(centre.casefold())
        if code is None:
            raise click.ClickException("--centre: no centre of this code or name")
        borne = [one for one in borne if one.centre_code == code]
    if not borne:
        raise click.ClickException("no document of this kind bears this number")
    if len(borne) > 1:
        places = ", ".join(sorted({one.centre_code for one in borne}))
        raise click.ClickException(
            f"{len(borne)} documents of this kind bear this number, at {places}: say --centre"
        )
    return borne[0]


class Refused(Exception):
    """Rows were refused, so nothing was loaded."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__(len(refusals))
        self.refusals = refusals


def load_file(line: Line, file: Path, today: date) -> tuple[Outcome, int]:
    """Load a centre's list in one transaction, and tell those who wait for its documents.

    Returns:
        What the import did, and how many texts were queued.

    Raises:
        AlreadyLoaded: this very file was.
        Refused: with every refused row.
    """
    digest = _digest(file)
    with line.database.working() as connection:
        load = Import(connection, line.keys, today, digest)
        with file.open("rb") as raw, _bar() as bar:
            task = bar.add_task(file.name, total=file.stat().st_size)
            rows = CentreList(raw, codes_by_name(connection), line.country, today)
            for _ in load.load(rows):
                bar.update(task, completed=raw.tell())
            bar.update(task, completed=file.stat().st_size)
        if rows.refusals:
            raise Refused(rows.refusals)
        told = tell(connection, line.keys, line.languages, load.outcome.batch_id)
        return load.outcome, told


def load_demonstration(line: Line) -> bool:
    """Load the demonstration's documents unless they are there; say whether it did."""
    with line.database.working() as connection:
        if holds_demonstration(connection):
            return False
        if holds_real(connection):
            raise click.ClickException("this database holds a centre's own documents")
        rows = demonstration_set.rows(every_centre(connection), populations(connection))
        load = Import(connection, line.keys, demonstration_set.AS_OF, demonstration=True)
        with _bar() as bar:
            task = bar.add_task("documents", total=demonstration_set.TOTAL)
            for done in load.load(rows):
                bar.update(task, completed=done)
    return True


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
