"""`flask sms`: the sender, how it stands, and messages that a person must settle."""

import json
import os
import signal
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from threading import Event
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from commands.line import line
from commands.operator import operator
from models.audit import append
from models.base import Unavailable
from models.outbox import Delivery
from models.reported import NotToSettle, Verdict, settle_by_hand
from models.sms_counts import Counts, Unknown, sms_counts, unknown_ones
from models.spending import MONEY, Limits

COMMAND = AppGroup("sms", help="Texts.")

SECONDS = 5.0
"""How long one question to the database may take."""

_BEHIND_CALLERS = 5
"""How much the sender gives way where processors are short: texts have time, hops have not."""

_LARGEST_ID = 2**63 - 1
_AWAY = "the database does not answer"


@COMMAND.command()
def send() -> None:
    """Send what waits in the outbox, until stopped."""
    os.nice(_BEHIND_CALLERS)
    send_until = current_app.extensions["send"]()
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    click.echo("the sender is at work")
    send_until(stopped.is_set)


@COMMAND.command()
@click.option("--json", "as_json", is_flag=True, help="For scripts: one JSON object.")
def status(as_json: bool) -> None:
    """Tell what waits, what became of the rest, and what it came to today."""
    opened = line()
    limits: Limits = current_app.config["SMS_LIMITS"]
    try:
        counts = sms_counts(
            opened.database, opened.country.day(opened.clock()), limits, SECONDS
        )
    except Unavailable:
        raise click.ClickException(_AWAY) from None
    if as_json:
        click.echo(json.dumps(_for_scripts(counts), default=datetime.isoformat))
    else:
        click.echo("\n\n".join(_status(counts, opened.country.currency)))


@COMMAND.command()
@click.option("--most", default=100, show_default=True, type=click.IntRange(1, 100_000))
def unknown(most: int) -> None:
    """List messages of unknown fate: they may have arrived, and are not sent again."""
    opened = line()
    try:
        with opened.database.reading(SECONDS) as connection:
            found = unknown_ones(connection, most)
    except Unavailable:
        raise click.ClickException(_AWAY) from None
    if found:
        head = ("id", "submitted (UTC)", "gateway", "reason", "attempts", "campaign")
        click.echo(_table([head, *map(_unknown, found)]))
    else:
        click.echo("There is no message of unknown fate.")


@COMMAND.command()
@click.argument("message_id", metavar="ID", type=click.IntRange(1, _LARGEST_ID))
@click.argument("verdict", type=click.Choice([str(one) for one in Verdict]))
def settle(message_id: int, verdict: str) -> None:
    """Settle a message of unknown fate; AGAIN sends it once more, as a new message."""
    opened = line()
    try:
        with opened.database.working() as connection:
            settle_by_hand(connection, opened.keys, message_id, Verdict(verdict))
            append(connection, operator(), "sms settle", message=message_id, verdict=verdict)
    except NotToSettle as why:
        raise click.ClickException(f"Message {message_id} is left alone: {why}.") from None
    done = "is sent once more" if verdict == Verdict.AGAIN else f"is {verdict} now"
    click.echo(f"Message {message_id} {done}.")


def _status(counts: Counts, currency: str) -> Iterable[str]:
    """Write the parts of the table, each with a head of its own."""
    yield _table([("messages", ""), *((state, str(n)) for state, n in counts.states.items())])
    yield _table([("queued", "all", "due", "oldest due for"), *_waiting(counts)])
    ages = counts.unknown
    unknown = [str(ages.hour), str(ages.day), str(ages.older)]
    yield _table([("unknown for", "under 1 h", "under 1 day", "longer"), ("", *unknown)])
    over = {_span(window): str(n) for window, n in counts.handed_over.items()}
    yield _table([("handed over in the last", *over), ("", *over.values())])
    spent, limits = counts.spent, counts.limits
    segments = ("segments", str(spent.segments), str(limits.segments or "no limit"))
    money = (
        currency,
        _money(spent.money),
        _money(limits.money) if limits.money else "no limit",
    )
    yield _table([("today", "spent", "of"), segments, money])
    yield _table([("besides", ""), *_besides(counts)])
    away = [
        f"AWAY: {one.name} since {one.since:%Y-%m-%d %H:%M} UTC: {one.reason}"
        for one in counts.away
    ]
    yield "\n".join(away) or "no gateway is away"


def _for_scripts(counts: Counts) -> dict[str, Any]:
    """Give the counts as JSON has them: priorities by name, money in the currency."""
    data = asdict(counts)
    del data["spent"], data["limits"]
    data["waiting"] = {one.name.lower(): data["waiting"][one] for one in counts.waiting}
    data["today"] = {
        "segments": counts.spent.segments,
        "segments_limit": counts.limits.segments,
        "money": counts.spent.money / MONEY,
        "money_limit": counts.limits.money / MONEY,
    }
    return data


def _waiting(counts: Counts) -> Iterable[tuple[str, ...]]:
    for priority, one in counts.waiting.items():
        oldest = _span(one.oldest_due_seconds) if one.due else ""
        yield priority.name.lower(), str(one.queued), str(one.due), oldest


def _besides(counts: Counts) -> Iterable[tuple[str, str]]:
    if counts.states[Delivery.SUBMITTING]:
        yield "oldest submission under way for", _span(counts.submitting_seconds)
    yield "reports of no known message", str(counts.strays)
    yield "subscriptions that are open", str(counts.subscriptions)
    yield "phones that want no texts unasked", str(counts.stopped)


def _unknown(one: Unknown) -> tuple[str, ...]:
    submitted = f"{one.submitted_at:%Y-%m-%d %H:%M:%S}" if one.submitted_at else ""
    campaign = str(one.campaign_id or "")
    return str(one.id), submitted, one.gateway, one.reason, str(one.attempts), campaign


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Write rows as columns, the first of them flush left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        ).rstrip()
        for row in rows
    )


def _span(seconds: float) -> str:
    """Write a stretch of time in its largest unit and the next."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    hours, minutes = divmod(whole // 60, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} days"


def _money(money: int) -> str:
    return f"{money / MONEY:.2f}"
