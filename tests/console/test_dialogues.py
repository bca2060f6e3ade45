"""Every dialogue by a caller's hops and by an agent's: both run the same turn, on one line."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from menus.dial import Dial
from menus.line import Line
from menus.served import Served, Shown
from menus.turn import turn
from tests.conftest import Open, inbox, line_of
from tests.dialogue import FILES, Dialogue, read
from tests.servers import RedisServer
from tests.world import notify

BY_NETWORK = ("call_costs",)
"""What a network's callers pay is said to them alone: an agent's hop comes by no network."""

OWN = ("not_there", "being_checked", "report_of")
"""Dialogues that change what others would see: each has a line of its own."""


@dataclass
class Shared:
    """Dialogues that one line can hold: none of them asks for what only another one knows."""

    dialogues: dict[str, Dialogue] = field(default_factory=dict)

    @property
    def first(self) -> Dialogue:
        return next(iter(self.dialogues.values()))

    @property
    def given(self) -> list[str]:
        """Give what all of them know, each thing once."""
        return list(
            dict.fromkeys(one for each in self.dialogues.values() for one in each.given)
        )

    def takes(self, name: str, one: Dialogue) -> bool:
        if any(part in key for key in (name, *self.dialogues) for part in OWN):
            return False
        return _rest(one) == _rest(self.first) and all(
            _agree(one, other) for other in self.dialogues.values()
        )


def _documents(one: Dialogue) -> dict[str, set[str]]:
    """Give what is given of each number."""
    given: dict[str, set[str]] = {}
    for line in one.given:
        if len(line.split()) > 3:
            given.setdefault(line.split()[1], set()).add(line)
    return given


def _rest(one: Dialogue) -> list[str]:
    return [line for line in one.given if len(line.split()) < 4]


def _agree(one: Dialogue, other: Dialogue) -> bool:
    """Say whether neither knows otherwise what the other one asks for, or does not know."""
    mine, its = _documents(one), _documents(other)
    numbers = {
        key.split("=")[-1] for line in (*one.given, *other.given) for key in line.split()
    }
    typed = " ".join((*one.keys, *other.keys))
    return mine == its or not any(
        mine.get(number) != its.get(number)
        for number in numbers & set(typed.split()) | mine.keys() & its.keys()
    )


def _shared() -> Iterator[Shared]:
    groups: list[Shared] = []
    for file in FILES:
        if file.stem.startswith(BY_NETWORK):
            continue
        one = read(file)
        there = next((group for group in groups if group.takes(file.stem, one)), None)
        if there is None:
            there = Shared()
            groups.append(there)
        there.dialogues[file.stem] = one
    yield from groups


SHARED = list(_shared())


def _caller(line: Line, phone: str, keys: list[str]) -> list[str]:
    """Give the pages that a caller sees."""
    pages = []
    for count in range(len(keys) + 1):
        dial = Dial("africastalking", "s", phone, line.code, "63902", tuple(keys[:count]))
        page = turn(line, dial)
        pages.append(f"{'END' if page.ends else 'CON'} {page.text}")
    return pages


def _agent(line: Line, phone: str, keys: list[str]) -> list[str]:
    """Give the pages that an agent sees who presses the same keys for a caller."""
    shown: Shown | None = None
    pages = []
    for key in (None, *keys):
        served = Served(line, phone, "call", shown, beyond=False)
        shown = served.dial() if key is None else served.press(key)
        pages.append(f"{'END' if shown.ends else 'CON'} {shown.page}")
    return pages


@pytest.mark.parametrize("shared", SHARED, ids=lambda one: next(iter(one.dialogues)))
def test_an_agents_hop_and_a_callers_hop_show_the_same(
    shared: Shared, open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    first = shared.first
    app = open_app(sqlite_url, redis.url, first.clock, **first.settings)
    line = line_of(app)
    whole = Dialogue(first.title, shared.given)
    whole.prepare(line)
    for nth, (name, dialogue) in enumerate(shared.dialogues.items()):
        caller, agent = f"+2547110{nth:05}", f"+2547120{nth:05}"
        for given in dialogue.given:
            if given.startswith("notice "):
                _, code, day = given.split()
                notify(line, code, day, (caller, agent))
        before = [len(inbox(line, phone)) for phone in (caller, agent)]
        written = [page for _, page in dialogue.hops]

        assert _caller(line, caller, dialogue.keys) == written, name
        assert _agent(line, agent, dialogue.keys) == written, name
        assert inbox(line, caller)[before[0] :] == inbox(line, agent)[before[1] :], name


def test_all_dialogues_but_those_of_a_network_are_driven_both_ways() -> None:
    driven = {name for shared in SHARED for name in shared.dialogues}
    left = {file.stem for file in FILES} - driven

    assert len(driven) > 130
    assert {one.rpartition("_")[0] for one in left} == set(BY_NETWORK)
