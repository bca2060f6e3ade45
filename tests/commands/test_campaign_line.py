"""Campaigns at their size: what they take, and senders that are stopped in the middle."""

import os
import re
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import func, select

from commands import demonstration_set
from menus import campaigns as written
from menus.line import Line
from models.campaigns import Choice, id_of, resume, stop
from models.centres import every_centre
from models.counties import populations
from models.documents import State
from models.gsm7 import SMS_SEGMENT, septets
from models.outbox import Delivery, Priority, by_state, outbox, outbox_documents
from models.outbox import queue as queue_answer
from models.spending import Limits
from sms.sender import Office
from tests.commands.campaign_set import load, phones, ready, with_phones
from tests.conftest import LINE_KEYS, Open, line_of
from tests.servers import RedisServer
from tests.sms.gateway import Gateway

ROOT = Path(__file__).parent.parent.parent
LIMITS = Limits(rate=10_000)
DAYS = 30
SECONDS_TO_CHOOSE, SECONDS_TO_QUEUE, MEGABYTES = 15, 45, 200
"""What a campaign of 226,247 documents may take, on two cores that do nothing else."""


def noon() -> datetime:
    """Give noon in Nairobi, when campaigns are sent."""
    return datetime(2026, 10, 6, 9, tzinfo=UTC)


@pytest.fixture
def line(open_app: Open, database_url: str, redis: RedisServer) -> Line:
    """A line on each database in turn, at noon."""
    return line_of(open_app(database_url, redis.url, noon))


def load_demonstration(line: Line, most: int | None = None) -> None:
    """Load the demonstration's documents with a phone each, all of them or the first."""
    with line.database.working() as connection:
        centres, people = every_centre(connection), populations(connection)
    rows = demonstration_set.rows(centres, people)
    load(line, with_phones(islice(rows, most)), demonstration_set.AS_OF)


def queue(line: Line, name: str = "nudge") -> int:
    return written.queue(line, name, Choice(DAYS), lambda *_: None).recipients


def send_all(line: Line, gateway: Gateway) -> int:
    office = Office(line, [gateway.sender()], LIMITS)
    try:
        return office.empty()
    finally:
        office.close()


def states(line: Line) -> dict[Delivery, int]:
    with line.database.working() as connection:
        return by_state(connection)


# 3,000 documents


def test_every_owner_of_3000_documents_gets_one_text_of_one_segment(line: Line) -> None:
    load_demonstration(line, 3_000)
    owners = len(set(islice(phones(), 3_000)))
    tally = written.queue(line, "nudge", Choice(DAYS), lambda *_: None)
    with line.database.working() as connection:
        query = select(outbox.c.cause, outbox.c.body, outbox.c.code, outbox.c.segments)
        rows = connection.execute(query).all()
        told = connection.scalars(select(func.count()).select_from(outbox_documents)).one()
        hmacs = connection.scalars(select(outbox.c.phone_hmac)).all()

    # One of the first is not ready yet.
    assert tally.told == tally.chosen == told == 2_999
    assert len({bytes(one) for one in hmacs}) == len(rows) == tally.recipients
    assert owners - 1 <= len(rows) <= owners
    for row in rows:
        text = line.keys.people.open(row.body, f"outbox|body|{row.cause}")
        assert row.segments == 1
        assert septets(text) <= SMS_SEGMENT
        assert f"Ref {row.code}." in text


def test_a_plan_of_3000_documents_says_what_queueing_then_does(line: Line) -> None:
    load_demonstration(line, 3_000)
    planned = written.plan(line, "nudge", Choice(DAYS), lambda *_: None)
    queued = written.queue(line, "nudge", Choice(DAYS), lambda *_: None)

    assert planned == queued


def test_progress_is_told_up_to_the_end(line: Line) -> None:
    load_demonstration(line, 3_000)
    told: list[tuple[int, int]] = []
    written.plan(line, "nudge", Choice(DAYS), lambda *two: told.append(two))

    assert told == sorted(told)
    assert len(told) >= 3
    assert told[-1] == (2_999, 2_999)


# Sent, stopped, and sent on


def load_owners(line: Line, owners: int) -> None:
    known = [ready(line, str(20_000_000 + nth), f"+2547{nth:08}") for nth in range(owners)]
    load(line, known)


def stop_after(line: Line, gateway: Gateway, posts: int) -> None:
    """Let somebody stop the campaign from elsewhere once the gateway has got so many."""
    began = threading.Event()

    def stop_it() -> None:
        with line.database.working() as connection:
            campaign_id = id_of(connection, "nudge")
            assert campaign_id
            stop(connection, campaign_id)

    def watch(_: object) -> None:
        if len(gateway.posts) >= posts and not began.is_set():
            began.set()
            stop_it()

    gateway.watch = watch


def let_go_on(line: Line) -> int:
    with line.database.working() as connection:
        campaign_id = id_of(connection, "nudge")
        assert campaign_id
        return resume(connection, campaign_id)


