"""What screens say: lines filled and left out, dates, hours, and files of words."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from menus.words import Words, fill, load, places
from models.centres import Centre
from models.country import kenya
from models.numbers import Kind

LANGUAGES = load(code="*1919#")


def centre(opens: str = "07:00", closes: str = "19:00", days: str = "Mon-Fri") -> Centre:
    return Centre("047-01", "GPO Nairobi", "047", "Nairobi", "", opens, closes, days, False)


def test_names_are_filled_with_facts() -> None:
    assert fill("{kind} ..{last}", {"kind": "ID", "last": "678"}) == ["ID ..678"]


def test_each_line_is_filled_by_itself() -> None:
    assert fill("\nID ..{last}\n{place}\n", {"last": "678", "place": "Thika"}) == [
        "ID ..678",
        "Thika",
    ]


def test_a_line_whose_fact_is_empty_is_left_out() -> None:
    assert fill("{place}\n{hours}.\nFree.", {"place": "Mandera", "hours": ""}) == [
        "Mandera",
        "Free.",
    ]


def test_a_line_with_one_empty_fact_of_two_is_left_out() -> None:
    assert fill("{days} {opens}", {"days": "Mon-Fri", "opens": ""}) == []


def test_a_fact_of_several_lines_makes_several() -> None:
    assert fill("News:\n{news}", {"news": "One.\nTwo."}) == ["News:", "One.", "Two."]


def test_a_name_that_nobody_fills_stays_to_be_found() -> None:
    assert fill("{colour}", {}) == ["{colour}"]


@pytest.mark.parametrize("fact", ["{place}", "{hours}", "{}", "{{place}}", "\\1", "%s"])
def test_a_fact_is_not_read_as_a_name(fact: str) -> None:
    assert fill("{centre}, {place}", {"centre": fact, "place": "Thika"}) == [f"{fact}, Thika"]


def test_a_line_without_names_stays_as_it_is() -> None:
    assert fill("Free of charge.", {"place": ""}) == ["Free of charge."]


def test_an_empty_text_has_one_empty_line() -> None:
    assert fill("", {}) == [""]


def test_places_are_the_names_that_a_text_wants() -> None:
    assert places("{kind} ..{last} {kind}, {NOT} {not 1}") == {"kind", "last"}


@pytest.mark.parametrize(
    ("opens", "closes", "said"),
    [
        ("07:00", "19:00", "Jumatatu-Ijumaa saa 1 asubuhi-1 jioni"),
        ("08:00", "17:00", "Jumatatu-Ijumaa saa 2 asubuhi-11 jioni"),
        ("17:00", "19:00", "Jumatatu-Ijumaa saa 11 jioni-1 jioni"),
        ("07:30", "16:45", "Jumatatu-Ijumaa saa 1:30 asubuhi-10:45 jioni"),
        ("06:00", "12:00", "Jumatatu-Ijumaa saa 12 asubuhi-6 mchana"),
        ("11:59", "15:59", "Jumatatu-Ijumaa saa 5:59 asubuhi-9:59 mchana"),
        ("12:00", "18:00", "Jumatatu-Ijumaa saa 6 mchana-12 jioni"),
        ("13:00", "20:00", "Jumatatu-Ijumaa saa 7 mchana-2 usiku"),
    ],
)
def test_hours_are_told_by_the_swahili_clock_in_swahili(
    opens: str, closes: str, said: str
) -> None:
    assert LANGUAGES["sw"].hours(centre(opens, closes)) == said


def test_hours_are_told_as_they_are_written_in_english() -> None:
    assert LANGUAGES["en"].hours(centre()) == "Mon-Fri 07:00-19:00"


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("lacking", ["opens", "closes", "days"])
def test_hours_that_no_source_gives_are_not_told(code: str, lacking: str) -> None:
    assert LANGUAGES[code].hours(centre(**{lacking: ""})) == ""


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ("07:00", "saa 1 asubuhi"),
        ("08:00", "saa 2 asubuhi"),
        ("13:30", "saa 7:30 mchana"),
        ("17:00", "saa 11 jioni"),
        ("19:00", "saa 1 jioni"),
        ("00:00", "saa 6 asubuhi"),
        ("06:00", "saa 12 asubuhi"),
        ("18:00", "saa 12 jioni"),
        ("21:15", "saa 3:15 usiku"),
    ],
)
def test_a_time_of_day_is_told_by_the_swahili_clock_in_swahili(time: str, said: str) -> None:
    assert (LANGUAGES["sw"].time(time), LANGUAGES["en"].time(time)) == (said, time)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_time_that_is_none_is_told_as_it_is(code: str) -> None:
    assert LANGUAGES[code].time("") == ""


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("en", ["Monday", "Friday", "Sunday"]),
        ("sw", ["Jumatatu", "Ijumaa", "Jumapili"]),
    ],
)
def test_a_day_of_the_week_is_named(code: str, names: list[str]) -> None:
    days = [date(2026, 10, 5), date(2026, 10, 9), date(2026, 10, 11)]

    assert [LANGUAGES[code].weekday(day) for day in days] == names


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_week_has_seven_days_of_seven_names(code: str) -> None:
    assert len(set(LANGUAGES[code].weekdays)) == len(LANGUAGES[code].weekdays) == 7


@pytest.mark.parametrize(
    ("as_of", "written"), [("2024", "2024"), ("2026-05", "05/2026"), ("", "")]
)
def test_a_year_or_a_month_of_a_year_is_written(as_of: str, written: str) -> None:
    assert LANGUAGES["en"].year(as_of) == written


@pytest.mark.parametrize(
    ("code", "amount", "written"),
    [("en", 1000, "KSh 1,000"), ("sw", 1000, "KSh 1,000"), ("en", 50, "KSh 50")],
)
def test_money_is_written_in_whole_units(code: str, amount: int, written: str) -> None:
    assert LANGUAGES[code].money(amount, "KSh") == written


@pytest.mark.parametrize(
    ("code", "price", "written"),
    [
        ("en", "0", "free"),
        ("en", "0.00", "free"),
        ("sw", "0", "bure"),
        ("en", "1", "KSh 1"),
        ("en", "1.50", "KSh 1.50"),
        ("en", "10", "KSh 10"),
        ("sw", "0.50", "KSh 0.50"),
    ],
)
def test_a_price_is_a_sum_or_free(code: str, price: str, written: str) -> None:
    assert LANGUAGES[code].price(price, "KSh") == written


@pytest.mark.parametrize(
    ("code", "day", "written"),
    [
        ("en", date(2026, 9, 30), "30 Sep 2026"),
        ("en", date(2026, 5, 1), "1 May 2026"),
        ("sw", date(2026, 9, 30), "30/09/26"),
        ("sw", date(2026, 5, 1), "01/05/26"),
    ],
)
def test_a_date_is_written_as_the_language_does(code: str, day: date, written: str) -> None:
    assert LANGUAGES[code].date(day) == written


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_date_is_as_long_in_any_month_as_in_the_one_that_is_measured(code: str) -> None:
    words = LANGUAGES[code]
    longest = max(len(words.date(date(2026, month, 28))) for month in range(1, 13))

    assert longest == len(words.date(date(2026, 9, 30)))


def test_the_line_speaks_english_and_swahili() -> None:
    assert {code: (words.name, words.key) for code, words in LANGUAGES.items()} == {
        "en": ("English", "7"),
        "sw": ("Kiswahili", "8"),
    }


def test_the_first_language_is_the_countrys() -> None:
    assert {words.first for words in LANGUAGES.values()} == {kenya().first_language} == {"en"}


def shape(value: Any) -> Any:
    """Give the names in a file of words, the wording taken out."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    return type(value).__name__


