"""Which hop is a dial, and what was dialled behind the code."""

import pytest

from menus.dial import Dial, dialled


def hop(
    service_code: str = "*1919#",
    inputs: tuple[str, ...] = (),
    cumulative: bool = False,
    opens: bool | None = None,
    typed: tuple[str, ...] = (),
) -> Dial:
    return Dial("g", "s", "+254711000111", service_code, "", inputs, cumulative, opens, typed)


@pytest.mark.parametrize("stored", [None, (), ("1",)])
@pytest.mark.parametrize("opens", [True, False])
def test_a_gateway_that_says_what_a_hop_is_is_believed(
    opens: bool, stored: tuple[str, ...] | None
) -> None:
    assert hop(inputs=("1",), opens=opens).begins(stored) is opens


@pytest.mark.parametrize(
    ("stored", "begins"),
    [(None, True), ((), True), (("1",), False), (("1", "1919"), False)],
    ids=["no session", "just dialled", "after a key", "after itself"],
)
def test_the_code_alone_is_a_dial_until_a_key_was_pressed(
    stored: tuple[str, ...] | None, begins: bool
) -> None:
    assert hop(typed=("1919",)).begins(stored) is begins


@pytest.mark.parametrize(
    ("stored", "begins"), [(None, True), ((), False), (("1", "2"), True), (("1",), False)]
)
def test_a_code_with_an_extension_is_a_dial_until_a_key_was_pressed(
    stored: tuple[str, ...] | None, begins: bool
) -> None:
    assert hop(inputs=("1", "2"), typed=("1919", "1", "2")).begins(stored) is begins


def test_what_may_be_a_dial_is_a_reply_otherwise() -> None:
    assert hop(inputs=("1",), typed=("1919", "1")).keys == ("1919", "1")
    assert hop(inputs=("1",), opens=False).keys == ("1",)


def test_where_nothing_is_said_a_dial_brings_no_input() -> None:
    assert hop().begins(None)
    assert not hop(inputs=("1",)).begins(None)


@pytest.mark.parametrize("opens", [True, None])
def test_an_extension_is_keyed_on_the_hop_that_begins(opens: bool | None) -> None:
    dial = dialled(hop("*1919*1*2#", opens=opens, typed=() if opens else ("x",)), "*1919#")

    assert dial is not None
    assert (dial.service_code, dial.inputs) == ("*1919#", ("1", "2"))


def test_an_extension_is_not_keyed_again_on_a_later_hop() -> None:
    dial = dialled(hop("*1919*1*2#", ("3",), opens=False), "*1919#")

    assert dial is not None
    assert dial.inputs == ("3",)


def test_an_extension_in_the_code_and_in_the_history_is_keyed_once() -> None:
    dial = dialled(hop("*1919*1*2#", ("1", "2", "3"), cumulative=True), "*1919#")

    assert dial is not None
    assert dial.inputs == ("1", "2", "3")


@pytest.mark.parametrize("code", ["*191#", "*19191#", "*1919", "*384*1919#", "x"])
def test_another_code_is_not_ours(code: str) -> None:
    assert dialled(hop(code), "*1919#") is None
    assert dialled(hop(code, cumulative=True), "*1919#") is None


def test_a_code_that_is_not_ours_was_a_reply_where_it_may_have_been() -> None:
    dial = dialled(hop("*384#", typed=("384",)), "*1919#")

    assert dial is not None
    assert (dial.inputs, dial.opens, dial.typed) == (("384",), False, ())
