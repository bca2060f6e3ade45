"""The README's own examples: each is run as it stands, and gives what is printed below it."""

import re
import shlex
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from flask import Flask

from app import create_app
from bench import figures
from commands import demonstration_set
from config import Config
from models.centres import every_centre
from models.counties import populations
from tests.conftest import inbox, line_of
from tests.servers import RedisServer
from tests.world import load_rows

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```\n(curl .*?)```\n```\n(.*?)\n```", re.DOTALL)


@pytest.fixture
def demonstration(tmp_path: Path, sqlite_url: str, redis: RedisServer) -> Iterator[Flask]:
    """A demonstration line with the numbers to try."""
    environ = {
        "DEMO": "1",
        "VAR_DIR": str(tmp_path / "var"),
        "DATABASE_URL": sqlite_url,
        "REDIS_URL": redis.url,
    }
    app = create_app(Config.from_env(environ))
    line = line_of(app)
    with line.database.working() as connection:
        every = demonstration_set.rows(every_centre(connection), populations(connection))
        first = list(islice(every, 20))  # the numbers to try come first
    load_rows(line, first, demonstration_set.AS_OF)
    yield app
    line.close()


@pytest.mark.parametrize(("command", "printed"), EXAMPLE.findall(README))
def test_an_example_gives_what_is_printed(
    command: str, printed: str, demonstration: Flask
) -> None:
    first, *_ = [one for one in command.replace("\\\n", " ").split("\n") if one.strip()]
    words = shlex.split(first)
    path = urlsplit(words[1]).path
    fields = [words[place + 1] for place, word in enumerate(words) if word == "-d"]
    pairs = dict(field.split("=", 1) for field in fields)
    form = {name: unquote(value) for name, value in pairs.items()}
    answer = demonstration.test_client().post(path, data=form)
    said = answer.get_data(as_text=True)
    if path.startswith("/sms/"):
        said = "\n".join(inbox(line_of(demonstration), form["from"]))

    assert said == printed


def test_the_table_of_the_torture_is_that_of_the_figures_it_kept() -> None:
    assert figures.kept()
    assert figures.tabled(README) == README


def test_there_are_examples() -> None:
    assert len(EXAMPLE.findall(README)) == 3
