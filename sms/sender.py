"""The sender: takes messages from the outbox, hands them over, keeps what became of them.

One thread talks to the database: a round keeps what gateways answered and takes what there
is room for, in one transaction. Each gateway is called from threads of its own, with no
connection to the database held. Any number of senders may run, on any number of machines.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from queue import Empty, SimpleQueue
from secrets import token_hex

from menus.line import Line
from menus.notices import tell
from models.outbox import Delivery
from models.reported import match_strays
from models.senders import NOTED, note_at_work, sign_off
from models.sending import ATTEMPTS, Outcome, Outgoing, Terms, give_up_lost, settle, take
from models.sending_hours import is_open, next_morning
from models.spending import Limits
from sms.gateway import Fate, Sender, Submitted
from sms.health import TROUBLES
from sms.lane import Answered, Lane, Probed
from sms.switch import Switch

POLL_SECONDS = 1.0
"""How often the outbox is looked at where nobody rings."""

LATELY = timedelta(minutes=15)
"""How far back subscriptions are looked over for documents that were ready already."""

LEAVE_SECONDS = 15.0
"""How long a sender that is stopped waits for gateways to answer it."""

_LOOK_SECONDS = 0.5
_SWEEP_SECONDS = 5.0
_log = logging.getLogger(__name__)


def run(
    line: Line, senders: Sequence[Sender], limits: Limits, stopped: Callable[[], bool]
) -> None:
    """Send until told to stop; messages in hand are finished first.

    Args:
        senders: the gateways, the one that is used while it is well first.
    """
    office = Office(line, senders, limits)
    try:
        office.run(stopped)
    finally:
        office.close()


def sweep(line: Line) -> None:
    """Mark what a vanished sender left, and tell subscribers whose document is ready.

    They are told in the words that are in force by now.
    """
    line.voices.follow()
    with line.database.working() as connection:
        if lost := give_up_lost(connection):
            _log.warning("messages of unknown fate", extra={"count": lost})
        match_strays(connection, line.keys, next_morning(line.country, line.clock()))
        tell(connection, line.keys, line.languages, made_within=LATELY)


class Office:
    """One sender at work.

    Args:
        senders: the gateways; the first that is not away gets what there is to send.
    """

    def __init__(self, line: Line, senders: Sequence[Sender], limits: Limits) -> None:
        self._line = line
        self._limits = limits
        self._news: SimpleQueue[object] = SimpleQueue()
        self._lanes = [Lane(sender, self._news) for sender in senders]
        self._switch = Switch(line.database, self._lanes)
        self._outcomes: list[Outcome] = []
        self._next_sweep = 0.0
        self._name, self._next_note = token_hex(16), 0.0

    def run(self, stopped: Callable[[], bool]) -> None:
        """Send until told to stop."""
        self._line.bell.listen(self._wake)
        while not stopped():
            try:
                self._note()
                self._sweep()
                self._switch.look()
                self._round()
            except Exception:
                _log.exception("sending failed")
                time.sleep(POLL_SECONDS)
            self._wait()
        self._leave()
        self._sign_off()

    def empty(self) -> int:
        """Send all that is due now, and come back; give how many messages were handed over.

        Raises:
            Exception: as the database does; what gateways answered is kept with the next.
        """
        count = 0
        while True:
            taken = self._round()
            count += taken
            if not taken and not self._is_busy:
                return count
            self._wait()

    def close(self) -> None:
        """Let the gateways' threads go."""
        for lane in self._lanes:
            lane.close()

    @property
    def _is_busy(self) -> bool:
        return any(lane.in_flight for lane in self._lanes) or bool(self._outcomes)

    def _leave(self) -> None:
        """Wait for what gateways have in hand, and keep what they answer."""
        until = time.monotonic() + LEAVE_SECONDS
        while self._is_busy and time.monotonic() < until:
            try:
                self._round(taking=False)
            except Exception:
                _log.exception("sending failed")
            self._wait()

    def _round(self, taking: bool = True) -> int:
        """Keep what was answered and hand out what there is room for; give how many.

        That messages are being submitted is committed before a gateway is called.
        """
        lane = self._switch.lane()
        room = lane.room if lane and taking else 0
        if not room and not self._outcomes:
            return 0
        taken: list[Outgoing] = []
        with self._line.database.working() as connection:
            settle(connection, self._outcomes, self._limits)
            if lane and room:
                taken = take(connection, self._line.keys, room, self._terms(lane.sender))
        self._outcomes = []
        if lane:
            for message in taken:
                lane.submit(message)
        return len(taken)

    def _terms(self, sender: Sender) -> Terms:
        line, moment = self._line, self._line.clock()
        return Terms(
            gateway=sender.name,
            day=line.country.day(moment),
            limits=self._limits,
            names_by_us=sender.names_by_us,
            unasked=is_open(line.country, moment),
        )

    def _wait(self) -> None:
        """Wait for an answer, the bell or the next look, and take note of all there is."""
        seconds = _LOOK_SECONDS if self._is_busy else POLL_SECONDS
        try:
            news = self._news.get(timeout=seconds)
            while True:
                self._take_note(news)
                news = self._news.get_nowait()
        except Empty:
            return

    def _wake(self) -> None:
        self._news.put(None)

    def _take_note(self, news: object) -> None:
        match news:
            case Probed(lane, answers):
                lane.probed(answers)
            case Answered(lane, message, submitted):
                lane.answered(message, submitted)
                self._outcomes.append(self._outcome(lane, message, submitted))

    def _outcome(self, lane: Lane, message: Outgoing, submitted: Submitted) -> Outcome:
        state, pause = self._fate(lane, submitted, message.attempts)
        told = {"sms": message.id, "gateway": lane.sender.name, "state": str(state)}
        _log.info("sms handed over", extra={**told, "outcome": submitted.reason or ""})
        return Outcome(
            message,
            state,
            submitted.gateway_id,
            submitted.cost,
            submitted.reason,
            pause,
        )

    def _fate(
        self, lane: Lane, submitted: Submitted, attempts: int
    ) -> tuple[Delivery, timedelta]:
        """Decide what a message is now, and when a refused one may be tried again."""
        match submitted.fate:
            case Fate.ACCEPTED:
                return Delivery.SENT, timedelta(0)
            case Fate.UNKNOWN:
                return Delivery.UNKNOWN, timedelta(0)
            case Fate.PASSING if attempts < ATTEMPTS:
                return Delivery.QUEUED, self._pause(lane, attempts)
        return Delivery.FAILED, timedelta(0)

    def _pause(self, lane: Lane, attempts: int) -> timedelta:
        """Give how long to wait for another try.

        Not at all where the gateway was left for another; shortly, the first times, where
        it may be about to be. Else the message itself may be what it does not take.
        """
        others = any(one is not lane and not one.health.is_away for one in self._lanes)
        if others and lane.health.is_away:
            return timedelta(0)
        if others and attempts < TROUBLES:
            return timedelta(seconds=attempts)
        return timedelta(seconds=15 * 2 ** (attempts - 1))

    def _note(self) -> None:
        """Note that this sender is at work."""
        if time.monotonic() >= self._next_note:
            self._next_note = time.monotonic() + NOTED.total_seconds()
            with self._line.database.working() as connection:
                note_at_work(connection, self._name)

    def _sign_off(self) -> None:
        """Note that this sender has ended; where that fails it is noticed in a minute."""
        try:
            with self._line.database.working() as connection:
                sign_off(connection, self._name)
        except Exception as error:
            _log.warning("a sender did not sign off", extra={"error": type(error).__name__})

    def _sweep(self) -> None:
        if time.monotonic() >= self._next_sweep:
            self._next_sweep = time.monotonic() + _SWEEP_SECONDS
            sweep(self._line)
