"""The line, for commands: opened when a command first wants it."""

from flask import current_app

from menus.line import Line


def line() -> Line:
    """Open the line, or give the one that is open.

    Raises:
        click.ClickException: the settings do not allow it; the text names every fault.
    """
    opened: Line = current_app.extensions["line"]()
    return opened
