"""`flask menus explore`: the real menus, walked with the real data and with the widest."""

import re

import pytest
from flask import Flask

_LINE = re.compile(
    r"(real|widest) data, (\w+): [0-9,]+ pages of ([0-9]+) screens; deepest answer ([0-9]+)"
    r" keys \(\w+\); fullest page ([0-9]+) of 160 septets"
)


@pytest.mark.long
def test_the_real_menus_have_no_fault_with_any_data(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["menus", "explore"])
    *lines, last = result.output.splitlines()
    told = [_LINE.fullmatch(line) for line in lines]

    assert re.fullmatch(r"0 faults; [0-9,]+ pages of more than 30 words", last), result.output
    assert result.exit_code == 0
    assert [one and one.groups()[:2] for one in told] == [
        ("real", "English"),
        ("real", "Kiswahili"),
        ("widest", "English"),
        ("widest", "Kiswahili"),
    ]
    assert all(one and int(one[4]) <= 4 and int(one[5]) <= 160 for one in told)
