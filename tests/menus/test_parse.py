"""What callers key, whatever it is: read as what was asked for, or a slip."""

import unicodedata
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from menus import parse
from models.country import kenya
from models.numbers import Kind, NumberType
from tests.strange import NUMBER, OF_VALUE

Parser = Callable[..., Mapping[str, str] | None]

NUMBERS: dict[str, Parser] = {
    **{kind.value: parse.number_for(kind) for kind in Kind},
    "receipt_asked": parse.receipt_asked,
    "any_number": parse.any_number,
}
PARSERS: dict[str, Parser] = {
    **NUMBERS,
    "receipt": parse.receipt,
    "place": parse.place,
    "code": parse.code,
    "free_text": parse.free_text,
}
every_parser = pytest.mark.parametrize("read", PARSERS.values(), ids=list(PARSERS))
typed = (
    st.text(max_size=60)
    | st.from_regex(r"[0-9A-Za-z ./_-]{1,20}", fullmatch=True)
    | st.text(alphabet="0123456789²６٣IDid ./-\u200b\u00a0", max_size=20)
)
strange = (
    st.tuples(*(st.sampled_from([one, *OF_VALUE[one]]) for one in NUMBER))
    .map("".join)
    .filter(lambda one: one != NUMBER)
)
few = settings(max_examples=20)


@every_parser
@few
@given(text=typed)
def test_whatever_is_keyed_is_said_in_words_or_is_a_slip(read: Parser, text: str) -> None:
    said = read(text, kenya())

    assert said is None or all(isinstance(one, str) for one in said.values())
    assert said is None or any(said.values())


@every_parser
@few
@given(text=typed)
def test_what_is_read_is_no_longer_than_what_a_phone_can_send(read: Parser, text: str) -> None:
    said = read(text * 20, kenya()) or {}

    assert [one for one in said.values() if len(one) > parse.LONGEST + 1] == []


@pytest.mark.parametrize("read", NUMBERS.values(), ids=list(NUMBERS))
@few
@given(text=strange, around=st.sampled_from(["{}", "ID {}", "{} please", " {} "]))
def test_a_number_in_other_digits_than_0_to_9_is_no_number(
    read: Parser, text: str, around: str
) -> None:
    number = (read(around.format(text), kenya()) or {}).get("number", "")
    known = kenya().formats.types_of(number, tuple(NumberType))

    assert unicodedata.normalize("NFKC", NUMBER) not in known.values()
    assert NUMBER not in number


@few
@given(text=typed)
def test_a_code_is_five_digits_from_0_to_9_or_none(text: str) -> None:
    code = (parse.code(text, kenya()) or {"code": "00000"})["code"]

    assert (len(code), code.isascii(), code.isdecimal()) == (5, True, True)


@settings(max_examples=300)
@given(digits=st.text(alphabet="0123456789", min_size=1, max_size=20))
def test_digits_alone_are_read_as_a_message_with_them_is(digits: str) -> None:
    assert parse.any_number(digits, kenya()) == parse.any_number(f"{digits} ", kenya())
