"""Facts about the centre in a cell: slips are forgiven, and none leads to another centre."""

import csv
import random
from collections.abc import Iterator
from functools import cache

import pytest

from models.country import kenya
from models.lists.centre_names import CentreNames
from models.lists.refusal import Refused
from models.reference_data import KENYA
from tests.models.lists.read import centres, words

LETTERS = "aeknst"


@cache
def names() -> CentreNames:
    return CentreNames(centres(), kenya().place_words | words().beside)


def code(text: str) -> str:
    """Give the code of the centre that a text is read as; empty where it is refused."""
    try:
        return names().code(text)
    except Refused:
        return ""


def said(text: str) -> str:
    """Say why a text is refused."""
    with pytest.raises(Refused) as refused:
        names().code(text)
    return refused.value.reason


def short_names() -> list[tuple[str, str]]:
    return [(one["code"], one["short_name"]) for one in _rows("centres")]


def _rows(table: str) -> list[dict[str, str]]:
    with (KENYA / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def slips(name: str) -> Iterator[str]:
    """Give a name with one slip: a letter more, one fewer, another one, or two exchanged."""
    for place in range(len(name) + 1):
        before, behind = name[:place], name[place:]
        yield from (before + letter + behind for letter in LETTERS)
        if behind:
            yield before + behind[1:]
            yield from (before + letter + behind[1:] for letter in LETTERS)
        if len(behind) > 1:
            yield before + behind[1] + behind[0] + behind[2:]


def slipped(name: str, times: int, random: random.Random) -> str:
    for _ in range(times):
        name = random.choice(list(slips(name)))
    return name


def test_every_centre_is_read_by_each_of_its_names_however_written() -> None:
    ways = (
        str,
        str.upper,
        str.lower,
        lambda one: f" {one}. ",
        lambda one: one.replace(" ", "-"),
    )
    wrong = [name for name, of in centres().items() for way in ways if code(way(name)) != of]

    assert wrong == []


def test_no_name_with_one_slip_is_read_as_another_centre() -> None:
    read = [(code(slip), of) for of, name in short_names() for slip in set(slips(name.lower()))]

    assert [pair for pair in read if pair[0] not in ("", pair[1])] == []
    assert sum(found == of for found, of in read) > 0.8 * len(read)


@pytest.mark.parametrize("times", [2, 3])
def test_no_name_with_more_slips_is_read_as_another_centre(times: int) -> None:
    chance = random.Random(1919)
    read = [
        (code(slipped(name.lower(), times, chance)), of)
        for of, name in short_names()
        for _ in range(20)
    ]

    assert [pair for pair in read if pair[0] not in ("", pair[1])] == []


def test_no_other_place_is_read_as_a_centre_by_a_slip() -> None:
    called = {name.casefold() for name in centres()}
    places = [one["name"] for table in ("counties", "constituencies") for one in _rows(table)]
    read = {name: code(name) for name in places if name.casefold() not in called}

    assert {name: of for name, of in read.items() if of} == {
        "Taita-Taveta": "006-01",
        "Tharaka-Nithi": "013-01",
        "Elgeyo-Marakwet": "028-01",
        "Machakos Town": "016-01",
        "Nyeri Town": "019-01",
        "Thika Town": "022-01",
        "Homa Bay Town": "043-01",
    }


@pytest.mark.parametrize("text", ["Kajiado East", "Kajiado W", "Laikipia East", "Nairobi"])
def test_a_place_near_two_centres_is_read_as_neither(text: str) -> None:
    assert code(text) == ""


def test_a_planned_centre_and_the_one_beside_it_are_told_apart() -> None:
    assert [code("Kajiado"), code("kajiado west")] == ["034-01", "034-02"]


def test_a_near_miss_names_the_centres_that_may_be_meant() -> None:
    assert said("Kissi") == "no centre of this code or name; near: 015-01, 045-01"


@pytest.mark.parametrize("text", ["", "Huduma Centre", "20123456", "Thika 2", "x" * 5_000])
def test_what_is_no_name_is_near_none(text: str) -> None:
    assert said(text) == "no centre of this code or name"


def test_a_name_that_two_centres_have_is_neither() -> None:
    two = CentreNames({"1-1": "1-1", "Old Gate": "1-1", "2-1": "2-1", "Old-Gate": "2-1"}, ())

    with pytest.raises(Refused):
        two.code("OLD GATE!")
