"""Facts about the audit of operators' commands: each act leaves one row, under their name."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from models.audit import acts
from models.outbox import Delivery
from tests.commands.campaign_set import load, ready
from tests.conftest import line_of
from tests.outbox import Outbox

PHONE = "+254711987654"
NEWS = Path(__file__).parent.parent.parent / "commands" / "demonstration_announcements.toml"


@pytest.fixture(autouse=True)
def _operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPERATOR", "amina")


def run(app: Flask, *words: str) -> Result:
    result = app.test_cli_runner().invoke(args=words)
    assert result.exit_code == 0, result.output
    return result


def audited(app: Flask) -> list[tuple[str, str, dict[str, object]]]:
    with line_of(app).database.working() as connection:
        return [(one.who, one.act, json.loads(one.about)) for one in acts(connection)]


def test_a_campaign_that_is_queued_stopped_and_resumed(app: Flask) -> None:
    load(line_of(app), [ready(line_of(app), "20123456", PHONE)])
    run(app, "sms", "campaign", "nudge", "--days", "30", "--dry-run")
    before = audited(app)
    run(app, "sms", "campaign", "nudge", "--days", "30", "--yes")
    run(app, "sms", "campaign-stop", "nudge")
    run(app, "sms", "campaign-resume", "nudge")
    about = {"campaign": 1, "messages": 1}

    assert before == []
    assert audited(app) == [
        ("amina", "campaign queue", about),
        ("amina", "campaign stop", about),
        ("amina", "campaign resume", about),
    ]


def test_a_message_that_is_settled(app: Flask) -> None:
    line = line_of(app)
    message_id = Outbox(line.database, line.keys).put(state=Delivery.UNKNOWN)
    run(app, "sms", "settle", str(message_id), "delivered")
    refused = app.test_cli_runner().invoke(args=["sms", "settle", str(message_id), "failed"])

    assert refused.exit_code == 1
    assert audited(app) == [
        ("amina", "sms settle", {"message": message_id, "verdict": "delivered"})
    ]


def test_announcements_that_are_published_and_withdrawn(app: Flask) -> None:
    said = run(app, "announce", str(NEWS)).output.splitlines()
    code = said[0].partition(":")[0]
    run(app, "announce", "--withdraw", code)
    run(app, "announce", "--withdraw", "none-such")
    run(app, "announce")
    done = audited(app)

    assert [(who, act) for who, act, _ in done] == [
        *[("amina", "announcement publish")] * len(said),
        ("amina", "announcement withdraw"),
    ]
    assert done[-1][2] == {"code": code}


def test_a_database_that_is_prepared(app: Flask) -> None:
    run(app, "database", "prepare")
    ((who, act, about),) = audited(app)

    assert (who, act, about["centres"]) == ("amina", "database prepare", 60)
