"""What a hop costs as things grow: the conversation, live sessions in Redis, the screens.

The line answers in this process, one hop after the other, with a real Redis and PostgreSQL, so
that the CPU of a hop is that of its thread alone. What is compared is measured in turns, or
once more at the end, since machines drift. Documents grow in `make bench K=scale`.
"""

import io
import os
import secrets
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from flask import Flask
from werkzeug.test import create_environ, run_wsgi_app

from app import create_app
from bench import charts, lists
from bench.stores import POSTGRESQL, SMALL, Stores, cpu_of, opened, tell
from bench.traffic import HOME as HOME_SAYS
from config import Config
from menus.engine import Engine
from menus.line import Line
from menus.screens import Choice, Menu, Menus
from menus.voices import Voice

HOPS = 40
CALLS = 5 if SMALL else 150
SESSIONS = (1_000, 5_000) if SMALL else (1_000, 10_000, 100_000, 1_000_000)
SCREENS = (50, 200) if SMALL else (50, 200, 500, 2_000)
ROUNDS = 2 if SMALL else 8

_AT_A_TIME = 10_000
_KEYS = ("98", "0")
"""Home's second page, and its first again: every second hop shows the same page."""


@dataclass(frozen=True)
class Phone:
    """What dials a line that answers in this process."""

    app: Flask
    token: str

    def call(self, keys: Sequence[str]) -> list[float]:
        """Dial and press keys; give the microseconds of CPU that each hop took.

        Raises:
            AssertionError: a page is not the one that is expected.
        """
        session, phone = secrets.token_hex(16), f"%2B2547{secrets.randbelow(10**8):08d}"
        took = []
        for count in range(len(keys) + 1):
            form = (
                f"phoneNumber={phone}&serviceCode=%2A1919%23&text={'%2A'.join(keys[:count])}"
                f"&sessionId=ATUid_{session}&networkCode=63902"
            )
            environ = create_environ(
                f"/ussd/africastalking/{self.token}",
                method="POST",
                content_type="application/x-www-form-urlencoded",
                input_stream=io.BytesIO(form.encode()),
                headers={"Content-Length": str(len(form))},
            )
            began = time.thread_time()
            answer, status, _ = run_wsgi_app(self.app, environ, buffered=True)
            page = b"".join(answer)
            took.append((time.thread_time() - began) * 1e6)
            assert status.startswith("200"), status
            assert page.startswith(b"CON "), page
            assert count or HOME_SAYS.encode() in page, page
        return took


def main() -> None:
    """Measure, print each figure, keep all of them, and draw them."""
    with _answering() as (stores, phone):
        for _ in range(CALLS):  # to warm up
            phone.call(_KEYS)
        measured = {
            "microseconds of CPU, by the hop of a conversation": _by_hop(phone),
            "microseconds of CPU, by screens": _by_screens(phone),
            "by live sessions": _by_sessions(stores, phone),
        }
    charts.keep("growth", measured)


def _by_hop(phone: Phone) -> Mapping[str, float]:
    """Measure each hop of long conversations, every second of which shows the same page."""
    keys = [_KEYS[nth % 2] for nth in range(HOPS - 1)]
    calls = [phone.call(keys) for _ in range(CALLS)]
    found = {
        str(nth + 1): statistics.median(one[nth] for one in calls) for nth in range(1, HOPS, 2)
    }
    title = f"a conversation: CPU of hop {HOPS}, as a multiple of hop 2"
    tell(title, found[str(HOPS)] / found["2"])
    charts.lines("growth-hops", "CPU of a hop of a conversation, microseconds", found)
    return found


def _by_screens(phone: Phone) -> Mapping[str, float]:
    """Measure hops among few screens and among many, in turns."""
    line: Line = phone.app.extensions["line"]()
    voices = {count: _with_screens(line, count) for count in SCREENS}
    took: dict[int, list[float]] = {count: [] for count in SCREENS}
    for turn in range(ROUNDS):
        for count in SCREENS if turn % 2 else SCREENS[::-1]:
            vars(line.voices).update(
                now=voices[count], _kept={voices[count].version: voices[count]}
            )
            took[count] += _medians(phone)
    found = {f"{count:,}": statistics.median(each) for count, each in took.items()}
    first, *_, last = found
    tell(f"{last} screens: CPU of a hop, as a multiple of {first}", found[last] / found[first])
    charts.lines("growth-screens", "CPU of a hop by screens, microseconds", found)
    return found


