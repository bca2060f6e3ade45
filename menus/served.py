"""The caller's screen as an agent works it: the caller's own turn, and what is seen beside it.

An agent presses the caller's keys, in the caller's name, budget and language. A box takes a
number, a place or a keyword, and dials what leads there. Beside the page that the caller would
see, the screen is written whole and in every language, with a text that may be sent of it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from menus import answers, keywords
from menus.dial import Dial
from menus.engine import compose
from menus.keywords import KEYS, Want
from menus.line import Line
from menus.looks import MOST_BEYOND, Looks
from menus.parse import ODD
from menus.places import Match, search
from menus.queries import Queries
from menus.reader import reader_of
from menus.screens import CARRY_ON, Finding, Look, Menu, Screen, Tell
from menus.session import Session
from menus.sessions import SESSION_SECONDS
from menus.turn import CONSOLE, HOP_SECONDS, MOST_INPUTS, hop
from menus.vocabulary import Keyword
from menus.wishes import TextMe
from models.gsm7 import SMS_SEGMENT, septets
from models.lookups import Channel, Outcome

KEPT = timedelta(seconds=SESSION_SECONDS - 60)
"""After this a screen that was left begins anew: its keys might wish again what was wished."""

TEXT_ME = "text_me"
"""The choice by which callers ask for a text of what they see."""


@dataclass(frozen=True)
class Shown:
    """What a caller's screen shows, and all that the next key needs.

    Attributes:
        dial: the how-manieth dial of the call it is, from 1.
        inputs: every key of that dial, in order.
        page: the page that the caller would see.
        ends: the caller's session ended with it.
        screen: the screen's name.
        language: the one that the caller is spoken to in.
        views: the screen, whole, by language.
        texts: the text that may be sent of it, by language; empty where it is no answer.
        subject: what such a text is of: a phone gets it once a day.
        beyond: marks of the numbers beyond the budget that the call has looked up.
        spent: the budget is spent, and what was asked for was not looked up.
        at: when, in seconds since 1970.
    """

    dial: int
    inputs: tuple[str, ...] = field(repr=False)
    page: str = field(repr=False)
    ends: bool
    screen: str
    language: str
    views: Mapping[str, str] = field(repr=False)
    texts: Mapping[str, str] = field(repr=False)
    subject: str = field(repr=False)
    beyond: tuple[str, ...]
    spent: bool
    at: float

    def dump(self) -> str:
        """Write it as text, for its row."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> "Shown | None":
        """Read what `dump` wrote; None where it is of another form."""
        try:
            given = json.loads(text)
            return cls(**{**given, "inputs": tuple(given["inputs"])})
        except (ValueError, KeyError, TypeError):
            return None

    def text_me(self, language: str) -> TextMe | None:
        """Give the wish for a text of what is shown; None where it is no answer."""
        body = self.texts.get(language, "")
        return TextMe(self.subject, body) if body else None


class Served:
    """A caller's screen in one call that an agent took.

    Args:
        phone: the caller's, E.164.
        session: names the call.
        shown: what the screen shows now; None before the first.
        beyond: numbers beyond the budget may be looked up.

    Attributes:
        outcomes: what the look-ups came to that were made since.
        lapsed: the screen had been left for too long, and began anew.
    """

    def __init__(
        self, line: Line, phone: str, session: str, shown: Shown | None, beyond: bool
    ) -> None:
        self._line = line
        self._phone = phone
        self._session = session
        self._shown = shown
        self._room = MOST_BEYOND if beyond else 0
        self.outcomes: list[Outcome] = []
        self.lapsed = False

    def dial(self, *inputs: str) -> Shown:
        """Dial anew, perhaps with keys behind the code."""
        return self._hop(self._dials + 1, inputs)

    def press(self, typed: str) -> Shown:
        """Press what an agent types at the page that is shown, `*` between keys."""
        shown, keys = self._shown, tuple(typed.strip().split("*"))
        self.lapsed = shown is None or self._is_left(shown)
        if shown is None or self.lapsed or len(shown.inputs) + len(keys) > MOST_INPUTS:
            return self.dial()
        return self._hop(shown.dial, (*shown.inputs, *keys))

    def ask(self, typed: str) -> Shown | None:
        """Dial what a number, a place or a keyword asks for; None where nothing is known."""
        inputs = asked(self._line, typed)
        return None if inputs is None else self.dial(*inputs)

    def speak(self, language: str) -> Shown:
        """Go on in another language, from where the caller stands."""
        key, shown = self._line.languages[language].key, self._shown
        if shown is None or shown.ends or shown.screen == self._line.menus.home:
            return self.dial(key)
        return self.dial(key, CARRY_ON)

    def again(self) -> Shown:
        """Dial the same keys anew: what was refused may be let now."""
        return self.dial(*(self._shown.inputs if self._shown else ()))

    @property
    def _dials(self) -> int:
        return self._shown.dial if self._shown else 0

    def _is_left(self, shown: Shown) -> bool:
        return datetime.now(UTC).timestamp() - shown.at > KEPT.total_seconds()

    def _hop(self, dial: int, inputs: tuple[str, ...]) -> Shown:
        marks = self._shown.beyond if self._shown else ()
        looks = Looks(self._room, {bytes.fromhex(one) for one in marks})
        name = f"{self._session}-{dial}"
        given = Dial(CONSOLE, name, self._phone, self._line.code, "", inputs)
        session = hop(self._line, given, looks)
        views, texts, subject = self._written(session, looks)
        spent = Outcome.SPENT in looks.outcomes[-1:]
        self.outcomes += looks.outcomes
        return Shown(
            dial=dial,
            inputs=inputs,
            page=session.page.text,
            ends=session.page.ends,
            screen=session.screen,
            language=session.language,
            views=views,
            texts={} if spent else texts,
            subject=subject,
            beyond=tuple(one.hex() for one in looks.beyond),
            spent=spent,
            at=datetime.now(UTC).timestamp(),
        )

    def _written(
        self, session: Session, looks: Looks
    ) -> tuple[dict[str, str], dict[str, str], str]:
        """Write a screen whole in every language, with the text that may be sent of it."""
        voice = self._line.voices.of(session.words)
        screen = voice.menus.screens.get(session.screen)
        views: dict[str, str] = {}
        wishes: dict[str, TextMe] = {}
        queries = _Seen(self._line, self._phone, looks)
        if screen is None:
            return {}, {}, ""
        for code in voice.languages:
            look = self._look(session, queries, code)
            lines = compose(screen, look, voice.languages, session.note)
            views[code] = "\n".join(one.text for one in lines)
            if wish := _text_of(screen, look):
                wishes[code] = wish
        subject = next((one.subject for one in wishes.values()), "")
        return views, {code: one.body for code, one in wishes.items()}, subject

    def _look(self, session: Session, queries: Queries, code: str) -> Look:
        voice = self._line.voices.of(session.words)
        before = session.trail[-1].screen if session.trail else ""
        return Look(session.said, queries, lambda: voice.engine.words(code), before)


