"""A turn: load the session, take every new key, save, then answer."""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence

from menus.anew import replace
from menus.dial import Dial
from menus.engine import Stepped
from menus.line import Line
from menus.looks import Looks
from menus.pages import Page
from menus.queries import Queries
from menus.session import Session
from menus.sessions import Loaded, Place, Verdict
from menus.tally import Counted
from menus.voices import Voice
from menus.wishes import AnswerMe, SpeakTo, Wish, grant
from models.base import STATEMENT_SECONDS, Unavailable
from models.lookups import Channel
from models.summaries.ways import OUTSIDE

CONSOLE = "console"
"""The gateway of calls that agents take."""

HOP_SECONDS = 1.7
"""The time of a hop in all, less what it takes to read and to write it: the gateway waits
for 10 s, a caller for two."""

MOST_INPUTS = 60
"""Keys in one session; a call lasts 180 s, so more is no caller."""

_ATTEMPTS = 3
_log = logging.getLogger(__name__)


def turn(line: Line, dial: Dial) -> Page:
    """Take one hop: what to show, and whether the session ends with it."""
    return hop(line, dial).page


def hop(line: Line, dial: Dial, looks: Looks | None = None) -> Session:
    """Take one hop, and give the session with the page to show.

    Args:
        looks: an agent's, where one presses the caller's keys.
    """
    started = time.monotonic()
    if len(dial.inputs) > MOST_INPUTS:
        return Session(page=line.apology("too_long"))
    session = _Dialled(line, dial, started + HOP_SECONDS, looks).run()
    _log.info(
        "hop",
        extra={
            "gateway": dial.gateway,
            "screen": session.screen,
            "ms": round((time.monotonic() - started) * 1000, 1),
        },
    )
    return session


