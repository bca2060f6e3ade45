"""Ciphertexts that were moved or edited are refused: no reader gives another's plain text."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, LargeBinary, Table, select, update

import models
from menus.wishes import CallMeBack, Complain, SpeakTo, TellMeWhenReady, grant
from models import agent_calls, agents, boxes, call_backs, reports
from models.agent_calls import Reason
from models.agents import Agent, Role
from models.base import Database, metadata
from models.callers import caller_row, callers
from models.campaigns import Choice
from models.choosing import Chosen
from models.country import kenya
from models.documents import State, batches, document_numbers, documents
from models.importing import Import
from models.keys import Archive, Tampered, Versions
from models.matching import Row
from models.numbers import Kind, NumberType
from models.outbox import outbox, queue
from models.reports import Matter, Report
from models.sending import Terms, take
from models.spending import Limits
from models.subscriptions import due, number_row, subscriptions
from tests.conftest import KEYS
from tests.rotating import ARCHIVE, OLD

FIRST, SECOND = "+254711000111", "+254722000222"
NUMBERS = {FIRST: "12345678", SECOND: "23456789"}
TODAY = date(2026, 9, 30)
TERMS = Terms("africastalking", TODAY, Limits())
Read = Callable[[Connection], dict[int, str]]
"""Gives what a reader reads, by row in the order of their keys; empty where it refuses."""


def _numbers(connection: Connection) -> dict[int, str]:
    query = select(document_numbers, batches.c.archive_version, batches.c.sealed_key)
    joined = query.join(batches, batches.c.id == document_numbers.c.batch_id)
    read = {}
    for nth, row in enumerate(connection.execute(joined.order_by(document_numbers.c.hmac))):
        place = f"document_numbers|{row.document_id}|{row.type}"
        read[nth] = _refused(
            lambda row=row, place=place: ARCHIVE.data_key(  # type: ignore[misc]
                row.archive_version, row.sealed_key
            ).open(row.sealed, place)
        )
    return read


def _refused(read: Callable[[], str]) -> str:
    try:
        return read()
    except Tampered:
        return ""


def _owners(connection: Connection) -> dict[int, str]:
    chosen = Chosen(connection, OLD, Choice(1, told_within=0), TODAY + timedelta(days=9))
    return {owner.documents[0].id: owner.phone for owner in chosen}


def _callers(connection: Connection) -> dict[int, str]:
    rows = connection.execute(select(callers).order_by(callers.c.phone_hmac))
    return {
        nth: OLD.people.open_or_empty(row.phone, caller_row(row.phone_hmac))
        for nth, row in enumerate(rows)
    }


def _subscribers(connection: Connection) -> dict[int, str]:
    return {one.id: one.phone for one in due(connection, OLD)}


def _waited_for(connection: Connection) -> dict[int, str]:
    rows = connection.execute(select(subscriptions.c.id, subscriptions.c.number))
    return {
        row.id: _refused(lambda row=row: ARCHIVE.open(row.number, number_row(row.id)))  # type: ignore[misc]
        for row in rows
    }


def _reported(what: str) -> Read:
    return lambda connection: {
        one.id: getattr(one, what) for one in reports.waiting(connection, OLD)
    }


def _rung(connection: Connection) -> dict[int, str]:
    return {one.id: one.phone for one in call_backs.waiting(connection, OLD)}


def _served(what: str) -> Read:
    def calls(connection: Connection) -> dict[int, str]:
        calls = [
            agent_calls.open_call(connection, OLD, one.id) for one in agents.every(connection)
        ]
        return {one.id: getattr(one, what) for one in calls if one}

    return calls


def _codes(connection: Connection) -> dict[int, str]:
    return {
        row.id: known.totp
        for row in connection.execute(select(agents.agents))
        if (known := agents.secrets_of(connection, OLD, row.account))
    }


def _boxed(connection: Connection) -> dict[int, str]:
    return {
        one.item_id: one.number
        for row in connection.execute(select(boxes.boxes))
        for box in [boxes.find_box(connection, row.id, row.centre_code)]
        if box
        for one in boxes.numbers_of(connection, OLD, box)
    }


def _sent(what: str) -> Read:
    return lambda connection: {
        one.id: getattr(one, what) for one in take(connection, OLD, 10, TERMS)
    }


SEALED: dict[tuple[str, str], tuple[Table, Read]] = {
    ("batches", "sealed_key"): (batches, _numbers),
    ("document_numbers", "sealed"): (document_numbers, _numbers),
    ("documents", "phone"): (documents, _owners),
    ("callers", "phone"): (callers, _callers),
    ("subscriptions", "phone"): (subscriptions, _subscribers),
    ("subscriptions", "number"): (subscriptions, _waited_for),
    ("reports", "phone"): (reports.reports, _reported("phone")),
    ("reports", "number"): (reports.reports, _reported("number")),
    ("reports", "words"): (reports.reports, _reported("words")),
    ("call_backs", "phone"): (call_backs.call_backs, _rung),
    ("agent_calls", "phone"): (agent_calls.agent_calls, _served("phone")),
    ("agent_calls", "screen"): (agent_calls.agent_calls, _served("screen")),
    ("agents", "totp"): (agents.agents, _codes),
    ("box_items", "number"): (boxes.box_items, _boxed),
    ("outbox", "phone"): (outbox, _sent("phone")),
    ("outbox", "body"): (outbox, _sent("body")),
}
"""Every ciphertext there is, and who reads it."""


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[Connection]:
    """A database in which two people have everything; nothing that is done to it is kept."""
    database = Database(sqlite_url)
    database.open()
    for phone, number in NUMBERS.items():
        row = Row(
            Kind.ID_CARD, State.READY, "047-01", TODAY, {NumberType.NATIONAL_ID: number}, phone
        )
        with database.working() as connection:
            for _ in Import(connection, OLD, TODAY).load([row]):
                pass
            queue(connection, OLD, f"answer-{number}", phone, f"An answer for {phone}.")
        with database.working() as connection:
            account = f"agent{number}"
            made = agents.add(connection, account, Role.AGENT)
            agents.join(
                connection, OLD, Agent(made, account, Role.AGENT), "hash", f"JBSW{number[:3]}"
            )
            agent_calls.begin(connection, OLD, made, phone, Reason.DOCUMENT)
            call = agent_calls.open_call(connection, OLD, made)
            assert call
            assert agent_calls.keep_screen(connection, OLD, call, f"ID {number}", "en")
            boxes.open_box(connection, OLD, "047-01", Kind.ID_CARD, account, {number: 1})
        wishes = (
            SpeakTo("sw"),
            TellMeWhenReady(number, "", "en"),
            CallMeBack("en", "contact"),
            Complain(Report(Matter.OTHER, "en", (), number, words=f"askari {phone}")),
        )
        assert grant(database, OLD, kenya(), phone, wishes, 5.0)
    with database.working() as lent:
        yield lent
        lent.rollback()
    database.close()


Changes = dict[int, dict[str, bytes]]


def after(connection: Connection, read: Read, table: Table, changes: Changes) -> set[str]:
    """Give all that a reader reads once rows were changed; then put them back."""
    with connection.begin_nested() as undone:
        keys = list(table.primary_key.columns)
        rows = connection.execute(select(*keys).order_by(*keys)).all()
        for nth, values in changes.items():
            its = [column == one for column, one in zip(keys, rows[nth], strict=True)]
            connection.execute(update(table).where(*its).values(values))
        seen = read(connection)
        undone.rollback()
    return set(seen.values()) - {""}


def held(connection: Connection, table: Table, column: str) -> list[bytes]:
    keys = list(table.primary_key.columns)
    return [bytes(one) for one in connection.scalars(select(table.c[column]).order_by(*keys))]


def test_every_ciphertext_is_known_here() -> None:
    """Hashes have a length, and ciphertexts none."""
    for module in pkgutil.iter_modules(models.__path__):
        importlib.import_module(f"models.{module.name}")
    there = {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) and column.type.length is None
    }

    assert there == set(SEALED)


@pytest.mark.parametrize("where", SEALED, ids=".".join)
def test_what_is_sealed_is_read_as_it_was_written(
    where: tuple[str, str], connection: Connection
) -> None:
    table, read = SEALED[where]

    assert len(held(connection, table, where[1])) == 2
    assert len(after(connection, read, table, {})) == 2


@pytest.mark.parametrize("where", SEALED, ids=".".join)
def test_what_is_swapped_between_two_rows_is_refused(
    where: tuple[str, str], connection: Connection
) -> None:
    table, read = SEALED[where]
    first, second = held(connection, table, where[1])

    swapped = {0: {where[1]: second}, 1: {where[1]: first}}
    assert after(connection, read, table, swapped) == set()


@pytest.mark.parametrize("where", SEALED, ids=".".join)
def test_what_is_edited_at_any_octet_is_refused(
    where: tuple[str, str], connection: Connection
) -> None:
    table, read = SEALED[where]
    sealed = held(connection, table, where[1])[0]
    whole = after(connection, read, table, {})
    others = [
        after(connection, read, table, {0: {where[1]: edited}}) for edited in _edited(sealed)
    ]

    assert [one for one in others if not (one < whole and len(one) == 1)] == []


def _edited(sealed: bytes) -> Iterator[bytes]:
    """Give a ciphertext with each octet changed in one bit, cut, lengthened, renumbered."""
    for place in range(len(sealed)):
        bit = 1 << place % 8
        yield sealed[:place] + bytes([sealed[place] ^ bit]) + sealed[place + 1 :]
    for length in (0, 1, 2, 13, 14, len(sealed) // 2, len(sealed) - 1):
        yield sealed[:length]
    yield sealed + b"\0"
    yield b"\0\2" + sealed[2:]


def test_a_ciphertext_of_another_key_is_refused(connection: Connection) -> None:
    stranger = Archive(Versions.read(KEYS["LOOKUP_KEY"]))
    row = connection.execute(select(subscriptions.c.id, subscriptions.c.number)).first()
    assert row is not None
    with pytest.raises(Tampered):
        stranger.open(row.number, number_row(row.id))
