"""`flask keys`: the secrets that the line needs."""

import click
from flask.cli import AppGroup

from models.keys import fresh_keys

COMMAND = AppGroup("keys", help="The line's keys and tokens.")


@COMMAND.command()
def new() -> None:
    """Print a fresh set of all keys and tokens, as settings."""
    for name, value in fresh_keys().items():
        click.echo(f"{name}={value}")
    click.echo("Keep ARCHIVE_PRIVATE_KEY away from the line: only rotation needs it.", err=True)
