"""A backlog of any size, made up inside PostgreSQL: as wide as real rows, and as scattered.

Documents are made by SQL, millions a minute; among them, at random places, are some whose
numbers are known, so that they can be asked for. What a column is filled with goes by its
name, and what is not known here by its type, so that a new column needs no word here.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from bench.lists import PUBLISHED
from bench.traffic import Number
from commands.demonstration_set import READY
from models.keys import Keys
from models.numbers import PRINCIPAL, Kind, NumberType

TABLES = ["documents", "document_numbers"]
"""Those that grow with the backlog."""

_PLANTED = 80_000_000
"""From here on ID numbers are of documents that are planted: no list has them."""

_PLACE = f"(d.nth * 7919 % {PUBLISHED})"
_DIGEST = "sha256(int8send(d.nth) || '{salt}'::bytea)"
_BATCH = "(SELECT max(id) FROM batches)"
_DOCUMENT = {
    "id": "d.nth",
    "kind": "d.kind",
    "state": "'ready'",
    "centre_code": "(SELECT codes[1 + d.nth % cardinality(codes)] FROM places)",
    "received_on": "date '2021-01-04' + (d.nth % 1100)::int",
    "confirmed_on": "current_date",
    "phone_hmac": f"CASE WHEN d.nth % 5 < 3 THEN {_DIGEST.format(salt='p')} END",
    "phone": "CASE WHEN d.nth % 5 < 3 THEN "
    f"{_DIGEST.format(salt='q')} || substr({_DIGEST.format(salt='r')}, 1, 11) END",
    "batch_id": _BATCH,
    "loaded_by": _BATCH,
}
_NUMBER = {
    "document_id": "d.nth",
    "key_version": "1",
    "last_three": "lpad((d.nth % 1000)::text, 3, '0')",
    "sealed": f"{_DIGEST.format(salt='s')} || substr({_DIGEST.format(salt='t')}, 1, 4)",
    "batch_id": _BATCH,
}
_BY_TYPE = {
    "bigint": "0",
    "integer": "0",
    "smallint": "1",
    "boolean": "false",
    "bytea": _DIGEST.format(salt="u"),
    "date": "current_date",
    "timestamp with time zone": "now()",
}


def fill(url: str, keys: Keys, rows: int, known: int) -> list[Number]:
    """Add documents to a database that holds a batch; give the numbers of those planted.

    Args:
        rows: how many documents.
        known: how many of them, ID cards all, are to be found by their numbers.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        first = _one(connection, "SELECT coalesce(max(id), 0) + 1 FROM documents")
        planted = _plant(connection, keys, range(first, first + rows), known)
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("SET work_mem = '128MB'")
        with _bare(connection):
            _make(connection, first, rows)
        _count_on(connection)
        connection.execute("VACUUM (ANALYZE) documents, document_numbers")
        connection.execute("CHECKPOINT")
    return planted


def _plant(
    connection: psycopg.Connection[Any], keys: Keys, ids: range, known: int
) -> list[Number]:
    """Choose documents at random, and note the HMACs of the numbers they are to bear."""
    cards = (one for one in _shuffled(ids) if _is_card(one))
    chosen = [next(cards) for _ in range(known)]
    connection.execute("CREATE TEMP TABLE planted (nth bigint PRIMARY KEY, hmac bytea)")
    numbers = [Number(Kind.ID_CARD, str(_PLANTED + place)) for place in range(known)]
    with connection.cursor().copy("COPY planted FROM STDIN") as copy:
        for nth, number in zip(chosen, numbers, strict=True):
            copy.write_row((nth, keys.number_hmac(NumberType.NATIONAL_ID, number.text)))
    connection.execute("ANALYZE planted")
    return numbers


def _shuffled(ids: range) -> Iterator[int]:
    dice, seen = random.Random("planted"), set[int]()
    while len(seen) < len(ids):
        one = dice.choice(ids)
        if one not in seen:
            seen.add(one)
            yield one


