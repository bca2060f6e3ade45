"""What operators type: one file a noun."""

from flask import Flask

from commands import (
    agents,
    announcements,
    audit,
    backup,
    campaigns,
    database,
    demonstration,
    doctor,
    documents,
    jobs,
    keys,
    lookups,
    menus,
    people,
    report,
    retention,
    sms,
    summaries,
    switches,
    words,
)


def register(app: Flask) -> None:
    """Add every command to the application's `flask`."""
    for noun in (
        agents,
        audit,
        database,
        demonstration,
        documents,
        jobs,
        keys,
        lookups,
        menus,
        people,
        report,
        retention,
        sms,
        summaries,
        switches,
        words,
    ):
        app.cli.add_command(noun.COMMAND)
    for command in campaigns.COMMANDS:
        sms.COMMAND.add_command(command)
    for command in backup.COMMANDS:
        database.COMMAND.add_command(command)
    app.cli.add_command(announcements.announce)
    app.cli.add_command(doctor.doctor)
