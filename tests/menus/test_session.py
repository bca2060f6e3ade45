"""A session as text: what is written is what is read."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from menus.pages import Page
from menus.session import (
    FORMAT,
    Dropped,
    Session,
    Step,
    dump,
    dump_dropped,
    read,
    read_dropped,
)

texts = st.text(max_size=20)
mappings = st.dictionaries(texts, texts, max_size=5)
steps = st.builds(
    Step,
    screen=texts,
    way=texts,
    unsaid=st.dictionaries(texts, texts | st.none(), max_size=3),
)
trails = st.lists(steps, max_size=5).map(tuple)
languages = st.sampled_from(["", "en", "sw"])
dropped_calls = st.builds(
    Dropped,
    way=texts.filter(bool),
    trail=trails,
    said=mappings,
    language=languages,
    inputs=st.integers(0, 60),
)
sessions = st.builds(
    Session,
    screen=texts,
    way=texts,
    part=st.integers(0, 20),
    trail=trails,
    said=mappings,
    slips=st.integers(0, 5),
    language=languages,
    offered=mappings,
    inputs=st.lists(texts, max_size=10).map(tuple),
    page=st.builds(Page, st.text(max_size=182), st.booleans()),
    wished=st.booleans(),
    taken_up=st.none() | dropped_calls,
)
DROPPED = Dropped(
    way="find",
    trail=(Step("home"), Step("documents", "", {"kind": None, "number": "87654321"})),
    said={"kind": "id_card", "number": "12345678"},
    language="sw",
    inputs=2,
)
FULL = Session(
    screen="ready",
    way="find",
    part=1,
    trail=(
        Step("home"),
        Step("documents", "documents_or_none", {"kind": "", "number": None}),
        Step("ask_id_card", unsaid={"number": "23456781"}),
    ),
    said={"kind": "id_card", "number": "12345678"},
    slips=2,
    language="sw",
    offered={"1": "text_me"},
    inputs=("1", "1", "12345678"),
    page=Page("ID ..678 is READY", ends=True),
    wished=True,
    taken_up=DROPPED,
)


@given(sessions)
def test_a_session_written_is_read_as_it_was(session: Session) -> None:
    assert read(dump(session)) == session


def test_every_part_of_a_session_is_written() -> None:
    assert read(dump(FULL)) == FULL


def test_a_step_without_more_is_written_as_its_screen_alone() -> None:
    written = json.loads(dump(Session("ready", trail=(Step("home"), Step("documents")))))

    assert written["t"] == ["home", "documents"]


def test_a_step_that_was_decided_keeps_what_led_there() -> None:
    trail = (Step("ready", "find"),)

    assert read(dump(Session("report_document", trail=trail))) == Session(
        "report_document", trail=trail
    )


def test_what_was_not_said_before_is_told_from_what_was_said_to_be_empty() -> None:
    trail = (Step("ask_id_card", unsaid={"number": None, "picked": ""}),)
    session = read(dump(Session("ready", trail=trail)))

    assert session is not None
    assert session.trail[0].unsaid == {"number": None, "picked": ""}


@pytest.mark.parametrize("taken_up", [None, DROPPED, Dropped("help")], ids=str)
def test_the_call_that_was_taken_up_is_written(taken_up: Dropped | None) -> None:
    session = read(dump(Session("home", taken_up=taken_up)))

    assert session is not None
    assert session.taken_up == taken_up


def test_an_empty_session_is_written_as_its_format_alone() -> None:
    assert json.loads(dump(Session())) == {"v": FORMAT}


def test_a_session_after_a_dial_is_short() -> None:
    assert len(dump(Session("home", language="en"))) < 40


def test_a_session_of_another_format_is_none() -> None:
    other = dump(FULL).replace(f'"v":{FORMAT}', f'"v":{FORMAT + 1}')

    assert read(other) is None


@pytest.mark.parametrize("version", [0, 1, FORMAT - 1, FORMAT + 1, str(FORMAT), None])
def test_a_session_of_any_other_format_is_none(version: object) -> None:
    written = {**json.loads(dump(FULL)), "v": version}

    assert read(json.dumps(written)) is None


def test_a_session_as_an_earlier_version_wrote_it_is_none() -> None:
    assert read('{"v":1,"s":"ready","t":["home","documents"],"l":"en","i":["1"]}') is None


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
        f'{{"v":{FORMAT},"t":[[]]}}',
        f'{{"v":{FORMAT},"t":[["a","b",{{}},"d"]]}}',
        f'{{"v":{FORMAT},"t":[7]}}',
        f'{{"v":{FORMAT},"u":7}}',
        f'{{"v":{FORMAT},"u":{{}}}}',
        f'{{"v":{FORMAT},"u":null}}',
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
    said = repr(FULL)

    assert [one for one in ("12345678", "87654321", "23456781", "READY") if one in said] == []


# Where a call was when its line dropped.


@given(dropped_calls)
def test_a_dropped_call_written_is_read_as_it_was(dropped: Dropped) -> None:
    assert read_dropped(dump_dropped(dropped)) == dropped


def test_every_part_of_a_dropped_call_is_written() -> None:
    assert read_dropped(dump_dropped(DROPPED)) == DROPPED


def test_a_dropped_call_is_where_its_session_is() -> None:
    assert FULL.dropped == Dropped("find", FULL.trail, FULL.said, "sw")


def test_a_dropped_call_at_a_screen_that_nobody_decided_for_is_at_that_screen() -> None:
    assert Session("help", trail=(Step("home"),)).dropped == Dropped("help", (Step("home"),))


def test_a_dropped_call_holds_no_page_and_no_key() -> None:
    written = dump_dropped(FULL.dropped)

    assert "READY" not in written
    assert set(json.loads(written)) == {"v", "y", "t", "d", "l"}


def test_a_dropped_call_as_a_session_is_none() -> None:
    assert read_dropped(dump(Session("home"))) is None


@pytest.mark.parametrize("version", [0, 1, FORMAT - 1, FORMAT + 1, str(FORMAT), None])
def test_a_dropped_call_of_another_format_is_none(version: object) -> None:
    written = {**json.loads(dump_dropped(DROPPED)), "v": version}

    assert read_dropped(json.dumps(written)) is None


def test_a_dropped_call_without_a_format_is_none() -> None:
    written = json.loads(dump_dropped(DROPPED))
    del written["v"]

    assert read_dropped(json.dumps(written)) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "17",
        "[]",
        "{}",
        f'{{"v":{FORMAT}}}',
        f'{{"v":{FORMAT},"y":"find","t":7}}',
        f'{{"v":{FORMAT},"y":"find","t":[[]]}}',
        dump_dropped(DROPPED)[:-1],
        dump_dropped(DROPPED)[1:],
    ],
    ids=ascii,
)
def test_garbage_is_no_dropped_call(text: str) -> None:
    assert read_dropped(text) is None


@given(st.text())
def test_no_text_at_all_raises_as_a_dropped_call(text: str) -> None:
    assert read_dropped(text) is None


def test_a_dropped_calls_repr_holds_nothing_that_was_typed() -> None:
    said = repr(DROPPED)

    assert [one for one in ("12345678", "87654321") if one in said] == []


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60)
@given(parts=st.dictionaries(st.sampled_from("sypdtnmloigewuxz"), _JSON, max_size=8))
def test_a_session_of_any_parts_is_read_or_is_none(parts: dict[str, object]) -> None:
    written = json.dumps({"v": FORMAT, **parts})
    session, dropped = read(written), read_dropped(written)

    assert session is None or isinstance(session, Session)
    assert dropped is None or isinstance(dropped, Dropped)


def test_a_session_within_a_thousand_others_is_none() -> None:
    deep = '{"v":' * 100_000

    assert (read(deep), read_dropped(deep)) == (None, None)
