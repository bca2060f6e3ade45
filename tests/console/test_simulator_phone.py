"""The phone on the page in a browser: typed, pressed and tapped on, on a real line."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from commands import demonstration_set
from menus.line import Line
from models.centres import every_centre
from models.counties import populations
from models.finished import finished
from models.gsm7 import segments, septets
from models.outbox import texts_to
from models.spending import Limits
from sms.africastalking import Sender
from sms.sender import Office
from tests.browser import served, strike, violations
from tests.conftest import line_of
from tests.console.handset import Hand, Recorder, demonstration, fresh_number
from tests.servers import RedisServer
from tests.world import load_rows

HOP = "/ussd/africastalking/demo"
STRANGE = "Gĩkũyũ & ng'ombe (~!) 100% +1 #3 / ĸ_é-ü.?"


@pytest.fixture(scope="module")
def app(
    tmp_path_factory: pytest.TempPathFactory, prepared_sqlite: Path, redis_server: RedisServer
) -> Iterator[Flask]:
    """A demonstration line with the numbers to try; it keeps what reaches it."""
    folder = tmp_path_factory.mktemp("simulator")
    with demonstration(folder, prepared_sqlite, redis_server.url) as app:
        line = line_of(app)
        with line.database.working() as connection:
            every = demonstration_set.rows(every_centre(connection), populations(connection))
            first = list(islice(every, 20))  # the numbers to try come first
        load_rows(line, first, demonstration_set.AS_OF)
        app.wsgi_app = Recorder(app.wsgi_app)  # type: ignore[method-assign]
        yield app


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.fixture
def line(app: Flask) -> Line:
    return line_of(app)


@pytest.fixture
def wire(app: Flask) -> Recorder:
    recorder = app.wsgi_app
    assert isinstance(recorder, Recorder)
    return recorder


@pytest.fixture
def hand(page: Page, address: str) -> Hand:
    return Hand(page, address)


def send_texts(line: Line, address: str) -> None:
    """Let the sender hand over what waits, to the demonstration's own gateway."""
    sender = Sender("demonstration", "k", f"{address}/simulator/version1", "1919")
    office = Office(line, [sender], Limits(rate=1000))
    try:
        office.empty()
    finally:
        office.close()


def ends_of(line: Line, status: str) -> int:
    with line.database.working() as connection:
        query = select(func.count()).where(finished.c.status == status)
        return connection.scalars(query).one()


def test_a_caller_dials_to_an_answer_by_keyboard_alone(hand: Hand) -> None:
    home = hand.type("*1919#")
    answer = hand.type("1", "1", "12345678")
    strike(hand.page, "Escape")

    assert home.startswith("1919 Ndio Form!\n")
    assert answer.startswith("ID ..678 is READY. Free.\nGPO Nairobi\n")
    expect(hand.page.locator("#septets")).to_have_text(f"{septets(answer)} of 160")
    expect(hand.page.locator("#idle")).to_be_visible()


def test_a_question_is_dialled_at_once_with_the_mouse(hand: Hand, wire: Recorder) -> None:
    hand.press("*1919*2*47#")
    page = hand.awaits(lambda: hand.push("call"))
    (body,) = wire.bodies(HOP, hand.phone)

    assert "Nairobi" in page
    assert body.startswith(f"{urlencode({'phoneNumber': hand.phone})}&serviceCode=%2A1919%23")
    assert parse_qs(body)["text"] == ["2*47"]
    assert parse_qs(body)["networkCode"] == ["63903"]


def test_letters_are_tapped_with_the_digits_keys(hand: Hand) -> None:
    hand.page.clock.set_fixed_time("2026-11-22T09:00:00Z")  # so no two taps are far apart
    hand.type("*1919#", "2")
    hand.press("#8444")
    hand.push("forward")
    hand.press("55")
    hand.push("back")
    hand.press("44255")

    assert hand.page.locator("#reply").input_value() == "tihak"


