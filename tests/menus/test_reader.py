"""Facts about the reader of free text, most of them in the table messages.tsv."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from menus.reader import Reading, reader_of
from models.country import kenya
from models.numbers import Kind

read = reader_of(kenya()).read


class Message(NamedTuple):
    text: str
    kind: str
    numbers: str
    language: str


def _unescaped(text: str) -> str:
    text = re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), text)
    return text.replace("\\n", "\n")


def _messages() -> dict[int, Message]:
    """Give the rows of the table by their line number."""
    table = Path(__file__).with_name("messages.tsv").read_text(encoding="utf-8")
    rows = table.removesuffix("\n").split("\n")
    assert rows[0].split("\t") == list(Message._fields)
    messages = {}
    for line, row in enumerate(rows[1:], 2):
        text, kind, numbers, language = row.split("\t")
        messages[line] = Message(_unescaped(text), kind, numbers, language)
    return messages


MESSAGES = _messages()


def _told(reading: Reading) -> tuple[str, str, str]:
    numbers = " ".join(reading.numbers)
    return reading.kind or "-", numbers or "-", reading.language or "-"


@pytest.mark.parametrize(
    "message", MESSAGES.values(), ids=[f"line-{line}" for line in MESSAGES]
)
def test_a_message_is_read_as_a_person_reads_it(message: Message) -> None:
    assert _told(read(message.text)) == message[1:]


def test_the_table_holds_two_hundred_distinct_messages() -> None:
    assert len(MESSAGES) == 200
    assert len({message.text for message in MESSAGES.values()}) == 200


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "\ud800",
        "a" * 7000,
        "1" * 7000,
        "1 " * 3500,
        "12/" * 2333,
        "1,234," * 1166,
        "ref no " * 1000,
        "ref." + "." * 6996,
        "ksh 100 " * 875,
        "0712 " * 1400,
        "123/2019" * 875,
        "kitambulixho" * 583,
        "cheti cha " * 700,
        "\u200b" * 7000,
        "\uff11" * 7000,
    ],
    ids=lambda text: f"{text[:8]!a}-{len(text)}",
)
def test_a_hostile_text_is_read_to_the_end(text: str) -> None:
    assert all(len(number) <= 14 for number in read(text).numbers)


def test_only_the_first_thousand_characters_are_read() -> None:
    assert read("x " * 500 + "ID 23456781") == Reading(None, (), None)


def test_a_number_cut_short_by_the_limit_is_not_given() -> None:
    assert read("x " * 496 + "23456781").numbers == ("23456781",)
    assert read("x " * 497 + "23456781").numbers == ()


def test_nul_and_unseen_characters_are_passed_over() -> None:
    assert read("\0ID\0 234\u200b56\u2060781\0").numbers == ("23456781",)


@pytest.mark.parametrize("zero", ["\uff10", "\u0660", "\u06f0", "\u0966"])
def test_digits_other_than_ascii_make_no_number(zero: str) -> None:
    foreign = "".join(chr(ord(zero) + digit) for digit in (2, 3, 4, 5, 6, 7, 8, 1))
    assert read(f"ID {foreign}").numbers == ()
    assert read(f"ID 2345678{zero}").numbers == ()


def test_the_repr_holds_no_number() -> None:
    reading = read("ID 23456781")
    assert reading.numbers == ("23456781",)
    assert "23456781" not in repr(reading) + str(reading) + f"{[reading]}"


@pytest.mark.parametrize(
    "text",
    [
        "0712345678",
        "0112345678",
        "0712 345 678",
        "0712-345-678",
        "07 12 34 56 78",
        "+254712345678",
        "+254 712 345 678",
        "2547 12345678",
        "254 712 345 678",
        "00254712345678",
        "tel 712345678",
        "number yangu ya simu 112345678",
        "nipigie 712 345 678",
        "020 6900020",
        "0206900020",
        "0800 230007",
        "0800 230 007",
    ],
)
def test_a_telephone_number_is_no_document_number(text: str) -> None:
    assert read(text).numbers == ()
    assert read(f"ID 23456781 {text}").numbers == ("23456781",)
    assert read(f"{text} ID 23456781").numbers == ("23456781",)


@pytest.mark.parametrize(
    "text",
    [
        "2019",
        "1998 2019",
        "12/03/2019",
        "12-03-2019",
        "12 03 2019",
        "2019-03-12",
        "12.3.19",
        "03/2019",
        "10:30",
        "1030hrs",
        "KSh 100000",
        "Kes 1,000,000",
        "sh. 300000",
        "100,000/=",
        "100000/-",
        "1000000 bob",
        "1 000 000 bob",
        "5000000 shillings",
        "shilingi 200000",
        "*1919#",
        "12345",
    ],
)
def test_a_date_time_or_sum_is_no_document_number(text: str) -> None:
    assert read(text).numbers == ()
    assert read(f"{text}, ID 23456781").numbers == ("23456781",)


def test_a_ten_digit_entry_number_is_told_from_a_telephone_by_its_words() -> None:
    assert read("0123456789").numbers == ()
    assert read("birth certificate 0123456789").numbers == ("0123456789",)
    assert read("entry no 0712345678").numbers == ("0712345678",)
    assert read("birth certificate, call 0123456789").numbers == ()


def test_a_number_with_commas_is_taken_where_it_is_said_to_be_an_id() -> None:
    assert read("12,345,678").numbers == ()
    assert read("ID 12,345,678").numbers == ("12345678",)
    assert read("12,345,678 ni ID yangu").numbers == ("12345678",)
    assert read("nililipa 1,000,000 ya ID").numbers == ()


def test_the_number_named_comes_first_then_the_usual_lengths() -> None:
    text = "1234567890 123456789 2345678 ya ID 34567 ama entry no 123/2019"
    assert read(text).numbers == ("123/2019", "2345678", "123456789", "1234567890")


def test_a_number_said_twice_is_given_once_and_five_at_most() -> None:
    assert read("23456781 ID 23456781").numbers == ("23456781",)
    assert len(read(" ".join(str(23456781 + step) for step in range(9))).numbers) == 5


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("my driving licence, id no 23456781", Kind.DRIVING_LICENCE),
        ("id no 23456781, my driving licence", Kind.DRIVING_LICENCE),
        ("ID na leseni", Kind.ID_CARD),
        ("i.d.", Kind.ID_CARD),
        ("d.l", Kind.DRIVING_LICENCE),
        ("b.c.", Kind.BIRTH_CERTIFICATE),
        ("waiting for you", None),
        ("maisha ni magumu", None),
        ("cheti cha kifo", None),
        ("leseni ya biashara", None),
        ("mimi ni dereva", None),
    ],
)
def test_the_kind_is_the_document_asked_for(text: str, kind: Kind | None) -> None:
    assert read(text).kind is kind


PIECES = [
    *("ID", "id no", "kitambulisho", "ref", "entry", "birth", "leseni", "simu", "KSh", "iko"),
    *("12345678", "1234 5678", "0712", "345", "678", "+254", "2019", "123/2019", "12/03"),
    *("REC12345", "QX7RT2K9", "\u200b", "\u00a0", "\uff11", "\u0661", "\u2013", "\U0001f64f"),
    *("\u017f", "\u212a", "\u0130", "\ud800", "bob", *"12/-.:# \n\0"),
]
WORDS = st.lists(st.sampled_from(PIECES))


@settings(max_examples=300, deadline=None)
@given(st.text() | WORDS.map("".join) | WORDS.map(" ".join))
def test_every_number_given_stands_in_the_text(text: str) -> None:
    kept = re.sub("[^0-9A-Z/]", "", re.sub("[a-z]", lambda letter: letter[0].upper(), text))
    for number in read(text).numbers:
        assert re.fullmatch("[0-9A-Z/]+", number)
        assert number in kept
