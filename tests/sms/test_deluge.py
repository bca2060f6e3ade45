"""A deluge of texts, each delivered three times, shuffled and at once: one answer each.

`pytest -m torture tests/sms/test_deluge.py -s` sends ten thousand of them.
"""

import hashlib
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select

from menus.line import Line
from models.callers import callers
from models.outbox import outbox
from models.subscriptions import subscriptions
from tests.caller import text
from tests.conftest import Open, inbox, line_of
from tests.servers import RedisServer
from tests.world import put

THREADS, TIMES = 8, 3
IN_A_UNIT = 10
"""Texts that one unit of people sends, of all kinds."""

PAGES = ("06 Taita-Taveta", "11 Isiolo", "16 Machakos")
"""How the second page of counties and the two after it begin."""

PROMISE = "We will text you when it is ready."
PROMISE_SW = "Utapokea ujumbe wa SMS ikiwa tayari."
HOW = "1919: "
"""How the answer begins that a key gets where Redis was too slow to know the page."""


@dataclass(frozen=True)
class Sent:
    """A text that somebody sends."""

    name: str
    phone: str
    body: str


class Unit:
    """A few people, each with a question or a wish of their own."""

    def __init__(self, number: int) -> None:
        self._number = number
        words = ("STOP", "ACHA", "Stop.", "acha!")
        self.first = [
            self._sent("asks", f"ID {12345678 + number % 5}"),
            self._sent("keyword", ("KITUO thika", "COURT", "msaada")[number % 3]),
            self._sent("stops", words[number % 4]),
            self._sent("starts", ("START", "anza")[number % 2]),
            self._sent("wishes", f"leseni {34500000 + number}"),
            self._sent("reads", "CENTRE"),
        ]
        self.then = [
            self._sent("wishes", "2"),
            *(self._sent("reads", "98", str(page)) for page in range(len(PAGES))),
        ]

    def phone(self, who: str) -> str:
        """Give the phone of one of them."""
        people = ("asks", "keyword", "stops", "starts", "wishes", "reads")
        return f"+2547{people.index(who)}{self._number:07}"

    def _sent(self, who: str, body: str, name: str = "") -> Sent:
        return Sent(f"{self._number}-{who}-{body}-{name}", self.phone(who), body)


def deliver(app: Flask, texts: list[Sent], seed: int) -> Counter[int]:
    """Deliver texts three times each, shuffled, from eight threads; count the statuses.

    What is not taken is brought again, as gateways do.
    """
    deliveries = texts * TIMES
    random.Random(seed).shuffle(deliveries)

    def bring(one: Sent) -> list[int]:
        return list(_until_taken(app, one))

    with ThreadPoolExecutor(THREADS) as pool:
        statuses = pool.map(bring, deliveries)
        return Counter(status for one in statuses for status in one)


def _until_taken(app: Flask, one: Sent) -> Iterator[int]:
    for _ in range(20):
        status = text(app.test_client(), one.body, one.phone, one.name, date="")
        yield status
        if status == 200:
            return
        time.sleep(0.05)


@pytest.mark.parametrize(
    "count",
    [100, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])],
)
def test_every_text_of_a_deluge_is_answered_once_and_has_its_effect_once(
    count: int, open_app: Open, postgres_url: str, redis: RedisServer
) -> None:
    app = open_app(postgres_url, redis.url)
    line = line_of(app)
    put(line, "id_card", "12345678", "ready")
    units = [Unit(number) for number in range(count // IN_A_UNIT)]
    first = [one for unit in units for one in unit.first]
    then = [one for unit in units for one in unit.then]
    started = time.monotonic()
    statuses = deliver(app, first, seed=1) + deliver(app, then, seed=2)
    seconds = time.monotonic() - started
    late = deliver(app, first[:50], seed=3)
    promised = [unit for unit in units if is_promised(line, unit)]
    pages = [pages_of(line, unit) for unit in units]
    lost = sum(len(PAGES) - len(one) for one in pages) + len(units) - len(promised)
    print(
        f"\n{count:,} texts, {statuses.total():,} deliveries in {seconds:.1f} s:"
        f" {statuses.total() / seconds:,.0f} a second; statuses {dict(statuses)};"
        f" {lost} keys whose page Redis did not tell in time"
    )

    assert len(first) + len(then) == count
    assert answered(line) == Counter(cause_of(one) for one in first + then)
    assert set(late) == {200}
    assert stopped(line) == {line.keys.phone_hmac(unit.phone("stops")) for unit in units}
    kept = subscribed(line)
    assert all(kept[line.keys.phone_hmac(unit.phone("wishes"))] == 1 for unit in promised)
    assert max(kept.values()) == 1
    assert all(len(set(one)) == len(one) and set(one) <= set(PAGES) for one in pages)
    assert lost <= count // 50


def is_promised(line: Line, unit: Unit) -> bool:
    """Say whether the last answer promises a text when the document is ready."""
    last = inbox(line, unit.phone("wishes"))[-1]
    return last.startswith((PROMISE, PROMISE_SW))


def pages_of(line: Line, unit: Unit) -> list[str]:
    """Give how the pages begin that were read, the first and home answers left out."""
    pages = inbox(line, unit.phone("reads"))[1:]
    return [one.split("\n")[0] for one in pages if not one.startswith(HOW)]


def cause_of(one: Sent) -> str:
    return "in|" + hashlib.sha256(f"africastalking|{one.name}".encode()).hexdigest()


def answered(line: Line) -> Counter[str]:
    with line.database.working() as connection:
        return Counter(connection.scalars(select(outbox.c.cause)))


def stopped(line: Line) -> set[bytes]:
    query = select(callers.c.phone_hmac).where(callers.c.stopped_at.is_not(None))
    with line.database.working() as connection:
        return {bytes(one) for one in connection.scalars(query)}


def subscribed(line: Line) -> Counter[bytes]:
    with line.database.working() as connection:
        return Counter(
            bytes(one) for one in connection.scalars(select(subscriptions.c.phone_hmac))
        )
