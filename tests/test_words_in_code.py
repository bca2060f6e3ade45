"""No text in the code: all that a caller reads is in the word files, or in the database.

The line is run in a country whose every text is made of one strange letter. Whatever else a
caller then reads is a number, a sign, or the name of a place.
"""

import ast
import csv
import json
import logging
import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import create_app
from commands.announcements import DEMONSTRATION
from commands.database import prepare
from menus.flows import SCREENS
from menus.line import now
from models.base import Database
from models.reference_data import KENYA
from tests.caller import PHONE, Caller, text
from tests.conftest import config, inbox, line_of
from tests.dialogue import FILES, Dialogue, read
from tests.servers import RedisServer
from tests.world import put

ROOT = Path(__file__).parent.parent
STRANGE = "\u03a9"
"""A capital omega: phones can show it, and it is as wide as any letter."""

MASKED = {
    "centres.csv": ("name", "address"),
    "service_texts.csv": ("name", "bring", "takes", "collects", "place", "note"),
    "service_terms.csv": ("agency",),
}
NAMES = {
    "counties.csv": ("name", "headquarters"),
    "constituencies.csv": ("name",),
    "centres.csv": ("short_name", "town"),
}
"""Names of places stay as they are: callers type them."""

APART = (
    "menus/check",  # faults in the menus, and what may be found on a walk through them
    "menus/explore",
    "menus/vocabulary.py",
    "menus/diagram.py",  # their picture
    "menus/proposals.py",  # faults in changed words, and what the audit calls such changes
    "menus/sessions.py",  # scripts for Redis
    "ussd/phone.py",  # a phone in a developer's terminal
    "ussd/worker.py",  # what the log says of connections
)
"""Code whose sentences are for others than callers, by the beginning of its file's name."""

NOT_SHOWN = {
    ("ussd/gateway.py", "text/plain; charset=utf-8"),
    ("menus/lookups.py", "lookups batch"),  # what the audit calls it
    ("menus/nodes.py", "CLUSTER INFO"),  # what Redis is asked
    ("menus/nodes.py", "CLUSTER SLOTS"),
    ("menus/screens.py", "not kept"),  # what the picture of the menus calls a way
    ("ussd/admission.py", "Not Found"),  # the reasons of HTTP
    ("ussd/admission.py", "Service Unavailable"),
}

_LETTER = re.compile(r"[^\W\d_]")
_NO_WORD = re.compile(r"\{[a-z_]+\}|\bW+\b")
_SENTENCE = re.compile(r"[^\W\d_]{2,}\W* \W*[^\W\d_]{2,}|[^\W\d_]{2,}\W* $|^ \W*[^\W\d_]{2,}")
"""Two words with a blank between, or one beside a blank, as a text with names in it has."""


@dataclass
class Heard:
    """What callers of the strange country read.

    Attributes:
        said: what each dialogue's pages and texts say, by the dialogue's name.
        screens: the names of the screens that were met.
    """

    said: dict[str, list[str]] = field(default_factory=dict)
    screens: set[str] = field(default_factory=set)


