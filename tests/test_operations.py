"""Facts about what operators read: commands exist, metrics exist, each alert has its page."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from models.gateways import note_away
from tests.conftest import line_of

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
UNITS = sorted((DOCS / "systemd").iterdir())
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
RULES = yaml.safe_load((DOCS / "alerts.yml").read_text("utf-8"))
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}
PROMETHEUS_OWN = {"up"}

_COMMAND = re.compile(r"(?<![\w/-])flask ((?:[a-z][a-z-]*|--?[a-z]|\")[^`\n>|;]*)")
_METRIC = re.compile(r"\b(?:line_[a-z_]+|up(?=\{))")


def typed(text: str) -> Iterator[list[str]]:
    """Give the words of every `flask` command that a page shows, in code."""
    joined = text.replace("\\\n", " ")
    shown = re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", joined, flags=re.DOTALL))
    shown += re.findall(r"```[a-z]*\n(.*?)```", joined, re.DOTALL)
    for code in shown:
        for found in _COMMAND.findall(code):
            words = shlex.split(re.sub(r"[,;:.]?$", "", found.strip()).replace("'...'", "x"))
            if words != ["command"]:
                yield words


def fault(app: Flask, words: list[str]) -> str:
    """Say what is wrong with a command; empty where it can be typed."""
    command: click.Command = app.cli
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        context = click.Context(command)
        found = command.get_command(context, rest[0])
        if found is None:
            return f"no command {rest[0]}"
        command = found
        rest.pop(0)
    options = {one for param in command.params for one in (*param.opts, *param.secondary_opts)}
    unknown = [one for one in rest if re.match("--[a-z]", one) and one not in options]
    return f"no option {unknown}" if unknown else ""


def metrics(client: FlaskClient) -> dict[str, set[str]]:
    """Give the metrics that a line tells, each with the labels of its samples."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(client.get("/metrics").get_data(as_text=True)):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


@pytest.fixture
def app(lasting_app: Flask) -> Flask:
    """One line for all of these: nothing is changed on it that another looks at."""
    return lasting_app


@pytest.fixture
def told(app: Flask, client: FlaskClient) -> dict[str, set[str]]:
    with line_of(app).database.working() as connection:
        note_away(connection, "africastalking", "errors")
    return metrics(client)


def queries() -> Iterator[str]:
    """Give every expression of the alerts and of the dashboard."""
    for rule in ALERTS.values():
        yield rule["expr"]
    board: dict[str, Any] = json.loads((DOCS / "dashboard.json").read_text("utf-8"))
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


@pytest.mark.parametrize("page", PAGES, ids=lambda one: one.name)
def test_every_command_that_a_page_shows_can_be_typed(page: Path, app: Flask) -> None:
    shown = list(typed(page.read_text("utf-8")))
    wrong = {" ".join(one): why for one in shown if (why := fault(app, one))}

    assert wrong == {}


def test_the_runbook_shows_commands() -> None:
    assert len(list(typed((DOCS / "runbook.md").read_text("utf-8")))) > 60


def test_a_command_that_is_none_is_found(app: Flask) -> None:
    shown = list(
        typed("`flask line stop`, `flask line say X --for en` and ```\nflask nothing\n```")
    )

    assert [fault(app, one) for one in shown] == [
        "no command stop",
        "no option ['--for']",
        "no command nothing",
    ]


def test_every_metric_that_is_asked_for_is_told(told: dict[str, set[str]]) -> None:
    asked = {name for query in queries() for name in _METRIC.findall(query)} - PROMETHEUS_OWN

    assert asked - told.keys() == set()
    assert len(asked) > 20


def test_every_label_that_is_asked_for_is_one_of_its_metric(told: dict[str, set[str]]) -> None:
    asked = {
        (name, label)
        for query in queries()
        for name, matched in re.findall(r"(line_[a-z_]+)\{([^}]*)\}", query)
        for label in re.findall(r"([a-z]+)[=!]", matched)
    }

    assert {(name, label) for name, label in asked if label not in told[name]} == set()
    assert len(asked) > 6


def test_every_metric_that_is_told_is_explained(told: dict[str, set[str]]) -> None:
    page = (DOCS / "operations.md").read_text("utf-8")
    histogram = {f"line_hop_seconds_{one}" for one in ("bucket", "sum", "count")}
    others = {"line_subscriptions_open", "line_sms_stopped_phones"}

    assert {one for one in told if f"`{one}`" not in page} <= histogram | others


def test_every_alert_has_its_page_and_every_page_of_an_alert_is_one() -> None:
    page = (DOCS / "runbook.md").read_text("utf-8")
    pages = re.findall(r"^## (Line\w+)$", page, re.MULTILINE)

    assert sorted(pages) == sorted(ALERTS)
    assert len(pages) == len(set(pages))


@pytest.mark.parametrize("alert", ALERTS)
def test_the_page_of_an_alert_says_what_callers_see_and_what_to_do(alert: str) -> None:
    page = (DOCS / "runbook.md").read_text("utf-8")
    body = re.split(r"^##? ", page.partition(f"## {alert}\n")[2], flags=re.MULTILINE)[0]

    assert body.startswith("Callers see: ")
    assert "\n1. " in body


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_whom_it_wakes_and_why(alert: str) -> None:
    rule = ALERTS[alert]

    assert rule["labels"]["severity"] in ("page", "ticket")
    assert len(rule["annotations"]["summary"]) > 20


def test_every_secret_has_a_page_for_its_loss_or_its_leak() -> None:
    page = (DOCS / "runbook.md").read_text("utf-8")
    heads = re.findall(r"^## The ([A-Z_]+) (.*)$", page, re.MULTILINE)

    assert {name for name, _ in heads} == {
        "METRICS_TOKEN",
        "AT_API_KEY",
        "SECRET_KEY",
        "LOOKUP_KEY",
        "PHONE_KEY",
        "ARCHIVE_PRIVATE_KEY",
    }
    assert "## A gateway's token leaked" in page


def test_every_page_that_a_page_leads_to_is_there() -> None:
    leads = {
        (page.name, target)
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    }

    assert leads == set()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_the_units_are_sound(tmp_path: Path) -> None:
    programs = str(Path(sys.executable).parent)
    for unit in UNITS:
        text = unit.read_text("utf-8").replace("/opt/1919/.venv/bin", programs)
        (tmp_path / unit.name).write_text(text, "utf-8")
    given = [str(tmp_path / unit.name) for unit in UNITS]
    said = subprocess.run(["systemd-analyze", "verify", *given], capture_output=True, text=True)
    ours = [one for one in said.stderr.splitlines() if "1919" in one]

    assert ours == []


@pytest.mark.parametrize("unit", [one for one in UNITS if "Exec" in one.read_text()], ids=str)
def test_a_unit_runs_what_there_is(unit: Path, app: Flask) -> None:
    text = unit.read_text("utf-8")
    commands = re.findall(r"/opt/1919/\.venv/bin/flask ([^'\n$]*)", text)

    assert [fault(app, shlex.split(one)) for one in commands] == [""] * len(commands)
    assert "User=line1919" in text
    assert "NoNewPrivileges=yes" in text
