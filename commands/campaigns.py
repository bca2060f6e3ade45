"""`flask sms campaign`: reminding the owners of documents that lie ready and unfetched."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial

import click
from flask import current_app
from flask.cli import with_appcontext

from commands.keys import move_phones
from commands.line import line
from commands.operator import operator
from commands.progress import progress
from menus import campaigns as written
from menus.campaigns import Tally
from menus.line import Line
from models import campaigns
from models.audit import append
from models.base import Connection
from models.campaigns import MOST_DAYS, NAME, NAMED, Choice, OtherChoice, Stopped
from models.centres import codes_by_name
from models.ledgers import Ledger
from models.ledgers import ledger as ledger_of
from models.numbers import Kind
from models.outbox import Delivery
from models.sending_hours import FROM, SECONDS, TILL
from models.spending import MONEY, Limits, campaigns_day

_UNKNOWN = "?"
"""Comes before the name of a centre that there is none of."""


@click.command("campaign")
@click.argument("name")
@click.option("--days", type=int, required=True, metavar="N", help="Ready for N days or more.")
@click.option("--until-days", type=int, metavar="M", help="Ready for M days at most.")
@click.option("--centre", multiple=True, help="At this centre: its code or name.")
@click.option("--kind", multiple=True, help="Of this kind.")
@click.option("--language", default="", help="For owners who have chosen none.")
@click.option(
    "--told-within", type=int, default=14, metavar="D", help="Leave out who was told so lately."
)
@click.option("--dry-run", is_flag=True, help="Print what it would come to, and queue nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def campaign(
    name: str,
    days: int,
    until_days: int | None,
    centre: tuple[str, ...],
    kind: tuple[str, ...],
    language: str,
    told_within: int,
    dry_run: bool,
    yes: bool,
) -> None:
    """Remind the owners of documents that lie ready and unfetched, one text each.

    A campaign that was broken off, or is run again later, goes on under the same NAME: who
    is in it already gets nothing more.
    """
    opened = line()
    choice = Choice(
        days,
        until_days,
        _centres(opened, centre),
        _kinds(kind),
        told_within,
        language,
    )
    _refuse_faults(opened, name, choice, kind)
    if opened.keys.phone.has_older:
        move_phones(opened)  # an owner is one owner, under one key
    planned = _with_bar("choosing", written.plan, opened, name, choice)
    click.echo("\n".join(_summary(planned, opened.country.currency)))
    if dry_run:
        click.echo("dry run: nothing was queued")
        return
    if not yes:
        click.confirm("Queue these messages?", abort=True)
    tally = _queue(opened, name, choice)
    opened.bell.ring()
    click.echo(f"{name}: {tally.recipients:,} messages queued, of {tally.told:,} documents")


@click.command("campaigns")
@with_appcontext
def every() -> None:
    """List the campaigns, the latest first."""
    opened = line()
    with opened.database.working() as connection:
        for one in campaigns.every_campaign(connection):
            day = opened.country.day(one.made_at)
            stopped = ", stopped" if one.stopped else ""
            click.echo(
                f"{one.name}: {day}, {one.messages:,} messages, {one.queued:,} queued{stopped}"
            )


@click.command("campaign-stop")
@click.argument("name")
@with_appcontext
def stop(name: str) -> None:
    """Hold back what a campaign has queued; what senders have in hand goes out."""
    with line().database.working() as connection:
        campaign_id = _known(connection, name)
        held_back = campaigns.stop(connection, campaign_id)
        _note("campaign stop", connection, campaign_id, held_back)
    click.echo(f"{name}: stopped, {held_back:,} messages held back")


@click.command("campaign-resume")
@click.argument("name")
@with_appcontext
def resume(name: str) -> None:
    """Let a campaign go on that was stopped."""
    opened = line()
    with opened.database.working() as connection:
        campaign_id = _known(connection, name)
        due = campaigns.resume(connection, campaign_id)
        _note("campaign resume", connection, campaign_id, due)
    opened.bell.ring()
    click.echo(f"{name}: goes on, {due:,} messages due")


@click.command("ledger")
@click.argument("name")
@with_appcontext
def ledger(name: str) -> None:
    """Tell what became of a campaign."""
    opened = line()
    with opened.database.working() as connection:
        found = ledger_of(connection, _known(connection, name))
    click.echo(f"{name}: stopped" if found.stopped else name)
    for told in _ledger(found, opened.country.currency):
        click.echo(told)


COMMANDS = (campaign, every, stop, resume, ledger)


def _note(act: str, connection: Connection, campaign_id: int, messages: int) -> None:
    append(connection, operator(), act, campaign=campaign_id, messages=messages)


def _known(connection: Connection, name: str) -> int:
    campaign_id = campaigns.id_of(connection, name)
    if campaign_id is None:
        raise click.ClickException(f"there is no campaign {name}")
    return campaign_id


def _centres(line: Line, given: Sequence[str]) -> tuple[str, ...]:
    """Give the codes of centres by what they are called; of one not known, what was typed."""
    if not given:
        return ()
    with line.database.working() as connection:
        codes = {name.casefold(): code for name, code in codes_by_name(connection).items()}
    return tuple(sorted({codes.get(one.casefold(), f"{_UNKNOWN}{one}") for one in given}))


def _kinds(given: Sequence[str]) -> tuple[Kind, ...]:
    return tuple(one for one in Kind if one in given)


def _refuse_faults(line: Line, name: str, choice: Choice, kinds: Sequence[str]) -> None:
    """Refuse what cannot be a campaign, with every fault at once."""
    if faults := list(_faults(line, name, choice, kinds)):
        raise click.ClickException("\n".join(faults))


def _faults(line: Line, name: str, choice: Choice, kinds: Sequence[str]) -> Iterator[str]:
    if not NAMED.fullmatch(name):
        yield f"NAME: not of 1 to {NAME} small letters, digits and -"
    yield from _day_faults(choice)
    for code in choice.centres:
        if code.startswith(_UNKNOWN):
            yield f"--centre {code.removeprefix(_UNKNOWN)}: no centre of this code or name"
    for one in kinds:
        if one not in set(Kind):
            yield f"--kind {one}: not one of: {', '.join(Kind)}"
    if choice.language not in {"", *line.languages}:
        yield f"--language {choice.language}: not one of: {', '.join(line.languages)}"


def _day_faults(choice: Choice) -> Iterator[str]:
    given = {
        "--days": choice.days,
        "--until-days": choice.until_days or 0,
        "--told-within": choice.told_within,
    }
    for option, days in given.items():
        if not 0 <= days <= MOST_DAYS:
            yield f"{option}: not from 0 to {MOST_DAYS}"
    if choice.until_days is not None and 0 <= choice.until_days < choice.days:
        yield "--until-days: fewer than --days"


def _queue(line: Line, name: str, choice: Choice) -> Tally:
    try:
        queue = partial(written.queue, note=partial(_note, "campaign queue"))
        return _with_bar("queueing", queue, line, name, choice)
    except OtherChoice as other:
        raise click.ClickException(
            f"there is a campaign {name} of other documents: {other}"
        ) from None
    except Stopped:
        raise click.ClickException(
            f"{name} is stopped: `flask sms campaign-resume {name}` first"
        ) from None
    except KeyboardInterrupt:
        raise click.ClickException("broken off: nothing was queued") from None


def _with_bar(
    what: str,
    work: Callable[[Line, str, Choice, written.Progress], Tally],
    line: Line,
    name: str,
    choice: Choice,
) -> Tally:
    """Do some work on a campaign under a progress bar, which counts documents."""
    with progress() as bar:
        task = bar.add_task(what, total=None)
        return work(
            line, name, choice, lambda done, of: bar.update(task, completed=done, total=of)
        )


def _summary(tally: Tally, currency: str) -> Iterator[str]:
    """Tell what a campaign comes to, a line at a time."""
    yield f"documents: {tally.chosen:,}, of which {tally.told:,} are told of"
    for why, documents in tally.skipped.most_common():
        yield f"  skipped, {why}: {documents:,}"
    yield f"recipients: {tally.recipients:,}, one message each"
    for language, messages in sorted(tally.languages.items()):
        yield f"  {language}: {messages:,}, like: {tally.examples[language]}"
    yield f"segments: {tally.segments:,}"
    yield f"cost: {_cost(tally.segments, currency)}"
    yield f"time: {_time(tally.segments)}"


def _limits() -> Limits:
    """Give what the account may send, and what a segment costs it."""
    limits: Limits = current_app.config["SMS_LIMITS"]
    return limits


def _cost(segments: int, currency: str) -> str:
    """Say what segments cost, by the price that is set."""
    price = _limits().price
    return _money(segments * price, currency) if price else "price not set (SMS_PRICE)"


def _money(amount: int, currency: str) -> str:
    """Write a sum of money, given in ten-thousandths."""
    return f"{currency} {amount / MONEY:,.2f}"


def _time(segments: int) -> str:
    """Say how long a campaign takes, and what decides it."""
    limits = _limits()
    a_day = campaigns_day(limits, SECONDS)
    if a_day < 1:
        return "never: the day's limits leave nothing for campaigns"
    days, rest = divmod(segments, a_day)
    long = f"{days:,} days and " if days else ""
    is_limited = limits.segments or (limits.money and limits.price)
    limit = f", at most {a_day:,} segments a day" if is_limited else ""
    return (
        f"{long}{timedelta(seconds=round(rest / limits.rate))}, at {limits.rate:g} a second"
        f" from {FROM:%H:%M} to {TILL:%H:%M}{limit}"
    )


def _ledger(found: Ledger, currency: str) -> Iterator[str]:
    """Tell what became of a campaign, a line at a time."""
    yield f"recipients: {found.recipients:,}"
    for state in Delivery:
        yield f"  {state}: {found.states.get(state, 0):,}"
        if state is Delivery.FAILED:
            yield from (f"    {reason}: {n:,}" for reason, n in found.failed.items())
    yield f"  tried again, and counted above: {found.again:,}"
    yield f"segments: {found.segments:,}"
    yield f"charged: {_money(found.money, currency)}"
    if found.uncharged:
        cost = _cost(found.uncharged, currency)
        yield f"not yet charged: {found.uncharged:,} segments, {cost}"
    part = f", {100 * found.collected / found.told:.1f} per cent" if found.told else ""
    yield f"documents told of: {found.told:,}"
    yield f"  collected since: {found.collected:,}{part}"
    for why, documents in found.skipped.items():
        yield f"documents skipped, {why}: {documents:,}"
