"""`flask announce`: what the line tells everybody, published, listed and withdrawn."""

import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from commands.line import line
from commands.operator import operator
from models import announcements
from models.announcements import Announcement
from models.announcing import faults, made
from models.audit import append
from models.base import Connection
from models.centres import every_centre

DEMONSTRATION = Path(__file__).with_name("demonstration_announcements.toml")
"""What was announced in January 2024."""


class BadAnnouncements(click.ClickException):
    """Nothing was published; the text names every fault."""


@click.command("announce")
@click.argument("file", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--withdraw", metavar="CODE", help="Show an announcement no longer.")
@with_appcontext
def announce(file: Path | None, withdraw: str | None) -> None:
    """Publish the announcements of a FILE (TOML), all of them or none.

    Without a file, list what is published. Callers see a change within ten seconds.
    """
    done: list[tuple[str, str]] = []
    with line().database.working() as connection:
        if withdraw:
            gone = announcements.withdraw(connection, withdraw)
            done += [("withdraw", withdraw)] if gone else []
            click.echo(f"{withdraw}: {'withdrawn' if gone else 'there is none of that code'}")
        if file:
            for one in publish(connection, file, line().languages):
                done.append(("publish", one.code))
                click.echo(f"{one.code}: published")
        if not (file or withdraw):
            for one in announcements.every(connection):
                click.echo(f"{one.code}: {one.since} to {one.until or 'further notice'}")
        for act, code in done:
            append(connection, operator(), f"announcement {act}", code=code)


def publish(
    connection: Connection, file: Path, languages: Collection[str]
) -> list[Announcement]:
    """Publish the announcements of a file.

    Raises:
        BadAnnouncements: naming every fault; nothing was published.
    """
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadAnnouncements(f"{file.name} cannot be read: {error}") from None
    entries = given.get("announcements")
    if not (isinstance(entries, list) and entries and all(map(_is_table, entries))):
        raise BadAnnouncements(f"{file.name}: no [[announcements]]")
    centres = {one.code for one in every_centre(connection)}
    found = [fault for entry in entries for fault in _faults(entry, set(languages), centres)]
    codes = Counter(str(entry.get("code")) for entry in entries)
    found += [f"{code}: the code of {n} announcements" for code, n in codes.items() if n > 1]
    if found:
        raise BadAnnouncements("\n".join(found))
    published = [made(entry) for entry in entries]
    for one in published:
        announcements.publish(connection, one)
    return published


def _faults(entry: Mapping[str, Any], languages: set[str], centres: set[str]) -> Iterator[str]:
    place = str(entry.get("code", "")) or "an announcement without a code"
    for fault in faults(entry, languages, centres):
        yield f"{place}: {fault}"


def _is_table(given: object) -> bool:
    return isinstance(given, dict)
