"""Facts about reading a centre's list: good rows, and each fault at its line and column."""

from datetime import date
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.centre_list import CentreList
from models.country import kenya
from models.documents import State
from models.matching import Row
from models.numbers import Kind, NumberType

TODAY = date(2026, 9, 30)
HEADER = "kind,number,centre,state,received_on,phone\n"
GOOD = "id_card,20123456,047-01,ready,2026-09-29,+254711000111\n"
CENTRES = {
    name: code
    for code, short in (("047-01", "GPO Nairobi"), ("022-01", "Thika"))
    for name in (code, short, f"Huduma Centre {short}")
}
NO_COLUMN = "no such column"
KINDS = "not one of: id_card, birth_certificate, driving_licence"
STATES = "not one of: coming, ready, collected, returned"
NO_DATE = "not a date of the form 2026-09-30"
NO_PHONE = "not a phone number"
NO_CENTRE = "no centre of this code or name"
BROKEN = "quotes or separators are broken from here on"


def read(content: str | bytes) -> tuple[list[Row], list[str]]:
    """Read a list; give its good rows, and what is said of the others."""
    raw = content.encode() if isinstance(content, str) else content
    centre_list = CentreList(BytesIO(raw), CENTRES, kenya(), TODAY)
    rows = list(centre_list)
    return rows, [str(one) for one in centre_list.refusals]


def row(**cells: str) -> str:
    """Write a good row, but for the cells given."""
    good = dict(zip(HEADER.strip().split(","), GOOD.strip().split(","), strict=True))
    return ",".join({**good, **cells}.values()) + "\n"


def only(**cells: str) -> Row:
    """Read a list of one row."""
    (one,), faults = read(HEADER + row(**cells))
    assert faults == []
    return one


def refused(**cells: str) -> list[str]:
    """Read a list whose third line is bad; give what is said of it."""
    rows, faults = read(HEADER + GOOD + row(**cells) + GOOD)
    assert len(rows) == 2
    return faults


# Good rows


def test_a_good_row_is_read() -> None:
    assert only() == Row(
        kind=Kind.ID_CARD,
        state=State.READY,
        centre_code="047-01",
        received_on=date(2026, 9, 29),
        numbers={NumberType.NATIONAL_ID: "20123456"},
        phone="+254711000111",
    )


def test_good_rows_come_in_their_order() -> None:
    rows, _ = read(HEADER + row(number="20123456") + row(number="20123457"))

    assert [one.numbers[NumberType.NATIONAL_ID] for one in rows] == ["20123456", "20123457"]


@pytest.mark.parametrize("kind", ["id_card", "ID_CARD", "Id_Card", " id_card "])
def test_a_kind_is_read_in_any_case(kind: str) -> None:
    assert only(kind=kind).kind is Kind.ID_CARD


@pytest.mark.parametrize("state", list(State))
def test_every_state_is_read(state: State) -> None:
    assert only(state=state.upper()).state is state


@pytest.mark.parametrize(
    ("kind", "number_type", "number"),
    [
        ("id_card", NumberType.NATIONAL_ID, "20123456"),
        ("driving_licence", NumberType.NATIONAL_ID, "20123456"),
        ("birth_certificate", NumberType.BIRTH_ENTRY, "123/2004"),
    ],
)
def test_the_number_is_of_the_kinds_principal_type(
    kind: str, number_type: NumberType, number: str
) -> None:
    assert only(kind=kind, number=number).numbers == {number_type: number}


def test_a_number_is_read_in_its_one_spelling() -> None:
    assert only(number=" 020 123-456 ").numbers == {NumberType.NATIONAL_ID: "20123456"}


@pytest.mark.parametrize(
    "centre",
    [
        "047-01",
        "GPO Nairobi",
        "gpo nairobi",
        "GPO NAIROBI",
        "Huduma Centre GPO Nairobi",
        "HUDUMA CENTRE gpo nairobi",
        " GPO Nairobi ",
    ],
)
def test_a_centre_is_named_by_code_or_name_in_any_case(centre: str) -> None:
    assert only(centre=centre).centre_code == "047-01"


def test_a_day_that_is_not_given_is_none() -> None:
    assert only(received_on="").received_on is None


def test_a_document_may_have_been_received_today() -> None:
    assert only(received_on="2026-09-30").received_on == TODAY


def test_a_phone_that_is_not_given_is_none() -> None:
    assert only(phone="").phone is None


@pytest.mark.parametrize(
    "phone",
    [
        "0711 000 111",
        "0711000111",
        "711000111",
        "0711-000-111",
        "254711000111",
        "+254 711 000 111",
        "+254711000111",
        "000254711000111",
        "０７１１０００１１１",
    ],
)
def test_a_phone_is_read_in_any_form(phone: str) -> None:
    assert only(phone=phone).phone == "+254711000111"


def test_a_phone_of_another_country_is_read() -> None:
    assert only(phone="+255 754 000 111").phone == "+255754000111"


