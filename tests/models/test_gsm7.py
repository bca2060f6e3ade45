"""Letters as the network counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.gsm7 import SMS_SEGMENT, USSD_PAGE, foreign, plain, septets

BASIC = (
    "@\u00a3$\u00a5\u00e8\u00e9\u00f9\u00ec\u00f2\u00c7\n\u00d8\u00f8\r\u00c5\u00e5"
    "\u0394_\u03a6\u0393\u039b\u03a9\u03a0\u03a8\u03a3\u0398\u039e\u00c6\u00e6\u00df\u00c9"
    " !\"#\u00a4%&'()*+,-./0123456789:;<=>?"
    "\u00a1ABCDEFGHIJKLMNOPQRSTUVWXYZ\u00c4\u00d6\u00d1\u00dc\u00a7"
    "\u00bfabcdefghijklmnopqrstuvwxyz\u00e4\u00f6\u00f1\u00fc\u00e0"
)
"""The default alphabet of 3GPP TS 23.038, 6.2.1, without the escape."""

EXTENSION = "\f^{}\\[~]|\u20ac"
"""Its extension table, 6.2.1.1."""

letters = st.sampled_from(BASIC + EXTENSION)


def test_the_table_has_every_letter_of_the_default_alphabet() -> None:
    assert len(set(BASIC)) == 127


@pytest.mark.parametrize("letter", BASIC)
def test_a_letter_of_the_default_alphabet_takes_one_septet(letter: str) -> None:
    assert septets(letter) == 1


@pytest.mark.parametrize("letter", EXTENSION)
def test_a_letter_of_the_extension_takes_two_septets(letter: str) -> None:
    assert septets(letter) == 2


@pytest.mark.parametrize("letter", EXTENSION)
def test_a_letter_of_the_extension_is_not_foreign(letter: str) -> None:
    assert foreign(letter) == []


def test_a_text_takes_the_sum_of_its_letters() -> None:
    assert septets("[GPO] \u20ac1") == 2 + 3 + 2 + 1 + 2 + 1


def test_an_empty_text_takes_nothing() -> None:
    assert septets("") == 0


@pytest.mark.parametrize(
    "letter",
    [
        "\u1e80",
        "\u00ea",
        "\u00e7",
        "\u0169",
        "`",
        "\t",
        "\x1b",
        "\x00",
        "\u00a0",
        "\u2019",
        "\u2013",
        "\uff11",
        "\u0430",
        "\U0001f64f",
        "\ud800",
    ],
    ids=ascii,
)
def test_any_other_letter_is_foreign(letter: str) -> None:
    assert foreign(f"a{letter}") == [letter]


def test_each_foreign_letter_is_named_once_in_order() -> None:
    assert foreign("\u00ea\u00ea a \u00e7\u00ea") == ["\u00e7", "\u00ea"]


def test_a_page_and_a_segment_are_as_long_as_the_network_takes() -> None:
    assert (USSD_PAGE, SMS_SEGMENT) == (160 * 8 // 7, 140 * 8 // 7)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("M\u0169rang'a", "Murang'a"),
        ("\u1e80", "W"),
        ("\u00ea\u00ee\u00f4\u00fb", "eiou"),
        ("\u00e7\u00ed\u015f", "cis"),
        ("\u2018hapa\u2019", "'hapa'"),
        ("\u201cREADY\u201d", '"READY"'),
        ("07:00\u201319:00 \u2014 ok", "07:00-19:00 - ok"),
        ("Subiri\u2026", "Subiri..."),
        ("KES\u00a080", "KES 80"),
        ("\U0001f64f", "?"),
        ("\u0430", "?"),
        ("\t", "?"),
        ("\x1b", "?"),
    ],
    ids=ascii,
)
def test_a_foreign_letter_becomes_the_nearest_that_phones_show(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize("letter", BASIC + EXTENSION)
def test_a_letter_that_phones_show_stays_as_it_is(letter: str) -> None:
    assert plain(letter) == letter


def test_an_accent_written_apart_is_not_shown_as_a_question() -> None:
    assert plain("Mu\u0303rang'a") == "Murang'a"


@given(st.text())
def test_a_plain_text_has_no_foreign_letter(text: str) -> None:
    assert foreign(plain(text)) == []


@given(st.text())
def test_a_plain_text_is_plain_already(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@given(st.text(letters), st.text(letters))
def test_septets_of_two_texts_add_up(one: str, other: str) -> None:
    assert septets(one + other) == septets(one) + septets(other)
