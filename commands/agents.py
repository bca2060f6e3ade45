"""`flask agents`: who may sign in to the console. It makes the first; the pages do the rest."""

import click
from flask.cli import AppGroup
from sqlalchemy import Connection, select

from commands.line import line
from commands.operator import operator
from models import agents
from models.agents import Agent, Role
from models.audit import append
from models.centres import centres

COMMAND = AppGroup("agents", help="Who may sign in to the console.")


@COMMAND.command()
@click.argument("account")
@click.option(
    "--role",
    type=click.Choice([one.value for one in Role]),
    default=Role.ADMINISTRATOR.value,
    show_default=True,
)
@click.option("--centre", default="", help="A centre officer's centre, by its code.")
def add(account: str, role: str, centre: str) -> None:
    """Add an agent, and print the invitation that lets them in."""
    with line().database.working() as connection:
        if (
            centre
            and not connection.execute(
                select(centres.c.code).where(centres.c.code == centre)
            ).first()
        ):
            raise click.ClickException("there is no centre of this code")
        try:
            made = agents.add(connection, account, Role(role), centre)
        except agents.BadAccount as fault:
            raise click.ClickException(str(fault)) from None
        code = agents.invite(connection, made)
        append(connection, operator(), "agents add", agent=made, role=role)
    _say_invited(account, code)


@COMMAND.command()
@click.argument("account")
def invite(account: str) -> None:
    """Invite an agent anew, who lost the password or the phone."""
    with line().database.working() as connection:
        agent = _find(connection, account)
        code = agents.invite(connection, agent.id)
        append(connection, operator(), "agents invite", agent=agent.id)
    _say_invited(account, code)


@COMMAND.command()
@click.argument("account")
def end(account: str) -> None:
    """End an agent's place: signed out at once, and let in no more."""
    with line().database.working() as connection:
        agent = _find(connection, account)
        agents.change(connection, agent.id, agent.role, agent.centre_code, is_active=False)
        append(connection, operator(), "agents end", agent=agent.id)
    click.echo(f"{account} is out.")


@COMMAND.command("list")
def list_all() -> None:
    """List all agents."""
    with line().database.working() as connection:
        for one in agents.every(connection):
            state = "" if one.is_active else "  ended"
            joined = "" if one.has_joined else "  invited"
            click.echo(f"{one.account:<30} {one.role:<14} {one.centre_code}{state}{joined}")


def _find(connection: Connection, account: str) -> Agent:
    for one in agents.every(connection):
        if one.account == account:
            return one
    raise click.ClickException("there is no such account")


def _say_invited(account: str, code: str) -> None:
    click.echo(f"Account     {account}\nInvitation  {code}")
    click.echo("It works once, for 24 hours, at /console/join")
