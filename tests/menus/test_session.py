"""A session as text: what is written is what is read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from menus.pages import Page
from menus.session import FORMAT, Session, dump, read

texts = st.text(max_size=20)
mappings = st.dictionaries(texts, texts, max_size=5)
sessions = st.builds(
    Session,
    screen=texts,
    part=st.integers(0, 20),
    trail=st.lists(texts, max_size=5).map(tuple),
    said=mappings,
    slips=st.integers(0, 5),
    language=st.sampled_from(["", "en", "sw"]),
    offered=mappings,
    inputs=st.lists(texts, max_size=10).map(tuple),
    page=st.builds(Page, st.text(max_size=182), st.booleans()),
    wished=st.booleans(),
)
FULL = Session(
    screen="ready",
    part=1,
    trail=("home", "documents"),
    said={"kind": "id_card", "number": "12345678"},
    slips=2,
    language="sw",
    offered={"1": "text_me"},
    inputs=("1", "1", "12345678"),
    page=Page("ID ..678 is READY", ends=True),
    wished=True,
)


@given(sessions)
def test_a_session_written_is_read_as_it_was(session: Session) -> None:
    assert read(dump(session)) == session


def test_every_part_of_a_session_is_written() -> None:
    assert read(dump(FULL)) == FULL


def test_an_empty_session_is_written_as_its_format_alone() -> None:
    assert json.loads(dump(Session())) == {"v": FORMAT}


def test_a_session_after_a_dial_is_short() -> None:
    assert len(dump(Session("home", language="en"))) < 40


def test_a_session_of_another_format_is_none() -> None:
    other = dump(FULL).replace(f'"v":{FORMAT}', f'"v":{FORMAT + 1}')

    assert read(other) is None


def test_a_session_without_a_format_is_none() -> None:
    written = json.loads(dump(FULL))
    del written["v"]

    assert read(json.dumps(written)) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "null",
        "17",
        "[]",
        '"v"',
        "{}",
        '{"v":null}',
        '{"v":"1"}',
        f'{{"v":{FORMAT},"t":7}}',
        f'{{"v":{FORMAT},"i":null}}',
        dump(FULL)[:-1],
        dump(FULL)[1:],
        "\x00",
    ],
    ids=ascii,
)
def test_garbage_is_no_session(text: str) -> None:
    assert read(text) is None


@given(st.text())
def test_no_text_at_all_raises(text: str) -> None:
    assert read(text) is None


@given(sessions, st.data())
def test_a_session_cut_short_is_none(session: Session, data: st.DataObject) -> None:
    written = dump(session)
    cut = data.draw(st.integers(0, len(written) - 1))

    assert read(written[:cut]) is None


def test_a_sessions_repr_holds_nothing_that_was_typed_or_shown() -> None:
    assert "12345678" not in repr(FULL)
    assert "READY" not in repr(FULL)
