"""The roll-out is data: a new desk, centre or constituency's centre needs rows and no code."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from models.centres import JITUME, OPEN, centres
from models.constituencies import constituencies
from models.desks import desks
from tests.caller import Caller
from tests.conftest import Open, line_of
from tests.servers import RedisServer

NAIROBI = ZoneInfo("Africa/Nairobi")


class Clock:
    """A clock that is put forward."""

    def __init__(self) -> None:
        self.now = datetime(2026, 10, 5, 10, tzinfo=NAIROBI)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dated(open_app: Open, sqlite_url: str, redis: RedisServer, clock: Clock) -> Flask:
    return open_app(sqlite_url, redis.url, clock)


def test_a_court_desk_shows_from_its_day_on(dated: Flask, clock: Clock) -> None:
    _add_desk(dated, "042-01", "court", date(2026, 10, 12))

    assert "at 6 Huduma Centres" in _page(dated, "4")
    assert "Court desk: no" in _page(dated, "2", "42")
    clock.now = datetime(2026, 10, 12, 10, tzinfo=NAIROBI)
    assert "at 7 Huduma Centres" in _page(dated, "4")
    assert "Court desk: yes" in _page(dated, "2", "42")


def test_a_desk_shows_until_its_day(dated: Flask, clock: Clock) -> None:
    line = line_of(dated)
    with line.database.working() as connection:
        ends = update(desks).where(desks.c.centre_code == "022-01", desks.c.desk == "court")
        connection.execute(ends.values(until=date(2026, 10, 7)))
    line.watch.look()

    assert "Court desk: yes" in _page(dated, "2", "thika")
    clock.now = datetime(2026, 10, 8, 10, tzinfo=NAIROBI)
    assert "Court desk: no" in _page(dated, "2", "thika")


def test_a_constituencys_own_centre_is_found_by_its_name_once_it_is_a_row(
    dated: Flask,
) -> None:
    assert "A Huduma Jitume centre is planned there." in _page(dated, "2", "kilgoris")
    _add_jitume_centre(dated, "033-02", "Kilgoris")
    _add_desk(dated, "033-02", "court", date(2026, 10, 1))
    page = _page(dated, "2", "kilgoris")

    assert page.startswith("CON Kilgoris Jitume\nNarok\nopen till 17:00\n")
    assert "Court desk: yes" in page


def test_a_service_shows_at_a_centre_once_its_desk_is_a_row(dated: Flask) -> None:
    before = _page(dated, "2", "gpo nairobi", "2")
    _add_desk(dated, "047-01", "id_first", date(2026, 10, 1))

    assert "\n3 First ID\n" not in before
    assert "\n3 First ID\n" in _page(dated, "2", "gpo nairobi", "2")


def test_a_planned_centre_shows_as_open_once_its_row_says_so(dated: Flask) -> None:
    assert "planned, not open yet" in _page(dated, "2", "molo")
    line = line_of(dated)
    with line.database.working() as connection:
        opened = {"status": OPEN, "opens": "08:00", "closes": "17:00", "days": "Mon-Fri"}
        molo = update(centres).where(centres.c.short_name == "Molo")
        connection.execute(molo.values(opened))
    line.watch.look()

    assert "open till 17:00" in _page(dated, "2", "molo")


def _page(app: Flask, *keys: str) -> str:
    return Caller(app.test_client()).keys(*keys)


def _add_desk(app: Flask, centre: str, desk: str, since: date) -> None:
    line = line_of(app)
    with line.database.working() as connection:
        row = {"centre_code": centre, "desk": desk, "since": since, "source": "a notice"}
        connection.execute(insert(desks).values(row))
    line.watch.look()


def _add_jitume_centre(app: Flask, code: str, constituency: str) -> None:
    line = line_of(app)
    with line.database.working() as connection:
        named = select(constituencies.c.code).where(constituencies.c.name == constituency)
        row = {
            "code": code,
            "short_name": f"{constituency} Jitume",
            "name": f"Huduma Jitume Centre {constituency}",
            "kind": JITUME,
            "county_code": code[:3],
            "constituency_code": connection.scalars(named).one(),
            "town": "",
            "address": "",
            "opens": "08:00",
            "closes": "17:00",
            "days": "Mon-Fri",
            "status": OPEN,
            "opened": "2026-10-01",
            "confidence": "high",
            "source": "a notice",
        }
        connection.execute(insert(centres).values(row))
    line.watch.look()
