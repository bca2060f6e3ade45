"""Look-ups on their way to the database: recorded before the answer, moved once, never lost."""

import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from menus import lookups as on_the_way
from menus.lookups import BITE, PAUSE_SECONDS, Journal, Mover
from menus.sessions import subject_mark
from models import audit, lookups
from models.asked import asked, note
from models.base import Database
from models.lookups import Channel, Lookup, Outcome, batch_digest
from tests.caller import PHONE, text
from tests.conftest import Open, line_of
from tests.lookups import MISS_SHARE, MORNING, ask, keys, lookup, moved, phone
from tests.servers import PostgresServer, RedisServer
from tests.world import put

KEYS = keys()
NOBODY = "unix:///nonexistent/redis.sock"
ROOT = Path(__file__).parents[2]
RECORD = """
import hashlib, sys, time
from datetime import UTC, date, datetime
from pathlib import Path
from menus.lookups import Journal
from models.lookups import Channel, Lookup, Outcome
journal, phone = Journal(Path(sys.argv[1])), hashlib.sha256(b"phone").digest()
def ask(number):
    subject = hashlib.sha256(number.encode()).digest()
    asked = Lookup(datetime(2026, 10, 5, tzinfo=UTC), date(2026, 10, 5), Channel.USSD,
                   Outcome.UNKNOWN, phone, subject)
    return journal.admit(asked, ()).outcome
"""
"""What processes of their own do: they record look-ups of one phone."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "lookups"


@pytest.fixture
def journal(folder: Path) -> Journal:
    return Journal(folder)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def asking(number: int, asker: str = PHONE) -> Lookup:
    return lookup(KEYS, asker, str(30_000_000 + number), fresh=False)


def lines(folder: Path) -> list[bytes]:
    """Read every line, those of the oldest file first."""
    return [
        line
        for file in sorted(folder.glob("*.*"))
        for line in file.read_bytes().splitlines(keepends=True)
    ]


def kept(database: Database) -> list[Lookup]:
    """Read the look-ups in the database, by batch and place."""
    table = lookups.lookups
    with database.working() as connection:
        rows = connection.execute(select(table).order_by(table.c.batch_id, table.c.place))
        return [lookups._lookup(row) for row in rows]


def process(folder: Path, does: str) -> subprocess.Popen[str]:
    """Start a process that may record look-ups."""
    return subprocess.Popen(
        [sys.executable, "-c", RECORD + does, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def said(one: subprocess.Popen[str]) -> list[str]:
    output, _ = one.communicate(timeout=30)
    return output.split()


# Recorded, before the answer.


def test_a_look_up_is_in_the_file_when_it_is_answered(app: Flask) -> None:
    line, folder = line_of(app), Path(app.config["VAR_DIR"]) / "lookups"
    line.mover.close()
    ask(app, "30000001", PHONE)
    [recorded] = map(Lookup.read, lines(folder))

    assert recorded.phone_hmac == line.keys.phone_hmac(PHONE)
    assert recorded.subject == line.keys.subject("30000001")
    assert (recorded.outcome, recorded.channel) == (Outcome.UNKNOWN, Channel.USSD)
    assert recorded.fresh


def test_every_outcome_and_channel_is_recorded(app: Flask) -> None:
    line = line_of(app)
    line.mover.close()
    put(line, "id_card", "12345678", "ready")
    for number in (
        "12345678",
        "12345678",
        "123",
        "30000001",
        "30000002",
        "30000003",
        "30000004",
    ):
        ask(app, number, PHONE)
    text(app.test_client(), "30000001", PHONE)
    recorded = [(row.outcome, row.channel, row.fresh) for row in moved(line)]

    assert recorded == [
        ("found", "ussd", True),
        ("found", "ussd", False),
        ("malformed", "ussd", True),
        ("unknown", "ussd", True),
        ("unknown", "ussd", True),
        ("unknown", "ussd", True),
        ("spent", "ussd", False),
        ("unknown", "sms", False),
    ]


def test_a_look_up_that_the_database_cannot_answer_is_recorded(
    open_app: Open, postgres_url: str, redis: RedisServer, postgres: PostgresServer
) -> None:
    app = open_app(postgres_url, redis.url)
    folder = Path(app.config["VAR_DIR"]) / "lookups"
    with postgres.frozen():
        page = ask(app, "30000001", PHONE)
        [recorded] = map(Lookup.read, lines(folder))

    assert page.startswith("CON Sorry, we cannot look that up just now.")
    assert (recorded.outcome, recorded.fresh) == (Outcome.AWAY, False)


def test_files_are_for_the_line_alone(journal: Journal, folder: Path) -> None:
    journal.admit(asking(1), ())
    with journal.alone():
        modes = {one.name: one.stat().st_mode & 0o777 for one in folder.iterdir()}

    assert set(modes.values()) == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_cannot_be_recorded_is_not_told(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    folder = Path(app.config["VAR_DIR"]) / "lookups"
    line_of(app).mover.close()
    folder.rename(folder.with_name("elsewhere"))
    pages = [ask(app, "12345678", PHONE) for _ in range(3)]
    folder.with_name("elsewhere").rename(folder)
    after = ask(app, "12345678", PHONE)
    said_so = [one for one in caplog.records if one.message == "look-ups cannot be recorded"]

    assert {page.split("\n")[0] for page in pages} == {
        "CON Sorry, we cannot look that up just now."
    }
    assert after.startswith("CON ID ..678 is READY.")
    assert [vars(one)["code"] for one in said_so] == ["ENOENT"]


def test_a_full_disk_leaves_no_half_a_line(journal: Journal, folder: Path) -> None:
    journal.admit(asking(1), ())
    size = folder.joinpath(next(folder.glob("*.open"))).stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, hard))
    try:
        refused = journal.admit(asking(2), ())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    journal.admit(asking(3), ())

    assert refused.outcome is Outcome.AWAY
    assert [Lookup.read(one).subject for one in lines(folder)] == [
        asking(1).subject,
        asking(3).subject,
    ]


def test_no_look_up_leaves_a_file_open(journal: Journal) -> None:
    journal.admit(asking(1), ())
    before = len(os.listdir("/proc/self/fd"))
    for number in range(2, 12):
        journal.admit(asking(number), ())

    assert len(os.listdir("/proc/self/fd")) == before


def test_a_phones_numbers_of_that_day_are_told(journal: Journal) -> None:
    asked_for = [journal.admit(asking(number), ()) for number in range(2)]
    journal.admit(asking(3, "+254711000999"), ())
    one = asked_for[0]

    assert journal.asked(one.day, one.phone_hmac) == {
        subject_mark(two.subject) for two in asked_for
    }
    assert journal.asked(one.day + timedelta(days=1), one.phone_hmac) == set()


def test_the_oldest_file_has_its_age_and_none_has_none(journal: Journal) -> None:
    none = journal.oldest_seconds()
    journal.admit(asking(1), ())
    time.sleep(0.02)

    assert none == 0
    assert 0.02 <= journal.oldest_seconds() < 60


def test_a_moment_is_kept_to_the_millisecond() -> None:
    assert on_the_way.moment(MORNING.replace(microsecond=123_987)).microsecond == 123_000


def test_half_a_line_of_a_process_that_was_killed_is_taken_out(
    journal: Journal, folder: Path
) -> None:
    journal.admit(asking(1), ())
    [file] = folder.glob("*.open")
    with file.open("ab") as opened:
        opened.write(asking(2).line[:77])
    Journal(folder).admit(asking(3), ())

    assert [Lookup.read(one).subject for one in lines(folder)] == [
        asking(1).subject,
        asking(3).subject,
    ]


def test_nobody_waits_long_for_a_process_that_is_stopped_with_the_lock(
    journal: Journal, folder: Path
) -> None:
    held = os.open(folder, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    refused = journal.admit(asking(1), ())
    os.close(held)

    assert refused.outcome is Outcome.AWAY
    assert journal.admit(asking(1), ()).outcome is Outcome.UNKNOWN


# The budget, as the files know it.


def test_the_sixth_number_of_a_phone_has_no_room(journal: Journal) -> None:
    outcomes = [journal.admit(asking(one), ()).outcome for one in range(6)]

    assert outcomes == [Outcome.UNKNOWN] * 5 + [Outcome.SPENT]
    assert journal.admit(asking(2), ()).outcome is Outcome.UNKNOWN
    assert journal.admit(asking(7, phone(1)), ()).outcome is Outcome.UNKNOWN


def test_what_the_stores_know_counts_with_it(journal: Journal) -> None:
    known = [subject_mark(asking(one).subject) for one in range(3)]
    outcomes = [journal.admit(asking(one), known).outcome for one in (3, 4, 5)]

    assert outcomes == [Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.SPENT]
    assert not journal.admit(asking(0), known).fresh


def test_another_day_has_a_budget_of_its_own(journal: Journal) -> None:
    for one in range(5):
        journal.admit(asking(one), ())
    tomorrow = replace(asking(9), day=MORNING.date() + timedelta(days=1))

    assert journal.admit(tomorrow, ()).outcome is Outcome.UNKNOWN


def test_two_processes_share_one_budget(journal: Journal, folder: Path) -> None:
    both = [process(folder, f"print(*(ask(f'{n}{{i}}') for i in range(9)))") for n in "ab"]
    outcomes = [outcome for one in both for outcome in said(one)]

    assert outcomes.count("unknown") == 5
    assert outcomes.count("spent") == 13


# Nothing is lost.


def test_what_a_killed_process_recorded_is_moved_by_another(
    folder: Path, sqlite_url: str
) -> None:
    recorder = process(folder, "[print(ask(str(one)), flush=True) for one in range(10**6)]")
    assert recorder.stdout is not None
    answered = [recorder.stdout.readline() for _ in range(50)]
    recorder.kill()
    answered += recorder.communicate()[0].splitlines(keepends=True)
    whole = [one for one in answered if one.endswith("\n")]
    with closing(Database(sqlite_url)) as database:
        Mover(Journal(folder), database, MISS_SHARE).move()
        found = kept(database)

    assert len(found) in (len(whole), len(whole) + 1)  # it may have died before it said so


def test_what_is_moved_is_in_the_database_once(
    journal: Journal, folder: Path, database: Database
) -> None:
    noted = [journal.admit(asking(one, phone(one)), ()) for one in range(20)]
    for mover in [Mover(journal, database, MISS_SHARE), Mover(Journal(folder), database, 0.7)]:
        mover.move()
        mover.move()

    assert kept(database) == noted


def test_a_mover_killed_before_it_removes_the_file_moves_nothing_twice(
    journal: Journal, folder: Path, database: Database
) -> None:
    journal.admit(asking(1), ())
    Mover(journal, database, MISS_SHARE).move()
    assert len(list(folder.glob("*.closed"))) == 1
    Mover(Journal(folder), database, MISS_SHARE).move()

    assert len(kept(database)) == 1


def test_a_file_goes_some_seconds_after_it_was_moved(
    journal: Journal, folder: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.admit(asking(1), ())
    mover = Mover(journal, database, MISS_SHARE)
    mover.move()
    mover.move()
    before = len(lines(folder))
    monkeypatch.setattr(on_the_way, "GRACE_SECONDS", 0.0)
    mover.move()

    assert (before, len(lines(folder))) == (1, 0)


def test_files_stay_while_the_database_is_away_and_are_moved_afterwards(
    journal: Journal, folder: Path, postgres_url: str, postgres: PostgresServer
) -> None:
    nowhere = Database("postgresql:///nobody?host=/nonexistent")
    mover = Mover(journal, nowhere, MISS_SHARE)
    for one in range(3):
        journal.admit(asking(one), ())
        with pytest.raises(OperationalError):
            mover.move()
    files = len(list(folder.glob("*.*")))
    nowhere.close()
    with closing(Database(postgres_url)) as database:
        back = Mover(journal, database, MISS_SHARE)
        back.move()
        back.move()
        found = kept(database)

    assert files == 2  # one that waits, and one that is written to
    assert [one.subject for one in found] == [asking(one).subject for one in range(3)]


def test_what_a_power_cut_made_of_a_line_is_left_out_and_said(
    journal: Journal, folder: Path, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    journal.admit(asking(1), ())
    [file] = folder.glob("*.open")
    with file.open("ab") as opened:
        opened.write(b"\0" * 200 + b"\n" + asking(2).line + asking(3).line[:40])
    Mover(journal, database, MISS_SHARE).move()

    assert [one.subject for one in kept(database)] == [asking(1).subject, asking(2).subject]
    assert "look-ups cannot be read" in caplog.messages


def test_a_batch_is_in_the_audit_with_its_digest(journal: Journal, database: Database) -> None:
    for one in range(4):
        journal.admit(asking(one), ())
    Mover(journal, database, MISS_SHARE).move()
    with database.working() as connection:
        [row] = connection.execute(select(audit.audit)).all()
        about = json.loads(row.about)

        assert (row.who, row.act, about["rows"]) == ("line", "lookups batch", 4)
        assert about["digest"] == batch_digest(connection, about["batch"])


def test_fresh_look_ups_are_charged_in_the_database(
    journal: Journal, database: Database
) -> None:
    for one in (0, 1, 1, 2):
        journal.admit(asking(one), ())
    Mover(journal, database, MISS_SHARE).move()
    with database.working() as connection:
        rows = connection.execute(select(asked).order_by(asked.c.slot)).all()

    assert [(row.slot, bytes(row.subject)) for row in rows] == [
        (one + 1, asking(one).subject) for one in range(3)
    ]


def test_what_is_noted_twice_or_beyond_the_budget_changes_nothing(database: Database) -> None:
    mine = KEYS.phone_hmac(PHONE)
    given = [(mine, MORNING.date(), asking(one).subject) for one in (1, 2, 1, 3, 4, 5, 6, 7)]
    with database.working() as connection:
        note(connection, given[:4])
        note(connection, given)
        rows = connection.execute(select(asked).order_by(asked.c.slot)).all()

    assert [bytes(row.subject) for row in rows] == [asking(one).subject for one in range(1, 6)]


def test_one_process_of_a_machine_moves_at_a_time(journal: Journal, folder: Path) -> None:
    with journal.alone() as first, Journal(folder).alone() as second:
        states = (first, second)
    with Journal(folder).alone() as afterwards:
        assert (*states, afterwards) == (True, False, True)


def test_a_line_moves_what_came_in_by_itself(app: Flask) -> None:
    ask(app, "30000001", PHONE)
    until = time.monotonic() + 20
    while not kept(line_of(app).database):
        assert time.monotonic() < until
        time.sleep(0.1)

    assert len(kept(line_of(app).database)) == 1


def test_many_look_ups_are_moved_in_bites_and_few_wait_for_their_time(
    journal: Journal, database: Database
) -> None:
    mover = Mover(journal, database, MISS_SHARE)
    journal.admit(asking(1), ())
    mover.move(BITE, PAUSE_SECONDS)
    after_one = journal.closed()
    for number in range(200):
        journal.admit(asking(number, phone(number)), ())
        mover.move(BITE, PAUSE_SECONDS)
    sizes = [one.stat().st_size for one in journal.closed()]

    assert after_one == []
    assert len(sizes) > 1
    assert all(BITE < size < BITE + 300 for size in sizes)
    assert len(kept(database)) == sum(
        one.count(b"\n") for one in map(Path.read_bytes, journal.closed())
    )
