"""`flask doctor`: what it looks at, what it says to do, and what it never prints."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text, update

from commands.checkup import work
from commands.checkup.patient import Patient
from models.base import Database
from models.documents import batches
from models.outbox import Delivery
from models.senders import note_at_work
from models.switches import Part, pause
from sms.africastalking import Sender
from tests.caller import PHONE, TOKEN
from tests.conftest import KEYS, LINE_KEYS, Open, line_of
from tests.outbox import Outbox
from tests.servers import RedisServer
from tests.sms.gateway import Answer, Gateway
from tests.world import put

ROOT = Path(__file__).parent.parent.parent
NOBODY = "unix:///nonexistent/redis.sock"
NO_DATABASE = "postgresql://nobody@/none?host=/nonexistent"


@pytest.fixture
def well(open_app: Open, sqlite_url: str, redis: RedisServer, gateway: Gateway) -> Flask:
    """A line that lacks nothing."""
    return at_work(open_app(sqlite_url, redis.url, AT_BASE_URL=gateway.url))


@pytest.fixture
def well_each(open_app: Open, database_url: str, redis: RedisServer, gateway: Gateway) -> Flask:
    """The same, on each database in turn."""
    return at_work(open_app(database_url, redis.url, AT_BASE_URL=gateway.url))


def at_work(app: Flask) -> Flask:
    put(line_of(app), "id_card", "12345678", "ready")
    with line_of(app).database.working() as connection:
        note_at_work(connection, "one")
    return app


def examine(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["doctor", *words])


def findings(result: Result) -> list[str]:
    """Give what was found that is not well, each with what to do."""
    found = re.findall(
        r"^  (?:warn|FAIL)  .*\n(?:        -> .*\n)?", result.output, re.MULTILINE
    )
    return [re.sub(r"\s+", " ", one).strip() for one in found]


def test_a_line_that_lacks_nothing_is_well(well_each: Flask) -> None:
    result = examine(well_each)

    assert findings(result) == []
    assert result.exit_code == 0
    assert result.output.rstrip().endswith("all is well")
    for said in (
        "every setting is there",
        "LOOKUP_KEY: version 1",
        "the menus are proved: ",
        "the schema is of this version",
        "Redis 6.2",
        "the balance is KES 100.0000",
        "a gateway on this machine",
        "senders at work: 1",
        "nothing is paused",
    ):
        assert said in result.output


def test_every_address_is_printed_with_the_token_only_on_demand(well: Flask) -> None:
    masked, shown = examine(well, "--host", "1919.go.ke"), examine(well, "--show-token")
    addresses = re.findall(r"https://(\S+)$", masked.output, re.MULTILINE)

    assert "1919.go.ke/ussd/africastalking/TOKEN/events" in addresses
    assert "1919.go.ke/sms/kannel/TOKEN/reports" in addresses
    assert len(addresses) == len(set(addresses)) == 11
    assert TOKEN not in masked.output
    assert f"https://HOST/ussd/africastalking/{TOKEN}" in shown.output


def test_no_secret_and_nothing_personal_is_printed(well: Flask) -> None:
    line = line_of(well)
    Outbox(line.database, line.keys).put(state=Delivery.UNKNOWN, reason=PHONE)
    said = examine(well).output

    for secret in (*(one.partition(":")[2] or one for one in KEYS.values()), TOKEN, PHONE[1:]):
        assert secret not in said


def test_what_waits_what_is_paused_and_who_is_away_is_told(
    open_app: Open, sqlite_url: str, redis: RedisServer, gateway: Gateway
) -> None:
    app = open_app(sqlite_url, redis.url, AT_BASE_URL=gateway.url)
    gateway.account = Answer('{"UserData":{"balance":"KES 0.0000"}}', 200)
    line = line_of(app)
    box = Outbox(line.database, line.keys)
    box.change(box.put(), due_at=line.clock().replace(year=2020))
    with line.database.working() as connection:
        pause(connection, Part.CAMPAIGNS)
    result = examine(app)
    found = findings(result)

    assert result.exit_code == 1
    assert found[0] == "warn no document is known -> flask documents import FILE"
    assert found[1].startswith("warn africastalking: the balance is KES 0.0000 -> top it up")
    assert found[2].startswith("FAIL no sender is at work -> start the worker")
    assert found[3].startswith("warn answers that wait and are due: 1, the oldest for ")
    assert re.fullmatch(
        r"warn campaigns: PAUSED since \S+ \S+ UTC -> flask line resume campaigns", found[4]
    )
    assert len(found) == 5


@pytest.mark.parametrize(
    ("host", "username", "level", "finding"),
    [
        ("api.africastalking.com", "sandbox", "FAIL", "one is the sandbox's"),
        ("api.sandbox.africastalking.com", "live", "FAIL", "one is the sandbox's"),
        ("api.sandbox.africastalking.com", "sandbox", "warn", "its simulator alone"),
        ("api.africastalking.com", "live", "ok", "LIVE (api.africastalking.com)"),
    ],
)
def test_the_sandbox_is_told_from_the_live_account(
    host: str, username: str, level: str, finding: str, lasting: Flask, gateway: Gateway
) -> None:
    patient: Patient = replace(
        lasting.extensions["patient"](),
        accounts=lambda: [Sender("live", "k", gateway.url, "1919")],
        sms_url=f"https://{host}/version1",
        sms_username=username,
    )
    sort, *others = work.gateways(patient)

    assert (sort.level, finding in sort.what) == (level, True)
    assert [one.level for one in others] == ["ok", "ok"]


def test_what_is_broken_keeps_no_other_check_from_being_made(
    open_app: Open, gateway: Gateway
) -> None:
    app = open_app(NO_DATABASE, NOBODY, AT_BASE_URL=gateway.url)
    result = examine(app)
    found = findings(result)

    assert result.exit_code == 1
    assert found[0].startswith("FAIL the database does not answer -> see docs/runbook.md")
    assert found[1].startswith("warn Redis (single) does not answer: ConnectionError")
    assert "FAIL senders: Unavailable -> see docs/runbook.md" in found
    assert "the menus are proved" in result.output
    assert "africastalking answers" in result.output


def test_an_older_schema_and_a_demonstrations_documents_are_failures(
    well_each: Flask,
) -> None:
    with line_of(well_each).database.working() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0009'"))
        connection.execute(update(batches).values(demonstration=True))
    found = findings(examine(well_each))

    assert re.match(
        "FAIL the schema is 0009, this version's is [0-9]{4} -> flask database", found[0]
    )
    assert "FAIL the database holds demonstration documents" in found[1]


def test_a_redis_that_forgets_budgets_is_told(
    open_app: Open, sqlite_url: str, own_redis: RedisServer, gateway: Gateway
) -> None:
    own_redis.client.config_set("maxmemory-policy", "allkeys-lru")
    own_redis.client.config_set("maxmemory", 1_000_000)
    found = findings(examine(open_app(sqlite_url, own_redis.url, AT_BASE_URL=gateway.url)))

    assert any("maxmemory-policy is allkeys-lru" in one for one in found)
    assert any("MB are used of 1" in one for one in found)


def test_without_settings_it_names_what_lacks(tmp_path: Path) -> None:
    given = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path / "var")}
    given |= {**LINE_KEYS, "LOOKUP_KEY": "x", "GATEWAY_TOKENS": ""}
    flask = str(Path(sys.executable).with_name("flask"))
    ended = subprocess.run([flask, "doctor"], cwd=ROOT, env=given, capture_output=True)
    said = ended.stdout.decode()

    assert ended.returncode == 1
    assert "DATABASE_URL" in said
    assert "FAIL  LOOKUP_KEY cannot be read" in said
    assert "FAIL  GATEWAY_TOKENS: none" in said
    assert "FAIL  VAR_DIR: there is no folder" in said
    assert "the menus are proved" in said
    assert said.count("LOOKUP_KEY is not") == 1
    assert ended.stderr == b""


def test_a_version_that_is_to_go_is_told(
    open_app: Open, sqlite_url: str, redis: RedisServer, gateway: Gateway
) -> None:
    older = KEYS["PHONE_KEY"]
    both = {"PHONE_KEY": f"2:{'ab' * 32},{older}", "GATEWAY_TOKENS": f"{TOKEN},{'u' * 32}"}
    found = findings(examine(open_app(sqlite_url, redis.url, AT_BASE_URL=gateway.url, **both)))

    assert "warn PHONE_KEY: version 2, and still 1 -> flask keys status" in found[0]
    assert found[1].startswith("warn GATEWAY_TOKENS: 2 are taken")


def test_a_database_is_closed_when_it_was_looked_at(
    open_app: Open, postgres_url: str, gateway: Gateway
) -> None:
    app = open_app(postgres_url, NOBODY, AT_BASE_URL=gateway.url)
    before = _connections(line_of(app).database)
    examine(app)

    assert _connections(line_of(app).database) == before


def _connections(database: Database) -> int:
    with database.working() as connection:
        query = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        count: int = connection.execute(query).scalar_one()
        return count
