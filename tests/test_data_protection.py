"""The page on data protection: it names every table, and the times that the settings have."""

import importlib
import pkgutil
import re
from dataclasses import asdict
from pathlib import Path

import click

import models
from commands import audit, backup, people, retention
from models.base import metadata
from models.retention import Keep

PAGE = (Path(__file__).parent.parent / "docs" / "data-protection.md").read_text("utf-8")
COMMANDS = {
    "audit": audit.COMMAND,
    "people": people.COMMAND,
    "retention": retention.COMMAND,
    "database": click.Group(commands=list(backup.COMMANDS)),
}


def test_every_table_is_named_in_it() -> None:
    for module in pkgutil.iter_modules(models.__path__):
        importlib.import_module(f"models.{module.name}")
    lacking = {name for name in metadata.tables if f"`{name}`" not in PAGE}

    assert lacking == set()


def test_tables_of_persons_are_not_among_those_without() -> None:
    (without,) = re.findall(r"Nothing of a person is in (.*?)\.\n", PAGE, re.DOTALL)
    named = set(re.findall(r"`([a-z_]+)`", without))
    with_persons = {
        one.name
        for one in metadata.tables.values()
        if {"phone_hmac", "phone", "subject"} & set(one.columns.keys())
    }

    assert len(named) > 10
    assert named & with_persons == set()


def test_every_time_is_the_one_that_is_kept_unless_it_is_set() -> None:
    said = {
        name: int(days) for name, days in re.findall(r"`(RETENTION_[A-Z_]+)` \((\d+)\)", PAGE)
    }

    assert said == {
        f"RETENTION_{name.upper()}_DAYS": days for name, days in asdict(Keep()).items()
    }


def test_every_command_in_it_is_one() -> None:
    named = set(re.findall(r"flask (audit|people|retention|database) ([a-z]+)", PAGE))
    lacking = {(group, name) for group, name in named if name not in COMMANDS[group].commands}

    assert len(named) >= 8
    assert lacking == set()
