"""Values in Redis, made short and long again."""

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from menus.packing import LONGEST, NotPacked, pack, unpack
from tests.caller import Caller
from tests.conftest import line_of
from tests.servers import RedisServer
from tests.world import put

LARGEST = 256
"""Octets of a session in Redis, sealed: what is promised."""


@given(st.text())
def test_a_text_is_the_same_packed_and_unpacked(text: str) -> None:
    assert unpack(pack(text)) == text


@given(st.binary())
def test_octets_that_nobody_packed_are_refused_or_a_text(octets: bytes) -> None:
    try:
        text = unpack(octets)
    except NotPacked:
        return
    assert len(text) <= LONGEST


def test_what_is_cut_off_is_refused() -> None:
    with pytest.raises(NotPacked):
        unpack(pack("where a call stands")[:-1])


def test_what_something_follows_is_refused() -> None:
    with pytest.raises(NotPacked):
        unpack(pack("where a call stands") + b"x")


def test_what_would_be_too_long_unpacked_is_refused() -> None:
    with pytest.raises(NotPacked):
        unpack(pack("x" * (LONGEST + 1)))


@pytest.mark.parametrize(
    "keys",
    [
        ("1", "1", "12345678", "1"),
        ("8", "1", "3", "99999999", "2"),
        ("2", "Nairobi", "98", "98"),
        ("3", "4", "2", "98", "0"),
        ("4", "2"),
        ("5", "1"),
    ],
    ids=["texted", "sw", "centres", "service", "court", "help"],
)
def test_no_session_of_callers_takes_more_than_is_promised(
    keys: tuple[str, ...], app: Flask, redis: RedisServer
) -> None:
    put(line_of(app), "id_card", "12345678", "ready")
    caller = Caller(app.test_client())
    sizes = []
    for page in [caller.dial(), *map(caller.key, keys)]:
        assert page.startswith("CON ")
        (name,) = redis.client.keys("s:*")
        sizes.append(redis.client.strlen(name))

    assert max(sizes) <= LARGEST