def stopped_in_the_middle(line: Line, gateway: Gateway, owners: int) -> tuple[int, int]:
    """Send a campaign, stop it in the middle and let it go on; give what went out when."""
    load_owners(line, owners)
    assert queue(line) == owners
    stop_after(line, gateway, owners // 4)
    send_all(line, gateway)
    gateway.watch = None
    first = len(gateway.posts)
    assert owners // 4 <= first < owners
    assert states(line) == {Delivery.SENT: first, Delivery.QUEUED: owners - first}
    assert send_all(line, gateway) == 0
    assert let_go_on(line) == owners - first
    assert queue(line) == 0
    send_all(line, gateway)
    assert states(line) == {Delivery.SENT: owners}
    assert Counter(Counter(post.to for post in gateway.posts).values()) == {1: owners}
    return first, len(gateway.posts) - first


def test_a_campaign_stopped_in_the_middle_goes_on_and_reaches_nobody_twice(
    line: Line, gateway: Gateway
) -> None:
    stopped_in_the_middle(line, gateway, 200)


def test_what_was_collected_meanwhile_is_not_told_of(line: Line, gateway: Gateway) -> None:
    load_owners(line, 3)
    queue(line)
    load(line, [ready(line, "20000001", None, state=State.COLLECTED)])
    send_all(line, gateway)

    assert sorted(post.to for post in gateway.posts) == ["+254700000000", "+254700000002"]
    assert states(line) == {Delivery.SENT: 2, Delivery.FAILED: 1}


def test_at_night_nothing_of_a_campaign_is_sent(
    open_app: Open, sqlite_url: str, redis: RedisServer, gateway: Gateway
) -> None:
    line = line_of(open_app(sqlite_url, redis.url, lambda: noon() + timedelta(hours=9)))
    load_owners(line, 3)
    queue(line)

    assert send_all(line, gateway) == 0
    assert gateway.posts == []


def test_an_answer_goes_before_a_campaign(line: Line, gateway: Gateway) -> None:
    load_owners(line, 50)
    queue(line)
    with line.database.working() as connection:
        queue_answer(connection, line.keys, "asked", "+254799999999", "Habari")
    send_all(line, gateway)

    assert "+254799999999" in {post.to for post in gateway.posts[:20]}


# 226,247 documents


def flask(environment: dict[str, str], *args: str) -> tuple[str, float, float, float]:
    """Run a command as operators do; give its output, seconds, CPU seconds and megabytes."""
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "flask", *args],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        output = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, output
    return output, time.monotonic() - began, cpu(used), used.ru_maxrss / 1024


def cpu(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_campaign_for_226247_documents_takes_seconds_and_little_memory(
    database_url: str, redis: RedisServer, tmp_path: Path, open_app: Open
) -> None:
    line = line_of(open_app(database_url, redis.url))
    load_demonstration(line)
    environment = {
        **os.environ,
        **LINE_KEYS,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis.url,
        "VAR_DIR": str(tmp_path / "var"),
        "SMS_PRICE": "0.8",
    }
    name = database_url.split(":")[0]
    commands = {
        "dry run": ("campaign", "nudge", "--days", "30", "--dry-run"),
        "queueing, with the summary before it": ("campaign", "nudge", "--days", "30", "--yes"),
        "again": ("campaign", "nudge", "--days", "30", "--yes"),
        "stop": ("campaign-stop", "nudge"),
        "resume": ("campaign-resume", "nudge"),
        "ledger": ("ledger", "nudge"),
    }
    taken, outputs = {}, {}
    for what, args in commands.items():
        outputs[what], seconds, used, megabytes = flask(environment, "sms", *args)
        taken[what] = (used, megabytes)
        print(
            f"\n{name}, 226,247 documents, {what}: {seconds:.1f} s,"
            f" {used:.1f} s of CPU, {megabytes:.0f} MB at its peak"
        )
    print(outputs["dry run"])

    assert "documents: 226,247, of which 226,247 are told of" in outputs["dry run"]
    recipients = int(
        re.findall(r"recipients: ([0-9,]+)", outputs["dry run"])[0].replace(",", "")
    )
    assert f"{recipients:,} messages queued, of 226,247" in outputs[list(commands)[1]]
    assert "0 messages queued" in outputs["again"]
    with line.database.working() as connection:
        distinct = select(func.count(outbox.c.phone_hmac.distinct()), func.count())
        query = distinct.where(outbox.c.priority == Priority.CAMPAIGN)
        assert tuple(connection.execute(query).one()) == (recipients, recipients)
    assert taken["dry run"][0] < SECONDS_TO_CHOOSE
    assert taken[list(commands)[1]][0] < SECONDS_TO_QUEUE
    assert max(megabytes for _, megabytes in taken.values()) < MEGABYTES


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_campaign_of_2000_stopped_in_the_middle_reaches_nobody_twice(
    line: Line, gateway: Gateway
) -> None:
    began = time.monotonic()
    first, then = stopped_in_the_middle(line, gateway, 2_000)
    print(
        f"\n2,000 messages: {first} sent, stopped, {then} sent after it went on;"
        f" {time.monotonic() - began:.0f} s"
    )
