"""A third language is one file: Kenya's line with a Kikuyu one beside its own two.

Its few Kikuyu texts are samples for these tests, and no translation for callers.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import proved_menus
from config import BadSettings, Config
from menus.words import Words, load
from tests.caller import PHONE, Caller, text
from tests.conftest import Open, inbox, line_of
from tests.countries import english, kenya_with, write_words
from tests.servers import RedisServer
from tests.world import put

OTHER_PHONE = "+254711000222"

KIKUYU: dict[str, dict[str, Any]] = {
    "language": {"name": "Gĩkũyũ", "key": "10", "locale": "en"},
    "keys": {"back": "Thutha", "home": "Mũciĩ", "more": "Mbere"},
    "phrases": {"free": "tũhũ"},
}

SCREENS = {
    "home": "1919 Ndio Form!\nAndĩka namba ya kĩbandĩ, kana ũthuure:",
    "documents": "Nĩ ithiathi rĩrĩkũ?",
}
TEXT = "{kind} ..{last} nĩ kĩhaarĩirie: {centre}.\nNo 1919 ĩgũtũmagĩra SMS."


def kikuyu() -> dict[str, Any]:
    """Give a language that says a little itself, and the rest in English."""
    words = english()
    for section, texts in KIKUYU.items():
        words[section] = {**words[section], **texts}
    for name, said in SCREENS.items():
        words["screens"][name]["text"] = said
    words["sms"]["ready"] = words["sms"]["notice"] = [TEXT]
    return words


@pytest.fixture
def country(tmp_path: Path) -> Path:
    return kenya_with(tmp_path / "kenya", ki=kikuyu())


@pytest.fixture
def app(open_app: Open, sqlite_url: str, redis: RedisServer, country: Path) -> Flask:
    """Kenya's line in three languages, with one document."""
    app = open_app(sqlite_url, redis.url, COUNTRY_DIR=str(country))
    put(line_of(app), "id_card", "12345678", "ready")
    return app


@pytest.fixture
def caller(app: Flask) -> Caller:
    return Caller(app.test_client())


def test_the_first_page_offers_it_beside_the_others(caller: Caller) -> None:
    assert caller.dial().split("\n")[-3:] == ["10 Gikuyu", "8 Kiswahili", "98 More"]
    assert caller.key("8").split("\n")[-3:] == ["7 English", "10 Gikuyu", "98 Mbele"]


def test_its_key_speaks_it_in_letters_that_phones_show(caller: Caller) -> None:
    assert caller.keys("10").split("\n")[:3] == [
        "CON 1919 Ndio Form!",
        "Andika namba ya kibandi, kana uthuure:",
        "1 My document",
    ]


def test_it_offers_the_other_two(caller: Caller) -> None:
    assert caller.keys("10").split("\n")[-3:] == ["7 English", "8 Kiswahili", "98 Mbere"]


def test_it_is_remembered_by_phone(app: Flask, caller: Caller) -> None:
    caller.keys("10")

    assert "Andika namba" in Caller(app.test_client()).dial()
    assert "Type your ID" in Caller(app.test_client(), OTHER_PHONE).dial()


def test_a_conversation_goes_on_in_it(caller: Caller) -> None:
    page = caller.keys("10", "1")

    assert page.startswith("CON Ni ithiathi ririku?\n1 ID card\n")
    assert page.endswith("\n0 Thutha 00 Mucii")


def test_a_switch_back_is_a_switch_back(caller: Caller) -> None:
    assert "Weka nambari" in caller.keys("10", "8")
    assert "Type your ID" in caller.key("7")


def test_its_texts_are_in_it(app: Flask, caller: Caller) -> None:
    caller.keys("10", "1", "1", "12345678", "1")

    assert inbox(line_of(app)) == [
        "ID ..678 ni kihaariirie: GPO Nairobi. No 1919 igutumagira SMS."
    ]


def test_who_waits_is_told_in_it(app: Flask, caller: Caller) -> None:
    put(line_of(app), "id_card", "23456789", "coming")
    caller.keys("10", "1", "1", "23456789", "2")
    put(line_of(app), "id_card", "23456789", "ready")

    assert inbox(line_of(app)) == [
        "ID ..789 ni kihaariirie: GPO Nairobi. No 1919 igutumagira SMS."
    ]


