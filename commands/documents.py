"""`flask documents`: what lies at the centres, and one document of it."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
from flask import current_app
from flask.cli import AppGroup

from commands import demonstration_set
from commands.imports import import_file
from commands.line import line
from commands.operator import operator
from commands.progress import progress
from menus.line import Line
from menus.notices import tell
from menus.wishes import number_hmacs
from models.audit import append
from models.base import Connection
from models.centres import codes_by_name, every_centre
from models.counties import populations
from models.documents import (
    Borne,
    State,
    batch_of,
    bearing,
    change,
    holds_demonstration,
    holds_real,
)
from models.history import WHY, history_of
from models.importing import Import, Origin
from models.numbers import Kind

COMMAND = AppGroup("documents", help="Documents.")
COMMAND.add_command(import_file)


@COMMAND.command()
def demo() -> None:
    """Load the demonstration's documents: the published counts, the same every time."""
    if not current_app.config["DEMO"]:
        raise click.ClickException("demonstration documents are for DEMO=1 only")
    load_demonstration(line())
    for number, what in demonstration_set.TRY:
        click.echo(f"  {number:<12} {what}")


def _named(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the arguments by which one document is named."""
    where = click.option(
        "--centre", default="", help="Where it lies: the centre's code or name."
    )
    return click.argument("kind")(click.argument("number")(where(command)))


@COMMAND.command()
@_named
def show(kind: str, number: str, centre: str) -> None:
    """Show one document: where it is, since when, and what became of it by whose hand.

    NUMBER is one that callers may ask by; for - it is asked for, so that no shell keeps it.
    """
    with _one(kind, number, centre) as (connection, found):
        came, by, why = batch_of(connection, found.loaded_by)
        append(connection, operator(), "documents show", document=found.id)
        click.echo(f"{found.kind}: {found.state} at {found.centre_code}")
        if found.received_on:
            click.echo(f"received on {found.received_on}")
        click.echo(f"confirmed on {found.confirmed_on}")
        click.echo(f"{came:%Y-%m-%d %H:%M} loaded" + (f" by {by}: {why}" if by else ""))
        for one in history_of(connection, found.id):
            click.echo(
                f"{one.at:%Y-%m-%d %H:%M} {one.was.state} at {one.was.centre_code} ->"
                f" {one.now.state} at {one.now.centre_code} by {one.who}: {one.why}"
            )


@COMMAND.command()
@_named
@click.argument("to")
@click.option("--state", default=State.COMING, show_default=True, help="What it is there.")
@click.option("--why", default="by hand", help="The reason, without names or numbers.")
def move(kind: str, number: str, centre: str, to: str, state: str, why: str) -> None:
    """Move one document TO another centre, by its code or name."""
    _refuse_names(kind, state)
    with _one(kind, number, centre) as (connection, found):
        code = _code(connection, "TO", to)
        _change(connection, found, "documents move", _reason(why), State(state), code)


@COMMAND.command("mark")
@_named
@click.argument("state")
@click.option("--why", default="by hand", help="The reason, without names or numbers.")
def mark_document(kind: str, number: str, state: str, centre: str, why: str) -> None:
    """Set the STATE of one document, and tell those who wait for it.

    NUMBER is one that callers may ask by; for - it is asked for, so that no shell keeps it.
    """
    _refuse_names(kind, state)
    with _one(kind, number, centre) as (connection, found):
        _change(connection, found, "documents mark", _reason(why), State(state))


@contextmanager
def _one(kind: str, number: str, centre: str) -> Iterator[tuple[Connection, Borne]]:
    """Give the one document that is meant, in a transaction.

    Raises:
        click.ClickException: there is none, or it may be one of several.
    """
    _refuse_names(kind)
    opened = line()
    if number == "-":
        number = click.prompt("NUMBER", hide_input=True)
    hmacs = number_hmacs(opened.keys, opened.country, number, kind)
    with opened.database.working() as connection:
        yield connection, _only(connection, bearing(connection, hmacs, Kind(kind)), centre)


def _change(
    connection: Connection,
    found: Borne,
    act: str,
    why: str,
    state: State,
    centre_code: str = "",
) -> None:
    """Change a document, tell those who wait for it, and say so."""
    opened, who = line(), operator()
    today = opened.country.day(opened.clock())
    was = change(connection, found.id, today, who, why, state, centre_code)
    told = tell(connection, opened.keys, opened.languages, document_id=found.id)
    append(connection, who, act, document=found.id, state=state, centre=centre_code)
    now = f"{state} at {centre_code}" if centre_code else state
    click.echo(
        f"{was.kind} at {was.centre_code}: was {was.state}, is {now};"
        f" {told} texts to those who asked to be told"
    )


def _reason(why: str) -> str:
    """Give a reason as it is kept.

    Raises:
        click.ClickException: it may hold somebody's number.
    """
    if re.search("[0-9]{5}", why) or len(why) > WHY:
        raise click.ClickException(f"--why is at most {WHY} letters, and no number")
    return why


def _code(connection: Connection, option: str, centre: str) -> str:
    """Give a centre's code.

    Raises:
        click.ClickException: there is no such centre.
    """
    codes = {name.casefold(): code for name, code in codes_by_name(connection).items()}
    code = codes.get(centre.casefold())
    if code is None:
        raise click.ClickException(f"{option}: no centre of this code or name")
    return code


def _refuse_names(kind: str, state: str = State.READY) -> None:
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
        code = _code(connection, "--centre", centre)
        borne = [one for one in borne if one.centre_code == code]
    if not borne:
        raise click.ClickException("no document of this kind bears this number")
    if len(borne) > 1:
        places = ", ".join(sorted({one.centre_code for one in borne}))
        raise click.ClickException(
            f"{len(borne)} documents of this kind bear this number, at {places}: say --centre"
        )
    return borne[0]


def load_demonstration(line: Line) -> bool:
    """Load the demonstration's documents unless they are there; say whether it did."""
    with line.database.working() as connection:
        if holds_demonstration(connection):
            return False
        if holds_real(connection):
            raise click.ClickException("this database holds a centre's own documents")
        rows = demonstration_set.rows(every_centre(connection), populations(connection))
        origin = Origin(why="demonstration", demonstration=True)
        load = Import(connection, line.keys, demonstration_set.AS_OF, origin)
        with progress() as bar:
            task = bar.add_task("documents", total=demonstration_set.TOTAL)
            for done in load.load(rows):
                bar.update(task, completed=done)
    return True
