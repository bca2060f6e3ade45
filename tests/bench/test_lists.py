"""The lists that benchmarks load: their proportions, and that every row is good."""

import csv
from collections import Counter
from pathlib import Path

import phonenumbers

from bench import lists
from commands.demonstration_set import READY
from models.country import kenya
from models.numbers import PRINCIPAL, Kind

ROWS = lists.PUBLISHED


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_a_list_of_the_published_length_has_the_published_counts(tmp_path: Path) -> None:
    rows = read(lists.write(tmp_path / "list.csv", ROWS, start=1_000))

    assert Counter(row["kind"] for row in rows) == READY
    assert len({row["number"] for row in rows}) == ROWS
    assert abs(sum(1 for row in rows if row["phone"]) / ROWS - 0.6) < 0.001


def test_every_number_and_phone_of_a_list_is_as_it_should_be(tmp_path: Path) -> None:
    rows = read(lists.write(tmp_path / "list.csv", 500, start=9_000))
    formats = kenya().formats
    for row in rows:
        number = row["number"]
        assert formats.canonical(PRINCIPAL[Kind(row["kind"])], number) == number
        if row["phone"]:
            phone = phonenumbers.parse(row["phone"], "KE")
            assert phonenumbers.is_valid_number(phone)

    assert len({row["centre"] for row in rows}) > 40


def test_the_numbers_to_ask_for_are_of_the_list(tmp_path: Path) -> None:
    written = {
        (row["kind"], row["number"])
        for row in read(lists.write(tmp_path / "list.csv", 3_000, start=500))
    }
    asked = {(one.kind, one.text) for one in lists.numbers(3_000, start=500, most=1_000)}

    assert len(asked) == 1_000
    assert asked <= written
