"""Facts about the rows of a list: what cells may hold, and each fault at its place."""

import pickle
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.country import kenya
from models.documents import State
from models.lists.columns import columns_of
from models.lists.reading import Reading, Refusal
from models.lists.refusal import FORMULA, LONG
from models.lists.table import Fill
from models.matching import Row
from models.numbers import Kind, NumberType
from tests.models.lists.read import HEADER, TODAY, centres, reading_of, words

KINDS = "not one of: id_card, birth_certificate, driving_licence"
STATES = "not one of: coming, ready, collected, returned"
NO_DATE = "not a date of the form 2026-09-30"
NO_PHONE = "not a phone number"
NO_CENTRE = "no centre of this code or name"
LOST = "a spreadsheet has cut digits off"
NOT_WHOLE = "not a whole number"
NO_ID = "cannot be a number of type national_id"
COLUMNS = HEADER.strip().split(",")
GOOD = {
    "kind": "id_card",
    "number": "20123456",
    "centre": "047-01",
    "state": "ready",
    "received_on": "2026-09-29",
    "phone": "+254711000111",
}
READING = reading_of()


def read(**cells: str) -> Row | Refusal:
    return READING.row(3, list({**GOOD, **cells}.values()))


def only(**cells: str) -> Row:
    row = read(**cells)
    assert isinstance(row, Row), str(row)
    return row


def number(text: str, kind: str = "id_card") -> str:
    (one,) = only(kind=kind, number=text).numbers.values()
    return one


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


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *(
            (one, "id_card")
            for one in ("id_card", "ID_CARD", " Id_Card ", "id\u00a0card", "ID")
        ),
        *((one, "id_card") for one in ("ID Card", "National I.D.", "Kitambulisho")),
        *((one, "birth_certificate") for one in ("Birth cert.", "CHETI CHA KUZALIWA", "B/C")),
        *((one, "driving_licence") for one in ("DL", "D.L.", "Driving License", "leseni")),
    ],
)
def test_a_kind_is_read_in_either_language(text: str, kind: str) -> None:
    number = "123/2004" if kind == "birth_certificate" else "20123456"

    assert only(kind=text, number=number).kind == kind


@pytest.mark.parametrize("state", list(State))
def test_every_state_is_read(state: State) -> None:
    assert only(state=state.upper()).state is state


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Tayari", "ready"),
        ("tayari kuchukuliwa", "ready"),
        ("Ready for Collection", "ready"),
        ("NOT COLLECTED", "ready"),
        ("imechukuliwa", "collected"),
        ("Picked-up", "collected"),
        ("in transit", "coming"),
        ("Kimerudishwa", "returned"),
    ],
)
def test_a_state_is_read_in_either_language(text: str, state: str) -> None:
    assert only(state=text).state == state


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


@pytest.mark.parametrize(
    "text",
    [
        " 020 123-456 ",
        "020123456",
        "20123456.0",
        "20123456.00",
        "20123456,0",
        "2.0123456E+07",
        "2.0123456E7",
        "2.0123456e+007",
        "2,0123456E+07",
        "2.01234560E+07",
        "'20123456",
        "\u201920123456",
        '"20123456"',
        '="20123456"',
        "20\u00a0123\u00a0456",
        "\u200b20123456\ufeff",
        "20\u202f123\u202f456",
        "２０１２３４５６",
        "٢٠١٢٣٤٥٦",
        "20,123,456",
        "20,123,456.00",
        "20.123.456",
        "ID 20123456",
        "ID No. 20123456",
        "id:20123456",
        "No. 20123456",
        "#20123456",
        "Nambari ya kitambulisho 20123456",
    ],
)
def test_a_mangled_number_is_read_where_no_digit_is_lost(text: str) -> None:
    assert number(text) == "20123456"


def test_noughts_in_front_that_a_spreadsheet_dropped_do_not_count() -> None:
    assert number("123456789", "birth_certificate") == number("0123456789", "birth_certificate")


@pytest.mark.parametrize("text", ["30123456789012", "3.0123456789012E+13", "30123456789012.0"])
def test_a_long_number_is_read(text: str) -> None:
    assert number(text) == "30123456789012"


def test_a_letter_within_a_number_is_no_power_of_ten() -> None:
    assert number("2012E45", "birth_certificate") == "2012E45"


