"""Facts about what texts ask for, most of them in the table keywords.tsv."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from menus import keywords
from menus.flows import HOME, SCREENS
from menus.keywords import DOCUMENT_KEYS, KEYS, Asked, Want
from menus.screens import Menu
from menus.vocabulary import Keyword
from menus.words import load
from models.base import Database
from models.country import kenya
from models.directory import EMPTY, Directory, read_directory

LANGUAGES = load(code="*1919#")


class Message(NamedTuple):
    text: str
    want: str
    asks: str
    kind: str
    language: str
    sure: str


def _messages() -> Iterator[Message]:
    table = Path(__file__).with_name("keywords.tsv").read_text(encoding="utf-8")
    first, *rows = table.removesuffix("\n").split("\n")
    assert first.split("\t") == list(Message._fields)
    for row in rows:
        text, *told = row.split("\t")
        yield Message(
            re.sub(r"\\u([0-9a-f]{4})", lambda one: chr(int(one[1], 16)), text), *told
        )


MESSAGES = list(_messages())


@pytest.fixture(scope="module")
def directory(prepared_sqlite: Path) -> Iterator[Directory]:
    database = Database(f"sqlite:///{prepared_sqlite}")
    with database.working() as connection:
        yield read_directory(connection)
    database.close()


def read(text: str, directory: Directory = EMPTY) -> Asked:
    return keywords.read(text, kenya(), directory, LANGUAGES)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: ascii(one.text))
def test_a_message_asks_for_what_a_person_reads_in_it(
    message: Message, directory: Directory
) -> None:
    asked = read(message.text, directory)

    assert (
        asked.want.name.lower(),
        asked.number or " ".join(asked.keys) or "-",
        asked.kind or "-",
        asked.language or "-",
        "sure" if asked.sure else "guess",
    ) == message[1:]


def test_the_table_holds_two_hundred_distinct_messages() -> None:
    assert len({one.text for one in MESSAGES}) == len(MESSAGES) >= 200


def test_every_keyword_presses_the_key_of_its_choice_on_the_home_page() -> None:
    home = next(one for one in SCREENS if one.name == HOME)
    documents = next(one for one in SCREENS if one.name == "documents")
    assert isinstance(home, Menu)
    assert isinstance(documents, Menu)
    keys = {one.name: one.key for one in home.choices}
    kinds = {one.name: (keys["documents"], one.key) for one in documents.choices}

    assert {name: kinds[name] for name in DOCUMENT_KEYS} == DOCUMENT_KEYS
    assert {f"{word}s": key for word, key in KEYS.items() if f"{word}s" in keys} == {
        name: keys[name] for name in ("centres", "services")
    }
    assert (KEYS[Keyword.COURT], KEYS[Keyword.HELP]) == (
        keys["court"],
        keys["help"],
    )


@pytest.mark.parametrize("word", ["stop", "acha", "start", "anza"])
@pytest.mark.parametrize("other", ["kujua", "me", "ID", "7", "please", "12345678"])
def test_stopping_and_starting_count_only_alone(word: str, other: str) -> None:
    for text in (f"{word} {other}", f"{other} {word}", f"{word}, {other}"):
        assert read(text).want not in (Want.STOP, Want.START)


@pytest.mark.parametrize("word", ["centre", "kituo", "service", "huduma", "court", "help"])
def test_without_a_directory_every_keyword_leads_somewhere(word: str) -> None:
    for text in (word, f"{word} thika", f"where is the {word}"):
        assert read(text).want in (Want.PAGE, Want.NOTHING)


def test_what_is_asked_shows_no_number_and_no_place() -> None:
    assert "12345678" not in repr(read("ID 12345678"))
    assert "kijijichangu" not in repr(read("kituo kijijichangu"))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_at_all_is_read(text: str) -> None:
    assert read(text).want in Want


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["stop", "acha", "start", "anza"]),
    st.text("\t\n .,!?-'\"()*#", max_size=5),
    st.text("\t\n .,!?-'\"()*#", max_size=5),
)
def test_signs_and_capitals_around_a_word_alone_make_no_difference(
    word: str, before: str, after: str
) -> None:
    wanted = Want.STOP if word in ("stop", "acha") else Want.START

    assert read(f"{before}{word.upper()}{after}").want is wanted
