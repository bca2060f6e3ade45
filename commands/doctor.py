"""`flask doctor`: looks at everything that the line needs, and says what to do about the rest.

Each check stands alone: what is broken keeps none of the others from being made. Nothing
personal is printed, and no secret but the gateways' tokens, on demand.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
from flask import current_app
from flask.cli import with_appcontext

from commands.checkup import settings, stores, work
from commands.checkup.finding import Check, Finding, Level, fail
from commands.checkup.patient import Patient
from menus.check import BadMenus

MASK = "TOKEN"
"""Stands for a token where none is to be shown."""


_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}
_CHECKS = {"settings": settings.CHECKS, "stores": stores.CHECKS, "at work": work.CHECKS}


@click.command("doctor")
@click.option(
    "--host", default="HOST", show_default=True, help="Where gateways reach the line."
)
@click.option("--show-token", is_flag=True, help="Print addresses with the gateways' token.")
@with_appcontext
def doctor(host: str, show_token: bool) -> None:
    """Look at everything that the line needs, and say what to do.

    It ends with 1 where something fails, else with 0.
    """
    patient: Patient = current_app.extensions["patient"]()
    with _silence():
        seen: dict[str, Level] = {}
        for title, checks in _CHECKS.items():
            _look(title, checks, patient, seen)
    failed = sum(level is Level.FAIL for level in seen.values())
    shown = show_token and patient.tokens
    _print_addresses(patient, host, patient.tokens[0] if shown else MASK)
    click.echo(f"\n{failed} failed" if failed else "\nall is well")
    if failed:
        click.get_current_context().exit(1)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep the log still while the block runs: what is away is said once, by the doctor."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(level)


def _look(
    title: str, checks: Sequence[Check], patient: Patient, seen: dict[str, Level]
) -> None:
    """Make some checks, and print what they find that was not said before."""
    click.echo(f"\n{title}")
    for check in checks:
        for finding in _findings(check, patient):
            if finding.what not in seen:
                seen[finding.what] = finding.level
                _print(finding)


def _findings(check: Check, patient: Patient) -> Iterator[Finding]:
    """Make a check; one that cannot be made has failed, and says by what."""
    try:
        yield from check(patient)
    except (click.ClickException, BadMenus) as said:
        for one in str(getattr(said, "message", said)).splitlines():
            yield fail(one, "see Going live in the README")
    except Exception as error:
        what = check.__name__.replace("_", " ")
        yield fail(f"{what}: {type(error).__name__}", "see docs/runbook.md")


def _print(finding: Finding) -> None:
    level = click.style(f"{finding.level:<4}", fg=_COLOURS[finding.level])
    click.echo(f"  {level}  {finding.what}")
    if finding.do:
        click.echo(f"        -> {finding.do}")


def _print_addresses(patient: Patient, host: str, token: str) -> None:
    base = host if "://" in host else f"https://{host}"
    click.echo("\naddresses to register")
    for what, path in patient.addresses:
        click.echo(f"  {what:<34}  {base.rstrip('/')}{path.replace('<token>', token)}")