def test_a_label_before_a_receipt_may_be_a_part_of_it() -> None:
    row = reading_of(Fill(), "receipt").row(2, [*GOOD.values(), "ID 1234"])

    assert isinstance(row, Row)
    assert row.numbers[NumberType.RECEIPT] == "ID1234"


@pytest.mark.parametrize(
    "centre",
    [
        "047-01",
        "47-1",
        "047/01",
        "GPO Nairobi",
        "gpo nairobi",
        "GPO NAIROBI",
        "Huduma Centre GPO Nairobi",
        "HUDUMA CENTRE gpo nairobi",
        " GPO  Nairobi ",
        "GPO, Nairobi",
        "Nairobi GPO",
        "GPO-Nairobi Huduma Center",
        "Kituo cha Huduma GPO Nairobi",
        "GPO Nairobbi",
    ],
)
def test_a_centre_is_named_by_code_or_name(centre: str) -> None:
    assert only(centre=centre).centre_code == "047-01"


def test_a_day_that_is_not_given_is_none() -> None:
    assert only(received_on=" ").received_on is None


def test_a_document_may_have_been_received_today() -> None:
    assert only(received_on="2026-09-30").received_on == TODAY


@pytest.mark.parametrize(
    "text",
    [
        "2026-09-05",
        "2026-9-5",
        "2026/09/05",
        "2026.09.05",
        "05/09/2026",
        "5/9/2026",
        "5.9.2026",
        "05-09-2026",
        "5 9 2026",
        "05/09/26",
        "5-Sep-26",
        "05-SEP-2026",
        "5 Sept 2026",
        "5 September 2026",
        "5th September, 2026",
        "5 Septemba 2026",
        "Sep 5, 2026",
        "September 5th 2026",
        "46270",
        "46270.0",
        "46270.354",
        "2026-09-05 08:00",
        "2026-09-05T08:00:00",
        "2026-09-05T08:00:00.000",
        "05/09/2026 08:00",
        "05/09/2026 8:00:00 AM",
        '="05/09/2026"',
        "'05/09/2026",
        "05/\u200b09/2026",
        "05\u00a0Sep\u00a02026",
    ],
)
def test_a_day_is_read_in_the_common_forms(text: str) -> None:
    assert only(received_on=text).received_on == date(2026, 9, 5)


@pytest.mark.parametrize("phone", ["", " ", "\u00a0", "'"])
def test_a_phone_that_is_not_given_is_none(phone: str) -> None:
    assert only(phone=phone).phone is None


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
        "711000111.0",
        "7.11000111E+08",
        "2.54711000111E+11",
        "254711000111.0",
        "'0711000111",
        '="0711000111"',
        "+254 (0) 711 000111",
        "0711\u00a0000\u00a0111",
        "\u202a+254711000111\u202c",
        "0711000111/0722000222",
        "0711000111, 0722000222",
        "0711000111 0722000222",
        "0711 000 111 / 0722 000 222",
        "nil / 0711000111",
        "0711000111 or 0722000222",
        "0711000111 (mother)",
        "Tel: 0711000111",
        "0711.000111",
        "0711.000.111",
    ],
)
def test_a_phone_is_read_in_any_form(phone: str) -> None:
    assert only(phone=phone).phone == "+254711000111"


def test_a_phone_of_another_country_is_read() -> None:
    assert only(phone="+255 754 000 111").phone == "+255754000111"


def test_further_numbers_are_read_from_their_columns() -> None:
    reading = reading_of(Fill(), "waiting_card", "receipt")
    row = reading.row(2, [*GOOD.values(), "301 234 567", "kra-1234"])

    assert isinstance(row, Row)
    assert row.numbers == {
        NumberType.NATIONAL_ID: "20123456",
        NumberType.WAITING_CARD: "301234567",
        NumberType.RECEIPT: "KRA1234",
    }


def test_a_birth_certificates_own_number_is_read() -> None:
    reading = reading_of(Fill(), "certificate no")
    cells = {**GOOD, "kind": "birth_certificate", "number": "123/2004"}
    row = reading.row(2, [*cells.values(), "0712345"])

    assert isinstance(row, Row)
    assert row.numbers[NumberType.BIRTH_CERTIFICATE] == "712345"


def test_further_numbers_may_be_left_out() -> None:
    row = reading_of(Fill(), "receipt").row(2, [*GOOD.values(), " "])

    assert isinstance(row, Row)
    assert row.numbers == {NumberType.NATIONAL_ID: "20123456"}


