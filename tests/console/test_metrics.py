"""Facts about /metrics: who may read it, and what it says."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import TestResponse

from models.gateways import note_away
from models.outbox import Delivery, Priority
from models.senders import note_at_work, sign_off
from models.switches import Part, pause
from tests.caller import PHONE, Caller
from tests.caller import TOKEN as CALLERS
from tests.conftest import Open, line_of
from tests.lookups import keys, lookup, phone, take
from tests.outbox import GATEWAY, Outbox
from tests.servers import PostgresServer, RedisServer

TOKEN = "m" * 32
ELSEWHERE = "10.1.2.3"
Ask = Callable[..., TestResponse]


@pytest.fixture
def app(open_app: Open, database_url: str, redis: RedisServer) -> Flask:
    """A line on each database in turn, with a token and limits."""
    return open_app(
        database_url,
        redis.url,
        METRICS_TOKEN=TOKEN,
        SMS_PRICE="0.8",
        SMS_DAILY_SEGMENTS="5000",
        SMS_DAILY_MONEY="4000",
    )


@pytest.fixture
def box(app: Flask) -> Outbox:
    line = line_of(app)
    return Outbox(line.database, line.keys)


def ask(app: Flask, address: str = "127.0.0.1", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client().get(
        "/metrics", environ_base={"REMOTE_ADDR": address}, headers=named
    )


def scraped(app: Flask) -> dict[str, float]:
    """Scrape; give values by name, with the label's value behind it."""
    answer = ask(app)
    assert answer.status_code == 200
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }


# Who may read it


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_it_answers_on_loopback(app: Flask, address: str) -> None:
    assert ask(app, address).status_code == 200


@pytest.mark.parametrize("address", [ELSEWHERE, "::2", "127.0.0.1.evil", "", "localhost"])
def test_elsewhere_it_is_not_there(app: Flask, address: str) -> None:
    assert ask(app, address).status_code == 404


@pytest.mark.parametrize("header", ["Forwarded", "X_Forwarded_For", "X_Real_IP"])
@pytest.mark.parametrize("value", ["127.0.0.1", "for=127.0.0.1", ""])
def test_through_a_proxy_on_the_same_machine_it_is_not_there(
    app: Flask, header: str, value: str
) -> None:
    assert ask(app, **{header: value}).status_code == 404


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
@pytest.mark.parametrize("address", ["127.0.0.1", ELSEWHERE])
def test_it_answers_anywhere_to_who_knows_the_token(
    app: Flask, address: str, scheme: str
) -> None:
    answer = ask(app, address, Authorization=f"{scheme} {TOKEN}", X_Forwarded_For=ELSEWHERE)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {'t' * 32}",
        "Bearer",
        "Bearer ",
        f"Basic {TOKEN}",
        "Basic bTpt",
        TOKEN,
        "Bearer \xe9\xff",
        f"Bearer token={TOKEN}",
        "",
    ],
)
def test_another_token_opens_nothing(app: Flask, authorization: str) -> None:
    assert ask(app, ELSEWHERE, Authorization=authorization).status_code == 404


def test_a_token_in_the_address_opens_nothing(app: Flask) -> None:
    client = app.test_client()
    answer = client.get(f"/metrics?token={TOKEN}", environ_base={"REMOTE_ADDR": ELSEWHERE})

    assert answer.status_code == 404


@pytest.mark.parametrize("authorization", ["Bearer ", "Bearer", "Bearer None", ""])
def test_where_no_token_is_set_none_opens_it(
    open_app: Open, sqlite_url: str, redis: RedisServer, authorization: str
) -> None:
    app = open_app(sqlite_url, redis.url)

    assert ask(app, ELSEWHERE, Authorization=authorization).status_code == 404
    assert ask(app).status_code == 200


def test_it_takes_no_other_method(app: Flask) -> None:
    assert app.test_client().post("/metrics").status_code == 405


# What it says


def test_it_is_written_as_prometheus_reads_it(app: Flask) -> None:
    answer = ask(app)

    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert answer.get_data(as_text=True).endswith("\n")


def test_an_empty_outbox_has_a_nought_for_everything(app: Flask) -> None:
    said = scraped(app)
    limits = {"line_sms_segments_limit": 5000, "line_sms_money_limit": 4000}

    up = {"line_database_up": 1, "line_redis_up": 1}

    assert {name: value for name, value in said.items() if value} == {**limits, **up}
    assert {f"line_sms_messages {state}" for state in Delivery} <= set(said)
    assert {f"line_sms_queued {name}" for name in ("answer", "notice", "campaign")} <= set(said)


def test_it_counts_messages_by_state_and_what_waits_by_priority(
    app: Flask, box: Outbox
) -> None:
    now = datetime.now(UTC)
    box.put(priority=Priority.NOTICE, due_at=now - timedelta(minutes=10))
    box.put(priority=Priority.CAMPAIGN, due_at=now + timedelta(hours=1))
    box.send()
    box.put(state=Delivery.UNKNOWN, unknown_at=now - timedelta(hours=2))
    said = scraped(app)

    assert said["line_sms_messages queued"] == 2
    assert said["line_sms_messages sent"] == 1
    assert (said["line_sms_queued notice"], said["line_sms_due notice"]) == (1, 1)
    assert (said["line_sms_queued campaign"], said["line_sms_due campaign"]) == (1, 0)
    assert 600 <= said["line_sms_oldest_due_seconds notice"] < 700
    assert said["line_sms_unknown day"] == 1
    assert said["line_sms_handed_over 60"] == 1


