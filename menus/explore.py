"""The walk: every page that a caller can reach, by the keys that lead there.

`check` proves screens one by one; the walk presses keys, with the engine that callers meet.
A page is walked on from once for each thing that the caller sees and that the screens
further on still ask for: `Reads` finds out which of the things said those are.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from menus.check_sizes import WORDS_A_PAGE
from menus.engine import SLIPS, Engine
from menus.explore_data import COST, Samples, Stores, samples_of
from menus.explore_reads import Reads
from menus.pages import Part, navigation
from menus.screens import (
    BACK,
    CARRY_ON,
    HOME,
    MORE,
    Ask,
    Menu,
    Menus,
    Pick,
    Route,
    Screen,
    Tell,
)
from menus.session import Dropped, Session, Step
from menus.wishes import TextMe
from menus.words import Words, places
from models.country import Country
from models.directory import EMPTY, Directory
from models.gsm7 import foreign, septets

MOST_KEYS = 4
"""Keys that a caller needs to any answer, `98` apart: keys of a list work from its first
page. What is typed is one key."""

JUNK = "."
"""A key that means nothing anywhere."""


@dataclass
class Walked:
    """What one walk found: with one set of data, in one language."""

    data: str
    language: str
    room: int
    pages: int = 0
    shown: set[str] = field(default_factory=set)
    deepest: int = 0
    deepest_at: str = ""
    fullest: int = 0
    wordy: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.data} data, {self.language}: {self.pages:,} pages of {len(self.shown)}"
            f" screens; deepest answer {self.deepest} keys ({self.deepest_at}); fullest page"
            f" {self.fullest} of {self.room} septets"
        )


def explore(
    menus: Menus,
    languages: Mapping[str, Words],
    room: int,
    country: Country,
    data: Mapping[str, Directory],
    now: datetime,
) -> Iterator[Walked]:
    """Walk with each set of data in each language.

    Args:
        room: septets on a page.
        now: the moment of every hop, on the country's clock.
    """
    reads = Reads(menus)
    for name, directory in data.items():
        samples = samples_of(directory, country, now.date())
        for code, words in languages.items():
            engine = partial(_Engine, reads.menus, languages, room, country)
            walked = Walked(name, words.name, room)
            _Walk(menus, languages, reads, engine, words, walked).run(
                _stores(menus, samples, directory, country, now, code), samples
            )
            yield walked


def never_shown(menus: Menus, walks: list[Walked]) -> list[str]:
    """List the screens that no walk showed, as faults."""
    shown = set().union(*(one.shown for one in walks))
    shown |= {getattr(menus.screens[one], "unless_kept", "") for one in shown}
    return [
        f"{name}: never shown"
        for name, screen in menus.screens.items()
        if name not in shown and not isinstance(screen, Route)
    ]


def page_faults(session: Session, words: Words, at_home: bool, room: int) -> Iterator[str]:
    """Find what is wrong with the page that a session shows."""
    text = session.page.text
    if septets(text) > room:
        yield f"a page takes {septets(text)} of {room}"
    if letters := foreign(text):
        yield f"letters that phones lack: {' '.join(letters)}"
    for name in sorted(places(text)):
        yield f"nobody fills {{{name}}}"
    body, leads = _parted(text, words, at_home)
    if not (leads or session.page.ends or (at_home and session.offered)):
        yield "a page without a way on"
    if not "".join(body).strip():
        yield "an empty page"
    firsts = Counter(line.partition(" ")[0] for line in body)
    yield from (f"two lines begin with {key}" for key in session.offered if firsts[key] > 1)


def _parted(text: str, words: Words, at_home: bool) -> tuple[list[str], bool]:
    """Part a page's lines from the one of its navigation, and say whether there is one."""
    lines = text.split("\n")
    homes = {False, at_home}
    ways = {navigation(words, one, more) for one in homes for more in (True, False)} - {""}
    leads = lines[-1] in ways
    return (lines[:-1] if leads else lines), leads


def _stores(
    menus: Menus,
    samples: Samples,
    directory: Directory,
    country: Country,
    now: datetime,
    code: str,
) -> list[Stores]:
    """Give the stores of the walk: all there; nothing that may lack; no directory."""
    way = next((to for to in _leads(menus.screens[menus.home]) if to != menus.home), "")
    there = Stores(
        directory,
        now,
        country,
        COST,
        Dropped(way, (Step(menus.home),)) if way else None,
        code,
        samples.numbers,
        samples.full,
    )
    bare = replace(there, cost=None, dropped=None)
    return [there, bare, replace(bare, directory=EMPTY)]


def _leads(screen: Screen) -> list[str]:
    return [one.to for one in screen.choices] if isinstance(screen, Menu) else []


