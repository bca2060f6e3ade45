"""Laying a screen out in pages."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from menus.pages import CHOICES_A_PAGE, Line, Part, lay_out, navigation
from menus.words import load
from models.gsm7 import septets

LANGUAGES = load(code="*1919#")
WORDS = LANGUAGES["en"]
SMALLEST, LARGEST = 60, 182
TAIL = "0 Back 00 Home"
MORE_TAIL = "98 More 0 Back 00 Home"

rooms = st.integers(SMALLEST, LARGEST)
codes = st.sampled_from(sorted(LANGUAGES))
texts = st.text(st.sampled_from("abc \u20ac[m"), max_size=250)
saids = st.lists(texts.map(Line), max_size=8)


def items(count: int, width: int = 1) -> list[Line]:
    """Give a list of choices with keys of two digits."""
    return [Line(f"{n:02} {'x' * width}{n}", f"{n:02}", f"m{n}") for n in range(1, count + 1)]


lists = st.builds(items, st.integers(0, 47), st.integers(1, 15))


def keys_shown(part: Part) -> list[str]:
    """List the keys that begin a line of a page, navigation apart."""
    return [
        line.split()[0] for line in part.text.split("\n")[:-1] if re.match(r"[0-9]+ x", line)
    ]


def test_a_text_that_fits_is_one_page() -> None:
    assert lay_out([Line("Hello")], WORDS, False, 160) == [Part(f"Hello\n{TAIL}")]


def test_a_home_page_that_fits_has_no_navigation() -> None:
    assert lay_out([Line("Hello")], WORDS, True, 160) == [Part("Hello")]


def test_a_text_that_fills_the_room_to_the_last_septet_is_one_page() -> None:
    text = "x" * (160 - 1 - len(TAIL))

    assert [septets(part.text) for part in lay_out([Line(text)], WORDS, False, 160)] == [160]


def test_a_text_one_septet_over_the_room_is_two_pages() -> None:
    text = "x" * (160 - len(TAIL))

    assert len(lay_out([Line(text)], WORDS, False, 160)) == 2


def test_letters_of_the_extension_count_twice_in_laying_out() -> None:
    text = "[" * ((160 - 1 - len(TAIL)) // 2 + 1)

    assert len(lay_out([Line(text)], WORDS, False, 160)) == 2


def test_lines_that_do_not_fit_go_to_the_next_page() -> None:
    lines = [Line("a" * 50), Line("b" * 50), Line("c" * 50)]
    pages = [part.text for part in lay_out(lines, WORDS, False, 160)]

    assert pages == [f"{'a' * 50}\n{'b' * 50}\n{MORE_TAIL}", f"{'c' * 50}\n{TAIL}"]


def test_a_home_page_of_two_pages_offers_more_alone() -> None:
    pages = [part.text for part in lay_out([Line("a " * 100)], WORDS, True, 160)]

    assert pages[0].endswith("\n98 More")


def test_the_second_page_of_home_leads_back() -> None:
    pages = [part.text for part in lay_out([Line("a " * 200)], WORDS, True, 160)]

    assert [page.split("\n")[-1] for page in pages] == ["98 More", MORE_TAIL, TAIL]


def test_the_first_page_of_home_has_the_room_that_the_way_back_takes_on_others() -> None:
    lines = [Line("w" * 60), Line("x" * 45), Line("y" * 60), Line("z" * 45)]
    pages = [part.text.split("\n") for part in lay_out(lines, WORDS, True, 120)]

    assert pages == [
        ["w" * 60, "x" * 45, "98 More"],
        ["y" * 60, MORE_TAIL],
        ["z" * 45, TAIL],
    ]


def test_a_long_line_is_broken_at_its_blanks() -> None:
    words = [f"word{n:03}" for n in range(60)]
    parts = lay_out([Line(" ".join(words))], WORDS, False, 160)
    shown = [line.split() for part in parts for line in part.text.split("\n")[:-1]]

    assert [word for line in shown for word in line] == words


def test_a_word_longer_than_a_page_is_broken_where_it_must_be() -> None:
    parts = lay_out([Line("x" * 400)], WORDS, False, 160)

    assert sum(part.text.count("x") for part in parts) == 400


def test_five_choices_stand_on_one_page() -> None:
    assert len(lay_out(items(CHOICES_A_PAGE), WORDS, False, 160)) == 1


def test_a_sixth_choice_goes_to_the_next_page() -> None:
    parts = lay_out(items(CHOICES_A_PAGE + 1), WORDS, False, 160)

    assert [len(part.meanings) for part in parts] == [5, 1]


def test_a_line_without_a_key_is_not_counted_as_a_choice() -> None:
    lines = [*items(CHOICES_A_PAGE), Line("8 Kiswahili")]

    assert len(lay_out(lines, WORDS, True, 160)) == 1


def test_a_key_that_does_not_count_is_not_counted_as_a_choice() -> None:
    lines = [*items(CHOICES_A_PAGE), Line("9 Carry on", "9", "carry_on", counts=False)]
    (part,) = lay_out(lines, WORDS, True, 160)

    assert part.meanings[-1] == ("9", "carry_on")


def test_keys_that_do_not_count_leave_room_for_five_that_do() -> None:
    beside = Line("9 Carry on", "9", "carry_on", counts=False)
    first, second = lay_out([*items(4), beside, *items(7)[4:]], WORDS, False, 160)

    assert [key for key, _ in first.meanings] == ["01", "02", "03", "04", "9", "05"]
    assert [key for key, _ in second.meanings] == ["06", "07"]


def test_a_long_text_begins_on_the_page_before() -> None:
    lines = [Line("a" * 50), Line("word " * 24 + "end")]
    first, second = lay_out(lines, WORDS, False, 160)

    assert first.text.split("\n")[1].startswith("word word")
    assert septets(first.text) > 160 - len("word ") - 1
    assert second.text.split("\n")[0].endswith("word end")


def test_a_long_text_begins_where_thirty_septets_are_left_and_not_where_fewer_are() -> None:
    space = 160 - len(MORE_TAIL) - 1
    long = Line("word " * 25 + "end")
    pages = {
        left: lay_out([Line("a" * (space - left - 1)), long], WORDS, False, 160)
        for left in (29, 30)
    }

    assert [len(pages[left][0].text.split("\n")) for left in (29, 30)] == [2, 3]


def test_a_short_text_is_not_broken_to_fill_a_page() -> None:
    lines = [Line("a" * 100), Line("word " * 11 + "end")]
    first, second = lay_out(lines, WORDS, False, 160)

    assert first.text == f"{'a' * 100}\n{MORE_TAIL}"
    assert second.text.startswith("word ")


def test_a_choice_is_not_broken_to_fill_a_page() -> None:
    choice = Line("1 " + "word " * 20 + "end", "1", "it")
    first, second = lay_out([Line("a" * 90), choice], WORDS, False, 160)

    assert (first.meanings, second.meanings) == ((), (("1", "it"),))


def test_a_text_that_was_begun_goes_on_over_as_many_pages_as_it_takes() -> None:
    words = [f"word{n:03}" for n in range(80)]
    parts = lay_out([Line("a" * 60), Line(" ".join(words)), *items(3)], WORDS, False, 160)
    shown = " ".join(" ".join(part.text.split("\n")[:-1]) for part in parts)

    assert [word for word in shown.split() if word.startswith("word")] == words


def test_a_page_knows_what_its_keys_mean() -> None:
    lines = [Line("Which?"), Line("4 ID", "4", "id"), Line("5 Birth cert", "5", "birth")]
    (part,) = lay_out(lines, WORDS, False, 160)

    assert part.meanings == (("4", "id"), ("5", "birth"))


def test_a_page_knows_nothing_of_another_pages_keys() -> None:
    first, second = lay_out(items(6), WORDS, False, 160)

    assert [key for key, _ in first.meanings + second.meanings] == [
        f"{n:02}" for n in range(1, 7)
    ]


def test_a_choice_broken_over_two_pages_means_the_same_on_both() -> None:
    parts = lay_out([Line("1 " + "long " * 60, "1", "it")], WORDS, False, 160)

    assert {part.meanings for part in parts} == {(("1", "it"),)}


@pytest.mark.parametrize(
    ("at_home", "more", "line"),
    [
        (True, False, ""),
        (True, True, "98 More"),
        (False, False, "0 Back 00 Home"),
        (False, True, "98 More 0 Back 00 Home"),
    ],
)
def test_navigation_offers_what_there_is(at_home: bool, more: bool, line: str) -> None:
    assert navigation(WORDS, at_home, more) == line


def test_navigation_speaks_the_callers_language() -> None:
    assert navigation(LANGUAGES["sw"], False, True) == "98 Mbele 0 Rudi 00 Mwanzo"


@settings(max_examples=300, deadline=None)
@given(saids, lists, codes, st.booleans(), rooms)
def test_no_page_takes_more_than_its_room(
    said: list[Line], choices: list[Line], code: str, at_home: bool, room: int
) -> None:
    parts = lay_out([*said, *choices], LANGUAGES[code], at_home, room)

    assert all(septets(part.text) <= room for part in parts)


@settings(max_examples=100, deadline=None)
@given(saids, lists, st.booleans(), rooms)
def test_no_page_has_more_than_five_choices(
    said: list[Line], choices: list[Line], at_home: bool, room: int
) -> None:
    parts = lay_out([*said, *choices], WORDS, at_home, room)

    assert all(len(part.meanings) <= CHOICES_A_PAGE for part in parts)


@settings(max_examples=100, deadline=None)
@given(saids, lists, st.integers(0, 47), st.booleans(), rooms)
def test_a_line_that_does_not_count_is_on_one_page_and_takes_no_choices_place(
    said: list[Line], choices: list[Line], place: int, at_home: bool, room: int
) -> None:
    beside = Line("9 Carry on", "9", "carry_on", counts=False)
    lines = [*said, *choices[:place], beside, *choices[place:]]
    parts = lay_out(lines, WORDS, at_home, room)
    shown = [key for part in parts for key, _ in part.meanings]

    assert shown.count("9") == 1
    assert all(sum(key != "9" for key, _ in part.meanings) <= CHOICES_A_PAGE for part in parts)


@settings(max_examples=100, deadline=None)
@given(saids, lists, rooms)
def test_every_page_of_home_but_the_first_leads_back(
    said: list[Line], choices: list[Line], room: int
) -> None:
    parts = lay_out([*said, *choices], WORDS, True, room)
    tails = [part.text.split("\n")[-1] for part in parts]

    assert [tail.endswith(TAIL) for tail in tails[1:]] == [True] * (len(parts) - 1)
    assert not tails[0].endswith(TAIL)


@settings(max_examples=100, deadline=None)
@given(saids, lists, st.booleans(), rooms)
def test_more_is_offered_where_more_follows_and_nowhere_else(
    said: list[Line], choices: list[Line], at_home: bool, room: int
) -> None:
    parts = lay_out([*said, *choices], WORDS, at_home, room)
    offered = [part.text.split("\n")[-1].startswith("98 ") for part in parts]

    assert offered == [True] * (len(parts) - 1) + [False]


@settings(max_examples=100, deadline=None)
@given(lists, rooms)
def test_every_key_of_a_list_is_shown_once_over_the_pages(
    choices: list[Line], room: int
) -> None:
    parts = lay_out([Line("Which?"), *choices], WORDS, False, room)
    shown = Counter(key for part in parts for key in keys_shown(part))

    assert shown == Counter(line.key for line in choices)


@settings(max_examples=100, deadline=None)
@given(lists, rooms)
def test_every_key_means_something_on_the_page_that_shows_it(
    choices: list[Line], room: int
) -> None:
    parts = lay_out([Line("Which?"), *choices], WORDS, False, room)

    assert all(keys_shown(part) == [key for key, _ in part.meanings] for part in parts)


@settings(max_examples=100, deadline=None)
@given(saids, st.booleans(), rooms)
def test_nothing_that_is_said_is_lost(said: list[Line], at_home: bool, room: int) -> None:
    parts = lay_out(said, WORDS, at_home, room)
    tails = [
        navigation(WORDS, at_home and nth == 0, nth < len(parts) - 1)
        for nth, _ in enumerate(parts)
    ]
    shown = "".join(
        part.text.removesuffix(tail) for part, tail in zip(parts, tails, strict=True)
    )

    assert "".join(shown.split()) == "".join("".join(line.text for line in said).split())
