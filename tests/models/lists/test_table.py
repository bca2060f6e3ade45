"""Facts about opening a list: what it is, how it is encoded and parted, and its lines."""

import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.lists.refusal import BadFile
from models.lists.table import CentreFile
from tests.models.lists.read import GOOD, HEADER, read, row, words
from tests.models.lists.workbooks import CELLS, NAMES, SHEET, inline, pack, parts, save

STATES = "not one of: coming, ready, collected, returned"
BROKEN = "quotes or separators are broken from here on"


def listed(folder: Path, content: str | bytes) -> list[tuple[int, list[str]]]:
    file = folder / "list"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with CentreFile(file, words()) as opened:
        return list(opened.rows())


def encoding(folder: Path, content: bytes) -> str:
    file = folder / "list"
    file.write_bytes(content)
    with CentreFile(file, words()) as opened:
        return opened.encoding


@pytest.mark.parametrize(
    "content",
    {
        "a byte-order mark": "\ufeff" + HEADER + GOOD,
        "CRLF": (HEADER + GOOD).replace("\n", "\r\n"),
        "CR": (HEADER + GOOD).replace("\n", "\r"),
        "no last line end": (HEADER + GOOD).strip(),
        "blank lines": HEADER + "\n\r\n" + GOOD + "\n\n",
        "lines of blanks": HEADER + "  \n" + GOOD,
        "lines of empty cells": HEADER + ",,,,,\n" + GOOD + " , ,\n",
        "quotes": '"kind",number,centre,state,received_on,phone\n' + row(),
        "semicolons": (HEADER + GOOD).replace(",", ";"),
        "tabs": (HEADER + GOOD).replace(",", "\t"),
        "bars": (HEADER + GOOD).replace(",", "|"),
        "a separator named": "sep=;\n" + (HEADER + GOOD).replace(",", ";"),
        "UTF-16": (HEADER + GOOD).encode("utf-16"),
        "a title": "Huduma Centre Thika\n\n" + HEADER + GOOD,
        "the header twice": HEADER + HEADER + GOOD + HEADER,
    }.values(),
    ids=range(15),
)
def test_what_spreadsheets_write_is_read(content: str | bytes, tmp_path: Path) -> None:
    rows, faults = read(tmp_path, content)

    assert (len(rows), faults) == (1, [])


def test_rows_come_with_their_lines_behind_the_header(tmp_path: Path) -> None:
    content = "\nTitle\n" + HEADER + '\n"id\ncard",1\nlast,2'

    assert listed(tmp_path, content) == [
        (3, HEADER.strip().split(",")),
        (5, ["id\ncard", "1"]),
        (7, ["last", "2"]),
    ]


def test_an_empty_file_has_an_empty_header(tmp_path: Path) -> None:
    assert listed(tmp_path, "") == [(1, [])]


def test_a_header_is_looked_for_in_ten_rows(tmp_path: Path) -> None:
    assert listed(tmp_path, "x\n" * 9 + HEADER)[0][0] == 10
    assert listed(tmp_path, "x\n" * 10 + HEADER)[0] == (1, ["x"])


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (HEADER.encode(), "UTF-8"),
        ("\ufeffé".encode(), "UTF-8"),
        ("é".encode(), "UTF-8"),
        ("é".encode("utf-16"), "UTF-16"),
        ("é’".encode("cp1252"), "Windows-1252"),
    ],
)
def test_the_encoding_that_was_taken_is_told(content: bytes, name: str, tmp_path: Path) -> None:
    assert encoding(tmp_path, content) == name


def test_letters_of_windows_are_read_as_they_are(tmp_path: Path) -> None:
    content = (HEADER + row(centre="Murang’a")).encode("cp1252")

    assert [one.centre_code for one in read(tmp_path, content)[0]] == ["021-01"]


def test_a_file_that_is_utf_8_in_places_is_not_read_as_windows_letters(tmp_path: Path) -> None:
    content = (HEADER + row(centre="Murang’a")).encode() + b"\xe9,\n"

    assert read(tmp_path, content) == ([], ["line 3: file: not UTF-8 from here on"])


def test_a_letter_of_two_octets_over_the_edge_of_a_piece_is_seen(tmp_path: Path) -> None:
    start = HEADER.encode()
    content = start + b" " * (2**20 - len(start) - 1) + "é".encode() + b"\n\xff"
    content = content.replace(b" " * 1_000, b" " * 999 + b"\n")

    assert read(tmp_path, content)[1][-1].endswith("not UTF-8 from here on")


# Faults


def test_lines_are_counted_with_the_blank_ones(tmp_path: Path) -> None:
    _, faults = read(tmp_path, HEADER + "\n\n" + row(state="lost"))

    assert faults == [f"line 4: state: {STATES}"]