class Country:
    """Kenya, with nothing to read in it but the names of places."""

    def __init__(self, folder: Path, redis: RedisServer) -> None:
        self.folder = folder
        self.news = folder / "news.toml"
        self._redis = redis
        self._opened = 0
        self._database = folder / "1919.sqlite"
        self._reference()
        self._words()
        pattern = re.compile(r'^(text\.\w+ = ")(.*)"$', re.MULTILINE)
        news = DEMONSTRATION.read_text(encoding="utf-8")
        news = pattern.sub(lambda one: f'{one[1]}{masked(one[2])}"', news)
        self.news.write_text(news, encoding="utf-8")
        database = Database(f"sqlite:///{self._database}")
        prepare(database, folder / "reference")
        database.close()

    def open(self, dialogue: Dialogue | None = None) -> Flask:
        """Open a line there, on stores of its own."""
        self._redis.flush()
        copy = shutil.copy(self._database, self.folder / "copy.sqlite")
        settings = dialogue.settings if dialogue else {}
        self._opened += 1  # look-ups on their way belong to one database
        var = self.folder / f"var-{self._opened}"
        of_line = config(
            f"sqlite:///{copy}",
            self._redis.url,
            self.folder,
            VAR_DIR=str(var),
            COUNTRY_DIR=str(self.folder),
            **settings,
        )
        app = create_app(of_line, dialogue.clock if dialogue else now)
        if dialogue:
            dialogue.prepare(line_of(app))
        return app

    def _reference(self) -> None:
        reference = shutil.copytree(KENYA, self.folder / "reference")
        shutil.copy(ROOT / "menus" / "reader.toml", self.folder)
        kenya = (reference / "country.toml").read_text(encoding="utf-8")
        strange = re.sub(r'(?m)^currency = "\w+"', f'currency = "{STRANGE * 3}"', kenya)
        assert strange != kenya
        (self.folder / "country.toml").write_text(strange, encoding="utf-8")
        for name, columns in MASKED.items():
            _mask_cells(reference / name, columns)

    def _words(self) -> None:
        (self.folder / "words").mkdir()
        for file in (ROOT / "menus" / "words").glob("*.toml"):
            sections = tomllib.loads(file.read_text(encoding="utf-8"))
            strange = _mask(sections)
            strange["language"]["date"] = "dd/MM/yy"
            lines = [f"{json.dumps(name)} = {_toml(one)}" for name, one in strange.items()]
            copy = self.folder / "words" / file.name
            copy.write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Country:
    return Country(tmp_path_factory.mktemp("country"), redis_server)


@pytest.fixture(scope="module")
def heard(country: Country) -> Iterator[Heard]:
    """Every dialogue, held in the strange country."""
    heard = Heard()
    noting = logging.Handler()
    noting.emit = lambda record: heard.screens.add(getattr(record, "screen", ""))  # type: ignore[method-assign]
    log = logging.getLogger("menus.turn")
    log.addHandler(noting)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.world.DEMONSTRATION", country.news)
        for given, files in groupby(sorted(FILES, key=_given), key=_given):
            dialogues = {file.stem: read(file) for file in files}
            app = country.open(next(iter(dialogues.values())))
            for phone, (stem, dialogue) in zip(_phones(given), dialogues.items(), strict=False):
                heard.said[stem] = list(_held(app, dialogue, phone))
            line_of(app).close()
    yield heard
    log.removeHandler(noting)


def _given(file: Path) -> list[str]:
    """Give what the line of a dialogue knows: those that know the same share a line."""
    return read(file).given


def _phones(given: list[str]) -> Iterator[str]:
    """Give each dialogue a phone of its own, but for those of which a notice was sent."""
    for count in range(len(FILES)):
        noticed = any(one.startswith("notice ") for one in given)
        yield PHONE if noticed else f"+2547220{count:05}"


def _held(app: Flask, dialogue: Dialogue, phone: str) -> Iterator[str]:
    """Hold a dialogue; give what it says besides what was said before."""
    before = len(inbox(line_of(app), phone))
    caller = Caller(app.test_client(), phone)
    yield caller.dial()[4:]
    for key in dialogue.keys:
        yield caller.key(key)[4:]
    yield from inbox(line_of(app), phone)[before:]


def test_a_caller_reads_no_word_that_the_code_says(heard: Heard) -> None:
    names = _place_names()
    said = {stem: _words(" ".join(pages)) - names for stem, pages in heard.said.items()}

    assert {stem: words for stem, words in said.items() if words} == {}


def test_every_page_and_text_says_something(heard: Heard) -> None:
    silent = [stem for stem, said in heard.said.items() for one in said if STRANGE not in one]

    assert silent == []


def test_every_screen_that_says_more_than_its_words_is_met(heard: Heard) -> None:
    saying = {
        one.name
        for one in SCREENS
        if getattr(one, "facts", None) or getattr(one, "items", None)
    }

    assert saying - heard.screens == set()


