"""Facts about phones as people write them, and as agents see them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.phones import masked, read_phone, spelt


@pytest.mark.parametrize(
    "written",
    ["+254711000111", "0711000111", "254 711-000-111", "711000111", " 0711 000 111 "],
)
def test_a_phone_is_one_however_it_is_written(written: str) -> None:
    assert read_phone(written, "KE") == "+254711000111"


@pytest.mark.parametrize(
    "written", ["", "0711", "12345678901234567890", "pesa", "+9991", "٠٧١١٠٠٠١١١"]
)
def test_what_is_no_phone_is_none(written: str) -> None:
    assert read_phone(written, "KE") == ""


def test_a_masked_phone_keeps_four_digits_and_three() -> None:
    assert masked("+254711000101", "KE") == "0711***101"
    assert masked("+255711000101", "KE") == "+255***101"
    assert masked("", "KE") == ""


def test_a_phone_is_spelt_as_it_is_dialled() -> None:
    assert spelt("+254711000101", "KE") == "0711000101"
    assert spelt("+255711000101", "KE") == "+255711000101"


_WRITTEN = st.text(max_size=50) | st.from_regex(r"(\+|00|0)?[0-9 ()-]{5,20}", fullmatch=True)


@settings(max_examples=30)
@given(written=_WRITTEN)
def test_whatever_is_written_is_a_phone_of_digits_0_to_9_or_none(written: str) -> None:
    phone = read_phone(written, "KE")

    assert phone == "" or re.fullmatch(r"\+[0-9]{7,15}", phone)
    assert read_phone(phone, "KE") == phone


@settings(max_examples=30)
@given(digits=st.from_regex(r"[0-9]{5,15}", fullmatch=True))
def test_no_masked_phone_can_be_rung(digits: str) -> None:
    shown = masked(f"+{digits}", "KE")

    assert shown == "" or shown.count("***") == 1
    assert len(re.sub("[^0-9]", "", shown)) <= 7
