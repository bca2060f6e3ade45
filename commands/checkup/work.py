"""What the doctor looks at last: gateways, senders, what waits, and what operators switched."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

from commands.checkup.finding import Check, Finding, fail, ok, warn
from commands.checkup.patient import Account, Patient
from models.lookup_counts import lookup_counts
from models.senders import at_work, last_seen
from models.sms_counts import sms_counts
from models.spending import Limits
from models.switches import read_switches

SECONDS = 2.0
"""How long one question to the database may take."""

LONG_SECONDS = 60.0
"""For how long an answer may wait for its sender."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@runtime_checkable
class Prepaid(Protocol):
    """A gateway that tells what is left to spend."""

    def balance(self) -> str | None:
        """Give what is left, as the gateway writes it; None where it does not tell."""


def gateways(patient: Patient) -> Iterator[Finding]:
    """Look at the gateways that texts go through."""
    host = urlsplit(patient.sms_url).hostname or ""
    sandbox = "sandbox" in host, patient.sms_username == "sandbox"
    for account in patient.accounts():
        if account.name == "africastalking":
            yield _sort(host, sandbox)
        yield from _account(account)


def _sort(host: str, sandbox: tuple[bool, bool]) -> Finding:
    """Say whether texts reach people."""
    if host in _LOOPBACK:
        return ok(f"africastalking: a gateway on this machine ({host}): nobody is texted")
    if sandbox[0] != sandbox[1]:
        what = "africastalking: of AT_USERNAME and AT_BASE_URL one is the sandbox's"
        return fail(what, "set both to the sandbox, or both to the live account")
    if sandbox[0]:
        what = "africastalking: the sandbox: texts reach its simulator alone"
        return warn(what, "set the live account before callers come")
    return ok(f"africastalking: LIVE ({host}): texts reach people and cost money")


def _account(account: Account) -> Iterator[Finding]:
    if not account.answers():
        do = "the key, the name and the way there: see docs/runbook.md, LineGatewayAway"
        yield fail(f"{account.name} does not answer, or refuses the account", do)
        return
    yield ok(f"{account.name} answers")
    if isinstance(account, Prepaid):
        left = account.balance()
        if left is None:
            yield warn(f"{account.name} does not tell its balance", "look at its dashboard")
        elif float(left.split()[-1].replace(",", "")) <= 0:
            yield warn(f"{account.name}: the balance is {left}", "top it up: no text goes out")
        else:
            yield ok(f"{account.name}: the balance is {left}")


def senders(patient: Patient) -> Iterator[Finding]:
    """Look at the senders."""
    with patient.line().database.reading(SECONDS) as connection:
        count = at_work(connection)
    if count:
        yield ok(f"senders at work: {count}")
        return
    with patient.line().database.reading(SECONDS) as connection:
        seen = last_seen(connection)
    since = f" since {seen:%Y-%m-%d %H:%M} UTC" if seen else ""
    yield fail(
        f"no sender is at work{since}", "start the worker of the Procfile: flask sms send"
    )


def backlog(patient: Patient) -> Iterator[Finding]:
    """Look at the texts that wait."""
    line = patient.line()
    counts = sms_counts(line.database, line.country.day(line.clock()), Limits(), SECONDS)
    for priority, one in counts.waiting.items():
        what = f"{priority.name.lower()}s that wait and are due: {one.due}"
        if one.oldest_due_seconds > LONG_SECONDS:
            long = f"{what}, the oldest for {one.oldest_due_seconds:.0f} s"
            yield warn(long, "see docs/runbook.md, LineTextsWait")
        else:
            yield ok(what)
    for gone in counts.away:
        yield warn(
            f"{gone.name} is away: {gone.reason}", "see docs/runbook.md, LineGatewayAway"
        )


def waiting(patient: Patient) -> Iterator[Finding]:
    """Look at what waits on this machine for the database."""
    line = patient.line()
    for what, spool in (("questions", line.parked), ("callbacks", line.callbacks)):
        stand = spool.waiting()
        told = f"{what} that wait on this machine: {stand.count}"
        if stand.count:
            do = "they are taken once the database is back: see docs/runbook.md"
            yield warn(f"{told}, the oldest for {stand.oldest_seconds:.0f} s", do)
        else:
            yield ok(told)


def switches(patient: Patient) -> Iterator[Finding]:
    """Look at what operators switched."""
    with patient.line().database.reading(SECONDS) as connection:
        stand = read_switches(connection)
    for part, since in stand.paused.items():
        what = f"{part}: PAUSED since {since:%Y-%m-%d %H:%M} UTC"
        yield warn(what, f"flask line resume {part}")
    if not stand.paused:
        yield ok("nothing is paused")
    if stand.said(datetime.now(UTC)):
        yield warn("callers are told something", "flask line status")


def flags(patient: Patient) -> Iterator[Finding]:
    """Look for look-ups that stand out."""
    line = patient.line()
    found = sum(lookup_counts(line.database, datetime.now(UTC), SECONDS).flags.values())
    what = f"flags of look-ups that stand out: {found} open"
    yield warn(what, "flask lookups flags") if found else ok(what)


CHECKS: tuple[Check, ...] = (gateways, senders, backlog, waiting, switches, flags)
