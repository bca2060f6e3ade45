"""Statements that stand ready: what they give, and what becomes of their faults."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import BindParameter, Select, bindparam, event, select
from sqlalchemy.exc import DataError, OperationalError

from models.base import Database, Unavailable
from models.centres import centres
from models.ready import Ready
from tests.conftest import opened
from tests.redis_groups import wait_for

CODES = ["047-01", "001-01"]


def _among(_dialect: str) -> Select[Any]:
    codes: BindParameter[Any] = bindparam("codes", expanding=True)
    named = select(centres.c.code, centres.c.town.label("place"))
    return named.where(centres.c.code.in_(codes), centres.c.code != "none").order_by("code")


@pytest.fixture
def ready() -> Ready:
    return Ready(_among)


@pytest.fixture
def on_postgres(postgres_url: str) -> Iterator[Database]:
    with opened(postgres_url) as one:
        yield one


@pytest.mark.parametrize("codes", [CODES, CODES[:1], []], ids=["two", "one", "none"])
def test_it_gives_the_rows_that_sqlalchemy_gives(
    database: Database, ready: Ready, codes: list[str]
) -> None:
    with database.reading() as connection:
        given = [tuple(one) for one in ready.rows(connection, {"codes": codes})]
        plain = connection.execute(_among(""), {"codes": codes}).all()

    assert given == [tuple(one) for one in plain]
    assert len(given) == len(codes)


def test_it_serves_any_number_of_values_one_after_the_other(
    database: Database, ready: Ready
) -> None:
    with database.reading() as connection:
        counts = [len(ready.rows(connection, {"codes": CODES[:n]})) for n in (1, 2, 1, 2)]

    assert counts == [1, 2, 1, 2]


def test_its_columns_have_their_names(database: Database, ready: Ready) -> None:
    with database.reading() as connection:
        (row,) = ready.rows(connection, {"codes": CODES[:1]})

    assert (row.code, bool(row.place)) == (CODES[0], True)


def test_who_counts_statements_sees_it_once(database: Database, ready: Ready) -> None:
    seen: list[str] = []
    event.listen(
        database.engines[0], "before_cursor_execute", lambda *given: seen.append(given[2])
    )
    with database.reading() as connection:
        ready.rows(connection, {"codes": CODES})

    assert [one.startswith("SELECT") for one in seen] == [True]


def test_a_refused_statement_is_sqlalchemys_error_without_its_values(
    on_postgres: Database, ready: Ready
) -> None:
    with pytest.raises(DataError) as refused:
        _ask(on_postgres, ready, ["s3cret\0"])

    assert "s3cret" not in str(refused.value)
    assert not refused.value.connection_invalidated


def test_a_lost_connection_is_let_go_of_and_made_anew(
    on_postgres: Database, ready: Ready
) -> None:
    with pytest.raises(Unavailable) as lost:
        _ask(on_postgres, ready, CODES, loses=True)
    cause = lost.value.__cause__

    assert isinstance(cause, OperationalError)
    assert cause.connection_invalidated
    wait_for(lambda: _answers(on_postgres, ready), "it answered again")


def _ask(database: Database, ready: Ready, codes: list[Any], loses: bool = False) -> None:
    with database.reading() as connection:
        driver: Any = connection.connection.dbapi_connection
        if loses:
            driver.pgconn.finish()
        ready.rows(connection, {"codes": codes})


def _answers(database: Database, ready: Ready) -> bool:
    try:
        _ask(database, ready, CODES)
    except Unavailable:
        return False
    return True