def test_it_says_what_today_came_to_in_the_countrys_currency(app: Flask, box: Outbox) -> None:
    line = line_of(app)
    box.put("x" * 161)
    day, limits = line.country.day(line.clock()), app.config["SMS_LIMITS"]
    box.take(limits=limits, day=day)
    said = scraped(app)

    assert (said["line_sms_segments_today"], said["line_sms_money_today"]) == (2, 1.6)


def test_it_names_a_gateway_that_is_away(app: Flask, box: Outbox) -> None:
    with box.database.working() as connection:
        note_away(connection, GATEWAY, "HTTP 500")

    assert scraped(app)[f"line_sms_gateway_away {GATEWAY}"] == 1


def test_each_scrape_counts_anew(app: Flask, box: Outbox) -> None:
    with box.database.working() as connection:
        note_away(connection, GATEWAY, "HTTP 500")
    box.put()
    first = scraped(app)
    box.change(state=Delivery.SENT)
    with box.database.working() as connection:
        connection.exec_driver_sql("DELETE FROM gateways")
    second = scraped(app)

    assert (first["line_sms_messages queued"], second["line_sms_messages queued"]) == (1, 0)
    assert f"line_sms_gateway_away {GATEWAY}" not in second


def test_each_number_says_what_it_is(app: Flask) -> None:
    text = ask(app).get_data(as_text=True)
    sorts = r"^# TYPE ([a-z_]+) (?:gauge|counter|histogram)$"
    names = set(re.findall(sorts, text, re.MULTILINE))

    assert names == set(re.findall(r"^# HELP ([a-z_]+) [A-Z0-9].{15,}\.$", text, re.MULTILINE))
    assert len(names) >= 31


def test_look_ups_of_the_last_hour_and_what_stands_out_are_counted(app: Flask) -> None:
    now = datetime.now(UTC)
    run = [lookup(keys(), phone(one // 5), str(30_000_000 + one), at=now) for one in range(30)]
    old = lookup(keys(), phone(9), "31000000", at=now - timedelta(minutes=61))
    with line_of(app).database.working() as connection:
        take(connection, "one", [old, *run])
    before = scraped(app)

    assert before["line_lookups_last_hour unknown"] == 30
    assert before["line_lookups_last_hour found"] == 0
    assert before["line_lookup_flags_open sequence"] == 1
    assert before["line_lookup_flags_open phone"] == before["line_lookup_flags_open line"] == 0


def test_nothing_personal_is_in_it(app: Flask, box: Outbox) -> None:
    box.put("a private text", state=Delivery.UNKNOWN, reason="quoting +254711000111")
    text = ask(app).get_data(as_text=True)

    assert PHONE.removeprefix("+") not in text
    assert "private" not in text


def test_with_the_database_away_it_says_so_in_time(
    open_app: Open, postgres_url: str, postgres: PostgresServer, redis: RedisServer
) -> None:
    app = open_app(postgres_url, redis.url)
    with postgres.frozen():
        began = datetime.now(UTC)
        answer = ask(app)
        took = datetime.now(UTC) - began

    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "line_database_up 0.0" in text
    assert "line_redis_up 1.0" in text
    assert "line_sms_messages" not in text
    assert took < timedelta(seconds=2)


def test_with_the_database_away_it_tells_nobody_else(
    open_app: Open, postgres_url: str, postgres: PostgresServer, redis: RedisServer
) -> None:
    app = open_app(postgres_url, redis.url)
    with postgres.frozen():
        assert ask(app, ELSEWHERE).status_code == 404


# Hops and callbacks


def test_it_counts_hops_by_gateway_and_what_they_were_answered_with(app: Flask) -> None:
    before = scraped(app)
    caller = Caller(app.test_client())
    caller.keys("2", "42")
    app.test_client().post(f"/ussd/africastalking/{CALLERS}", data={"text": ""})
    after = scraped(app)
    more = {name: value - before[name] for name, value in after.items() if "hop" in name}

    assert more["line_hops_total africastalking page"] == 3
    assert more["line_hops_total africastalking not_understood"] == 1
    assert more["line_hops_total safaricom page"] == 0
    assert more["line_hop_seconds_count"] == more["line_hop_seconds_bucket +Inf"] == 4
    assert more["line_hop_seconds_sum"] > 0


def test_it_counts_callbacks_by_what_they_were_answered(app: Flask) -> None:
    path = f"/sms/africastalking/{CALLERS}"
    text = {"id": "1", "from": PHONE, "to": "1919", "text": "help", "date": "2026-10-09 12:17"}
    for address in (path, f"{path}/reports", f"{path}/reports"):
        app.test_client().post(address, data=text)
    said = scraped(app)

    assert said["line_callbacks_total africastalking text 200"] == 1
    assert said["line_callbacks_total africastalking report 200"] == 2
    assert said["line_callbacks_total kannel report 200"] == 0


def test_it_says_what_is_paused_and_how_many_senders_are_at_work(app: Flask) -> None:
    with line_of(app).database.working() as connection:
        pause(connection, Part.CAMPAIGNS)
        note_at_work(connection, "one")
        note_at_work(connection, "other")
        sign_off(connection, "one")
    said = scraped(app)

    assert (said["line_paused campaigns"], said["line_paused sms"]) == (1, 0)
    assert said["line_senders"] == 1
