"""Writing many rows at once, within a transaction: COPY on PostgreSQL, else one INSERT."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Table, func, insert, select, text


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
