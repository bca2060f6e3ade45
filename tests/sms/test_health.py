"""Facts about a gateway's health: how much it is handed, and when it is left."""

import pytest

from sms.gateway import Fate, Submitted
from sms.health import MOST, Health

ACCEPTED = Submitted(Fate.ACCEPTED, "name")
REFUSED = Submitted(Fate.REFUSED, reason="InvalidPhoneNumber")
PASSING = Submitted(Fate.PASSING, reason="throttled")
UNKNOWN = Submitted(Fate.UNKNOWN, reason="HTTP 500")


def after(*submitted: Submitted) -> Health:
    health = Health()
    for one in submitted:
        health.note(one)
    return health


def test_a_gateway_begins_well_with_two_messages() -> None:
    health = Health()

    assert not health.is_away
    assert [health.room(in_flight) for in_flight in range(4)] == [2, 1, 0, 0]


def test_it_gets_one_more_with_each_message_that_it_takes() -> None:
    assert [after(*[ACCEPTED] * taken).room(0) for taken in range(4)] == [2, 3, 4, 5]


def test_it_never_gets_more_than_its_most() -> None:
    assert after(*[ACCEPTED] * 50).room(0) == MOST


def test_a_message_refused_for_its_own_fault_does_not_speak_against_it() -> None:
    assert after(*[REFUSED] * 10).room(0) == MOST


@pytest.mark.parametrize("trouble", [PASSING, UNKNOWN])
def test_after_one_trouble_it_gets_one_message_at_a_time(trouble: Submitted) -> None:
    health = after(*[ACCEPTED] * 5, trouble)

    assert not health.is_away
    assert [health.room(0), health.room(1)] == [1, 0]


def test_it_recovers_from_a_trouble_message_by_message() -> None:
    assert after(PASSING, ACCEPTED, ACCEPTED).room(0) == 3


@pytest.mark.parametrize("trouble", [PASSING, UNKNOWN])
def test_after_three_troubles_in_a_row_it_is_away_for_the_last_ones_reason(
    trouble: Submitted,
) -> None:
    health = after(UNKNOWN, PASSING, trouble)

    assert health.is_away
    assert (health.room(0), health.reason) == (0, trouble.reason)


def test_two_troubles_between_messages_that_it_took_do_not_add_up() -> None:
    assert not after(PASSING, PASSING, ACCEPTED, PASSING, PASSING).is_away


def test_a_gateway_that_is_left_gets_nothing() -> None:
    health = Health()
    health.leave("no answer")

    assert health.is_away
    assert (health.room(0), health.reason) == (0, "no answer")


def test_a_late_answer_does_not_bring_back_a_gateway_that_was_left() -> None:
    health = Health()
    health.leave("no answer")
    health.note(ACCEPTED)

    assert health.is_away


@pytest.fixture
def tried() -> Health:
    """A gateway that was away and answers again."""
    health = after(*[UNKNOWN] * 3)
    health.try_again()
    return health


def test_a_gateway_that_answers_again_gets_one_message_first(tried: Health) -> None:
    assert (tried.is_away, tried.is_tried) == (False, True)
    assert [tried.room(0), tried.room(1)] == [1, 0]


def test_it_is_well_again_once_it_takes_that_message(tried: Health) -> None:
    tried.note(ACCEPTED)

    assert (tried.is_away, tried.is_tried, tried.room(0)) == (False, False, 2)


def test_one_trouble_while_it_is_tried_and_it_is_away_again(tried: Health) -> None:
    tried.note(PASSING)

    assert (tried.is_away, tried.is_tried, tried.reason) == (True, False, "throttled")


def test_a_gateway_that_another_sender_found_well_gets_a_few() -> None:
    health = after(*[UNKNOWN] * 3)
    health.come_back()

    assert (health.is_away, health.is_tried, health.room(0)) == (False, False, 2)


def test_troubles_of_before_are_forgotten_when_it_comes_back() -> None:
    health = after(*[UNKNOWN] * 3)
    health.come_back()
    health.note(UNKNOWN)
    health.note(UNKNOWN)

    assert not health.is_away
