"""`flask menus`: the proof of the menus, and their picture."""

import click
from flask import current_app
from flask.cli import AppGroup

from menus.check import check
from menus.diagram import draw
from menus.flows import HOME, SCREENS
from menus.words import load

COMMAND = AppGroup("menus", help="The menus.")


@COMMAND.command("check")
def check_menus() -> None:
    """Prove every screen in every language; every fault is listed at once."""
    room = current_app.config["USSD_PAGE"]
    languages = load(code=current_app.config["USSD_CODE"])
    report = check(SCREENS, HOME, languages, room)
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
    """Print the menus as a Mermaid diagram."""
    click.echo(draw(SCREENS, HOME))
