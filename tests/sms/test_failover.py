"""Two gateways: when the first is in trouble the second takes over, and it comes back.

No message goes through both, and few are wasted on finding out.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row

from models.outbox import Delivery
from tests.sms.loopback import Entry, Loopback
from tests.sms.senders import Commands, Desk, feeding, number_of, wait_until

FIRST, SECOND = "africastalking", "kannel"
BACK_SECONDS = 60.0
SENDERS = 2
NEVER_MANY = 10_000_000


@dataclass(frozen=True)
class Trouble:
    """The first gateway's trouble, from one moment to another, and when it was used again."""

    mode: str
    begins: float
    ends: float
    back: float


@dataclass
class Town:
    """A line with two gateways at work."""

    desk: Desk
    loopback: Loopback

    def trouble(self, mode: str, seconds: float) -> Trouble:
        """Put the first gateway in trouble for a while, then wait until it is used again."""
        begins = time.time()
        self.loopback.behave(FIRST, mode=mode)
        time.sleep(seconds)
        self.loopback.behave(FIRST, mode="ok")
        ends = time.time()
        wait_until(
            lambda: self.loopback.last_accepted(FIRST) > ends,
            2 * BACK_SECONDS,
            "it is not used again",
        )
        back = time.time() - ends
        time.sleep(seconds / 4)
        return Trouble(mode, begins, ends, back)


def fail_over(
    environment: dict[str, str],
    town: Town,
    folder: Path,
    rate: float,
    trouble: Callable[[], list[Trouble]],
) -> None:
    """Feed messages through trouble, and hold what became of them against both books."""
    town.loopback.behave(FIRST, delay=(0.1, 0.3))
    town.loopback.behave(SECOND, delay=(0.1, 0.3))
    starts = Commands({**environment, "SMS_GATEWAYS": f"{FIRST},{SECOND}"}, folder)
    try:
        for number in range(SENDERS):
            starts.start(f"sender{number}")
        with feeding(environment, rate, NEVER_MANY):
            wait_until(lambda: town.loopback.counts(FIRST)[0] > 2 * rate, 60, "nothing is sent")
            troubles = trouble()
        town.desk.wait_for_none(Delivery.QUEUED, Delivery.SUBMITTING, seconds=90)
    finally:
        starts.close()
    rows = town.desk.rows()
    first, second = town.loopback.book(FIRST), town.loopback.book(SECOND)
    for one in troubles:
        _check(one, rows, first.entries, second.accepted)
    taken = Counter(number_of(one.text) for one in [*first.accepted, *second.accepted])
    attempts = sum(row.attempts for row in rows.values())
    requests = len(first.entries) + len(second.entries)
    states = Counter(row.state for row in rows.values())
    print(f"{len(rows)} messages, {requests} requests, {attempts} attempts, {dict(states)}")

    assert [number for number, times in taken.items() if times > 1] == []
    assert max(attempts, requests) <= 1.1 * len(rows)
    assert set(taken) >= {number for number, row in rows.items() if row.state == "sent"}
    assert states["failed"] == 0


def _check(
    trouble: Trouble, rows: dict[int, Row[Any]], first: list[Entry], second: list[Entry]
) -> None:
    wasted = [one for one in first if not one.accepted and one.at > trouble.begins]
    wasted = [one for one in wasted if one.at < trouble.ends + 1]
    queued = {
        number
        for number, row in rows.items()
        if trouble.begins < row.made_at.timestamp() < trouble.ends
    }
    soon = trouble.ends + 60
    through = {number_of(one.text) for one in second if one.at < soon} & queued
    well = {number_of(one.text) for one in first if one.accepted} & queued
    lags = [
        one.at - rows[number].made_at.timestamp()
        for one in second
        if (number := number_of(one.text)) in queued
    ]
    print(
        f"\n{trouble.mode} for {trouble.ends - trouble.begins:.0f} s:"
        f" {len(wasted)} wasted tries,"
        f" {len(queued)} queued, {len(through)} through the second, {len(well)} through the"
        f" first, {len(queued - through - well)} neither; longest wait {max(lags):.1f} s;"
        f" used again after {trouble.back:.1f} s"
    )

    assert len(wasted) <= 20
    assert len(queued - through - well) <= max(20, len(queued) // 100)
    assert trouble.back < BACK_SECONDS


@pytest.mark.long
def test_when_the_first_gateway_has_errors_the_second_takes_over_and_the_first_comes_back(
    environment: dict[str, str], desk: Desk, loopback: Loopback, tmp_path: Path
) -> None:
    town = Town(desk, loopback)
    fail_over(environment, town, tmp_path, 20, lambda: [town.trouble("errors", 6)])


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_first_gateway_in_every_kind_of_trouble_is_left_and_used_again(
    environment: dict[str, str], desk: Desk, loopback: Loopback, tmp_path: Path
) -> None:
    town = Town(desk, loopback)

    def all_kinds() -> list[Trouble]:
        modes = ("errors", "hangs", "refuses", "no_credit")
        return [town.trouble(mode, 60) for mode in modes]

    fail_over(environment, town, tmp_path, 67, all_kinds)
