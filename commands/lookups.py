"""`flask lookups`: what stands out among the questions that callers ask."""

from collections.abc import Sequence
from datetime import UTC, datetime

import click
from flask.cli import AppGroup

from commands.line import line
from commands.operator import operator
from models.audit import append
from models.base import Unavailable
from models.lookup_flags import Flag, Sign
from models.lookup_flags import close as close_flag
from models.lookup_flags import flags as flags_of

COMMAND = AppGroup("lookups", help="What callers asked for.")

SECONDS = 5.0
"""How long one question to the database may take."""

_LARGEST_ID = 2**63 - 1
_SAYS = {
    Sign.SEQUENCE: "numbers side by side",
    Sign.PHONE: "one phone, no hit",
    Sign.LINE: "the line misses more",
}
_HEAD = ("id", "what", "since (UTC)", "until (UTC)", "count", "phones", "by", "closed (UTC)")


@COMMAND.command()
@click.option("--closed", is_flag=True, help="Those that were closed too.")
@click.option("--most", default=100, show_default=True, type=click.IntRange(1, 10_000))
def flags(closed: bool, most: int) -> None:
    """List what stands out. Nobody is refused anything for it."""
    try:
        with line().database.reading(SECONDS) as connection:
            found = flags_of(connection, closed, most)
    except Unavailable:
        raise click.ClickException("the database does not answer") from None
    click.echo(_table([_HEAD, *map(_row, found)]) if found else "Nothing stands out.")


@COMMAND.command()
@click.argument("flag_id", metavar="ID", type=click.IntRange(1, _LARGEST_ID))
def close(flag_id: int) -> None:
    """Close a flag that was looked into: what was asked until now raises no other one."""
    opened = line()
    now = opened.clock().astimezone(UTC)
    with opened.database.working() as connection:
        kind = close_flag(connection, flag_id, now)
        if kind is None:
            raise click.ClickException(f"there is no open flag {flag_id}")
        append(connection, operator(), "lookups close", flag=flag_id, kind=str(kind))
    click.echo(f"Flag {flag_id} is closed.")


def _row(flag: Flag) -> tuple[str, ...]:
    return (
        str(flag.id),
        _SAYS[flag.kind],
        _moment(flag.first_at),
        _moment(flag.last_at),
        str(flag.count),
        str(flag.phones),
        ", ".join(flag.channels),
        _moment(flag.closed_at) if flag.closed_at else "",
    )


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