class _Seen(Queries):
    """What a hop has found, to be written in every language: it is not looked up again."""

    channel = Channel.CONSOLE

    def __init__(self, line: Line, phone: str, looks: Looks) -> None:
        super().__init__(line, phone, None, lambda: HOP_SECONDS, looks=looks)
        self._seen = looks.found

    def find(self, number: str, kind: str) -> Finding:
        """Give what was found; a hop that was answered before is looked up once more."""
        return self._seen.get((number, kind)) or super().find(number, kind)


def asked(line: Line, typed: str) -> tuple[str, ...] | None:
    """Give the keys that lead from a dial to what is typed: a number, a place, a keyword.

    Returns:
        None where it asks for nothing that is known.
    """
    read = keywords.read(typed, line.country, line.watch.directory, line.languages)
    match read.want:
        case Want.NUMBER:
            return (read.number.removeprefix(ODD),)
        case Want.PAGE | Want.DIGITS | Want.MENU:
            return read.keys
    return _service(line, typed) or _place(line, typed)


def _service(line: Line, typed: str) -> tuple[str, ...] | None:
    """Give the keys to a service that is named without the keyword."""
    known = reader_of(line.country).vocabulary.keywords.items()
    words = [word for word, (meant, _) in known if meant is Keyword.SERVICE]
    if not words:
        return None
    named = f"{words[0]} {typed}"
    read = keywords.read(named, line.country, line.watch.directory, line.languages)
    return read.keys if len(read.keys) > 1 else None


def _place(line: Line, typed: str) -> tuple[str, ...] | None:
    """Give the keys to a place that is named without the keyword."""
    typed = " ".join(typed.replace("*", " ").split())
    found = search(line.watch.directory, typed, line.country.place_words).match
    return None if found is Match.NONE else (KEYS[Keyword.CENTRE], typed)


def _text_of(screen: Screen, look: Look) -> TextMe | None:
    """Give the wish for a text of a screen: the caller's own where it offers one."""
    for one in screen.choices if isinstance(screen, Menu) else ():
        if one.name == TEXT_ME and one.wish:
            wish = one.wish(look)
            return wish if isinstance(wish, TextMe) else None
    body = _told(screen, look)
    return TextMe(f"{screen.name}|{body}", body) if body else None


def _told(screen: Screen, look: Look) -> str:
    """Write an answer as a text; empty where the screen is none."""
    if isinstance(screen, Menu) and screen.languages:
        return ""
    by_sms = getattr(screen, "by_sms", None)
    if told := by_sms(look, SMS_SEGMENT) if by_sms else "":
        return str(told)
    facts = getattr(screen, "facts", None)
    if not (facts or isinstance(screen, Tell) or getattr(screen, "answers", False)):
        return ""
    lines = look.words.text(screen.name, facts(look) if facts else {})
    while septets("\n".join(lines)) > answers.ASKED_FOR and len(lines) > 1:
        lines = lines[:-1]
    return "\n".join(lines)