def test_lines_are_counted_where_they_end_in_crlf(tmp_path: Path) -> None:
    content = (HEADER + GOOD + row(state="lost")).replace("\n", "\r\n")

    assert read(tmp_path, content)[1] == [f"line 3: state: {STATES}"]


def test_every_bad_row_is_refused(tmp_path: Path) -> None:
    bad = row(kind="passport") + GOOD + row(state="lost") + row(phone="none")
    rows, faults = read(tmp_path, HEADER + bad)

    assert len(rows) == 1
    assert [fault.split(":")[0] for fault in faults] == ["line 2", "line 4", "line 5"]


@pytest.mark.parametrize(
    "behind",
    ['id_card,"20123456"7,\n', 'id_card,"20123456,047-01\n' + GOOD, 'id_card,"'],
)
def test_broken_quotes_are_refused_at_the_line_where_they_open(
    behind: str, tmp_path: Path
) -> None:
    assert read(tmp_path, HEADER + GOOD + behind)[1] == [f"line 3: file: {BROKEN}"]


def test_a_row_beyond_all_measure_is_refused_at_its_line(tmp_path: Path) -> None:
    _, faults = read(tmp_path, HEADER + GOOD + row(number="1" * 140_000) + GOOD)

    assert faults == ["line 3: file: a row of more than 65536 letters"]


def test_rows_before_a_fault_far_behind_are_read_first(tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_text(HEADER + GOOD * 50 + '"')
    with CentreFile(file, words()) as opened:
        rows = opened.rows()
        lines = [next(rows)[0] for _ in range(51)]
        with pytest.raises(BadFile) as bad:
            next(rows)

    assert (lines[-1], bad.value.line) == (51, 52)


def test_a_file_larger_than_a_list_can_be_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "list"
    with file.open("wb") as opened:
        opened.truncate(512 * 1024 * 1024 + 1)

    assert read_fault(file) == "file: larger than 512 MiB"


def read_fault(file: Path) -> str:
    with pytest.raises(BadFile) as bad:
        CentreFile(file, words())
    return str(bad.value)


# How far it was read


def test_the_position_grows_to_the_size(tmp_path: Path) -> None:
    csv, excel = tmp_path / "a", tmp_path / "b"
    csv.write_text(HEADER + GOOD * 10_000)
    pack(excel, parts(inline(NAMES, *[CELLS] * 3_000)))
    for file in (csv, excel):
        with CentreFile(file, words()) as opened:
            places = [opened.position for _ in opened.rows()]

        assert places == sorted(places)
        assert places[0] < places[-1] <= opened.size
        assert opened.position == opened.size


def test_the_file_is_closed_also_when_it_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "list.xlsx"
    save(file, [NAMES, CELLS])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with CentreFile(file, words()) as opened:
            next(opened.rows())
        del opened

    assert not file.with_name("other").exists()


# Anything


def any_file(folder: Path, octets: bytes) -> str:
    """Say what becomes of a file: it is read, or refused in due form."""
    file = folder / "any"
    file.write_bytes(octets)
    try:
        with CentreFile(file, words()) as opened:
            return f"{sum(1 for _ in opened.rows())} rows"
    except BadFile as bad:
        return str(bad)


ANYTHING = settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@ANYTHING
@given(octets=st.binary(max_size=400))
def test_any_octets_are_read_or_refused(octets: bytes, tmp_path: Path) -> None:
    assert any_file(tmp_path, octets)


@ANYTHING
@given(text=st.text(alphabet='kindumber,;\t|\r\n"\0\ufeffé0', max_size=200))
@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-16-le", "latin-1"])
def test_any_text_is_read_or_refused(text: str, codec: str, tmp_path: Path) -> None:
    assert any_file(tmp_path, (HEADER + text).encode(codec, "replace"))


@ANYTHING
@given(places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_an_excel_file_with_other_octets_in_it_is_read_or_refused(
    places: list[tuple[float, int]], tmp_path: Path
) -> None:
    file = tmp_path / "good.xlsx"
    if not file.exists():
        pack(file, parts(inline(NAMES, CELLS)))
    octets = bytearray(file.read_bytes())
    for place, octet in places:
        octets[int(place * (len(octets) - 1))] = octet

    assert any_file(tmp_path, bytes(octets))


@ANYTHING
@given(
    place=st.integers(0, 600),
    text=st.text(alphabet='<>/="& rcvst0123456789AZ', max_size=12),
    length=st.integers(0, 30),
)
@pytest.mark.parametrize(
    "part", [SHEET, "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "_rels/.rels"]
)
def test_an_excel_file_with_other_xml_in_it_is_read_or_refused(
    part: str, place: int, text: str, length: int, tmp_path: Path
) -> None:
    contents = parts(inline(NAMES, CELLS))
    whole = contents[part]
    pack(
        tmp_path / "made",
        {**contents, part: whole[:place] + text + whole[place + length :]},
    )

    assert any_file(tmp_path, (tmp_path / "made").read_bytes())
