"""Words changed by two people in a browser: the first too long, the second approved."""

from flask import Flask
from playwright.sync_api import Page, expect

from menus.line import Line
from models.agents import Role
from tests.browser import served, strike, violations
from tests.console.every_page import let_in, width_of

FIELD = "en|screens.ask_id_card.text"
SHORT = "Type the number of your ID or waiting card:"


def enter(page: Page, app: Flask, address: str, account: str) -> None:
    let_in(page.context, app, address, Role.ADMINISTRATOR, account)
    page.goto(f"{address}/console/words")


def test_a_change_too_long_is_refused_with_its_septets_and_a_short_one_is_approved(
    app: Flask, line: Line, page: Page
) -> None:
    with served(app) as address:
        enter(page, app, address, "wanjiru")
        strike(page, "s")
        page.keyboard.type("waiting card, au")
        strike(page, "Enter")
        page.wait_for_url("**/console/words?**")
        expect(page.get_by_role("link", name="Screen home")).to_be_visible()
        page.goto(f"{address}/console/words/screens.ask_id_card")
        page.locator(f'[id="{FIELD}"]').fill("Type your ID number, " * 7)
        strike(page, "Escape")
        strike(page, "p")
        expect(page.locator("[role=alert] li")).to_have_text(
            "ask_id_card (en): text takes 161 of 160"
        )
        faults = violations(page)
        page.locator(f'[id="{FIELD}"]').fill(SHORT)
        strike(page, "Escape")
        strike(page, "c")
        expect(page.locator("[role=status]")).to_contain_text("fits every screen")
        strike(page, "p")
        expect(page.locator("[role=status]")).to_contain_text("The change is proposed.")

        page.set_viewport_size({"width": 360, "height": 740})
        enter(page, app, address, "otieno")
        page.get_by_role("link", name="Proposal 1").click()
        narrow = width_of(page)
        faults += violations(page)
        strike(page, "a")
        expect(page.locator("[role=status]")).to_contain_text("Version 1 is approved.")
    line.watch.look()

    assert line.languages["en"].text("ask_id_card", {}) == [SHORT]
    assert narrow <= 360
    assert faults == []
