"""Facts about reports: what they say, and that no spreadsheet runs what they hold."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from models.lists.refusal import BadFile, Refusal
from models.lists.report import write, write_refusals

STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20", "|", "%")
NUMBER = re.compile("-?[0-9,.]+\n?")


def cells(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def test_a_report_gives_line_column_and_reason_alone(tmp_path: Path) -> None:
    file = tmp_path / "report.csv"
    refusals = [Refusal(3, "state", "not one of: a, b"), BadFile("broken", 7).refusal]

    assert write_refusals(file, refusals) == 2
    assert file.read_bytes() == (
        b'line,column,reason\n3,state,"not one of: a, b"\n7,file,broken\n'
    )


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd",
        "@SUM(A1)",
        "\t=1+1",
        "\r\n=1+1",
        " =1+1",
        "\u00a0=1+1",
        "\uff1d1+1",
        "%0A=1",
    ],
)
def test_no_cell_begins_as_a_formula_does(cell: str, tmp_path: Path) -> None:
    write(tmp_path / "export.csv", ["column"], [[cell]])

    assert not cells(tmp_path / "export.csv")[1][0].startswith((*STARTS, " "))


def test_plain_cells_are_written_as_they_are(tmp_path: Path) -> None:
    write(tmp_path / "export.csv", ["a", "b"], [["Murang'a", 3], ["x;y", -4]])

    assert cells(tmp_path / "export.csv")[1:] == [["Murang'a", "3"], ["x;y", "-4"]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cell=st.text(alphabet="=+-@|%\t\r\n ;,\"'A1\uff1d\u00a0", max_size=12))
@example(cell="-1")  # a number is written as it is: no spreadsheet runs it
def test_whatever_a_cell_holds_it_begins_as_no_formula(cell: str, tmp_path: Path) -> None:
    write(tmp_path / "export.csv", ["column"], [["x", cell]])
    written = cells(tmp_path / "export.csv")[1][1]

    assert NUMBER.fullmatch(written) or not written.startswith((*STARTS, " "))