def test_an_answer_by_text_has_no_word_that_the_code_says(country: Country) -> None:
    app = country.open()
    put(line_of(app), "id_card", "12345678", "ready", "047-01")
    put(line_of(app), "driving_licence", "12345678", "coming", "009-01")
    put(line_of(app), "id_card", "23456789", "coming", "022-01")
    asked = ("ID 12345678", "12345678", "ID 23456789", "ID 34567890", "hello", "45678901")
    words = ("CENTRE thika", "1", "huduma", "14", "1", "COURT", "msaada", "LANGUAGE", "STOP")
    digits = ("ID \u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668", "ID", "START")
    bodies = (*asked, "56789012", "67890123", *words, *digits)
    phones = [f"+2547330000{count // 8:02}" for count in range(len(bodies))]
    for phone, body in zip(phones, bodies, strict=True):
        date = "2020-01-01 00:00:00" if body in ("STOP", "ID") else ""
        assert text(app.test_client(), body, phone, date=date) == 200
    said = [one for phone in dict.fromkeys(phones) for one in inbox(line_of(app), phone)]
    line_of(app).close()

    assert len(said) == len(bodies)
    assert [one for one in said if STRANGE not in one] == []
    assert _words(" ".join(said)) - _place_names() == set()


def test_the_code_holds_no_sentence() -> None:
    found = {
        (str(file.relative_to(ROOT)), sentence)
        for pattern in ("menus/**/*.py", "ussd/**/*.py", "sms/reply.py")
        for file in sorted(ROOT.glob(pattern))
        if not str(file.relative_to(ROOT)).startswith(APART)
        for sentence in _sentences(ast.parse(file.read_text(encoding="utf-8")))
    }

    assert found - NOT_SHOWN == set()


def test_nothing_is_excused_that_is_not_there() -> None:
    code = {file: (ROOT / file).read_text(encoding="utf-8") for file, _ in NOT_SHOWN}

    assert [one for one in NOT_SHOWN if one[1] not in code[one[0]]] == []


def _sentences(tree: ast.Module) -> Iterator[str]:
    """Find the texts of more than one word, docstrings, errors, logs and scripts apart."""
    apart: set[int] = set()
    for node in ast.walk(tree):
        for one in _never_shown(node):
            apart.update(id(inner) for inner in ast.walk(one))
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in apart:
                yield from [text] if _SENTENCE.search(_NO_WORD.sub("", text)) else []


def _never_shown(node: ast.AST) -> list[ast.AST]:
    """List the parts of a piece of code whose texts no caller can see."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Raise():  # docstrings, errors
            return [node]
        case ast.ClassDef(bases=[ast.Name(id="StrEnum")]):  # the names of outcomes
            return list(node.body)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="_log"))):
            return [node]
        case ast.AnnAssign(annotation=annotation) | ast.arg(annotation=annotation):
            return [annotation] if annotation else []
        case ast.FunctionDef(returns=returns) if returns:
            return [returns]
    return []


def masked(template: str) -> str:
    """Make every letter the strange one, but for the names of facts."""
    parts = re.split(r"(\{[a-z_]+\})", template)
    return "".join(one if one[:1] == "{" else _LETTER.sub(STRANGE, one) for one in parts)


def _mask(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {name: _mask(one) for name, one in value.items()}
    return [_mask(one) for one in value] if isinstance(value, list) else value


def _mask_cells(file: Path, columns: tuple[str, ...]) -> None:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        for row in rows:
            writer.writerow({**row, **{name: masked(row[name]) for name in columns}})


def _toml(value: Any) -> str:
    """Write a value as TOML, in one line."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{json.dumps(name)} = {_toml(one)}" for name, one in value.items())
        return f"{{{pairs}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _words(text: str) -> set[str]:
    """List the words of a text, those of the strange letter left out."""
    return set(re.findall(r"[^\W\d_]+", text.replace(STRANGE, " ")))


def _place_names() -> set[str]:
    """List the words of which the names of places are made."""
    found: set[str] = set()
    for name, columns in NAMES.items():
        with (KENYA / name).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                found |= _words(" ".join(row[column] for column in columns))
    return found
