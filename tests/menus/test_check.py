"""The proof of the menus: every kind of fault is planted, and found by its words."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from enum import StrEnum
from typing import Any

import pytest

from menus.answers import REPLIES
from menus.check import BadMenus, Report, check, prove
from menus.flows import HOME, MOVED, SCREENS
from menus.hours import Doors
from menus.screens import Ask, Choice, Item, Look, Menu, Menus, Pick, Route, Screen, Tell
from menus.wishes import SpeakTo, Wish
from menus.words import Facts, Words, load
from models.country import Country
from models.gsm7 import septets
from models.numbers import Kind

ROOM = 160
REAL = load(code="*1919#")
Damage = Callable[[dict[str, Any]], object]


class Mood(StrEnum):
    GOOD = "good"
    BAD = "bad"


def mood(_: Look) -> Mood:
    return Mood.GOOD


def anything(text: str, _country: Country) -> Mapping[str, str] | None:
    return {"said": text}


def nothing(_: Look) -> list[Item]:
    return []


def send(_: Look) -> Wish | None:
    return SpeakTo("en")


def keep(_: Look) -> Wish | None:
    return SpeakTo("sw")


TOLD = Tell("told")
STUCK = Tell("stuck")


def menu(name: str, *ways: str, **others: Any) -> Menu:
    """Give a menu whose keys 1, 2, 3 lead to `ways`."""
    choices = tuple(Choice(f"to_{to}", str(key), to) for key, to in enumerate(ways, 1))
    return Menu(name, choices, **others)


def ask(name: str, to: str, **others: Any) -> Ask:
    return Ask(name, anything, to, if_stuck="stuck", **others)


def pick(name: str, to: str, *keys: str, label: str = "label", **others: Any) -> Pick:
    items = [Item(key, label) for key in keys]
    return Pick(name, nothing, "picked", to, "stuck", widest=lambda _: items, **others)


def route(name: str, good: str, bad: str) -> Route:
    return Route(name, mood, {Mood.GOOD: good, Mood.BAD: bad})


def sections_for(screens: Sequence[Screen]) -> dict[str, Any]:
    """Give the real words with those of small screens in the place of the real ones."""
    sections = deepcopy(dict(REAL["en"].sections))
    sections["screens"] = {}
    for screen in screens:
        if isinstance(screen, Route):
            continue
        words: dict[str, Any] = {"text": f"Text of {screen.name}"}
        if isinstance(screen, Ask):
            words["again"] = f"Again {screen.name}"
        if isinstance(screen, Menu) and screen.choices:
            words["choices"] = {one.name: f"Choose {one.name}" for one in screen.choices}
        sections["screens"][screen.name] = words
    return sections


def report_of(
    screens: Sequence[Screen],
    damage: Damage | None = None,
    room: int = ROOM,
    moved: Mapping[str, str] | None = None,
) -> Report:
    """Check small screens with words for them, perhaps damaged."""
    sections = sections_for(screens)
    if damage:
        damage(sections)
    return check(screens, "home", {"en": Words("en", sections)}, room, moved)


def faults_of(screens: Sequence[Screen], damage: Damage | None = None) -> list[str]:
    return report_of(screens, damage).faults


def real_faults(damage: Damage, code: str = "en", room: int = ROOM) -> list[str]:
    """Check the real screens with the words of one language damaged."""
    sections = deepcopy(dict(REAL[code].sections))
    damage(sections)
    return check(SCREENS, HOME, {**REAL, code: Words(code, sections)}, room, MOVED).faults


def put(path: str, value: object) -> Damage:
    """Make a damage that puts a value at a dotted path."""

    def damage(sections: dict[str, Any]) -> None:
        *folders, name = path.split(".")
        for folder in folders:
            sections = sections.setdefault(folder, {})
        sections[name] = value

    return damage


def drop(path: str) -> Damage:
    """Make a damage that takes away what is at a dotted path."""

    def damage(sections: dict[str, Any]) -> None:
        *folders, name = path.split(".")
        for folder in folders:
            sections = sections[folder]
        del sections[name]

    return damage


SMALL: list[Screen] = [menu("home", "told"), TOLD]


# The menus as they are.


def test_small_menus_that_are_right_have_no_fault() -> None:
    assert faults_of(SMALL) == []


@pytest.mark.parametrize("room", [160, 182])
@pytest.mark.parametrize("code", ["*1919#", ""])
def test_the_real_menus_have_no_fault(code: str, room: int) -> None:
    assert check(SCREENS, HOME, load(code=code), room, MOVED).faults == []


@pytest.mark.parametrize("code", ["*384*1919#", "*483*12345#"])
def test_the_real_menus_have_no_fault_on_a_shared_service_code(code: str) -> None:
    assert check(SCREENS, HOME, load(code=code), ROOM, MOVED).faults == []


@pytest.mark.parametrize("code", ["en", "sw"])
@pytest.mark.parametrize("room", [160, 182])
def test_the_real_menus_speak_two_languages(code: str, room: int) -> None:
    alone = {"en": REAL["en"], code: REAL[code]}

    assert check(SCREENS, HOME, alone, room, MOVED).faults == []


def test_the_real_menus_have_pages_enough_to_be_worth_a_proof() -> None:
    report = check(SCREENS, HOME, REAL, ROOM, MOVED)

    assert report.pages > 1000
    assert report.fullest <= ROOM


def test_proved_menus_are_given() -> None:
    assert prove(SCREENS, HOME, REAL, ROOM, MOVED) == Menus.of(SCREENS, HOME, MOVED)


def test_menus_of_which_nothing_was_called_otherwise_are_proved_too() -> None:
    assert prove(SCREENS, HOME, REAL, ROOM) == Menus.of(SCREENS, HOME)


def test_a_proof_leaves_out_no_screen() -> None:
    assert list(Menus.of(SCREENS, HOME, MOVED).screens.values()) == SCREENS


# The screens as a graph.


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        (menu("other", "told"), ""),
        (menu("other", "stuck"), "later: its keys are others on other, where it is not kept"),
        (Tell("other"), "later: its keys are others on other, where it is not kept"),
        (menu("another", "told"), "later: not kept leads to other, which is no screen"),
    ],
)
def test_a_promise_that_cannot_be_kept_has_a_page_of_the_same_keys(
    other: Screen, fault: str
) -> None:
    later = menu("later", "told", promise=lambda _: SpeakTo("en"), unless_kept="other")
    screens = [menu("home", "later", "another"), later, other, TOLD, STUCK]
    found = [one for one in faults_of(screens) if one.startswith("later: ")]

    assert found == [fault] * bool(fault)


def test_two_screens_of_one_name_are_a_fault() -> None:
    assert faults_of([*SMALL, TOLD]) == ["told: the name of 2 screens"]


def test_a_home_that_is_no_screen_is_a_fault() -> None:
    languages = {"en": Words("en", sections_for(SMALL))}

    assert check(SMALL, "start", languages, ROOM).faults == [
        "start: no such screen, and a dial opens it"
    ]


@pytest.mark.parametrize(
    ("way", "fault"),
    [
        (menu("way", "told", "nowhere"), "to_nowhere leads to nowhere"),
        (menu("way", "told", parse=anything, typed_to="nowhere"), "typed leads to nowhere"),
        (menu("way", "told", parse=anything), "typed leads to "),
        (menu("way", "told", if_stuck="nowhere"), "stuck leads to nowhere"),
        (Ask("way", anything, "told", if_stuck="nowhere"), "stuck leads to nowhere"),
        (route("way", "told", "nowhere"), "bad leads to nowhere"),
        (Pick("way", nothing, "x", "told", "nowhere", lambda _: []), "stuck leads to nowhere"),
    ],
    ids=["choice", "typed", "typed-unsaid", "stuck-menu", "stuck-ask", "outcome", "stuck-list"],
)
def test_a_way_to_no_screen_is_a_fault(way: Screen, fault: str) -> None:
    assert faults_of([menu("home", "way"), way, TOLD]) == [f"way: {fault}, which is no screen"]


@pytest.mark.parametrize("to", ["nowhere", ""])
def test_what_is_typed_at_a_list_must_lead_to_a_screen(to: str) -> None:
    listed = pick("list", "told", "1", parse=anything, typed_to=to)

    assert faults_of([menu("home", "list"), listed, TOLD, STUCK]) == [
        f"list: typed leads to {to}, which is no screen"
    ]


def test_what_is_typed_at_a_list_is_a_way_to_its_screen() -> None:
    listed = pick("list", "told", "1", parse=anything, typed_to="typed")
    screens: list[Screen] = [menu("home", "list"), listed, TOLD, Tell("typed"), STUCK]

    assert faults_of(screens) == []


def test_a_list_that_takes_nothing_typed_leads_nowhere_by_typing() -> None:
    listed = pick("list", "told", "1", typed_to="typed")
    screens: list[Screen] = [menu("home", "list"), listed, TOLD, Tell("typed"), STUCK]

    assert faults_of(screens) == ["typed: nobody can get here from home"]


@pytest.mark.parametrize(
    ("way", "label"), [(ask("way", "nowhere"), "answered"), (pick("way", "nowhere"), "picked")]
)
def test_an_only_way_to_no_screen_is_a_fault_and_a_dead_end(way: Screen, label: str) -> None:
    screens: list[Screen] = [menu("home", "way", "told"), way, TOLD, STUCK]

    assert faults_of(screens) == [
        f"way: {label} leads to nowhere, which is no screen",
        "way: no way from here to an answer",
    ]


def test_an_outcome_without_a_way_is_a_fault() -> None:
    fork = Route("fork", mood, {Mood.GOOD: "told"})

    assert faults_of([menu("home", "fork"), fork, TOLD]) == ["fork: no way for the outcome bad"]


def test_a_route_without_any_way_is_a_fault() -> None:
    faults = faults_of([menu("home", "fork", "told"), Route("fork", mood, {}), TOLD])

    assert any(fault.startswith("fork: ") for fault in faults)


def test_a_screen_that_nobody_reaches_is_a_fault() -> None:
    assert faults_of([*SMALL, Tell("lost")]) == ["lost: nobody can get here from home"]


def test_screens_that_reach_only_each_other_are_faults() -> None:
    screens: list[Screen] = [*SMALL, menu("one", "two", "told"), menu("two", "one")]

    assert faults_of(screens) == [
        "one: nobody can get here from home",
        "two: nobody can get here from home",
    ]


def test_a_screen_with_no_way_to_an_answer_is_a_fault() -> None:
    assert faults_of([menu("home", "dead", "told"), menu("dead"), TOLD]) == [
        "dead: no way from here to an answer"
    ]


def test_a_way_for_the_stuck_is_no_way_to_an_answer() -> None:
    screens: list[Screen] = [menu("home", "dead", "told"), menu("dead", if_stuck="told"), TOLD]

    assert faults_of(screens) == ["dead: no way from here to an answer"]


def test_screens_that_lead_round_and_round_are_faults() -> None:
    screens: list[Screen] = [
        menu("home", "one", "told"),
        menu("one", "two"),
        menu("two", "one"),
        TOLD,
    ]

    assert faults_of(screens) == [
        "one: no way from here to an answer",
        "two: no way from here to an answer",
    ]


@pytest.mark.parametrize(
    "answer", [menu("end", answers=True), menu("end", facts=lambda _: {}), Tell("end")]
)
def test_a_screen_that_tells_something_is_an_answer(answer: Screen) -> None:
    assert faults_of([menu("home", "end"), answer]) == []


def test_a_list_to_read_is_an_answer() -> None:
    listed = pick("list", "list", "1", answers=True)

    assert faults_of([menu("home", "list"), listed, STUCK]) == []


def test_a_list_that_only_leads_round_is_no_answer() -> None:
    listed = pick("list", "list", "1")

    assert faults_of([menu("home", "list", "stuck"), listed, STUCK]) == [
        "list: no way from here to an answer"
    ]


def test_a_ring_of_routes_is_a_fault() -> None:
    screens: list[Screen] = [
        menu("home", "one"),
        route("one", "two", "told"),
        route("two", "three", "told"),
        route("three", "one", "told"),
        TOLD,
    ]

    assert sorted(faults_of(screens)) == [
        "one: routes run in a ring",
        "three: routes run in a ring",
        "two: routes run in a ring",
    ]


def test_a_route_that_leads_to_itself_is_a_fault() -> None:
    screens: list[Screen] = [menu("home", "one"), route("one", "one", "told"), TOLD]

    assert faults_of(screens) == ["one: routes run in a ring"]


def test_routes_in_a_row_are_no_ring() -> None:
    screens: list[Screen] = [
        menu("home", "one"),
        route("one", "two", "told"),
        route("two", "told", "told"),
        TOLD,
    ]

    assert faults_of(screens) == []


def test_a_ring_that_a_screen_breaks_is_none() -> None:
    screens: list[Screen] = [menu("home", "one"), route("one", "home", "told"), TOLD]

    assert faults_of(screens) == []


def test_a_home_that_is_a_decision_is_a_fault() -> None:
    faults = faults_of([route("home", "told", "told"), TOLD])

    assert any(fault.startswith("home: ") for fault in faults)


# Screens that were called otherwise.


def test_a_screen_that_moved_to_one_that_is_there_is_right() -> None:
    assert report_of(SMALL, moved={"said": "told"}).faults == []


def test_a_screen_that_moved_to_no_screen_is_a_fault() -> None:
    assert report_of(SMALL, moved={"said": "nowhere"}).faults == [
        "said: moved to nowhere, which is no screen"
    ]


def test_a_screen_that_moved_and_is_still_one_is_a_fault() -> None:
    assert report_of(SMALL, moved={"told": "home"}).faults == [
        "told: moved to home, and is a screen"
    ]


def test_a_screen_that_moved_twice_is_a_fault_of_the_first_move() -> None:
    assert report_of(SMALL, moved={"said": "spoken", "spoken": "told"}).faults == [
        "said: moved to spoken, which is no screen"
    ]


def test_every_bad_move_is_told() -> None:
    moved = {"said": "nowhere", "told": "home", "spoken": "told"}

    assert report_of(SMALL, moved=moved).faults == [
        "said: moved to nowhere, which is no screen",
        "told: moved to home, and is a screen",
    ]


def test_menus_whose_screens_moved_nowhere_are_not_proved() -> None:
    with pytest.raises(BadMenus, match="said: moved to nowhere, which is no screen"):
        prove(SCREENS, HOME, REAL, ROOM, {"said": "nowhere"})


# Keys that take effect.


def forked(good: Screen, bad: Screen) -> list[Screen]:
    """Give screens in which one decision leads to `good` or to `bad`."""
    return [menu("home", "fork"), route("fork", good.name, bad.name), good, bad, TOLD]


def wishing(name: str, wish: Callable[[Look], Wish | None] | None, key: str = "1") -> Menu:
    return Menu(name, (Choice("go", key, "told", wish=wish),))


def test_a_key_that_sends_on_one_outcome_and_leads_on_from_the_next_is_a_fault() -> None:
    assert faults_of(forked(wishing("yes", send), wishing("no", None))) == [
        "fork: key 1 means send on yes and go to told on no"
    ]


def test_a_key_with_two_effects_is_a_fault() -> None:
    assert faults_of(forked(wishing("yes", send), wishing("no", keep))) == [
        "fork: key 1 means send on yes and keep on no"
    ]


def test_a_key_that_sends_on_one_outcome_and_picks_on_the_next_is_a_fault() -> None:
    screens: list[Screen] = [*forked(wishing("yes", send), pick("no", "told", "1", "2")), STUCK]

    assert faults_of(screens) == ["fork: key 1 means send on yes and a line of no on no"]


def test_a_list_whose_lines_send_beside_one_whose_lines_lead_on_is_a_fault() -> None:
    good, bad = pick("yes", "told", "1", wish=send), pick("no", "told", "1", "2")

    assert faults_of([*forked(good, bad), STUCK]) == [
        "fork: key 1 means send on yes and a line of no on no"
    ]


def test_a_list_whose_lines_send_beside_a_choice_that_keeps_is_a_fault() -> None:
    good, bad = pick("yes", "told", "1", wish=send), wishing("no", keep)

    assert faults_of([*forked(good, bad), STUCK]) == [
        "fork: key 1 means send on yes and keep on no"
    ]


def test_a_list_whose_lines_send_apart_from_other_keys_is_right() -> None:
    good, bad = pick("yes", "told", "3", "4", wish=send), wishing("no", keep, "1")

    assert faults_of([*forked(good, bad), STUCK]) == []


def test_an_answer_that_sends_on_one_outcome_and_keeps_on_the_next_is_a_fault() -> None:
    good, bad = ask("yes", "told", wish=send), ask("no", "told", wish=keep)

    assert faults_of([*forked(good, bad), STUCK]) == [
        "fork: key typed means send on yes and keep on no"
    ]


@pytest.mark.parametrize(
    "bad",
    [
        ask("no", "told"),
        menu("no", "told", parse=anything, typed_to="told"),
        pick("no", "told", "1", parse=anything, typed_to="told"),
    ],
    ids=["question", "menu", "list"],
)
def test_an_answer_that_sends_where_typing_leads_on_from_the_next_is_a_fault(
    bad: Screen,
) -> None:
    faults = faults_of([*forked(ask("yes", "told", wish=send), bad), STUCK])

    assert any(fault.startswith("fork: key typed means send on yes") for fault in faults)


def test_an_answer_with_one_effect_on_both_outcomes_is_right() -> None:
    good, bad = ask("yes", "told", wish=send), ask("no", "told", wish=send)

    assert faults_of([*forked(good, bad), STUCK]) == []


def test_a_key_with_one_effect_on_both_outcomes_is_right() -> None:
    assert faults_of(forked(wishing("yes", send), wishing("no", send))) == []


def test_keys_with_effects_apart_from_each_other_are_right() -> None:
    assert faults_of(forked(wishing("yes", send, "1"), wishing("no", keep, "2"))) == []


def test_a_key_without_effect_may_mean_this_or_that() -> None:
    assert faults_of(forked(menu("yes", "told"), menu("no", "home", "told"))) == []


def test_an_effect_behind_a_second_decision_is_found_too() -> None:
    screens: list[Screen] = [
        menu("home", "fork"),
        route("fork", "yes", "second"),
        route("second", "no", "told"),
        wishing("yes", send),
        wishing("no", keep),
        TOLD,
    ]

    assert any(fault.startswith("fork: key 1 means send") for fault in faults_of(screens))


# Keys of choices.


def test_a_key_that_stands_for_two_choices_is_a_fault() -> None:
    home = Menu("home", (Choice("one", "1", "told"), Choice("two", "1", "told")))

    assert faults_of([home, TOLD]) == ["home: key 1 stands for 2 choices"]


def test_two_choices_of_one_name_are_a_fault() -> None:
    home = Menu("home", (Choice("one", "1", "told"), Choice("one", "2", "other")))
    faults = faults_of([home, TOLD, Tell("other")])

    assert any(fault.startswith("home: ") for fault in faults)


@pytest.mark.parametrize(
    "key",
    ["0", "00", "98", "#", "*", "123", "", "a", " 1", "-1", "\uff11", "\u0661", "\u00b9"],
    ids=ascii,
)
def test_a_key_that_cannot_be_a_choices_is_a_fault(key: str) -> None:
    home = Menu("home", (Choice("one", key, "told"),))

    assert faults_of([home, TOLD]) == [f"home: key {key} cannot be a choice's"]


@pytest.mark.parametrize("key", ["1", "9", "10", "97", "01"])
def test_one_digit_or_two_make_a_key(key: str) -> None:
    assert faults_of([Menu("home", (Choice("one", key, "told"),)), TOLD]) == []


@pytest.mark.parametrize("key", ["0", "00", "98", "123", "#"])
def test_a_key_that_cannot_be_a_lists_is_a_fault(key: str) -> None:
    faults = faults_of([menu("home", "list"), pick("list", "told", key), TOLD, STUCK])

    assert faults == [f"list: key {key} cannot be a choice's"]


def test_a_key_that_stands_for_two_lines_of_a_list_is_a_fault() -> None:
    faults = faults_of([menu("home", "list"), pick("list", "told", "1", "1"), TOLD, STUCK])

    assert faults == ["list: key 1 stands for 2 choices"]


# Languages.


def test_a_first_language_that_lacks_is_a_fault() -> None:
    assert check(SCREENS, HOME, {"sw": REAL["sw"]}, ROOM, MOVED).faults == [
        "en: no words, and callers who chose none are spoken to in it"
    ]


def test_two_languages_with_one_key_are_a_fault() -> None:
    assert real_faults(put("language.key", "7"), "sw") == [
        "language (sw): key 7 is taken by en"
    ]


@pytest.mark.parametrize("key", ["1", "2", "3", "4", "5", "6"])
def test_a_languages_key_that_is_a_choice_on_home_is_a_fault(key: str) -> None:
    assert real_faults(put("language.key", key), "sw") == [
        f"home: key {key} is the language sw's"
    ]


@pytest.mark.parametrize("key", ["0", "00", "98", "#", "123", ""])
def test_a_languages_key_that_nobody_can_press_is_a_fault(key: str) -> None:
    assert real_faults(put("language.key", key), "sw") != []


def test_a_language_that_the_first_page_has_no_room_to_offer_is_a_fault() -> None:
    assert "home (en): no room on the first page to offer sw" in real_faults(
        put("screens.home.text", "1919 Ndio Form!\n" + "x" * 80)
    )


@pytest.mark.parametrize("locale", ["en", "sw", "sw_KE"])
def test_a_language_may_write_dates_as_another(locale: str) -> None:
    assert real_faults(put("language.locale", locale)) == []


def test_a_language_need_not_say_how_dates_are_written() -> None:
    assert "locale" not in REAL["en"].section("language")


def test_dates_of_a_language_that_nobody_knows_are_a_fault() -> None:
    assert any("language (en)" in fault for fault in real_faults(put("language.locale", "qq")))


# Words that lack.


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("screens.home.text", "home (en): no words for text"),
        ("screens.ask_id_card.again", "ask_id_card (en): no words for again"),
        ("screens.home.choices.help", "home (en): no words for help"),
        ("phrases.not_kept", "phrases (en): no words for not_kept"),
        ("keys.more", "keys (en): no words for more"),
        ("kinds.id_card", "kinds (en): no words for id_card"),
        ("bring.driving_licence", "bring (en): no words for driving_licence"),
        ("sms.ready", "sms (en): no words for ready"),
        ("sms.line_coming", "sms (en): no words for line_coming"),
        ("sms.free", "sms (en): no words for free"),
        ("sms.checked", "sms (en): no words for checked"),
        ("sms.centre", "sms (en): no words for centre"),
        ("sms.bring", "sms (en): no words for bring"),
        ("sms.line_checked", "sms (en): no words for line_checked"),
        ("keys.carry_on", "keys (en): no words for carry_on"),
        ("phrases.gone", "phrases (en): no words for gone"),
        ("phrases.cost", "phrases (en): no words for cost"),
        ("doors.open", "doors (en): no words for open"),
        ("doors.opens_today", "doors (en): no words for opens_today"),
        ("doors.opens_later", "doors (en): no words for opens_later"),
        ("doors.planned", "doors (en): no words for planned"),
        ("screens.checked.choices.tell_me", "checked (en): no words for tell_me"),
        ("screens.ask_code.again", "ask_code (en): no words for again"),
        ("screens.centres_in.text", "centres_in (en): no words for text"),
    ],
)
def test_words_that_lack_are_a_fault(path: str, fault: str) -> None:
    assert real_faults(drop(path)) == [fault]


@pytest.mark.parametrize(
    ("path", "empty"),
    [
        ("screens.home.text", ""),
        ("screens.home.choices.help", ""),
        ("phrases.slip", ""),
        ("sms.ready", []),
        ("keys.back", ""),
        ("doors.open", ""),
        ("clock.weekdays", []),
        ("sms.bring", []),
    ],
)
def test_words_that_are_empty_are_words_that_lack(path: str, empty: object) -> None:
    name = path.split(".")[-1]
    (fault,) = real_faults(put(path, empty))

    assert fault.endswith(f" (en): no words for {name}")


def test_a_screen_without_any_words_lacks_each_of_them() -> None:
    assert real_faults(drop("screens.ready")) == [
        "ready (en): no words for text",
        "ready (en): no words for choices",
        "ready (en): no words for text_me",
        "ready (en): no words for another",
        "ready (en): no words for report",
    ]


@pytest.mark.parametrize("section", ["language", "days", "clock", "doors"])
def test_a_section_that_lacks_is_a_fault(section: str) -> None:
    assert f"{section} (en): no such section" in real_faults(drop(section))


def test_a_section_that_lacks_is_told_with_all_that_lacks_in_it() -> None:
    assert real_faults(drop("kinds")) == [
        "kinds (en): no such section",
        *(f"kinds (en): no words for {kind}" for kind in Kind),
    ]


def test_doors_that_lack_are_told_one_by_one() -> None:
    assert real_faults(drop("doors")) == [
        "doors (en): no such section",
        *(f"doors (en): no words for {one}" for one in Doors if one is not Doors.UNKNOWN),
    ]


@pytest.mark.parametrize("days", [["Monday"], ["Monday"] * 6, ["Monday"] * 8], ids=len)
def test_a_week_of_other_than_seven_days_is_a_fault(days: list[str]) -> None:
    assert real_faults(put("clock.weekdays", days)) != []


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("sw", "language.name"),
        ("en", "language.key"),
        ("en", "language.date"),
        ("en", "days.Mon-Fri"),
        ("en", "clock.hours"),
        ("sw", "clock.parts"),
        ("en", "clock.weekdays"),
        ("sw", "clock.weekdays"),
        ("en", "days.Mon-Sun"),
    ],
)
def test_words_of_dates_and_hours_that_lack_are_a_fault(code: str, path: str) -> None:
    section, name = path.split(".")

    assert real_faults(drop(path), code) == [f"{section} ({code}): no words for {name}"]


def test_the_fault_names_the_language_it_is_in() -> None:
    assert real_faults(drop("phrases.slip"), "sw") == ["phrases (sw): no words for slip"]


# Words that nobody says.


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("songs", "songs (en): words that nobody says"),
        ("screens.nowhere", "nowhere (en): words for no screen"),
        ("screens.home.title", "home (en): words for title, which nobody says"),
        ("screens.home.again", "home (en): words for again, which nobody says"),
        ("screens.home.choices.parking", "home (en): words for parking, which nobody says"),
        ("screens.budget_spent.choices", None),
        ("phrases.farewell", "phrases (en): words for farewell, which nobody says"),
        ("keys.forward", "keys (en): words for forward, which nobody says"),
        ("kinds.passport", "kinds (en): words for passport, which nobody says"),
        ("sms.birthday", "sms (en): words for birthday, which nobody says"),
        ("doors.unknown", "doors (en): words for unknown, which nobody says"),
        ("doors.ajar", "doors (en): words for ajar, which nobody says"),
        ("clock.months", "clock (en): words for months, which nobody says"),
        ("language.script", "language (en): words for script, which nobody says"),
        ("screens.call_us", "call_us (en): words for no screen"),
    ],
)
def test_words_that_nobody_says_are_a_fault(path: str, fault: str | None) -> None:
    value: object = {"text": "x"} if path.count(".") == 1 and "screens" in path else "x"
    if fault is None:
        value, fault = {}, "budget_spent (en): words for choices, which nobody says"

    assert real_faults(put(path, value)) == [fault]


def test_words_for_a_decision_are_words_for_no_screen() -> None:
    assert real_faults(put("screens.find", {"text": "Wait"})) == [
        "find (en): words for no screen"
    ]


# Letters and names in words.


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("screens.home.text", "\u1e80eka", "screens.home.text (en): text has \u1e80"),
        ("screens.home.choices.help", "\U0001f64f", "screens.home.choices.help (en): text has"),
        ("phrases.slip", "ni\u2026", "phrases.slip (en): text has \u2026"),
        ("sms.free", "\u00e7a", "sms.free (en): text has \u00e7"),
        ("language.name", "Kik\u0169y\u0169", "language.name (en): text has \u0169,"),
        ("keys.back", "`0", "keys.back (en): text has `"),
    ],
    ids=ascii,
)
def test_a_letter_that_phones_cannot_show_is_a_fault(path: str, text: str, fault: str) -> None:
    (found,) = real_faults(put(path, text))

    assert found.startswith(fault)
    assert found.endswith(", which phones cannot show")


def test_foreign_letters_of_one_text_are_told_together() -> None:
    assert real_faults(put("phrases.slip", "\u1e80\U0001f64f\u1e80")) == [
        "phrases.slip (en): text has \u1e80 \U0001f64f, which phones cannot show"
    ]


def test_a_foreign_letter_in_any_wording_of_a_text_is_a_fault() -> None:
    assert real_faults(put("sms.spent", ["Wait.", "\u1e80ait."])) == [
        "sms.spent (en): text has \u1e80, which phones cannot show"
    ]


def test_a_text_of_several_lines_and_accents_that_phones_show_is_right() -> None:
    assert real_faults(put("screens.numbers.text", "\u00e9\u00e0\n\u00e8 \u20ac [x]")) == []


def test_a_name_in_a_screens_text_that_nobody_fills_is_a_fault() -> None:
    assert real_faults(put("screens.not_found.text", "{last} {colour} {size}")) == [
        "not_found (en): nobody fills {colour}",
        "not_found (en): nobody fills {size}",
    ]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("screens.home.text", "Hello {last}"),
        ("screens.ask_id_card.again", "Again {colour}"),
        ("screens.home.choices.help", "Help {colour}"),
        ("phrases.slip", "Slip {colour}"),
        ("phrases.trouble", "Trouble {colour}"),
        ("phrases.doubt", "Doubt {colour}"),
        ("kinds.id_card", "ID {colour}"),
        ("keys.more", "More {colour}"),
        ("sms.ready", ["{kind} {colour}"]),
        ("sms.ready", ["{kind} {colour}", "{kind}"]),
        ("sms.unknown", ["{kind} ..{last}"]),
        ("sms.how", ["Text {last}"]),
        ("sms.line_ready", "{kind} {colour}"),
        ("sms.free", "Free {colour}"),
        ("sms.checked", ["{kind} {colour}"]),
        ("sms.notice", ["{kind} {colour} {ref}"]),
        ("sms.ready", ["{kind} {ref}", "{kind}"]),
        ("sms.centre", ["{centre} {kind}"]),
        ("sms.bring", ["{service} {centre}"]),
        ("sms.line_checked", "{kind} {colour}"),
        ("doors.open", "open till {colour}"),
        ("doors.planned", "planned for {date}"),
        ("phrases.cost", "This call: {session}, {colour}"),
        ("phrases.fee", "Fee: {fee} {date}"),
        ("phrases.dated", "{text} {fee}"),
        ("clock.weekdays", ["{day}"] * 7),
    ],
)
def test_a_name_in_any_words_that_nobody_fills_is_a_fault(path: str, value: object) -> None:
    assert any("nobody fills {" in fault for fault in real_faults(put(path, value)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("sms.ready", "{kind} ..{last} is READY."),
        ("sms.line_ready", ["{kind} ..{last}"]),
        ("phrases.slip", ["That is not one of the choices."]),
        ("screens.home.text", ["Hello"]),
        ("sms.centre", "{centre}"),
        ("sms.bring", "{service}"),
        ("clock.weekdays", "Monday"),
        ("doors.open", ["open"]),
    ],
)
def test_a_text_where_wordings_belong_or_the_reverse_is_a_fault(
    path: str, value: object
) -> None:
    assert real_faults(put(path, value)) != []


# Sizes.


def test_a_question_too_long_for_one_page_is_a_fault() -> None:
    screens: list[Screen] = [menu("home", "question"), ask("question", "told"), TOLD, STUCK]

    assert faults_of(screens, put("screens.question.text", "x" * 150)) == [
        "question (en): text takes 165 of 160"
    ]


def test_what_a_question_says_after_a_slip_is_measured_too() -> None:
    screens: list[Screen] = [menu("home", "question"), ask("question", "told"), TOLD, STUCK]

    assert faults_of(screens, put("screens.question.again", "x" * 151)) == [
        "question (en): text takes 166 of 160"
    ]


def test_a_question_that_fills_its_page_is_right() -> None:
    screens: list[Screen] = [menu("home", "question"), ask("question", "told"), TOLD, STUCK]
    text = "x" * (ROOM - len("\n0 Back 00 Home"))

    assert faults_of(screens, put("screens.question.text", text)) == []


def test_a_menu_too_long_for_two_pages_is_a_fault() -> None:
    screens: list[Screen] = [menu("home", "long"), menu("long", "told"), TOLD]
    text = "\n".join(["x" * 10] * 25)

    assert faults_of(screens, put("screens.long.text", text)) == [
        "long (en): text takes 3 pages of 2"
    ]


def test_a_menu_of_two_pages_is_right() -> None:
    screens: list[Screen] = [menu("home", "long"), menu("long", "told"), TOLD]

    assert faults_of(screens, put("screens.long.text", "x" * 240)) == []


def test_a_menu_may_say_how_many_pages_it_takes() -> None:
    text = "\n".join(["x" * 10] * 25)
    screens: list[Screen] = [menu("home", "long"), menu("long", "told", pages=3), TOLD]

    assert faults_of(screens, put("screens.long.text", text)) == []


@pytest.mark.parametrize(
    ("pages", "taken"), [(1, "631 of 160"), (2, "5 pages of 2"), (3, "5 pages of 3")]
)
def test_a_menu_of_more_pages_than_it_says_is_a_fault(pages: int, taken: str) -> None:
    long = menu("long", "told", pages=pages)
    screens: list[Screen] = [menu("home", "long"), long, TOLD]

    assert f"long (en): text takes {taken}" in faults_of(
        screens, put("screens.long.text", "\n".join(["x" * 99] * 6))
    )


def test_a_menu_of_eleven_choices_is_a_fault() -> None:
    ends = [Tell(f"end{n}") for n in range(11)]
    home = menu("home", *(end.name for end in ends))
    faults = faults_of([home, *ends], lambda sections: _shorten(sections["screens"]["home"]))

    assert faults == ["home (en): text takes 3 pages of 2"]


def _shorten(words: dict[str, Any]) -> None:
    words["text"] = "Which"
    words["choices"] = dict.fromkeys(words["choices"], "x")


def test_a_list_may_have_as_many_pages_as_it_takes() -> None:
    keys = [f"{n:02}" for n in range(1, 48)]
    screens: list[Screen] = [menu("home", "list"), pick("list", "told", *keys), TOLD, STUCK]

    assert faults_of(screens) == []


def test_what_a_list_tells_is_measured_at_its_widest() -> None:
    listed = pick(
        "list",
        "told",
        "01",
        facts=lambda _: {},
        widest_facts=lambda _: [{"place": "x"}, {"place": "x " * 300}],
    )
    screens: list[Screen] = [menu("home", "list"), listed, TOLD, STUCK]
    narrow, wide = (
        report_of(screens, put("screens.list.text", text)) for text in ("x", "{place}")
    )

    assert (narrow.faults, wide.faults) == ([], [])
    assert wide.pages > narrow.pages


def test_a_name_in_a_lists_text_that_nobody_fills_is_a_fault() -> None:
    listed = pick("list", "told", "01", widest_facts=lambda _: [{"place": "x"}])
    screens: list[Screen] = [menu("home", "list"), listed, TOLD, STUCK]

    assert faults_of(screens, put("screens.list.text", "{place} {colour}")) == [
        "list (en): nobody fills {colour}"
    ]


def test_a_last_page_too_long_is_a_fault() -> None:
    assert faults_of(SMALL, put("screens.told.text", "x" * 161)) == [
        "told (en): text takes 161 of 160"
    ]


def test_letters_of_the_extension_are_measured_twice() -> None:
    assert faults_of(SMALL, put("screens.told.text", "[" * 81)) == [
        "told (en): text takes 162 of 160"
    ]


def test_a_choice_too_long_is_a_fault() -> None:
    assert faults_of(SMALL, put("screens.home.choices.to_told", "x" * 79)) == [
        "home (en): choice 1 takes 81"
    ]


def test_a_choice_of_half_a_page_is_right() -> None:
    assert faults_of(SMALL, put("screens.home.choices.to_told", "x" * 78)) == []


def test_a_line_of_a_list_too_long_is_a_fault() -> None:
    listed = pick("list", "told", "01", label="x" * 78)

    assert faults_of([menu("home", "list"), listed, TOLD, STUCK]) == [
        "list (en): choice 01 takes 81"
    ]


def before(name: str) -> int:
    """Give the septets of the longest phrase that may stand before a text."""
    phrases = {"how": "gone", "notice": "", "centre": ""}
    phrase = phrases.get(name, "slip")
    return septets(REAL["en"].say("phrases", phrase)) + 1 if phrase else 0


@pytest.mark.parametrize("name", [*REPLIES, "notice", "centre"])
def test_a_text_over_one_segment_is_a_fault(name: str) -> None:
    most = 160 - before(name)

    assert real_faults(put(f"sms.{name}", ["x" * most])) == []
    assert real_faults(put(f"sms.{name}", ["x" * (most + 1)])) == [
        f"sms.{name} (en): text takes 161 of 160"
    ]


def test_a_text_that_was_asked_for_may_be_two_segments() -> None:
    assert real_faults(put("sms.bring", ["x" * 306])) == []


def test_a_text_over_two_segments_is_a_fault_even_where_it_was_asked_for() -> None:
    assert real_faults(put("sms.bring", ["x" * 307])) == [
        "sms.bring (en): text takes 307 of 306"
    ]


def test_a_notice_is_measured_with_its_code() -> None:
    code = len(" Ref 99999.")

    assert real_faults(put("sms.notice", ["x" * (160 - code) + " Ref {ref}."])) == []
    assert real_faults(put("sms.notice", ["x" * (161 - code) + " Ref {ref}."])) == [
        "sms.notice (en): text takes 161 of 160"
    ]


def test_of_a_texts_wordings_the_last_must_fit() -> None:
    most = 160 - before("ready")

    assert real_faults(put("sms.ready", ["x" * 300, "x" * most])) == []


def test_a_text_that_fits_only_in_the_middle_of_its_wordings_is_a_fault() -> None:
    most = 160 - before("ready")

    assert real_faults(put("sms.ready", ["x" * most, "x" * (most + 1)])) == [
        "sms.ready (en): text takes 161 of 160"
    ]


@pytest.mark.parametrize("name", ["line_ready", "line_coming", "line_checked"])
def test_a_line_of_several_documents_is_measured_with_where_the_rest_is(name: str) -> None:
    rest = len(REAL["en"].say("sms", "rest"))

    assert real_faults(put(f"sms.{name}", "x" * (160 - rest))) == [
        f"sms.{name} (en): text takes 161 of 160"
    ]


@pytest.mark.parametrize(
    "name", ["trouble", "too_long", "not_kept", "not_understood", "busy", "wrong_code"]
)
def test_an_apology_longer_than_a_page_is_a_fault(name: str) -> None:
    assert real_faults(put(f"phrases.{name}", "x" * 161)) == [
        f"phrases.{name} (en): text takes 161 of 160"
    ]


def test_a_smaller_room_finds_more() -> None:
    damage = put("screens.told.text", "x" * 120)

    assert report_of(SMALL, damage, room=120).faults == []
    assert report_of(SMALL, damage, room=119).faults[0] == "told (en): text takes 120 of 119"


def test_facts_are_measured_at_their_widest() -> None:
    def widest(_: Words) -> list[Facts]:
        return [{"place": "x"}, {"place": "x" * 161}]

    told = Tell("told", facts=lambda _: {}, widest=widest)
    screens: list[Screen] = [menu("home", "told"), told]

    assert faults_of(screens, put("screens.told.text", "{place}")) == [
        "told (en): text takes 161 of 160"
    ]


def test_each_language_is_measured() -> None:
    assert real_faults(put("screens.budget_spent.text", "x" * 161), "sw") == [
        "budget_spent (sw): text takes 161 of 160"
    ]


def test_a_page_that_fits_a_call_and_no_text_is_a_fault() -> None:
    assert real_faults(put("phrases.late", "x" * 170), room=182) != []
    assert report_of(SMALL, put("screens.home.choices.to_told", "x" * 80), room=182).faults == [
        "home (en): choice 1 takes 82"
    ]


# Warnings.


def test_a_page_of_more_than_thirty_words_is_a_warning() -> None:
    report = report_of(SMALL, put("screens.home.text", "a " * 28 + "a"))

    assert report.warnings == ["home (en): a page of 32 words"]


def test_a_warning_is_no_fault() -> None:
    assert report_of(SMALL, put("screens.home.text", "a " * 28 + "a")).faults == []


def test_a_page_of_thirty_words_is_no_warning() -> None:
    assert report_of(SMALL, put("screens.home.text", "a " * 26 + "a")).warnings == []


def test_a_last_page_of_more_than_thirty_words_is_a_warning() -> None:
    report = report_of(SMALL, put("screens.told.text", "a " * 30 + "a"))

    assert report.warnings == ["told (en): a page of 31 words"]


# All at once.


FIVE: list[Screen] = [
    Menu("home", (Choice("one", "1", "dead"), Choice("two", "98", "nowhere"))),
    menu("dead"),
    TOLD,
]


def five_damages(sections: dict[str, Any]) -> None:
    drop("phrases.slip")(sections)
    put("screens.told.text", "\u1e80")(sections)


FIVE_FAULTS = {
    "home: two leads to nowhere, which is no screen",
    "home: key 98 cannot be a choice's",
    "dead: no way from here to an answer",
    "phrases (en): no words for slip",
    "screens.told.text (en): text has \u1e80, which phones cannot show",
}


def test_every_fault_is_found_at_once() -> None:
    assert set(faults_of(FIVE, five_damages)) >= FIVE_FAULTS


def test_faults_of_several_sizes_are_found_at_once() -> None:
    def damage(sections: dict[str, Any]) -> None:
        put("screens.told.text", "x" * 161)(sections)
        put("screens.home.choices.to_told", "x" * 79)(sections)
        put("sms.how", ["x" * 170])(sections)

    assert faults_of(SMALL, damage) == [
        "home (en): choice 1 takes 81",
        "told (en): text takes 161 of 160",
        f"sms.how (en): text takes {170 + before('how')} of 160",
    ]


def test_menus_with_faults_are_not_proved_and_every_fault_is_told() -> None:
    sections = sections_for(FIVE)
    five_damages(sections)
    languages = {"en": Words("en", sections)}
    with pytest.raises(BadMenus) as told:
        prove(FIVE, "home", languages, ROOM)

    assert str(told.value).split("\n") == check(FIVE, "home", languages, ROOM).faults
