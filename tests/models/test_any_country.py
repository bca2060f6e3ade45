"""A country's file of any content: served, or every fault in it named."""

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.country import KENYA, BadCountry, Country, kenya

WRITTEN = tomllib.loads(KENYA.read_text(encoding="utf-8"))
SCALARS = (
    st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
    | st.sampled_from(["Africa/Nairobi", "KE", "KES", "en", "[0-9]{4}", "[", "(a+)+b", "../x"])
)
ANYTHING = SCALARS | st.lists(SCALARS, max_size=3)


def toml(value: Any) -> str:
    """Write a value as TOML has it."""
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{_text(name)} = {toml(one)}" for name, one in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return _text(value)
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _text(value: str) -> str:
    return '"' + "".join(f"\\U{ord(one):08X}" for one in value) + '"'


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(others=st.dictionaries(st.sampled_from([*WRITTEN, "other"]), ANYTHING, max_size=3))
def test_a_country_with_anything_in_its_file_is_read_or_its_faults_are_named(
    others: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "country.toml"
    lines = [f"{_text(name)} = {toml(one)}" for name, one in (WRITTEN | others).items()]
    file.write_text("\n".join(lines), encoding="utf-8")
    try:
        said = Country.read(file).name
    except BadCountry as faults:
        said = str(faults) if file.name in str(faults) else ""

    assert said


@settings(max_examples=30)
@given(moment=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)))
def test_any_moment_is_of_one_day_there_and_not_far_from_it(moment: datetime) -> None:
    day = kenya().day(moment)

    assert abs(day - moment.date()) <= timedelta(days=1)
    assert kenya().day(kenya().now_there(moment)) == day
