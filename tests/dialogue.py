"""Dialogues: whole conversations as text that anyone can read.

A file begins with what it shows and what the line knows (`given:`), then has each key that
is pressed (`> 1`; `> *1919#` dials) with the page that follows, and at the end the texts
that the caller gets (`sms:`). A page that ends the session has `(end)` under it.

What may be given: a document (`id_card 12345678 ready 047-01 waiting_card=123456789`), the
moment (`now 2026-10-05 10:00`, Nairobi's), a setting (`setting CALLER_COSTS 63902:0:1`), a
report by another phone (`not_there 12345678 +254700000009`), a notice that was sent
(`notice 48213 2026-10-01`), the demonstration's announcements (`announcements`), that look-ups
are paused until the end of the call (`paused`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from menus.line import Line
from tests.caller import PHONE
from tests.conftest import Open, inbox, line_of
from tests.parking import set_paused, wait_until_taken
from tests.world import CONFIRMED, announce, notify, put, report_not_there

MONDAY = "2026-10-05 10:00"
"""The moment of a dialogue that gives none, in Nairobi."""

FOLDER = Path(__file__).parent / "dialogues"
FILES = sorted(FOLDER.glob("*.txt"))


@dataclass
class Dialogue:
    """One file, read."""

    title: str
    given: list[str] = field(default_factory=list)
    hops: list[tuple[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        """Every key after the dial."""
        return [key for key, _ in self.hops[1:]]

    def open(self, open_app: Open, database_url: str, redis_url: str) -> Flask:
        """Open a line that knows what is given."""
        app = open_app(database_url, redis_url, self.clock, **self.settings)
        self.prepare(line_of(app))
        return app

    def prepare(self, line: Line) -> None:
        """Make a line know what is given."""
        for one in self.given:
            word, *rest = one.split()
            match word:
                case "not_there":
                    report_not_there(line, *rest)
                case "notice":
                    notify(line, *rest)
                case "announcements":
                    announce(line)
                case "paused":
                    set_paused(line, True)
                case "now" | "setting":
                    pass
                case _:
                    number, state, centre, *others = rest
                    numbers = dict(pair.split("=") for pair in others)
                    put(line, word, number, state, centre, CONFIRMED, **numbers)

    def heard(self, app: Flask, phone: str = PHONE) -> list[str]:
        """Read the texts to a phone, oldest first, with those that waited."""
        line = line_of(app)
        if "paused" in self.given:
            set_paused(line, False)
            wait_until_taken(line)
            set_paused(line, True)
        return inbox(line, phone)

    @property
    def clock(self) -> Callable[[], datetime]:
        """Tells the moment that is given."""
        given = [one.removeprefix("now ") for one in self.given if one.startswith("now ")]
        moment = datetime.strptime((given or [MONDAY])[0], "%Y-%m-%d %H:%M")
        return lambda: moment.replace(tzinfo=ZoneInfo("Africa/Nairobi"))

    @property
    def settings(self) -> dict[str, str]:
        """The settings that are given."""
        given = [one.split() for one in self.given if one.startswith("setting ")]
        return {name: value for _, name, value in given}

    def write(self) -> str:
        """Write the dialogue as its file holds it."""
        parts = ["\n".join([f"# {self.title}", *(f"given: {one}" for one in self.given)])]
        parts += [f"> {key}\n{_unfold(page)}" for key, page in self.hops]
        parts += [f"sms: {one}" for one in self.texts]
        return "\n\n".join(parts) + "\n"


def read(file: Path) -> Dialogue:
    """Read a dialogue's file."""
    first, *blocks = file.read_text(encoding="utf-8").strip().split("\n\n")
    title, *given = first.split("\n")
    dialogue = Dialogue(
        title.removeprefix("# "), [one.removeprefix("given: ") for one in given]
    )
    for block in blocks:
        head, _, rest = block.partition("\n")
        if head.startswith("> "):
            dialogue.hops.append((head.removeprefix("> "), _fold(rest)))
        else:
            dialogue.texts.append(head.removeprefix("sms: "))
    assert dialogue.hops[0][0] == "*1919#", f"{file.name} does not begin with a dial"
    return dialogue


def _fold(shown: str) -> str:
    """Give a shown page as the gateway gets it."""
    return (
        f"END {shown.removesuffix('(end)').rstrip()}"
        if shown.endswith("(end)")
        else f"CON {shown}"
    )


def _unfold(page: str) -> str:
    return f"{page[4:]}\n(end)" if page.startswith("END ") else page[4:]


def twins_last(name: str, files: Sequence[Path], **options: Any) -> pytest.MarkDecorator:
    """Let a test have every file, the Kiswahili twins with `make long` alone.

    They press the same keys as their English twins: as they are written they are read always.
    """
    given = [pytest.param(one, marks=_torture(_is_twin(one))) for one in files]
    return pytest.mark.parametrize(name, given, ids=lambda file: file.stem, **options)


def by_database(files: Sequence[Path]) -> pytest.MarkDecorator:
    """Let a test have every file on each database; the twins on PostgreSQL with the torture."""
    given = [
        pytest.param(
            file,
            name,
            marks=_torture(_is_twin(file) and name == "postgresql"),
            id=f"{name}-{file.stem}",
        )
        for name in ("sqlite", "postgresql")
        for file in files
    ]
    return pytest.mark.parametrize(("file", "database_url"), given, indirect=["database_url"])


def _is_twin(file: Path) -> bool:
    return file.stem.endswith("_sw")


def _torture(wanted: bool) -> Sequence[pytest.MarkDecorator]:
    return [pytest.mark.long] if wanted else []
