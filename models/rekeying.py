"""Rekeying: writing what is known of some phones, or of a number, under the current keys.

While a key has an older version, whoever writes for a phone or a number that is known in
clear moves its rows first, in the same transaction: then a phone has one row where it may
have but one, a STOP is found, and nobody is told twice. With one version nothing is asked.

Rows that another transaction holds are left as they are: nobody waits here for anybody.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    literal,
    select,
    text,
    union_all,
    update,
)

from models.agent_calls import agent_calls, call_row
from models.call_backs import call_back_row, call_backs
from models.callers import caller_row, callers
from models.campaigns import cause_of
from models.documents import document_numbers
from models.keys import Keys, Tampered
from models.numbers import NumberType
from models.outbox import body_row, outbox, phone_row
from models.ratings import ratings
from models.reported import stray_reports
from models.reports import Matter, Report, about_of, report_row, reports, sealed
from models.subscriptions import (
    number_row,
    subscription_numbers,
    subscription_row,
    subscriptions,
)
from models.upsert import insert_new

_LOCK = 1919_04
"""Names PostgreSQL's lock that lets one at a time move the rows of phones."""

_SOME = 400
"""Phones or numbers that one statement asks for."""

Values = dict[str, object]
Renew = Callable[[Keys, Any, str], Values]


@dataclass(frozen=True)
class _Known:
    """Some phones that are known in clear.

    Attributes:
        phones: each by its HMACs under every version.
        current: the HMACs under the current version.
        older: the others.
    """

    phones: Mapping[bytes, str] = field(repr=False)
    current: Collection[bytes]
    older: Collection[bytes]

    @classmethod
    def of(cls, keys: Keys, phones: Iterable[str]) -> "_Known":
        """Compute the HMACs of some phones."""
        every = {phone: keys.phone_hmacs(phone) for phone in phones}
        by_hmac = {hmac: phone for phone, hmacs in every.items() for hmac in hmacs}
        older = [hmac for _, *others in every.values() for hmac in others]
        return cls(by_hmac, [hmacs[0] for hmacs in every.values()], older)


@dataclass(frozen=True)
class _Kept:
    """What a table keeps by phone, and how a row of it is written anew.

    Attributes:
        renewed: gives the columns that change, for a row and its phone. Raises Tampered
            where the row does not open.
        unique: beside the phone, what there is one row of.
        merged: gives what the row that stays takes over of one that goes.
        is_old: tells rows that are to be moved, beside those of an older phone's HMAC.
    """

    table: Table
    renewed: Renew
    unique: tuple[str, ...] | None = None
    merged: Callable[[Any, Any], Values] = lambda _goes, _stays: {}
    is_old: Callable[[Keys], ColumnElement[bool]] | None = None

    @property
    def key(self) -> Sequence[Column[Any]]:
        return list(self.table.primary_key.columns)


def rekey_phones(connection: Connection, keys: Keys, phones: Collection[str]) -> int:
    """Move all that is kept of some phones (E.164) to the current keys.

    Whom a document belongs to is not among it: owners are moved by rotation alone.

    Returns:
        How many rows were moved.
    """
    if not keys.has_older:
        return 0
    moved, waiting = 0, iter(phones)
    while some := list(islice(waiting, _SOME)):
        known = _Known.of(keys, some)
        if connection.execute(_any_old(keys, known)).first() is not None:
            _wait_for_turn(connection)
            moved += sum(_move(connection, keys, kept, known) for kept in _KEPT)
    return moved


def rekey_numbers(
    connection: Connection, keys: Keys, numbers: Iterable[tuple[NumberType, str]]
) -> int:
    """Move documents and subscriptions that bear some numbers to the current key.

    Both in one transaction, so that they meet at every moment.

    Args:
        numbers: each with its type, in canonical form.

    Returns:
        How many rows were moved.
    """
    spelt = [keys.number_hmacs(*one) for one in numbers] if keys.lookup.has_older else []
    return rekey_hmacs(
        connection, keys, {old: current for current, *older in spelt for old in older}
    )


def rekey_hmacs(connection: Connection, keys: Keys, pairs: Mapping[bytes, bytes]) -> int:
    """Move documents and subscriptions as `rekey_numbers` does, HMACs being at hand.

    Args:
        pairs: the current HMAC of each number, by each older one.
    """
    moved, waiting = 0, iter(pairs.items())
    while some := dict(islice(waiting, _SOME)):
        moved += _move_documents(connection, keys, some)
        moved += _move_waiting(connection, some)
    return moved


