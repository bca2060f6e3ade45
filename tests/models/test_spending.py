"""Facts about a day's limits: exact, for all senders together, and corrected by what came."""

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from models.base import Database
from models.outbox import Delivery, Priority
from models.sending import Outcome
from models.spending import Limits, Purse, Spent, money_of, spending, spent_on
from tests.conftest import config
from tests.outbox import DAY, Outbox

ANSWER, NOTICE, CAMPAIGN = Priority
PRICED = Limits(rate=1000, price=8_000)


@pytest.fixture
def box(database_url: str, tmp_path: Path) -> Iterator[Outbox]:
    """An outbox on each database in turn."""
    database = Database(database_url)
    yield Outbox(database, config(database_url, "redis://none", tmp_path).keys)
    database.close()


def takes(
    box: Outbox, limits: Limits, *messages: tuple[int, Priority], day: date = DAY
) -> list[bool]:
    """Take messages of so many segments out of a day; say which it allowed."""
    with box.database.working() as connection:
        purse = Purse(connection, limits, day)
        allowed = [purse.take(segments, priority) for segments, priority in messages]
        purse.keep()
    return allowed


def spent(box: Outbox, day: date = DAY) -> Spent:
    with box.database.working() as connection:
        return spent_on(connection, day)


def let_pass(box: Outbox, seconds: float) -> None:
    """Move the pace into the past."""
    with box.database.working() as connection:
        earlier = spending.c.paced_until - seconds
        connection.execute(update(spending).values(paced_until=earlier))


def test_a_day_without_messages_has_spent_nothing(box: Outbox) -> None:
    assert spent(box) == Spent(0, 0)


def test_a_day_allows_its_segments_and_not_one_more(box: Outbox) -> None:
    limits = Limits(segments=5)

    assert takes(box, limits, *[(1, ANSWER)] * 7) == [True] * 5 + [False] * 2
    assert spent(box).segments == 5


def test_a_long_message_that_does_not_fit_leaves_room_for_a_shorter_one(box: Outbox) -> None:
    limits = Limits(segments=5)
    messages = (3, ANSWER), (3, ANSWER), (2, ANSWER), (1, ANSWER)

    assert takes(box, limits, *messages) == [True, False, True, False]


def test_a_day_allows_its_money_and_not_a_cent_more(box: Outbox) -> None:
    limits = Limits(money=24_000, price=8_000)

    assert takes(box, limits, *[(1, ANSWER)] * 4) == [True] * 3 + [False]
    assert spent(box) == Spent(3, 24_000)


def test_without_limits_a_day_allows_what_comes(box: Outbox) -> None:
    assert all(takes(box, PRICED, *[(4, ANSWER)] * 200))
    assert spent(box) == Spent(800, 6_400_000)


@pytest.mark.parametrize("limits", [Limits(segments=10), Limits(money=80_000, price=8_000)])
def test_campaigns_get_nine_tenths_of_a_day_and_others_the_rest(
    box: Outbox, limits: Limits
) -> None:
    wanted = [CAMPAIGN] * 11 + [NOTICE, ANSWER]
    allowed = takes(box, limits, *((1, one) for one in wanted))

    assert allowed == [True] * 9 + [False] * 2 + [True, False]


@pytest.mark.parametrize(
    ("segments", "for_campaigns"), [(1, 0), (9, 8), (11, 9), (30, 27), (70, 63), (110, 99)]
)
def test_nine_tenths_are_counted_in_whole_segments(
    box: Outbox, segments: int, for_campaigns: int
) -> None:
    allowed = takes(box, Limits(rate=1000, segments=segments), *[(1, CAMPAIGN)] * segments)

    assert sum(allowed) == for_campaigns


def test_what_one_sender_took_counts_for_the_next(box: Outbox) -> None:
    limits = Limits(segments=3)
    takes(box, limits, (2, ANSWER))

    assert takes(box, limits, (2, ANSWER), (1, ANSWER)) == [False, True]


def test_days_are_counted_apart(box: Outbox) -> None:
    limits = Limits(segments=1)
    takes(box, limits, (1, ANSWER))

    assert takes(box, limits, (1, ANSWER), day=DAY + timedelta(days=1)) == [True]
    assert spent(box, DAY + timedelta(days=1)) == spent(box, DAY) == Spent(1, 0)


def test_senders_at_once_keep_to_a_day_together(box: Outbox) -> None:
    limits, allowed = Limits(rate=10_000, segments=25), []

    def work() -> None:
        for _ in range(10):
            allowed.extend(takes(box, limits, (1, ANSWER)))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (sum(allowed), len(allowed)) == (25, 60)
    assert spent(box).segments == 25


# The rate


def test_the_rate_allows_a_second_of_messages_at_once(box: Outbox) -> None:
    assert sum(takes(box, Limits(rate=20), *[(1, ANSWER)] * 50)) == 20


def test_what_goes_too_fast_is_not_counted_to_the_day(box: Outbox) -> None:
    takes(box, Limits(rate=20), *[(1, ANSWER)] * 50)

    assert spent(box).segments == 20


def test_the_next_sender_waits_for_the_account_to_be_ready(box: Outbox) -> None:
    takes(box, Limits(rate=5), *[(1, ANSWER)] * 5)

    assert takes(box, Limits(rate=5), (1, ANSWER)) == [False]


