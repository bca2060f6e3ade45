"""How soon queued messages reach a gateway that takes its time: 200 ms, more or less."""

import time
from pathlib import Path

import pytest

from models.outbox import Delivery
from tests.sms.loopback import Loopback
from tests.sms.senders import (
    Commands,
    Desk,
    Forks,
    Starts,
    cpu_of,
    feeding,
    logged,
    number_of,
    share,
    wait_until,
)

RATE = 40_000 / 600
SENDERS = 2


def feed(
    desk: Desk,
    loopback: Loopback,
    starts: Starts,
    environment: dict[str, str],
    folder: Path,
    messages: int,
) -> list[float]:
    """Queue messages at an even rate; give the seconds that each took to the gateway."""
    loopback.behave("africastalking", delay=(0.1, 0.3))
    processes = [starts.start(f"sender{number}") for number in range(SENDERS)]
    _warm_up(desk, loopback)
    used, began = [cpu_of(one) for one in processes], time.monotonic()
    with feeding(environment, RATE, messages) as feeder:
        wait_until(feeder.is_done, messages / RATE * 2 + 30, "the feeder is slow")
    fed = time.monotonic() - began
    desk.wait_for_none(Delivery.QUEUED, Delivery.SUBMITTING, seconds=60)
    whole = time.monotonic() - began
    spent = [cpu_of(one) - before for one, before in zip(processes, used, strict=True)]
    book, rows = loopback.book("africastalking"), desk.rows()
    lags = [
        one.at - rows[number].made_at.timestamp()
        for one in book.accepted
        if (number := number_of(one.text)) < messages
    ]
    figures = [f"p{part * 100:g} {share(lags, part):.2f} s" for part in (0.5, 0.99, 0.999)]
    print(
        f"\n{messages} messages queued in {fed:.0f} s, through in {whole:.0f} s:"
        f" {', '.join(figures)}, longest {max(lags):.2f} s;"
        f" CPU of the senders {sum(spent) / whole:.0%} of a core,"
        f" {sum(spent) / messages * 1000:.1f} ms a message;"
        f" the gateway was left {logged(folder, 'gateway away')} times,"
        f" {logged(folder, 'sending failed')} rounds failed"
    )

    assert len(lags) == messages
    return lags


def _warm_up(desk: Desk, loopback: Loopback) -> None:
    """Let every sender begin."""
    number = 900_000
    while len({one.who for one in loopback.book("africastalking").entries}) < SENDERS:
        desk.put(range(number, number + SENDERS * 4))
        desk.wait_for_none(Delivery.QUEUED, seconds=30)
        number += SENDERS * 4


@pytest.mark.long
def test_four_hundred_messages_at_full_rate_are_handed_over_within_seconds(
    environment: dict[str, str], desk: Desk, loopback: Loopback, tmp_path: Path
) -> None:
    starts = Commands(environment, tmp_path)
    try:
        lags = feed(desk, loopback, starts, environment, tmp_path, 400)
    finally:
        starts.close()

    assert share(lags, 0.999) < 10
    assert max(lags) < 30


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_forty_thousand_messages_in_ten_minutes_are_handed_over_within_ten_seconds(
    environment: dict[str, str], desk: Desk, loopback: Loopback, tmp_path: Path
) -> None:
    starts = Forks(environment, tmp_path)
    try:
        lags = feed(desk, loopback, starts, environment, tmp_path, 40_000)
    finally:
        starts.close()

    assert share(lags, 0.999) < 10
    assert max(lags) < 30
