"""Senders killed at any moment: nothing is lost, nothing is sent twice, and soon all go on."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from models.outbox import Delivery
from sms.health import MOST
from tests.sms.loopback import Book, Entry, Loopback
from tests.sms.senders import (
    Commands,
    Desk,
    Forks,
    Starts,
    logged,
    number_of,
    wait_until,
)

SENDERS = 2
BACK_SECONDS = 10.0


@dataclass
class Killer:
    """Keeps senders at work, and kills each after a while, until it has killed enough.

    Attributes:
        lifetime: seconds from a sender's first submission, or from its start where it
            submits nothing, to its end: at most.
    """

    starts: Starts
    kills: int
    lifetime: float
    dice: random.Random
    killed: list[tuple[float, int]] = field(default_factory=list)
    _left: Iterator[int] = field(default_factory=count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Kill; afterwards the senders that were started last are at work."""
        threads = [
            threading.Thread(target=self._torment, args=(slot,)) for slot in range(SENDERS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _torment(self, slot: int) -> None:
        process = self._start(slot)
        while next(self._left) < self.kills:
            time.sleep(self.dice.uniform(0.0, self.lifetime))
            self.starts.kill(process)
            self.killed.append((time.time(), slot))
            process = self._start(slot)

    def _start(self, slot: int) -> int:
        with self._lock:
            return self.starts.start(f"sender{slot}")


def longest_gap(killed: list[tuple[float, int]], entries: list[Entry]) -> float:
    """Give the longest time from a kill to the next submission by the same sender."""
    gaps = []
    for moment, slot in killed:
        later = [one.at for one in entries if one.who == f"sender{slot}" and one.at > moment]
        if later:
            gaps.append(min(later) - moment)
    return max(gaps, default=0.0)


def torment(
    desk: Desk,
    loopback: Loopback,
    starts: Starts,
    folder: Path,
    messages: int,
    kills: int,
    lifetime: float,
    settle: Callable[[], None],
) -> None:
    """Kill senders at work, let them finish, and hold the outbox against the gateway's book."""
    began = time.monotonic()
    desk.put(range(messages))
    loopback.behave("africastalking", delay=(0.02, 0.12))
    killer = Killer(starts, kills, lifetime, random.Random(1919))
    killer.run()
    left = desk.count(Delivery.QUEUED)
    killing = time.monotonic() - began
    desk.wait_for_none(Delivery.QUEUED, seconds=messages / 10 + 30)
    settle()
    wait_until(
        lambda: desk.count(Delivery.SUBMITTING) == 0, 90, "messages of lost senders still hang"
    )
    book = loopback.book("africastalking")
    rows = desk.rows()
    unknown = {number for number, row in rows.items() if row.state == "unknown"}
    taken = {number_of(one.text) for one in book.accepted}
    gap = longest_gap(killer.killed, book.entries)
    print(
        f"\n{len(killer.killed)} kills over {messages} messages in {killing:.0f} s,"
        f" {left} left then; {len(unknown)} unknown, of which {len(unknown - taken)} never"
        f" reached the gateway; longest gap {gap:.1f} s;"
        f" {logged(folder, 'sending failed')} rounds failed;"
        f" all in {time.monotonic() - began:.0f} s"
    )

    assert left, "the senders had nothing more to do while they were killed"
    assert len(killer.killed) == kills
    assert_balanced(book, {number: row.state for number, row in rows.items()}, messages)
    assert len(unknown) <= MOST * kills
    assert gap < BACK_SECONDS


def assert_balanced(book: Book, states: dict[int, str], messages: int) -> None:
    """Nothing is lost, nothing was sent twice, and every doubtful message is known as such."""
    taken = Counter(number_of(one.text) for one in book.accepted)
    sent = {number for number, state in states.items() if state == "sent"}
    unknown = {number for number, state in states.items() if state == "unknown"}

    assert [number for number, times in taken.items() if times > 1] == []
    assert sent | unknown == set(range(messages))
    assert sent <= set(taken)
    assert set(taken) - sent <= unknown


@pytest.mark.parametrize(
    ("by", "kills", "lifetime"),
    [(Commands, 4, 4.0), pytest.param(Forks, 12, 0.8, marks=pytest.mark.long)],
    ids=["command", "fork"],
)
def test_senders_killed_at_work_lose_nothing_and_send_nothing_twice(
    by: Callable[[dict[str, str], Path], Starts],
    kills: int,
    lifetime: float,
    environment: dict[str, str],
    desk: Desk,
    loopback: Loopback,
    tmp_path: Path,
) -> None:
    starts = by(environment, tmp_path)
    try:
        torment(
            desk, loopback, starts, tmp_path, 400, kills, lifetime, desk.let_the_lost_be_old
        )
    finally:
        starts.close()


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_five_hundred_kills_over_twenty_thousand_messages(
    environment: dict[str, str], desk: Desk, loopback: Loopback, tmp_path: Path
) -> None:
    starts = Forks(environment, tmp_path)
    try:
        torment(desk, loopback, starts, tmp_path, 20_000, 500, 1.0, lambda: None)
    finally:
        starts.close()