def test_a_row_reads_the_same_in_another_process() -> None:
    there = pickle.loads(pickle.dumps(READING))  # noqa: S301

    assert there.row(3, list(GOOD.values())) == only()


def test_what_cells_came_to_is_kept_within_bounds() -> None:
    reading = reading_of()
    for blanks in range(12_000):
        reading.row(1, list({**GOOD, "state": "ready" + " " * (blanks % 120)}.values()))
        reading.row(1, list({**GOOD, "kind": f"no kind {blanks}"}.values()))

    assert len(reading._states) <= 100
    assert len(reading._kinds) == 1


# Faults


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("kind", "passport", KINDS),
        ("kind", "", KINDS),
        ("kind", "ｉｄ_card", KINDS),
        ("kind", '=IF(1,"id_card")', FORMULA),
        ("kind", "i" * 1_001, LONG),
        ("number", "", NO_ID),
        ("number", "2012", NO_ID),
        ("number", "2012345O", NO_ID),
        ("number", "2012\x003456", NO_ID),
        ("number", "2012345²", NO_ID),
        ("number", "20,12,3456", NO_ID),
        ("number", "-20123456", NOT_WHOLE),
        ("number", "20123456/20123457", NO_ID),
        ("number", "#REF!", NO_ID),
        ("number", "mama 20123456", NO_ID),
        ("number", "2.01E+07", LOST),
        ("number", "2E+07", LOST),
        ("number", "2.012346E+07", LOST),
        ("number", "2.0123456E-07", NOT_WHOLE),
        ("number", "2.01234567E+07", NOT_WHOLE),
        ("number", "20123456.5", NOT_WHOLE),
        ("number", "2012345.67", NOT_WHOLE),
        ("number", "201.000", NOT_WHOLE),
        ("number", "=20123456", FORMULA),
        ("number", "=A1+1", FORMULA),
        ("number", "@SUM(A1)", FORMULA),
        ("number", "2" * 1_001, LONG),
        ("centre", "", NO_CENTRE),
        ("centre", "099-01", NO_CENTRE),
        ("centre", "Atlantis", NO_CENTRE),
        ("centre", "Huduma Centre", NO_CENTRE),
        ("centre", "01-Jan", NO_CENTRE),
        ("centre", "Kajiado W.", f"{NO_CENTRE}; near: 034-01, 034-02"),
        ("centre", "x" * 1_001, LONG),
        ("state", "", STATES),
        ("state", "lost", STATES),
        ("state", "=A1", FORMULA),
        ("received_on", "20260929", NO_DATE),
        ("received_on", "2026-W40-2", NO_DATE),
        ("received_on", "2026-09-31", NO_DATE),
        ("received_on", "31/09/2026", NO_DATE),
        ("received_on", "30 Foo 2026", NO_DATE),
        ("received_on", "2026-09-29T22:00:00Z", NO_DATE),
        ("received_on", "２０２６-09-29", NO_DATE),
        ("received_on", "29/09", NO_DATE),
        ("received_on", "yesterday", NO_DATE),
        ("received_on", "2026", NO_DATE),
        ("received_on", "13/13/2026", NO_DATE),
        ("received_on", "09/30/2026", "the month before the day"),
        ("received_on", "9/29/26", "the month before the day"),
        ("received_on", "2026-10-02", "a day that has not come yet"),
        ("received_on", "2062-09-29", "a day that has not come yet"),
        ("received_on", "1/1/70", "a day that has not come yet"),
        ("received_on", "1989-12-31", "a day before 1990"),
        ("received_on", "00/01/1900", NO_DATE),
        ("received_on", "12345", "a day before 1990"),
        ("received_on", "99999", "a day that has not come yet"),
        ("received_on", "=TODAY()", FORMULA),
        ("phone", "none", NO_PHONE),
        ("phone", "-", NO_PHONE),
        ("phone", "0711 000", NO_PHONE),
        ("phone", "+254711000111000", NO_PHONE),
        ("phone", "+999711000111", NO_PHONE),
        ("phone", "2.54711E+11", LOST),
        ("phone", "=B2", FORMULA),
        ("phone", "7" * 1_001, LONG),
    ],
)
def test_a_bad_cell_is_refused_at_its_line_and_column(
    column: str, cell: str, reason: str
) -> None:
    assert str(read(**{column: cell})) == f"line 3: {column}: {reason}"


