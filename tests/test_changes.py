"""Data that changes between hops, with the session lost or kept: never a wrong page, never
another wish."""

from datetime import date

import pytest
from flask import Flask

from models import subscriptions
from tests.caller import Caller
from tests.conftest import inbox, line_of
from tests.servers import RedisServer
from tests.world import put

LATER = date(2026, 10, 2)
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
