"""Facts about how long things are kept: what is over goes in time, what is open never does."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Table, func, insert, select, update

from menus.campaigns import queue
from menus.line import Line
from models.asked import asked, charge
from models.audit import acts
from models.base import Database
from models.call_backs import call_backs
from models.callers import callers
from models.campaigns import Choice
from models.documents import batches, document_numbers, documents
from models.finished import finished, record
from models.keys import Keys, Versions
from models.ledgers import ledger
from models.lookups import Channel, Lookup, Outcome, lookups
from models.lookups import keep as keep_lookups
from models.outbox import Delivery, outbox, outbox_documents
from models.ratings import ratings
from models.reported import stray_reports
from models.reports import reports
from models.retention import BATCH, Keep, apply, due
from models.subscriptions import subscription_numbers, subscriptions
from tests.commands.campaign_set import load, ready
from tests.conftest import KEYS, Open, line_of
from tests.outbox import Outbox
from tests.servers import RedisServer

NOW = datetime(2026, 10, 9, 6, 30, tzinfo=UTC)
KEEP = Keep()
PHONE = "+254711987654"
HMAC = b"h" * 32


@pytest.fixture
def line(open_app: Open, database_url: str, redis: RedisServer) -> Line:
    """A line on each database in turn."""
    return line_of(open_app(database_url, redis.url))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Each database in turn, prepared and open."""
    database = Database(database_url, connections=1)
    database.open()
    yield database
    database.close()


@pytest.fixture
def box(database: Database) -> Outbox:
    public = Versions.read(KEYS["ARCHIVE_PUBLIC_KEY"]).secrets[0]
    lookup, phone = Versions.read(KEYS["LOOKUP_KEY"]), Versions.read(KEYS["PHONE_KEY"])
    return Outbox(database, Keys(lookup, phone, public))


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def put(database: Database, table: Table, **values: Any) -> None:
    with database.working() as connection:
        connection.execute(insert(table).values(values))


def count(database: Database, table: Table) -> int:
    with database.working() as connection:
        return connection.scalars(select(func.count()).select_from(table)).one()


def applied(database: Database, keep: Keep = KEEP) -> dict[str, int]:
    """Apply retention; give what went, by what it was."""
    gone: dict[str, int] = {}
    for name, rows in apply(database, keep, NOW, "amina"):
        gone[name] = gone.get(name, 0) + rows
    return {name: rows for name, rows in gone.items() if rows}


def report(moment: datetime, closed: datetime | None, **others: Any) -> dict[str, Any]:
    row = {"phone_hmac": HMAC, "matter": "other", "about": moment.isoformat().encode()}
    kept = {"day": moment.date(), "phone": b"x", "language": "en", "made_at": moment}
    return {**row, **kept, "closed_at": closed, **others}


def finish(database: Database, name: bytes, moment: datetime) -> None:
    with database.working() as connection:
        record(connection, name.ljust(32), "gateway", "63902", "Success", 3, 900, "", moment)


def look_up(database: Database, name: str, *moments: datetime) -> None:
    rows = [
        Lookup(one, one.date(), Channel.USSD, Outcome.FOUND, HMAC, b"s" * 32) for one in moments
    ]
    with database.working() as connection:
        keep_lookups(connection, name, rows)


def ids(database: Database, table: Table) -> list[int]:
    with database.working() as connection:
        return list(connection.scalars(select(table.c.id).order_by(table.c.id)))


# What goes


def test_nothing_goes_where_there_is_nothing(database: Database) -> None:
    assert applied(database) == {}


def test_look_ups_go_by_whole_batches(database: Database) -> None:
    look_up(database, "old", ago(100), ago(91))
    look_up(database, "half", ago(91), ago(89))

    assert applied(database) == {"lookups": 2}
    assert count(database, lookups) == 2


def test_a_days_budget_and_strays_go_after_two_days(database: Database) -> None:
    for day in (NOW.date() - timedelta(days=3), NOW.date()):
        with database.working() as connection:
            charge(connection, HMAC, day, b"s" * 32)
    for number, moment in enumerate((ago(3), ago(1))):
        row = {"gateway": "kannel", "gateway_id": str(number), "state": "sent"}
        put(database, stray_reports, **row, made_at=moment)

    assert applied(database) == {"asked": 1, "stray_reports": 1}
    assert (count(database, asked), count(database, stray_reports)) == (1, 1)


