"""Facts about phones as people write them, and as agents see them."""

import pytest

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
