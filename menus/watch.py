"""Watching what changes under the callers' feet: lists, menus and words.

Every few seconds, off the hop, the directory is read anew, and the edition is compared with
the one that the database knows. A session that Redis lost within a call of such a change is
not folded: a key might have come to mean something else. With them are read what operators
have paused, and what they tell callers meanwhile.
"""

import hashlib
import logging
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from menus.sessions import Loaded, Sessions
from menus.voices import Voices
from models import editions
from models.base import Database
from models.directory import EMPTY, Directory, read_directory
from models.switches import Switches, read_switches

PAUSE_SECONDS = 10.0
"""Between two looks: so long may a process show a list that has changed."""

CATCHING_UP_SECONDS = 1.0
"""Until a look, where a call comes with words that this process does not know yet."""

LONGEST_CALL = timedelta(seconds=180)
"""As long as a session may last (Safaricom charges by sessions of 180 s)."""

_log = logging.getLogger(__name__)


class Watch:
    """What a process knows of the edition that callers meet.

    Args:
        voices: what the line speaks with: a change of words is one of the edition.
    """

    def __init__(self, database: Database, sessions: Sessions, voices: Voices) -> None:
        self._database = database
        self._sessions = sessions
        self._voices = voices
        self._noted = ""
        self._changed_at: datetime | None = None
        self._switches = Switches()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self.directory: Directory = EMPTY

    def start(self) -> None:
        """Look once, then every few seconds from a thread of its own."""
        self.look()
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._closed.set()
        self._voices.behind.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Read the directory and the words, and note the edition where it is another one.

        What is away now stays as it was known, and is read the next time.
        """
        self._look_at_switches()
        try:
            with self._database.reading() as connection:
                directory = read_directory(connection)
            voice = self._voices.coming()
            edition = f"{voice.edition}{directory.of_lists}"
            digest = hashlib.sha256(edition.encode()).hexdigest()
            if digest != self._noted:
                with self._database.working() as connection:
                    editions.note(connection, digest)
            with self._database.reading() as connection:
                self._changed_at = editions.changed_at(connection)
            self._noted = digest
            if directory.digest != self.directory.digest:
                self.directory = directory
            self._voices.take(voice)
        except Exception as error:
            _log.warning("the directory was not read", extra={"error": type(error).__name__})
        self._sessions.note_memory()

    @property
    def said(self) -> Mapping[str, str] | None:
        """What operators tell callers now, by language; None where it is nothing."""
        return self._switches.said(datetime.now(UTC))

    def is_paused(self, part: str) -> bool:
        """Say whether operators have paused a part: `sms`, `campaigns` or `lookups`."""
        return part in self._switches.paused

    def is_wary(self) -> bool:
        """Say whether a call may be under way that began under another edition."""
        changed_at = self._changed_at
        return changed_at is not None and datetime.now(UTC) - changed_at < LONGEST_CALL

    def may_have_lost(self, loaded: Loaded | None) -> bool:
        """Say whether a session that is not there may have begun under another edition.

        Args:
            loaded: what Redis had; None where it is away.
        """
        if not self.is_wary():
            return False
        if loaded is None or loaded.unread or loaded.since is None:
            return True
        remembered = datetime.now(UTC).timestamp() - loaded.since
        return remembered < LONGEST_CALL.total_seconds()

    def _look_at_switches(self) -> None:
        """Read the switches by themselves: lists are read though these cannot be."""
        try:
            with self._database.reading() as connection:
                self._switches = read_switches(connection)
        except Exception as error:
            _log.warning("the switches were not read", extra={"error": type(error).__name__})

    def _run(self) -> None:
        behind = self._voices.behind
        while not self._closed.is_set():
            if behind.wait(PAUSE_SECONDS):
                behind.clear()
                self._closed.wait(CATCHING_UP_SECONDS)
            if not self._closed.is_set():
                self.look()
