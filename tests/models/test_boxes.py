"""Boxes in the database: under changed keys, and when they have been kept long enough."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from models.base import Database
from models.boxes import (
    Box,
    Unreadable,
    Verdict,
    box_items,
    boxes,
    find_box,
    numbers_of,
    open_box,
    scan,
)
from models.closing import close
from models.country import kenya
from models.keys import Keys
from models.numbers import Kind
from models.retention import Keep, apply
from models.rotation import PhoneRotation
from models.stock_takes import begin, end, find_stock_take, stock_takes
from tests.rotating import BOTH, NEW, OLD, left

HERE, TODAY = "047-01", date(2026, 11, 22)


def _opened(database: Database, keys: Keys, *listed: str) -> int:
    with database.working() as connection:
        sheet = {number: line for line, number in enumerate(listed, 1)}
        return open_box(connection, keys, HERE, Kind.ID_CARD, "officer", sheet)


def _scanned(database: Database, keys: Keys, box: int, number: str) -> Verdict:
    with database.working() as connection:
        held = find_box(connection, box, HERE, for_change=True)
        assert held
        return scan(connection, keys, kenya(), held, number, TODAY).verdict


def _box(database: Database, box: int) -> Box:
    with database.working() as connection:
        held = find_box(connection, box, HERE)
    assert held
    return held


def test_an_open_box_is_scanned_into_while_keys_change_and_after(database: Database) -> None:
    box = _opened(database, OLD, "20000001", "20000002")
    before = _scanned(database, OLD, box, "20000001")
    between = (
        _scanned(database, BOTH, box, "20000001"),
        _scanned(database, BOTH, box, "20000003"),
    )
    for _ in PhoneRotation(database, BOTH).run():
        pass
    after = _scanned(database, NEW, box, "20000001"), _scanned(database, NEW, box, "20000002")
    held = _box(database, box)
    with database.working() as connection:
        read = [one.number for one in numbers_of(connection, NEW, held)]

    assert (before, between) == (Verdict.NEW, (Verdict.AGAIN, Verdict.NEW))
    assert after == (Verdict.AGAIN, Verdict.NEW)
    assert read == ["20000001", "20000002", "20000003"]
    assert left(database) == {}


def test_a_number_that_was_scanned_under_two_keys_becomes_one(database: Database) -> None:
    box = _opened(database, NEW)
    _scanned(database, NEW, box, "20000001")
    _scanned(database, OLD, box, "20000001")
    for _ in PhoneRotation(database, BOTH).run():
        pass
    with database.working() as connection:
        count = connection.scalars(select(func.count()).select_from(box_items)).one()

    assert count == 1
    assert _scanned(database, NEW, box, "20000001") is Verdict.AGAIN


def test_a_box_whose_numbers_do_not_open_is_not_closed(database: Database) -> None:
    box = _opened(database, OLD)
    _scanned(database, OLD, box, "20000001")
    with database.working() as connection:
        held = find_box(connection, box, HERE, for_change=True)
        assert held
        with pytest.raises(Unreadable):
            close(connection, NEW, held, TODAY, "officer")


def test_closed_boxes_and_ended_stock_takes_go_in_time_and_open_ones_stay(
    database: Database,
) -> None:
    closed, still_open = _opened(database, OLD), _opened(database, OLD, "20000002")
    _scanned(database, OLD, closed, "20000001")
    with database.working() as connection:
        held = find_box(connection, closed, HERE, for_change=True)
        assert held
        close(connection, OLD, held, TODAY, "officer")
        ended, goes_on = (begin(connection, HERE, "", "officer") for _ in range(2))
        taken = find_stock_take(connection, ended, HERE, for_change=True)
        assert taken
        end(connection, taken, TODAY, "officer")
    later = datetime.now(UTC) + timedelta(days=Keep().documents + 1)
    for _ in apply(database, Keep(), later, "tester"):
        pass
    with database.working() as connection:
        assert connection.scalars(select(boxes.c.id)).all() == [still_open]
        assert connection.scalars(select(box_items.c.box_id)).all() == [still_open]
        assert connection.scalars(select(stock_takes.c.id)).all() == [goes_on]
