"""What callers dial, key and text, as a schedule without end: what is due when.

Whole conversations of one to five hops, each on a phone of its own, mixed so that the hops of
all of them together come at an even rate. Every page is expected to say what its screen says.
"""

import heapq
import itertools
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

THINK_SECONDS = 2.0
"""Between two hops of one session: the least that a hop may take, so that they never meet."""

HOME = "1919 Ndio Form!"

_KEYS = {"id_card": "1", "birth_certificate": "2", "driving_licence": "3"}
_NAMES = {"id_card": "ID", "birth_certificate": "Birth cert", "driving_licence": "Licence"}
_QUESTIONS = {
    "id_card": "Type your ID number",
    "birth_certificate": "Type the birth entry number",
    "driving_licence": "Type the ID number of the licence's owner",
}
_PLACES = (
    ("Thika", "Thika\nKiambu"),
    ("Nanyuki", "Laikipia"),
    ("eldoret", "Eldoret\nUasin Gishu"),
    ("42", "Kisumu\n"),
    ("47", "Huduma Centres in Nairobi"),
    ("Kisumu", "Kisumu\n"),
)
_SERVICES = (
    ("1", "Driving licence\nBring:"),
    ("2", "Replace a lost ID\nBring:"),
    ("3", "First ID\nBring:"),
    ("15", "Counselling by phone\nBring:"),
)
_DIGITS = re.compile("[0-9]")
_NOBODYS = (60_000_000, 79_999_999)
"""From where to where no list and no benchmark's database has an ID number."""


class Mix(StrEnum):
    """What kind of calls come."""

    CALLERS = "callers"
    """Menus, look-ups by them and without, centres, services, wishes that are kept."""
    LOOK_UPS = "look_ups"
    """Direct dials of a number, one hop each: one statement each."""
    RESULTS_DAY = "results_day"
    """Everybody asks for a number, most of them at once; few look at anything else."""
    JOURNEY = "journey"
    """Dial, menu, kind of document, number: four hops, the same for everybody."""
    TEXTS = "texts"
    """Texts with a number, each to be answered by a text."""


@dataclass(frozen=True)
class Number:
    """A number that is known to be ready, and the kind of its document."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Hop:
    """One request of a call.

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

    @property
    def face(self) -> str:
        """Give the part of the line that it is sent to."""
        return "ussd"

    @property
    def form(self) -> str:
        """Write it as Africa's Talking does."""
        return (
            f"phoneNumber={_quoted(self.phone)}&serviceCode=%2A1919%23"
            f"&text={_quoted(self.text)}&sessionId={self.session}&networkCode=63902"
        )

    def fault(self, page: str) -> str:
        """Say what is wrong with a page, whatever the number asked for; empty for nothing."""
        if not page.startswith(("CON ", "END ")):
            return "no page"
        if self.says in page:
            return ""
        said = page[4:].split("\n")[0]
        return _DIGITS.sub("n", f"{said!r} instead of {self.says!r}")


@dataclass(frozen=True, slots=True)
class Text:
    """One text.

    Args:
        at: seconds after the start at which it is due.
        name: the gateway's, which no other text has.
    """

    at: float
    name: str
    phone: str
    text: str

    @property
    def face(self) -> str:
        """Give the part of the line that it is sent to."""
        return "sms"

    @property
    def form(self) -> str:
        """Write it as Africa's Talking does, with the moment that it came at: now."""
        return (
            f"linkId={self.name}&id={self.name}&from={_quoted(self.phone)}&to=1919"
            f"&text={_quoted(self.text)}&cost=KES+0.0000&networkCode=63902"
            f"&date={datetime.now(UTC):%Y-%m-%d+%H%%3A%M%%3A%S}"
        )

    def fault(self, _body: str) -> str:
        """Say what is wrong with the answer: nothing, where its status is a good one."""
        return ""


Request = Hop | Text

_Call = list[tuple[str, str]]
"""The texts of a session, each with what its page must say."""


def traffic(
    numbers: Sequence[Number], mix: Mix, rate: float, known: float, seed: str
) -> Iterator[Request]:
    """Give requests, one every `1 / rate` seconds.

    Args:
        numbers: those that are known, asked one after the other, and then from the first on.
        rate: requests a second.
        known: the share of look-ups that ask for one of them.
        seed: what phones, sessions and the mix come from.
    """
    dice = random.Random(seed)
    phones = (f"+2547{nth % 10**8:08d}" for nth in itertools.count(dice.randrange(10**8)))
    callers = _Callers(itertools.cycle(numbers), known, dice)
    if mix is Mix.TEXTS:
        yield from _texts(callers, phones, rate, dice)
    calls = (callers.call(mix) for _ in itertools.count())
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


