"""Every gateway: the same conversations, whatever their wire format makes of them."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from models.reports import reports
from tests.conftest import Open, inbox, line_of
from tests.dialogue import FILES, Dialogue, read, twins_last
from tests.gateways import HANDSETS, LAST_ONLY, AfricasTalking, Handset, Hubtel, Infobip, Lines
from tests.servers import RedisServer
from tests.world import notify, put, report_not_there

every_gateway = pytest.mark.parametrize("handset", HANDSETS, ids=lambda one: one.name)
every_forgetful_gateway = pytest.mark.parametrize(
    "handset", LAST_ONLY, ids=lambda one: one.name
)
every_dialogue = twins_last("told", FILES, indirect=True)
every_dialogue_once = pytest.mark.parametrize(
    "told",
    [file for file in FILES if not file.stem.endswith("_sw") and "costs" not in file.stem],
    indirect=True,
    ids=lambda file: file.stem,
)
"""Each in one language: a wire knows none."""

OTHERS = HANDSETS[1:]
"""Those besides Africa's Talking, of which `test_dialogues.py` tells the same."""

NOBODY = "unix:///nonexistent/redis.sock"
LOST = "CON Sorry, the line lost your place.\n1919 Ndio Form!\n"
NUMBER = "12345678"


class Told:
    """A dialogue, and a line that knows what it is about. Every handset is another phone."""

    def __init__(self, file: Path, lines: Lines) -> None:
        self.dialogue: Dialogue = read(file)
        self.app = lines.knowing(self.dialogue)
        self.keys = self.dialogue.keys
        self.pages = [page for _, page in self.dialogue.hops]
        self.spends_the_budget = "budget" in file.stem
        self.speaks_of_networks = any("CALLER_COSTS" in one for one in self.dialogue.given)

    def to(self, kind: type[Handset]) -> Handset:
        """Give a phone of which the line knows what is given, and nothing that others said."""
        handset, line = kind(self.app), line_of(self.app)
        with line.database.working() as connection:
            connection.execute(reports.delete())
        for one in self.dialogue.given:
            match one.split():
                case ["not_there", number, other]:
                    report_not_there(line, number, other)
                case ["notice", code, day]:
                    notify(line, code, day, phones=[handset.phone])
        return handset

    def goes(self, handset: Handset, pages: list[str]) -> None:
        """See to it that a handset was shown the dialogue's pages, and got its texts."""
        assert (handset.name, pages) == (handset.name, self.pages)
        self.texts(handset)

    def texts(self, handset: Handset) -> None:
        """See to it that a handset got the dialogue's texts."""
        texts = self.dialogue.heard(self.app, handset.phone)

        assert (handset.name, texts) == (handset.name, self.dialogue.texts)


@pytest.fixture(scope="module")
def lines(
    prepared_sqlite: Path, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lines]:
    lines = Lines(prepared_sqlite, redis_server, tmp_path_factory.mktemp("lines"))
    yield lines
    lines.close()


@pytest.fixture
def app(lines: Lines, redis: RedisServer) -> Flask:
    """A line that knows nothing; every handset is another phone."""
    return lines.plain()


@pytest.fixture
def told(request: pytest.FixtureRequest, lines: Lines, redis: RedisServer) -> Told:
    """A dialogue that is asked for by its file."""
    return Told(request.param, lines)


# dialogues


@every_dialogue
def test_every_dialogue_is_the_same_through_every_gateway(
    told: Told,
) -> None:
    for one in HANDSETS:
        if told.speaks_of_networks and one is not AfricasTalking:
            continue  # no other tells Kenya's code of a network
        handset = told.to(one)

        told.goes(handset, handset.keys(*told.keys))


@every_dialogue_once
def test_a_session_lost_before_every_hop_is_rebuilt_or_begins_again_with_a_word(
    told: Told, redis: RedisServer
) -> None:
    if told.spends_the_budget:
        pytest.skip("a flush forgets what was asked today as well")
    for one in OTHERS:
        handset = told.to(one)
        had = inbox(line_of(told.app), handset.phone)
        first, pages = handset.dial(), []
        for key in told.keys:
            redis.flush()
            pages.append(handset.key(key))
        if not handset.cumulative:
            assert [page for page in pages if not page.startswith(LOST)] == []
            assert inbox(line_of(told.app), handset.phone) == had
            pages = list(map(handset.key, told.keys))  # it goes on from there

        told.goes(handset, [first, *pages])


