"""Facts about a corpus of ugly files: each loads right, or gets its exact report."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from models.lists.table import Fill
from tests.models.lists.read import read_file, spelt
from tests.models.lists.workbooks import MADE

LISTS = Path(__file__).parents[2] / "lists"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads(
    (LISTS / "expected.toml").read_text(encoding="utf-8")
)
PERSONAL = ("20123456", "711000111", "Wanjiku", "Njeri", "Otieno", "123/2004")
"""What stands in cells of the corpus, and may stand in no report."""


def found(name: str, folder: Path) -> Path:
    if name not in MADE:
        return LISTS / name
    MADE[name](folder / name)
    return folder / name


def test_the_corpus_is_whole() -> None:
    beside = {file.name for file in LISTS.iterdir()} - {"expected.toml", ".gitattributes"}

    assert beside | set(MADE) == set(EXPECTED)
    assert not beside & set(MADE)
    assert len(EXPECTED) >= 60


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_loads_right_or_gets_its_exact_report(name: str, tmp_path: Path) -> None:
    expected = EXPECTED[name]
    rows, report = read_file(found(name, tmp_path), Fill(**expected.get("fill", {})))

    assert [spelt(one) for one in rows] == expected["rows"]
    assert report == expected["report"]


def test_no_report_holds_what_stands_in_a_cell() -> None:
    said = "\n".join(line for one in EXPECTED.values() for line in one["report"])

    assert [text for text in PERSONAL if text in said] == []
