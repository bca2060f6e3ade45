"""Charts: as high as their figures, told apart without colour, and harmless."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask

from console.figures import charts
from console.figures.charts import Chart, Series
from console.figures.table import Head, Measure, Table
from tests.conftest import people_of

_HEIGHT = re.compile(r"V([0-9.]+)H")


@pytest.fixture(autouse=True)
def asked(sqlite_centre: Flask) -> Iterator[None]:
    """A page is being asked for."""
    with people_of(sqlite_centre).test_request_context():
        yield


def _chart(*series: tuple[float | None, ...]) -> Chart:
    labels = [f"{nth} <b>" for nth in range(len(series[0]))]
    return Chart(
        "one", "<Title>", labels, [Series(f"S&{n}", one) for n, one in enumerate(series)]
    )


def _tops(drawn: str, nth: int) -> list[float]:
    """Give how far from the top the columns of a series reach, in the wide chart."""
    path = re.findall(rf'fill="url\(#weave{nth}\)" class="edge" d="([^"]*)"', drawn)[0]
    return [float(one) for one in _HEIGHT.findall(path)]


def test_columns_stand_upon_each_other_as_high_as_their_figures() -> None:
    drawn = charts.columns(_chart((100, 50, 0), (0, 50, 100)))
    (full, half), (above, alone) = _tops(drawn, 1), _tops(drawn, 2)

    assert full == above == alone
    assert half - full == pytest.approx((charts._HEIGHT - charts._BOTTOM - full) / 2, abs=0.1)


def test_each_chart_is_drawn_for_a_desk_and_for_a_phone_with_a_title_and_a_description() -> (
    None
):
    drawn = charts.columns(_chart((1, 2)))

    assert re.findall(r'class="chart (\w+)" viewBox="0 0 (\d+)', drawn) == [
        ("wide", "640"),
        ("narrow", "320"),
    ]
    assert drawn.count("<title id=") == drawn.count("<desc id=") == 2
    assert "The highest is 2 (1 &lt;b&gt;)." in drawn


def test_what_names_hold_is_no_markup() -> None:
    drawn = [draw(_chart((1, 2), (3, 4))) for draw in (charts.columns, charts.rows)]

    assert not [one for one in drawn if "<b>" in one or "<Title>" in one or "S&0" in one]


def test_where_nothing_was_counted_there_is_no_chart_but_words() -> None:
    assert charts.columns(_chart((0, 0))) == charts.rows(_chart((0,), (0,)))
    assert "Nothing was counted" in charts.columns(_chart((0, 0)))


def test_a_line_has_a_gap_where_nothing_is_known() -> None:
    chart = Chart("one", "", ["a", "b", "c"], [Series("s", (1, None, 1))], steps=("1", "2"))
    path = re.findall(r'class="l1" d="([^"]+)"', charts.lines(chart))[0]

    assert path.count("M") == 2


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (10, [0, 3, 6, 9, 12]),
        (1_060, [0, 500, 1_000, 1_500]),
        (226_247, [0, 100_000, 200_000, 300_000]),
    ],
)
def test_an_axis_has_few_whole_numbers(most: float, ticks: list[float]) -> None:
    assert charts._ticks(most, whole=True) == ticks


def test_a_chart_of_a_table_has_its_columns_and_short_days() -> None:
    heads = (Head("day", "Day", Measure.DAY), Head("a", "A"), Head("b", "B"))
    chart = charts.of(
        "x", Table("sessions_by_day", heads, [(date(2026, 11, 3), 4, None)]), "ba"
    )

    assert chart.labels == ["3 Nov"]
    assert [(one.name, one.values) for one in chart.series] == [("B", [None]), ("A", [4])]


def test_a_bar_is_as_long_as_its_share() -> None:
    assert 'class="left" x="75.00" width="25.00"' in charts.bar([("on", 3), ("left", 1)], 4)
    assert 'width="0.00"' in charts.bar([("on", 0)], 0)
