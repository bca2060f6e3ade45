"""An agent at work with the keyboard alone, in a real browser: every key is counted."""

import re

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from menus.line import Line
from menus.wishes import CallMeBack, grant
from models.agents import Role
from models.call_backs import waiting
from tests.browser import served, strike, violations
from tests.conftest import Open, inbox, line_of
from tests.console.desk import PASSWORD, SECRET, agent_of
from tests.servers import RedisServer
from tests.world import put

RINGS, WAITS = "+254711000111", "+254722000333"
NUMBER = "12345678"


class Keyboard:
    """A keyboard that counts what is pressed, digits of numbers apart."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.pressed: list[str] = []

    def press(self, key: str) -> None:
        self.pressed.append(key)
        strike(self._page, key)

    def number(self, digits: str) -> None:
        assert re.fullmatch("[0-9]+", digits)
        self._page.wait_for_load_state()
        self._page.keyboard.type(digits)


@pytest.fixture
def demo(open_app: Open, sqlite_url: str, redis: RedisServer) -> Flask:
    """A line with a document, and somebody who waits to be rung."""
    app = open_app(sqlite_url, redis.url)
    line = line_of(app)
    put(line, "id_card", NUMBER, "ready")
    wishes = [CallMeBack("sw", "contact")]
    assert grant(line.database, line.keys, line.country, WAITS, wishes, 5.0)
    return app


def sign_in(page: Page, address: str, line: Line) -> None:
    agent_of(line, Role.AGENT)
    page.goto(f"{address}/console/sign-in")
    page.keyboard.type("agent")
    strike(page, "Tab")
    page.keyboard.type(PASSWORD)
    strike(page, "Tab")
    page.keyboard.type(pyotp.TOTP(SECRET).now())
    strike(page, "Enter")
    expect(page).to_have_url(f"{address}/console/calls")


def test_a_caller_is_served_and_a_call_back_closed_in_under_twelve_keys(
    demo: Flask, page: Page
) -> None:
    line = line_of(demo)
    with served(demo) as address:
        sign_in(page, address, line)
        begins = violations(page)
        keyboard = Keyboard(page)

        keyboard.number("0711000111")
        keyboard.press("Enter")
        expect(page.locator("#asked")).to_be_focused()
        keyboard.number(NUMBER)
        keyboard.press("Enter")
        expect(page.get_by_text("ID ..678 is READY").first).to_be_visible()
        in_call = violations(page)
        keyboard.press("t")
        expect(page.get_by_role("status")).to_have_text("The text is on its way.")
        keyboard.press("a")
        expect(page).to_have_url(f"{address}/console/calls")

        keyboard.press("Escape")
        keyboard.press("t")
        expect(page.get_by_role("heading", level=1)).to_contain_text("0722000333")
        expect(page.locator("#asked")).to_be_focused()
        keyboard.number(NUMBER)
        keyboard.press("Enter")
        expect(page.get_by_text("Kitambulisho ..678").first).to_be_visible()
        keyboard.press("t")
        expect(page.get_by_role("status")).to_have_text("The text is on its way.")
        keyboard.press("a")
        expect(page.get_by_text("Nobody waits to be rung.")).to_be_visible()

    with line.database.working() as connection:
        left = waiting(connection, line.keys)
    assert len(keyboard.pressed) < 12, keyboard.pressed
    assert left == []
    assert inbox(line, RINGS)[0].startswith("ID ..678")
    assert inbox(line, WAITS)[0].startswith("Kitambulisho ..678")
    assert begins + in_call == []
