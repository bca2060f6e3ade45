"""Somebody at the phone on the page, and the demonstration line behind it."""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from playwright.sync_api import Page, expect

from app import create_app
from config import Config
from tests.browser import strike
from tests.conftest import desk_of, line_of

_numbers = itertools.count(1)


def fresh_number() -> str:
    """Give a phone that nobody had before."""
    return f"+2547119{next(_numbers):05}"


@contextmanager
def demonstration(folder: Path, prepared_sqlite: Path, redis_url: str) -> Iterator[Flask]:
    """Open a demonstration line without documents."""
    file = folder / "1919.sqlite"
    file.write_bytes(prepared_sqlite.read_bytes())
    environ = {
        "DEMO": "1",
        "VAR_DIR": str(folder / "var"),
        "DATABASE_URL": f"sqlite:///{file}",
        "REDIS_URL": redis_url,
    }
    app = create_app(Config.from_env(environ))
    yield app
    desk_of(app).database.close()
    line_of(app).close()


class Recorder:
    """Keeps what reaches the application, byte for byte."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.came: list[tuple[str, str]] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.input"] = BytesIO(body)
            self.came.append((environ["PATH_INFO"], body.decode("ascii")))
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer

    def bodies(self, path: str, phone: str) -> list[str]:
        """Give what came to an address about one phone, in order."""
        mark = urlencode({"": phone})
        return [body for came, body in self.came if came == path and mark in body]


class Hand:
    """Somebody at the phone, with a number that nobody had before."""

    def __init__(self, page: Page, address: str, language: str = "en") -> None:
        self.page = page
        self.phone = fresh_number()
        kept = json.dumps(json.dumps({"number": self.phone, "network": "63903"}))
        page.add_init_script(f"sessionStorage.phone ||= {kept}")
        page.goto(f"{address}/simulator/?language={language}")

    def type(self, *texts: str) -> str:
        """Type texts, each with Enter, and wait for each answer; give the page."""
        for text in texts:
            self.page.keyboard.type(text)
            self.awaits(lambda: strike(self.page, "Enter"))
        return self.shown()

    def awaits(self, act: Callable[[], None]) -> str:
        """Do what sends a hop, and wait until its answer is on the screen."""
        hops = self.page.locator("#wire li[data-kind=hop]")
        before = hops.count()
        act()
        expect(hops).to_have_count(before + 1)
        expect(self.page.locator("#wait")).to_be_hidden()
        return self.shown()

    def press(self, keys: str) -> None:
        """Press keys of the keypad with the mouse."""
        for key in keys:
            self.page.locator(f'[data-digit="{key}"]').click()

    def push(self, name: str) -> None:
        """Press another key of the phone with the mouse."""
        self.page.locator(f'[data-press="{name}"]').click()

    def shown(self) -> str:
        return self.page.locator("#page").inner_text()

    def wire(self, part: str, nth: int = 0) -> str:
        """Read an exchange in the panel, the newest first."""
        return self.page.locator(f"#wire li pre.{part}").nth(nth).text_content() or ""