def _is_card(nth: int) -> bool:
    return nth * 7919 % PUBLISHED < READY[Kind.ID_CARD]


def _make(connection: psycopg.Connection[Any], first: int, rows: int) -> None:
    """Make the documents, the numbers that they go by, and the cards' second numbers."""
    connection.execute(
        "CREATE TEMP TABLE places AS"
        " SELECT array_agg(code ORDER BY code) AS codes FROM centres"
        " WHERE kind = 'huduma' AND status = 'open'"
    )
    nths = f"generate_series({first}::bigint, {first + rows - 1}::bigint)"
    made = f"(SELECT nth, {_kind()} AS kind FROM {nths} AS nth) AS d"  # noqa: S608
    _insert(connection, "documents", _DOCUMENT, made)
    principal = " ".join(f"WHEN '{kind}' THEN '{type_}'" for kind, type_ in PRINCIPAL.items())
    hmac = _DIGEST.format(salt="m")
    _insert(
        connection,
        "document_numbers",
        {
            **_NUMBER,
            "type": f"CASE d.kind {principal} END",
            "hmac": f"coalesce(planted.hmac, {hmac})",
        },
        f"{made} LEFT JOIN planted USING (nth)",
    )
    cards = f"{made} WHERE d.kind = '{Kind.ID_CARD}'"
    second = {"type": f"'{NumberType.WAITING_CARD}'", "hmac": _DIGEST.format(salt="w")}
    _insert(connection, "document_numbers", {**_NUMBER, **second}, cards)


def _kind() -> str:
    """Say in SQL which kind a document is: as in lists, each as often as was published."""
    cases, passed = [], 0
    for kind, count in READY.items():
        passed += count
        cases.append(f"WHEN {_PLACE.replace('d.', '')} < {passed} THEN '{kind}'")
    return f"CASE {' '.join(cases)} END"


def _insert(
    connection: psycopg.Connection[Any], table: str, known: Mapping[str, str], source: str
) -> None:
    columns = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = %s"
        " AND (column_name = ANY(%s)"
        " OR is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO')",
        (table, list(known)),
    ).fetchall()
    values = [known.get(name, _BY_TYPE.get(type_, "'-'")) for name, type_ in columns]
    names = [name for name, _ in columns]
    _execute(
        connection,
        f"INSERT INTO {table} ({', '.join(names)})"  # noqa: S608
        f" SELECT {', '.join(values)} FROM {source}",
    )


@contextmanager
def _bare(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Take constraints and indexes from the tables while the block runs: it is far quicker."""
    constraints = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
        " FROM pg_constraint WHERE contype IN ('f', 'p', 'u')"
        " AND (conrelid = ANY(%s::regclass[]) OR confrelid = ANY(%s::regclass[]))"
        " ORDER BY contype",  # foreign keys first: they stand on the others
        (TABLES, TABLES),
    ).fetchall()
    for table, name, _ in constraints:
        _execute(connection, f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)", (TABLES,)
    ).fetchall()
    for name, _ in indexes:
        _execute(connection, f'DROP INDEX "{name}"')
    yield
    for _, definition in indexes:
        _execute(connection, definition)
    for table, name, definition in _others_first(constraints):
        _execute(connection, f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def _others_first(constraints: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
    return sorted(constraints, key=lambda one: one[2].startswith("FOREIGN KEY"))


def _count_on(connection: psycopg.Connection[Any]) -> None:
    """Let a sequence, where ids come from one, go on behind the documents made here."""
    connection.execute(
        "SELECT setval(sequence, (SELECT max(id) FROM documents))"
        " FROM pg_get_serial_sequence('documents', 'id') AS sequence"
        " WHERE sequence IS NOT NULL"
    )


def _one(connection: psycopg.Connection[Any], query: str) -> int:
    row = _execute(connection, query).fetchone()
    assert row
    return int(row[0])


def _execute(connection: psycopg.Connection[Any], statement: str) -> psycopg.Cursor[Any]:
    return connection.execute(statement.encode())
