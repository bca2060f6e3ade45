"""Facts about what operators type for a campaign, and what they read."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select, update

from menus.line import Line
from models.documents import State, documents
from models.numbers import Kind
from models.outbox import Delivery, outbox
from tests.caller import PHONE
from tests.commands.campaign_set import load, ready
from tests.conftest import Open, inbox, line_of
from tests.servers import RedisServer

SECOND = "+254711000222"


@pytest.fixture
def app(open_app: Open, sqlite_url: str, redis: RedisServer) -> Flask:
    """A line at KSh 0.80 a segment, with three documents of two owners and one of nobody."""
    app = open_app(sqlite_url, redis.url, SMS_PRICE="0.8", SMS_RATE="50")
    line = line_of(app)
    load(
        line,
        [
            ready(line, "12345678", PHONE),
            ready(line, "22345678", PHONE, kind=Kind.DRIVING_LICENCE, centre="022-01"),
            ready(line, "32345678", SECOND, days=50),
            ready(line, "42345678", None),
        ],
    )
    return app


@pytest.fixture
def line(app: Flask) -> Line:
    return line_of(app)


def sms(app: Flask, *args: str, typed: str | None = None) -> Result:
    return app.test_cli_runner().invoke(args=["sms", *args], input=typed)


def said(result: Result) -> list[str]:
    """Give the lines on standard output that are not the bar's."""
    return [one for one in result.stdout.splitlines() if one and "\u2501" not in one]


def queued(line: Line) -> int:
    with line.database.working() as connection:
        return connection.scalars(select(func.count()).select_from(outbox)).one()


# The summary


def test_a_dry_run_tells_what_it_would_come_to_and_queues_nothing(
    app: Flask, line: Line
) -> None:
    result = sms(app, "campaign", "nudge", "--days", "30", "--dry-run")

    assert result.exit_code == 0
    assert said(result) == [
        "documents: 4, of which 3 are told of",
        "  skipped, no phone: 1",
        "recipients: 2, one message each",
        said(result)[3],
        "segments: 2",
        "cost: KSh 1.60",
        "time: 0:00:00, at 50 a second from 08:00 to 18:00",
        "dry run: nothing was queued",
    ]
    assert re.fullmatch(
        r"  en: 2, like: .*\.\.000.* Ref 00000\. Reply STOP to end\.", said(result)[3]
    )
    assert queued(line) == 0


@pytest.mark.parametrize(
    ("settings", "time"),
    [
        ({}, "0:00:20, at 100 a second from 08:00 to 18:00"),
        ({"SMS_RATE": "1"}, "0:33:20, at 1 a second from 08:00 to 18:00"),
        (
            {"SMS_RATE": "1", "SMS_DAILY_SEGMENTS": "1000"},
            "2 days and 0:03:20, at 1 a second from 08:00 to 18:00, at most 900 segments a day",
        ),
        (
            {"SMS_RATE": "1", "SMS_DAILY_MONEY": "800", "SMS_PRICE": "0.8"},
            "2 days and 0:03:20, at 1 a second from 08:00 to 18:00, at most 900 segments a day",
        ),
        (
            {"SMS_DAILY_SEGMENTS": "1"},
            "never: the day's limits leave nothing for campaigns",
        ),
    ],
)
def test_how_long_it_takes_follows_from_the_settings(
    open_app: Open, sqlite_url: str, redis: RedisServer, settings: dict[str, str], time: str
) -> None:
    app = open_app(sqlite_url, redis.url, **settings)
    line = line_of(app)
    load(line, [ready(line, str(20_000_000 + n), f"+2547{n:08}") for n in range(2_000)])

    lines = said(sms(app, "campaign", "nudge", "--days", "30", "--dry-run"))

    assert f"time: {time}" in lines


def test_a_price_that_is_not_set_is_said_to_be_so(
    open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    app = open_app(sqlite_url, redis.url)

    lines = said(sms(app, "campaign", "nudge", "--days", "30", "--dry-run"))

    assert "cost: price not set (SMS_PRICE)" in lines


def test_nothing_personal_is_printed(app: Flask) -> None:
    printed = sms(app, "campaign", "nudge", "--days", "30", "--yes").output
    printed += sms(app, "ledger", "nudge").output + sms(app, "campaigns").output

    for secret in (PHONE, PHONE[1:], SECOND, "345678", "678"):
        assert secret not in printed


# Queueing


def test_it_asks_before_it_queues(app: Flask, line: Line) -> None:
    result = sms(app, "campaign", "nudge", "--days", "30", typed="n\n")

    assert result.exit_code == 1
    assert "Queue these messages?" in result.output
    assert queued(line) == 0


def test_it_queues_when_it_is_told_so(app: Flask, line: Line) -> None:
    result = sms(app, "campaign", "nudge", "--days", "30", typed="y\n")

    assert said(result)[-1].endswith("nudge: 2 messages queued, of 3 documents")
    assert (len(inbox(line)), len(inbox(line, SECOND))) == (1, 1)


def test_it_does_not_ask_where_that_is_not_wanted(app: Flask, line: Line) -> None:
    assert sms(app, "campaign", "nudge", "--days", "30", "--yes").exit_code == 0
    assert queued(line) == 2


def test_run_again_it_queues_nobody_twice(app: Flask, line: Line) -> None:
    for _ in range(2):
        result = sms(app, "campaign", "nudge", "--days", "30", "--yes")

    assert "  skipped, in this campaign already: 3" in said(result)
    assert queued(line) == 2


def test_its_bar_is_no_part_of_what_it_prints(app: Flask) -> None:
    result = sms(app, "campaign", "nudge", "--days", "30", "--yes")

    assert "\u2501" in result.stderr
    assert "\u2501" not in result.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--until-days", "60"], 1),
        (["--centre", "022-01"], 1),
        (["--centre", "thika", "--centre", "GPO Nairobi"], 3),
        (["--kind", "driving_licence"], 1),
        (["--kind", "id_card", "--kind", "birth_certificate"], 2),
    ],
)
def test_documents_are_chosen(app: Flask, options: list[str], told: int) -> None:
    result = sms(app, "campaign", "nudge", "--days", "30", "--dry-run", *options)

    assert f"of which {told} are told of" in said(result)[0]