def _by_sessions(stores: Stores, phone: Phone) -> Mapping[str, Mapping[str, float]]:
    """Measure hops while more and more sessions lie in Redis, and with few again at the end."""
    client, found = stores.redis.client, {}
    for count in (*SESSIONS, SESSIONS[0]):
        if count < client.dbsize():
            client.flushall()
        empty = client.info("memory")["used_memory"]
        before = client.dbsize()
        _fill(stores, count - before)
        grown = client.info("memory")["used_memory"] - empty
        redis_before, hops = cpu_of(stores.redis.process_id), 0
        took: list[float] = []
        for _ in range(ROUNDS):
            took += _medians(phone)
            hops += CALLS * (len(_KEYS) + 1)
        redis = (cpu_of(stores.redis.process_id) - redis_before) / hops * 1e6
        name = f"{count:,}" if f"{count:,}" not in found else f"{count:,} again"
        found[name] = {
            "CPU of the line, microseconds a hop": statistics.median(took),
            "CPU of Redis, microseconds a hop": redis,
            "octets of memory a session": grown / max(1, count - before),
        }
        for what, value in found[name].items():
            tell(f"{name} live sessions: {what}", value)
    _tell_sessions(found)
    return found


def _tell_sessions(found: Mapping[str, Mapping[str, float]]) -> None:
    cpu = [
        sum(value for what, value in each.items() if what.startswith("CPU"))
        for each in found.values()
    ]
    few, many = (cpu[0] + cpu[-1]) / 2, cpu[-2]
    name = list(found)[-2]
    tell(f"{name} live sessions: CPU of a hop, as a multiple of few", many / few)
    drawn = dict(zip(found, cpu, strict=True))
    charts.lines("growth-sessions", "CPU of line and Redis a hop, microseconds", drawn)


def _fill(stores: Stores, count: int) -> None:
    """Put sessions of other callers into Redis: names and values as long as the line's."""
    client = stores.redis.client
    for start in range(0, count, _AT_A_TIME):
        pipe = client.pipeline(transaction=False)
        for _ in range(min(_AT_A_TIME, count - start)):
            name = f"s:{{{secrets.token_hex(16)}}}:{secrets.token_hex(32)}"
            pipe.setex(name, 3_600, secrets.token_bytes(110))
        pipe.execute()


def _medians(phone: Phone) -> list[float]:
    """Give what a hop of some calls took, each call's median."""
    return [statistics.median(phone.call(_KEYS)) for _ in range(CALLS)]


def _speak(line: Line, voice: Voice) -> None:
    """Have all calls take another voice from now on."""
    vars(line.voices).update(now=voice, _kept={voice.version: voice})


def _with_screens(line: Line, count: int) -> Voice:
    """Give the line's voice with screens added that nobody comes by."""
    voice = line.voices.files.voice()
    more = [
        Menu(f"more_{nth}", choices=(Choice("back", "1", to=voice.menus.home),))
        for nth in range(count - len(voice.menus.screens))
    ]
    screens = {**voice.menus.screens, **{one.name: one for one in more}}
    menus = Menus(screens, voice.menus.home, voice.menus.moved)
    files = line.voices.files
    engine = Engine(menus, voice.languages, files.room, files.country)
    return replace(voice, menus=menus, engine=engine)


@contextmanager
def _answering() -> Iterator[tuple[Stores, Phone]]:
    """Have the line answer in this process while the block runs."""
    with opened() as stores:
        url = stores.database(POSTGRESQL)
        file = lists.write(stores.folder / "list.csv", 5_000)
        stores.run(url, "documents", "import", str(file))
        os.environ.update(stores.environment(url))
        app = create_app(Config.from_env())
        try:
            yield stores, Phone(app, stores.keys["GATEWAY_TOKENS"])
        finally:
            app.extensions["line"]().close()
