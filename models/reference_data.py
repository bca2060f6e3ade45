"""Loading reference data: rows of a file into a table, by the table's primary key.

The files lie in the folder `reference/`, each row with its source and how sure it is.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Table, delete, insert, select, update


def replace(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> int:
    """Make `table` hold `rows`: add the new, change the changed, drop what is gone.

    Raises:
        sqlalchemy.exc.IntegrityError: a row that is gone is still referred to.
    """
    key = table.primary_key.columns.values()[0]
    known = set(connection.scalars(select(key)))
    for row in rows:
        if row[key.name] in known:
            known.discard(row[key.name])
            connection.execute(update(table).where(key == row[key.name]).values(row))
        else:
            connection.execute(insert(table).values(row))
    if known:
        connection.execute(delete(table).where(key.in_(known)))
    return len(rows)
