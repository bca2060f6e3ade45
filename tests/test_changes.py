"""Data that changes between hops, with the session lost or kept: never a wrong page, never
another wish."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from models import reports, subscriptions
from models.centres import centres
from tests.caller import Caller
from tests.conftest import inbox, line_of
from tests.servers import RedisServer
from tests.world import put, report_not_there

LATER = date(2026, 10, 2)
OTHERS = ("+254700000008", "+254700000009")
lost_or_kept = pytest.mark.parametrize("lost", [True, False], ids=["lost", "kept"])


@lost_or_kept
def test_a_document_that_became_ready_is_subscribed_to_only_where_that_was_read(
    lost: bool, app: Flask, redis: RedisServer
) -> None:
    put(line_of(app), "id_card", "23456789", "coming")
    caller = Caller(app.test_client())
    caller.keys("1", "1", "23456789")
    put(line_of(app), "id_card", "23456789", "ready", confirmed=LATER)
    if lost:
        redis.flush()
    page = caller.key("2")

    if lost:  # 2 means nothing on the page that a new look-up gives, which is shown instead
        assert page.startswith("CON That is not one of the choices.\nID ..789 is READY.")
        assert _subscriptions(app) == 0
    else:
        assert page.startswith("CON We will text you when it is ready.")
        assert _subscriptions(app) == 1
    assert inbox(line_of(app)) == []


@lost_or_kept
def test_a_document_that_became_ready_after_the_wish_keeps_the_one_wish(
    lost: bool, app: Flask, redis: RedisServer
) -> None:
    put(line_of(app), "id_card", "23456789", "coming")
    caller = Caller(app.test_client())
    caller.keys("1", "1", "23456789", "2")
    put(line_of(app), "id_card", "23456789", "ready", confirmed=LATER)
    texts = inbox(line_of(app))
    if lost:
        redis.flush()
    page = caller.key("3")

    assert page.startswith("CON Which document?")
    assert _subscriptions(app) == 1
    assert inbox(line_of(app)) == texts
    assert len(texts) == 1


@lost_or_kept
def test_a_document_that_was_collected_is_not_texted_as_ready(
    lost: bool, app: Flask, redis: RedisServer
) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    caller = Caller(app.test_client())
    caller.keys("1", "1", "12345678")
    put(line_of(app), "id_card", "12345678", "collected", confirmed=LATER)
    if lost:
        redis.flush()
    caller.key("1")

    assert all("READY" not in text for text in inbox(line_of(app)))
    assert len(inbox(line_of(app))) == (0 if lost else 1)


@lost_or_kept
def test_a_list_of_kinds_that_grew_makes_no_key_mean_another_kind(
    lost: bool, app: Flask, redis: RedisServer
) -> None:
    put(line_of(app), "id_card", "45678901", "ready")
    put(line_of(app), "driving_licence", "45678901", "ready", "032-01")
    caller = Caller(app.test_client())
    caller.keys("45678901")
    put(line_of(app), "birth_certificate", "45678901", "ready", "042-01")
    if lost:
        redis.flush()

    assert caller.key("6").startswith("CON Licence ..901 is READY.")
    assert inbox(line_of(app)) == []


@lost_or_kept
def test_a_list_of_counties_that_grew_makes_no_key_mean_another_county(
    lost: bool, app: Flask, redis: RedisServer
) -> None:
    put(line_of(app), "birth_certificate", "7654321098", "ready", "042-01")
    put(line_of(app), "birth_certificate", "7654321098", "ready", "047-01")
    caller = Caller(app.test_client())
    caller.keys("1", "2", "7654321098")
    put(line_of(app), "birth_certificate", "7654321098", "ready", "001-01")
    if lost:
        redis.flush()

    assert caller.key("42").startswith("CON Birth cert ..098 is READY. Free.\nKisumu")


@lost_or_kept
@pytest.mark.parametrize("key", ["1", "2"])
def test_a_second_document_between_two_hops_turns_no_key_into_a_wish(
    key: str, lost: bool, app: Flask, redis: RedisServer
) -> None:
    put(line_of(app), "birth_certificate", "7654321098", "ready", "042-01")
    put(line_of(app), "birth_certificate", "7654321098", "ready", "047-01")
    caller = Caller(app.test_client())
    caller.keys("1", "2", "7654321098")
    put(line_of(app), "birth_certificate", "7654321098", "collected", "047-01", LATER)
    if lost:
        redis.flush()
    caller.key("0" + key)

    assert inbox(line_of(app)) == []
    assert _subscriptions(app) == 0


@lost_or_kept
def test_a_document_that_came_to_be_checked_is_not_texted_as_ready(
    lost: bool, app: Flask, redis: RedisServer
) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    caller = Caller(app.test_client())
    caller.keys("1", "1", "12345678")
    for phone in OTHERS:
        report_not_there(line_of(app), "12345678", phone)
    if lost:
        redis.flush()
    page = caller.key("1")
    (text,) = inbox(line_of(app))

    assert page.startswith("CON We will text you the answer.")
    assert "was reported as not there" in text
    assert "READY" not in text


@lost_or_kept
def test_a_document_that_came_to_be_checked_is_told_so_when_it_is_shown_again(
    lost: bool, app: Flask, redis: RedisServer
) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    caller = Caller(app.test_client())
    caller.keys("1", "1", "12345678", "7")
    for phone in OTHERS:
        report_not_there(line_of(app), "12345678", phone)
    if lost:
        redis.flush()

    assert caller.key("0").startswith("CON ID ..678 was reported as not there.")


@lost_or_kept
def test_a_document_that_its_centre_named_again_is_texted_as_ready(
    lost: bool, app: Flask, redis: RedisServer
) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    for phone in OTHERS:
        report_not_there(line_of(app), "12345678", phone)
    caller = Caller(app.test_client())
    before = caller.keys("1", "1", "12345678")
    put(line_of(app), "id_card", "12345678", "ready", confirmed=LATER)
    if lost:
        redis.flush()
    caller.key("1")

    assert before.startswith("CON ID ..678 was reported as not there.")
    assert ["is READY" in text for text in inbox(line_of(app))] == [True]
    assert _subscriptions(app) == 0


@lost_or_kept
def test_a_document_that_came_to_be_checked_before_the_wish_to_be_told_is_waited_for(
    lost: bool, app: Flask, redis: RedisServer
) -> None:
    put(line_of(app), "id_card", "12345678", "coming")
    caller = Caller(app.test_client())
    caller.keys("1", "1", "12345678")
    put(line_of(app), "id_card", "12345678", "ready", confirmed=LATER)
    for phone in OTHERS:
        report_not_there(line_of(app), "12345678", phone)
    if lost:
        redis.flush()
    page = caller.key("2")

    assert page.startswith("CON We will text you when it is ready.")
    assert _subscriptions(app) == 1
    assert inbox(line_of(app)) == []


@lost_or_kept
def test_a_report_of_a_document_that_was_collected_meanwhile_is_kept_with_its_number(
    lost: bool, app: Flask, redis: RedisServer
) -> None:
    line = line_of(app)
    put(line, "id_card", "12345678", "ready")
    caller = Caller(app.test_client())
    caller.keys("1", "1", "12345678", "7")
    put(line, "id_card", "12345678", "collected", confirmed=LATER)
    if lost:
        redis.flush()
    page = caller.key("1")
    with line.database.working() as connection:
        kept = [(one.matter, one.number) for one in reports.waiting(connection, line.keys)]

    if lost:  # the menu of reports belongs to an answer that nobody gets any more
        assert page.startswith("CON That is not one of the choices.\nNo document found")
        assert kept == []
    else:
        assert page.startswith("CON Noted.")
        assert kept == [("not_there", "12345678")]


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "kept"])
def test_a_county_that_gained_a_centre_takes_nobody_to_another(
    lost: bool, app: Flask, redis: RedisServer
) -> None:
    line = line_of(app)
    caller = Caller(app.test_client())
    caller.keys("2", "42")
    with line.database.working() as connection:
        kisumu = select(centres).where(centres.c.code == "042-01")
        row = connection.execute(kisumu).mappings().one()
        connection.execute(insert(centres).values({**row, "code": "042-02"}))
        connection.execute(
            update(centres).where(centres.c.code == "042-02").values(short_name="Ahero")
        )
    line.watch.look()
    if lost:
        redis.flush()
    page = caller.key("1")
    texts = inbox(line)

    if lost:
        assert page.startswith("CON Sorry, the line lost your place.")
        assert texts == []
    else:
        assert page.startswith("CON We will text you that.")
        assert [text.startswith("Huduma Centre Kisumu.") for text in texts] == [True]


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "kept"])
def test_a_list_of_centres_that_grew_makes_no_key_mean_another_centre(
    lost: bool, app: Flask, redis: RedisServer
) -> None:
    line = line_of(app)
    caller = Caller(app.test_client())
    listed = caller.keys("2", "47")
    with line.database.working() as connection:
        gpo = select(centres).where(centres.c.code == "047-01")
        row = connection.execute(gpo).mappings().one()
        others = {"code": "047-06", "short_name": "Aaa First"}
        connection.execute(insert(centres).values({**row, **others}))
    line.watch.look()
    if lost:
        redis.flush()
    page = caller.key("12")

    assert "\n12 City Square" in listed
    expected = "CON Sorry, the line lost your place." if lost else "CON City Square\n"
    assert page.startswith(expected)


@lost_or_kept
def test_the_answer_says_when_the_centre_confirmed_not_when_it_was_asked(
    lost: bool, app: Flask, redis: RedisServer
) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    caller = Caller(app.test_client())
    before = caller.keys("1", "1", "12345678")
    put(line_of(app), "id_card", "12345678", "ready", confirmed=LATER)
    if lost:
        redis.flush()
    caller.key("0")
    after = caller.key("12345678")

    assert "As of 30 Sep 2026" in before
    assert "As of 2 Oct 2026" in after


def _subscriptions(app: Flask) -> int:
    with line_of(app).database.working() as connection:
        return subscriptions.count(connection)