def _quoted(text: str) -> str:
    """Write what phones and callers' keys are made of as forms do."""
    return text.replace("+", "%2B").replace("*", "%2A")


def _to_number(asked: Number) -> _Call:
    """Give the hops from the dial to where a number is typed."""
    kind = f"1*{_KEYS[asked.kind]}"
    return [("", HOME), ("1", "Which document?"), (kind, _QUESTIONS[asked.kind])]


def _session(call: _Call, phone: str, dice: random.Random) -> list[Hop]:
    session = f"ATUid_{dice.getrandbits(128):032x}"
    return [Hop(0, session, phone, text, says) for text, says in call]


def _texts(
    callers: "_Callers", phones: Iterator[str], rate: float, dice: random.Random
) -> Iterator[Text]:
    for slot in itertools.count():
        name = f"{dice.getrandbits(128):032x}"
        yield Text(slot / rate, name, next(phones), callers.number()[0].text)


class _Callers:
    """What callers do, each by a throw of the dice.

    Args:
        known: the share of look-ups that ask for a number of the line's.
    """

    def __init__(self, numbers: Iterator[Number], known: float, dice: random.Random) -> None:
        self._numbers = numbers
        self._known = known
        self._dice = dice
        ways: dict[Mix, dict[Callable[[], _Call], int]] = {
            Mix.LOOK_UPS: {self._at_once: 1},
            Mix.JOURNEY: {self._journey: 1},
            Mix.RESULTS_DAY: {
                self._direct: 60,
                self._from_home: 25,
                self._by_menus: 10,
                self._centre: 5,
            },
            Mix.CALLERS: {
                self._by_menus: 30,
                self._direct: 20,
                self._from_home: 15,
                self._centre: 15,
                self._service: 10,
                self._help: 5,
                self._in_swahili: 5,
            },
        }
        self._ways = {mix: (list(each), list(each.values())) for mix, each in ways.items()}

    def call(self, mix: Mix) -> _Call:
        """Give a whole conversation."""
        ways, weights = self._ways[mix]
        (way,) = self._dice.choices(ways, weights)
        return way()

    def number(self) -> tuple[Number, str]:
        """Give a number to ask for, and what the line says of it."""
        if self._dice.random() < self._known:
            one = next(self._numbers)
            return one, f"{_NAMES[one.kind]} ..{one.text[-3:]} is READY"
        one = Number("id_card", str(self._dice.randint(*_NOBODYS)))
        return one, f"No document found for ..{one.text[-3:]}"

    def _at_once(self) -> _Call:
        """Dial with a number behind the code, and hang up."""
        asked, says = self.number()
        return [(asked.text, says)]

    def _direct(self) -> _Call:
        return self._asked("", *self.number())

    def _from_home(self) -> _Call:
        return [("", HOME), *self._asked("", *self.number())]

    def _by_menus(self) -> _Call:
        asked, says = self.number()
        before = _to_number(asked)
        return [*before, *self._asked(f"{before[-1][0]}*", asked, says)]

    def _journey(self) -> _Call:
        asked, says = self.number()
        before = _to_number(asked)
        return [*before, (f"{before[-1][0]}*{asked.text}", says)]

    def _asked(self, before: str, asked: Number, says: str) -> _Call:
        """Ask for a number, and now and then for a text, which the line keeps a promise of."""
        call = [(f"{before}{asked.text}", says)]
        if self._dice.random() < 0.2:
            is_ready = says.endswith("READY")
            key, promise = ("1", "the answer") if is_ready else ("2", "when it is ready")
            call.append((f"{before}{asked.text}*{key}", f"We will text you {promise}"))
        return call

    def _centre(self) -> _Call:
        place, says = self._dice.choice(_PLACES)
        call = [("", HOME), ("2", "Type the first letters of a county"), (f"2*{place}", says)]
        if place == "Thika":
            call.append(("2*Thika*1", "We will text you that"))
        return call

    def _service(self) -> _Call:
        if self._dice.random() < 0.3:
            return [("3", "Which service?"), ("3*4", "Bring:"), ("3*4*2", "Fee:")]
        key, says = self._dice.choice(_SERVICES)
        return [("", HOME), ("3", "Which service?"), (f"3*{key}", says)]

    def _help(self) -> _Call:
        if self._dice.random() < 0.5:
            return [("", HOME), ("4", "Judiciary staff serve"), ("4*2", "Court desk at:")]
        return [("", HOME), ("5", "Collecting is free. Never pay.")]

    def _in_swahili(self) -> _Call:
        one = next(self._numbers)
        answer = f"..{one.text[-3:]} tayari"
        return [("", HOME), ("8", "Weka nambari ya kitambulisho"), (f"8*{one.text}", answer)]
