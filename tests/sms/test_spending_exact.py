"""Limits hold exactly, however many senders there are: a day's, the account's, a phone's."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from models.gsm7 import segments
from models.outbox import Delivery, Priority
from models.sending import ANY_AN_HOUR, SAME_AN_HOUR
from models.spending import spending
from tests.sms.loopback import Entry, Loopback
from tests.sms.senders import Desk, Forks, phone_of, text_of, wait_until

SENDERS = 3


@contextmanager
def sending(environment: dict[str, str], folder: Path, **settings: str) -> Iterator[None]:
    """Three senders at work while the block runs."""
    starts = Forks({**environment, **settings}, folder)
    try:
        for number in range(SENDERS):
            starts.start(f"sender{number}")
        yield
    finally:
        starts.close()


def mixed(number: int) -> str:
    """Every fifth message has two segments."""
    return text_of(number).ljust(200 if number % 5 == 0 else 20, ".")


def taken(loopback: Loopback) -> list[Entry]:
    return loopback.book("africastalking").accepted


def in_segments(entries: list[Entry]) -> int:
    return sum(segments(one.text) for one in entries)


def wait_for_rest(desk: Desk, loopback: Loopback, seconds: float = 3.0) -> list[Entry]:
    """Wait until nothing has come to the gateway for a while; give what came."""
    came, since = -1, datetime.now(UTC)

    def is_quiet() -> bool:
        nonlocal came, since
        now = loopback.counts("africastalking")[0]
        if now != came:
            came, since = now, datetime.now(UTC)
        return (datetime.now(UTC) - since).total_seconds() > seconds

    wait_until(lambda: bool(loopback.counts("africastalking")[0]), 30, "nothing is sent")
    wait_until(is_quiet, 300, "the senders find no end")
    desk.wait_for_none(Delivery.SUBMITTING, seconds=30)
    return taken(loopback)


def spent(desk: Desk) -> int:
    with desk.database.working() as connection:
        return sum(connection.scalars(select(spending.c.segments)))


def hold_to_a_day(
    environment: dict[str, str],
    desk: Desk,
    loopback: Loopback,
    folder: Path,
    messages: int,
    limit: int,
) -> None:
    loopback.behave("africastalking", delay=(0.0, 0.1))
    desk.put(range(messages), text=mixed)
    with sending(environment, folder, SMS_DAILY_SEGMENTS=str(limit)):
        entries = wait_for_rest(desk, loopback)
    print(
        f"\n{messages} messages, {limit} segments a day: {len(entries)} messages of"
        f" {in_segments(entries)} segments went out, {spent(desk)} are counted,"
        f" by {dict(Counter(one.who for one in entries))}"
    )

    assert in_segments(entries) == limit
    assert spent(desk) == limit
    assert desk.count(Delivery.QUEUED) == messages - len(entries)


def test_three_senders_hand_over_what_a_day_allows_and_not_one_segment_more(
    environment: dict[str, str], desk: Desk, loopback: Loopback, tmp_path: Path
) -> None:
    hold_to_a_day(environment, desk, loopback, tmp_path, 500, 123)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_three_senders_hold_to_a_day_of_1234_segments(
    environment: dict[str, str], desk: Desk, loopback: Loopback, tmp_path: Path
) -> None:
    hold_to_a_day(environment, desk, loopback, tmp_path, 5_000, 1_234)


@pytest.mark.long
def test_campaigns_stop_at_nine_tenths_of_a_day_and_answers_go_on(
    environment: dict[str, str], desk: Desk, loopback: Loopback, tmp_path: Path
) -> None:
    desk.put(range(150), Priority.CAMPAIGN)
    with sending(environment, tmp_path, SMS_DAILY_SEGMENTS="100"):
        campaign = wait_for_rest(desk, loopback, 2.0)
        desk.put(range(1000, 1050))
        wait_until(lambda: len(taken(loopback)) > len(campaign), 10, "answers wait")
        everything = wait_for_rest(desk, loopback, 2.0)

    assert (len(campaign), len(everything)) == (90, 100)


def test_what_a_gateway_refused_is_not_counted_to_the_day(
    environment: dict[str, str], desk: Desk, loopback: Loopback, tmp_path: Path
) -> None:
    loopback.behave("africastalking", mode="refuses")
    desk.put(range(30))
    with sending(environment, tmp_path, SMS_DAILY_SEGMENTS="20"):
        wait_until(lambda: loopback.counts("africastalking")[0] >= 3, 20, "nothing is tried")
        desk.wait_for_none(Delivery.SUBMITTING, seconds=20)

    assert spent(desk) == 0


def hold_to_a_rate(
    environment: dict[str, str],
    desk: Desk,
    loopback: Loopback,
    folder: Path,
    messages: int,
    rate: int,
) -> None:
    loopback.behave("africastalking", delay=(0.0, 0.1))
    desk.put(range(messages))
    with sending(environment, folder, SMS_RATE=str(rate)):
        desk.wait_for_none(Delivery.QUEUED, Delivery.SUBMITTING, seconds=messages / rate * 3)
    moments = sorted(one.at for one in taken(loopback))
    most = max(sum(0 <= one - first < 5 for one in moments) for first in moments)
    whole = moments[-1] - moments[0]
    print(f"\n{messages} at {rate} a second: {whole:.1f} s, {most} in five seconds at most")

    assert most <= (5 + 1) * rate + SENDERS  # what is on its way may come a little closer
    assert whole >= (messages - rate) / rate - 0.5
    assert whole <= messages / rate * 1.25


@pytest.mark.long
def test_three_senders_keep_to_the_accounts_rate_together(
    environment: dict[str, str], desk: Desk, loopback: Loopback, tmp_path: Path
) -> None:
    hold_to_a_rate(environment, desk, loopback, tmp_path, 140, 20)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_three_senders_keep_to_a_rate_for_a_minute(
    environment: dict[str, str], desk: Desk, loopback: Loopback, tmp_path: Path
) -> None:
    hold_to_a_rate(environment, desk, loopback, tmp_path, 1_200, 20)


@pytest.mark.long
def test_a_phone_gets_ten_texts_an_hour_and_the_same_one_thrice_by_three_senders(
    environment: dict[str, str], desk: Desk, loopback: Loopback, tmp_path: Path
) -> None:
    phones, each = 20, 17
    loopback.behave("africastalking", delay=(0.0, 0.1))
    desk.put(
        range(phones * each),
        text=lambda number: "Habari" if number // phones < 5 else text_of(number),
        phone=lambda number: phone_of(number % phones),
    )
    with sending(environment, tmp_path):
        entries = wait_for_rest(desk, loopback)
    by_phone = Counter(one.phone for one in entries)
    same = Counter(one.phone for one in entries if one.text == "Habari")

    assert set(by_phone.values()) == {ANY_AN_HOUR}
    assert set(same.values()) == {SAME_AN_HOUR}
    assert len(by_phone) == len(same) == phones
