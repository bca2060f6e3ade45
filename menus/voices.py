"""Voices: what the line speaks with, as changes of words come into force without a deploy.

A call goes on with the words that it began with: its session names their version, and a
process keeps the voices of calls that may still be under way.
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from menus.check import BadMenus, Report, check, prove
from menus.edition import edition_of
from menus.engine import Engine
from menus.screens import Menus, Screen
from menus.texts import laid_over
from menus.words import Words
from models import wordings
from models.base import Database
from models.country import Country
from models.gsm7 import SMS_SEGMENT
from models.wordings import Overlay, Wording

KEPT = timedelta(seconds=300)
"""How long a voice is kept after another took its place: somewhat longer than any call."""

FILES = 0
"""The version of the files' words, with nothing laid over them."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Files:
    """What a process was started with: menus, the words of its files, and what proves both.

    Attributes:
        moved: screens that an earlier version called otherwise, by their old names.
        words: every language, the line's code left open in it as `{code}`.
        code: the USSD code that callers dial.
        room: septets on a page.
    """

    screens: Sequence[Screen]
    home: str
    moved: Mapping[str, str]
    words: Mapping[str, Words] = field(repr=False)
    code: str
    room: int
    country: Country

    def languages(self, overlay: Overlay) -> dict[str, Words]:
        """Give every language with changed texts laid over it, and the code put in."""
        changed: dict[str, dict[str, str]] = {code: {} for code in self.words}
        for (language, place), text in overlay.items():
            changed.setdefault(language, {})[place] = text
        return {
            code: laid_over(words, changed[code], self.code)
            for code, words in self.words.items()
        }

    def check(self, overlay: Overlay) -> Report:
        """Find everything wrong with the menus in some words, all at once."""
        return check(self.screens, self.home, self.languages(overlay), self.room, self.moved)

    def voice(self, version: int = FILES, overlay: Overlay | None = None) -> "Voice":
        """Make ready to speak with some words, proved first.

        Raises:
            menus.check.BadMenus: with every fault, one a line.
        """
        languages = self.languages(overlay or {})
        menus = prove(self.screens, self.home, languages, self.room, self.moved)
        return Voice(
            version=version,
            menus=menus,
            languages=languages,
            engine=Engine(menus, languages, self.room, self.country),
            texts=Engine(menus, languages, SMS_SEGMENT, self.country, by_sms=True),
            edition=edition_of(self.screens, languages),
        )


@dataclass(frozen=True)
class Voice:
    """The menus in the words of one version, ready to take keys.

    Attributes:
        texts: the same menus, laid out for texts.
        edition: names the menus and the words.
    """

    version: int
    menus: Menus
    languages: Mapping[str, Words] = field(repr=False)
    engine: Engine
    texts: Engine
    edition: str


class Voices:
    """The voice in force, and those that calls under way began with.

    Args:
        files: what to speak with where nobody changed a word, or the database is away.

    Attributes:
        behind: set when a call comes with words that this process has not looked at yet.
    """

    def __init__(self, files: Files, database: Database) -> None:
        self.files = files
        self.now = files.voice()
        self.behind = threading.Event()
        self._database = database
        self._looked = FILES
        self._coming = self.now
        self._kept: dict[int, Voice] = {FILES: self.now}
        self._until: dict[int, float] = {}
        self._looking = threading.Lock()

    def of(self, version: int) -> Voice:
        """Give the voice that a call began with; the one in force where it is not kept."""
        if version > self._looked:
            self.behind.set()
        return self._kept.get(version, self.now)

    def follow(self) -> None:
        """Speak with the words in force, where the database can be asked for them."""
        try:
            self.take(self.coming())
        except Exception as error:
            _log.warning("the words were not read", extra={"error": type(error).__name__})

    def coming(self) -> Voice:
        """Make the voice of the words in force; the present one where that is the same.

        Words that fail the proof against this process's files are not spoken with: the
        present ones stay.

        Raises:
            Exception: as the database does.
        """
        with self._looking:
            with self._database.reading() as connection:
                newest = wordings.newest(connection)
            if newest != self._looked:
                with self._database.reading() as connection:
                    known = wordings.versions(connection)
                self._keep_lately(known)
                self._coming = self._made(known) or self.now
                self._looked = newest
            return self._coming

    def take(self, voice: Voice) -> None:
        """Speak with a voice from the next call on; calls under way go on with theirs."""
        before, moment = self.now, time.monotonic()
        if voice is not before:
            self._kept = {**self._kept, voice.version: voice}
            self._until[before.version] = moment + KEPT.total_seconds()
            self._until.pop(voice.version, None)
            self.now = voice
            _log.info("other words are in force", extra={"count": voice.version})
        for version in [one for one, until in self._until.items() if until < moment]:
            del self._until[version]
            self._kept = {one: kept for one, kept in self._kept.items() if one != version}

    def _keep_lately(self, known: Sequence[Wording]) -> None:
        """Keep the voices that were in force a call ago, before this process knew of them."""
        lately = datetime.now(UTC) - KEPT
        for count, follower in enumerate(known):
            before = known[count - 1].version if count else FILES
            if not follower.decided_at or follower.decided_at < lately or before in self._kept:
                continue
            if voice := self._made(known[:count]):
                self._kept = {**self._kept, before: voice}
                left = follower.decided_at - lately
                self._until[before] = time.monotonic() + left.total_seconds()

    def _made(self, known: Sequence[Wording]) -> Voice | None:
        """Make a voice of what versions lay over the files; None where it is not proved."""
        try:
            return self.files.voice(
                known[-1].version if known else FILES, wordings.overlay(known)
            )
        except BadMenus as faults:
            found = str(faults).count("\n") + 1
            _log.error("words that fail the proof are not spoken", extra={"count": found})
            return None
