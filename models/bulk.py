"""Writing many rows at once, within a transaction: COPY on PostgreSQL, else one INSERT."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    Connection,
    Table,
    func,
    insert,
    select,
    text,
)

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_NULL = struct.pack(">i", -1)
_EPOCH = date(2000, 1, 1).toordinal()


def insert_many(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert rows that all have the same columns, and their ids where those are wanted."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        connection.execute(insert(table), [dict(row) for row in rows])
        return
    names = ", ".join(rows[0])
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(list(row.values()))
    cursor.close()


def new_ids(connection: Connection, table: Table, count: int) -> list[int]:
    """Give ids for new rows: on PostgreSQL nobody else's, on SQLite there is one writer."""
    if connection.dialect.name != "postgresql":
        last = connection.scalars(select(func.coalesce(func.max(table.c.id), 0))).one()
        return list(range(last + 1, last + 1 + count))
    drawn = text(
        "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)"
    )
    return list(connection.scalars(drawn, {"name": table.name, "count": count}))


def copy_packed(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterable[bytes]
) -> None:
    """Write rows to PostgreSQL that are packed already.

    Args:
        rows: each as PostgreSQL's documentation of COPY describes the binary format: the
            number of fields in two octets, then the fields, as `packed` gives them.
    """
    octets = b"".join((_HEADER, *rows, _TRAILER))
    cursor = connection.connection.cursor()
    with cursor.copy(
        f"COPY {table.name} ({', '.join(names)}) FROM STDIN (FORMAT BINARY)"
    ) as copy:
        copy.write(octets)
    cursor.close()


def insert_plain(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows of values that SQLite takes as they are."""
    if rows:
        columns, places = ", ".join(names), ", ".join("?" * len(names))
        into = f"{table.name} ({columns})"
        statement = f"INSERT INTO {into} VALUES ({places})"  # noqa: S608 # nosec B608 # our names
        connection.exec_driver_sql(statement, list(rows))


def packed(value: str | bytes | int | date | None, octets: int = 8) -> bytes:
    """Pack one field: its length, then the value as PostgreSQL's binary format has it.

    Args:
        octets: how long a whole number is.
    """
    match value:
        case None:
            return _NULL
        case bytes():
            body = value
        case str():
            body = value.encode()
        case date():
            body = struct.pack(">i", value.toordinal() - _EPOCH)
        case _:
            body = value.to_bytes(octets, signed=True)
    return struct.pack(">i", len(body)) + body