def test_both_languages_are_built_alike() -> None:
    english, swahili = (shape(LANGUAGES[code].sections) for code in ("en", "sw"))
    clocks = english.pop("clock"), swahili.pop("clock")

    assert english == swahili
    assert clocks == (
        {"hours": "str", "weekdays": "list"},
        {
            "hours": "str",
            "weekdays": "list",
            "swahili": "bool",
            "at": "str",
            "till": "str",
            "parts": "list",
        },
    )


def wanted(value: Any) -> Any:
    """Give the names that each text wants filled; of wordings, all of them together."""
    if isinstance(value, dict):
        return {name: wanted(one) for name, one in value.items()}
    if isinstance(value, list):
        return set().union(*(places(str(one)) for one in value))
    return places(str(value))


@pytest.mark.parametrize(
    "section", ["screens", "sms", "phrases", "keys", "kinds", "bring", "days", "doors"]
)
def test_both_languages_tell_the_same_facts(section: str) -> None:
    english, swahili = (wanted(LANGUAGES[code].sections[section]) for code in ("en", "sw"))

    assert english == swahili


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_kind_has_a_word_of_its_own(code: str) -> None:
    said = {LANGUAGES[code].say("kinds", kind) for kind in Kind}

    assert len(said) == len(Kind)


def test_the_lines_own_code_is_put_in() -> None:
    words = load(code="*384*1919#")["en"]

    assert "dial *384*1919# again" in words.say("phrases", "trouble")


