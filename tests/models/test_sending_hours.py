"""Facts about the hours in which people are texted what they did not just ask for."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from models.country import Country, kenya
from models.sending_hours import is_open, next_morning


def there(text: str, zone: str = "Africa/Nairobi") -> datetime:
    """Give the moment, in UTC, at which clocks there show a time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def country(zone: str) -> Country:
    return replace(kenya(), time_zone=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("time", "opened"),
    [
        ("00:00:00", False),
        ("07:59:59.999999", False),
        ("08:00:00", True),
        ("12:00:00", True),
        ("17:59:59.999999", True),
        ("18:00:00", False),
        ("23:59:59", False),
    ],
)
def test_notices_go_out_from_eight_till_six(time: str, opened: bool) -> None:
    assert is_open(kenya(), there(f"2026-10-09T{time}")) is opened


@pytest.mark.parametrize("day", ["2026-10-10", "2026-10-11", "2026-12-25"])
def test_weekends_and_holidays_have_the_same_hours(day: str) -> None:
    assert is_open(kenya(), there(f"{day}T08:00:00"))


def test_the_hours_are_those_of_the_country_and_not_of_utc() -> None:
    assert is_open(kenya(), datetime(2026, 10, 9, 5, 0, tzinfo=UTC))
    assert not is_open(kenya(), datetime(2026, 10, 9, 15, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    "zone", ["Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kathmandu"]
)
def test_another_country_has_its_own_clock(zone: str) -> None:
    elsewhere = country(zone)
    edges = ("07:59:59", "08:00:00", "17:59:59", "18:00:00")
    opened = [is_open(elsewhere, there(f"2026-10-09T{one}", zone)) for one in edges]

    assert opened == [False, True, True, False]


@pytest.mark.parametrize(
    ("moment", "morning"),
    [
        ("2026-10-09T00:00:00", "2026-10-09T08:00:00"),
        ("2026-10-09T07:59:59.999999", "2026-10-09T08:00:00"),
        ("2026-10-09T08:00:00", "2026-10-10T08:00:00"),
        ("2026-10-09T12:00:00", "2026-10-10T08:00:00"),
        ("2026-10-09T23:59:59", "2026-10-10T08:00:00"),
        ("2026-12-31T20:00:00", "2027-01-01T08:00:00"),
        ("2028-02-28T20:00:00", "2028-02-29T08:00:00"),
    ],
)
def test_the_next_morning_is_the_first_eight_o_clock_to_come(moment: str, morning: str) -> None:
    assert next_morning(kenya(), there(moment)) == there(morning)


@pytest.mark.parametrize(
    "zone", ["Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kathmandu"]
)
def test_the_next_morning_elsewhere_is_eight_o_clock_there(zone: str) -> None:
    evening = there("2026-10-09T20:00:00", zone)

    assert next_morning(country(zone), evening) == there("2026-10-10T08:00:00", zone)


@pytest.mark.parametrize("night", ["2026-03-28", "2026-10-24"])
def test_a_night_in_which_clocks_change_ends_at_eight_all_the_same(night: str) -> None:
    zone = "Europe/Berlin"
    morning = next_morning(country(zone), there(f"{night}T20:00:00", zone))

    assert morning.astimezone(ZoneInfo(zone)).hour == 8
    assert is_open(country(zone), morning)


def test_the_hours_are_open_at_the_next_morning() -> None:
    assert is_open(kenya(), next_morning(kenya(), there("2026-10-09T20:00:00")))


@pytest.mark.parametrize("ask", [is_open, next_morning])
def test_a_moment_without_a_zone_is_refused(ask: object) -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        ask(kenya(), datetime(2026, 10, 9, 12))  # type: ignore[operator]
