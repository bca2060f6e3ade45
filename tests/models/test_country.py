"""Facts about countries: Kenya's own, one that nobody knows, and files that are wrong."""

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from models.country import KENYA, BadCountry, Country, kenya
from models.numbers import Malformed, NumberType

ELSEWHERE = """
name = "Elsewhere"
code = "XE"
time_zone = "Asia/Kathmandu"
currency = "Cr"
first_language = "xe"
phones_of = "IS"

[[holidays]]
day = 2026-03-14
name = "Founding Day"

[numbers.national_id]
pattern = "[A-Z]{2}[0-9]{5}"

[numbers.birth_entry]
pattern = "[0-9]{4,6}"
least = 4
most = 6
"""

Faults = dict[str, tuple[str, str, list[str]]]
"""What is put in place of what, and what is said of it."""

WRONG: Faults = {
    "no name": ('name = "Elsewhere"', "", ["name: not given, or no text"]),
    "a blank code": ('"XE"', '" "', ["code: not given, or no text"]),
    "no such zone": ("Asia/Kathmandu", "Asia/Nowhere", ["time_zone: no such time zone"]),
    "a zone outside": ("Asia/Kathmandu", "../../etc", ["time_zone: no such time zone"]),
    "an empty zone": ("Asia/Kathmandu", "", ["time_zone: not given, or no text"]),
    "strange phones": ('"IS"', '"XE"', ["phones_of: no country whose phone numbers are known"]),
    "phones of its own": (
        'phones_of = "IS"',
        "",
        ["phones_of: no country whose phone numbers are known"],
    ),
    "strange holidays": (
        "currency",
        'holidays_of = "XE"\ncurrency',
        ["holidays_of: no country whose holidays are known"],
    ),
    "a day that is a text": (
        "2026-03-14",
        '"2026-03-14"',
        ["holidays: not each with its day, of the form day = 2026-09-30"],
    ),
    "a day with an hour": (
        "2026-03-14",
        "2026-03-14T00:00:00",
        ["holidays: not each with its day, of the form day = 2026-09-30"],
    ),
    "no first language": (
        'first_language = "xe"',
        "",
        ["first_language: not given, or no text"],
    ),
    "a language's own name": (
        '"xe"',
        '"Elsewhereish"',
        ["first_language: not what a file of words is called, without .toml"],
    ),
    "a currency in full": ('"Cr"', '"Credits"', ["currency: 7 letters where 5 have room"]),
    "an example that is no phone": (
        "currency",
        'example_phone = "0700"\ncurrency',
        ["example_phone: not a phone number with its country's prefix"],
    ),
    "a list of place words": (
        "currency",
        'place_words = ["shire"]\ncurrency',
        ["place_words: not words with blanks between them"],
    ),
    "a setting nobody knows": ("currency", "money = 1\ncurrency", ["money: not known here"]),
    "a number nobody knows": (
        "numbers.birth_entry",
        "numbers.shoe",
        ["numbers.shoe: not known here", "numbers.birth_entry: not given"],
    ),
    "a broken pattern": (
        "[0-9]{5}",
        "[0-9",
        ["numbers.national_id.pattern: not a regular expression"],
    ),
    "no pattern": (
        'pattern = "[A-Z]{2}[0-9]{5}"',
        "",
        ["numbers.national_id.pattern: not given"],
    ),
    "sizes the wrong way": ("most = 6", "most = 3", ["least and most are not a range"]),
    "one size alone": ("most = 6", "", ["least and most are not a range"]),
    "a size that does not fit": (
        "most = 6",
        "most = 7",
        ["not every size from least to most fits the pattern"],
    ),
    "a size too large": (
        "most = 6",
        "most = 99",
        [
            "numbers.birth_entry.most: not a number of digits, 14 at most",
            "numbers.birth_entry: least and most are not a range",
        ],
    ),
    "a slash that is a text": (
        "least",
        'slash = "yes"\nleast',
        ["numbers.birth_entry.slash: neither true nor false"],
    ),
}


def written(folder: Path, text: str, texts: str | None = None) -> Path:
    file = folder / "country.toml"
    file.write_text(text, encoding="utf-8")
    if texts is not None:
        (folder / "reader.toml").write_text(texts, encoding="utf-8")
    return file


@pytest.fixture
def elsewhere(tmp_path: Path) -> Country:
    return Country.read(written(tmp_path, ELSEWHERE))


# Kenya


def test_kenya_is_built_in() -> None:
    assert (kenya().name, kenya().code, kenya().currency) == ("Kenya", "KE", "KSh")


def test_kenya_is_read_once() -> None:
    assert kenya() is kenya()


def test_kenya_has_a_form_for_every_number() -> None:
    assert set(kenya().formats.forms) == set(NumberType)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 9, 30, 20, 59, 59, tzinfo=UTC), date(2026, 9, 30)),
        (datetime(2026, 9, 30, 21, 0, tzinfo=UTC), date(2026, 10, 1)),
        (datetime(2026, 9, 30, 23, 0, tzinfo=ZoneInfo("Asia/Tokyo")), date(2026, 9, 30)),
    ],
)
def test_a_day_begins_at_midnight_there(moment: datetime, day: date) -> None:
    assert kenya().day(moment) == day


def test_the_clock_there_shows_another_hour_at_the_same_moment() -> None:
    moment = datetime(2026, 9, 30, 6, 30, tzinfo=UTC)

    there = kenya().now_there(moment)

    assert there == moment
    assert (there.hour, there.utcoffset()) == (9, timedelta(hours=3))


