"""Every page that people look at, with something on it: for axe, phones and pictures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import BrowserContext, Page

from models.agents import Role
from tests.conftest import line_of
from tests.console.desk import sign_in
from tests.console.test_matrix import CELLS

NO_PAGES = frozenset(
    {
        "/console/",
        "/console/static/<path:filename>",
        "/console/imports/<int:job>/refused.csv",
        "/console/jobs/<int:job>",
    }
)
"""Routes that send the browser on, or give it no page."""

_PART = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")


@dataclass(frozen=True)
class Place:
    """One page.

    Args:
        role: as whom it is looked at; empty before the door.
        route: as Flask writes it.
    """

    role: str
    route: str

    @property
    def name(self) -> str:
        """What its picture is called."""
        return re.sub(r"[^a-z0-9]+", "-", self.route).strip("-") or "front"

    def address(self, ids: dict[str, str]) -> str:
        """Fill the route with what is there."""
        return _PART.sub(lambda part: ids.get(self.route, ids[part[1]]), self.route)


def places() -> Iterator[Place]:
    """Give every page, each as the first role that it is open to."""
    for (method, route), cells in CELLS.items():
        if method == "GET" and route not in NO_PAGES:
            role = next(one for one, cell in cells.items() if cell == "y")
            yield Place("" if role == "nobody" else role, route)


def let_in(context: BrowserContext, app: Flask, url: str, role: str, account: str = "") -> None:
    """Give a browser the cookies of somebody who signed in."""
    client: FlaskClient = app.test_client()
    sign_in(client, line_of(app), Role(role), account)
    cookies = (client._cookies or {}).values()
    context.clear_cookies()
    context.add_cookies(
        [
            {
                "name": one.key,
                "value": one.value,
                "url": url.replace("http:", "https:"),
                "httpOnly": True,
                "secure": True,
                "sameSite": "Strict",
            }
            for one in cookies
        ]
    )


def go(page: Page, app: Flask, url: str, place: Place, ids: dict[str, str]) -> int:
    """Let somebody of a page's role look at it, signed in where that is wanted; the status."""
    if place.role and place.role != _ROLES.get(page):
        let_in(page.context, app, url, place.role)
        _ROLES[page] = place.role
    answer = page.goto(url + place.address(ids))
    assert answer
    return answer.status


_ROLES: WeakKeyDictionary[Page, str] = WeakKeyDictionary()
"""As whom each browser is signed in."""


def width_of(page: Page) -> int:
    """Give how wide a page is, in its own pixels: a narrow screen shows no more than it has."""
    page.wait_for_load_state()  # with its style
    return int(page.evaluate("document.documentElement.scrollWidth"))
