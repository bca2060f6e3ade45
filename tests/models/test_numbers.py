"""Facts about the one spelling that a number has, and about texts that are no number."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.country import kenya
from models.numbers import ACCEPTED, ANY_NUMBER, PRINCIPAL, Kind, Malformed, NumberType

canonical, types_of = kenya().formats.canonical, kenya().formats.types_of

NATIONAL_ID = NumberType.NATIONAL_ID
WAITING_CARD = NumberType.WAITING_CARD
BIRTH_ENTRY = NumberType.BIRTH_ENTRY
BIRTH_CERTIFICATE = NumberType.BIRTH_CERTIFICATE
RECEIPT = NumberType.RECEIPT

NOWHERE_A_NUMBER = {
    "empty": "",
    "blank": "  ",
    "nought": "0",
    "noughts": "000000",
    "nine noughts": "000000000",
    "joiners alone": "--..  --",
    "too short": "12",
    "too long": "123456789012345",
    "full-width digits": "２０１２３４５６",
    "full-width among others": "2012345６7",
    "superscript": "2012345²",
    "Arabic-Indic digits": "٢٠١٢٣٤٥٦",
    "Devanagari digits": "२०१२३४५६",
    "NUL": "2012\x003456",
    "NUL at the end": "20123456\x00",
    "a zero-width space": "2012\u200b3456",
    "a dotless i, whose capital is ASCII": "ı0123456",
    "a long s, whose capital is ASCII": "ſ0123456",
    "a sharp s, whose capitals are ASCII": "ß0123456",
    "letters alone": "ABCDEFGHI",
    "a plus": "+2012345",
    "a decimal comma": "2012,345",
}

CANONICAL = [
    (NATIONAL_ID, "20123456", "20123456"),
    (NATIONAL_ID, " 20 123 456 ", "20123456"),
    (NATIONAL_ID, "20-123-456", "20123456"),
    (NATIONAL_ID, "20.123.456", "20123456"),
    (NATIONAL_ID, "20\u00a0123\u00a0456", "20123456"),
    (NATIONAL_ID, "20\t123\n456", "20123456"),
    (NATIONAL_ID, "201234", "201234"),
    (NATIONAL_ID, "201234567", "201234567"),
    (NATIONAL_ID, "02012345", "2012345"),
    (NATIONAL_ID, "002012345", "2012345"),
    (NATIONAL_ID, "12345678901234", "12345678901234"),
    (WAITING_CARD, "301234567", "301234567"),
    (WAITING_CARD, "301 234 567", "301234567"),
    (WAITING_CARD, "301-234.567", "301234567"),
    (WAITING_CARD, "001234567", "001234567"),
    (BIRTH_ENTRY, "1234567890", "1234567890"),
    (BIRTH_ENTRY, "0123456789", "123456789"),
    (BIRTH_ENTRY, "123 456-7890", "1234567890"),
    (BIRTH_ENTRY, "123/2004", "123/2004"),
    (BIRTH_ENTRY, "ab123/2004", "AB123/2004"),
    (BIRTH_ENTRY, "a 12-34 b", "A1234B"),
    (BIRTH_ENTRY, "012/2004", "012/2004"),
    (BIRTH_CERTIFICATE, "7654321", "7654321"),
    (BIRTH_CERTIFICATE, "0654321", "654321"),
    (BIRTH_CERTIFICATE, "765 43-21", "7654321"),
    (RECEIPT, "kra1234", "KRA1234"),
    (RECEIPT, "0012345", "0012345"),
    (RECEIPT, "ab-12 34.5/6", "AB123456"),
    (RECEIPT, "1234", "1234"),
]

REFUSED = [
    (NATIONAL_ID, "20123", "five digits"),
    (NATIONAL_ID, "2012345678", "ten digits"),
    (NATIONAL_ID, "1234567890123", "thirteen digits"),
    (NATIONAL_ID, "A0123456", "a letter before"),
    (NATIONAL_ID, "2012345O", "a letter for a nought"),
    (WAITING_CARD, "30123456", "eight digits"),
    (WAITING_CARD, "3012345678", "ten digits"),
    (WAITING_CARD, "30123456A", "a letter"),
    (BIRTH_ENTRY, "12345", "five digits"),
    (BIRTH_ENTRY, "AB/000", "no digit but noughts"),
    (BIRTH_ENTRY, "123\\2004", "a slash the other way"),
    (BIRTH_CERTIFICATE, "1234", "four digits"),
    (BIRTH_CERTIFICATE, "12345678901", "eleven digits"),
    (BIRTH_CERTIFICATE, "A1234567", "a letter"),
    (RECEIPT, "123", "three digits"),
    (RECEIPT, "AB1234567890123", "fifteen signs"),
    (RECEIPT, "KRA#1234", "another sign"),
]


@pytest.mark.parametrize(("number_type", "text", "form"), CANONICAL)
def test_a_number_has_one_spelling(number_type: NumberType, text: str, form: str) -> None:
    assert canonical(number_type, text) == form


@pytest.mark.parametrize(
    ("number_type", "text"),
    [(number_type, text) for number_type, text, _ in REFUSED],
    ids=[f"{number_type}: {why}" for number_type, _, why in REFUSED],
)
def test_what_cannot_be_of_a_type_is_refused(number_type: NumberType, text: str) -> None:
    with pytest.raises(Malformed):
        canonical(number_type, text)


@pytest.mark.parametrize("text", NOWHERE_A_NUMBER.values(), ids=list(NOWHERE_A_NUMBER))
def test_what_is_no_number_is_of_no_type(text: str) -> None:
    assert types_of(text, tuple(NumberType)) == {}


@pytest.mark.parametrize("number_type", list(NumberType))
@pytest.mark.parametrize("text", ["012345", "000001", "00001", "01234567890123", "0000000012"])
def test_a_number_without_its_noughts_is_the_same_number(
    number_type: NumberType, text: str
) -> None:
    once = types_of(text, (number_type,))

    assert all(types_of(form, (number_type,)) == once for form in once.values())


_TYPED = st.text(alphabet="0123456789ABCxyzßı²６٣-/._ \u00a0\x00", max_size=18)
_DIGITS = st.from_regex(r"0{0,8}[0-9]{1,10}", fullmatch=True)


@given(text=_TYPED | _DIGITS | st.text(max_size=18))
@example("000001")
def test_a_canonical_form_is_its_own_canonical_form(text: str) -> None:
    once = types_of(text, tuple(NumberType))

    assert {one: types_of(form, (one,)) for one, form in once.items()} == {
        one: {one: form} for one, form in once.items()
    }


@given(text=_TYPED | st.text(max_size=18))
def test_a_canonical_form_is_short_ascii(text: str) -> None:
    forms = types_of(text, tuple(NumberType)).values()

    assert all(form.isascii() and 0 < len(form) <= ANY_NUMBER for form in forms)


@given(digits=st.from_regex(r"[1-9][0-9]{5,8}", fullmatch=True), data=st.data())
def test_joiners_between_digits_do_not_count(digits: str, data: st.DataObject) -> None:
    joiners = [data.draw(st.sampled_from(["", " ", "-", ".", "\u00a0"])) for _ in digits]
    written = "".join(map("".join, zip(joiners, digits, strict=True)))

    assert canonical(NATIONAL_ID, written) == digits


@given(letters=st.from_regex(r"[a-z][0-9]{4}[1-9][a-z]?", fullmatch=True))
@pytest.mark.parametrize("number_type", [BIRTH_ENTRY, RECEIPT])
def test_small_letters_are_large_ones(number_type: NumberType, letters: str) -> None:
    assert canonical(number_type, letters) == canonical(number_type, letters.upper())


def test_types_of_gives_each_type_that_a_text_can_be() -> None:
    assert types_of("012345678", tuple(NumberType)) == {
        NATIONAL_ID: "12345678",
        WAITING_CARD: "012345678",
        BIRTH_ENTRY: "12345678",
        BIRTH_CERTIFICATE: "12345678",
        RECEIPT: "012345678",
    }


def test_types_of_gives_no_type_that_was_not_asked_for() -> None:
    assert set(types_of("301234567", (WAITING_CARD, RECEIPT))) == {WAITING_CARD, RECEIPT}


def test_every_kind_is_asked_for_by_some_number() -> None:
    assert set(ACCEPTED) == set(Kind)


def test_every_kind_has_its_principal_number() -> None:
    assert set(PRINCIPAL) == set(Kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_kind_is_asked_for_by_its_principal_number(kind: Kind) -> None:
    assert PRINCIPAL[kind] in ACCEPTED[kind]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_kind_is_asked_for_by_its_receipt(kind: Kind) -> None:
    assert RECEIPT in ACCEPTED[kind]


def test_every_type_finds_some_kind() -> None:
    assert {one for types in ACCEPTED.values() for one in types} == set(NumberType)


def test_a_refusal_does_not_repeat_the_number() -> None:
    with pytest.raises(Malformed) as refused:
        canonical(NATIONAL_ID, "20123")

    assert "20123" not in str(refused.value)
