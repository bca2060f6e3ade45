"""The officers' pages in a browser: a box of 400 licences, by the keys that a reader types."""

import random

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect

from models.agents import Role
from tests.browser import served, strike, violations
from tests.console.every_page import let_in, width_of
from tests.console.officer import HERE, Officer

BOX = 400
SHEET = [str(21_000_000 + 7 * nth) for nth in range(BOX)]
STRANGE = "29999999"


@pytest.fixture
def officer(app: Flask) -> Officer:
    return Officer(app, "looks-on")


def _type(page: Page, numbers: list[str]) -> None:
    """Type numbers as a reader does: digits and Enter, as fast as they are taken.

    A reader is pointed at a page that stands: what comes while scripts load is sent by the
    page without them, a number at a time.
    """
    page.wait_for_load_state()
    for number in numbers:
        page.keyboard.insert_text(number)
        page.keyboard.press("Enter")


def test_an_officer_receives_a_box_of_400_licences_of_which_3_differ_and_undoes_it(
    app: Flask, page: Page, officer: Officer
) -> None:
    scanned = [*SHEET[:17], *SHEET[18:256], *SHEET[257:], STRANGE]
    random.Random(1919).shuffle(scanned)
    with served(app) as url:
        let_in(page.context, app, url, Role.OFFICER, "officer")
        page.goto(f"{url}/console/boxes")
        page.get_by_label("Kind").select_option("driving_licence")
        page.get_by_label("Paste the numbers").fill("\n".join(SHEET))
        page.get_by_role("button", name="Open the box").click()
        expect(page.get_by_label("Number")).to_be_focused()
        _type(page, [*scanned, scanned[0]])
        expect(page.locator("[data-count=scanned]")).to_have_text("399", timeout=30_000)
        expect(page.locator("[data-scans] li").first).to_contain_text("Already in this box")
        assert violations(page) == []

        strike(page, "Escape")
        strike(page, "c")
        expect(page.get_by_text("Differences: 3.")).to_be_visible()
        missing = page.get_by_role("table", name="On the sheet, not in the box: 2")
        assert missing.get_by_role("row").all_inner_texts()[1:] == ["18\t..119", "257\t..792"]
        surplus = page.get_by_role("table", name="In the box, not on the sheet: 1")
        assert "..999" in surplus.inner_text()
        strike(page, "y")
        expect(page.get_by_text("Documents ready here: 399.")).to_be_visible()
        received = [officer.stand(one) for one in (SHEET[0], SHEET[17], STRANGE)]

        strike(page, "z")
        expect(page.get_by_role("heading", name="Undo box")).to_be_visible()
        strike(page, "y")
        expect(page.get_by_text("that are what they were before: 399.")).to_be_visible()

    assert received == [[("ready", HERE)], [], [("ready", HERE)]]
    assert officer.rows(SHEET[0]) == officer.rows(STRANGE) == []


def test_no_scan_is_lost_while_the_server_does_not_answer(
    app: Flask, page: Page, officer: Officer
) -> None:
    box = officer.open_box()
    fails = iter((True, True))

    def shake(route: Route) -> None:
        route.abort() if next(fails, False) else route.continue_()

    with served(app) as url:
        let_in(page.context, app, url, Role.OFFICER, "officer")
        page.set_viewport_size({"width": 360, "height": 640})
        page.goto(f"{url}/console/boxes/{box}")
        page.route("**/scans", shake)
        _type(page, SHEET[:2])
        page.evaluate("document.activeElement.blur()")
        page.keyboard.type(SHEET[2])
        strike(page, "Enter")
        expect(page.get_by_text("Every scan is kept here")).to_be_visible()
        expect(page.locator("[data-count=scanned]")).to_have_text("3", timeout=15_000)
        width = width_of(page)

        page.locator("[data-scans] li").first.get_by_role("button").click()
        expect(page.locator("[data-count=scanned]")).to_have_text("2")
        officer.post(f"/boxes/{box}/drop")
        _type(page, SHEET[4:6])
        expect(page.locator("[data-scans] li.bad")).to_have_count(2)

    assert width <= 360
    assert officer.rows(SHEET[0]) == []