@every_dialogue_once
def test_each_hop_delivered_twice_takes_effect_once(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway without history delivers twice at once: later, it is the same key again."""
    at_once = _at_once(told.app, monkeypatch)
    for one in OTHERS:
        handset = told.to(one)
        twice = _one_by_one if handset.cumulative else at_once
        handset.put_dial()
        pages = [twice(handset.send)]
        for key in told.keys:
            handset.put_key(key)
            pages.append(twice(handset.send))

        assert [len(set(both)) for both in pages] == [1] * len(pages)
        told.goes(handset, [both[0] for both in pages])


@pytest.mark.long
@every_dialogue_once
def test_dialled_directly_the_last_page_and_the_texts_are_the_same_through_every_gateway(
    told: Told,
) -> None:
    if not re.fullmatch(r"[0-9*]*", "*".join(told.keys)):
        pytest.skip("letters cannot be dialled")
    for one in OTHERS:
        handset = told.to(one)
        pages = [handset.dial(*told.keys), handset.send()]
        last = told.pages[-1]
        if one is Infobip:  # whose first page closes nothing
            last = f"CON {last[4:]}"

        assert (handset.name, pages) == (handset.name, [last] * 2)
        told.texts(handset)


# hops


@every_gateway
def test_a_dial_that_comes_again_is_the_same_dial(handset: type[Handset], app: Flask) -> None:
    one = handset(app)
    pages = [one.dial(), one.send(), one.send(), one.key("1")]

    assert pages[0] == pages[1] == pages[2]
    assert pages[3].startswith("CON Which document?")


@every_gateway
def test_a_session_id_used_again_shows_nobody_anothers_page(
    handset: type[Handset], app: Flask
) -> None:
    put(line_of(app), "id_card", NUMBER, "ready")
    first, other = handset(app), handset(app)
    first.keys("1", "1", NUMBER)
    other.session = first.session
    other.put_key("1")

    assert NUMBER[-3:] not in other.send()


def test_one_session_id_is_a_session_of_its_own_at_every_gateway(app: Flask) -> None:
    phone, session = "+254711000111", "1"
    for one in HANDSETS:
        handset = one(app, phone)
        handset.session = session

        assert handset.keys("1")[1].startswith("CON Which document?")


@every_gateway
def test_a_star_in_a_reply_parts_it_everywhere(handset: type[Handset], app: Flask) -> None:
    assert handset(app).keys("1*2")[1].startswith("CON Type the birth entry number")


@every_gateway
def test_an_empty_reply_is_a_slip_everywhere(handset: type[Handset], app: Flask) -> None:
    one = handset(app)
    pages = one.keys("1", "")

    assert pages[2] != pages[1]
    assert pages[2].startswith("CON ")
    assert one.key("1").startswith("CON Type your ID number")


@every_gateway
def test_a_hash_behind_a_key_is_left_out_everywhere(handset: type[Handset], app: Flask) -> None:
    assert handset(app).keys("1#")[1].startswith("CON Which document?")


@every_gateway
def test_without_redis_a_valid_page_goes_back(
    handset: type[Handset], open_app: Open, sqlite_url: str
) -> None:
    one = handset(open_app(sqlite_url, NOBODY))

    assert one.dial().startswith("CON 1919 Ndio Form!\n")
    assert one.key("1").startswith("CON Which document?" if one.cumulative else LOST)


# what a dial is, where only the last reply comes


@every_gateway
def test_what_was_dialled_and_what_is_keyed_then_are_one_conversation(
    handset: type[Handset], app: Flask
) -> None:
    put(line_of(app), "id_card", NUMBER, "ready")
    one = handset(app)

    assert one.dial("1", "1").startswith("CON Type your ID number")
    assert one.key(NUMBER).startswith("CON ID ..678 is READY.")
    assert one.key("0").startswith("CON Type your ID number")


@every_gateway
def test_the_code_typed_as_a_reply_is_a_reply(handset: type[Handset], app: Flask) -> None:
    one = handset(app)
    pages = one.keys("1", "1", "1919")

    assert pages[3].startswith("CON No document found for ..919.")


@every_forgetful_gateway
def test_the_first_key_after_a_loss_takes_effect_once_delivered_twice(
    handset: type[Handset],
    app: Flask,
    redis: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = handset(app)
    one.keys("1")
    redis.flush()
    one.put_key("1")
    pages = _at_once(app, monkeypatch)(one.send)

    assert pages[0] == pages[1]
    assert pages[0].startswith(LOST)
    assert one.key("1").startswith("CON Which document?")


@every_forgetful_gateway
def test_a_key_after_a_loss_is_pressed_on_no_page(
    handset: type[Handset], app: Flask, redis: RedisServer
) -> None:
    one = handset(app)
    one.keys("1")
    redis.flush()

    assert one.key("8").startswith(LOST)
    assert one.key("8").startswith("CON 1919 Ndio Form!\nWeka nambari")


@pytest.mark.parametrize("handset", [Infobip, Hubtel], ids=lambda one: one.name)
def test_a_dial_that_comes_late_moves_nobody(handset: type[Handset], app: Flask) -> None:
    late, one = handset(app), handset(app)
    late.phone, late.session = one.phone, one.session
    one.keys("1", "1")

    assert late.dial().startswith("CON ")
    assert one.key("0").startswith("CON Which document?")


def _one_by_one(send: Callable[[], str]) -> list[str]:
    """Send a hop twice, the second when the first was answered."""
    return [send(), send()]


def _at_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[], str]], list[str]]:
    """Give what sends a hop twice, the second before the first has been saved."""
    sessions = line_of(app).sessions
    both, load = Barrier(2, timeout=10), sessions.load

    def load_both(*asked: Any) -> Any:
        loaded = load(*asked)
        both.wait()
        return loaded

    def twice(send: Callable[[], str]) -> list[str]:
        with monkeypatch.context() as patch, ThreadPoolExecutor(2) as threads:
            patch.setattr(sessions, "load", load_both)
            return [one.result() for one in [threads.submit(send), threads.submit(send)]]

    return twice
