"""A list imported in a browser: tried, loaded without its refused rows, and its report."""

import csv
import json
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from menus.line import Line
from models.agents import Role
from models.audit import acts
from tests.browser import served, violations
from tests.caller import Caller
from tests.console.every_page import let_in, width_of
from tests.console.importing import PATIENCE, set_environment
from tests.jobs import BAD, GOOD, HEADER
from tests.servers import RedisServer

FORMULA = 'id_card,"=1+1",047-01,ready,2026-09-28,\n'


@pytest.fixture(autouse=True)
def _environment(
    monkeypatch: pytest.MonkeyPatch, sqlite_url: str, redis: RedisServer, tmp_path: Path
) -> None:
    set_environment(monkeypatch, sqlite_url, redis.url, tmp_path)


def test_an_administrator_imports_a_file_with_refused_rows(
    app: Flask, line: Line, page: Page, tmp_path: Path
) -> None:
    file = tmp_path / "wanjiku.csv"
    file.write_text(HEADER + GOOD + BAD + FORMULA, encoding="utf-8")
    notice = page.locator(".notice")
    with served(app) as address:
        let_in(page.context, app, address, Role.ADMINISTRATOR)
        page.goto(f"{address}/console/imports")
        faults = violations(page)
        page.get_by_label("The list").set_input_files(file)
        page.get_by_role("button", name="Try it").click()
        expect(notice).to_contain_text("The list was tried.", timeout=PATIENCE * 1000)
        faults += violations(page)
        cells = page.locator("td[lang=en]").all_inner_texts()
        page.get_by_role("button", name="Load the rows: 1").click()
        expect(page.locator(".error")).to_contain_text("Some rows are refused.")
        page.get_by_label("Load the list without its refused rows: 2").check()
        page.get_by_role("button", name="Load the rows: 1").click()
        expect(notice).to_contain_text("The list is loaded.", timeout=PATIENCE * 1000)
        with page.expect_download() as downloaded:
            page.get_by_role("link", name="Download the report").click()
        page.set_viewport_size({"width": 360, "height": 740})
        narrow = width_of(page)
        faults += violations(page)
    report = list(csv.reader(downloaded.value.path().read_text("utf-8").splitlines()))
    with line.database.working() as connection:
        said = [(one.who, one.act, json.loads(one.about)) for one in acts(connection)][1:]

    assert cells == [cell for row in report[1:] for cell in row[1:]]
    assert [row[:2] for row in report] == [
        ["line", "column"],
        ["3", "state"],
        ["4", "number"],
    ]
    assert "ID ..456 is READY" in Caller(app.test_client()).keys("1", "1", "20123456")
    assert [one for _, one, _ in said] == ["import try", "import start", "documents import"]
    assert said[-1][0] == "administrator"
    assert (said[-1][2]["added"], said[-1][2]["refused"]) == (1, 2)
    assert narrow <= 360
    assert faults == []
