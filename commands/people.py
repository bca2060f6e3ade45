"""`flask people`: what is known of one phone, shown or erased on a lawful request."""

import re
import secrets
from collections.abc import Mapping, Sequence

import click
from flask.cli import AppGroup

from commands.line import line
from commands.operator import operator
from menus.line import Line
from models.audit import append
from models.country import Country
from models.people import erase, find_person, show
from models.phones import read_phone

COMMAND = AppGroup("people", help="What is known of one phone.")

REASON = 40
"""Letters of a case's reference at most."""

_REASON = re.compile(rf"(?=.*[0-9])(?!.*[0-9]{{7}})[A-Za-z0-9/-]{{1,{REASON}}}")
_E164 = re.compile(r"\+[0-9]{7,15}")
_NO_REASON = (
    f"--reason: not a case's reference: at most {REASON} letters, digits, - and /, with a"
    " digit, and no seven digits in a row, since it stays in the audit"
)
_KEPT = {"s": "sessions", "c": "language", "b": "numbers asked for", "d": "a dropped call"}


@COMMAND.command("show")
@click.argument("phone")
@click.option("--reason", default="", help="The case's reference, for the audit.")
def show_person(phone: str, reason: str) -> None:
    """Print all that is known of PHONE; for - it is asked for, so that no shell keeps it.

    A number that was looked up is kept as an HMAC alone: nobody can say which it was.
    """
    opened = line()
    phone = _read(opened.country, phone)
    if reason:
        _refuse(reason)
    case = secrets.token_hex(5)
    person = find_person(opened.database, opened.keys, phone)
    with opened.database.working() as connection:
        known = show(connection, opened.keys, person)
        rows = sum(map(len, known.values()))
        append(connection, operator(), "people show", case=case, reason=reason, rows=rows)
    click.echo("\n".join(_told(known)))
    click.echo(_in_redis(opened, phone))
    click.echo(f"case {case}")


@COMMAND.command("erase")
@click.argument("phone")
@click.option("--reason", required=True, help="The case's reference, for the audit.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase_person(phone: str, reason: str, yes: bool) -> None:
    """Erase everything that is known of PHONE; for - it is asked for.

    Its documents stay, without their owner's phone. A STOP stays, as a keyed hash and the
    moment alone. What waits to be sent to it is withdrawn.
    """
    opened = line()
    _refuse(reason)
    phone = _read(opened.country, phone)
    if not yes:
        click.confirm("Erase it for good?", abort=True)
    case = secrets.token_hex(5)
    opened.mover.move()  # what was asked just now is still on its way to the database
    person = find_person(opened.database, opened.keys, phone)
    with opened.database.working() as connection:
        rows = erase(connection, person)
        append(connection, operator(), "people erase", case=case, reason=reason, **rows)
    for table, count in rows.items():
        click.echo(f"{table}: {count}")
    gone = opened.sessions.forget(phone)
    click.echo(f"case {case}")
    if gone is None:
        raise click.ClickException(
            "the database has forgotten it, and Redis is away: erase it again once it is back,"
            " or wait for 28 hours, within which Redis forgets by itself"
        )
    click.echo(f"Redis: {gone}")


def _read(country: Country, given: str) -> str:
    """Read a phone as it is kept (E.164), without a word of what was typed."""
    if given == "-":
        given = click.prompt("PHONE", hide_input=True)
    given = given.strip()
    if _E164.fullmatch(given):
        return given
    phone = read_phone(given, country.phones_of)
    if not phone:
        raise click.ClickException("PHONE is no phone number")
    return phone


def _refuse(reason: str) -> None:
    """Refuse a reason that might be personal: the audit keeps it for good."""
    if not _REASON.fullmatch(reason):
        raise click.ClickException(_NO_REASON)


def _told(known: Mapping[str, Sequence[str]]) -> list[str]:
    told = []
    for table, rows in known.items():
        told += [f"{table}:", *(f"  {one}" for one in rows)] if rows else [f"{table}: nothing"]
    return told


def _in_redis(line: Line, phone: str) -> str:
    names = line.sessions.kept(phone)
    if names is None:
        return "Redis: away"
    kinds = [said for sign, said in _KEPT.items() if any(n[:1] == sign.encode() for n in names)]
    return f"Redis: {', '.join(kinds) or 'nothing'}"
