"""The sender: takes messages from the outbox, hands them over, keeps what became of them."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from menus.line import Line
from menus.notices import tell
from models.outbox import Delivery
from models.sending import ATTEMPTS, Outgoing, give_up_lost, settle, take
from sms.africastalking import Sender
from sms.gateway import Fate, Submitted

BATCH = 20
POLL_SECONDS = 1.0
LATELY = timedelta(minutes=15)
"""How far back subscriptions are looked over for documents that were ready already."""

_SWEEP_SECONDS = 5.0
_log = logging.getLogger(__name__)


def run(line: Line, sender: Sender, stopped: Callable[[], bool]) -> None:
    """Send until told to stop; a message in hand is finished first."""
    next_sweep = 0.0
    while not stopped():
        try:
            if time.monotonic() >= next_sweep:
                next_sweep = time.monotonic() + _SWEEP_SECONDS
                sweep(line)
            if not send_some(line, sender, stopped):
                time.sleep(POLL_SECONDS)
        except Exception:
            _log.exception("sending failed")
            time.sleep(POLL_SECONDS)


def sweep(line: Line) -> None:
    """Mark what a vanished sender left, and tell subscribers whose document is ready."""
    with line.database.working() as connection:
        if lost := give_up_lost(connection):
            _log.warning("messages of unknown fate", extra={"count": lost})
        tell(connection, line.keys, line.languages, made_within=LATELY)


def send_some(line: Line, sender: Sender, stopped: Callable[[], bool] = lambda: False) -> int:
    """Send what is due, at most BATCH; give how many were taken.

    That a message is being submitted is committed before the gateway is called. No
    connection to the database is held while the gateway answers.
    """
    sent = 0
    while sent < BATCH and not stopped():
        with line.database.working() as connection:
            taken = take(connection, line.keys, most=1)
        if not taken:
            break
        _send_one(line, sender, taken[0])
        sent += 1
    return sent


def _send_one(line: Line, sender: Sender, message: Outgoing) -> None:
    submitted = sender.send(message.phone, message.body)
    state, pause = _fate(submitted, message.attempts)
    with line.database.working() as connection:
        settle(
            connection,
            message.id,
            state,
            submitted.gateway_id,
            submitted.cost,
            submitted.reason,
            pause,
        )
    _log.info("sms", extra={"state": str(state), "outcome": submitted.reason or ""})


def _fate(submitted: Submitted, attempts: int) -> tuple[Delivery, timedelta]:
    """Decide what a message is now, and when a refused one may be tried again."""
    match submitted.fate:
        case Fate.ACCEPTED:
            return Delivery.SENT, timedelta(0)
        case Fate.UNKNOWN:
            return Delivery.UNKNOWN, timedelta(0)
        case Fate.PASSING if attempts < ATTEMPTS:
            return Delivery.QUEUED, timedelta(seconds=15 * 2 ** (attempts - 1))
    return Delivery.FAILED, timedelta(0)
