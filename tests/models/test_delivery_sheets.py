"""Delivery sheets: every number that is whole is read, and none that a spreadsheet has cut."""

import io

import openpyxl
import pytest

from models.country import kenya
from models.delivery_sheets import LARGEST, MOST, Sheet, read_sheet
from models.lists.refusal import BadFile
from models.lists.vocabulary import Vocabulary
from models.numbers import Kind

WORDS = Vocabulary.read()


def _read(sheet: str | bytes, kind: Kind = Kind.DRIVING_LICENCE) -> Sheet:
    octets = sheet.encode() if isinstance(sheet, str) else sheet
    return read_sheet(octets, kind, kenya().formats, WORDS)


@pytest.mark.parametrize(
    ("sheet", "numbers"),
    [
        ("20000001\n20000002\n", {"20000001": 1, "20000002": 2}),
        ("20000001\r\n\r\n 20 000 002 \r\n20000001", {"20000001": 1, "20000002": 3}),
        (
            "No,Name,ID number\n1,JUMA,20000001\n2,ASHA,20000002\n",
            {"20000001": 2, "20000002": 3},
        ),
        ("Name\tID number\nJUMA\t20000001\n", {"20000001": 2}),
        ("1;20000001;JUMA\n2;20000002;ASHA\n", {"20000001": 1, "20000002": 2}),
        ("Nambari ya kitambulisho\n20000001\n", {"20000001": 2}),
        (
            '2.0123456E+07\n="20000002"\n\'20000003\n20000004.0\n"20,000,005"\nID No. 20000006',
            {
                "20123456": 1,
                "20000002": 2,
                "20000003": 3,
                "20000004": 4,
                "20000005": 5,
                "20000006": 6,
            },
        ),
    ],
    ids=["plain", "spaces", "csv", "pasted", "no header", "kiswahili", "mangled"],
)
def test_numbers_are_read_with_their_lines(sheet: str, numbers: dict[str, int]) -> None:
    read = _read(sheet)

    assert read.numbers == numbers
    assert read.refusals == []


def test_what_lost_digits_is_refused_by_its_line_and_without_its_text() -> None:
    read = _read("20000001\n2.01E+07\n=A1\nJUMA 777\n20000002;20000003\n")

    assert read.numbers == {"20000001": 1}
    assert [str(one) for one in read.refusals] == [
        "line 2: number: a spreadsheet has cut digits off",
        "line 3: number: a formula, where a value should be",
        "line 4: number: no number of this kind",
        "line 5: number: several numbers, and no header that says which",
    ]


def test_an_excel_file_is_read_whatever_its_cells_hold() -> None:
    book = openpyxl.Workbook()
    for row in (("Name", "ID number"), ("JUMA", 20000001), ("ASHA", "20000002")):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)

    assert _read(file.getvalue()).numbers == {"20000001": 2, "20000002": 3}


def test_birth_entries_have_their_own_form() -> None:
    assert list(_read("0123456789\n", Kind.BIRTH_CERTIFICATE).numbers) == ["123456789"]


@pytest.mark.parametrize(
    ("sheet", "reason"),
    [
        (b"%PDF-1.7 1", "a PDF"),
        (b"Name,Phone\nJUMA,0711000111\n", "no column of numbers"),
        (b"1" * (LARGEST + 1), "larger than"),
        ("\n".join(str(20_000_000 + nth) for nth in range(MOST + 2)).encode(), "more than"),
    ],
    ids=["pdf", "no column", "large", "long"],
)
def test_what_is_no_sheet_is_refused(sheet: bytes, reason: str) -> None:
    with pytest.raises(BadFile, match=reason):
        _read(sheet)
