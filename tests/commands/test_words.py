"""Facts about `flask words`: it lists, proves and takes back; it approves nothing."""

import json

import pytest
from click.testing import Result
from flask import Flask

from models import wordings
from models.audit import acts
from models.wordings import Change
from tests.conftest import line_of
from tests.menus.test_voices import NEW, OLD, change


@pytest.fixture(autouse=True)
def _operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPERATOR", "amina")


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["words", *words])


def test_versions_are_listed_with_who_made_them_and_what_they_changed(app: Flask) -> None:
    change(line_of(app))

    assert run(app, "list").output.splitlines() == [
        "version 1: wanjiru, otieno",
        f"  screens.documents.text (en): '{OLD}' -> '{NEW}'",
        "1 versions; 0 proposals wait",
    ]


def test_an_operator_takes_a_version_back_once_and_is_in_the_audit(app: Flask) -> None:
    line = line_of(app)
    change(line)
    taken, again = run(app, "take-back", "1"), run(app, "take-back", "1")
    line.watch.look()
    with line.database.working() as connection:
        last = list(acts(connection, act="words"))[-1]

    assert taken.output.startswith("version 1 is taken back, by version 2")
    assert again.exit_code == 1
    assert "nothing of it is left" in again.output
    assert line.languages["en"].text("documents", {}) == [OLD]
    assert (last.who, last.act) == ("amina", "words take-back")
    assert json.loads(last.about) == {"taken": 1, "version": 2}


def test_words_in_force_that_do_not_fit_the_files_are_found(app: Flask) -> None:
    before = run(app, "check")
    long = Change("en", "screens.ask_id_card.text", "short", "x" * 157)
    with line_of(app).database.working() as connection:
        wordings.approve(connection, wordings.propose(connection, "a", [long]), "b", after=0)
    after = run(app, "check")

    assert (before.exit_code, before.output) == (0, "0 faults; version 0\n")
    assert after.exit_code == 1
    assert after.output.splitlines() == [
        "ask_id_card (en): text takes 172 of 160",
        "1 faults; version 1",
    ]