class Hop(ABC):
    """One question on its way through: load, fold, save over what was loaded, grant.

    Args:
        place: where the caller's things lie in Redis.
        deadline: when to have answered, on the monotonic clock.
    """

    attempts = _ATTEMPTS
    channel = Channel.USSD
    network = ""

    def __init__(self, line: Line, place: Place, phone: str, deadline: float) -> None:
        self._began = time.monotonic()
        self._taken: tuple[str | None, Session] | None = None
        self._line = line
        self._voice = line.voices.now
        self._place = place
        self._phone = phone
        self._deadline = deadline

    def run(self) -> Session:
        """Take what came, and give the session with the page to show."""
        try:
            return self._run()
        finally:
            if self._taken:
                self._count(*self._taken)

    def _run(self) -> Session:
        loaded = self._load()
        base = loaded.session if loaded else None
        for _ in range(self.attempts):
            if loaded is None:
                break
            stored = loaded.session
            answered = self._answered(stored, base, loaded) if stored else None
            if answered:
                return answered
            queries = self._queries(loaded)
            stepped = self._fold(stored, loaded, queries)
            if stored and self._is_older(stored):
                return stepped.session
            verdict, now = self._save(stepped, loaded, queries)
            if verdict is Verdict.SAVED:
                self._taken = self._came_from(stored), stepped.session
                return self._grant(stepped)
            loaded = _after(verdict, loaded, now)
        return self._answer_without_redis()

    def _load(self) -> Loaded | None:
        return self._line.sessions.load(self._place)

    @abstractmethod
    def _answered(
        self, stored: Session, base: Session | None, loaded: Loaded
    ) -> Session | None:
        """Answer what was taken before; None where it was not.

        Args:
            base: what was stored when this delivery came.
        """

    def _is_older(self, _stored: Session) -> bool:
        """Say whether what came is late: then nothing is saved."""
        return False

    @abstractmethod
    def _fold(self, stored: Session | None, loaded: Loaded | None, queries: Queries) -> Stepped:
        """Take what came: from where the caller stands, or from the start."""

    def _answer_without_redis(self) -> Session:
        """Fold everything, the database counting: nothing is looked up uncounted."""
        stepped = self._fold(None, None, self._queries(None))
        self._taken = None, stepped.session
        return self._grant(stepped)

    def _came_from(self, stored: Session | None) -> str:
        """Give the screen that the caller saw before; empty where this begins a session."""
        return stored.screen if stored else OUTSIDE

    def _count(self, before: str | None, session: Session) -> None:
        """Count what was taken, once, whether or not what was wished for could be kept."""
        self._line.tally.count(
            Counted(
                self.channel,
                self.network,
                session.language,
                before,
                session.screen,
                session.page.ends,
                1000 * (time.monotonic() - self._began),
            )
        )

    def _queries(self, loaded: Loaded | None) -> Queries:
        return Queries(self._line, self._phone, loaded, self._seconds_left)

    def _voice_of(self, session: Session | None) -> Voice:
        """Give what a caller is spoken to with: the words that the session began with."""
        if session is None or session.words == self._voice.version:
            return self._voice
        return self._line.voices.of(session.words)

    def _seconds_left(self) -> float:
        return max(0.01, min(STATEMENT_SECONDS, self._deadline - time.monotonic()))

    def _save(
        self, stepped: Stepped, loaded: Loaded, queries: Queries
    ) -> tuple[Verdict, Loaded | None]:
        chosen = [wish.language for wish in stepped.wishes if isinstance(wish, SpeakTo)]
        language = chosen[-1] if chosen else queries.learned
        return self._line.sessions.save(
            self._place,
            stepped.session,
            loaded,
            queries.charges,
            language,
            at_home=self._is_at_home(stepped.session),
        )

    def _is_at_home(self, session: Session) -> bool:
        """Say whether nothing would be lost if the line dropped here."""
        return session.screen == self._line.menus.home

    def _grant(self, stepped: Stepped) -> Session:
        """Keep what was wished for, and only then say so."""
        asked = [wish for wish in stepped.wishes if isinstance(wish, AnswerMe)]
        others = [wish for wish in stepped.wishes if not isinstance(wish, AnswerMe)]
        forgone = all(isinstance(wish, SpeakTo) for wish in others)
        if not others or self._is_kept(others) or forgone:
            parked = self._line.parked
            kept = all(parked.keep(self._phone, wish, self.channel) for wish in asked)
            return stepped.session if kept else stepped.otherwise or stepped.session
        engine = self._voice_of(stepped.session).engine
        words = engine.words(stepped.session.language)
        page = Page(words.say("phrases", "not_kept"), ends=True)
        return replace(stepped.session, page=page)

    def _is_kept(self, wishes: Sequence[Wish]) -> bool:
        """Keep wishes; say whether there was room for all of them.

        Raises:
            models.base.Unavailable: nothing was kept.
        """
        line, seconds = self._line, self._seconds_left()
        return grant(line.database, line.keys, line.country, self._phone, wishes, seconds)