@pytest.mark.parametrize(
    ("column", "cell", "number_type"),
    [
        ("waiting_card", "30123456", "waiting_card"),
        ("receipt", "123", "receipt"),
    ],
)
def test_a_bad_further_number_is_refused(column: str, cell: str, number_type: str) -> None:
    refusal = reading_of(Fill(), column).row(2, [*GOOD.values(), cell])

    assert str(refusal) == f"line 2: {column}: cannot be a number of type {number_type}"


def test_a_bad_birth_entry_is_refused_as_one() -> None:
    refusal = read(kind="birth_certificate", number="12")

    assert str(refusal) == "line 3: number: cannot be a number of type birth_entry"


def test_a_row_of_too_few_cells_is_refused() -> None:
    refusal = READING.row(2, ["id_card", "20123456", "047-01"])

    assert str(refusal) == "line 2: row: 3 cells, where the header has 6"


def test_a_row_of_too_many_cells_is_refused() -> None:
    refusal = READING.row(2, [*GOOD.values(), "more"])

    assert str(refusal) == "line 2: row: 7 cells, where the header has 6"


def test_empty_cells_behind_a_row_do_not_count() -> None:
    assert READING.row(2, [*GOOD.values(), "", " "]) == only()


# What an option says of the whole list


def test_an_option_stands_for_a_column_that_lacks() -> None:
    fill = Fill(centre="Thika", kind="ID", state="tayari")
    columns, faults = columns_of(["number", "phone", "date"], fill, words())
    row = Reading(columns, fill, kenya(), centres(), TODAY, words()).row(
        2, ["20123456", "", ""]
    )

    assert faults == []
    assert isinstance(row, Row)
    assert (row.kind, row.centre_code, row.state) == (Kind.ID_CARD, "022-01", State.READY)


def test_an_option_stands_for_empty_cells_alone() -> None:
    reading = reading_of(Fill(centre="Thika"))
    rows = [
        reading.row(2, list({**GOOD, "centre": centre}.values())) for centre in ("", "047-01")
    ]

    assert [one.centre_code for one in rows if isinstance(one, Row)] == ["022-01", "047-01"]


def test_a_centre_that_is_none_is_a_fault_before_any_row() -> None:
    assert list(map(str, reading_of(Fill(centre="Atlantis")).faults)) == [
        f"--centre: {NO_CENTRE}"
    ]


# Secrecy


@pytest.mark.parametrize("column", COLUMNS)
def test_a_refusal_never_holds_the_value(column: str) -> None:
    assert "SECRET77" not in str(read(**{column: "SECRET77"}))


def test_a_refusal_never_holds_another_value_of_its_row() -> None:
    said = str(read(state="lost"))

    assert not [one for one in ("20123456", "711000111") if one in said]


_CELL = st.text(alphabet="0123456789abcXYZ-+/ ", min_size=1, max_size=12)


@given(cells=st.fixed_dictionaries(dict.fromkeys(COLUMNS, _CELL)))
def test_whatever_a_row_holds_its_refusal_names_a_line_a_column_and_no_value(
    cells: dict[str, str],
) -> None:
    refusal = read(**{name: f"§{cell}" for name, cell in cells.items()})

    assert isinstance(refusal, Refusal)
    assert "§" not in str(refusal)


@given(cells=st.lists(st.text(max_size=60), max_size=8))
def test_any_cells_are_a_row_or_a_refusal(cells: list[str]) -> None:
    assert isinstance(READING.row(1, cells), Row | Refusal)


_LIKE = st.text(alphabet="0123456789.,eE+-/:='\"# TAMPjansetmbid\u200b\u00a0٢２", max_size=24)


@given(number=_LIKE, received_on=_LIKE, phone=_LIKE, centre=_LIKE)
def test_cells_that_look_like_good_ones_are_a_row_or_a_refusal(**cells: str) -> None:
    assert isinstance(read(**cells), Row | Refusal)


@given(digits=st.integers(min_value=10**5, max_value=10**9 - 1), places=st.integers(0, 12))
def test_a_number_shown_as_a_power_is_read_whole_or_refused(digits: int, places: int) -> None:
    row = read(number=f"{digits:.{places}E}")

    assert not isinstance(row, Row) or row.numbers[NumberType.NATIONAL_ID] == str(digits)
