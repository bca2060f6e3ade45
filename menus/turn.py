"""A turn: load the session, take every new key, save, then answer."""

import logging
import time
from dataclasses import replace

from menus.dial import Dial
from menus.engine import Stepped
from menus.line import Line
from menus.pages import Page
from menus.queries import Queries
from menus.session import Session
from menus.sessions import Loaded, Verdict
from menus.wishes import SpeakTo, grant
from models.base import STATEMENT_SECONDS, Unavailable

HOP_SECONDS = 1.8
"""The time of a hop in all, less what it takes to read and to write it: the gateway waits
for 10 s, a caller for two."""

MOST_INPUTS = 60
"""Keys in one session; a call lasts 180 s, so more is no caller."""

_ATTEMPTS = 3
_log = logging.getLogger(__name__)


def turn(line: Line, dial: Dial) -> Page:
    """Take one hop: what to show, and whether the session ends with it."""
    started = time.monotonic()
    if len(dial.inputs) > MOST_INPUTS:
        return line.apology("too_long")
    session = _Hop(line, dial, started + HOP_SECONDS).run()
    _log.info(
        "hop",
        extra={
            "gateway": dial.gateway,
            "screen": session.screen,
            "ms": round((time.monotonic() - started) * 1000, 1),
        },
    )
    return session.page


class _Hop:
    """One hop on its way through."""

    def __init__(self, line: Line, dial: Dial, deadline: float) -> None:
        self._line = line
        self._dial = dial
        self._deadline = deadline
        self._place = line.sessions.place(dial.phone, dial.gateway, dial.session)

    def run(self) -> Session:
        wary = self._line.watch.is_wary()
        loaded = self._line.sessions.load(self._place, wary)
        base = loaded.session if loaded else None
        for _ in range(_ATTEMPTS):
            if loaded is None:
                break
            stored = loaded.session
            if stored and self._is_repeat(stored, base):
                return self._repeat(stored, loaded)
            if stored and wary and self._is_older(stored):
                return stored
            queries = self._queries(loaded)
            stepped = self._fold(stored, loaded, queries)
            if stored and self._is_older(stored):
                return stepped.session
            verdict, now = self._save(stepped, loaded, queries)
            if verdict is Verdict.SAVED:
                return self._grant(stepped)
            loaded = _after(verdict, loaded, now)
        return self._answer_without_redis()

    def _answer_without_redis(self) -> Session:
        """Fold everything, the database counting: nothing is looked up uncounted."""
        return self._grant(self._fold(None, None, self._queries(None)))

    def _fold(self, stored: Session | None, loaded: Loaded | None, queries: Queries) -> Stepped:
        inputs, engine = self._dial.inputs, self._line.engine
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
        return _with_inputs(stepped, inputs)

    def _fold_last(self, stored: Session | None, queries: Queries) -> Stepped:
        """Take the last key of a gateway that sends no more than that.

        Where the session is gone, nobody knows what the key meant: the caller is told so.
        """
        dial, engine = self._dial, self._line.engine
        if stored and self._begins_anew(stored):
            stored = None
        if stored and len(stored.inputs) >= MOST_INPUTS:
            return Stepped(replace(stored, page=self._line.apology("too_long")))
        if stored:
            stepped = engine.fold(stored, dial.keys, queries)
            return _with_inputs(stepped, (*stored.inputs, *dial.keys))
        if dial.begins(None):
            return _with_inputs(engine.fold(None, dial.inputs, queries), dial.inputs)
        return _with_inputs(engine.open(queries, note="lost"), dial.keys)

    def _begins_anew(self, stored: Session) -> bool:
        """Say whether a session that is over begins again under its name."""
        return self._dial.opens is True and stored.page.ends

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
        again = self._line.engine.fold_again(stored, stored.inputs, queries)
        same = again.session.page == stored.page
        return self._grant(Stepped(stored, again.wishes if same else ()))

    def _queries(self, loaded: Loaded | None) -> Queries:
        dial = self._dial
        return Queries(self._line, dial.phone, loaded, self._seconds_left, dial.network)

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
            at_home=stepped.session.screen == self._line.menus.home,
        )

    def _grant(self, stepped: Stepped) -> Session:
        """Keep what was wished for, and only then say so."""
        if not stepped.wishes:
            return stepped.session
        line, phone = self._line, self._dial.phone
        try:
            kept = grant(
                line.database,
                line.keys,
                line.country,
                phone,
                stepped.wishes,
                self._seconds_left(),
            )
        except Unavailable:
            kept = False
        return stepped.session if kept else self._not_kept(stepped)

    def _not_kept(self, stepped: Stepped) -> Session:
        if all(isinstance(wish, SpeakTo) for wish in stepped.wishes):
            return stepped.session
        words = self._line.engine.words(stepped.session.language)
        page = Page(words.say("phrases", "not_kept"), ends=True)
        return replace(stepped.session, page=page)


def _after(verdict: Verdict, before: Loaded, now: Loaded | None) -> Loaded | None:
    """Give what to go on with when another hop, or another line, came between."""
    if now is None:
        return None
    if verdict is Verdict.SPENT:
        return replace(before, asked=now.asked)
    return replace(now, language=before.language, since=before.since)


def _starts_with(inputs: tuple[str, ...], start: tuple[str, ...]) -> bool:
    return inputs[: len(start)] == start


def _with_inputs(stepped: Stepped, inputs: tuple[str, ...]) -> Stepped:
    return replace(stepped, session=replace(stepped.session, inputs=inputs))
