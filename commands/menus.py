"""`flask menus`: the proof of the menus, and their picture."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from commands.line import line
from menus.check import check
from menus.check_sizes import WORDS_A_PAGE
from menus.diagram import page
from menus.explore import explore, never_shown
from menus.explore_data import tuesday_evening, widest_directory
from menus.flows import HOME, MOVED, SCREENS
from menus.words import load
from models.directory import read_directory

COMMAND = AppGroup("menus", help="The menus.")

PICTURE = Path(__file__).parent.parent / "docs" / "menus.md"
"""Where the picture of the menus is kept."""


@COMMAND.command("check")
def check_menus() -> None:
    """Prove every screen in every language; every fault is listed at once."""
    room = current_app.config["USSD_PAGE"]
    first = current_app.extensions["country"]().first_language
    folder, code = current_app.config["WORDS_DIR"], current_app.config["USSD_CODE"]
    languages = load(folder, code, first=first)
    report = check(SCREENS, HOME, languages, room, MOVED)
    for fault in report.faults:
        click.echo(fault)
    for warning in report.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(
        f"{len(report.faults)} faults; {len(SCREENS)} screens, {len(languages)} languages,"
        f" {report.pages} pages at their widest, the fullest {report.fullest} of {room} septets"
    )
    if report.faults:
        raise click.exceptions.Exit(1)


@COMMAND.command("explore")
def explore_menus() -> None:
    """Walk to every page that callers can reach; every fault is listed.

    With the data of this line and with the widest, in every language, by the real keys.
    """
    room = current_app.config["USSD_PAGE"]
    opened = line()
    with opened.database.working() as connection:
        data = {"real": read_directory(connection), "widest": widest_directory()}
    now = tuesday_evening(opened.country.now_there(opened.clock()))
    walks = []
    for walked in explore(opened.menus, opened.languages, room, opened.country, data, now):
        click.echo(walked)
        walks.append(walked)
    faults = [f"{one.data} data: {fault}" for one in walks for fault in one.faults]
    faults += never_shown(opened.menus, walks)
    for fault in faults:
        click.echo(fault)
    click.echo(
        f"{len(faults)} faults; {sum(one.wordy for one in walks):,} pages of more than"
        f" {WORDS_A_PAGE} words"
    )
    if faults:
        raise click.exceptions.Exit(1)


@COMMAND.command("draw")
def draw_menus() -> None:
    """Draw the menus as a Mermaid diagram, into docs/menus.md."""
    PICTURE.write_text(page(SCREENS, HOME), encoding="utf-8")
    click.echo(f"drawn: {PICTURE.name}, {len(SCREENS)} screens")
