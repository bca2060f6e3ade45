"""What senders do with the outbox: take messages, and keep what became of them.

`submitting` is committed before the gateway is called. A message whose fate is not known
becomes `unknown` and is never silently sent again.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, String, case, func, select, update

from models.base import in_utc
from models.callers import stopped_among
from models.campaigns import FAR, campaigns_stopped
from models.documents import State, documents
from models.keys import Keys, Tampered
from models.outbox import (
    HANDED_OVER,
    Delivery,
    Priority,
    body_row,
    outbox,
    outbox_documents,
    phone_row,
)
from models.rekeying import rekey_phones
from models.spending import Limits, Purse, correct, money_of
from models.switches import Part, read_switches

ATTEMPTS = 8
"""Submissions of one message that the gateway surely refused, before it is given up."""

HANG_SECONDS = 60
"""A message that is submitting for longer than this has lost its sender: fate unknown."""

SAME_AN_HOUR, ANY_AN_HOUR = 3, 10
"""Texts to one phone in an hour at most: the same one, and any."""

STOPPED = "stopped"
NOT_READY = "not ready any more"
SAME = "same text again"
UNREADABLE = "unreadable"
"""Why a message was not handed over."""

_HOUR = timedelta(hours=1)
_LATER = timedelta(minutes=10)
"""How long a message to a phone that had enough for now waits before it is looked at again."""


@dataclass(frozen=True)
class Terms:
    """On what terms a sender takes messages.

    Attributes:
        gateway: whom they are taken for.
        names_by_us: that gateway reports them by the names that we give.
        day: today there, whose spending they count to.
        unasked: notices and campaigns too: it is within their hours.
    """

    gateway: str
    day: date
    limits: Limits
    names_by_us: bool = False
    unasked: bool = True


@dataclass(frozen=True)
class Outgoing:
    """A message in a sender's hands."""

    id: int
    attempts: int
    segments: int
    day: date
    phone: str = field(repr=False)
    body: str = field(repr=False)

    @property
    def reference(self) -> str:
        """Our own name for this submission, for gateways that report by it."""
        return f"{self.id}-{self.attempts}"


@dataclass(frozen=True)
class Outcome:
    """What became of a message that was submitted.

    Attributes:
        state: SENT, UNKNOWN, FAILED, or QUEUED for another try after `pause`; without one
            it keeps its place among those that wait.
        cost: as the gateway wrote it.
    """

    message: Outgoing
    state: Delivery
    gateway_id: str | None = None
    cost: str | None = None
    reason: str | None = None
    pause: timedelta = timedelta(0)


def take(connection: Connection, keys: Keys, most: int, terms: Terms) -> list[Outgoing]:
    """Take due messages for sending: they are `submitting` once this is committed.

    Those that must not go out fail here, and those that must wait are put off. What operators
    have paused is left as it is.
    """
    wanted = _wanted(connection, terms)
    if not wanted:
        return []
    _rekey(connection, keys, most, wanted)
    waiting = _due(connection, most, wanted)
    if not waiting:
        return []
    purse = Purse(connection, terms.limits, terms.day)
    judge = _Judge(connection, waiting)
    taken: list[Outgoing] = []
    dropped: dict[str, list[int]] = defaultdict(list)
    for row in waiting:
        message = _open(keys, row, terms.day)
        if verdict := judge.verdict(row) if message else _unreadable(keys, row):
            dropped[verdict].append(row.id)
        elif message and purse.take(row.segments, Priority(row.priority)):
            judge.count(row)
            taken.append(message)
    purse.keep()
    for reason in (_TOO_MANY, _NEWER_KEY):
        _put_off(connection, dropped.pop(reason, []), datetime.now(UTC) + _LATER)
    _put_off(connection, dropped.pop(_HALTED, []), FAR)
    for reason, ids in dropped.items():
        _move(connection, ids, Delivery.FAILED, reason=reason)
    _hand_out(connection, taken, terms)
    return taken


def settle(connection: Connection, outcomes: Iterable[Outcome], limits: Limits) -> None:
    """Record what became of messages that were submitted.

    A message that was given up as `unknown` meanwhile is moved on all the same: whoever
    submitted it knows better.
    """
    counted: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for one in outcomes:
        money = money_of(one.cost)
        if _settle(connection, one, money):
            segments, price = one.message.segments, one.message.segments * limits.price
            if one.state in (Delivery.QUEUED, Delivery.FAILED):
                _add(counted[one.message.day], -segments, -price)
            elif money is not None:
                _add(counted[one.message.day], 0, money - price)
    for day, (segments, money) in counted.items():
        correct(connection, day, segments, money)


