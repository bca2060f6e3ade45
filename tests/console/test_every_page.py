"""Every page of the console, as a browser shows it: to all eyes, in both themes, on a phone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from models.agents import Role
from tests.browser import served, violations
from tests.console.busy import busy
from tests.console.desk import get, post, sign_in
from tests.console.every_page import go, places, width_of

PICTURES = Path(os.environ.get("PICTURES", "var/pictures"))
PLACES = sorted(places(), key=lambda place: place.role)


@pytest.fixture(scope="module")
def app(sqlite_centre: Flask) -> Flask:
    return sqlite_centre


@pytest.fixture(scope="module")
def ids(app: Flask) -> dict[str, str]:
    return busy(app)


@pytest.fixture(scope="module")
def url(app: Flask, ids: dict[str, str]) -> Iterator[str]:
    assert ids
    with served(app) as url:
        yield url


def _seen(
    chromium: Browser, app: Flask, url: str, ids: dict[str, str], theme: str, width: int
) -> Iterator[tuple[str, Page]]:
    """Look at every page; give each by its route."""
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=theme,  # type: ignore[arg-type] # light or dark
        ignore_https_errors=True,
    )
    page = context.new_page()
    for place in PLACES:
        status = go(page, app, url, place, ids)
        yield f"{place.route}: {status}" if status != 200 else place.route, page
    context.close()


def test_axe_finds_nothing_wrong_in_either_theme_and_no_page_is_wider_than_a_phone(
    chromium: Browser, app: Flask, url: str, ids: dict[str, str]
) -> None:
    seen, wrong = [], []
    for route, page in _seen(chromium, app, url, ids, "light", 1280):
        seen.append(route)
        wrong += [f"{route}: {fault}" for fault in violations(page)]
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 360, "height": 800})
        wrong += [f"{route}, dark: {fault}" for fault in violations(page)]
        if width_of(page) > 360:
            wrong.append(f"{route}: {width_of(page)} px wide")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 800})

    assert wrong == []
    assert seen == [place.route for place in PLACES]
    assert len(seen) >= 35


def test_every_page_speaks_both_languages(app: Flask, ids: dict[str, str]) -> None:
    alike = []
    for role in Role:
        client = app.test_client()
        sign_in(client, app.extensions["line"](), role)
        for place in PLACES:
            if place.role == role:
                address = place.address(ids)
                pages = []
                for spoken in ("en", "sw"):
                    post(client, "/console/me", {"language": spoken, "shortcuts": "on"})
                    pages.append(get(client, address).text)
                if pages[0] == pages[1] or 'lang="sw"' not in pages[1]:
                    alike.append(place.route)

    assert alike == []


@pytest.mark.pictures
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pictures_are_taken_of_every_page(
    chromium: Browser, app: Flask, url: str, ids: dict[str, str], theme: str, width: int
) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    taken = 0
    for route, page in _seen(chromium, app, url, ids, theme, width):
        name = route.strip("/").replace("/", "-").replace("<", "").replace(">", "")
        file = PICTURES / f"{name.replace(':', '-')}-{width}-{theme}.png"
        page.screenshot(path=file, full_page=True)
        taken += file.stat().st_size > 0

    assert taken == len(PLACES)
