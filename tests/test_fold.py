"""A session is a fold of its keys: whatever Redis remembers, the same pages and wishes.

The key that carries on a dropped call is the one that cannot be folded: of a session that
was lost with it nobody can tell where it led, so its caller goes home with an honest line.

`make torture K=flushed` holds thousands of calls to it, all that is kept of them compared.
"""

import itertools
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from models.call_backs import call_backs
from models.ratings import ratings
from models.reports import reports
from models.subscriptions import subscriptions
from tests.caller import Caller
from tests.conftest import Open, inbox, line_of
from tests.servers import RedisServer
from tests.world import fill

KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "0", "00", "98", "27", "01", "x", ""]
WAYS = [
    ["2", "47", "11"],
    ["2", "Kisumu"],
    ["2", "Central"],
    ["3", "2"],
    ["4", "1", "1"],
    ["98", "6"],
    ["5", "2"],
    ["5", "3", "48213"],
    ["5", "4", "47", "12"],
    ["5", "4", "42", "1"],
]
TYPED = ["47", "42", "11", "Kisumu", "kisimu", "Central", "too slow", "48213"]
NUMBERS = ["12345678", "23456789", "45678901", "7654321098"]
CARRY_ON = "9"
LOST = "CON Sorry, the line lost your place.\n1919 Ndio Form!\n"
MONDAY = datetime(2026, 10, 5, 10, 0, tzinfo=ZoneInfo("Africa/Nairobi"))
_phones = itertools.count(711_000_000)

one_key = st.one_of(
    st.sampled_from(KEYS), st.sampled_from(NUMBERS), st.sampled_from(TYPED)
).map(lambda key: [key])
conversations = st.lists(one_key | st.sampled_from(WAYS), min_size=1, max_size=10).map(
    lambda ways: list(itertools.chain(*ways))[:18]
)
with_carry_on = st.lists(one_key | st.just([CARRY_ON]), min_size=1, max_size=10).map(
    lambda ways: list(itertools.chain(*ways))
)


@dataclass(frozen=True)
class Kept:
    """What a conversation came to besides its pages."""

    texts: list[str]
    subscribed: list[str]
    reported: list[tuple[object, ...]]
    rung: int
    marked: list[tuple[object, ...]]


@pytest.fixture
def peopled(open_app: Open, sqlite_url: str, redis: RedisServer) -> Flask:
    """A line with a document for every outcome."""
    app = open_app(sqlite_url, redis.url, lambda: MONDAY)
    line = line_of(app)
    fill(line)
    return app


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(keys=conversations, lost=st.sets(st.integers(0, 18)))
def test_a_session_lost_at_any_hops_goes_on_as_if_it_had_not_been(
    keys: list[str], lost: set[int], peopled: Flask, redis: RedisServer
) -> None:
    undisturbed = talk(peopled, keys, redis, set())
    disturbed = talk(peopled, keys, redis, lost)

    assert disturbed == undisturbed


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(keys=conversations)
def test_a_direct_dial_ends_where_the_keys_one_by_one_end(
    keys: list[str], peopled: Flask, redis: RedisServer
) -> None:
    pages, kept = talk(peopled, keys, redis, set())
    phone = new_phone()
    page = Caller(peopled.test_client(), phone).dial(*keys)

    assert (page, kept_of(peopled, phone)) == (pages[-1], kept)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(keys=with_carry_on, lost=st.sets(st.integers(0, 10)))
def test_a_session_lost_after_the_key_that_carries_on_goes_on_or_goes_home_honestly(
    keys: list[str], lost: set[int], peopled: Flask, redis: RedisServer
) -> None:
    undisturbed, _ = talk(peopled, keys, redis, set())
    disturbed, _ = talk(peopled, keys, redis, lost)
    pairs = zip(undisturbed, disturbed, strict=True)
    other = next((nth for nth, (one, two) in enumerate(pairs) if one != two), None)

    if other is not None:
        assert CARRY_ON in keys[:other]
        assert _is_home_in_any_language(disturbed[other])


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(way=st.sampled_from(WAYS), keys=conversations, lost=st.integers(0, 18))
def test_a_carried_on_call_goes_on_as_the_dropped_one_would_until_it_is_lost(
    way: list[str], keys: list[str], lost: int, peopled: Flask, redis: RedisServer
) -> None:
    undropped, _ = talk(peopled, [*way, *keys], redis, set())
    phone = new_phone()
    Caller(peopled.test_client(), phone).keys(*way)
    caller = Caller(peopled.test_client(), phone)
    pages = [caller.keys(CARRY_ON)]
    for hop, key in enumerate(keys):
        if hop == lost:
            redis.flush()
        pages.append(caller.key(key))
    expected = undropped[len(way) :]

    assert pages[: lost + 1] == expected[: lost + 1]
    assert _is_home_in_any_language([*pages, LOST][min(lost + 1, len(pages))])


def _is_home_in_any_language(page: str) -> bool:
    return page.startswith((LOST, "CON Samahani, laini imepoteza ulipofika.\n1919 Ndio Form!"))


def talk(
    app: Flask, keys: list[str], redis: RedisServer, lost: set[int]
) -> tuple[list[str], Kept]:
    """Hold a conversation on a phone of its own; give its pages, and what was kept of it."""
    phone = new_phone()
    caller = Caller(app.test_client(), phone)
    pages = [caller.dial()]
    for hop, key in enumerate(keys):
        if hop in lost:
            redis.flush()
        pages.append(caller.key(key))
    return pages, kept_of(app, phone)


def new_phone() -> str:
    return f"+254{next(_phones)}"


def kept_of(app: Flask, phone: str) -> Kept:
    """Read what was kept of a phone's calls; its reports are then taken away.

    Reports are of documents, which two of them would put in doubt for every later phone.
    """
    line = line_of(app)
    mine = line.keys.phone_hmac(phone)
    reported = select(reports.c.matter, reports.c.document_id, reports.c.wanted)
    rung = select(func.count()).select_from(call_backs)
    marked = select(ratings.c.centre_code, ratings.c.mark, ratings.c.desk)
    waited = select(subscriptions.c.kind).where(subscriptions.c.phone_hmac == mine)
    texts = inbox(line, phone)
    with line.database.working() as connection:
        kept = Kept(
            texts,
            sorted(connection.scalars(waited)),
            sorted(map(tuple, connection.execute(reported)), key=str),
            connection.scalars(rung.where(call_backs.c.phone_hmac == mine)).one(),
            sorted(map(tuple, connection.execute(marked.where(ratings.c.phone_hmac == mine)))),
        )
        connection.execute(delete(reports))
        return kept
