"""Facts about what a hop asks of the stores: a message by its code, and files that are gone."""

from pathlib import Path

from flask import Flask

from menus.lookups import Journal
from tests.caller import PHONE, Caller
from tests.conftest import line_of
from tests.world import notify


def test_a_message_is_found_by_its_code_for_the_phone_that_it_went_to(app: Flask) -> None:
    notify(line_of(app), "48213", "2026-10-01", [PHONE])
    mine = Caller(app.test_client()).keys("5", "3", "48213")
    theirs = Caller(app.test_client(), "+254711000999").keys("5", "3", "48213")

    assert "1 Oct" in mine
    assert "1 Oct" not in theirs


def test_a_file_that_another_process_removed_is_forgotten_all_the_same(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "lookups")
    file = tmp_path / "lookups" / "one.closed"
    file.write_bytes(b"")
    for _ in range(2):
        journal.forget(file)

    assert journal.closed() == []
