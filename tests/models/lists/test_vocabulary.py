"""Facts about the file of what centres call things, and about a country without one."""

from pathlib import Path

import pytest

from models.lists.vocabulary import FILE, BadVocabulary, Vocabulary
from tests.models.lists.read import words


def faults(folder: Path, text: str) -> list[str]:
    (folder / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(BadVocabulary) as bad:
        Vocabulary.read(folder)
    return [one.removeprefix(f"{FILE}: ") for one in str(bad.value).splitlines()]


def test_a_country_without_a_file_has_the_lines_own_names(tmp_path: Path) -> None:
    bare = Vocabulary.read(tmp_path)

    assert bare.column("Received_On") == "received_on"
    assert bare.column("Simu") is None
    assert sorted(bare.kinds) == ["birthcertificate", "drivinglicence", "idcard"]


def test_kenyas_words_are_of_two_languages() -> None:
    assert [words().column("Tarehe"), words().column("Date")] == ["received_on"] * 2


def test_every_fault_of_a_file_is_named(tmp_path: Path) -> None:
    given = """
        colours = []
        states = 3
        [columns]
        kind = ["Sort", "Phone"]
        number = "ID"
        colour = ["Colour"]
        [kinds]
        id_card = ["ID", 3]
        birth_certificate = ["Card"]
        driving_licence = ["Card"]
        [months]
        names = ["january"]
    """

    assert sorted(faults(tmp_path, given)) == [
        "colours: not known here",
        "columns.colour: not known here",
        "columns.kind: phone names another column too",
        "columns.number: not a list of names",
        "kinds.driving_licence: card names another one too",
        "kinds.id_card: not a list of names",
        "months.names: not twelve texts",
        "states: no section of its own",
    ]


def test_a_name_of_two_months_is_a_fault(tmp_path: Path) -> None:
    names = ["jan", "jan", *(f"m{month}" for month in range(3, 13))]

    assert faults(tmp_path, f"[months]\nnames = {names}") == [
        "months.names: a name of two months"
    ]


def test_a_file_that_is_no_toml_is_said_to_be_none(tmp_path: Path) -> None:
    assert "cannot be read" in faults(tmp_path, "[columns")[0]