def give_up_lost(connection: Connection) -> int:
    """Mark as `unknown` what a vanished sender left submitting; give how many."""
    now = datetime.now(UTC)
    long_ago = now - timedelta(seconds=HANG_SECONDS)
    query = (
        select(outbox.c.id)
        .where(outbox.c.state == Delivery.SUBMITTING, outbox.c.changed_at < long_ago)
        .with_for_update(skip_locked=True)
    )
    lost = connection.scalars(query).all()
    _move(connection, lost, Delivery.UNKNOWN, reason="sender lost")
    return len(lost)


_TOO_MANY = "too many"
_HALTED = "campaign stopped"
_NEWER_KEY = "of a key that this sender has not"

_TAKEN = (
    outbox.c.id,
    outbox.c.cause,
    outbox.c.priority,
    outbox.c.attempts,
    outbox.c.segments,
    outbox.c.phone_hmac,
    outbox.c.phone,
    outbox.c.body,
    outbox.c.same,
    outbox.c.campaign_id,
    outbox.c.made_at,
)


def _wanted(connection: Connection, terms: Terms) -> tuple[Priority, ...]:
    """Give the priorities that may be taken now."""
    paused = read_switches(connection).paused
    if Part.SMS in paused:
        return ()
    if not terms.unasked:
        return (Priority.ANSWER,)
    held = {Priority.CAMPAIGN} if Part.CAMPAIGNS in paused else set()
    return tuple(one for one in Priority if one not in held)


def _rekey(connection: Connection, keys: Keys, most: int, wanted: Collection[Priority]) -> None:
    """Move what is kept of the phones to be texted: a STOP may lie under an older key."""
    if not keys.has_older:
        return
    phones = set()
    for row in _due(connection, most, wanted, locked=False):
        if phone := keys.people.open_or_empty(row.phone, phone_row(row.cause)):
            phones.add(phone)
    rekey_phones(connection, keys, phones)


def _due(
    connection: Connection, most: int, wanted: Collection[Priority], locked: bool = True
) -> list[Any]:
    """Find due messages of some priorities, those that somebody waits for first.

    Each priority is asked for by itself, so that the index ends the search where many wait
    that are not due.
    """
    now = datetime.now(UTC)
    found: list[Any] = []
    for priority in wanted:
        if len(found) < most:
            query = (
                select(*_TAKEN)
                .where(
                    outbox.c.state == Delivery.QUEUED,
                    outbox.c.priority == priority,
                    outbox.c.due_at <= now,
                )
                .order_by(outbox.c.due_at)
                .limit(most - len(found))
            )
            locking = query.with_for_update(skip_locked=True)
            found += connection.execute(locking if locked else query)
    return found


class _Judge:
    """Tells which of some messages must not go out now, and why."""

    def __init__(self, connection: Connection, waiting: Sequence[Any]) -> None:
        phones = {row.phone_hmac for row in waiting}
        self._any, self._same = _counts(connection, phones)
        unasked = [row for row in waiting if row.priority != Priority.ANSWER]
        self._stopped = (
            stopped_among(connection, {row.phone_hmac for row in unasked}) if unasked else {}
        )
        of_campaigns = {row.campaign_id for row in unasked} - {None}
        self._halted = campaigns_stopped(connection, of_campaigns) if of_campaigns else set()
        self._stale = _stale(connection, [row.id for row in unasked]) if unasked else set()

    def count(self, row: Any) -> None:
        """Count a message that goes out now."""
        self._any[bytes(row.phone_hmac)] += 1
        self._same[bytes(row.same or b"")] += 1

    def verdict(self, row: Any) -> str:
        """Say why a message must not go out now; empty where it may."""
        phone = bytes(row.phone_hmac)
        if self._wants_none(row, self._stopped.get(phone)):
            return STOPPED
        if row.campaign_id in self._halted:
            return _HALTED
        if row.id in self._stale:
            return NOT_READY
        if row.same and self._same[bytes(row.same)] >= SAME_AN_HOUR:
            return SAME
        return _TOO_MANY if self._any[phone] >= ANY_AN_HOUR else ""

    @staticmethod
    def _wants_none(row: Any, since: datetime | None) -> bool:
        """Say whether a phone was stopped: what it asked for since is for it all the same."""
        if since is None or row.priority == Priority.ANSWER:
            return False
        return row.priority == Priority.CAMPAIGN or in_utc(row.made_at) <= since


