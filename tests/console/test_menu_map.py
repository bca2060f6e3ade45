"""The menu map: how many went which way, where they gave up, as a picture and as a list."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from console import words
from console.figures.stays import Stay, funnel
from menus.flows import HOME, MOVED, SCREENS
from menus.line import Line
from menus.screens import Menus, Route
from menus.shape import Shape
from models.agents import Role
from models.summaries.ways import Way
from tests.browser import served, strike, violations
from tests.conftest import line_of
from tests.console import past
from tests.console.desk import get, sign_in
from tests.console.every_page import let_in, width_of

SHAPE = Shape(Menus.of(SCREENS, HOME, MOVED))
SEEN = [one.name for one in SCREENS if not isinstance(one, Route)]


def _stays(*ways: tuple[str, str, int]) -> dict[str, Stay]:
    return {one.screen: one for one in funnel(SHAPE, [Way(*one) for one in ways]).stays}


@pytest.fixture(scope="module")
def app(sqlite_centre: Flask) -> Flask:
    """One line for all tests here, with a past of thirty days behind it."""
    line = line_of(sqlite_centre)
    past.fill(line, line.country.day(line.clock()))
    return sqlite_centre


@pytest.fixture(scope="module")
def supervisor(app: Flask) -> FlaskClient:
    """A supervisor's browser."""
    client = app.test_client()
    sign_in(client, line_of(app), Role.SUPERVISOR)
    return client


def test_every_screen_stands_in_the_picture_behind_what_leads_there() -> None:
    order = [screen for screen, _ in SHAPE.order]

    assert sorted(order) == sorted(SEEN)
    assert order[:3] == ["home", "documents", "ask_id_card"]
    assert SHAPE.depths["ready"] == 3
    assert all(
        any(
            SHAPE.depths[before] == depth - 1
            for before, its in SHAPE.ways.items()
            if one in its
        )
        for one, depth in SHAPE.depths.items()
        if depth
    )


def test_every_screen_has_a_name_in_both_languages() -> None:
    lacking = [
        (language, one)
        for language, said in words.languages().items()
        for one in SEEN
        if f"screens.{one}" not in said
    ]

    assert lacking == []
    assert len(SEEN) > 50


def test_who_leaves_where_nothing_is_answered_gave_up() -> None:
    stays = _stays(*past.WALK)
    home, asked, ready = stays["home"], stays["ask_id_card"], stays["ready"]

    assert (home.came, home.again, home.on, home.left, home.done) == (1_020, 40, 800, 220, 0)
    assert (asked.came, asked.on, asked.left) == (300, 210, 90)
    assert (ready.came, ready.on, ready.left, ready.done) == (310, 120, 0, 190)
    assert stays["budget_spent"].done == 10
    assert [one.screen for one in stays.values() if one.is_high] == [
        "home",
        "documents",
        "ask_id_card",
        "find_centre",
    ]


def test_every_session_was_answered_or_gave_up() -> None:
    told = funnel(SHAPE, [Way(*one) for one in past.WALK])

    assert told.sessions == told.whole == 1_060
    assert (told.done, told.left, told.past_home) == (600, 460, 840)
    assert [one.screen for one in told.worst][:3] == ["home", "documents", "ask_id_card"]


def test_screens_that_are_no_more_are_told_last() -> None:
    stays = _stays(("", "home", 30), ("home", "an_old_one", 30))

    assert list(stays)[-1] == "an_old_one"
    assert stays["an_old_one"].left == 30


def test_the_picture_has_every_screen_and_its_ways_are_as_thick_as_many_went(
    supervisor: FlaskClient,
) -> None:
    page = get(supervisor, "/console/figures/map").text
    widths = [float(one) for one in re.findall(r'class="way " stroke-width="([0-9.]+)"', page)]

    assert page.count('class="box"') == len(SEEN)
    assert widths == sorted(widths)
    assert widths[-1] == 16.0
    assert widths[-2] == round(16 * 300 / 500, 1)
    assert "gave up 30 %" in page


def test_one_channel_and_language_are_told_alone(supervisor: FlaskClient, line: Line) -> None:
    client, today = supervisor, line.country.day(line.clock())
    sms = get(client, "/console/figures/map?channel=sms").text
    swahili = get(client, "/console/figures/map?channel=ussd&language=sw&from=2020-01-01").text
    yesterday = today - timedelta(days=1)
    one_day = get(
        client, f"/console/figures/map?language=sw&from={yesterday}&to={yesterday}"
    ).text

    assert "Nothing was counted in this period." in sms
    assert '<option value="sw" selected>' in swahili
    assert "gave up here: 220 (21.6 %)" in one_day


def test_a_supervisor_reads_the_funnel(page: Page, app: Flask) -> None:
    with served(app) as address:
        let_in(page.context, app, address, Role.SUPERVISOR)
        page.goto(f"{address}/console/figures/map")
        strike(page, "7")
        page.wait_for_url("**last=7**")
        steps = page.locator("#funnel li").all_inner_texts()
        worst = page.get_by_role("link", name="Type an ID number")
        worst.click()
        here = page.locator("#screen-ask_id_card")

        assert [" ".join(one.split()) for one in steps] == [
            "Sessions: 7,420",
            "Went past the first page: 5,880 (79.2 %)",
            "Left with an answer: 4,200 (56.6 %)",
            "Gave up: 3,220 (43.4 %)",
        ]
        expect(here).to_be_in_viewport()
        expect(here).to_contain_text("gave up here: 630 (30.0 %)")
        expect(page.locator("svg.map")).to_be_visible()
        page.emulate_media(color_scheme="dark")
        assert violations(page) == []
        page.set_viewport_size({"width": 360, "height": 700})
        expect(page.locator("svg.map")).to_be_hidden()
        assert width_of(page) == 360


def test_the_week_is_printed_on_one_page_of_a4(page: Page, app: Flask) -> None:
    with served(app) as address:
        let_in(page.context, app, address, Role.SUPERVISOR)
        page.goto(f"{address}/console/figures/week")
        printed = page.pdf(prefer_css_page_size=True)

    assert len(re.findall(rb"/Type /Page\b", printed)) == 1
