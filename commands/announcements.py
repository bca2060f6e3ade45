"""`flask announce`: what the line tells everybody, published, listed and withdrawn."""

import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from commands.line import line
from commands.operator import operator
from models import announcements
from models.announcements import CENTRE_TEXT, CODE, TEXT, Announcement
from models.audit import append
from models.base import Connection
from models.centres import every_centre
from models.gsm7 import plain, septets

DEMONSTRATION = Path(__file__).with_name("demonstration_announcements.toml")
"""What was announced in January 2024."""

_KNOWN = {"code", "since", "until", "as_of", "centre", "source", "text"}


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
    faults = [fault for entry in entries for fault in _faults(entry, set(languages), centres)]
    codes = Counter(str(entry.get("code")) for entry in entries)
    faults += [f"{code}: the code of {n} announcements" for code, n in codes.items() if n > 1]
    if faults:
        raise BadAnnouncements("\n".join(faults))
    made = [_made(entry) for entry in entries]
    for one in made:
        announcements.publish(connection, one)
    return made


def _faults(entry: Mapping[str, Any], languages: set[str], centres: set[str]) -> Iterator[str]:
    code = str(entry.get("code", ""))
    place = code or "an announcement without a code"
    if not 0 < len(code) <= CODE:
        yield f"{place}: code is not of 1 to {CODE} letters"
    for name in sorted(entry.keys() - _KNOWN):
        yield f"{place}: {name} is not known here"
    yield from _day_faults(place, entry)
    if entry.get("centre", "") not in {"", *centres}:
        yield f"{place}: centre is none that is known"
    if not str(entry.get("source", "")).strip():
        yield f"{place}: source is not given"
    texts = entry.get("text", {})
    if not _is_table(texts):
        yield f"{place}: text is not one for each language"
        return
    room = CENTRE_TEXT if entry.get("centre") else TEXT
    for language in sorted(languages | set(texts)):
        for fault in _text_faults(str(texts.get(language, "")), language, languages, room):
            yield f"{place}: text.{language} {fault}"


def _is_table(given: object) -> bool:
    return isinstance(given, dict)


def _day_faults(place: str, entry: Mapping[str, Any]) -> Iterator[str]:
    for name in ("since", "until", "as_of"):
        day = entry.get(name)
        if (name == "since" or day is not None) and type(day) is not date:
            yield f"{place}: {name} is not a day, as 2026-09-30 is"
    since, until = entry.get("since"), entry.get("until")
    if type(since) is date and type(until) is date and until < since:
        yield f"{place}: until is before since"


def _text_faults(text: str, language: str, languages: set[str], room: int) -> Iterator[str]:
    if language not in languages:
        yield "is in a language that the line does not speak"
    elif not text.strip():
        yield "is not given"
    if wrong := [letter for letter in text.strip() if letter != "?" and plain(letter) == "?"]:
        yield f"has {' '.join(wrong)}, which phones cannot show"
    elif septets(plain(text)) > room:
        yield f"takes {septets(plain(text))} of {room} septets"
    if "\n" in text.strip():
        yield "has more than one line"


def _made(entry: Mapping[str, Any]) -> Announcement:
    return Announcement(
        code=entry["code"],
        since=entry["since"],
        until=entry.get("until"),
        as_of=entry.get("as_of"),
        texts={name: plain(text.strip()) for name, text in entry["text"].items()},
        source=entry["source"],
        centre_code=entry.get("centre", ""),
    )