def test_owners_who_chose_no_language_are_spoken_to_as_is_said(app: Flask, line: Line) -> None:
    sms(app, "campaign", "nudge", "--days", "30", "--language", "sw", "--yes")

    assert "tayari" in inbox(line, SECOND)[0]


# What is refused


def test_every_fault_is_told_at_once(app: Flask, line: Line) -> None:
    result = sms(
        app,
        *("campaign", "Nudge!", "--days", "-1", "--until-days", "-2", "--told-within", "-3"),
        *("--centre", "Nowhere", "--centre", "001-01", "--kind", "passport"),
        *("--language", "xx", "--yes"),
    )

    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "Error: NAME: not of 1 to 40 small letters, digits and -",
        "--days: not from 0 to 36500",
        "--until-days: not from 0 to 36500",
        "--told-within: not from 0 to 36500",
        "--centre Nowhere: no centre of this code or name",
        "--kind passport: not one of: id_card, birth_certificate, driving_licence",
        "--language xx: not one of: en, sw",
    ]
    assert queued(line) == 0


@pytest.mark.parametrize("name", ["", "a" * 41, "nudge_1", "nudge 1", "\u0661"])
def test_a_name_of_other_signs_is_refused(app: Flask, name: str) -> None:
    assert "NAME: not of" in sms(app, "campaign", name, "--days", "1", "--dry-run").output


def test_an_end_before_the_beginning_is_refused(app: Flask) -> None:
    result = sms(app, "campaign", "nudge", "--days", "30", "--until-days", "29", "--dry-run")

    assert result.output == "Error: --until-days: fewer than --days\n"


def test_a_name_that_is_taken_is_refused_for_other_documents(app: Flask, line: Line) -> None:
    sms(app, "campaign", "nudge", "--days", "30", "--yes")
    result = sms(app, "campaign", "nudge", "--days", "31", "--yes")

    assert result.exit_code == 1
    assert "there is a campaign nudge of other documents: " in result.output
    assert queued(line) == 2


@pytest.mark.parametrize("command", ["campaign-stop", "campaign-resume", "ledger"])
def test_a_campaign_that_there_is_not_is_refused(app: Flask, command: str) -> None:
    result = sms(app, command, "nudge")

    assert (result.exit_code, result.output) == (1, "Error: there is no campaign nudge\n")


# Afterwards


def test_it_is_stopped_and_goes_on(app: Flask, line: Line) -> None:
    sms(app, "campaign", "nudge", "--days", "30", "--yes")

    assert said(sms(app, "campaign-stop", "nudge")) == ["nudge: stopped, 2 messages held back"]
    assert said(sms(app, "campaigns"))[0].endswith("2 messages, 2 queued, stopped")
    refused = sms(app, "campaign", "nudge", "--days", "30", "--yes")
    assert "nudge is stopped: `flask sms campaign-resume nudge` first" in refused.output
    assert said(sms(app, "campaign-resume", "nudge")) == ["nudge: goes on, 2 messages due"]
    day = line.country.day(line.clock())
    assert said(sms(app, "campaigns")) == [f"nudge: {day}, 2 messages, 2 queued"]


def test_the_ledger_tells_what_became_of_it(app: Flask, line: Line) -> None:
    sms(app, "campaign", "nudge", "--days", "30", "--yes")
    fates: Iterator[dict[str, object]] = iter(
        [
            {"state": Delivery.DELIVERED, "money": 9_000, "sent_at": datetime.now(UTC)},
            {"state": Delivery.FAILED, "reason": "stopped"},
        ]
    )
    with line.database.working() as connection:
        for phone in (PHONE, SECOND):
            mine = outbox.c.phone_hmac == line.keys.phone_hmac(phone)
            connection.execute(update(outbox).where(mine).values(**next(fates)))
        connection.execute(
            update(documents).where(documents.c.id == 1).values(state=State.COLLECTED)
        )

    assert said(sms(app, "ledger", "nudge")) == [
        "nudge",
        "recipients: 2",
        "  queued: 0",
        "  submitting: 0",
        "  sent: 0",
        "  delivered: 1",
        "  failed: 1",
        "    stopped: 1",
        "  unknown: 0",
        "  tried again, and counted above: 0",
        "segments: 1",
        "charged: KSh 0.90",
        "documents told of: 2",
        "  collected since: 1, 50.0 per cent",
        "documents skipped, no phone: 1",
    ]


def test_what_is_not_yet_charged_is_counted_by_the_price(app: Flask, line: Line) -> None:
    sms(app, "campaign", "nudge", "--days", "30", "--yes")
    with line.database.working() as connection:
        connection.execute(update(outbox).values(state=Delivery.UNKNOWN))

    lines = said(sms(app, "ledger", "nudge"))

    assert "charged: KSh 0.00" in lines
    assert "not yet charged: 2 segments, KSh 1.60" in lines
