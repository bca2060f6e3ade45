"""Facts about the faults that are put into code to see whether the tests notice."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from bench.mutants.__main__ import LEAST, ROOT, Score
from bench.mutants.equals import EQUALS
from bench.mutants.faults import Fault, faults
from bench.mutants.parts import PARTS
from bench.mutants.patch import patch, tell_lines

SOURCE = '''"""A module."""
import logging
_log = logging.getLogger(__name__)
MOST = 5
NAME = "a name"


class Box:
    """A box."""

    def room(self, held: int, wanted: int = 1) -> bool:
        """Say whether there is room."""
        _log.info("asked")
        if held < MOST and wanted:
            return self.fits(wanted, over=False)
        return False

    def fits(self, wanted: int, over: bool) -> bool:
        return f"{wanted}" != "9" or over
'''


def names(source: str = SOURCE, only: frozenset[str] = frozenset()) -> list[str]:
    return [one.name.removeprefix("m.py ") for one in faults("m.py", source.encode(), only)]


@pytest.fixture
def module(tmp_path: Path) -> ModuleType:
    file = tmp_path / "m.py"
    file.write_text(SOURCE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("m", file)
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_each_fault_is_one_change_of_what_runs() -> None:
    assert names() == [
        "Box.room: held < MOST and wanted => (not (held < MOST and wanted))",
        "Box.room: held < MOST and wanted => (held < MOST or wanted)",
        "Box.room: held < MOST => (held <= MOST)",
        "Box.room: self.fits(wanted, over=False) => None",
        "Box.room: self.fits(wanted, over=False) => (self.fits(wanted))",
        "Box.room: self.fits(wanted, over=False) => (self.fits(None, over=False))",
        "Box.room: False => (True)",
        "Box.room: False => None",
        "Box.room: False => (True)",
        'Box.fits: f"{wanted}" != "9" or over => None',
        "Box.fits: f\"{wanted}\" != \"9\" or over => (f'{wanted}' != '9' and over)",
        "Box.fits: f\"{wanted}\" != \"9\" => (f'{wanted}' == '9')",
        "Box.fits: f\"{wanted}\" => ('XX')",
        "Box.fits: \"9\" => ('XX9')",
        "MOST: 5 => (6)",
    ]


def test_a_part_may_be_a_function_of_a_file() -> None:
    only = names(only=frozenset({"fits"}))

    assert only
    assert all(one.startswith("Box.fits: ") for one in only)


def test_a_fault_changes_its_place_alone() -> None:
    source = SOURCE.encode()
    one = next(one for one in faults("m.py", source) if one.name.endswith("held <= MOST)"))

    assert one.put(source).decode() == SOURCE.replace("held < MOST", "(held <= MOST)")
    assert one.lines == {14}


def test_a_number_of_the_module_stands_where_it_is_used() -> None:
    one = faults("m.py", SOURCE.encode())[-1]

    assert one.lines == {14}
    assert not one.in_function


def test_functions_that_run_take_other_code(module: ModuleType) -> None:
    box = module.Box()
    assert not box.room(5)
    changed = patch(Path(str(module.__file__)), SOURCE.replace("held < MOST", "True").encode())

    assert changed
    assert box.room(5)


def test_functions_tell_the_lines_that_they_come_by(module: ModuleType) -> None:
    lines: list[int] = []
    tell_lines(Path(str(module.__file__)), lines.append)
    module.Box().room(5)

    assert lines == [12, 13, 14, 16]


def test_a_file_that_nobody_imported_takes_no_other_code(tmp_path: Path) -> None:
    assert not patch(tmp_path / "m.py", SOURCE.encode())


def test_the_parts_stand_where_they_are_looked_for() -> None:
    for part in PARTS:
        for file, only in part.files.items():
            found = faults(file, (ROOT / file).read_bytes(), only)
            functions = {word for one in found for word in one.where.split(".")}
            assert only <= functions, file
        assert [one for one in part.tests if (ROOT / "tests" / one).exists()], part.name


def test_a_fault_that_is_let_live_is_one_that_can_be_made() -> None:
    files = {name.split(" ")[0] for name in EQUALS}
    every: list[Fault] = []
    for file in files:
        every += faults(file, (ROOT / file).read_bytes())

    assert not EQUALS.keys() - {one.name for one in every}


def test_a_score_says_how_sure_it_is() -> None:
    score = Score(noticed=90, lived=["one"] * 10, equal=2)

    assert score.share >= LEAST
    assert score.said == "90% of 100 (83% to 94%), 2 equivalent left out"