def test_a_thumb_dials_on_a_narrow_screen(chromium: Browser, address: str) -> None:
    context = chromium.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    hand = Hand(page, address, "sw")
    for key in "*1919#":
        page.locator(f'[data-digit="{key}"]').tap()
    shown = hand.awaits(lambda: page.locator('[data-press="ok"]').tap())
    width = page.evaluate("document.documentElement.scrollWidth")
    left = page.locator('[data-press="left"]').get_attribute("aria-label")
    context.close()

    assert shown.startswith("1919 Ndio Form!\n")
    assert (width, left) == (360, "Kitufe cha kushoto: Tuma")


def test_the_panel_shows_what_was_sent_and_answered(hand: Hand, wire: Recorder) -> None:
    hand.type("*1919#", STRANGE)
    head, body = hand.wire("request").split("\n\n")
    fields = parse_qs(body, strict_parsing=True, keep_blank_values=True)
    pairs = [(name, values[0]) for name, values in fields.items()]

    assert body == wire.bodies(HOP, hand.phone)[-1]
    assert body == urlencode(pairs)
    assert fields["text"] == [STRANGE]
    assert head.startswith(f"POST {HOP} HTTP/1.1\n")
    assert f"\nContent-Length: {len(body)}" in head
    assert hand.wire("answer").startswith("200 OK\nContent-Type: text/plain; charset=utf-8\n")
    assert hand.wire("answer").endswith(f"\n\nCON {hand.shown()}")


def test_a_hop_that_comes_twice_shows_the_same_page(hand: Hand, wire: Recorder) -> None:
    page = hand.type("*1919#", "1")
    hand.page.locator("#again").click()
    expect(hand.page.locator("#told")).to_have_text("Sent twice: the same page came back.")
    _, once, twice = wire.bodies(HOP, hand.phone)

    assert once == twice
    assert hand.wire("answer", 0) == hand.wire("answer", 1)
    assert hand.shown() == page


def test_who_loses_the_line_carries_on(hand: Hand, line: Line, wire: Recorder) -> None:
    answer = hand.type("*1919*12345678#")
    before = ends_of(line, "Incomplete")
    hand.page.locator("#drop").click()
    expect(hand.page.locator("#note")).to_have_text("Connection lost. Dial again to carry on.")
    expect(hand.page.locator("#wire li[data-kind=event]")).to_have_count(1)
    (event,) = wire.bodies(f"{HOP}/events", hand.phone)
    hand.page.locator("[data-press=left]").click()
    home = hand.type("*1919#")

    assert "\n9 Carry on" in home
    assert hand.type("9") == answer
    assert parse_qs(event)["status"] == ["Incomplete"]
    assert parse_qs(event)["lastAppResponse"] == [f"CON {answer}"]
    assert ends_of(line, "Incomplete") == before + 1


def test_a_slow_session_ends_where_that_is_wanted(page: Page, address: str) -> None:
    page.clock.install()
    hand = Hand(page, address)
    hand.type("*1919#")
    page.clock.run_for(40_000)
    waits = page.locator("#call").is_visible()
    page.locator("#ends_slow").check()
    page.clock.run_for(2_000)

    assert waits
    expect(page.locator("#note")).to_have_text("Session timed out.")


def test_a_text_is_written_answered_read_and_reported(
    hand: Hand, line: Line, address: str
) -> None:
    hand.push("left")
    hand.push("ok")
    hand.page.keyboard.type("ID 12345678")
    expect(hand.page.locator("#body_count")).to_have_text("11 septets, 1 SMS")
    strike(hand.page, "Enter")
    expect(hand.page.locator("#note")).to_have_text("Message sent.")
    strike(hand.page, "Enter")
    send_texts(line, address)
    expect(hand.page.locator("#news")).to_have_text("1 new message")
    expect(hand.page.locator("#wire li[data-kind=report]")).to_have_count(1)
    hand.push("left")
    strike(hand.page, "ArrowDown")
    strike(hand.page, "Enter")
    with line.database.working() as connection:
        ((state, body),) = texts_to(connection, line.keys, hand.phone)

    assert body.startswith("ID ..678 is READY at Huduma Centre GPO Nairobi.")
    assert hand.page.locator("#message_text").inner_text() == body
    assert state == "delivered"
    expect(hand.page.locator("#envelope")).to_be_hidden()


