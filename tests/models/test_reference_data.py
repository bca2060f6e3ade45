"""Facts about the reference data: what the files hold, and how a folder is loaded."""

import csv
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, event, select
from sqlalchemy.exc import IntegrityError

from commands.database import prepare
from models.base import Database
from models.centres import HUDUMA, JITUME, OPEN, PLANNED, centres
from models.constituencies import constituencies
from models.counties import counties
from models.desks import COURT, desks
from models.gsm7 import foreign, septets
from models.reference_data import KENYA, TABLES, BadReference, load, read
from models.services import (
    CENTRE_DESK,
    COURT_DESK,
    EVERY,
    LISTED,
    NONE,
    SOME,
    service_terms,
    service_texts,
    services,
)

Rows = dict[str, list[dict[str, Any]]]

WORDS = [column.name for column in service_texts.columns if not column.primary_key]
SHOWN = {
    "counties": ["name", "headquarters"],
    "constituencies": ["name"],
    "centres": ["short_name", "name", "town", "address"],
    "service_terms": ["agency"],
    "service_texts": WORDS,
}


@pytest.fixture(scope="module")
def rows() -> Rows:
    """The rows of every file, by table."""
    return {table.name: found for table, found in read()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the files, to change."""
    copy = tmp_path / "reference"
    shutil.copytree(KENYA, copy)
    return copy


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Each database in turn, prepared."""
    database = Database(database_url)
    yield database
    database.close()


def change(folder: Path, name: str, **cells: dict[str, str]) -> None:
    """Change cells of a file: `code={column: text}`, by the row's first cell."""
    file = folder / f"{name}.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        columns, found = list(reader.fieldnames or ()), list(reader)
    for row in found:
        row.update(cells.get(row[columns[0]], {}))
    write(file, columns, found)


def drop(folder: Path, name: str, column: str, text: str) -> None:
    """Take the rows out of a file that have a text in a column."""
    file = folder / f"{name}.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        columns, found = list(reader.fieldnames or ()), list(reader)
    write(file, columns, [row for row in found if row[column] != text])


def write(file: Path, columns: list[str], found: list[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, columns)
        writer.writeheader()
        writer.writerows(found)


def add(folder: Path, name: str, line: str) -> None:
    with (folder / f"{name}.csv").open("a", encoding="utf-8") as lines:
        lines.write(f"{line}\n")


def held(database: Database, table: Table) -> list[tuple[Any, ...]]:
    with database.working() as connection:
        query = select(table).order_by(*table.primary_key)
        return [tuple(row) for row in connection.execute(query)]


def loaded(database: Database, folder: Path) -> dict[str, int]:
    with database.working() as connection:
        return load(connection, folder)


def faults(folder: Path) -> list[str]:
    with pytest.raises(BadReference) as bad:
        read(folder)
    return str(bad.value).split("\n")


# What the files hold


@pytest.mark.parametrize(
    "table", [table for table in TABLES if "source" in table.columns], ids=str
)
def test_every_row_names_its_source(rows: Rows, table: Table) -> None:
    assert [row for row in rows[table.name] if not row["source"].strip()] == []


@pytest.mark.parametrize(
    "table", [table for table in TABLES if "confidence" in table.columns], ids=str
)
def test_every_row_says_how_sure_it_is(rows: Rows, table: Table) -> None:
    assert {row["confidence"] for row in rows[table.name]} <= {"high", "medium", "low"}


@pytest.mark.parametrize("name", SHOWN)
def test_every_text_that_is_shown_has_letters_of_phones(rows: Rows, name: str) -> None:
    texts = [row[column] for row in rows[name] for column in SHOWN[name]]

    assert [text for text in texts if foreign(text)] == []


@pytest.mark.parametrize("column", WORDS)
def test_the_words_of_services_are_as_narrow_in_septets(rows: Rows, column: str) -> None:
    widest = service_texts.columns[column].type.length  # type: ignore[attr-defined]

    assert max(septets(row[column]) for row in rows["service_texts"]) <= widest


def test_there_are_47_counties(rows: Rows) -> None:
    assert [row["code"] for row in rows["counties"]] == [f"{n:03}" for n in range(1, 48)]


def test_there_are_290_constituencies(rows: Rows) -> None:
    codes = [row["code"] for row in rows["constituencies"]]

    assert codes == [f"{n:03}" for n in range(1, 291)]


def test_every_county_has_constituencies(rows: Rows) -> None:
    named = {row["county_code"] for row in rows["constituencies"]}

    assert named == {row["code"] for row in rows["counties"]}


def test_nairobi_has_17_constituencies(rows: Rows) -> None:
    assert Counter(row["county_code"] for row in rows["constituencies"])["047"] == 17


def test_a_centres_code_is_its_countys_and_a_number(rows: Rows) -> None:
    codes = [row["code"] for row in rows["centres"]]
    numbers = Counter(row["county_code"] for row in rows["centres"])

    assert sorted(codes) == [
        f"{county}-{number:02}"
        for county, most in sorted(numbers.items())
        for number in range(1, most + 1)
    ]


def test_a_centres_constituency_lies_in_its_county(rows: Rows) -> None:
    county = {row["code"]: row["county_code"] for row in rows["constituencies"]}
    told = [row for row in rows["centres"] if row["constituency_code"]]

    assert all(county[row["constituency_code"]] == row["county_code"] for row in told)


def test_a_centre_is_open_or_planned(rows: Rows) -> None:
    assert {row["status"] for row in rows["centres"]} == {OPEN, PLANNED}


def test_a_centre_is_of_a_known_kind(rows: Rows) -> None:
    assert {row["kind"] for row in rows["centres"]} <= {HUDUMA, JITUME}


def test_kilifi_is_one_centre(rows: Rows) -> None:
    kilifi = [row for row in rows["centres"] if row["short_name"] == "Kilifi"]

    assert [(row["code"], row["status"]) for row in kilifi] == [("003-01", OPEN)]


def test_mogotio_has_opened(rows: Rows) -> None:
    mogotio = next(row for row in rows["centres"] if row["short_name"] == "Mogotio")

    assert (mogotio["code"], mogotio["status"], mogotio["opened"]) == (
        "030-02",
        OPEN,
        "2025-07",
    )


def test_desks_stand_at_open_centres(rows: Rows) -> None:
    doors = {row["code"] for row in rows["centres"] if row["status"] == OPEN}

    assert {row["centre_code"] for row in rows["desks"]} <= doors


def test_desks_are_named_by_a_listed_service_or_the_court(rows: Rows) -> None:
    listed = {
        row["code"]
        for row in rows["services"]
        if row["desk"] == CENTRE_DESK and row["availability"] == LISTED
    }

    assert {row["desk"] for row in rows["desks"]} == {*listed, COURT}


def test_the_court_has_six_desks(rows: Rows) -> None:
    names = {row["code"]: row["short_name"] for row in rows["centres"]}
    at = [names[row["centre_code"]] for row in rows["desks"] if row["desk"] == COURT]

    assert sorted(at) == [
        "City Square",
        "Eastleigh",
        "GPO Nairobi",
        "Kibra",
        "Makadara",
        "Thika",
    ]


@pytest.mark.parametrize(
    ("desk", "count", "since"),
    [
        (COURT, 6, date(2024, 1, 29)),
        ("driving_licence", 15, date(2025, 9, 12)),
        ("id_first", 39, date(2025, 11, 7)),
    ],
)
def test_desks_stand_since_their_notice(rows: Rows, desk: str, count: int, since: date) -> None:
    days = [row["since"] for row in rows["desks"] if row["desk"] == desk]

    assert days == [since] * count


def test_the_services_of_centres_have_these_keys_for_ever(rows: Rows) -> None:
    keys = {row["key"]: row["code"] for row in rows["services"] if row["desk"] == CENTRE_DESK}

    assert keys == {
        "1": "driving_licence",
        "2": "id_replacement",
        "3": "id_first",
        "4": "birth_certificate",
        "5": "nssf",
        "6": "nhif_sha",
        "7": "helb",
        "8": "welfare_group",
        "9": "police_abstract",
        "10": "business_permit",
        "11": "stamp_duty",
        "12": "kra_pin",
        "13": "good_conduct",
        "14": "passport",
        "15": "tele_counselling",
    }


def test_the_services_of_the_court_have_these_keys_for_ever(rows: Rows) -> None:
    keys = {row["key"]: row["code"] for row in rows["services"] if row["desk"] == COURT_DESK}

    assert keys == {
        "1": "court_new_case",
        "2": "court_existing_case",
        "3": "court_summons",
        "4": "court_orders",
        "5": "court_mention",
        "6": "court_inquiry",
        "7": "court_efiling",
        "8": "court_fines",
        "9": "court_virtual",
    }


def test_a_service_is_had_in_a_known_way(rows: Rows) -> None:
    assert {row["availability"] for row in rows["services"]} == {EVERY, LISTED, SOME, NONE}


def test_every_service_has_words_in_both_languages(rows: Rows) -> None:
    worded = Counter(row["service_code"] for row in rows["service_texts"] if row["name"])

    assert worded == {row["code"]: 2 for row in rows["services"]}


def test_both_languages_say_as_much(rows: Rows) -> None:
    said = {
        (row["service_code"], row["language"]): [bool(row[column]) for column in WORDS]
        for row in rows["service_texts"]
    }

    assert [code for code, _ in said if said[code, "en"] != said[code, "sw"]] == []


def test_no_two_services_of_a_desk_have_one_name(rows: Rows) -> None:
    names = Counter((row["language"], row["name"]) for row in rows["service_texts"])

    assert max(names.values()) == 1


def test_nobody_is_told_that_another_may_collect(rows: Rows) -> None:
    words = [row["collects"].casefold() for row in rows["service_texts"]]

    assert [one for one in words if "agent" in one or "behalf" in one or "wakala" in one] == []


def test_every_service_has_terms(rows: Rows) -> None:
    assert {row["service_code"] for row in rows["service_terms"]} == {
        row["code"] for row in rows["services"]
    }


def test_the_terms_of_a_service_follow_each_other_without_a_gap(rows: Rows) -> None:
    terms = sorted(rows["service_terms"], key=lambda row: (row["service_code"], row["since"]))
    pairs = [
        (one, other)
        for one, other in pairwise(terms)
        if one["service_code"] == other["service_code"]
    ]

    assert all(
        one["until"] is not None and other["since"].toordinal() == one["until"].toordinal() + 1
        for one, other in pairs
    )


def test_the_last_terms_of_a_service_are_open(rows: Rows) -> None:
    last = {row["service_code"]: row for row in rows["service_terms"]}

    assert {row["until"] for row in last.values()} == {None}


def test_a_fee_says_when_it_was_so(rows: Rows) -> None:
    assert all(
        (row["fee"] is None) == (row["fee_as_of"] == "") for row in rows["service_terms"]
    )


# Loading them


def test_a_changed_file_changes_the_table(database: Database, folder: Path) -> None:
    change(folder, "centres", **{"047-01": {"opens": "06:30"}})
    loaded(database, folder)

    assert {row.code: row.opens for row in rows_of_centres(database)}["047-01"] == "06:30"


def test_a_changed_file_changes_only_its_row(database: Database, folder: Path) -> None:
    before = held(database, centres)
    change(folder, "centres", **{"047-01": {"opens": "06:30"}})
    loaded(database, folder)

    assert len(set(held(database, centres)) - set(before)) == 1


def test_files_that_have_not_changed_write_nothing(database: Database, folder: Path) -> None:
    said: list[str] = []
    event.listen(
        database.engines[1],
        "before_cursor_execute",
        lambda *given: said.append(str(given[2])),
    )
    loaded(database, folder)

    assert [
        one for one in said if not one.upper().startswith(("SELECT", "BEGIN", "PRAGMA"))
    ] == []


def test_a_service_that_is_gone_takes_its_terms_and_words_along(
    database: Database, folder: Path
) -> None:
    drop(folder, "services", "code", "helb")
    for name in ("service_terms", "service_texts"):
        drop(folder, name, "service_code", "helb")
    loaded(database, folder)
    left = [
        row
        for table in (services, service_terms, service_texts)
        for row in held(database, table)
        if row[0] == "helb"
    ]

    assert left == []


def test_a_county_that_is_gone_takes_all_of_it_along(database: Database, folder: Path) -> None:
    drop(folder, "counties", "code", "022")
    for name in ("constituencies", "centres"):
        drop(folder, name, "county_code", "022")
    drop(folder, "desks", "centre_code", "022-01")
    loaded(database, folder)

    assert "022" not in {row[0] for row in held(database, counties)}


def test_a_service_that_comes_brings_its_terms_along(database: Database, folder: Path) -> None:
    add(folder, "services", "land_search,16,centre,some,2026,low,a source")
    add(folder, "service_terms", "land_search,2026-01-01,,Ministry of Lands,,,a source")
    add(folder, "service_texts", "land_search,en,Land search,,,,,")
    loaded(database, folder)

    assert "land_search" in {row[0] for row in held(database, service_terms)}


def test_a_desk_that_closes_keeps_its_row(database: Database, folder: Path) -> None:
    file = folder / "desks.csv"
    text = file.read_text("utf-8")
    file.write_text(
        text.replace("047-01,court,2024-01-29,,", "047-01,court,2024-01-29,2026-06-30,")
    )
    loaded(database, folder)
    found = {row[:2]: row[3] for row in held(database, desks)}

    assert found["047-01", "court"] == date(2026, 6, 30)


def test_a_row_that_names_no_row_of_another_table_is_refused(
    database: Database, folder: Path
) -> None:
    add(folder, "service_texts", "land_search,en,Land search,,,,,")

    with pytest.raises(IntegrityError):
        loaded(database, folder)


def test_a_refused_folder_changes_nothing(database: Database, folder: Path) -> None:
    before = held(database, centres)
    change(folder, "centres", **{"047-01": {"opens": "06:30"}})
    change(folder, "services", helb={"key": "98"})
    with pytest.raises(BadReference):
        loaded(database, folder)

    assert held(database, centres) == before


def test_another_countrys_folder_may_be_given(tmp_path: Path, folder: Path) -> None:
    for table in TABLES:
        file = folder / f"{table.name}.csv"
        file.write_text(file.read_text("utf-8").splitlines()[0] + "\n")
    add(folder, "counties", "01,Kampala,Kampala,1680600,high,a source")
    database = Database(f"sqlite:///{tmp_path / 'other.sqlite'}")
    counted = prepare(database, folder)
    database.close()

    assert counted == {**{table.name: 0 for table in TABLES}, "counties": 1}


def rows_of_centres(database: Database) -> list[Any]:
    with database.working() as connection:
        return list(connection.execute(select(centres)))


# Refusing them


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "desks.csv").unlink()

    assert faults(folder)[0].startswith("desks.csv cannot be read")


def test_a_missing_column_is_named(folder: Path) -> None:
    file = folder / "desks.csv"
    file.write_text(file.read_text("utf-8").replace("until", "till", 1))

    assert faults(folder) == ["desks.csv: columns that are missing or not known: till, until"]


@pytest.mark.parametrize(
    ("name", "code", "cells", "fault"),
    [
        (
            "centres",
            "047-01",
            {"short_name": "W" * 21},
            "centres.csv, line 2, short_name: 21 letters where 20 have room",
        ),
        (
            "services",
            "helb",
            {"key": "98"},
            "services.csv: helb: no key that can be pressed: 98",
        ),
        ("services", "helb", {"key": "0"}, "services.csv: helb: no key that can be pressed: 0"),
        (
            "services",
            "helb",
            {"key": "01"},
            "services.csv: helb: no key that can be pressed: 01",
        ),
        ("services", "helb", {"key": ""}, "services.csv: helb: no key that can be pressed: "),
        ("services", "helb", {"key": "6"}, "services.csv: helb: the key 6 is nhif_sha's"),
        ("counties", "001", {"code": ""}, "counties.csv, line 2, code: nothing is given"),
        ("counties", "001", {"code": "002"}, "counties.csv: there twice: 002"),
    ],
)
def test_a_fault_is_told(
    folder: Path, name: str, code: str, cells: dict[str, str], fault: str
) -> None:
    change(folder, name, **{code: cells})

    assert faults(folder) == [fault]


@pytest.mark.parametrize(
    ("name", "code", "cells", "where"),
    [
        (
            "service_terms",
            "helb",
            {"since": "1 May 2026"},
            "service_terms.csv, line 15, since: ",
        ),
        ("service_terms", "helb", {"fee": "free"}, "service_terms.csv, line 15, fee: "),
        ("counties", "001", {"population_2019": ""}, "counties.csv, line 2, population_2019: "),
    ],
)
def test_a_fault_is_placed(
    folder: Path, name: str, code: str, cells: dict[str, str], where: str
) -> None:
    change(folder, name, **{code: cells})

    assert faults(folder)[0].startswith(where)


@pytest.mark.parametrize("line", ["047-01,court,2025-01-01", "047-01,court,2025-01-01,,a,b"])
def test_a_line_of_too_few_or_too_many_cells_is_told(folder: Path, line: str) -> None:
    add(folder, "desks", line)

    assert faults(folder) == ["desks.csv, line 62: not as many cells as the first line names"]


def test_every_fault_is_told_at_once(folder: Path) -> None:
    change(folder, "centres", **{"047-01": {"town": "W" * 16}, "047-02": {"town": "W" * 16}})
    change(folder, "services", helb={"key": "98"})
    (folder / "desks.csv").unlink()

    assert len(faults(folder)) == 4


def test_constituencies_have_room_for_the_longest_name(rows: Rows) -> None:
    widest = constituencies.c.name.type.length  # type: ignore[attr-defined]

    assert max(len(row["name"]) for row in rows["constituencies"]) <= widest
