"""Facts about the demonstration's documents, made without loading them."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from commands import demonstration_set
from commands.demonstration_set import AS_OF, COMING, READY, TOTAL, TRY
from models.base import Database
from models.centres import JITUME, Centre, every_centre
from models.counties import populations
from models.country import kenya
from models.documents import State
from models.matching import Row
from models.numbers import PRINCIPAL, Kind, NumberType

canonical, types_of = kenya().formats.canonical, kenya().formats.types_of
DIGEST = "7b777bf130ba3a13a88e7750a3b79849a46f2c73f1d3b2c2124ab697c1ecfb22"
PLANTED = 7
OPEN = Centre("047-06", "Later", "047", "Nairobi", "", "", "", "", False)


@pytest.fixture(scope="module")
def reference(prepared_sqlite: Path) -> Iterator[tuple[list[Centre], dict[str, int]]]:
    """The centres of that day, and the counties' people."""
    database = Database(f"sqlite:///{prepared_sqlite}")
    with database.working() as connection:
        given = demonstration_set.counted(every_centre(connection)), populations(connection)
    yield given
    database.close()


@pytest.fixture(scope="module")
def rows(reference: tuple[list[Centre], dict[str, int]]) -> list[Row]:
    return list(demonstration_set.rows(*reference))


@pytest.fixture(scope="module")
def made_up(rows: list[Row]) -> list[Row]:
    """All but those to try, which come first."""
    return rows[PLANTED:]


def digest(rows: list[Row]) -> str:
    sum_of_rows = hashlib.sha256()
    for row in rows:
        numbers = sorted((str(one), number) for one, number in row.numbers.items())
        cells = str(row.kind), str(row.state), row.centre_code, row.received_on, numbers
        sum_of_rows.update(repr((*cells, row.phone)).encode())
    return sum_of_rows.hexdigest()


def test_the_published_counts_are_these() -> None:
    assert READY == {
        Kind.ID_CARD: 122_027,
        Kind.BIRTH_CERTIFICATE: 51_773,
        Kind.DRIVING_LICENCE: 52_447,
    }


def test_226247_documents_are_ready() -> None:
    assert sum(READY.values()) == 226_247


def test_the_counts_are_those_of_30_january_2024() -> None:
    assert date(2024, 1, 30) == AS_OF


def test_the_centres_of_that_day_are_53(
    reference: tuple[list[Centre], dict[str, int]],
) -> None:
    assert len(reference[0]) == 53


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(replace(OPEN, code="047-07", opened="2025-07"), marks=pytest.mark.long),
        replace(OPEN, code="047-07", opened="2024-02-02"),
        pytest.param(replace(OPEN, code="047-07", planned=True), marks=pytest.mark.long),
        pytest.param(replace(OPEN, code="047-07", kind=JITUME), marks=pytest.mark.long),
    ],
)
def test_a_centre_that_was_not_open_then_has_no_documents(
    reference: tuple[list[Centre], dict[str, int]], later: Centre
) -> None:
    centres, people = reference

    assert digest(list(demonstration_set.rows([*centres, later], people))) == DIGEST


@pytest.mark.parametrize("kind", list(Kind))
def test_as_many_are_ready_as_was_published(rows: list[Row], kind: Kind) -> None:
    ready = [one for one in rows if (one.kind, one.state) == (kind, State.READY)]

    assert len(ready) == READY[kind]


@pytest.mark.parametrize("kind", list(Kind))
def test_some_of_each_kind_are_coming(rows: list[Row], kind: Kind) -> None:
    coming = [one for one in rows if (one.kind, one.state) == (kind, State.COMING)]

    assert len(coming) == COMING[kind]


def test_all_are_ready_or_coming(rows: list[Row]) -> None:
    assert {one.state for one in rows} == {State.READY, State.COMING}


def test_there_are_as_many_as_the_progress_bar_counts(rows: list[Row]) -> None:
    assert len(rows) == TOTAL