def test_half_a_second_later_half_as_many_are_allowed(box: Outbox) -> None:
    limits = Limits(rate=20)
    takes(box, limits, *[(1, ANSWER)] * 20)
    let_pass(box, seconds=0.5)

    assert 10 <= sum(takes(box, limits, *[(1, ANSWER)] * 20)) <= 14


def test_time_without_messages_is_not_saved_up(box: Outbox) -> None:
    limits = Limits(rate=20)
    takes(box, limits, *[(1, ANSWER)] * 20)
    let_pass(box, seconds=3600)

    assert sum(takes(box, limits, *[(1, ANSWER)] * 50)) == 20


def test_a_message_of_many_segments_is_one_for_the_rate(box: Outbox) -> None:
    assert sum(takes(box, Limits(rate=20), *[(4, ANSWER)] * 50)) == 20


def test_a_pace_noted_by_a_clock_that_was_an_hour_ahead_holds_nobody_up(box: Outbox) -> None:
    takes(box, Limits(rate=5), *[(1, ANSWER)] * 5)
    let_pass(box, seconds=-3600)

    assert takes(box, Limits(rate=5), (1, ANSWER)) == [True]


# What messages came to


def test_a_message_is_counted_when_it_is_taken(box: Outbox) -> None:
    box.put()
    box.take(limits=PRICED)

    assert spent(box) == Spent(1, 8_000)


def test_a_message_of_two_segments_counts_twice(box: Outbox) -> None:
    box.put("x" * 161)
    box.take(limits=PRICED)

    assert spent(box) == Spent(2, 16_000)


@pytest.mark.parametrize("state", [Delivery.QUEUED, Delivery.FAILED])
def test_what_a_gateway_refused_is_given_back(box: Outbox, state: Delivery) -> None:
    box.put("x" * 161)
    (message,) = box.take(limits=PRICED)
    box.settle(Outcome(message, state), limits=PRICED)

    assert spent(box) == Spent(0, 0)


def test_what_may_have_been_sent_stays_counted(box: Outbox) -> None:
    box.put()
    (message,) = box.take(limits=PRICED)
    box.settle(Outcome(message, Delivery.UNKNOWN), limits=PRICED)

    assert spent(box) == Spent(1, 8_000)


@pytest.mark.parametrize(
    ("cost", "money"),
    [("KES 0.8000", 8_000), ("KES 1.6", 16_000), ("KES 0", 0), ("0.8", 8_000), (None, 8_000)],
    ids=["as expected", "dearer", "nothing", "not read", "not told"],
)
def test_the_gateways_cost_takes_the_place_of_the_price_where_it_is_read(
    box: Outbox, cost: str | None, money: int
) -> None:
    box.put()
    (message,) = box.take(limits=PRICED)
    box.settle(Outcome(message, Delivery.SENT, "name", cost), limits=PRICED)

    assert spent(box) == Spent(1, money)


def test_a_message_keeps_its_own_cost(box: Outbox) -> None:
    box.put()
    (message,) = box.take(limits=PRICED)
    box.settle(Outcome(message, Delivery.SENT, "name", "KES 0.9500"), limits=PRICED)
    row = box.row()

    assert (row.cost, row.money) == ("KES 0.9500", 9_500)


def test_what_is_refused_after_midnight_is_given_back_to_the_day_it_was_taken_on(
    box: Outbox,
) -> None:
    box.put()
    (message,) = box.take(limits=PRICED)
    takes(box, PRICED, (1, ANSWER), day=DAY + timedelta(days=1))
    box.settle(Outcome(message, Delivery.FAILED), limits=PRICED)

    assert spent(box) == Spent(0, 0)
    assert spent(box, DAY + timedelta(days=1)) == Spent(1, 8_000)


def test_what_is_settled_twice_is_given_back_once(box: Outbox) -> None:
    box.put()
    box.put()
    message, _ = box.take(limits=PRICED)
    for _ in range(2):
        box.settle(Outcome(message, Delivery.FAILED), limits=PRICED)

    assert spent(box) == Spent(1, 8_000)


def test_a_message_that_a_full_day_leaves_waits(box: Outbox) -> None:
    for _ in range(3):
        box.put()
    taken = box.take(limits=Limits(segments=2))

    assert len(taken) == 2
    assert sorted(box.states()) == ["queued", "submitting", "submitting"]


@pytest.mark.parametrize(
    ("cost", "money"),
    [
        ("KES 0.8000", 8_000),
        ("KES 0.8", 8_000),
        ("KES 12", 120_000),
        ("UGX 35.0001", 350_001),
        ("KES 999999999.9999", 9_999_999_999_999),
    ],
)
def test_a_cost_is_read_in_ten_thousandths(cost: str, money: int) -> None:
    assert money_of(cost) == money


@pytest.mark.parametrize(
    "cost",
    [None, "", "0.8000", "KES", "KES 0.80001", "KES -1", "kes 1", "KES 1,000", "KES 1.", "K 1"],
)
def test_another_cost_is_none(cost: str | None) -> None:
    assert money_of(cost) is None


@pytest.mark.parametrize("digit", ["\u0661", "\uff11"])
def test_other_scripts_digits_are_no_cost(digit: str) -> None:
    assert money_of(f"KES {digit}") is None
