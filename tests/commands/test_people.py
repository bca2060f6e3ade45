"""Facts about what is known of one phone: all of it is shown, and all of it is erased."""

import importlib
import json
import pkgutil
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import LargeBinary, String, Table, Text, select

import models
from app import create_app
from menus.campaigns import queue
from menus.line import Line
from models import agent_calls, agents
from models.agent_calls import Reason
from models.agents import Role
from models.audit import acts
from models.base import metadata
from models.call_backs import call_backs
from models.callers import callers, stopped_among
from models.campaigns import Choice
from models.documents import documents
from models.ledgers import ledger
from models.outbox import Delivery, outbox
from models.people import HOLDINGS
from models.reported import Report, take_report
from models.reports import reports
from tests.caller import Caller, text
from tests.commands.campaign_set import load, ready
from tests.conftest import Open, config, line_of
from tests.servers import RedisServer

PHONE, OTHER = "+254711987654", "+254711987655"
OWNED, WAITED, MISSED, REPORTED = "20123456", "30123456", "87654321", "65432187"
WORDS = "askarialiombahongo"
DAYS = 30
HOLDS_AN_HMAC_ELSEWHERE = {"lookup_flags"}
"""Tables whose column for a phone's HMAC has another name."""


@pytest.fixture(scope="module")
def lived_file(
    prepared_sqlite: Path, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Make a database that two phones have used in every way, to copy from."""
    folder = tmp_path_factory.mktemp("lived")
    file = Path(shutil.copy(prepared_sqlite, folder))
    redis_server.flush()
    app = lived(create_app(config(f"sqlite:///{file}", redis_server.url, folder)))
    line_of(app).close()
    return file


@pytest.fixture
def app(open_app: Open, lived_file: Path, redis: RedisServer, tmp_path: Path) -> Flask:
    """A line that two phones have used in every way, long ago: Redis has forgotten them."""
    return open_app(f"sqlite:///{shutil.copy(lived_file, tmp_path)}", redis.url)


@pytest.fixture
def on_each(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    """A line that two phones have used in every way, on each database in turn."""
    return lived(open_app(database_url, redis.url))


def lived(app: Flask) -> Flask:
    owned = [ready(line_of(app), f"{OWNED[:-1]}{n}", one) for n, one in enumerate(PHONES)]
    load(line_of(app), [*owned, ready(line_of(app), WAITED, None)])
    for phone in PHONES:
        live(app, phone)
    queue(line_of(app), "nudge", Choice(DAYS), lambda *_: None)
    line_of(app).mover.move()
    return app


@pytest.fixture
def line(app: Flask) -> Line:
    return line_of(app)


PHONES = (PHONE, OTHER)


def live(app: Flask, phone: str) -> None:
    """Let a phone leave a trace in every table there is."""
    client, line = app.test_client(), line_of(app)
    Caller(client, phone).keys("8", "1", "1", WAITED, "1")
    Caller(client, phone).keys(MISSED, "2")
    Caller(client, phone).keys("5", "1")
    Caller(client, phone).keys("5", "4", "Kisumu", "3", "4", "2")
    Caller(client, phone).keys("5", "2", "1", REPORTED)
    Caller(client, phone).keys("5", "2", "4", WORDS)
    assert text(client, f"ID {WAITED}", phone) == 200
    moment = line.clock()
    with line.database.working() as connection:
        told = Report("kannel", f"no such {phone[-1]}", Delivery.DELIVERED, phone)
        assert not take_report(connection, line.keys, told, moment)
        agent = agents.add(connection, f"agent{phone[-1]}", Role.AGENT)
        assert agent_calls.begin(connection, line.keys, agent, phone, Reason.DOCUMENT)


def people(app: Flask, *words: str, typed: str | None = None) -> Result:
    return app.test_cli_runner().invoke(args=["people", *words], input=typed)


def erased(app: Flask, phone: str = PHONE) -> str:
    result = people(app, "erase", phone, "--reason", "DPA/2026/41", "--yes")
    assert result.exit_code == 0, result.output
    return result.output


def tables() -> list[Table]:
    for module in pkgutil.iter_modules(models.__path__):
        importlib.import_module(f"models.{module.name}")
    return list(metadata.tables.values())


def values_of(line: Line) -> dict[str, list[Any]]:
    """Read every text and every octet of every table, by table and column."""
    kinds = (LargeBinary, String, Text)
    held: dict[str, list[Any]] = {}
    with line.database.working() as connection:
        for table in tables():
            for column in (one for one in table.columns if isinstance(one.type, kinds)):
                held[str(column)] = [
                    bytes(one) if isinstance(one, (bytes, memoryview)) else one
                    for one in connection.scalars(select(column))
                ]
    return held


def sealed_for(line: Line, phone: str) -> set[bytes]:
    """Give every ciphertext in a row that bears a phone's HMAC."""
    hmac, found = line.keys.phone_hmac(phone), set()
    with line.database.working() as connection:
        for table in tables():
            if "phone_hmac" not in table.columns:
                continue
            for row in connection.execute(select(table).where(table.c.phone_hmac == hmac)):
                given = (one for one in row if isinstance(one, (bytes, memoryview)))
                found |= {bytes(one) for one in given if len(one) > 32}
    return found


def rows_of(line: Line, table: Table) -> list[Any]:
    with line.database.working() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key.columns)))