class _Engine(Engine):
    """The machine that callers meet, which knows what it laid out once.

    The stores of a walk answer the same all along.
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._laid: dict[object, Sequence[Part]] = {}

    def _parts(self, session: Session, queries: Any) -> Sequence[Part]:
        said = tuple(sorted(session.said.items()))
        before = session.trail[-1].screen if session.trail else ""
        asked = (session.screen, session.language, session.note, before, said)
        if asked not in self._laid:
            self._laid[asked] = super()._parts(session, queries)
        return self._laid[asked]


@dataclass(frozen=True)
class _Stop:
    """A page to walk on from.

    Attributes:
        first: the session at the first page of the same screen.
        keys: what leads there, `98` apart.
    """

    session: Session
    first: Session
    keys: tuple[str, ...] = ()


class _Walk:
    """One walk, breadth first: to each page by the fewest keys."""

    def __init__(
        self,
        menus: Menus,
        languages: Mapping[str, Words],
        reads: Reads,
        engine: Callable[[], Engine],
        words: Words,
        walked: Walked,
    ) -> None:
        self._menus = menus
        self._languages = languages
        self._reads = reads
        self._make_engine = engine
        self._words = words
        self._walked = walked
        self._passing: Mapping[str, frozenset[str]] = {}
        self._waiting: deque[_Stop] = deque()
        self._seen: set[object] = set()
        self._typed: set[object] = set()
        self._texts: set[tuple[str, str]] = set()
        self._answers: dict[tuple[str, str], tuple[str, ...]] = {}
        self._faults: dict[str, None] = {}
        self._few: tuple[str, ...] = ()
        self._more: tuple[str, ...] = ()
        self._names: tuple[str, ...] = ()

    def run(self, stores: list[Stores], samples: Samples) -> None:
        """Walk until it is known what screens read, then walk it all; write what was found."""
        engines = [(self._make_engine(), one) for one in stores]
        self._reads.forget()
        self._few = samples.few
        self._walk_until_known(engines)
        self._more, self._names = samples.many, samples.names
        self._walk_until_known(engines)
        self._sum_up()

    def _walk_until_known(self, engines: list[tuple[Engine, Stores]]) -> None:
        known: Mapping[str, frozenset[str]] | None = None
        while known != self._reads.passing():
            known = self._passing = self._reads.passing()
            self._begin_anew()
            for engine, queries in engines:
                self._walk(engine, queries)

    def _begin_anew(self) -> None:
        for one in (self._seen, self._typed, self._texts, self._answers, self._faults):
            one.clear()
        self._walked.shown.clear()
        self._walked.fullest = self._walked.wordy = 0

    def _walk(self, engine: Engine, queries: Stores) -> None:
        self._engine, self._queries = engine, queries
        home = engine.open(queries).session
        self._look_at(home)
        self._waiting.append(_Stop(home, home))
        while self._waiting:
            self._press_all(self._waiting.popleft())

    def _press_all(self, stop: _Stop) -> None:
        if stop.session.page.ends:
            return
        screen = self._menus.screens[stop.session.screen]
        for key in stop.session.offered:
            self._press(stop, key, offered=True)
        for key in (MORE, BACK, HOME, *self._named(screen)):
            self._press(stop, key, offered=True)
        if CARRY_ON not in stop.session.offered:
            self._press(stop, CARRY_ON)
        for text in self._samples(screen, stop.session.part):
            self._press(stop, text)
        self._stumble(stop)

    def _named(self, screen: Screen) -> list[str]:
        """Give the keys that choose a language, where they are offered."""
        if not isinstance(screen, Menu) or not screen.languages:
            return []
        return [one.key for one in self._languages.values() if one is not self._words]

    def _samples(self, screen: Screen, part: int) -> tuple[str, ...]:
        """Give what is typed at a page: at the first one of a question, once.

        Screens that read alike, and lead to the same, are one question.
        """
        if isinstance(screen, Route | Tell) or not screen.parse or part:
            return ()
        to = screen.to if isinstance(screen, Ask) else screen.typed_to
        question = (screen.parse, to)
        if screen.name in self._typed:
            return ()
        more = () if question in self._typed else self._more
        if isinstance(screen, Pick) and Pick not in self._typed:
            more += self._names
            self._typed.add(Pick)
        self._typed |= {screen.name, question}
        return self._few + more

    def _press(self, stop: _Stop, key: str, offered: bool = False) -> None:
        """Press a key, and walk on from where it leads if it is no slip."""
        now = self._step(stop.session, key)
        if now is None:
            return
        if now.slips:
            if offered:
                self._fault(stop.session, f"key {key} is offered, and is a slip")
            return
        if key == BACK:
            self._check_back(stop.session, now)
        if stop.session.part and key in stop.session.offered:
            self._check_first(stop, key, now)
        turned = key == MORE and now.screen == stop.session.screen
        keys = stop.keys if key == MORE else (*stop.keys, key)
        self._arrive(_Stop(now, stop.first if turned else now, keys), turned)

    def _stumble(self, stop: _Stop) -> None:
        """Slip, and on a first page slip on until the caller is shown where help is."""
        session: Session | None = stop.session
        keys = stop.keys
        for _ in range(1 if stop.session.part else SLIPS):
            session = self._step(session, JUNK) if session else None
            keys = (*keys, JUNK)
            if session and not session.slips:
                self._arrive(_Stop(session, session, keys))
                return

    def _step(self, session: Session, key: str) -> Session | None:
        """Press a key, and look at the page that it leads to."""
        try:
            stepped = self._engine.step(session, key, self._queries)
        except Exception as error:
            self._fault(session, f"key {key}: {type(error).__name__}: {error}")
            return None
        self._look_at(stepped.session)
        for wish in stepped.wishes:
            if isinstance(wish, TextMe):
                self._check_text(session, key, wish.body)
        return stepped.session

    def _arrive(self, stop: _Stop, turned: bool = False) -> None:
        """Wait to walk on from a page that was not walked on from."""
        session = stop.session
        if session.language != self._words.code:
            return
        said = tuple(session.said.get(name) for name in self._passing[session.screen])
        page = (session.screen, session.part, session.page.text, said)
        if page in self._seen:
            self._go_back(session)
            return
        self._seen.add(page)
        self._note_depth(stop)
        if turned:
            self._waiting.appendleft(stop)
        else:
            self._waiting.append(stop)

    def _go_back(self, session: Session) -> None:
        if session.screen == self._menus.home or session.page.ends:
            return
        if back := self._step(session, BACK):
            self._check_back(session, back)

    def _note_depth(self, stop: _Stop) -> None:
        session = stop.session
        if session.part == 0 and _answers(self._menus.screens[session.screen]):
            self._answers.setdefault((session.screen, session.page.text), stop.keys)

    def _check_back(self, session: Session, back: Session) -> None:
        """See that `0` leads a page back, or a screen, or home."""
        at_home = back.screen == self._menus.home
        shorter = len(back.trail) < len(session.trail) or back.part < session.part
        if back.slips or not (at_home or shorter):
            self._fault(session, f"{BACK} does not lead back")

    def _check_first(self, stop: _Stop, key: str, now: Session) -> None:
        """See that a key of a further page does the same on the first one."""
        first = self._step(stop.first, key)
        if first and (first.slips or first.page != now.page):
            page = stop.session.part + 1
            self._fault(
                stop.session, f"key {key} of page {page} does not do the same on page 1"
            )

    def _check_text(self, session: Session, key: str, body: str) -> None:
        if foreign(body) or places(body) or not body.strip():
            self._fault(session, f"key {key} texts what phones cannot show: {body}")

    def _look_at(self, session: Session) -> None:
        """Look at a page, once."""
        screen, text = session.screen, session.page.text
        self._walked.shown.add(screen)
        if (screen, text) in self._texts:
            return
        self._texts.add((screen, text))
        self._walked.fullest = max(self._walked.fullest, septets(text))
        self._walked.wordy += not session.slips and len(text.split()) > WORDS_A_PAGE
        words = self._languages[session.language]
        at_home = screen == self._menus.home
        for fault in page_faults(session, words, at_home, self._walked.room):
            self._fault(session, fault)

    def _fault(self, session: Session, what: str) -> None:
        self._faults[f"{session.screen} ({session.language}): {what}"] = None

    def _sum_up(self) -> None:
        walked = self._walked
        walked.pages = len(self._texts)
        deepest = max(map(len, self._answers.values()), default=0)
        deep = Counter(
            screen for (screen, _), keys in self._answers.items() if len(keys) == deepest
        )
        walked.deepest = deepest
        walked.deepest_at = max(deep, key=lambda one: deep[one], default="")
        for (screen, _), keys in self._answers.items():
            if len(keys) > MOST_KEYS:
                what = f"an answer of {len(keys)} keys: {' '.join(keys)}"
                self._faults[f"{screen} ({self._words.code}): {what}"] = None
        walked.faults = list(self._faults)


def _answers(screen: Screen) -> bool:
    """Say whether a screen tells what a caller came for."""
    if isinstance(screen, Menu | Pick):
        return screen.answers or screen.facts is not None
    return isinstance(screen, Tell)
