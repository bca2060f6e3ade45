"""`flask line`: what operators pause for a while, and what they tell callers meanwhile."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import click
from flask import current_app
from flask.cli import AppGroup

from commands.line import line
from commands.operator import operator
from commands.sayings import faults
from models import switches
from models.audit import append
from models.base import Unavailable
from models.country import Country
from models.gsm7 import plain
from models.switches import Part, Switches

COMMAND = AppGroup("line", help="The line as a whole: what is paused, what callers are told.")

SECONDS = 5.0
"""How long one question to the database may take."""

_AWAY = "the database does not answer"
_PART = click.Choice([str(one) for one in Part])
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_HELD = {
    Part.SMS: "texts wait in the outbox, and none is lost",
    Part.CAMPAIGNS: "campaigns wait, other texts go out",
    Part.LOOKUPS: "nothing is looked up, as if the database were away",
}
_SHOWN = "Callers see it within ten seconds."


@COMMAND.command()
@click.argument("part", type=_PART)
def pause(part: str) -> None:
    """Pause SMS, CAMPAIGNS or LOOKUPS, until they are resumed: nothing is lost by it."""
    new = _switch(Part(part), pausing=True)
    click.echo(f"{part}: {'paused' if new else 'was paused already'}: {_HELD[Part(part)]}")


@COMMAND.command()
@click.argument("part", type=_PART)
def resume(part: str) -> None:
    """Let SMS, CAMPAIGNS or LOOKUPS go on."""
    was = _switch(Part(part), pausing=False)
    click.echo(f"{part}: {'goes on' if was else 'was not paused'}")


@COMMAND.command()
@click.argument("texts", nargs=-1, metavar="TEXT...")
@click.option("--language", "languages", multiple=True, help="Of each TEXT, in their order.")
@click.option("--until", help="06:00, the next time it is that, or 2026-12-01T06:00.")
@click.option("--nothing", is_flag=True, help="Tell them nothing any more.")
def say(
    texts: tuple[str, ...], languages: tuple[str, ...], until: str | None, nothing: bool
) -> None:
    """Tell callers something on the home page: one TEXT for each language of the line.

    It is proved to fit before anybody sees it. What is said now replaces what was.
    """
    if nothing == bool(texts) or len(texts) != len(languages):
        raise click.UsageError("Give a --language for each TEXT, or --nothing.")
    opened = line()
    said = {name: plain(one.strip()) for name, one in zip(languages, texts, strict=True)}
    if said:
        given = dict(zip(languages, texts, strict=True))
        found = list(faults(given, opened.voices.now, current_app.config["USSD_PAGE"]))
        if found:
            raise click.ClickException("\n".join(["Nothing is told:", *found]))
    ends = _moment(until, opened.country, opened.clock()) if until else None
    try:
        with opened.database.writing(SECONDS) as connection:
            switches.say(connection, said, ends)
            append(connection, operator(), "line say", languages=" ".join(said))
    except Unavailable:
        raise click.ClickException(_AWAY) from None
    click.echo(f"{'Told' if said else 'Nothing is told any more'}. {_SHOWN}")


@COMMAND.command()
def status() -> None:
    """Tell what is paused, and what callers are told."""
    opened = line()
    try:
        with opened.database.reading(SECONDS) as connection:
            stand = switches.read_switches(connection)
    except Unavailable:
        raise click.ClickException(_AWAY) from None
    for one in _status(stand, opened.country, opened.clock()):
        click.echo(one)


def _switch(part: Part, pausing: bool) -> bool:
    """Pause a part or let it go on, and say whether that changed anything."""
    turn = switches.pause if pausing else switches.resume
    try:
        with line().database.writing(SECONDS) as connection:
            changed = turn(connection, part)
            if changed:
                act = "line pause" if pausing else "line resume"
                append(connection, operator(), act, part=str(part))
    except Unavailable:
        raise click.ClickException(_AWAY) from None
    return changed


def _status(stand: Switches, country: Country, moment: datetime) -> Iterator[str]:
    for part in Part:
        since = stand.paused.get(part)
        paused = since and f"PAUSED since {country.now_there(since):%Y-%m-%d %H:%M}"
        yield f"{part}: {paused or 'at work'}"
    said = stand.said(moment)
    ends = stand.until and f" until {country.now_there(stand.until):%Y-%m-%d %H:%M}"
    yield f"told to callers{(said and ends) or ''}:{'' if said else ' nothing'}"
    for language, text in (said or {}).items():
        yield f"  {language}: {text}"


def _moment(text: str, country: Country, now: datetime) -> datetime:
    """Read a moment there: a time of day, which is the next one, or a day with a time."""
    there = country.now_there(now)
    if shape := _CLOCK.fullmatch(text):
        at = there.replace(hour=int(shape[1]), minute=int(shape[2]), second=0, microsecond=0)
        return at if at > there else at + timedelta(days=1)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError("--until is not of the form 06:00 or 2026-12-01T06:00") from None
    at = at if at.tzinfo else at.replace(tzinfo=there.tzinfo)
    if at <= there:
        raise click.UsageError("--until is past")
    return at