def rekey_subscription(
    connection: Connection,
    keys: Keys,
    phone: str,
    number: str,
    kind: str,
    hmacs: Collection[bytes],
) -> None:
    """Move what a phone waits for under a number's older subject to the current one.

    Args:
        hmacs: what the number is waited for under, of the current key.
    """
    if not keys.lookup.has_older:
        return
    held = select(subscriptions).where(
        subscriptions.c.phone_hmac == keys.phone_hmac(phone),
        subscriptions.c.subject.in_(keys.subjects(number)[1:]),
        subscriptions.c.kind == kind,
    )
    for row in connection.execute(held.with_for_update(skip_locked=True)).all():
        renew_subscription(connection, keys, row, phone, number, hmacs)


def renew_subscription(
    connection: Connection,
    keys: Keys,
    row: Any,
    phone: str,
    number: str,
    hmacs: Collection[bytes],
) -> None:
    """Write a subscription anew under the current keys, its number being known.

    Where its phone waits for the same under the current key already, that one stays.
    """
    subject = keys.subject(number)
    same = select(subscriptions).where(
        subscriptions.c.phone_hmac == row.phone_hmac,
        subscriptions.c.subject == subject,
        subscriptions.c.kind == row.kind,
        subscriptions.c.id != row.id,
    )
    if stays := connection.execute(same).first():
        _merge_subscriptions(connection, row, stays)
        return
    place = subscription_row(bytes(row.phone_hmac), subject, row.kind)
    values: Values = {
        "subject": subject,
        "phone": keys.people.seal(phone, place),
        "number": keys.seal_for_rotation(number, number_row(row.id)),
        "key_version": keys.lookup.version,
    }
    _write(connection, subscriptions, row.id, values)
    its = subscription_numbers.c.subscription_id == row.id
    connection.execute(delete(subscription_numbers).where(its))
    anew = [{"subscription_id": row.id, "hmac": one} for one in set(hmacs)]
    connection.execute(insert(subscription_numbers), anew)


def _merge_subscriptions(connection: Connection, goes: Any, stays: Any) -> None:
    """Let one subscription take the place of another: it waits if either did."""
    opens = goes.met_at is None and stays.met_at is not None
    if opens:
        values: Values = {"met_at": None, "made_at": goes.made_at}
        _write(connection, subscriptions, stays.id, values)
    its = subscription_numbers.c.subscription_id == goes.id
    connection.execute(delete(subscription_numbers).where(its))
    connection.execute(delete(subscriptions).where(subscriptions.c.id == goes.id))


def _write(connection: Connection, table: Table, its_id: int, values: Values) -> None:
    if values:
        connection.execute(update(table).where(table.c.id == its_id).values(values))


