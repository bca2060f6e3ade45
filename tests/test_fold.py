"""A session is a fold of its keys: whatever Redis remembers, the same pages and wishes."""

import itertools

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from models.subscriptions import subscriptions
from tests.caller import Caller
from tests.conftest import Open, inbox, line_of
from tests.servers import RedisServer
from tests.world import put

KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "0", "00", "98", "27", "01", "9", "x", ""]
NUMBERS = ["12345678", "23456789", "45678901", "7654321098"]
_phones = itertools.count(711_000_000)

conversations = st.lists(
    st.one_of(st.sampled_from(KEYS), st.sampled_from(NUMBERS)), min_size=1, max_size=14
)


@pytest.fixture
def peopled(open_app: Open, sqlite_url: str, redis: RedisServer) -> Flask:
    """A line with a document for every outcome."""
    app = open_app(sqlite_url, redis.url)
    line = line_of(app)
    put(line, "id_card", "12345678", "ready")
    put(line, "id_card", "23456789", "coming", "018-01")
    put(line, "id_card", "45678901", "ready", "032-01")
    put(line, "driving_licence", "45678901", "coming", "023-01")
    put(line, "birth_certificate", "7654321098", "ready", "001-01")
    put(line, "birth_certificate", "7654321098", "ready", "027-01")
    return app


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(keys=conversations, lost=st.sets(st.integers(0, 14)))
def test_a_session_lost_at_any_hops_goes_on_as_if_it_had_not_been(
    keys: list[str], lost: set[int], peopled: Flask, redis: RedisServer
) -> None:
    undisturbed = talk(peopled, keys, redis, set())
    disturbed = talk(peopled, keys, redis, lost)

    assert disturbed == undisturbed


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(keys=conversations)
def test_a_direct_dial_ends_where_the_keys_one_by_one_end(
    keys: list[str], peopled: Flask, redis: RedisServer
) -> None:
    pages, texts, wishes = talk(peopled, keys, redis, set())
    phone = new_phone()
    page = Caller(peopled.test_client(), phone).dial(*keys)

    assert (page, inbox(line_of(peopled), phone), subscribed(peopled, phone)) == (
        pages[-1],
        texts,
        wishes,
    )


def talk(
    app: Flask, keys: list[str], redis: RedisServer, lost: set[int]
) -> tuple[list[str], list[str], list[str]]:
    """Hold a conversation on a phone of its own; give its pages, texts and subscriptions."""
    phone = new_phone()
    caller = Caller(app.test_client(), phone)
    pages = [caller.dial()]
    for hop, key in enumerate(keys):
        if hop in lost:
            redis.flush()
        pages.append(caller.key(key))
    return pages, inbox(line_of(app), phone), subscribed(app, phone)


def new_phone() -> str:
    return f"+254{next(_phones)}"


def subscribed(app: Flask, phone: str) -> list[str]:
    line = line_of(app)
    query = select(subscriptions.c.kind).where(
        subscriptions.c.phone_hmac == line.keys.phone_hmac(phone)
    )
    with line.database.working() as connection:
        return sorted(connection.scalars(query))