def test_septets_are_counted_as_the_line_counts_them(hand: Hand) -> None:
    texts = [STRANGE, "", "€[]{}~^|\\", "a" * 160, "€" * 81, "ñÑ" * 80, "\n" * 161, "x" * 153]
    texts += ["ĩ" * 70, "ĩ" * 71, "\U0001f600" * 35, "\U0001f600" * 36, "a" * 152 + "€" * 9]
    texts += [chr(code) for code in range(0x20, 0x250)] + [chr(c) for c in range(0x390, 0x3D0)]
    counted = hand.page.evaluate(
        """texts => texts.map((text) => {
            const body = document.getElementById("body");
            body.value = text;
            body.dispatchEvent(new Event("input", { bubbles: true }));
            return document.getElementById("body_count").textContent;
        })""",
        texts,
    )
    numbers = [tuple(map(int, re.findall("[0-9]+", one))) for one in counted]
    wide = [units for units, one in zip(numbers, counted, strict=True) if "no septets" in one]

    assert [one[1] for one in numbers] == [segments(text) for text in texts]
    assert [one[0] for one, said in zip(numbers, counted, strict=True) if "no" not in said] == [
        septets(text) for text in texts if not _foreign(text)
    ]
    assert len(wide) == sum(map(_foreign, texts))


def _foreign(text: str) -> bool:
    return any(not septets(letter) for letter in text)


def test_the_number_field_refuses_what_is_no_phone(hand: Hand) -> None:
    field = hand.page.locator("#number")
    refused = []
    for typed in ("0711000111", "+25471100011x", "+254", "hello", "", "+2547110001112223334"):
        field.fill(typed)
        field.press("Enter")
        fault = hand.page.locator("#number_fault").is_visible()
        refused.append((fault, field.get_attribute("aria-invalid")))

    assert refused == [(True, "true")] * 6
    assert hand.phone in str(hand.page.evaluate("sessionStorage.phone"))


def test_another_phone_dials_with_its_number_and_network(hand: Hand, wire: Recorder) -> None:
    other = fresh_number()
    hand.page.locator("#network").select_option("63999")
    hand.page.locator("#number").fill(other)
    hand.page.locator("#number").press("Enter")
    hand.page.locator("#dial").focus()
    hand.type("*1919#")

    assert parse_qs(wire.bodies(HOP, other)[0])["networkCode"] == ["63999"]
    assert wire.bodies(HOP, hand.phone) == []


def test_a_line_that_does_not_answer_ends_the_session(hand: Hand, wire: Recorder) -> None:
    hand.type("*1919#")
    hand.page.route(f"**{HOP}", lambda route: route.abort())
    hand.page.keyboard.type("1")
    strike(hand.page, "Enter")
    expect(hand.page.locator("#note")).to_contain_text("Connection problem.")
    expect(hand.page.locator("#wire li[data-kind=event]")).to_have_count(1)
    (event,) = wire.bodies(f"{HOP}/events", hand.phone)

    assert parse_qs(event)["status"] == ["Failed"]
    assert "no answer" in hand.wire("answer", 1)


def test_what_no_network_would_bring_here_is_not_sent(hand: Hand, wire: Recorder) -> None:
    hand.page.keyboard.type("*144")
    hand.page.locator('[data-digit="#"]').press("Space")
    hand.page.locator("#dial").press("Enter")
    expect(hand.page.locator("#note")).to_have_text("Connection problem or invalid MMI code.")
    strike(hand.page, "Enter")
    hand.page.keyboard.type("1919")
    strike(hand.page, "Enter")
    expect(hand.page.locator("#note")).to_contain_text("Calls are not simulated")

    assert wire.bodies(HOP, hand.phone) == []


@pytest.mark.parametrize(
    ("theme", "width", "language"), [("light", 1280, "en"), ("dark", 360, "sw")]
)
def test_axe_finds_nothing_wrong(
    chromium: Browser, address: str, theme: Any, width: int, language: str
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
    )
    hand = Hand(context.new_page(), address, language)
    hand.type("*1919#")
    found = violations(hand.page)
    hand.page.locator("#number").fill("x")
    hand.page.locator("#number").press("Enter")
    hand.push("end")
    hand.push("left")
    hand.push("ok")
    found += violations(hand.page)
    wide = hand.page.evaluate("document.documentElement.scrollWidth")
    context.close()

    assert found == []
    assert wide == width
