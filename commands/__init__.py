"""What operators type: one file a noun."""

from flask import Flask

from commands import announcements, database, demonstration, documents, keys, menus, sms


def register(app: Flask) -> None:
    """Add every command to the application's `flask`."""
    for noun in (database, demonstration, documents, keys, menus, sms):
        app.cli.add_command(noun.COMMAND)
    app.cli.add_command(announcements.announce)
