"""The thread that counts today and yesterday anew every quarter of an hour."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from models.base import Database
from models.country import Country
from models.retention import Keep
from models.summaries import writers
from models.summaries.refresh import due, refresh

PAUSE = timedelta(minutes=15)
"""Between two times that anybody counts: one process of the line at a time does."""

FIRST_SECONDS, LOOK_SECONDS = 5.0, 60.0
"""Until the first look whether it is time, and between two."""

_NAME = "refresh"
_LEAVE_SECONDS = 10.0
_log = logging.getLogger(__name__)


class Refresher:
    """Counts what is due, beside the sender.

    Args:
        keep: how long rows are kept: older days are let alone.
    """

    def __init__(
        self, database: Database, country: Country, keep: Keep, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._country = country
        self._keep = keep
        self._clock = clock
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="refresher", daemon=True)

    def start(self) -> None:
        """Count shortly, and then every quarter of an hour."""
        self._thread.start()

    def close(self) -> None:
        """Count no more."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(timeout=_LEAVE_SECONDS)

    def look(self) -> bool:
        """Count what is due, where it is time and nobody else does; say whether it was."""
        now = self._clock()
        with self._database.working() as connection:
            if not writers.may_begin(connection, _NAME, now, PAUSE):
                return False
            days = due(connection, self._keep, self._country.day(now))
        refresh(self._database, self._country, now, days)
        return True

    def _run(self) -> None:
        seconds = FIRST_SECONDS
        while not self._closed.wait(seconds):
            seconds = LOOK_SECONDS
            try:
                self.look()
            except Exception as error:
                name = type(error).__name__
                _log.warning("summaries were not refreshed", extra={"error": name})
