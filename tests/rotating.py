"""A change of keys, for tests: the old ones, both, the new ones, and rotation itself."""

from pathlib import Path
from typing import Any

import click
from click.testing import Result
from flask import Flask
from flask.cli import ScriptInfo

from app import create_app
from models.base import Database
from models.country import kenya
from models.key_versions import held
from models.keys import Archive, Keys, Versions, next_keys
from models.rotation import Rotation
from tests.conftest import KEYS, LINE_KEYS, config

EVERY = next_keys(KEYS)
"""Every key in two versions, the fresh one in front: what rotation is given."""

LINE_BOTH = {name: EVERY[name] for name in LINE_KEYS if name in EVERY}
LINE_NEW = {name: text.split(",")[0] for name, text in LINE_BOTH.items()}
"""What a line is given while rows lie under both, and once they lie under the new alone."""

ARCHIVE = Archive(Versions.read(EVERY["ARCHIVE_PRIVATE_KEY"]))


def keys_of(settings: dict[str, str]) -> Keys:
    """Make keys of their settings."""
    lookup, phone, public = (
        Versions.read(settings[name])
        for name in ("LOOKUP_KEY", "PHONE_KEY", "ARCHIVE_PUBLIC_KEY")
    )
    return Keys(lookup, phone, public.secrets[0])


OLD, BOTH, NEW = keys_of(LINE_KEYS), keys_of(LINE_BOTH), keys_of(LINE_NEW)


def rotation(database: Database, rows: int = 0) -> Rotation:
    """Make the rotation of a database that lies under the old keys."""
    return Rotation(database, BOTH, ARCHIVE, kenya(), "tester", rows)


def rotate(database: Database) -> Rotation:
    """Rotate everything; give what was done."""
    work = rotation(database)
    for _ in work.run():
        pass
    return work


def left(database: Database, keys: Keys = BOTH) -> dict[tuple[str, str], int]:
    """Count what is not under the current keys, by setting and table."""
    with database.working() as connection:
        return {
            (one.setting, one.what): one.older for one in held(connection, keys) if one.older
        }


def flask_keys(url: str, redis_url: str, folder: Path, *typed: str, **given: str) -> Result:
    """Type `flask keys` as an operator who has every key."""
    app = app_for_commands(url, redis_url, folder, **{**EVERY, **given})
    return app.test_cli_runner().invoke(args=["keys", *typed])


def app_for_commands(url: str, redis_url: str, folder: Path, **settings: Any) -> Flask:
    """Make the application as the `flask` command does: nothing is opened before it must."""
    with click.Context(click.Command("flask"), obj=ScriptInfo()):
        return create_app(config(url, redis_url, folder, **settings))
