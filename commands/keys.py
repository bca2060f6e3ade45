"""`flask keys`: the secrets that the line needs, and changing them while it answers."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta

import click
from flask import current_app
from flask.cli import AppGroup

from commands.operator import operator
from commands.progress import progress
from menus.line import Line
from menus.notices import tell
from models import key_versions, rotation
from models.audit import append
from models.key_versions import BEGIN, DONE, Held, held, hmacs_alone, versions_of
from models.keys import Archive, BadKey, fresh_keys, next_keys
from models.retention import looking
from models.rotation import Outcome, PhoneRotation, Rotation

COMMAND = AppGroup("keys", help="The line's keys and tokens.")

_NAMED = 20
"""Refused rows whose ids are printed, of each table."""


@COMMAND.command()
@click.option("--rotate", is_flag=True, help="The keys, a fresh version before the present.")
def new(rotate: bool) -> None:
    """Print a fresh set of all keys and tokens, as settings."""
    for name, value in (_next() if rotate else fresh_keys()).items():
        click.echo(f"{name}={value}")
    if rotate:
        click.echo("Put ARCHIVE_PRIVATE_KEY before those that are kept apart.", err=True)
    click.echo("Keep ARCHIVE_PRIVATE_KEY away from the line: only rotation needs it.", err=True)


def _next() -> dict[str, str]:
    try:
        return next_keys(current_app.extensions["keys"]())
    except BadKey:
        raise click.ClickException("the present keys cannot be read") from None


@COMMAND.command()
def status() -> None:
    """Say how many rows lie under which version of each key."""
    line, _ = _opened(reads=False)
    with closing(line):
        click.echo("\n".join(_said(line)))


@COMMAND.command()
def rotate() -> None:
    """Write all that lies under older keys anew, while the line answers.

    It needs ARCHIVE_PRIVATE_KEY. Broken off at any point, it goes on when it is run again.
    """
    line, archive = _opened(reads=True)
    assert archive is not None  # noqa: S101 - it was asked for
    with closing(line):
        outcome = _rotate(line, archive)
        click.echo("\n".join(_said(line)))
    _refuse(outcome)


def _rotate(line: Line, archive: Archive) -> Outcome:
    _note(line, BEGIN)
    work = Rotation(line.database, line.keys, archive, line.country, operator())
    _with_bar(work.run())
    with line.database.working() as connection:
        told = tell(connection, line.keys, line.languages)
    line.bell.ring()
    moved, refused = work.outcome.moved, sum(map(len, work.outcome.refused.values()))
    _note(line, DONE, rows=moved.total(), refused=refused)
    written = ", ".join(f"{rows:,} {name}" for name, rows in moved.items() if rows)
    click.echo(f"written anew: {written or 'nothing'}; {told} texts to those who waited")
    return work.outcome


def move_phones(line: Line) -> None:
    """Move all that is kept by phone to the current key, as rotation does."""
    _with_bar(PhoneRotation(line.database, line.keys).run())


def _opened(reads: bool) -> tuple[Line, Archive | None]:
    opened: tuple[Line, Archive | None] = current_app.extensions["rotation"](reads=reads)
    return opened


def _note(line: Line, act: str, **about: int) -> None:
    with line.database.working() as connection:
        append(connection, operator(), act, **versions_of(line.keys), **about)


def _with_bar(steps: Iterable[rotation.Progress]) -> None:
    with progress() as bar:
        tasks = {}
        for step in steps:
            if step.what not in tasks:
                tasks[step.what] = bar.add_task(step.what.replace("_", " "), total=step.of)
            bar.update(tasks[step.what], completed=step.done, total=step.of)


def _said(line: Line) -> Iterator[str]:
    """Say what lies under which version, and which keys may go."""
    with looking(line.database) as connection:
        rows = held(connection, line.keys)
        since = key_versions.first_rotation(connection, versions_of(line.keys))
        alone = hmacs_alone(connection, since)
    for one in rows:
        yield f"{one.setting}: {one.what}: {_versions(one)}"
    for setting in dict.fromkeys(one.setting for one in rows):
        older = sum(one.older for one in rows if one.setting == setting)
        kept = f"keep the older: {older:,} rows are under it" if older else "only the current"
        yield f"{setting}: {kept}"
    if line.keys.phone.has_older:
        keep = current_app.config["KEEP"]
        yield from _alone(line, alone, since, max(keep.lookups, keep.reports))


def _alone(
    line: Line, alone: dict[str, int], since: datetime | None, days: int
) -> Iterator[str]:
    """Say what cannot be moved by itself, and when retention will have removed it."""
    named = ", ".join(f"{rows:,} {what}" for what, rows in alone.items() if rows)
    if named:
        yield f"PHONE_KEY: of a phone's HMAC alone, which nobody can move: {named}"
    if named and since:
        last = line.country.day(since + timedelta(days=days))
        yield (
            "PHONE_KEY: by a phone they are found only while the older is kept;"
            f" retention removes the last on {last}"
        )


def _versions(one: Held) -> str:
    if not one.versions:
        return "none"
    return ", ".join(
        f"{rows:,} under {'a version not noted' if version is None else version}"
        for version, rows in sorted(one.versions.items(), key=lambda item: item[0] or 0)
    )


def _refuse(outcome: Outcome) -> None:
    """End with an error where rows were left as they are, naming them by their ids."""
    if not outcome.refused:
        return
    for table, ids in sorted(outcome.refused.items()):
        some = ", ".join(sorted(ids, key=lambda one: (len(one), one))[:_NAMED])
        more = f" and {len(ids) - _NAMED:,} more" if len(ids) > _NAMED else ""
        click.echo(f"left as they are, {table}: {some}{more}", err=True)
    count = sum(map(len, outcome.refused.values()))
    raise click.ClickException(
        f"{count:,} rows do not open, or were in use: run it again; what is named again"
        " was changed by another hand"
    )
