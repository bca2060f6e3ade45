"""Whether a centre's doors are open: hours, weekdays, holidays, and how that is told."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menus.flows import lists
from menus.hours import DAYS, Doors, Today, today
from menus.line import Line
from menus.queries import Queries
from menus.screens import Look
from models.centres import Centre
from models.country import kenya
from tests.caller import PHONE
from tests.conftest import Open, line_of
from tests.servers import RedisServer

NAIROBI = ZoneInfo("Africa/Nairobi")
FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2026, 10, day) for day in (2, 3, 4, 5))
MASHUJAA = date(2026, 10, 20)
"""A Tuesday."""

JAMHURI = date(2022, 12, 12)
"""A Monday."""


def centre(
    opens: str = "07:00", closes: str = "19:00", days: str = "Mon-Fri", planned: bool = False
) -> Centre:
    return Centre(
        "047-01", "GPO Nairobi", "047", "Nairobi", "", opens, closes, days, False, "", planned
    )


def at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), NAIROBI)


def doors(day: date, clock: str, of: Centre | None = None) -> Today:
    return today(of or centre(), at(day, clock), kenya())


@pytest.mark.parametrize("clock", ["07:00", "07:01", "12:00", "18:59"])
def test_doors_are_open_from_the_minute_they_open_to_the_minute_they_close(clock: str) -> None:
    assert doors(MONDAY, clock) == Today(Doors.OPEN, "19:00")


@pytest.mark.parametrize("clock", ["00:00", "03:30", "06:59"])
def test_before_they_open_doors_open_today(clock: str) -> None:
    assert doors(MONDAY, clock) == Today(Doors.OPENS_TODAY, "07:00")


@pytest.mark.parametrize("clock", ["19:00", "19:01", "23:59"])
def test_after_they_close_doors_open_the_next_day(clock: str) -> None:
    assert doors(MONDAY, clock) == Today(Doors.OPENS_LATER, "07:00", date(2026, 10, 6))


@pytest.mark.parametrize(
    ("day", "clock"),
    [(FRIDAY, "19:00"), (FRIDAY, "23:59"), (SATURDAY, "10:00"), (SUNDAY, "10:00")],
)
def test_over_a_weekend_doors_open_on_monday(day: date, clock: str) -> None:
    assert doors(day, clock) == Today(Doors.OPENS_LATER, "07:00", MONDAY)


@pytest.mark.parametrize(
    ("days", "opens_on"),
    [
        ("Mon-Fri", MONDAY),
        ("Mon-Sat", SATURDAY),
        ("Mon-Sun", SATURDAY),
    ],
)
def test_on_friday_evening_doors_open_on_their_next_day(days: str, opens_on: date) -> None:
    evening = doors(FRIDAY, "20:00", centre(days=days))

    assert evening == Today(Doors.OPENS_LATER, "07:00", opens_on)


@pytest.mark.parametrize(
    ("days", "open_on"),
    [("Mon-Fri", []), ("Mon-Sat", [SATURDAY]), ("Mon-Sun", [SATURDAY, SUNDAY])],
)
def test_doors_are_open_at_the_weekend_where_they_are(days: str, open_on: list[date]) -> None:
    found = {day: doors(day, "10:00", centre(days=days)) for day in (SATURDAY, SUNDAY)}

    assert [day for day, one in found.items() if one.doors is Doors.OPEN] == open_on


@pytest.mark.parametrize(
    ("days", "open_on"),
    [
        ("Sun-Thu", [0, 1, 2, 3, 6]),
        ("Sat-Mon", [0, 5, 6]),
        ("Wed-Wed", [2]),
        ("Mon-Sun", [0, 1, 2, 3, 4, 5, 6]),
        ("Tue-Mon", [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_a_range_of_days_may_run_over_the_end_of_the_week(
    days: str, open_on: list[int]
) -> None:
    week = [date(2026, 8, 31) + timedelta(days=ahead) for ahead in range(7)]  # no holiday in it
    found = [doors(day, "10:00", centre(days=days)).doors for day in week]

    assert [nth for nth, one in enumerate(found) if one is Doors.OPEN] == open_on


@pytest.mark.parametrize(
    "days", ["", "Mon", "Mon-", "-Fri", "mon-fri", "Mon - Fri", "Mon-Fri-Sat"]
)
def test_what_is_no_range_of_days_is_none(days: str) -> None:
    assert doors(MONDAY, "10:00", centre(days=days)) == Today(Doors.UNKNOWN)


def test_a_public_holiday_is_a_day_without_opening() -> None:
    assert doors(MASHUJAA, "10:00") == Today(Doors.OPENS_LATER, "07:00", date(2026, 10, 21))


def test_before_a_public_holiday_doors_open_the_day_after_it() -> None:
    before = doors(MASHUJAA - timedelta(days=1), "20:00")

    assert before == Today(Doors.OPENS_LATER, "07:00", date(2026, 10, 21))


def test_a_public_holiday_on_a_saturday_closes_doors_that_open_on_saturdays() -> None:
    mazingira = date(2026, 10, 10)

    assert doors(mazingira, "10:00", centre(days="Mon-Sat")) == Today(
        Doors.OPENS_LATER, "07:00", date(2026, 10, 12)
    )


def test_a_public_holiday_closes_doors_that_open_every_day() -> None:
    closed = doors(MASHUJAA, "06:00", centre(days="Mon-Sun"))

    assert closed == Today(Doors.OPENS_LATER, "07:00", date(2026, 10, 21))


def test_a_holiday_on_the_monday_after_a_weekend_keeps_doors_closed_till_tuesday() -> None:
    friday = JAMHURI - timedelta(days=3)
    closed = [doors(friday, "19:30"), doors(friday + timedelta(days=2), "12:00")]

    assert closed == [Today(Doors.OPENS_LATER, "07:00", date(2022, 12, 13))] * 2


def test_christmas_and_the_day_after_it_are_told_together_with_a_weekend() -> None:
    assert doors(date(2026, 12, 24), "20:00") == Today(
        Doors.OPENS_LATER, "07:00", date(2026, 12, 28)
    )


@pytest.mark.parametrize("clock", ["00:00", "10:00", "20:00"])
def test_a_centre_that_is_planned_is_told_as_planned_at_any_hour(clock: str) -> None:
    planned = centre(planned=True)

    assert doors(MONDAY, clock, planned) == Today(Doors.PLANNED)
    assert doors(MONDAY, clock, centre("", "", "", planned=True)) == Today(Doors.PLANNED)


@pytest.mark.parametrize(
    "of",
    [centre(opens=""), centre(closes=""), centre(days=""), centre(days="daily")],
    ids=["opens", "closes", "days", "other days"],
)
def test_where_no_source_gives_hours_nothing_is_known(of: Centre) -> None:
    assert doors(MONDAY, "10:00", of) == Today(Doors.UNKNOWN)


def test_the_clock_is_the_countrys() -> None:
    moment = datetime(2026, 10, 5, 5, 30, tzinfo=ZoneInfo("UTC"))  # 08:30 in Nairobi

    assert today(centre("08:00", "17:00"), kenya().now_there(moment), kenya()) == Today(
        Doors.OPEN, "17:00"
    )


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 1)),
    st.sampled_from(DAYS),
    st.sampled_from([("07:00", "19:00"), ("08:00", "17:00"), ("00:00", "23:59")]),
)
def test_doors_that_open_are_told_at_any_moment_and_open_then(
    moment: datetime, days: str, hours: tuple[str, str]
) -> None:
    of = centre(*hours, days=days)
    found = today(of, moment.replace(tzinfo=NAIROBI), kenya())

    if found.doors is Doors.OPENS_LATER:
        assert found.opens_on is not None
        assert moment.date() < found.opens_on
        assert doors(found.opens_on, of.opens, of) == Today(Doors.OPEN, of.closes)
    elif found.doors is Doors.OPENS_TODAY:
        assert doors(moment.date(), of.opens, of) == Today(Doors.OPEN, of.closes)
    else:
        assert found == Today(Doors.OPEN, of.closes)


# How that is told.


@pytest.fixture
def told(open_app: Open, sqlite_url: str, redis: RedisServer) -> "Telling":
    return Telling(open_app, sqlite_url, redis)


class Telling:
    """Tells of a centre's doors at a moment, in a language."""

    def __init__(self, open_app: Open, url: str, redis: RedisServer) -> None:
        self._moment = at(MONDAY, "10:00")
        self._line: Line = line_of(open_app(url, redis.url, lambda: self._moment))

    def __call__(self, code: str, day: date, clock: str, of: Centre | None = None) -> str:
        self._moment = at(day, clock)
        loaded = self._line.sessions.load(self._line.sessions.place(PHONE))
        queries = Queries(self._line, PHONE, loaded, lambda: 1.0)
        look = Look({}, queries, lambda: self._line.languages[code])
        return lists.status(look, of or centre())


