"""Redis emptied under calls at every hop: the same pages, and the same in the database.

Keys are drawn at random from the pages that they lead to. A call is held undisturbed, and
then with the same keys from other phones: with FLUSHALL before every hop, within every hop
between its load and its save, before one hop alone, for each in turn, or with Redis killed
before one hop and started empty. Every page is compared octet by octet, and at the end all
that any table holds of a phone, moments and ciphertexts left out.

The key that carries on an earlier call is the one that cannot be folded, and is not pressed
here; tests/test_fold.py holds that its caller goes on or is honestly sent home.
"""

import itertools
import logging
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import DateTime, LargeBinary, delete, select

from bench.figures import tell
from models.base import metadata
from models.lookups import lookups
from models.outbox import body_row, outbox
from models.reports import reports
from tests.caller import Caller
from tests.conftest import Open, line_of
from tests.keying import key_at
from tests.servers import RedisServer
from tests.world import fill, notify

MOST_KEYS = 14
LONG = ["1", "1", "0", "00", "2", "27", "0", "98", "00", "3", "2", "0", "00", "4", "0"]
LONG += ["5", "0", "1", "1", "12345678"]
"""The call whose replay is timed."""

CARRY_ON = "9"
_LOOKED = "look-up"
_CODE, _DAY = "48213", "2026-10-01"
_phones = itertools.count(731_000_000)

Before = Callable[[int], None]
"""What happens before the hop of a number, the dial being 0."""

EVERY, WITHIN = "emptied before every hop", "emptied between every hop's load and save"
EACH = "emptied before one hop, for each hop"
RESTARTED = "killed before one hop and started empty"
WAYS = (EVERY, WITHIN, EACH, RESTARTED)

Rows = Mapping[str, list[tuple[str, ...]]]
"""What tables hold of phones, as text."""


@dataclass
class Call:
    """A call that was held: which phone keyed what, and read what."""

    phone: str
    keys: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    reported: list[tuple[str, ...]] = field(default_factory=list)


class World:
    """A line on which calls are held, and the Redis that forgets them."""

    def __init__(self, app: Flask, redis: RedisServer) -> None:
        self.line = line_of(app)
        self.redis = redis
        self.app = app
        self._within = False
        self._save = self.line.sessions.save
        self.line.sessions.save = self._saving  # type: ignore[method-assign]

    def draw(self, dice: random.Random) -> Call:
        """Hold a call whose keys are drawn at its pages, undisturbed."""
        most = dice.randint(1, MOST_KEYS)
        return self._hold(lambda pages: _key(pages[-1], dice) if len(pages) <= most else None)

    def again(self, call: Call, before: Before = lambda _: None, within: bool = False) -> Call:
        """Hold a call again from another phone.

        Args:
            within: forget everything within each hop, after its load.
        """
        self._within = within
        keys = iter(call.keys)
        held = self._hold(lambda _: next(keys, None), before)
        self._within = False
        return held

    def rows(self, phones: Collection[str]) -> Rows:
        """Read all that is kept of phones, once look-ups are where they go."""
        self.line.mover.move()
        found: dict[bytes, list[tuple[str, ...]]] = defaultdict(list)
        with self.line.database.working() as connection:
            for table in metadata.sorted_tables:
                if "phone_hmac" in table.c and table not in (lookups, reports):
                    names = [one.name for one in table.c if _is_lasting(one)]
                    for row in connection.execute(select(table)).mappings().all():
                        said = (table.name, *(str(row[name]) for name in names))
                        found[row["phone_hmac"] or b""].append((*said, self._body(row)))
            for asked in connection.execute(select(lookups)):
                known = found[asked.phone_hmac]
                known += [one for one in _asked(asked) if one[0] != _LOOKED or one not in known]
        hmac_of = self.line.keys.phone_hmac
        return {one: sorted(found[hmac_of(one)]) for one in phones}

    def restart(self) -> None:
        """Kill Redis, and start it with nothing in it."""
        self.redis.stop()
        self.redis.start()

    def _hold(
        self, key: Callable[[list[str]], str | None], before: Before = lambda _: None
    ) -> Call:
        phone = f"+254{next(_phones)}"
        caller, call = Caller(self.app.test_client(), phone), Call(phone)
        notify(self.line, _CODE, _DAY, [phone])
        before(0)
        call.pages.append(caller.dial())
        while (keyed := key(call.pages)) is not None:
            before(len(call.pages))
            call.keys.append(keyed)
            call.pages.append(caller.key(keyed))
        return replace(call, reported=self._take_reports())

    def _take_reports(self) -> list[tuple[str, ...]]:
        """Read and remove reports: two of a document would put it in doubt for the next."""
        names = [one.name for one in reports.c if _is_lasting(one)]
        with self.line.database.working() as connection:
            rows = connection.execute(select(reports)).mappings().all()
            connection.execute(delete(reports))
        return sorted(tuple(str(row[name]) for name in names) for row in rows)

    def _body(self, row: Mapping[Any, Any]) -> str:
        if "cause" not in row:
            return ""
        return self.line.keys.people.open(row[outbox.c.body.name], body_row(row["cause"]))

    def _saving(self, *given: Any, **named: Any) -> Any:
        if self._within:
            self.redis.flush()
        return self._save(*given, **named)


