"""`flask sms`: the sender."""

import signal
from threading import Event

import click
from flask import current_app
from flask.cli import AppGroup

COMMAND = AppGroup("sms", help="Texts.")


@COMMAND.command()
def send() -> None:
    """Send what waits in the outbox, until stopped."""
    send_until = current_app.extensions["send"]()
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    click.echo("the sender is at work")
    send_until(stopped.is_set)