def test_a_moment_of_no_time_zone_is_no_moment() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        kenya().day(datetime(2026, 9, 30))


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),  # New Year
        date(2026, 4, 3),  # Good Friday
        date(2026, 6, 1),  # Madaraka
        date(2025, 10, 20),  # Mashujaa
        date(2024, 12, 12),  # Jamhuri
        date(2025, 6, 2),  # the Monday after Madaraka on a Sunday
    ],
)
def test_a_public_holiday_is_one(day: date) -> None:
    assert kenya().holiday(day)


@pytest.mark.parametrize("day", [date(2026, 9, 30), date(2026, 9, 27), date(2026, 6, 2)])
def test_a_working_day_and_a_sunday_are_no_holidays(day: date) -> None:
    assert not kenya().holiday(day)


def test_holidays_are_whole_for_every_thread_that_asks() -> None:
    years = range(2030, 2060)
    told: list[list[bool]] = []

    def ask() -> None:
        told.append([kenya().holiday(date(year, 12, 12)) for year in years])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told == [[True] * len(years)] * 8


# A country that nobody knows


def test_a_day_elsewhere_begins_at_another_hour(elsewhere: Country) -> None:
    assert elsewhere.day(datetime(2026, 9, 30, 18, 15, tzinfo=UTC)) == date(2026, 10, 1)


def test_a_country_lists_its_own_holidays(elsewhere: Country) -> None:
    assert elsewhere.holiday(date(2026, 3, 14))


def test_a_country_has_no_holidays_but_its_own(elsewhere: Country) -> None:
    assert not elsewhere.holiday(date(2026, 12, 25))


def test_a_country_may_keep_anothers_holidays_beside_its_own(tmp_path: Path) -> None:
    country = Country.read(written(tmp_path, f'holidays_of = "IS"\n{ELSEWHERE}'))

    assert country.holiday(date(2026, 6, 17))
    assert country.holiday(date(2026, 3, 14))


@pytest.mark.parametrize("text", ["xe12345", "XE 12-345", " x e12345"])
def test_a_country_writes_numbers_its_own_way(elsewhere: Country, text: str) -> None:
    assert elsewhere.formats.canonical(NumberType.NATIONAL_ID, text) == "XE12345"


@pytest.mark.parametrize("text", ["20123456", "XE1234", "XE00000", "ßE12345", "XE１2345"])
def test_what_does_not_fit_is_no_number_there(elsewhere: Country, text: str) -> None:
    with pytest.raises(Malformed):
        elsewhere.formats.canonical(NumberType.NATIONAL_ID, text)


def test_a_number_without_its_noughts_is_the_same_number_there(elsewhere: Country) -> None:
    canonical = elsewhere.formats.canonical

    assert canonical(NumberType.BIRTH_ENTRY, "00123") == "0123"
    assert canonical(NumberType.BIRTH_ENTRY, "0123") == "0123"


def test_nothing_is_a_number_of_a_type_without_a_form(elsewhere: Country) -> None:
    assert elsewhere.formats.types_of("301234567", (NumberType.WAITING_CARD,)) == {}


def test_a_number_is_never_longer_than_any_number(tmp_path: Path) -> None:
    country = Country.read(written(tmp_path, ELSEWHERE.replace("[0-9]{5}", "[0-9]{5,30}")))

    with pytest.raises(Malformed):
        country.formats.canonical(NumberType.NATIONAL_ID, "XE" + "1" * 13)


def test_how_texts_are_written_stands_beside_the_country(tmp_path: Path) -> None:
    country = Country.read(written(tmp_path, ELSEWHERE, '[names]\nid_card = "plate"'))

    assert country.texts == {"names": {"id_card": "plate"}}


def test_a_country_need_not_say_how_texts_are_written(elsewhere: Country) -> None:
    assert elsewhere.texts == {}


def test_a_country_has_a_first_language(elsewhere: Country) -> None:
    assert (elsewhere.first_language, kenya().first_language) == ("xe", "en")


def test_an_example_of_a_phone_is_the_countrys_or_its_regions(elsewhere: Country) -> None:
    assert kenya().example_phone == "+254700000001"
    assert elsewhere.example_phone.startswith("+354")


def test_words_beside_a_place_are_a_countrys_own(tmp_path: Path) -> None:
    country = Country.read(written(tmp_path, f'place_words = "shire of"\n{ELSEWHERE}'))

    assert country.place_words == {"shire", "of"}
    assert "kaunti" in kenya().place_words


# Files that are wrong


@pytest.mark.parametrize(("old", "new", "said"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    assert old in ELSEWHERE
    file = written(tmp_path, ELSEWHERE.replace(old, new, 1))

    with pytest.raises(BadCountry) as bad:
        Country.read(file)

    lines = str(bad.value).split("\n")
    assert len(lines) == len(said)
    assert all(
        line.startswith("country.toml: ") and line.endswith(one)
        for line, one in zip(lines, said, strict=True)
    )


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    text = "numbers = 3\nholidays = 1\nholidays_of = []\ntime_zone = 2"

    with pytest.raises(BadCountry) as bad:
        Country.read(written(tmp_path, text))

    assert len(str(bad.value).split("\n")) == 11


def test_files_that_cannot_be_read_are_both_named(tmp_path: Path) -> None:
    with pytest.raises(BadCountry) as bad:
        Country.read(written(tmp_path, "= 1", "= 2"))

    assert [line.split(":")[0] for line in str(bad.value).split("\n")] == [
        "country.toml cannot be read",
        "reader.toml cannot be read",
    ]


def test_a_country_without_a_file_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadCountry, match=r"country\.toml cannot be read"):
        Country.read(tmp_path / "country.toml")


def test_kenyas_own_file_is_where_it_is_said_to_be() -> None:
    assert KENYA.is_file()
