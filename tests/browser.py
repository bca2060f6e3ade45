"""A real browser over a real server: headless Chromium, as people would see the pages.

A machine without a browser leaves these tests out, and the run says so at its end.
"""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LEFT_OUT = "no Chromium on this machine"
PATIENCE = 20_000  # ms: what is waited for comes at once, but on a busy machine
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_OPTIONS = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}


def found() -> str:
    """Give the browser's address on this machine; empty where there is none."""
    names = (os.environ.get("CHROMIUM", ""), *NAMES)
    return next(filter(None, (shutil.which(name) for name in names if name)), "")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a process."""
    if not found():
        pytest.skip(LEFT_OUT)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """An empty page of a browser that knows nothing; a fault in a script fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if _is_fault(said.text) else None)
    yield page
    context.close()
    assert not faults


def strike(page: Page, key: str) -> None:
    """Press a key on a page whose scripts have run: one struck while it loads is nobody's."""
    page.wait_for_load_state()
    page.keyboard.press(key)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application on loopback; gives its address, without a stroke at its end."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="served", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def violations(page: Page) -> list[str]:
    """Name what axe finds wrong with a page as it stands, each with its first place."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("options => axe.run(options)", _OPTIONS)
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found["violations"]]


def _is_fault(said: str) -> bool:
    """Say whether the browser complains that a page breaks its own rules."""
    return "Content Security Policy" in said or "Refused to" in said