def test_sessions_go(database: Database) -> None:
    finish(database, b"old", ago(91))
    finish(database, b"new", ago(89))

    assert applied(database) == {"finished_sessions": 1}
    assert count(database, finished) == 1


def test_texts_whose_fate_is_known_go(box: Outbox) -> None:
    newer = []
    for state in (Delivery.SENT, Delivery.DELIVERED, Delivery.FAILED):
        box.put(state=state, changed_at=ago(181), documents=(7,))
        newer.append(box.put(state=state, changed_at=ago(179), documents=(7,)))

    assert applied(box.database) == {"outbox": 3}
    assert ids(box.database, outbox) == newer
    assert count(box.database, outbox_documents) == 3


def test_texts_that_wait_or_are_not_settled_stay(box: Outbox) -> None:
    states = [Delivery.QUEUED, Delivery.SUBMITTING, Delivery.UNKNOWN]
    for state in states:
        box.put(state=state, changed_at=ago(2_000), made_at=ago(2_000))

    assert applied(box.database) == {}
    assert box.states() == states


def test_subscriptions_go_once_they_were_met(database: Database) -> None:
    for number, met in enumerate((ago(181), ago(179), None)):
        row = {"phone_hmac": HMAC, "subject": bytes([number]) * 32, "kind": "", "phone": b"x"}
        put(database, subscriptions, **row, language="en", made_at=ago(900), met_at=met)
    for number in ids(database, subscriptions):
        put(database, subscription_numbers, subscription_id=number, hmac=HMAC)

    assert applied(database) == {"subscriptions": 1}
    assert (count(database, subscriptions), count(database, subscription_numbers)) == (2, 2)


def test_reports_and_call_backs_go_once_they_were_closed(database: Database) -> None:
    for days, closed in ((700, ago(366)), (800, ago(364)), (900, None)):
        put(database, reports, **report(ago(days), closed))
        row = {"phone_hmac": days.to_bytes(32), "phone": b"x", "language": "en"}
        put(database, call_backs, **row, place="home", made_at=ago(days), closed_at=closed)

    assert applied(database) == {"reports": 1, "call_backs": 1}
    assert (count(database, reports), count(database, call_backs)) == (2, 2)


def test_marks_for_centres_go(database: Database) -> None:
    for made in (ago(366), ago(364)):
        row = {"phone_hmac": HMAC, "centre_code": "047-01", "day": made.date(), "mark": 3}
        put(database, ratings, **row, desk="", made_at=made)

    assert applied(database) == {"ratings": 1}


def test_callers_go_unless_they_want_no_texts(database: Database) -> None:
    for number, (changed, stopped) in enumerate(
        ((ago(731), None), (ago(729), None), (ago(3_000), ago(3_000)))
    ):
        row = {"phone_hmac": bytes([number]) * 32, "phone": b"x", "language": "sw"}
        put(database, callers, **row, changed_at=changed, stopped_at=stopped)

    assert applied(database) == {"callers": 1}
    assert count(database, callers) == 2


# Documents


@pytest.fixture
def lain(line: Line) -> list[int]:
    """Give the ids of four documents: collected long ago, returned so, ready so, collected."""
    load(line, [ready(line, f"2012345{number}", PHONE) for number in range(5)])
    given = ids(line.database, documents)
    states = ("collected", "returned", "ready", "collected")
    days = (366, 366, 2_000, 364)
    for number, state, past in zip(given, states, days, strict=False):
        with line.database.working() as connection:
            connection.execute(
                update(documents)
                .where(documents.c.id == number)
                .values(state=state, confirmed_on=ago(past).date())
            )
    return given


def test_documents_that_are_gone_go(line: Line, lain: list[int]) -> None:
    Outbox(line.database, line.keys).put(documents=(lain[0], lain[2]))

    assert applied(line.database) == {"documents": 2}
    assert ids(line.database, documents) == lain[2:]
    assert count(line.database, document_numbers) == 3
    assert count(line.database, outbox_documents) == 1


def test_a_document_that_a_report_speaks_of_stays(line: Line, lain: list[int]) -> None:
    put(line.database, reports, **report(ago(10), None, document_id=lain[0]))

    assert applied(line.database) == {"documents": 1}
    assert lain[0] in ids(line.database, documents)