def _key(page: str, dice: random.Random) -> str:
    return next(one for one in iter(lambda: key_at(page, dice), None) if one != CARRY_ON)


def _is_lasting(column: Any) -> bool:
    """Say whether two phones that ask the same have the same in a column."""
    if isinstance(column.type, LargeBinary):
        return str(column.name) == "subject"
    return not isinstance(column.type, DateTime) and column.name not in ("id", "cause")


def _asked(row: Any) -> Iterator[tuple[str, ...]]:
    """Give what a look-up says: a lost call that is folded asks again for what it asked."""
    yield _LOOKED, row.subject.hex(), row.outcome
    if row.fresh:
        yield "counted", row.subject.hex(), str(row.day)


def disturbed(world: World, call: Call, way: str, dice: random.Random) -> Iterator[Call]:
    """Hold a call again, disturbed in a way; where one hop is, for each hop or one drawn."""
    forget, hops = world.redis.flush, range(len(call.pages))
    if way == EVERY:
        yield world.again(call, lambda _: forget())
    elif way == WITHIN:
        yield world.again(call, within=True)
    elif way == EACH:
        for hop in hops:
            yield world.again(call, _at(hop, forget))
    else:
        yield world.again(call, _at(dice.choice(hops), world.restart))


def _at(hop: int, then: Callable[[], None]) -> Before:
    return lambda now: then() if now == hop else None


def difference(call: Call, twin: Call, rows: Rows) -> str:
    """Say where a call first went another way, or what else it left; empty for the same."""
    for key, one, two in zip(["", *call.keys], call.pages, twin.pages, strict=True):
        if one != two:
            return f"{call.keys} at {key!r}: {one!r} became {two!r}"
    left = Counter([*call.reported, *rows[call.phone]])
    left.subtract([*twin.reported, *rows[twin.phone]])
    other = {row: more for row, more in left.items() if more}
    return f"{call.keys}: {other}" if other else ""


@pytest.fixture
def world(open_app: Open, sqlite_url: str) -> Iterator[World]:
    """A line with a document for every outcome, and a Redis of its own; hops are not logged."""
    redis = RedisServer()
    app = open_app(sqlite_url, redis.url)
    logging.disable(logging.WARNING)
    fill(line_of(app))
    yield World(app, redis)
    logging.disable(logging.NOTSET)
    redis.remove()


@pytest.mark.parametrize(
    "calls",
    [
        {EVERY: 8, WITHIN: 8, EACH: 2, RESTARTED: 2},
        pytest.param(
            {EVERY: 2_000, WITHIN: 2_000, EACH: 200, RESTARTED: 100},
            marks=[pytest.mark.torture, pytest.mark.timeout(1800)],
        ),
    ],
    ids=["short", "long"],
)
def test_calls_whose_redis_is_emptied_at_any_hop_see_and_leave_the_same(
    calls: dict[str, int], world: World
) -> None:
    dice = random.Random(1919)
    pairs: list[tuple[str, Call, Call]] = []
    for number in range(max(calls.values())):
        call = world.draw(dice)
        for way in (one for one in WAYS if number < calls[one]):
            pairs += [(way, call, twin) for twin in disturbed(world, call, way, dice)]
    rows = world.rows({one.phone for _, *both in pairs for one in both})
    hops, other = Counter[str](), {way: list[str]() for way in WAYS}
    for way, call, twin in pairs:
        hops[way] += len(twin.pages)
        if fault := difference(call, twin, rows):
            other[way].append(fault)
    for way, some in other.items():
        name = f"{calls[way]:,} random calls, Redis {way}: calls that came out otherwise"
        tell("R3", name, f"{len(some)} in {hops[way]:,} hops", "0", not some)

    assert all(hops[way] >= calls[way] for way in WAYS)
    assert sum(map(len, rows.values())) > sum(calls.values())
    assert {way: some[:3] for way, some in other.items() if some} == {}


@pytest.mark.parametrize(
    "times",
    [
        pytest.param(5, id="short"),
        pytest.param(500, marks=[pytest.mark.torture, pytest.mark.timed]),
    ],
)
def test_a_lost_call_of_twenty_keys_is_folded_again(times: int, world: World) -> None:
    caller = Caller(world.app.test_client(), f"+254{next(_phones)}")
    page, seconds = caller.keys(*LONG), []
    for _ in range(times):
        world.redis.flush()
        began = time.perf_counter()
        again = caller.send()
        seconds.append(time.perf_counter() - began)
        assert again == page
    median = statistics.median(seconds) * 1000
    told = f"{median:.1f} ms, the longest {max(seconds) * 1000:.1f} ms"
    tell("R3", "20 keys of a lost call folded again, median", told, "20 ms", median <= 20)

    assert page.startswith("CON ID ..678 is READY.")
    assert len(LONG) == 20
