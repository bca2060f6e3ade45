"""Callbacks kept: what gateways brought while the database was away, to be taken later.

A gateway is told that it was taken only when it lies in a spool of this machine, on its disk.
"""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from menus.drainer import Drainer, Work
from menus.spool import UNKNOWN_TO_ALL, Spool, Waiting
from models import requests
from models.keys import Keys

KEPT = timedelta(days=7)
"""The longest that a callback waits: then it is given up."""

Fields = Mapping[str, str | None]
Take = Callable[[Fields, datetime], None]
"""Takes what came at a moment, once however often it comes."""

_MARK = 24
_SWITCH = "switch"
_log = logging.getLogger(__name__)


class Callbacks:
    """The callbacks that wait on this machine.

    Args:
        keys: name phones without telling them.

    Attributes:
        spool: where they lie.
    """

    def __init__(self, spool: Spool, keys: Keys) -> None:
        self.spool = spool
        self._keys = keys
        self._takers: dict[str, Take] = {}
        self._is_failing = False
        self.drainer = Drainer(spool, "callbacks", KEPT)

    def taken_by(self, kind: str, take: Take) -> None:
        """Say who takes one kind of callback."""
        self._takers[kind] = take

    def keep(self, kind: str, whose: str, fields: Fields, switches: str = "") -> bool:
        """Keep what came; say whether it is on the disk.

        Args:
            whose: the phone that it belongs to, or what else keeps an order of its own.
            switches: the phone whose texts it stops or starts; empty where it does not.
        """
        who, what = (self._mark(switches), _SWITCH) if switches else (UNKNOWN_TO_ALL,) * 2
        kept = {
            "kind": kind,
            "whose": whose,
            "fields": dict(fields),
            "request": requests.name(),
        }
        try:
            with self.spool.writing() as book:
                book.add(json.dumps(kept), who, what)
        except OSError as error:
            if not self._is_failing:
                _log.error("callbacks cannot be kept", extra={"error": type(error).__name__})
            self._is_failing = True
            return False
        self._is_failing = False
        return True

    def is_empty(self) -> bool:
        """Say whether nothing waits."""
        return self.spool.is_empty()

    def holds_switch(self, phone: str) -> bool:
        """Say whether a STOP or START of a phone waits: a later one must not go before it."""
        try:
            return self.spool.holds(self._mark(phone))
        except OSError:
            return False

    def waiting(self) -> Waiting:
        """Tell how many wait, and for how long.

        Raises:
            OSError: the files cannot be read.
        """
        return self.spool.waiting()

    def start(self, may: Callable[[], bool]) -> None:
        """Have the callbacks taken, from now on.

        Args:
            may: says whether the database answers.
        """
        self.drainer.start(self.work(may))

    def work(self, may: Callable[[], bool]) -> Work:
        """Say how the callbacks are taken."""
        return Work(whose=lambda text: str(json.loads(text)["whose"]), take=self._take, may=may)

    def close(self) -> None:
        """Have no more of them taken."""
        self.drainer.close()

    def _take(self, text: str, at: datetime) -> None:
        written = json.loads(text)
        with requests.named(written.get("request", "")):
            self._takers[written["kind"]](written["fields"], at)

    def _mark(self, phone: str) -> str:
        return self._keys.phone_hmac(phone).hex()[:_MARK]