def test_every_centre_has_some_that_are_ready(
    rows: list[Row], reference: tuple[list[Centre], dict[str, int]]
) -> None:
    having = {one.centre_code for one in rows if one.state is State.READY}

    assert having == {one.code for one in reference[0]}


@pytest.mark.parametrize("kind", list(Kind))
def test_every_centre_has_some_of_each_kind(
    rows: list[Row], reference: tuple[list[Centre], dict[str, int]], kind: Kind
) -> None:
    having = {one.centre_code for one in rows if one.kind is kind}

    assert having == {one.code for one in reference[0]}


def test_a_county_of_more_people_has_more(
    rows: list[Row], reference: tuple[list[Centre], dict[str, int]]
) -> None:
    centres, people = reference
    county = {one.code: one.county_code for one in centres}
    having = Counter(county[one.centre_code] for one in rows)
    by_people = sorted(people, key=lambda code: people[code])
    few, many = by_people[:10], by_people[-10:]

    assert max(having[code] for code in few) < min(having[code] for code in many)


@pytest.mark.parametrize(
    "number_type", [NumberType.NATIONAL_ID, NumberType.WAITING_CARD, NumberType.BIRTH_ENTRY]
)
def test_no_number_of_a_type_is_made_twice(made_up: list[Row], number_type: NumberType) -> None:
    numbers = [one.numbers[number_type] for one in made_up if number_type in one.numbers]

    assert len(set(numbers)) == len(numbers)


def test_no_document_is_loaded_as_a_repeat_of_another(rows: list[Row]) -> None:
    keys = Counter(
        (one.kind, one.centre_code, number_type, number)
        for one in rows
        for number_type, number in one.numbers.items()
    )

    assert [key for key, times in keys.items() if times > 1] == []


def test_no_number_to_try_is_made_up(made_up: list[Row]) -> None:
    made = {number for one in made_up for number in one.numbers.values()}
    to_try = {
        form for number, _ in TRY for form in types_of(number, tuple(NumberType)).values()
    }

    assert made & to_try == set()


def test_the_numbers_to_try_are_among_the_rows_but_for_one(rows: list[Row]) -> None:
    planted = {number for one in rows[:PLANTED] for number in one.numbers.values()}
    lacking = [
        number
        for number, _ in TRY
        if not planted & set(types_of(number, tuple(NumberType)).values())
    ]

    assert lacking == ["34567890"]


def test_made_up_ids_begin_with_9(made_up: list[Row]) -> None:
    ids = (one.numbers.get(NumberType.NATIONAL_ID, "9") for one in made_up)

    assert {number[0] for number in ids} == {"9"}


def test_every_number_is_in_its_one_spelling(rows: list[Row]) -> None:
    spelt_otherwise = [
        number
        for one in rows
        for number_type, number in one.numbers.items()
        if canonical(number_type, number) != number
    ]

    assert spelt_otherwise == []


def test_every_document_has_the_number_of_its_kind(rows: list[Row]) -> None:
    assert all(PRINCIPAL[one.kind] in one.numbers for one in rows)


def test_no_document_has_a_phone(rows: list[Row]) -> None:
    assert {one.phone for one in rows} == {None}


def test_all_that_are_ready_were_received_by_then(rows: list[Row]) -> None:
    received = [one.received_on for one in rows if one.state is State.READY]

    assert all(day is not None and day <= AS_OF for day in received)


def test_none_that_is_coming_was_received(rows: list[Row]) -> None:
    assert {one.received_on for one in rows if one.state is State.COMING} == {None}


def test_two_generations_are_equal(
    rows: list[Row], reference: tuple[list[Centre], dict[str, int]]
) -> None:
    assert all(
        one == other
        for one, other in zip(rows, demonstration_set.rows(*reference), strict=True)
    )


def test_the_order_of_the_centres_does_not_count(
    rows: list[Row], reference: tuple[list[Centre], dict[str, int]]
) -> None:
    centres, people = reference

    assert digest(list(demonstration_set.rows(centres[::-1], people))) == digest(rows)


def test_the_documents_are_the_same_on_every_machine(rows: list[Row]) -> None:
    assert digest(rows) == DIGEST
