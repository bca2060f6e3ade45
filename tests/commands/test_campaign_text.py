"""What a campaign says: one segment, that it is free, who it is from, and how to check it."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from menus import answers
from menus.words import load
from models.centres import SHORT_NAME, TOWN, Centre
from models.documents import Found
from models.gsm7 import SMS_SEGMENT, foreign, septets
from models.numbers import Kind

LANGUAGES = load(code="*1919#")
FREE = {"en": "Collecting is free", "sw": "Kuchukua ni bure"}
STOP = {"en": "Reply STOP", "sw": "jibu ACHA"}
OURS = {"en": ("only 1919 texts you",), "sw": ("ni 1919 pekee inay", "SMS ni za 1919 pekee")}

letters = st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ '-")
clocks = st.sampled_from(["07:00", "07:30", "12:15", "17:00", "22:45"])


def centre(name: str, town: str, hours: tuple[str, str, str], doubtful: bool = False) -> Centre:
    return Centre("047-01", name, "047", "Nairobi", town, *hours, doubtful)


centres = st.builds(
    centre,
    name=st.text(letters, min_size=1, max_size=SHORT_NAME) | st.just("W" * SHORT_NAME),
    town=st.text(letters, max_size=TOWN) | st.just("M" * TOWN),
    hours=st.just(("", "", "")) | st.tuples(clocks, clocks, st.just("Mon-Fri")),
    doubtful=st.booleans(),
)
founds = st.builds(
    Found, st.sampled_from(Kind), st.just(True), st.just(date(2026, 9, 30)), centres
)
numbers = st.from_regex(r"[1-9][0-9]{5,13}", fullmatch=True) | st.from_regex(
    r"[A-Z]{3}[0-9]{3,11}", fullmatch=True
)
documents = st.lists(st.tuples(numbers, founds), min_size=1, max_size=6)
refs = st.integers(10_000, 99_999).map(str)
every_language = pytest.mark.parametrize("code", sorted(LANGUAGES))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(LANGUAGES)), documents, refs)
def test_a_text_is_one_segment_and_says_all_that_it_must(
    code: str, owned: list[tuple[str, Found]], ref: str
) -> None:
    text = answers.campaign(LANGUAGES[code], owned, ref)
    number, found = owned[0]

    assert septets(text) <= SMS_SEGMENT
    assert foreign(text) == []
    assert "{" not in text
    assert f"{LANGUAGES[code].say('kinds', found.kind)} ..{number[-3:]}" in text
    assert found.centre.short_name in text
    assert FREE[code] in text
    assert any(one in text for one in OURS[code])
    assert f" Ref {ref}." in text


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(LANGUAGES)), numbers, founds, refs)
def test_a_text_of_one_document_says_how_to_get_no_more(
    code: str, number: str, found: Found, ref: str
) -> None:
    assert STOP[code] in answers.campaign(LANGUAGES[code], [(number, found)], ref)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(LANGUAGES)), numbers, founds, refs)
def test_a_centre_that_is_in_doubt_is_never_told_without_the_doubt(
    code: str, number: str, found: Found, ref: str
) -> None:
    text = answers.campaign(LANGUAGES[code], [(number, found)], ref)

    assert (LANGUAGES[code].say("phrases", "doubt") in text) == found.centre.doubtful


@every_language
def test_a_number_inside_a_name_is_left_alone(code: str) -> None:
    """What is put in is not looked through for what else to put in."""
    found = Found(Kind.ID_CARD, True, date(2026, 9, 30), centre("999 Ref 9", "", ("", "", "")))

    text = answers.campaign(LANGUAGES[code], [("123", found), ("456", found)], "48213")

    assert text.count("999 Ref 9") == 2
    assert "..123" in text
    assert "..456" in text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "en",
            "Your ID ..678 is READY at GPO Nairobi. Mon-Fri 07:00-19:00. Bring: waiting card."
            " Collecting is free; only 1919 texts you. Ref 48213. Reply STOP to end.",
        ),
        (
            "sw",
            "Kitambulisho ..678 tayari: GPO Nairobi. Leta waiting card. Kuchukua ni bure;"
            " ni 1919 pekee inayokutumia SMS. Ref 48213. Kuacha: jibu ACHA.",
        ),
    ],
)
def test_an_owner_of_one_reads(code: str, text: str) -> None:
    at = centre("GPO Nairobi", "", ("07:00", "19:00", "Mon-Fri"))
    found = Found(Kind.ID_CARD, True, date(2026, 9, 30), at)

    assert answers.campaign(LANGUAGES[code], [("12345678", found)], "48213") == text