def test_who_texts_is_answered_in_it(app: Flask, caller: Caller) -> None:
    caller.keys("10")
    text(app.test_client(), "12345678", PHONE, date="")

    assert inbox(line_of(app))[0].startswith("ID ..678 ni kihaariirie: ")


def test_services_are_named_in_the_first_language(caller: Caller) -> None:
    assert caller.keys("10", "3").split("\n")[1:3] == [
        "1 Driving licence",
        "2 Replace a lost ID",
    ]


def test_a_service_may_have_words_in_it(
    open_app: Open, sqlite_url: str, redis: RedisServer, country: Path
) -> None:
    """The reference data's own row is all that it takes."""
    with (country / "reference" / "service_texts.csv").open("a", encoding="utf-8") as rows:
        rows.write("id_replacement,ki,Kiband\u00ec kuo\u00f9rire,,,,,\n")
    app = open_app(sqlite_url, redis.url, COUNTRY_DIR=str(country))
    runner = app.test_cli_runner()
    assert runner.invoke(args=["database", "prepare"]).exit_code == 0
    line_of(app).watch.look()

    assert "\n2 Kibandì kuoùrire\n" in Caller(app.test_client()).keys("10", "3")


def test_its_letters_are_kept_for_a_computers_screen(country: Path) -> None:
    shown = load(country / "words", "*1919#", for_phones=False)["ki"]
    phones = load(country / "words", "*1919#")["ki"]

    assert (shown.name, phones.name) == ("Gĩkũyũ", "Gikuyu")
    assert shown.text("documents", {}) == ["Nĩ ithiathi rĩrĩkũ?"]
    assert shown.say("phrases", "too_long").endswith("Please dial *1919# again.")


# What is refused


def lack_a_section(words: dict[str, Any]) -> None:
    del words["kinds"]


def take_a_key(words: dict[str, Any]) -> None:
    words["language"]["key"] = "8"


def say_too_much(words: dict[str, Any]) -> None:
    words["screens"]["texted"]["text"] = "Ũ" * 400


def know_no_dates(words: dict[str, Any]) -> None:
    words["language"]["locale"] = "xx"


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (lack_a_section, "kinds (ki): no such section"),
        (take_a_key, "language (sw): key 8 is taken by ki"),
        (say_too_much, "texted (ki): text takes "),
        (know_no_dates, "language (ki): nobody knows how dates are written in xx"),
    ],
)
def test_a_file_with_a_fault_is_refused(
    country: Path, damage: Callable[[dict[str, Any]], None], fault: str
) -> None:
    assert any(told.startswith(fault) for told in faults(country, damage))


def test_every_fault_is_named_at_once(country: Path) -> None:
    def damage(words: dict[str, Any]) -> None:
        lack_a_section(words)
        del words["phrases"]["slip"], words["screens"]["home"]["choices"]["help"]
        del words["sms"]["ready"]
        words["screens"]["nowhere"] = {"text": "Kũ?"}

    assert {
        "kinds (ki): no such section",
        "kinds (ki): no words for id_card",
        "phrases (ki): no words for slip",
        "home (ki): no words for help",
        "sms (ki): no words for ready",
        "nowhere (ki): words for no screen",
    } <= set(faults(country, damage))


def test_an_empty_file_is_refused_screen_by_screen(country: Path) -> None:
    told = faults(country, lambda words: words.clear())

    assert len([one for one in told if "(ki): no words for" in one]) > 100


def test_the_words_of_the_others_are_as_they_were(country: Path) -> None:
    def sections(words: dict[str, Words]) -> list[Any]:
        return [words[code].sections for code in ("en", "sw")]

    assert sections(load(country / "words", "*1919#")) == sections(load(code="*1919#"))


def faults(country: Path, damage: Callable[[dict[str, Any]], None]) -> list[str]:
    """Give what is said of the third language's file when it is damaged."""
    words = kikuyu()
    damage(words)
    write_words(country / "words" / "ki.toml", words)
    with pytest.raises(BadSettings) as bad:
        proved_menus(Config.from_env({"COUNTRY_DIR": str(country)}))
    return str(bad.value.message).split("\n")
