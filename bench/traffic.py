"""What callers dial and key, as a schedule without end: which hop is due when.

Sessions of one to four hops, each on a phone of its own, mixed so that the hops of all of
them together come at an even rate.
"""

import heapq
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

THINK_SECONDS = 2.0
"""Between two hops of one session: the least that a hop may take, so that they never meet."""

READY, NOT_FOUND = "is READY", "No document found"
"""What pages must say to known and to unknown numbers."""

_KEYS = {"id_card": "1", "birth_certificate": "2", "driving_licence": "3"}
_PLACES = ("Thika", "Nanyuki", "eldoret", "42", "47", "Kisumu")
_NOBODYS = (60_000_000, 79_999_999)
"""From where to where no list and no benchmark's database has an ID number."""


class Mix(StrEnum):
    """What kind of calls come."""

    CALLERS = "callers"
    """Menus, look-ups by them and without, centres."""
    LOOK_UPS = "look_ups"
    """Direct dials of a number, one hop each: one statement each."""


@dataclass(frozen=True)
class Number:
    """A number that is known to be ready, and the kind of its document."""

    kind: str
    text: str


@dataclass(frozen=True)
class Hop:
    """One request.

    Args:
        at: seconds after the start at which it is due.
        text: every input since the dial, as the gateway joins them.
        says: what its page must say; empty for any page.
    """

    at: float
    session: str
    phone: str
    text: str
    says: str = ""


_Call = list[tuple[str, str]]
"""The texts of a session, each with what its page must say."""


def traffic(
    numbers: Sequence[Number], mix: Mix, rate: float, known: float, seed: str
) -> Iterator[Hop]:
    """Give hops, one every `1 / rate` seconds.

    Args:
        numbers: those that are known, asked one after the other, and then from the first on.
        rate: hops a second.
        known: the share of look-ups that ask for one of them.
        seed: what phones, sessions and the mix come from.
    """
    dice = random.Random(seed)
    calls = _calls(itertools.cycle(numbers), mix, known, dice)
    phones = itertools.count(dice.randrange(10**8))
    waiting: list[tuple[int, int, list[Hop]]] = []
    think = max(1, round(THINK_SECONDS * rate))
    for slot in itertools.count():
        if waiting and waiting[0][0] <= slot:
            rest = heapq.heappop(waiting)[2]
        else:
            rest = _session(next(calls), next(phones), dice)
        due, *others = rest
        yield Hop(slot / rate, due.session, due.phone, due.text, due.says)
        if others:
            heapq.heappush(waiting, (slot + think, slot, others))


def _session(call: _Call, phone: int, dice: random.Random) -> list[Hop]:
    session = f"ATUid_{dice.getrandbits(128):032x}"
    return [Hop(0, session, f"+2547{phone % 10**8:08d}", text, says) for text, says in call]


def _calls(
    numbers: Iterator[Number], mix: Mix, known: float, dice: random.Random
) -> Iterator[_Call]:
    while True:
        draw = dice.random() if mix is Mix.CALLERS else 0.5
        if draw < 0.2:
            yield [("", ""), ("2", ""), (f"2*{dice.choice(_PLACES)}", "")]
            continue
        if dice.random() < known:
            asked, says = next(numbers), READY
        else:
            asked, says = Number("id_card", str(dice.randint(*_NOBODYS))), NOT_FOUND
        if draw < 0.4:
            yield [("", ""), (asked.text, says)]
        elif draw < 0.6:
            yield [(asked.text, says)]
        else:
            kind = _KEYS[asked.kind]
            yield [("", ""), ("1", ""), (f"1*{kind}", ""), (f"1*{kind}*{asked.text}", says)]
