"""Finding the place that somebody types, among Kenya's counties, centres and constituencies."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.database import prepare
from menus.places import Match, Places, search
from models.base import Database
from models.country import kenya
from models.directory import EMPTY, Directory, Name, read_directory

FEW = ("Kisumu", "Thika", "Nakuru", "Makutano", "Mogotio", "Kiambu", "Westlands", "Homa Bay")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    """What the reference data know."""
    file: Path = tmp_path_factory.mktemp("places") / "1919.sqlite"
    database = Database(f"sqlite:///{file}")
    prepare(database)
    with database.working() as connection:
        yield read_directory(connection)
    database.close()


def find(directory: Directory, text: str) -> Places:
    return search(directory, text, kenya().place_words)


def what(directory: Directory, text: str) -> tuple[Match, str]:
    """Give what a text came to, with the county's code, and the centre's where it is one."""
    found = find(directory, text)
    return found.match, found.centre_code or found.county_code


# Every place by its own name.


def test_every_county_is_found_by_its_own_name(directory: Directory) -> None:
    missed = [
        one.name
        for one in directory.counties
        if what(directory, one.name) != (Match.COUNTY, one.code)
    ]

    assert (len(directory.counties), missed) == (47, [])


def test_every_countys_headquarters_are_found_in_their_county(directory: Directory) -> None:
    missed = [
        one.headquarters
        for one in directory.counties
        if one.headquarters and one.code not in find(directory, one.headquarters).counties
    ]

    assert missed == []


def test_every_centre_is_found_by_its_own_name_in_its_own_county(directory: Directory) -> None:
    missed = [
        one.short_name
        for one in directory.centres
        if one.county_code not in find(directory, one.short_name).counties
    ]

    assert (len(directory.centres) > 50, missed) == (True, [])


def test_a_centre_named_like_no_county_is_found_as_itself(directory: Directory) -> None:
    counties = {one.name.replace("-", " ") for one in directory.counties}
    counties |= {one.headquarters for one in directory.counties}
    missed = [
        one.short_name
        for one in directory.centres
        if one.short_name not in counties
        and what(directory, one.short_name) != (Match.CENTRE, one.code)
    ]

    assert missed == []


def test_every_centres_town_is_found_in_its_county(directory: Directory) -> None:
    missed = [
        one.town
        for one in directory.centres
        if one.town and one.county_code not in find(directory, one.town).counties
    ]

    assert missed == []


def test_every_constituency_is_found_by_its_own_name_in_its_own_county(
    directory: Directory,
) -> None:
    missed = [
        one.name
        for one in directory.constituencies
        if one.county_code not in find(directory, one.name).counties
    ]

    assert (len(directory.constituencies), missed) == (290, [])


def test_a_constituency_with_a_centre_of_its_own_is_that_centre(directory: Directory) -> None:
    own = [one for one in directory.centres if one.constituency_code]
    named = {one.name for one in directory.counties}
    missed = []
    for one in own:
        constituency = directory.constituency(one.constituency_code)
        assert constituency is not None
        if constituency.name not in named and find(directory, constituency.name).names[
            0
        ].county_code != (one.county_code):
            missed.append(constituency.name)

    assert (len(own) > 5, missed) == (True, [])


def test_every_place_is_found_however_its_letters_are_written(directory: Directory) -> None:
    missed = [
        one.text
        for one in directory.names
        for text in (one.text.upper(), one.text.lower(), f"  {one.text}  ", f"{one.text}.")
        if find(directory, text) != find(directory, one.text)
    ]

    assert missed == []


# Which of several places.


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Kisumu", (Match.COUNTY, "042")),  # a county and a centre
        ("Nakuru", (Match.COUNTY, "032")),
        ("Nairobi", (Match.COUNTY, "047")),
        ("Kiambu", (Match.COUNTY, "022")),  # its one centre is at Thika
        ("Thika", (Match.CENTRE, "022-01")),  # a centre, and part of a constituency's name
        ("Kibra", (Match.CENTRE, "047-04")),  # a centre and a constituency
        ("Molo", (Match.CENTRE, "032-02")),
        ("Mogotio", (Match.CENTRE, "030-02")),
        ("Makutano", (Match.CENTRE, "031-02")),
        ("Eldoret", (Match.COUNTY, "027")),  # where the county has its headquarters
        ("Kitale", (Match.COUNTY, "026")),
        ("Kajiado West", (Match.CENTRE, "034-02")),
        ("Kimilili", (Match.CONSTITUENCY, "039")),
        ("Lodwar", (Match.COUNTY, "023")),
    ],
)
def test_a_county_comes_before_a_centre_before_a_constituency(
    text: str, found: tuple[Match, str], directory: Directory
) -> None:
    assert what(directory, text) == found


def test_kiambu_is_the_county_whose_centre_is_at_thika(directory: Directory) -> None:
    county = find(directory, "Kiambu").county_code

    assert [one.short_name for one in directory.centres_of(county)] == ["Thika"]


def test_a_name_of_several_counties_is_told_as_several(directory: Directory) -> None:
    found = find(directory, "Central")

    assert found.match is Match.SEVERAL
    assert len(found.counties) > 1
    assert (found.county_code, found.centre_code) == ("", "")


def test_a_place_is_told_by_its_own_name(directory: Directory) -> None:
    (name,) = find(directory, "kimilili").names

    assert (name.text, name.county_code, name.centre_code) == ("Kimilili", "039", "")


# First letters.


@pytest.mark.parametrize(
    ("text", "county"),
    [
        ("kisu", "042"),
        ("Nak", "032"),
        ("uas", "027"),
        ("uasin", "027"),
        ("gishu", "027"),
        ("bay", "043"),
        ("homa", "043"),
        ("trans", "026"),
        ("eldo", "027"),
        ("city", "047"),
        ("gpo", "047"),
        ("kimil", "039"),
    ],
)
def test_the_first_letters_of_any_word_of_a_name_are_enough(
    text: str, county: str, directory: Directory
) -> None:
    assert find(directory, text).county_code == county


@pytest.mark.parametrize("text", ["ki", "ma", "n", "west"])
def test_letters_that_begin_many_names_come_to_several_counties(
    text: str, directory: Directory
) -> None:
    assert find(directory, text).match is Match.SEVERAL


def test_letters_in_the_middle_of_a_name_find_nothing(directory: Directory) -> None:
    assert find(directory, "isumu").match in (Match.COUNTY, Match.CENTRE)  # a slip of Kisumu
    assert find(directory, "umu").match is Match.NONE


# Slips.


@pytest.mark.parametrize(
    ("text", "county"),
    [
        ("Kisimu", "042"),
        ("Kissumu", "042"),
        ("Nakru", "032"),
        ("Nakuur", "032"),
        ("Nakurru", "032"),
        ("Eldoreti", "027"),
        ("Eldorett", "027"),
        ("Machackos", "016"),
        ("Kakamaga", "037"),
        ("Mombassa", "001"),
        ("Mombaca", "001"),
        ("Bugoma", "039"),
        ("Thkia", "022"),
        ("Makutanno", "031"),
        ("Mogotyo", "030"),
        ("Muranga", "021"),
        ("Murang a", "021"),
        ("Kericho county", "035"),
        ("Homabay", "043"),
        ("Transnzoia", "026"),
    ],
)
def test_a_slip_of_spelling_is_forgiven(text: str, county: str, directory: Directory) -> None:
    assert find(directory, text).county_code == county


def test_a_slip_of_two_names_comes_to_both(directory: Directory) -> None:
    found = find(directory, "Kisumo")

    assert {name.text for name in found.names} == {"Kisumu", "Kigumo"}
    assert found.counties == ("042", "021")


@pytest.mark.parametrize(
    ("text", "county"),
    [("Kisii central", "045"), ("Nairobi west", "047"), ("Kisumu main office", "042")],
)
def test_a_name_with_other_words_behind_it_is_found_before_a_slip_of_another(
    text: str, county: str, directory: Directory
) -> None:
    assert find(directory, text).county_code == county


@pytest.mark.parametrize("text", ["Xx", "Qz", "Kz"])
def test_a_slip_in_two_letters_is_not_forgiven(text: str, directory: Directory) -> None:
    assert find(directory, text).match is Match.NONE


@pytest.mark.parametrize(
    "text",
    ["qwertyuiop", "zzzz", "xyzzy plugh", "Kampala", "Washington", "my document", "mahakama"],
)
def test_what_is_no_place_is_not_found(text: str, directory: Directory) -> None:
    assert find(directory, text) == Places(Match.NONE)


# Words beside a name, and strange letters.


@pytest.mark.parametrize(
    "text",
    [
        "Kisumu county",
        "county Kisumu",
        "kaunti ya Kisumu",
        "Huduma Centre Kisumu",
        "huduma center, Kisumu!",
        "kituo cha Kisumu",
        "KISUMU TOWN",
        "Kisumu.",
        "Kisumu\n",
        "K\u00edsum\u00fa",
        "\uff2b\uff49\uff53\uff55\uff4d\uff55",
        "K\u0131sumu",
        "Kisumu\u0301",
        "\u200bKisumu\u200b",
        "Kisumu \U0001f64f",
    ],
    ids=ascii,
)
def test_a_place_is_found_whatever_stands_beside_its_name(
    text: str, directory: Directory
) -> None:
    assert what(directory, text) == (Match.COUNTY, "042")


@pytest.mark.parametrize("text", ["Murang'a", "Murang\u2019a", "MURANG`A", "muranga"])
def test_an_apostrophe_is_no_letter(text: str, directory: Directory) -> None:
    assert what(directory, text) == (Match.COUNTY, "021")


@pytest.mark.parametrize("text", ["Elgeyo-Marakwet", "elgeyo marakwet", "Elgeyo/Marakwet"])
def test_a_hyphen_is_a_blank(text: str, directory: Directory) -> None:
    assert what(directory, text) == (Match.COUNTY, "028")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "12345678",
        "...",
        "'",
        "\x00",
        "\U0001f64f",
        "\u041a\u0438\u0441\u0443\u043c\u0443",
        "\u0643\u064a\u0633\u0648\u0645\u0648",
        "\u4e2d\u6587",
        "\u0301\u0301\u0301",
        "\ud800",
    ],
    ids=ascii,
)
def test_a_text_without_a_letter_that_names_have_finds_nothing(
    text: str, directory: Directory
) -> None:
    assert find(directory, text) == Places(Match.NONE)


@pytest.mark.parametrize("text", ["county", "huduma", "centre", "kaunti ya"])
def test_words_of_no_use_alone_find_no_county_of_their_own(
    text: str, directory: Directory
) -> None:
    assert find(directory, text).match in (Match.NONE, Match.SEVERAL)


@pytest.mark.parametrize("text", ["Qwerty " * 1000, "x" * 100_000, "\u0301" * 10_000])
def test_a_long_text_is_read_as_far_as_a_phone_can_send(
    text: str, directory: Directory
) -> None:
    assert find(directory, text).match is Match.NONE


def test_a_directory_that_was_not_read_has_no_place() -> None:
    assert search(EMPTY, "Kisumu") == Places(Match.NONE)


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_at_all_comes_to_something(text: str, directory: Directory) -> None:
    found = find(directory, text)

    assert (found.match is Match.NONE) == (found.names == ())
    assert (found.match is Match.SEVERAL) == (len(found.counties) > 1)
    assert bool(found.centre_code) == (found.match is Match.CENTRE)


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(FEW), data=st.data())
def test_one_slip_anywhere_in_a_name_still_finds_its_county(
    name: str, data: st.DataObject, directory: Directory
) -> None:
    place = data.draw(st.integers(1, len(name) - 1))
    slipped = name[:place] + data.draw(st.sampled_from("qxz")) + name[place + 1 :]
    (county,) = find(directory, name).counties

    assert county in find(directory, slipped).counties


def test_names_are_each_once(directory: Directory) -> None:
    found = find(directory, "Central").names

    assert len(set(found)) == len(found)
    assert all(isinstance(one, Name) for one in found)
