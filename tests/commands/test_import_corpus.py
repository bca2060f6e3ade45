"""Facts about loading the corpus of ugly files: each whole, or nothing of it and its report."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from commands.imports import Refused, Wanted, load_file
from menus.line import Line
from models.documents import batches, document_numbers, documents
from models.lists.columns import Fill
from tests.models.lists.read import TODAY
from tests.models.lists.test_corpus import EXPECTED, found

DAY: date = TODAY


def held(line: Line) -> tuple[int, ...]:
    with line.database.working() as connection:
        return tuple(
            connection.scalars(select(func.count()).select_from(one)).one()
            for one in (batches, documents, document_numbers)
        )


@pytest.mark.parametrize("name", [name for name, one in EXPECTED.items() if one["report"]])
def test_a_file_with_a_fault_loads_nothing(line: Line, name: str, tmp_path: Path) -> None:
    expected = EXPECTED[name]
    wanted = Wanted(Fill(**expected.get("fill", {})))
    with pytest.raises(Refused) as refused:
        load_file(line, found(name, tmp_path), DAY, wanted)

    assert [str(one) for one in refused.value.refusals] == expected["report"]
    assert held(line) == (0, 0, 0)


@pytest.mark.parametrize("name", [name for name, one in EXPECTED.items() if not one["report"]])
def test_a_file_without_fault_loads_whole(line: Line, name: str, tmp_path: Path) -> None:
    expected = EXPECTED[name]
    wanted = Wanted(Fill(**expected.get("fill", {})))
    loaded = load_file(line, found(name, tmp_path), DAY, wanted)

    assert (loaded.outcome.rows, loaded.refusals) == (len(expected["rows"]), [])
    assert held(line)[1] == loaded.outcome.added