class _Dialled(Hop):
    """One hop of a call."""

    def __init__(
        self, line: Line, dial: Dial, deadline: float, looks: Looks | None = None
    ) -> None:
        place = line.sessions.place(dial.phone, dial.gateway, dial.session)
        super().__init__(line, place, dial.phone, deadline)
        self.channel = Channel.CONSOLE if dial.gateway == CONSOLE else Channel.USSD
        self.network = dial.network
        self._dial = dial
        self._looks = looks
        self._wary = False

    def _load(self) -> Loaded | None:
        self._wary = self._line.watch.is_wary()
        return self._line.sessions.load(self._place, self._wary)

    def _answered(
        self, stored: Session, base: Session | None, loaded: Loaded
    ) -> Session | None:
        if self._is_repeat(stored, base):
            return self._repeat(stored, loaded)
        return stored if self._wary and self._is_older(stored) else None

    def _fold(self, stored: Session | None, loaded: Loaded | None, queries: Queries) -> Stepped:
        inputs, engine = self._dial.inputs, self._voice_of(stored).engine
        if not self._dial.cumulative:
            return self._fold_last(stored, queries)
        if stored and _starts_with(inputs, stored.inputs):
            stepped = engine.fold(stored, inputs[len(stored.inputs) :], queries)
        elif stored:
            stepped = engine.fold_again(stored, inputs, queries)
        elif inputs and self._line.watch.may_have_lost(loaded):
            stepped = engine.open(queries, note="lost")
        else:
            stepped = engine.fold(None, inputs, queries)
        return self._noted(stepped, inputs, stored)

    def _fold_last(self, stored: Session | None, queries: Queries) -> Stepped:
        """Take the last key of a gateway that sends no more than that.

        Where the session is gone, nobody knows what the key meant: the caller is told so.
        """
        dial = self._dial
        if stored and self._begins_anew(stored):
            stored = None
        engine = self._voice_of(stored).engine
        if stored and len(stored.inputs) >= MOST_INPUTS:
            return Stepped(replace(stored, page=self._line.apology("too_long")))
        if stored:
            stepped = engine.fold(stored, dial.keys, queries)
            return self._noted(stepped, (*stored.inputs, *dial.keys), stored)
        if dial.begins(None):
            return self._noted(engine.fold(None, dial.inputs, queries), dial.inputs, None)
        return self._noted(engine.open(queries, note="lost"), dial.keys, None)

    def _noted(
        self, stepped: Stepped, inputs: tuple[str, ...], stored: Session | None
    ) -> Stepped:
        """Note in a session all the keys of its call, and the words that it began with."""
        words = stored.words if stored else self._voice.version
        return replace(stepped, session=replace(stepped.session, inputs=inputs, words=words))

    def _begins_anew(self, stored: Session) -> bool:
        """Say whether a session that is over begins again under its name."""
        return self._dial.opens is True and stored.page.ends

    def _came_from(self, stored: Session | None) -> str:
        begins = stored is None or self._begins_anew(stored)
        return OUTSIDE if begins else super()._came_from(stored)

    def _is_repeat(self, stored: Session, base: Session | None) -> bool:
        """Say whether this hop was taken already, by an earlier delivery or one in flight."""
        dial = self._dial
        if dial.cumulative:
            return stored.inputs == dial.inputs
        if dial.begins(stored.inputs):
            return not self._begins_anew(stored)
        before = base.inputs if base else ()
        return stored is not base and stored.inputs == (*before, *dial.keys)

    def _is_older(self, stored: Session) -> bool:
        """Say whether a hop comes late: a later one was answered, so nothing is saved."""
        inputs = self._dial.inputs
        return (
            self._dial.cumulative
            and len(inputs) < len(stored.inputs)
            and _starts_with(stored.inputs, inputs)
        )

    def _repeat(self, stored: Session, loaded: Loaded) -> Session:
        """Answer a hop as it was answered before.

        What it wished for is wished again: the first answer may have been cut off before
        that was kept, and a wish takes effect once. Where the keys lead to another page by
        now, they might wish for something else.
        """
        if not stored.wished:
            return stored
        queries = self._queries(loaded)
        engine = self._voice_of(stored).engine
        again = engine.fold_again(stored, stored.inputs, queries)
        if again.session.page == stored.page:
            return self._grant(Stepped(stored, again.wishes, again.otherwise))
        return self._grant(engine.promised(stored, queries))

    def _queries(self, loaded: Loaded | None) -> Queries:
        dial, seconds = self._dial, self._seconds_left
        queries = Queries(self._line, dial.phone, loaded, seconds, dial.network, self._looks)
        queries.channel = self.channel
        return queries

    def _is_kept(self, wishes: Sequence[Wish]) -> bool:
        try:
            return super()._is_kept(wishes)
        except Unavailable:
            return False


def _after(verdict: Verdict, before: Loaded, now: Loaded | None) -> Loaded | None:
    """Give what to go on with when another hop, or another line, came between."""
    if now is None:
        return None
    if verdict is Verdict.SPENT:
        return replace(before, asked=now.asked)
    return replace(now, language=before.language, since=before.since)


def _starts_with(inputs: tuple[str, ...], start: tuple[str, ...]) -> bool:
    return inputs[: len(start)] == start
