"""One gateway's lane: its threads, the messages that they hold, and how it is doing."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

from models.sending import Outgoing
from sms.gateway import Fate, Sender, Submitted
from sms.health import MOST, STALL_SECONDS, Health

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answered:
    """A gateway answered, or nobody will know."""

    lane: "Lane"
    message: Outgoing
    submitted: Submitted


@dataclass(frozen=True)
class Probed:
    """An absent gateway was asked whether it answers."""

    lane: "Lane"
    answers: bool


class Lane:
    """One gateway, with its threads and what they hold."""

    def __init__(self, sender: Sender, news: SimpleQueue[object]) -> None:
        self.sender = sender
        self.health = Health()
        self.noted_away = False
        self._news = news
        self._started: dict[int, float] = {}
        self._heard = 0.0
        self._probing = False
        self._pool = ThreadPoolExecutor(MOST + 1, thread_name_prefix=sender.name)

    @property
    def in_flight(self) -> int:
        """How many messages the gateway has not answered yet."""
        return len(self._started)

    @property
    def is_ready(self) -> bool:
        """Say whether messages go this way: it is not away, and no other is trying it."""
        trying = self.health.is_tried and self.in_flight
        return not self.health.is_away and not trying

    @property
    def room(self) -> int:
        """How many messages more it may be handed now."""
        return self.health.room(self.in_flight)

    def submit(self, message: Outgoing) -> None:
        """Hand a message over; the answer comes as news."""
        self._started[message.id] = time.monotonic()
        self._pool.submit(self._send, message)

    def probe(self) -> None:
        """Ask, sending nothing, whether the gateway answers."""
        if not self._probing:
            self._probing = True
            self._pool.submit(self._ask)

    def answered(self, message: Outgoing, submitted: Submitted) -> None:
        """Take note of an answer to a message."""
        del self._started[message.id]
        self._heard = time.monotonic()
        self.health.note(submitted)

    def probed(self, answers: bool) -> None:
        """Take note of an answer to a probe."""
        self._probing = False
        if answers and self.health.is_away:
            self.health.try_again()

    def look(self) -> None:
        """Leave a gateway that lets calls hang, and answers no other meanwhile."""
        oldest = min(self._started.values(), default=None)
        if oldest is None or self.health.is_away:
            return
        if time.monotonic() - max(oldest, self._heard) > STALL_SECONDS:
            self.health.leave("no answer")

    def close(self) -> None:
        """Let its threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _send(self, message: Outgoing) -> None:
        try:
            done = self.sender.send(message.reference, message.phone, message.body)
        except Exception:
            _log.exception("a gateway's adapter failed")
            done = Submitted(Fate.UNKNOWN, reason="adapter failed")
        self._news.put(Answered(self, message, done))

    def _ask(self) -> None:
        try:
            answers = self.sender.answers()
        except Exception:
            _log.exception("a gateway's adapter failed")
            answers = False
        self._news.put(Probed(self, answers))