def test_without_a_code_the_name_stays() -> None:
    assert "{code}" in load()["en"].say("phrases", "trouble")


THIRD = """
[language]
name = "Kik\u0169y\u0169"
key = "9"
date = "d MMM y"

[phrases]
slip = "\u0128tar\u0129 ya ma\u2026 \u2013 \u2018\u0129no\u2019"
price = "\u20ac5 [caf\u00e9]"

[sms]
ready = ["\u0128hot\u0129te {place}", "\U0001f64f"]

[screens.home]
text = \"\"\"
Rora {code}
W\u0129ra\"\"\"

[screens.home.choices]
help = "\u0168teithio"
"""


@pytest.fixture
def third(tmp_path: Path) -> Words:
    """A small third language, loaded from a folder of its own."""
    (tmp_path / "ki.toml").write_text(THIRD, encoding="utf-8")
    return load(tmp_path, code="*1919#")["ki"]


def test_a_languages_code_is_its_files_name(third: Words) -> None:
    assert third.code == "ki"


def test_accents_are_folded_in_every_corner_of_a_file(third: Words) -> None:
    assert third.name == "Kikuyu"
    assert third.say("phrases", "slip") == "Itari ya ma... - 'ino'"
    assert third.text("home", {}) == ["Rora *1919#", "Wira"]
    assert third.choice("home", "help") == "Uteithio"
    assert third.variants("sms", "ready") == ["Ihotite {place}", "?"]


def test_letters_that_phones_show_are_not_folded(third: Words) -> None:
    assert third.say("phrases", "price") == "\u20ac5 [caf\u00e9]"


def test_dates_are_of_the_languages_own_locale_where_it_names_none(third: Words) -> None:
    assert third.locale == "ki"
    assert third.date(date(2026, 9, 30)) == "30 WKD 2026"


def test_dates_are_of_the_locale_that_a_language_names(tmp_path: Path) -> None:
    named = THIRD.replace('key = "9"', 'key = "9"\nlocale = "en"')
    (tmp_path / "zz.toml").write_text(named, encoding="utf-8")
    words = load(tmp_path)["zz"]

    assert (words.locale, words.date(date(2026, 9, 30))) == ("en", "30 Sep 2026")


def test_a_file_that_is_no_toml_is_no_language(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("not words", encoding="utf-8")

    assert load(tmp_path) == {}


def test_what_a_file_has_nothing_for_is_empty() -> None:
    words = LANGUAGES["en"]

    assert (words.screen("nowhere"), words.choice("home", "nothing")) == ({}, "")