def test_the_last_document_stays_so_that_its_id_is_given_to_no_other(
    line: Line, lain: list[int]
) -> None:
    with line.database.working() as connection:
        connection.execute(update(documents).values(state="collected", confirmed_on=date.min))
    applied(line.database)
    load(line, [ready(line, "30123456", PHONE)])

    assert ids(line.database, documents) == [lain[-1], lain[-1] + 1]


def test_batches_go_that_nothing_is_of_and_no_file(line: Line, lain: list[int]) -> None:
    for digest in (None, "d" * 64):
        row = {"made_at": ago(400), "archive_version": 1, "sealed_key": b"x"}
        put(line.database, batches, **row, demonstration=False, digest=digest)
    with line.database.working() as connection:
        connection.execute(update(batches).values(made_at=ago(400)))

    assert applied(line.database)["batches"] == 1
    assert len(ids(line.database, batches)) == 2


# Campaigns


def test_nobody_is_texted_twice_by_a_campaign_that_goes_on_after_years(line: Line) -> None:
    load(line, [ready(line, "20123456", PHONE)])
    first = queue(line, "nudge", Choice(30), lambda *_: None)
    with line.database.working() as connection:
        sent = {"state": Delivery.DELIVERED, "changed_at": ago(400), "submitting_at": ago(400)}
        connection.execute(update(outbox).values(sent))
        before = ledger(connection, 1)
    gone = applied(line.database)
    again = queue(line, "nudge", Choice(30), lambda *_: None)
    with line.database.working() as connection:
        after = ledger(connection, 1)
        (row,) = connection.execute(select(outbox)).all()

    assert gone == {"outbox, emptied": 1}
    assert (first.recipients, again.recipients) == (1, 0)
    assert (bytes(row.phone), bytes(row.body), row.same) == (b"", b"", None)
    assert (after.recipients, after.states, after.told) == (
        before.recipients,
        before.states,
        before.told,
    )


# How it goes


def test_it_goes_in_batches_and_finds_nothing_the_second_time(box: Outbox) -> None:
    with box.database.working() as connection:
        row = {"gateway": "g", "network": "", "status": "", "hops": 1, "milliseconds": 1}
        made = [
            {**row, "session_hmac": number.to_bytes(32), "cost": "", "ended_at": ago(91)}
            for number in range(2 * BATCH + 1)
        ]
        connection.execute(insert(finished), made)
    steps = [rows for name, rows in apply(box.database, KEEP, NOW, "amina") if rows]

    assert steps == [BATCH, BATCH, 1]
    assert applied(box.database) == {}


def test_what_would_go_is_what_goes(line: Line, lain: list[int]) -> None:
    look_up(line.database, "old", ago(100), ago(91))
    finish(line.database, b"old", ago(91))
    Outbox(line.database, line.keys).put(state=Delivery.SENT, changed_at=ago(181))
    with line.database.working() as connection:
        would = {name: rows for name, rows in due(connection, KEEP, NOW).items() if rows}

    assert would == {"lookups": 2, "finished_sessions": 1, "outbox": 1, "documents": 2}
    assert applied(line.database) == would


def test_the_audit_says_what_may_go_before_it_goes_and_what_went(database: Database) -> None:
    look_up(database, "old", ago(100))
    applied(database)
    with database.working() as connection:
        before, after = [(one.who, one.act, json.loads(one.about)) for one in acts(connection)]

    assert before[:2] == ("amina", "retention apply")
    assert (before[2]["lookups_to"], before[2]["messages"]) == (1, 180)
    assert after == ("amina", "retention done", {"lookups": 1})


# The command


def test_the_command_counts_and_then_removes(
    open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    app = open_app(sqlite_url, redis.url, lambda: NOW, RETENTION_SESSIONS_DAYS="10")
    finish(line_of(app).database, b"old", ago(11))
    said = [_run(app, "apply", "--dry-run"), _run(app, "apply"), _run(app, "apply")]

    assert "finished_sessions: 1\n" in said[0]
    assert said[0].endswith("would go: 1 rows, as of 2026-10-09\n")
    assert said[1:] == [
        "finished_sessions: 1\ngone: 1 rows, as of 2026-10-09\n",
        "gone: 0 rows, as of 2026-10-09\n",
    ]


def _run(app: Flask, *words: str) -> str:
    result = app.test_cli_runner().invoke(args=["retention", *words])
    assert result.exit_code == 0, result.output
    return result.output
