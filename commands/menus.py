"""`flask menus`: the proof of the menus, and their picture."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from menus.check import check
from menus.diagram import page
from menus.flows import HOME, MOVED, SCREENS
from menus.words import load

COMMAND = AppGroup("menus", help="The menus.")

PICTURE = Path(__file__).parent.parent / "docs" / "menus.md"
"""Where the picture of the menus is kept."""


@COMMAND.command("check")
def check_menus() -> None:
    """Prove every screen in every language; every fault is listed at once."""
    room = current_app.config["USSD_PAGE"]
    languages = load(current_app.config["WORDS_DIR"], current_app.config["USSD_CODE"])
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


@COMMAND.command("draw")
def draw_menus() -> None:
    """Draw the menus as a Mermaid diagram, into docs/menus.md."""
    PICTURE.write_text(page(SCREENS, HOME), encoding="utf-8")
    click.echo(f"drawn: {PICTURE.name}, {len(SCREENS)} screens")