def _counts(
    connection: Connection, phones: Collection[bytes]
) -> tuple[Counter[bytes], Counter[bytes]]:
    """Count what phones were handed in the last hour: by phone, and by phone and text."""
    query = (
        select(outbox.c.phone_hmac, outbox.c.same, func.count().label("n"))
        .where(
            outbox.c.phone_hmac.in_(phones),
            outbox.c.submitting_at > datetime.now(UTC) - _HOUR,
            outbox.c.state.in_(HANDED_OVER),
        )
        .group_by(outbox.c.phone_hmac, outbox.c.same)
    )
    by_phone: Counter[bytes] = Counter()
    by_text: Counter[bytes] = Counter()
    for row in connection.execute(query):
        by_phone[bytes(row.phone_hmac)] += row.n
        by_text[bytes(row.same or b"")] += row.n
    return by_phone, by_text


def _stale(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Find the messages of whose documents none is ready any more."""
    query = (
        select(
            outbox_documents.c.message_id,
            func.sum(case((documents.c.state == State.READY, 1), else_=0)).label("ready"),
        )
        .join(documents, documents.c.id == outbox_documents.c.document_id, isouter=True)
        .where(outbox_documents.c.message_id.in_(ids))
        .group_by(outbox_documents.c.message_id)
    )
    return {row.message_id for row in connection.execute(query) if not row.ready}


def _open(keys: Keys, row: Any, day: date) -> Outgoing | None:
    """Read a message; None where it does not open, and nobody can be told."""
    try:
        phone = keys.people.open(row.phone, phone_row(row.cause))
        body = keys.people.open(row.body, body_row(row.cause))
    except Tampered:
        return None
    return Outgoing(row.id, row.attempts + 1, row.segments, day, phone, body)


def _unreadable(keys: Keys, row: Any) -> str:
    """Say why a message cannot be read: its key may be newer than this sender."""
    return UNREADABLE if keys.people.knows(row.phone) else _NEWER_KEY


def _hand_out(connection: Connection, taken: Sequence[Outgoing], terms: Terms) -> None:
    _move(
        connection,
        [one.id for one in taken],
        Delivery.SUBMITTING,
        attempts=outbox.c.attempts + 1,
        gateway=terms.gateway,
        gateway_id=_REFERENCE if terms.names_by_us else None,
        reason=None,
    )


_REFERENCE = outbox.c.id.cast(String) + "-" + (outbox.c.attempts + 1).cast(String)
"""As `Outgoing.reference` writes it."""


def _put_off(connection: Connection, ids: Sequence[int], till: datetime) -> None:
    if ids:
        connection.execute(update(outbox).where(outbox.c.id.in_(ids)).values(due_at=till))


def _move(connection: Connection, ids: Sequence[int], state: Delivery, **values: Any) -> None:
    if ids:
        connection.execute(
            update(outbox).where(outbox.c.id.in_(ids)).values(**dated(state), **values)
        )


def dated(state: Delivery) -> dict[str, Any]:
    """Write a state with the moment it begins."""
    now = datetime.now(UTC)
    moment = {} if state is Delivery.QUEUED else {f"{state}_at": now}
    return {"state": state, "changed_at": now, **moment}


def _settle(connection: Connection, one: Outcome, money: int | None) -> bool:
    values: dict[str, Any] = {**dated(one.state), "reason": one.reason}
    match one.state:
        case Delivery.QUEUED:
            values |= {"gateway": None, "gateway_id": None}
            if one.pause:
                values["due_at"] = datetime.now(UTC) + one.pause
        case Delivery.SENT:
            values |= {"gateway_id": one.gateway_id, "cost": one.cost, "money": money}
    settled = (
        update(outbox)
        .where(
            outbox.c.id == one.message.id,
            outbox.c.attempts == one.message.attempts,
            outbox.c.state.in_((Delivery.SUBMITTING, Delivery.UNKNOWN)),
        )
        .values(values)
    )
    return connection.execute(settled).rowcount == 1


def _add(counted: list[int], segments: int, money: int) -> None:
    counted[0] += segments
    counted[1] += money