def test_further_numbers_are_read_from_their_columns() -> None:
    rows, _ = read(
        "kind,number,centre,state,received_on,phone,waiting_card,receipt\n"
        "id_card,20123456,047-01,ready,,,301 234 567,kra-1234\n"
    )

    assert rows[0].numbers == {
        NumberType.NATIONAL_ID: "20123456",
        NumberType.WAITING_CARD: "301234567",
        NumberType.RECEIPT: "KRA1234",
    }


def test_further_numbers_may_be_left_out() -> None:
    rows, _ = read(HEADER.strip() + ",receipt\n" + GOOD.strip() + ",\n")

    assert rows[0].numbers == {NumberType.NATIONAL_ID: "20123456"}


def test_columns_may_come_in_any_order() -> None:
    rows, _ = read(
        "phone,received_on,state,centre,number,kind\n,,ready,Thika,20123456,id_card\n"
    )

    assert (rows[0].centre_code, rows[0].kind) == ("022-01", Kind.ID_CARD)


def test_columns_are_named_in_any_case() -> None:
    rows, _ = read(HEADER.upper().replace(",", " , ") + GOOD)

    assert len(rows) == 1


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
        "quotes": '"kind",number,centre,state,received_on,phone\n' + row(number='"20123456"'),
    }.values(),
    ids=[
        "a byte-order mark",
        "CRLF",
        "CR",
        "no last line end",
        "blank lines",
        "lines of blanks",
        "lines of empty cells",
        "quotes",
    ],
)
def test_what_spreadsheets_write_is_read(content: str) -> None:
    rows, faults = read(content)

    assert (len(rows), faults) == (1, [])


def test_a_list_of_a_header_only_holds_no_row_and_no_fault() -> None:
    assert read(HEADER) == ([], [])


# Faults


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("kind", "passport", KINDS),
        ("kind", "", KINDS),
        ("kind", "ｉｄ_card", KINDS),
        ("number", "", "cannot be a number of type national_id"),
        ("number", "2012", "cannot be a number of type national_id"),
        ("number", "2012345O", "cannot be a number of type national_id"),
        ("number", "２０１２３４５６", "cannot be a number of type national_id"),
        ("number", "2012\x003456", "cannot be a number of type national_id"),
        ("number", "2.0123456E7", "cannot be a number of type national_id"),
        ("centre", "", NO_CENTRE),
        ("centre", "099-01", NO_CENTRE),
        ("centre", "Atlantis", NO_CENTRE),
        ("centre", "Huduma Centre", NO_CENTRE),
        ("state", "", STATES),
        ("state", "lost", STATES),
        ("received_on", "29/09/2026", NO_DATE),
        ("received_on", "2026-9-29", NO_DATE),
        ("received_on", "20260929", NO_DATE),
        ("received_on", "2026-W40-2", NO_DATE),
        ("received_on", "2026-09-31", NO_DATE),
        ("received_on", "2026-09-29T08:00", NO_DATE),
        ("received_on", "２０２６-09-29", NO_DATE),
        ("received_on", "2026-10-02", "a day that has not come yet"),
        ("received_on", "2062-09-29", "a day that has not come yet"),
        ("phone", "none", NO_PHONE),
        ("phone", "0711 000", NO_PHONE),
        ("phone", "+254711000111000", NO_PHONE),
        ("phone", "+999711000111", NO_PHONE),
    ],
)
def test_a_bad_cell_is_refused_at_its_line_and_column(
    column: str, cell: str, reason: str
) -> None:
    assert refused(**{column: cell}) == [f"line 3: {column}: {reason}"]


@pytest.mark.parametrize(
    ("column", "cell", "number_type"),
    [
        ("waiting_card", "30123456", "waiting_card"),
        ("receipt", "123", "receipt"),
    ],
)
def test_a_bad_further_number_is_refused(column: str, cell: str, number_type: str) -> None:
    _, faults = read(f"{HEADER.strip()},{column}\n{GOOD.strip()},{cell}\n")

    assert faults == [f"line 2: {column}: cannot be a number of type {number_type}"]


def test_a_bad_birth_entry_is_refused_as_one() -> None:
    assert refused(kind="birth_certificate", number="12") == [
        "line 3: number: cannot be a number of type birth_entry"
    ]


def test_a_row_of_too_few_cells_is_refused() -> None:
    assert read(HEADER + "id_card,20123456,047-01\n")[1] == [
        "line 2: row: 3 cells, where the header has 6"
    ]


def test_a_row_of_too_many_cells_is_refused() -> None:
    assert read(HEADER + GOOD.strip() + ",\n")[1] == [
        "line 2: row: 7 cells, where the header has 6"
    ]


def test_a_list_parted_by_semicolons_lacks_every_column() -> None:
    _, faults = read(HEADER.replace(",", ";") + GOOD.replace(",", ";"))

    assert "line 1: kind: no such column" in faults


def test_every_bad_row_is_refused() -> None:
    _, faults = read(
        HEADER + row(kind="passport") + GOOD + row(state="lost") + row(phone="none")
    )

    assert faults == [
        f"line 2: kind: {KINDS}",
        f"line 4: state: {STATES}",
        f"line 5: phone: {NO_PHONE}",
    ]


