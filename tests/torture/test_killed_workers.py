"""Web processes killed at any moment, and everything at once: what was promised is kept.

`KILLS` and `DOCUMENTS` make the long forms shorter and smaller, to see that they work.
"""

import os
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from bench import lists
from bench.figures import tell
from bench.service import Service, in_service
from bench.stores import POSTGRESQL, Line, Stores, opened
from bench.traffic import Number
from config import Config
from tests.torture.little import NUMBER, Little
from tests.torture.promises import Crowd, Kept, Notes, held_against

KILLS = int(os.environ.get("KILLS", "20"))
DOCUMENTS = int(os.environ.get("DOCUMENTS", "20000"))
CALLERS = 16
BACK_SECONDS = 10.0
_PAUSE = (1.0, 4.0)
"""Seconds between two kills: from when the one that was killed is followed, to later."""


def kill_one(line: Line, dice: random.Random) -> None:
    """Kill one of the processes that serve, and wait until another is in its place."""
    master = psutil.Process(line.process_id)
    before = master.children()
    dice.choice(before).kill()
    until = time.monotonic() + 30
    while len(master.children()) < len(before) or not _are_new(master, before):
        assert time.monotonic() < until, "nobody came in its place"
        time.sleep(0.05)


def _are_new(master: psutil.Process, before: list[psutil.Process]) -> bool:
    return set(master.children()) != set(before)


def killed(line: Line, crowd: Crowd, kills: int, pauses: tuple[float, float]) -> Notes:
    """Kill a process again and again while callers call; give their notes."""
    dice = random.Random(1919)
    crowd.start()
    try:
        for _ in range(kills):
            time.sleep(dice.uniform(*pauses))
            kill_one(line, dice)
        time.sleep(pauses[1])
    finally:
        notes = crowd.stop()
    return notes


def told(goal: str, name: str, notes: Notes, kept: Kept, kills: int) -> bool:
    """Tell the figures; say whether all hold."""
    done = len(notes.looked) + len(notes.promised) + len(notes.texted)
    figures = [
        ("effects acknowledged", done, "told", True),
        ("promised texts lost", kept.promises_lost, "0", not kept.promises_lost),
        ("texts taken and not answered", kept.texts_lost, "0", not kept.texts_lost),
        ("look-ups answered and not recorded", kept.look_ups_lost, "0", not kept.look_ups_lost),
        ("texts sent twice", kept.doubled, "0", not kept.doubled),
        ("requests without an answer when asked again", notes.unanswered, "0",
         not notes.unanswered),
        ("wrong pages", len(notes.wrong), "0", not notes.wrong),
        ("answers lost per kill", notes.lost / max(1, kills), "told", True),
    ]  # fmt: skip
    for what, value, target, holds in figures:
        tell(goal, f"{name}: {what}", value, target, holds)
    return all(holds for *_, holds in figures)


def test_after_a_web_process_is_killed_all_that_was_promised_is_kept(little: Little) -> None:
    crowd = Crowd(little.line, [NUMBER], callers=4, pause=0.02)
    notes = killed(little.line, crowd, kills=1, pauses=(0.5, 1.0))
    kept = held_against(notes, Config.from_env(little.settings))

    assert len(notes.promised) > 0
    assert len(notes.texted) > 0
    assert notes.wrong == []
    assert notes.unanswered == 0
    assert kept.is_whole


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with in_service(DOCUMENTS) as one:
        yield one


@pytest.mark.torture
@pytest.mark.timed
@pytest.mark.timeout(1200)
def test_web_processes_killed_under_load_lose_nothing_that_was_promised(
    service: Service,
) -> None:
    crowd = Crowd(service.line, service.numbers, CALLERS, pause=0.05)
    notes = killed(service.line, crowd, KILLS, _PAUSE)
    kept = held_against(notes, Config.from_env(service.stores.environment(service.url)))

    assert told("R12", f"web processes killed {KILLS} times under load", notes, kept, KILLS)


@pytest.mark.torture
@pytest.mark.timed
@pytest.mark.timeout(600)
def test_after_everything_was_killed_the_line_answers_soon_and_lost_nothing(
    tmp_path: Path,
) -> None:
    with opened() as stores:
        url = stores.database(POSTGRESQL)
        file = lists.write(tmp_path / "list.csv", DOCUMENTS)
        stores.run(url, "documents", "import", str(file))
        numbers = lists.numbers(DOCUMENTS)
        notes = _killed_all(stores, url, Crowd, numbers)
        began = time.monotonic()
        stores.redis.start()
        stores.postgres.start()
        with stores.serving(url) as line:
            again = Crowd(line, numbers, callers=1, pause=0.0)
            again.start()
            while not again.notes.looked:
                time.sleep(0.02)
            seconds = time.monotonic() - began
            after = again.stop()
            kept = held_against(notes, Config.from_env(stores.environment(url)))
    name = "web, sender, Redis and PostgreSQL killed at once"
    notes.unanswered = after.unanswered  # before, nobody could be answered any more
    holds = told("R13", name, notes, kept, 1)
    soon = seconds <= BACK_SECONDS
    tell("R13", f"{name}: answering after", f"{seconds:.1f} s", "at most 10 s", soon)

    assert holds
    assert soon


def _killed_all(stores: Stores, url: str, crowd: type[Crowd], numbers: list[Number]) -> Notes:
    """Let callers call, and kill everything in the middle of it; give their notes."""
    with stores.serving(url) as line:
        sender = stores.flask(url, "sms", "send")
        calling = crowd(line, numbers, CALLERS, pause=0.05)
        calling.start()
        time.sleep(6.0)
        master = psutil.Process(line.process_id)
        every = [master, *master.children(recursive=True), psutil.Process(sender.pid)]
        for process in every:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        stores.postgres.kill()
        stores.redis.stop()
        sender.wait(timeout=20)
        calling.give_up()
        return calling.stop()