def _wait_for_turn(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


def _any_old(keys: Keys, known: _Known) -> Any:
    """Ask whether anything is to be moved: with one statement, and no lock."""
    parts = [
        select(exists(select(literal(1)).where(_is_old(kept, keys, known))).label("old"))
        for kept in _KEPT
    ]
    every = union_all(*parts).subquery()
    return select(every.c.old).where(every.c.old).limit(1)


def _is_old(kept: _Kept, keys: Keys, known: _Known) -> ColumnElement[bool]:
    older = kept.table.c.phone_hmac.in_(known.older)
    if kept.is_old is None:
        return older
    return older | (kept.table.c.phone_hmac.in_(known.current) & kept.is_old(keys))


def _move(connection: Connection, keys: Keys, kept: _Kept, known: _Known) -> int:
    """Move the rows of one table; give how many."""
    query = select(kept.table).where(_is_old(kept, keys, known))
    rows = connection.execute(query.with_for_update(skip_locked=True)).all()
    if not rows:
        return 0
    there = _there(connection, kept, known)
    written: list[tuple[Any, Values]] = []
    for row in rows:
        try:
            values = kept.renewed(keys, row, known.phones[bytes(row.phone_hmac)])
        except Tampered:
            continue
        stays = there.get(_place(kept, row, values))
        if stays is None or stays == row:
            there[_place(kept, row, values)] = row
            written.append((row, values))
        else:
            _merge(connection, kept, row, stays)
    if kept.table is outbox:
        written = _named_apart(connection, keys, written, known)
    _write_all(connection, kept, written)
    return len(rows)


def _named_apart(
    connection: Connection,
    keys: Keys,
    written: Sequence[tuple[Any, Values]],
    known: _Known,
) -> list[tuple[Any, Values]]:
    """Let a campaign's message keep its name where its phone has another one under the new."""
    renamed = [values["cause"] for row, values in written if values["cause"] != row.cause]
    taken = set(connection.scalars(select(outbox.c.cause).where(outbox.c.cause.in_(renamed))))
    return [
        (row, _message_as(keys, row, known.phones[bytes(row.phone_hmac)], row.cause))
        if values["cause"] != row.cause and values["cause"] in taken
        else (row, values)
        for row, values in written
    ]


def _there(connection: Connection, kept: _Kept, known: _Known) -> dict[Any, Any]:
    """Read the rows that are under the current key already, by what is unique."""
    if kept.unique is None:
        return {}
    query = select(kept.table).where(kept.table.c.phone_hmac.in_(known.current))
    return {_place(kept, row, {}): row for row in connection.execute(query)}


def _place(kept: _Kept, row: Any, values: Values) -> Any:
    """Give what is unique of a row as it will be; the row itself where nothing is."""
    if kept.unique is None:
        return tuple(row._mapping[column.name] for column in kept.key)
    now = {**row._mapping, **values}
    return tuple(now[name] for name in ("phone_hmac", *kept.unique))


def _merge(connection: Connection, kept: _Kept, goes: Any, stays: Any) -> None:
    """Let the row under the current key stand for one that a process wrote under an older."""
    if kept.table is subscriptions:
        _merge_subscriptions(connection, goes, stays)
        return
    if values := kept.merged(goes, stays):
        connection.execute(update(kept.table).where(_is(kept, stays)).values(values))
    connection.execute(delete(kept.table).where(_is(kept, goes)))


def _is(kept: _Kept, row: Any) -> ColumnElement[bool]:
    return and_(*(column == row._mapping[column.name] for column in kept.key))


def _write_all(
    connection: Connection, kept: _Kept, written: Sequence[tuple[Any, Values]]
) -> None:
    if not written:
        return
    which = and_(*(column == bindparam(f"its_{column.name}") for column in kept.key))
    names = list(written[0][1])
    change = update(kept.table).where(which)
    change = change.values({name: bindparam(f"new_{name}") for name in names})
    connection.execute(
        change,
        [
            {f"its_{column.name}": row._mapping[column.name] for column in kept.key}
            | {f"new_{name}": values[name] for name in names}
            for row, values in written
        ],
    )


def _caller(keys: Keys, row: Any, phone: str) -> Values:
    hmac = keys.phone_hmac(phone)
    kept = row.phone  # empty where a person was forgotten, and only the STOP stays
    return {
        "phone_hmac": hmac,
        "phone": kept and keys.people.seal(phone, caller_row(hmac)),
    }


def _one_caller(goes: Any, stays: Any) -> Values:
    """Give what a caller has of two rows: the language chosen last, and the first STOP."""
    stops = [one.stopped_at for one in (goes, stays) if one.stopped_at is not None]
    later = goes if goes.changed_at > stays.changed_at else stays
    return {
        "language": later.language or goes.language or stays.language,
        "stopped_at": min(stops, default=None),
    }


def _call_back(keys: Keys, _row: Any, phone: str) -> Values:
    hmac = keys.phone_hmac(phone)
    return {"phone_hmac": hmac, "phone": keys.people.seal(phone, call_back_row(hmac))}


def _agent_call(keys: Keys, row: Any, phone: str) -> Values:
    """Renew a call that an agent took; what was on its screen is gone once it has ended."""
    place = call_row(row.session, "screen")
    screen = keys.people.open(row.screen, place) if row.screen is not None else None
    return {
        "phone_hmac": keys.phone_hmac(phone),
        "phone": keys.people.seal(phone, call_row(row.session, "phone")),
        "screen": keys.people.seal(screen, place) if screen is not None else None,
    }


def _subscription(keys: Keys, row: Any, phone: str) -> Values:
    hmac = keys.phone_hmac(phone)
    place = subscription_row(hmac, bytes(row.subject), row.kind)
    return {"phone_hmac": hmac, "phone": keys.people.seal(phone, place)}


def _report(keys: Keys, row: Any, phone: str) -> Values:
    place = report_row(bytes(row.phone_hmac), row.matter, bytes(row.about), row.day)
    number, words = (
        keys.people.open(one, f"{place}|{name}") if one is not None else ""
        for name, one in (("number", row.number), ("words", row.words))
    )
    centre_code, wanted = row.centre_code or "", row.wanted or ""
    given = Report(Matter(row.matter), row.language, (), number, centre_code, wanted, words)
    hmac, about = keys.phone_hmac(phone), about_of(keys, given, row.document_id)
    there = report_row(hmac, row.matter, about, row.day)
    return {"phone_hmac": hmac, "about": about, **sealed(keys, phone, given, there)}


def _message(keys: Keys, row: Any, phone: str) -> Values:
    """Renew a message; that of a campaign is named by its phone's HMAC."""
    cause = row.cause
    if row.campaign_id and cause == cause_of(row.campaign_id, bytes(row.phone_hmac)):
        cause = cause_of(row.campaign_id, keys.phone_hmac(phone))
    return _message_as(keys, row, phone, cause)


def _message_as(keys: Keys, row: Any, phone: str, cause: str) -> Values:
    """Renew a message under a name. One whose time is over is empty, and stays so."""
    body = row.body and keys.people.open(row.body, body_row(row.cause))
    return {
        "phone_hmac": keys.phone_hmac(phone),
        "cause": cause,
        "phone": row.phone and keys.people.seal(phone, phone_row(cause)),
        "body": body and keys.people.seal(body, body_row(cause)),
    }


def _hmac_alone(keys: Keys, _row: Any, phone: str) -> Values:
    return {"phone_hmac": keys.phone_hmac(phone)}


def _not_closed(goes: Any, stays: Any) -> Values:
    """Give what opens the row that stays, where the one that goes is open."""
    opens = goes.closed_at is None and stays.closed_at is not None
    return {"closed_at": None, "made_at": goes.made_at} if opens else {}


def _last_mark(goes: Any, stays: Any) -> Values:
    if goes.made_at <= stays.made_at:
        return {}
    return {"mark": goes.mark, "desk": goes.desk or stays.desk, "made_at": goes.made_at}


_KEPT = (
    _Kept(callers, _caller, (), _one_caller),
    _Kept(call_backs, _call_back, (), _not_closed),
    _Kept(agent_calls, _agent_call),
    _Kept(subscriptions, _subscription, ("subject", "kind")),
    _Kept(
        reports,
        _report,
        ("matter", "about", "day"),
        _not_closed,
        is_old=lambda keys: reports.c.key_version.is_distinct_from(keys.lookup.version),
    ),
    _Kept(outbox, _message),
    _Kept(ratings, _hmac_alone, ("centre_code", "day"), _last_mark),
    _Kept(stray_reports, _hmac_alone),
)
"""What is kept by phone and moved with it. Look-ups and what a phone asked for in a day
stay: they are HMACs alone, sealed by the audit, and go with retention."""


def _move_documents(connection: Connection, keys: Keys, pairs: Mapping[bytes, bytes]) -> int:
    query = (
        select(document_numbers.c.document_id, document_numbers.c.type, document_numbers.c.hmac)
        .where(document_numbers.c.hmac.in_(pairs))
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(query).all()
    if rows:
        change = (
            update(document_numbers)
            .where(
                document_numbers.c.document_id == bindparam("its_document"),
                document_numbers.c.type == bindparam("its_type"),
            )
            .values(hmac=bindparam("new_hmac"), key_version=keys.lookup.version)
        )
        connection.execute(
            change,
            [
                {
                    "its_document": row.document_id,
                    "its_type": row.type,
                    "new_hmac": pairs[bytes(row.hmac)],
                }
                for row in rows
            ],
        )
    return len(rows)


def _move_waiting(connection: Connection, pairs: Mapping[bytes, bytes]) -> int:
    query = select(subscription_numbers).where(subscription_numbers.c.hmac.in_(pairs))
    rows = connection.execute(query.with_for_update(skip_locked=True)).all()
    if rows:
        its = subscription_numbers.c.subscription_id == bindparam("its_subscription")
        old = subscription_numbers.c.hmac == bindparam("its_hmac")
        insert_new(
            connection,
            subscription_numbers,
            [
                {"subscription_id": row.subscription_id, "hmac": pairs[bytes(row.hmac)]}
                for row in rows
            ],
        )
        connection.execute(
            delete(subscription_numbers).where(its, old),
            [{"its_subscription": row.subscription_id, "its_hmac": row.hmac} for row in rows],
        )
    return len(rows)
