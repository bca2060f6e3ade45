"""What operators type: one file a noun."""

from flask import Flask

from commands import (
    announcements,
    audit,
    backup,
    campaigns,
    database,
    demonstration,
    documents,
    keys,
    lookups,
    menus,
    people,
    retention,
    sms,
)


def register(app: Flask) -> None:
    """Add every command to the application's `flask`."""
    for noun in (
        audit,
        database,
        demonstration,
        documents,
        keys,
        lookups,
        menus,
        people,
        retention,
        sms,
    ):
        app.cli.add_command(noun.COMMAND)
    for command in campaigns.COMMANDS:
        sms.COMMAND.add_command(command)
    for command in backup.COMMANDS:
        database.COMMAND.add_command(command)
    app.cli.add_command(announcements.announce)
