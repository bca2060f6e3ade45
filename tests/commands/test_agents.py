"""`flask agents`: the first administrator, invitations, and places that end."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from models import agents
from models.agents import BadAccount, Role
from models.audit import acts
from models.base import Database
from models.keys import Keys
from tests.conftest import LINE_KEYS
from tests.rotating import BOTH, NEW, OLD, app_for_commands, left, rotate
from tests.servers import RedisServer

Typed = Callable[..., Result]


@pytest.fixture
def flask_agents(sqlite_url: str, redis: RedisServer, tmp_path: Path) -> Typed:
    """Type `flask agents`."""

    def typed(*words: str) -> Result:
        app = app_for_commands(sqlite_url, redis.url, tmp_path, **LINE_KEYS)
        return app.test_cli_runner().invoke(args=["agents", *words])

    return typed


def _joined(database: Database, keys: Keys) -> None:
    with database.working() as connection:
        made = agents.add(connection, "wanjiku", Role.ADMINISTRATOR)
        agent = agents.find(connection, made)
        assert agent
        agents.join(connection, keys, agent, "hash", "JBSWY3DPEHPK3PXP")


def test_the_first_administrator_is_invited(flask_agents: Typed, sqlite_url: str) -> None:
    said = flask_agents("add", "wanjiku")
    code = said.output.split()[3]
    database = Database(sqlite_url)
    with database.working() as connection:
        agent = agents.invited(connection, "wanjiku", code)
        kept = acts(connection)
        assert [one.act for one in kept] == ["agents add"]
    database.close()

    assert said.exit_code == 0
    assert agent
    assert agent.role is Role.ADMINISTRATOR


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "Wanjiku"), "small letters"),
        (("add", "w"), "2 to 30"),
        (("add", "juma", "--role", "officer"), "has a centre"),
        (("add", "juma", "--centre", "047-01"), "nobody else has"),
        (("add", "juma", "--role", "officer", "--centre", "999-99"), "no centre of this code"),
        (("invite", "nobody"), "no such account"),
        (("end", "nobody"), "no such account"),
    ],
)
def test_a_slip_is_told_and_changes_nothing(
    flask_agents: Typed, words: tuple[str, ...], said: str
) -> None:
    answer = flask_agents(*words)

    assert answer.exit_code == 1
    assert said in answer.output
    assert flask_agents("list").output == ""


def test_an_account_is_given_once_and_a_place_ends(flask_agents: Typed) -> None:
    flask_agents("add", "juma", "--role", "officer", "--centre", "047-01")
    again = flask_agents("add", "juma")
    before = flask_agents("list").output
    flask_agents("end", "juma")

    assert "this account is taken" in again.output
    assert before.split() == ["juma", "officer", "047-01", "invited"]
    assert flask_agents("list").output.split()[3:] == ["ended", "invited"]


def test_a_secret_is_moved_with_the_keys_and_still_opens(database_url: str) -> None:
    database = Database(database_url)
    _joined(database, OLD)
    before = left(database)
    rotate(database)
    with database.working() as connection:
        known = agents.secrets_of(connection, NEW, "wanjiku")
        unread = agents.unreadable(connection, OLD)
    after = left(database)
    database.close()

    assert before[("PHONE_KEY", "agents")] == 1
    assert ("PHONE_KEY", "agents") not in after
    assert known
    assert known.totp == "JBSWY3DPEHPK3PXP"
    assert len(unread) == 1
    assert BOTH.has_older


def test_an_officer_without_a_centre_is_refused_on_change(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    _joined(database, OLD)
    with database.working() as connection, pytest.raises(BadAccount):
        agents.change(connection, 1, Role.OFFICER, "", is_active=True)
    database.close()
