"""Facts about `flask report week` and `flask summaries refresh`."""

import csv
import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from models.audit import acts
from models.summaries import refresher
from models.summaries.days import counted
from models.summaries.span import Span
from tests.conftest import Open, line_of
from tests.servers import RedisServer
from tests.world import put

NOW = datetime(2026, 11, 12, 9, tzinfo=UTC)


@pytest.fixture
def app(open_app: Open, sqlite_url: str, redis: RedisServer) -> Flask:
    """A line on the 12th of November, a Thursday, with a document."""
    app = open_app(sqlite_url, redis.url, lambda: NOW)
    put(line_of(app), "id_card", "12345678", "ready")
    return app


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=words)


def test_a_week_is_printed_in_either_language(app: Flask) -> None:
    assert run(app, "summaries", "refresh").exit_code == 0
    english = run(app, "report", "week", "--week", "2026-W46").output
    swahili = run(app, "report", "week", "--week", "2026-W46", "--language", "sw").output

    assert english.startswith(
        "1919: uncollected documents, 9 November 2026 to 15 November 2026"
    )
    assert "Uncollected at the end              1    not known" in english
    assert swahili.startswith("1919: stakabadhi ambazo hazijachukuliwa, 9 Novemba 2026")


def test_without_a_week_it_is_the_last_that_is_over(app: Flask) -> None:
    assert "2 November 2026 to 8 November 2026 (week 45)" in run(app, "report", "week").output


def test_the_figures_go_to_a_file_that_a_sheet_opens(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "week.csv"
    run(app, "summaries", "refresh", "--from", "2026-11-10")
    done = run(app, "report", "week", "--week", "2026-W46", "--csv", str(file))
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.reader(opened))

    assert done.exit_code == 0
    assert rows[0] == ["figure", "kind", "week", "before", "change"]
    assert ["end", "", "1", "", ""] in rows
    assert rows[-1] == ["not_counted", "2026-11-09"]


@pytest.mark.parametrize("name", ["2026-W54", "2026-46", "W46", "2026-W4", "last"])
def test_a_week_that_is_none_is_refused(app: Flask, name: str) -> None:
    refused = run(app, "report", "week", "--week", name)

    assert refused.exit_code == 2
    assert "week" in refused.output


def test_counting_anew_is_an_act(app: Flask) -> None:
    done = run(app, "summaries", "refresh", "--from", "2026-11-01", "--to", "2026-11-03")
    with line_of(app).database.working() as connection:
        (act,) = [one for one in acts(connection) if one.act == "summaries refresh"]

    assert done.output == "counted: 3 days, 2026-11-01 to 2026-11-03\n"
    assert json.loads(act.about) == {"days": 3, "first": "2026-11-01", "last": "2026-11-03"}


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-08-14", "2026-11-01"), ("2026-11-02", "2026-11-01"), ("2026-11-01", "2026-11-13")],
)
def test_days_that_cannot_be_counted_are_refused(app: Flask, first: str, last: str) -> None:
    refused = run(app, "summaries", "refresh", "--from", first, "--to", last)

    assert refused.exit_code == 1
    assert "day" in refused.output


def test_the_sender_counts_beside_its_sending(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresher, "FIRST_SECONDS", 0.01)
    today, until = Span(NOW.date(), NOW.date()), time.monotonic() + 20
    found: dict[date, bool] = {}

    def stopped() -> bool:
        with line_of(app).database.working() as connection:
            found.update(counted(connection, today))
        return bool(found) or time.monotonic() > until

    send: Callable[[Callable[[], bool]], None] = app.extensions["send"]()
    send(stopped)

    assert found == {NOW.date(): True}
