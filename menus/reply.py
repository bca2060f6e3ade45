"""Answering an SMS: one message in, one segment out, through the outbox."""

import hashlib
import time

from menus import answers
from menus.dial import Text
from menus.line import Line
from menus.parse import likeliest_number
from menus.queries import Queries
from menus.reader import Reading, reader_of
from menus.screens import Finding, Luck
from menus.sessions import Loaded, Place, Verdict
from menus.words import Words
from models.base import STATEMENT_SECONDS, Unavailable
from models.documents import Found
from models.outbox import queue


def reply(line: Line, text: Text) -> bool:
    """Queue the answer to a text; the same text delivered again queues nothing.

    Returns:
        Whether the text was new.

    Raises:
        models.base.Unavailable: nothing was kept, and the gateway should try again.
    """
    body = _Reply(line, text).body()
    digest = hashlib.sha256(f"{text.gateway}|{text.id}".encode()).hexdigest()
    with line.database.writing() as connection:
        return queue(connection, line.keys, f"in|{digest}", text.phone, body)


class _Reply:
    """One answer in the making."""

    def __init__(self, line: Line, text: Text) -> None:
        self._line = line
        self._text = text
        self._place: Place = line.sessions.place(text.phone)

    def body(self) -> str:
        loaded = self._line.sessions.load(self._place)
        written = self._write(loaded)
        if written is None:
            written = self._write(None)
        if written is None:
            raise Unavailable
        return written

    def _write(self, loaded: Loaded | None) -> str | None:
        """Write the answer; None where Redis went away before the look-up was counted."""
        reading = reader_of(self._line.country).read(self._text.body)
        number = likeliest_number(reading, self._line.country)
        queries = self._queries(loaded)
        finding = queries.find(number, "") if number else None
        if finding and finding.luck is Luck.AWAY:
            raise Unavailable
        words = self._words(reading, queries)
        if finding is None:
            return answers.fitting(words, "how", {})
        if loaded is not None and queries.charges:
            verdict = self._line.sessions.charge(self._place, queries.charges)
            if verdict is Verdict.AWAY:
                return None
            if verdict is Verdict.SPENT:
                finding = Finding(Luck.SPENT)
        if finding.luck is Luck.SPENT:
            return answers.fitting(words, "spent", {})
        return answers.text(words, number, _asked_first(reading, finding))

    def _queries(self, loaded: Loaded | None) -> Queries:
        line, until = self._line, time.monotonic() + STATEMENT_SECONDS
        return Queries(
            line, self._text.phone, loaded, lambda: max(0.01, until - time.monotonic())
        )

    def _words(self, reading: Reading, queries: Queries) -> Words:
        return self._line.engine.words(reading.language or queries.language())


def _asked_first(reading: Reading, finding: Finding) -> list[Found]:
    return sorted(finding.found, key=lambda one: one.kind != reading.kind)
