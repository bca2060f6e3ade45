"""Conversations by SMS: whole ones as text that anyone can read.

A file begins with what it shows, what the line knows (`given:`, as in `tests/dialogue.py`)
and `needs: Redis` where a text answers the one before. Then comes each text that is sent
(`> kituo thika`), with the answer under it; `(none)` where there is none, `--` between two.
A text may say how long it was on its way: `> [3 hours] ID 12345678`.

A line that begins with `+` is something that happens: `+ ten minutes pass`, after which the
conversation is forgotten, or a document of a new list (`+ id_card 12345678 ready 047-01`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path

from flask import Flask

from tests.caller import PHONE, text
from tests.conftest import inbox, line_of
from tests.dialogue import Dialogue
from tests.servers import RedisServer

FOLDER = Path(__file__).parent / "texts"
FILES = sorted(FOLDER.glob("*.txt"))
NEEDS = "needs: Redis"
PASSING = "ten minutes pass"
_REF = re.compile("Ref [0-9]{5}")
"""Another one with other keys, and at another moment."""


@dataclass
class Conversation:
    """One file, read.

    Attributes:
        turns: what was sent or happened, each with the texts that came of it.
    """

    dialogue: Dialogue
    needs_redis: bool
    turns: list[tuple[str, list[str]]] = field(default_factory=list)

    @property
    def said(self) -> list[list[str]]:
        """Every text that came, turn by turn."""
        return [texts for _, texts in self.turns]

    def hold(self, app: Flask, redis: RedisServer | None, times: int = 1) -> list[list[str]]:
        """Hold the conversation; give the texts that came, turn by turn.

        Args:
            times: how often the gateway delivers each text.
        """
        heard, said = 0, []
        for count, (head, _) in enumerate(self.turns):
            self._turn(app, redis, head, f"text-{count}", times)
            texts = inbox(line_of(app))
            said.append([_REF.sub("Ref 00000", one) for one in texts[heard:]])
            heard = len(texts)
        return said

    def _turn(
        self, app: Flask, redis: RedisServer | None, head: str, name: str, times: int
    ) -> None:
        if head.startswith("> "):
            body, date = self._sent(head.removeprefix("> "))
            client = app.test_client()
            for _ in range(times):
                assert text(client, body, PHONE, name, date=date) == 200
        elif head == f"+ {PASSING}":
            if redis:
                redis.flush()
        else:
            Dialogue("", [head.removeprefix("+ ")]).prepare(line_of(app))

    def _sent(self, written: str) -> tuple[str, str]:
        """Give what is sent, and when, as the gateway writes it."""
        ago = re.match(r"\[([0-9]+) hours\] ?", written)
        hours = timedelta(hours=int(ago[1])) if ago else timedelta(0)
        sent = self.dialogue.clock().astimezone(UTC) - hours
        return written[ago.end() if ago else 0 :], f"{sent:%Y-%m-%d %H:%M:%S}"

    def write(self) -> str:
        """Write the conversation as its file holds it."""
        given = [f"given: {one}" for one in self.dialogue.given]
        parts = [[f"# {self.dialogue.title}", *given, *([NEEDS] if self.needs_redis else [])]]
        parts += [[head, "\n--\n".join(texts) or "(none)"] for head, texts in self.turns]
        return "\n\n".join("\n".join(part) for part in parts) + "\n"


def read(file: Path) -> Conversation:
    """Read a conversation's file."""
    first, *blocks = file.read_text(encoding="utf-8").strip().split("\n\n")
    title, *lines = first.split("\n")
    given = [one.removeprefix("given: ") for one in lines if one != NEEDS]
    conversation = Conversation(Dialogue(title.removeprefix("# "), given), NEEDS in lines)
    conversation.turns = list(_turns(blocks))
    return conversation


def _turns(blocks: list[str]) -> Iterator[tuple[str, list[str]]]:
    for block in blocks:
        head, _, rest = block.partition("\n")
        yield head, [] if rest == "(none)" else rest.split("\n--\n")
