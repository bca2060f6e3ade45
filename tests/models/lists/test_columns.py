"""Facts about the columns of a list: what they may be called, and what is refused."""

import pytest

from models.lists.columns import MOST, columns_of
from models.lists.table import Fill
from models.numbers import NumberType
from tests.models.lists.read import GOOD, HEADER, NO_FILL, words

COLUMNS = HEADER.strip().split(",")
NO_COLUMN = "no such column"


def faults(*header: str, fill: Fill = NO_FILL) -> list[str]:
    return [str(one) for one in columns_of(header, fill, words())[1]]


def places(*header: str) -> tuple[int, ...]:
    columns, refused = columns_of(header, NO_FILL, words())
    assert refused == []
    return columns.places


def test_columns_may_come_in_any_order() -> None:
    assert places(*reversed(COLUMNS)) == (5, 4, 3, 2, 1, 0)


@pytest.mark.parametrize(
    "header",
    [
        "KIND| Number |Centre|STATE|Received_On|phone",
        "Document Type|ID No.|Huduma Centre|Status|Date Received|Phone Number",
        "Aina ya stakabadhi|Nambari ya kitambulisho|Kituo|Hali|Tarehe|Simu",
        "\ufeffkind|id_no|CENTER|state|received-on|Tel. No",
        "Kind|National ID Number|Collection Point|Collection Status|Date|Contacts",
        "kind|Number / Nambari|Centre / Kituo|State / Hali|Date / Tarehe|Phone / Simu",
        "kind|ID number (8 digits)|centre|state|received on (dd/mm/yyyy)|phone (07..)",
        "kind|idNumber|centreName|state|dateReceived|phoneNumber",
        "kind\u00a0|ID\nnumber|Centre\u200b|state|date|phone",
    ],
)
def test_columns_are_named_in_either_language_and_several_spellings(header: str) -> None:
    assert places(*header.split("|")) == (0, 1, 2, 3, 4, 5)


def test_columns_that_count_rows_or_are_not_kept_are_read_past() -> None:
    header = ["#", "S/No", "Full Name", "Jina", "Date of birth", "Remarks", *COLUMNS]

    assert places(*header) == (6, 7, 8, 9, 10, 11)


def test_a_column_without_a_name_may_stand_there() -> None:
    columns, refused = columns_of([*COLUMNS, "", " "], NO_FILL, words())

    assert (refused, columns.nameless) == ([], (6, 7))


def test_columns_of_further_numbers_are_found() -> None:
    columns, _ = columns_of([*COLUMNS, "Waiting card no", "Risiti"], NO_FILL, words())

    assert columns.further == ((NumberType.WAITING_CARD, 6), (NumberType.RECEIPT, 7))


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_that_is_missing_is_named(column: str) -> None:
    assert faults(*(name for name in COLUMNS if name != column)) == [
        f"line 1: {column}: {NO_COLUMN}"
    ]


def test_every_missing_column_is_named_in_an_empty_file() -> None:
    assert faults() == [f"line 1: {column}: {NO_COLUMN}" for column in COLUMNS]


def test_faults_are_said_of_the_headers_own_line() -> None:
    _, refused = columns_of(COLUMNS[1:], NO_FILL, words(), line=4)

    assert [str(one) for one in refused] == [f"line 4: kind: {NO_COLUMN}"]


@pytest.mark.parametrize("name", ["colour", "serial number", "id number of the mother", "²"])
def test_a_column_that_is_not_known_is_refused_at_its_place(name: str) -> None:
    assert faults(*COLUMNS, name) == ["line 1: column 7: a column that is not known"]


@pytest.mark.parametrize("again", ["phone", "Simu", "Telephone No."])
def test_a_column_that_comes_twice_is_refused(again: str) -> None:
    assert faults(*COLUMNS, again) == ["line 1: phone: the name of two columns"]


def test_more_columns_than_a_list_has_are_refused() -> None:
    assert faults(*COLUMNS, *["#"] * MOST) == [f"line 1: header: more than {MOST} columns"]


@pytest.mark.parametrize("value", ["20123456", "711000111"])
def test_the_faults_of_a_list_without_a_header_hold_no_value(value: str) -> None:
    assert value not in " ".join(faults(*GOOD.strip().split(",")))


# What an option says of the whole list


def test_an_option_stands_for_a_column_that_lacks() -> None:
    fill = Fill(centre="Thika", kind="id_card", state="ready")

    assert faults("number", "received_on", "phone", fill=fill) == []


def test_an_option_that_is_none_of_its_kind_is_a_fault_without_a_line() -> None:
    assert faults(*COLUMNS, fill=Fill(kind="passport", state="lost")) == [
        "--kind: not one of: id_card, birth_certificate, driving_licence",
        "--state: not one of: coming, ready, collected, returned",
    ]


def test_an_option_may_be_in_either_language() -> None:
    assert faults(*COLUMNS, fill=Fill(kind="Leseni", state="Tayari")) == []