def test_lines_are_counted_with_the_blank_ones() -> None:
    assert read(HEADER + "\n\n" + row(state="lost"))[1] == [f"line 4: state: {STATES}"]


def test_lines_are_counted_where_they_end_in_crlf() -> None:
    content = (HEADER + GOOD + row(state="lost")).replace("\n", "\r\n")

    assert read(content)[1] == [f"line 3: state: {STATES}"]


@pytest.mark.parametrize("column", HEADER.strip().split(","))
def test_a_column_that_is_missing_is_named(column: str) -> None:
    columns = [name for name in HEADER.strip().split(",") if name != column]

    assert read(",".join(columns) + "\n" + GOOD)[1] == [f"line 1: {column}: {NO_COLUMN}"]


def test_no_row_is_read_where_a_column_is_missing() -> None:
    rows, _ = read("kind,number,centre,state,received_on\nid_card,20123456,047-01,ready,\n")

    assert rows == []


def test_every_missing_column_is_named_in_an_empty_file() -> None:
    assert [fault.split(": ", 1)[1] for fault in read("")[1]] == [
        f"{column}: {NO_COLUMN}" for column in HEADER.strip().split(",")
    ]


def test_a_file_of_blank_lines_lacks_every_column() -> None:
    assert len(read("\n\n\n")[1]) == 6


def test_a_column_that_is_not_known_is_refused() -> None:
    _, faults = read(HEADER.strip() + ",colour\n" + GOOD.strip() + ",red\n")

    assert [fault.split(": ")[0] for fault in faults] == ["line 1"]
    assert faults[0].endswith(": a column that is not known")


def test_a_column_without_a_name_is_refused() -> None:
    _, faults = read(HEADER.strip() + ",\n" + GOOD.strip() + ",\n")

    assert len(faults) == 1
    assert faults[0].endswith(": a column that is not known")


def test_a_column_that_comes_twice_is_refused() -> None:
    _, faults = read(HEADER.strip() + ",phone\n" + GOOD.strip() + ",\n")

    assert set(faults) == {"line 1: phone: the name of two columns"}


def test_signs_behind_a_closing_quote_are_refused_at_their_line() -> None:
    _, faults = read(HEADER + GOOD + row(number='"20123456"7') + GOOD)

    assert faults == [f"line 3: file: {BROKEN}"]


def test_a_quote_that_is_not_closed_is_refused_at_the_line_where_it_opens() -> None:
    _, faults = read(HEADER + GOOD + row(number='"20123456') + GOOD * 3)

    assert faults == [f"line 3: file: {BROKEN}"]


def test_a_cell_beyond_all_measure_is_refused() -> None:
    _, faults = read(HEADER + GOOD + row(number="1" * 140_000) + GOOD)

    assert faults == [f"line 3: file: {BROKEN}"]


def test_a_quoted_line_end_inside_a_cell_is_refused_as_a_bad_cell() -> None:
    _, faults = read(HEADER + row(kind='"id\ncard"'))

    assert len(faults) == 1


def test_what_is_not_utf_8_is_refused() -> None:
    _, faults = read((HEADER + GOOD).encode() + b"id_card,2012345\xff,047-01,ready,,\n")

    assert [fault.split(": ", 1)[1] for fault in faults] == ["file: not UTF-8 from here on"]


def test_what_is_not_utf_8_is_refused_at_its_line() -> None:
    _, faults = read((HEADER + GOOD).encode() + b"id_card,2012345\xff,047-01,ready,,\n")

    assert faults == ["line 3: file: not UTF-8 from here on"]


def test_a_list_in_utf_16_is_refused() -> None:
    _, faults = read((HEADER + GOOD).encode("utf-16"))

    assert len(faults) == 1


# Secrecy


@pytest.mark.parametrize("column", HEADER.strip().split(","))
def test_a_refusal_never_holds_the_value(column: str) -> None:
    said = " ".join(refused(**{column: "SECRET77"}))

    assert "SECRET77" not in said


def test_a_refusal_never_holds_another_value_of_its_row() -> None:
    said = " ".join(refused(state="lost"))

    assert not [one for one in ("20123456", "711000111") if one in said]


@pytest.mark.parametrize("value", ["20123456", "711000111"])
def test_the_faults_of_a_list_without_a_header_hold_no_value(value: str) -> None:
    said = " ".join(read(GOOD + GOOD)[1])

    assert value not in said


_CELL = st.text(alphabet="0123456789abcXYZ-+/ ", min_size=1, max_size=12)


@given(
    cells=st.fixed_dictionaries(dict.fromkeys(HEADER.strip().split(","), _CELL)),
)
def test_whatever_a_row_holds_its_refusal_names_a_line_a_column_and_no_value(
    cells: dict[str, str],
) -> None:
    marked = {name: f"§{cell}" for name, cell in cells.items()}
    _, faults = read(HEADER + row(**marked))

    assert len(faults) == 1
    assert "§" not in faults[0]
