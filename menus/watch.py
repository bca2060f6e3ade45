"""Watching what changes under the callers' feet: lists, menus and words.

Every few seconds, off the hop, the directory is read anew, and the edition is compared with
the one that the database knows. A session that Redis lost within a call of such a change is
not folded: a key might have come to mean something else.
"""

import hashlib
import json
import logging
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from menus.screens import Menu, Pick, Screen, exits
from menus.sessions import Loaded, Sessions
from menus.words import Words
from models import editions
from models.base import Database
from models.directory import EMPTY, Directory, read_directory

PAUSE_SECONDS = 10.0
"""Between two looks: so long may a process show a list that has changed."""

LONGEST_CALL = timedelta(seconds=180)
"""As long as a session may last (Safaricom charges by sessions of 180 s)."""

_log = logging.getLogger(__name__)


class Watch:
    """What a process knows of the edition that callers meet.

    Args:
        edition: names the menus and the words, as `edition_of` does.
    """

    def __init__(self, database: Database, sessions: Sessions, edition: str) -> None:
        self._database = database
        self._sessions = sessions
        self._edition = edition
        self._noted = ""
        self._changed_at: datetime | None = None
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
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Read the directory, and note the edition where it is another one.

        What is away now stays as it was known, and is read the next time.
        """
        try:
            with self._database.reading() as connection:
                directory = read_directory(connection)
            edition = f"{self._edition}{directory.of_lists}"
            digest = hashlib.sha256(edition.encode()).hexdigest()
            if digest != self._noted:
                with self._database.working() as connection:
                    editions.note(connection, digest)
            with self._database.reading() as connection:
                self._changed_at = editions.changed_at(connection)
            self._noted = digest
            if directory.digest != self.directory.digest:
                self.directory = directory
        except Exception as error:
            _log.warning("the directory was not read", extra={"error": type(error).__name__})
        self._sessions.note_memory()

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

    def _run(self) -> None:
        while not self._closed.wait(PAUSE_SECONDS):
            self.look()


def edition_of(screens: Sequence[Screen], languages: Mapping[str, Words]) -> str:
    """Name the menus and the words: another name, another edition."""
    shape = [[one.name, type(one).__name__, exits(one), _keys(one)] for one in screens]
    words = {code: one.digest for code, one in languages.items()}
    return hashlib.sha256(json.dumps([shape, words], sort_keys=True).encode()).hexdigest()


def _keys(screen: Screen) -> list[list[str]]:
    if isinstance(screen, Menu):
        return [[one.key, one.name, one.to] for one in screen.choices]
    return [[screen.save, screen.to]] if isinstance(screen, Pick) else []