# What is covered


def test_every_table_with_a_phones_hmac_is_covered() -> None:
    with_phones = {one.name for one in tables() if "phone_hmac" in one.columns}

    assert {one.table.name for one in HOLDINGS} == with_phones | HOLDS_AN_HMAC_ELSEWHERE


def test_the_phones_left_a_trace_in_every_table(line: Line) -> None:
    hmac = line.keys.phone_hmac(PHONE)
    held = {
        one.table.name
        for one in HOLDINGS
        if "phone_hmac" in one.table.columns
        and hmac in values_of(line)[f"{one.table.name}.phone_hmac"]
    }

    assert held == {one.table.name for one in HOLDINGS} - HOLDS_AN_HMAC_ELSEWHERE


# Showing


def test_all_that_is_known_is_shown(on_each: Flask) -> None:
    said = people(on_each, "show", PHONE)
    shown = {one.partition(":")[0] for one in said.output.splitlines() if one[0] != " "}

    assert said.exit_code == 0
    assert shown == {one.table.name for one in HOLDINGS} | {
        "Redis",
        said.output.split("\n")[-2],
    }
    assert "lookup_flags: nothing" in said.output
    for fact in (
        "language sw",
        "..450",
        f"words {WORDS}",
        f"number {REPORTED}",
        "Kitambulisho",
    ):
        assert fact in said.output
    assert "Redis: sessions, language, numbers asked for, a dropped call" in said.output


def test_nothing_of_others_is_shown(app: Flask) -> None:
    text(app.test_client(), "ID 34567890", OTHER)
    said = people(app, "show", PHONE).output

    assert "..890" not in said
    assert "..451" not in said


def test_of_a_phone_that_never_called_nothing_is_known(app: Flask) -> None:
    said = people(app, "show", "0711 987 600").output

    assert said.count(": nothing") == len(HOLDINGS) + 1


def test_the_phone_can_be_typed_unseen(app: Flask) -> None:
    said = people(app, "show", "-", typed="0711987654\n")

    assert said.exit_code == 0
    assert "0711987654" not in said.output
    assert f"words {WORDS}" in said.output


def test_what_is_no_phone_is_refused_and_not_repeated(app: Flask) -> None:
    phones = ("4711", "x", "+25471198765400000000", "２５４")
    said = {people(app, "show", one).output for one in phones}

    assert said == {"Error: PHONE is no phone number\n"}


def test_showing_is_in_the_audit_without_the_phone(app: Flask, line: Line) -> None:
    said = people(app, "show", PHONE, "--reason", "DPA/2026/41").output
    with line.database.working() as connection:
        *_, act = acts(connection)
    about = json.loads(act.about)

    assert act.act == "people show"
    assert (f"case {about['case']}", about["reason"]) == (said.splitlines()[-1], "DPA/2026/41")
    assert PHONE[4:] not in act.about


@pytest.mark.parametrize(
    "reason", ["0711987654", "x" * 41, "Wanjiku Kamau", "Wanjiku", "a 1", ""]
)
def test_a_reason_that_may_be_personal_is_refused(app: Flask, line: Line, reason: str) -> None:
    said = people(app, "erase", PHONE, "--reason", reason, "--yes")

    assert said.exit_code == 1
    assert "not a case's reference" in said.output
    assert line.keys.phone_hmac(PHONE) in values_of(line)["outbox.phone_hmac"]


# Erasing


def test_after_erasing_no_table_holds_the_phones_hmac_or_ciphertext(on_each: Flask) -> None:
    line = line_of(on_each)
    hmac, sealed = line.keys.phone_hmac(PHONE), sealed_for(line, PHONE)
    erased(on_each)
    held = [(name, one) for name, values in values_of(line).items() for one in values]
    in_texts = [name for name, one in held if hmac.hex()[:20] in str(one)]

    assert len(sealed) > 8
    assert [name for name, one in held if one == hmac or one in sealed] == []
    assert in_texts == []


def test_the_others_rows_stay_as_they_were(app: Flask, line: Line) -> None:
    before = people(app, "show", OTHER).output.splitlines()[:-1]
    erased(app)

    assert people(app, "show", OTHER).output.splitlines()[:-1] == before