@pytest.mark.parametrize(
    ("day", "clock", "english", "swahili"),
    [
        (MONDAY, "10:00", "open till 19:00", "wazi hadi saa 1 jioni"),
        (
            MONDAY,
            "06:59",
            "closed, opens today 07:00",
            "kimefungwa, kitafunguliwa leo saa 1 asubuhi",
        ),
        (
            FRIDAY,
            "20:00",
            "closed, opens Monday 07:00",
            "kimefungwa, kitafunguliwa Jumatatu saa 1 asubuhi",
        ),
        (
            MASHUJAA,
            "10:00",
            "closed, opens Wednesday 07:00",
            "kimefungwa, kitafunguliwa Jumatano saa 1 asubuhi",
        ),
    ],
)
def test_doors_are_told_in_both_languages(
    day: date, clock: str, english: str, swahili: str, told: Telling
) -> None:
    assert (told("en", day, clock), told("sw", day, clock)) == (english, swahili)


def test_other_hours_are_told_by_the_swahili_clock(told: Telling) -> None:
    of = centre("08:30", "17:00")

    assert told("sw", MONDAY, "12:00", of) == "wazi hadi saa 11 jioni"
    assert told("sw", MONDAY, "06:00", of) == "kimefungwa, kitafunguliwa leo saa 2:30 asubuhi"


def test_a_planned_centre_is_told_as_not_open_yet(told: Telling) -> None:
    planned = centre(planned=True)

    assert told("en", MONDAY, "10:00", planned) == "planned, not open yet"
    assert told("sw", MONDAY, "10:00", planned) == "kimepangwa, hakijafunguliwa"


@pytest.mark.parametrize("code", ["en", "sw"])
def test_of_doors_that_nobody_knows_nothing_is_told(code: str, told: Telling) -> None:
    assert told(code, MONDAY, "10:00", centre("", "", "")) == ""
