"""The walk: every kind of fault is planted and found; the real menus have none."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from menus.explore import Walked, _Engine, explore, never_shown, page_faults
from menus.explore_data import samples_of, tuesday_evening, widest_directory
from menus.flows import HOME, SCREENS
from menus.pages import Page
from menus.screens import Choice, Item, Look, Menu, Menus, Pick, Route, Screen, Tell
from menus.session import Session
from menus.words import Facts, Words, load
from models.country import Country, kenya
from models.directory import EMPTY

ROOM = 160
REAL = load(code="*1919#")
NOW = datetime(2026, 9, 29, 20, tzinfo=ZoneInfo("Africa/Nairobi"))
ALL = Menus.of(SCREENS, HOME)

pytestmark = pytest.mark.xdist_group("heavy")


class Mood(StrEnum):
    GOOD = "good"
    BAD = "bad"


def mood(look: Look) -> Mood:
    return Mood.GOOD if look.said.get("mood") == "good" else Mood.BAD


def anything(text: str, _country: Country) -> Mapping[str, str] | None:
    return {"typed": text} if text.isalnum() else None


def menu(name: str, *ways: str, **others: Any) -> Menu:
    """Give a menu whose keys 1, 2, 3 lead to `ways`."""
    choices = tuple(Choice(f"to_{to}", str(key), to) for key, to in enumerate(ways, 1))
    return Menu(name, choices, **others)


def pick(name: str, to: str, *items: Item) -> Pick:
    return Pick(name, lambda _: items, "picked", to, if_stuck="told", widest=lambda _: items)


def fact(text: str) -> Callable[[Look], Facts]:
    return lambda _: {"fact": text}


def walk(*screens: Screen, **texts: str) -> tuple[Menus, list[Walked]]:
    """Walk through small menus: `text of NAME` says each screen unless `texts` does."""
    sections = deepcopy(dict(REAL["en"].sections))
    sections["screens"] = {
        one.name: {
            "text": texts.get(one.name, f"text of {one.name}"),
            "again": "Again:",
            "choices": {choice.name: choice.name for choice in getattr(one, "choices", ())},
        }
        for one in screens
    }
    menus = Menus.of(screens, "home")
    words = {"en": Words("en", sections)}
    return menus, list(explore(menus, words, ROOM, kenya(), {"small": EMPTY}, NOW))


def faults(*screens: Screen, **texts: str) -> list[str]:
    _, (walked,) = walk(*screens, **texts)
    return walked.faults


TOLD = Tell("told")


def test_sound_menus_have_no_fault() -> None:
    assert faults(menu("home", "told"), TOLD) == []


def test_a_walk_tells_what_it_found() -> None:
    _, (walked,) = walk(menu("home", "told"), TOLD, told="x" * 100)

    assert str(walked) == (
        "small data, English: 3 pages of 2 screens; deepest answer 1 keys (told); fullest"
        " page 100 of 160 septets"
    )


def test_a_page_over_the_room_is_found() -> None:
    assert faults(menu("home", "told"), TOLD, told="x" * 161) == [
        "told (en): a page takes 161 of 160"
    ]


def test_letters_that_phones_lack_are_found() -> None:
    there = menu("there", facts=fact("M\u0169rang\u0169"))

    assert faults(menu("home", "there"), there, there="{fact}") == [
        "there (en): letters that phones lack: \u0169"
    ]


def test_a_name_that_nobody_fills_is_found() -> None:
    assert faults(menu("home", "told"), TOLD, told="Dear {whom}") == [
        "told (en): nobody fills {whom}"
    ]


def test_an_empty_page_is_found() -> None:
    there = menu("there", facts=fact(""))

    assert faults(menu("home", "there"), there, there="{fact}") == ["there (en): an empty page"]


def test_two_lines_of_one_key_are_found() -> None:
    listed = pick("listed", "told", Item("5", "Meru"), Item("5", "Embu"))

    assert faults(menu("home", "listed"), listed, TOLD) == [
        "listed (en): two lines begin with 5"
    ]


def test_a_line_of_text_that_looks_like_a_choice_is_found() -> None:
    there = menu("there", "told", facts=fact("1 photograph"))

    assert faults(menu("home", "there"), there, TOLD, there="Bring:\n{fact}") == [
        "there (en): two lines begin with 1"
    ]


def test_a_page_without_a_way_on_is_found() -> None:
    session = Session("there", language="en", page=Page("Nothing more"))

    assert list(page_faults(session, REAL["en"], at_home=False, room=ROOM)) == [
        "a page without a way on"
    ]


def test_a_last_page_needs_no_way_on() -> None:
    session = Session("there", language="en", page=Page("Bye", ends=True))

    assert list(page_faults(session, REAL["en"], at_home=False, room=ROOM)) == []


def test_an_offered_key_that_is_a_slip_is_found() -> None:
    listed = pick("listed", "told", Item(" 5", "Meru"))

    assert faults(menu("home", "listed"), listed, TOLD) == [
        "listed (en): key  5 is offered, and is a slip"
    ]


def test_a_key_that_works_on_its_own_page_alone_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Forgetful(_Engine):
        def _picked(self, pick: Pick, session: Session, key: str, queries: Any) -> str | None:
            return session.offered.get(key)

    monkeypatch.setattr("menus.explore._Engine", Forgetful)
    listed = pick("listed", "told", *(Item(str(key), "Meru") for key in range(11, 17)))

    assert faults(menu("home", "listed"), listed, TOLD) == [
        "listed (en): key 16 of page 2 does not do the same on page 1"
    ]


def test_a_way_back_that_leads_nowhere_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stuck(_Engine):
        def _go_back(self, session: Session, queries: Any) -> Any:
            return self._enter(session, session.screen, session.trail, queries)

    monkeypatch.setattr("menus.explore._Engine", Stuck)

    assert faults(menu("home", "there"), menu("there")) == ["there (en): 0 does not lead back"]


def test_a_screen_that_is_never_shown_is_found() -> None:
    route = Route("route", mood, {Mood.GOOD: "good", Mood.BAD: "told"})
    menus, walks = walk(menu("home", "route"), route, menu("good"), TOLD)

    assert never_shown(menus, walks) == ["good: never shown"]


def test_an_answer_of_more_than_four_keys_is_found() -> None:
    deep = [menu(f"m{n}", f"m{n + 1}") for n in range(1, 4)]

    assert faults(menu("home", "m1"), *deep, menu("m4", "told"), TOLD) == [
        "told (en): an answer of 5 keys: 1 1 1 1 1"
    ]


def test_each_answer_of_a_list_counts_for_itself() -> None:
    """The second of two answers that one screen gives may be the deeper one."""

    def which(look: Look) -> Facts:
        return {"fact": look.said.get("picked", "none")}

    deep = [menu(f"m{n}", f"m{n + 1}") for n in range(1, 4)]
    listed = pick("m4", "there", Item("7", "seven"))
    there = menu("there", facts=which)
    home = menu("home", "there", "m1", "told")

    assert faults(home, *deep, listed, there, TOLD, there="It is {fact}") == [
        "there (en): an answer of 5 keys: 2 1 1 1 7"
    ]


def test_what_a_screen_in_between_does_not_show_is_walked_on_from_all_the_same() -> None:
    """Two pages look alike, and lead to different answers by what was said before."""
    home = Menu(
        "home",
        (
            Choice("well", "1", "between", says={"mood": "good"}),
            Choice("badly", "2", "between", says={"mood": "bad"}),
        ),
    )
    route = Route("route", mood, {Mood.GOOD: "good", Mood.BAD: "told"})
    menus, walks = walk(home, menu("between", "route"), route, menu("good"), TOLD)

    assert never_shown(menus, walks) == []


def test_an_exception_is_a_fault_and_the_walk_goes_on() -> None:
    def broken(_: Look) -> Facts:
        raise KeyError("centre")

    _, (walked,) = walk(
        menu("home", "there", "told"), menu("there", facts=broken), TOLD, there="{fact}"
    )

    assert walked.faults == ["home (en): key 1: KeyError: 'centre'"]
    assert walked.shown == {"home", "told"}


def test_pages_of_many_words_are_counted_and_no_fault() -> None:
    _, (walked,) = walk(menu("home", "told"), TOLD, told="word " * 31)

    assert (walked.wordy, walked.faults) == (1, [])


def test_typed_samples_come_to_every_outcome_of_a_look_up() -> None:
    samples = samples_of(widest_directory(), kenya(), NOW.date())

    assert len(set(samples.few)) == len(samples.few)
    assert samples.full in samples.few


def test_a_country_without_numbers_has_samples() -> None:
    country = replace(kenya(), formats=replace(kenya().formats, forms={}))

    assert samples_of(EMPTY, country, NOW.date()).full == ""


def test_the_walk_is_on_the_next_tuesday_evening() -> None:
    wednesday = datetime(2026, 9, 30, 9, 12, tzinfo=ZoneInfo("Africa/Nairobi"))

    assert tuesday_evening(wednesday).isoformat() == "2026-10-06T20:00:00+03:00"
    assert tuesday_evening(NOW) == NOW


@pytest.mark.long
@pytest.mark.parametrize("code", sorted(REAL))
def test_the_real_menus_have_no_fault_on_larger_pages(code: str) -> None:
    words = {code: REAL[code]}
    (walked,) = explore(ALL, words, 182, kenya(), {"widest": widest_directory()}, NOW)

    assert walked.faults == []
    assert walked.deepest <= 4
    assert 160 < walked.fullest <= 182