def test_the_phone_finds_the_line_as_new(app: Flask) -> None:
    before = Caller(app.test_client(), PHONE).dial()
    Caller(app.test_client(), PHONE).keys("2", "Thika")
    erased(app)
    page = Caller(app.test_client(), PHONE).dial()

    assert "8 Kiswahili" in page
    assert ("8 Kiswahili" in before, "9 Carry on" in page) == (False, False)


def test_its_documents_stay_without_an_owner(app: Flask, line: Line) -> None:
    erased(app)
    owners = [(row.phone_hmac, row.phone) for row in rows_of(line, documents)]

    assert len(owners) == 3
    assert [one == (None, None) for one in owners] == [True, False, True]
    page = Caller(app.test_client(), PHONE).dial(f"{OWNED[:-1]}0")
    assert "READY" in page


def test_a_message_that_waits_is_withdrawn(app: Flask, line: Line) -> None:
    erased(app)
    queued = [row for row in rows_of(line, outbox) if row.state == Delivery.QUEUED]
    withdrawn = [row for row in rows_of(line, outbox) if row.reason == "withdrawn"]

    assert {bytes(row.phone_hmac) for row in queued} == {line.keys.phone_hmac(OTHER)}
    assert [(row.state, bytes(row.phone), bytes(row.body)) for row in withdrawn] == [
        (Delivery.FAILED, b"", b"")
    ]


def test_a_campaigns_ledger_counts_as_many_recipients(on_each: Flask) -> None:
    line = line_of(on_each)
    erased(on_each)
    with line.database.working() as connection:
        counted = ledger(connection, 1)

    assert (counted.recipients, counted.states) == (
        2,
        {Delivery.QUEUED: 1, Delivery.FAILED: 1},
    )


def test_a_stop_stays_as_an_hmac_and_a_moment(on_each: Flask) -> None:
    line = line_of(on_each)
    assert text(on_each.test_client(), "STOP", PHONE) == 200
    erased(on_each)
    hmac = line.keys.phone_hmac(PHONE)
    (row,) = (one for one in rows_of(line, callers) if bytes(one.phone_hmac) == hmac)

    assert (bytes(row.phone), row.language, row.changed_at) == (b"", None, row.stopped_at)
    with line.database.working() as connection:
        assert list(stopped_among(connection, [hmac])) == [hmac]


def test_who_was_erased_can_end_the_stop(app: Flask, line: Line) -> None:
    assert text(app.test_client(), "STOP", PHONE) == 200
    erased(app)
    assert text(app.test_client(), "START", PHONE) == 200
    with line.database.working() as connection:
        assert stopped_among(connection, [line.keys.phone_hmac(PHONE)]) == {}


def test_after_erasing_nothing_is_known_of_the_phone(app: Flask) -> None:
    erased(app)
    again = [one.split()[-1] for one in erased(app).splitlines() if "case" not in one]

    assert set(again) == {"0"}
    assert people(app, "show", PHONE).output.count(": nothing") == len(HOLDINGS) + 1


def test_erasing_is_in_the_audit_by_counts_alone(app: Flask, line: Line) -> None:
    said = erased(app)
    with line.database.working() as connection:
        *_, act = acts(connection)
    about = json.loads(act.about)

    assert act.act == "people erase"
    assert f"case {about['case']}" in said
    assert (about["documents"], about["reports"], about["lookups"] > 1) == (1, 2, True)
    assert line.keys.phone_hmac(PHONE).hex()[:12] not in act.about


def test_the_audit_holds_after_erasing(on_each: Flask) -> None:
    erased(on_each)
    said = on_each.test_cli_runner().invoke(args=["audit", "verify"])

    assert said.exit_code == 0, said.output
    assert "batches of look-ups: " in said.output


def test_redis_forgets_the_phone_and_no_other(app: Flask, line: Line) -> None:
    for phone in PHONES:
        Caller(app.test_client(), phone).keys("1", "1", WAITED)
    others = line.sessions.kept(OTHER)
    erased(app)

    assert len(others or []) == 4
    assert line.sessions.kept(PHONE) == []
    assert sorted(line.sessions.kept(OTHER) or []) == sorted(others or [])


def test_with_redis_away_it_is_said(
    open_app: Open, lived_file: Path, own_redis: RedisServer, tmp_path: Path
) -> None:
    app = open_app(f"sqlite:///{shutil.copy(lived_file, tmp_path)}", own_redis.url)
    line = line_of(app)
    with own_redis.frozen():
        said = people(app, "erase", PHONE, "--reason", "41", "--yes")

    assert said.exit_code == 1
    assert "Redis is away" in said.output
    assert rows_of(line, reports)[0].phone_hmac != line.keys.phone_hmac(PHONE)


def test_nothing_is_erased_unless_it_is_confirmed(app: Flask, line: Line) -> None:
    said = people(app, "erase", PHONE, "--reason", "41", typed="n\n")

    assert said.exit_code == 1
    assert len(rows_of(line, call_backs)) == 2
