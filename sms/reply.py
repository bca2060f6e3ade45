"""Answering a text: one message in, one answer out, through the outbox.

A text asks for a page of the menus, or presses a key of the page that was texted last. It
goes through the same turn as a hop of a call, with a session of its own for each phone. The
same text delivered again, at once or late, changes nothing and is answered once.
"""

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from menus import answers, keywords
from menus.dial import Text
from menus.engine import Stepped
from menus.flows.home import WHOLE
from menus.keywords import Asked, Want
from menus.late_answers import Insisting
from menus.line import Line
from menus.notices import tell
from menus.pages import Page
from menus.queries import Queries
from menus.screens import Ask, Sending, takes_typing
from menus.session import Session, Taken, dump, read
from menus.sessions import Loaded
from menus.turn import HOP_SECONDS, Hop
from menus.wishes import TextMe, Wish
from menus.words import Words
from models.base import Connection, Unavailable
from models.callers import caller_row, start, stop
from models.gsm7 import SMS_SEGMENT, septets
from models.lookups import Channel
from models.outbox import is_queued_or_lately, queue
from models.rekeying import rekey_phones

LATE = timedelta(hours=1)
"""A text that was longer on its way is answered with a word about it, and presses no key."""

MOST_AN_HOUR = 10
"""Answers that one phone gets in an hour: more is no person, and somebody pays for each."""

REMEMBERED, WITH_ANSWERS = 20, 4
"""Texts that a conversation knows again, and how many of them with what they were answered."""

GATEWAY = "sms"
"""Names conversations by SMS, apart from any gateway's calls."""

_SHORT = 12
_SAID = {"picked": "", "lies_in": "", "kind": ""}
_log = logging.getLogger(__name__)


def reply(line: Line, text: Text) -> bool:
    """Queue the answer to a text; the same text delivered again queues nothing.

    Returns:
        Whether it is answered now: not where it was before, or where the phone has had
        more answers than anybody needs.

    Raises:
        models.base.Unavailable: nothing was kept, and the gateway should try again.
    """
    digest = hashlib.sha256(f"{text.gateway}|{text.id}".encode()).hexdigest()
    cause, phone_hmacs = f"in|{digest}", line.keys.phone_hmacs(text.phone)
    with line.database.reading() as connection:
        since = datetime.now(UTC) - LATE
        repeated, lately = is_queued_or_lately(connection, cause, phone_hmacs, since)
    if repeated:
        return False
    asked = keywords.read(text.body, line.country, line.watch.directory, line.languages)
    if asked.want in (Want.STOP, Want.START):
        new = _switch(line, text, cause, asked)
    elif lately >= MOST_AN_HOUR:
        _log.warning("too many texts of one phone", extra={"gateway": text.gateway})
        return False
    else:
        body = _body(line, text, asked, digest[:_SHORT])
        with line.database.writing() as connection:
            new = queue(connection, line.keys, cause, text.phone, body)
    line.bell.ring()
    return new


def _switch(line: Line, text: Text, cause: str, asked: Asked) -> bool:
    """Stop or start the texts that nobody asked for, once for a text, and say so."""
    stops = asked.want is Want.STOP
    words = line.texts.words(asked.language)
    body = _told(words, "stopped" if stops else "started", _is_late(line, text))
    with line.database.writing() as connection:
        rekey_phones(connection, line.keys, [text.phone])
        new = queue(connection, line.keys, cause, text.phone, body)
        if new and stops:
            phone_hmac = line.keys.phone_hmac(text.phone)
            sealed = line.keys.people.seal(text.phone, caller_row(phone_hmac))
            stop(connection, phone_hmac, sealed)
        elif new:
            _start(connection, line, text.phone)
    return new


def _start(connection: Connection, line: Line, phone: str) -> None:
    """Text a phone again, and tell it at once of what became ready meanwhile."""
    phone_hmac = line.keys.phone_hmac(phone)
    start(connection, phone_hmac)
    tell(connection, line.keys, line.languages, phone_hmac=phone_hmac)


def _body(line: Line, text: Text, asked: Asked, mark: str) -> str:
    if asked.want is Want.STRANGE:
        return _told(_words(line, text, asked), "digits", _is_late(line, text))
    return _Texted(line, text, asked, mark).run().page.text


def _words(line: Line, text: Text, asked: Asked) -> Words:
    """Choose the text's own language, else the one that the phone chose."""
    if asked.language:
        return line.texts.words(asked.language)
    loaded = line.sessions.load(line.sessions.place(text.phone, GATEWAY))
    queries = Queries(line, text.phone, loaded, lambda: HOP_SECONDS)
    return line.texts.words(queries.language())


def _told(words: Words, name: str, late: bool) -> str:
    """Write a text that needs no look at anything, in one segment."""
    note = words.say("phrases", "late") + " " if late else ""
    return note + answers.fitting(words, name, {}, SMS_SEGMENT - septets(note))


def _is_late(line: Line, text: Text) -> bool:
    return text.sent_at is not None and line.clock() - text.sent_at > LATE


class _Asking(Insisting):
    """One text's questions: what cannot be answered now is asked for again."""

    channel = Channel.SMS

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self.dropped = None  # a call is carried on by a call

    def sent(self, code: str) -> Sending:
        """Look for a message by its code.

        Raises:
            models.base.Unavailable: the database is away.
        """
        sending = super().sent(code)
        if sending.away:
            raise Unavailable
        return sending


class _Texted(Hop):
    """One text on its way through the menus.

    Args:
        mark: the text's own id, shortened: what the conversation knows it by.
    """

    attempts = 20  # texts of one phone at once, each of which has its turn
    channel = Channel.SMS

    def __init__(self, line: Line, text: Text, asked: Asked, mark: str) -> None:
        place = line.sessions.place(text.phone, GATEWAY)
        super().__init__(line, place, text.phone, time.monotonic() + HOP_SECONDS)
        self._text = text
        self._asked = asked
        self._mark = mark
        self._is_late = _is_late(line, text)

    def _answered(
        self, stored: Session, _base: Session | None, loaded: Loaded
    ) -> Session | None:
        """Answer a text that was taken: another delivery may have been cut off since.

        What it wished for is wished again, as long as that leads to the same page.

        Raises:
            models.base.Unavailable: it is not known any more what it was answered.
        """
        taken = next((one for one in stored.taken if one.id == self._mark), None)
        if taken is None:
            return None
        if not taken.answer:
            raise Unavailable
        answered = replace(stored, page=Page(taken.answer))
        base = read(taken.base) if taken.base else None
        if base is None:
            return answered
        texts = self._voice_of(base).texts
        again = texts.fold(base, taken.keys, self._queries(loaded))
        same = again.session.page.text == taken.answer
        return self._grant(Stepped(answered, again.wishes if same else ()))

    def _fold(self, stored: Session | None, loaded: Loaded | None, queries: Queries) -> Stepped:
        keys = self._keys(stored) if stored else ()
        if stored and keys:
            base, stepped = stored, self._voice.texts.fold(stored, keys, queries)
        else:
            base, keys = self._fresh(), self._asked_keys()
            stepped = self._begin(base, keys, queries)
        stepped = _in_one_text(base, stepped)
        taken = Taken(self._mark, stepped.session.page.text)
        if stepped.wishes:
            base = replace(base, taken=(), page=Page(""), words=self._voice.version)
            taken = replace(taken, keys=keys, base=dump(base))
        before = stored.taken if stored else ()
        session = replace(stepped.session, words=self._voice.version)
        return replace(stepped, session=_remembering(session, (*before, taken)))

    def _came_from(self, stored: Session | None) -> str:
        """Give the screen whose page the text answers; a text that asks anew begins anew."""
        return super()._came_from(stored if stored and self._keys(stored) else None)

    def _keys(self, stored: Session) -> tuple[str, ...]:
        """Give what the text presses or types at the page that was texted last."""
        if stored.page.ends or self._is_late:
            return ()
        if self._asked.want is Want.DIGITS:
            return self._asked.keys
        return (self._text.body,) if self._is_typed_at(stored) else ()

    def _is_typed_at(self, stored: Session) -> bool:
        """Say whether the text answers a question that is open, and asks for nothing else."""
        menus, asked = self._line.menus, self._asked
        screen = menus.screens.get(stored.screen)
        if screen is None or stored.screen == menus.home or not takes_typing(screen):
            return False
        if asked.want is Want.NUMBER:
            return asked.bare and isinstance(screen, Ask)
        return asked.want is Want.NOTHING or not asked.sure

    def _fresh(self) -> Session:
        """Give the home page, in the language of the text where that tells one."""
        said = {WHOLE: "yes"} if self._asked.want is Want.MENU else {}
        home = self._line.menus.home
        return Session(home, language=self._asked.language or "", said=said)

    def _asked_keys(self) -> tuple[str, ...]:
        return self._asked.keys if self._asked.want is Want.PAGE else ()

    def _begin(self, base: Session, keys: Sequence[str], queries: Queries) -> Stepped:
        asked, note = self._asked, "late" if self._is_late else ""
        if asked.want is not Want.NUMBER:
            return self._voice.texts.fold(base, keys, queries, note)
        said = {**_SAID, "number": asked.number, "named": asked.kind}
        return self._voice.texts.begin(base, "find", said, queries, note)

    def _queries(self, loaded: Loaded | None) -> Queries:
        return _Asking(self._line, self._phone, loaded, self._seconds_left)

    def _is_at_home(self, _session: Session) -> bool:
        return True  # no call is carried on with a conversation by SMS


def _in_one_text(base: Session, stepped: Stepped) -> Stepped:
    """Answer with the text that was wished for, and not with the promise of it.

    The page that it was asked for on stays the one that keys answer.
    """
    bodies = [one.body for one in stepped.wishes if isinstance(one, TextMe)]
    if not bodies:
        return stepped
    others: tuple[Wish, ...] = tuple(
        one for one in stepped.wishes if not isinstance(one, TextMe)
    )
    return Stepped(replace(base, page=Page(bodies[-1]), slips=0, note=""), others)


def _remembering(session: Session, taken: Sequence[Taken]) -> Session:
    """Note the texts that were taken: the latest with their answers, the others by name."""
    known, latest = taken[-REMEMBERED:-WITH_ANSWERS], taken[-WITH_ANSWERS:]
    return replace(session, taken=(*(Taken(one.id) for one in known), *latest))
