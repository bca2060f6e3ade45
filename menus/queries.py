"""What one hop asks of the stores: each question once, within the caller's budget."""

from collections.abc import Callable, Iterable
from datetime import datetime

from menus.line import Line
from menus.screens import Cost, Finding, Luck, Sending
from menus.session import Dropped
from menus.sessions import NO_LANGUAGE, Loaded, subject_mark
from menus.wishes import number_hmacs
from models.asked import BUDGET, charge
from models.base import Connection, Unavailable
from models.callers import read_language
from models.country import Country
from models.directory import Directory
from models.documents import Found, find
from models.numbers import Kind
from models.outbox import sent_with_code
from models.subscriptions import room_for


class Queries:
    """One hop's questions. The same question costs nothing the second time.

    Args:
        phone: the caller's, E.164.
        loaded: what Redis had; None where it is away, and the database counts the budget.
        seconds: how long a statement may take now.
        network: the code of the caller's network; empty where nobody says.
    """

    def __init__(
        self,
        line: Line,
        phone: str,
        loaded: Loaded | None,
        seconds: Callable[[], float],
        network: str = "",
    ) -> None:
        self._database = line.database
        self._keys = line.keys
        self._phone_hmac = line.keys.phone_hmac(phone)
        self._asked = None if loaded is None else set(loaded.asked)
        self._seconds = seconds
        self._language = loaded.language if loaded else None
        self._findings: dict[tuple[str, str], Finding] = {}
        self._rooms: dict[tuple[str, str], bool] = {}
        self._sendings: dict[str, Sending] = {}
        self.country: Country = line.country
        self.directory: Directory = line.watch.directory
        self.now: datetime = line.country.now_there(line.clock())
        self.cost: Cost | None = line.costs.get(network)
        self.dropped: Dropped | None = loaded.dropped if loaded else None
        self.charges: list[bytes] = []
        self.learned = ""

    def language(self) -> str | None:
        """Give the language that the caller chose; None where none, or nobody can say."""
        if self._language is None:
            try:
                with self._database.reading(self._seconds()) as connection:
                    self._learn(read_language(connection, self._phone_hmac))
            except Unavailable:
                self._language = NO_LANGUAGE
        return None if self._language == NO_LANGUAGE else self._language

    def find(self, number: str, kind: str) -> Finding:
        """Look a number up, for one kind of document or for any."""
        if (number, kind) not in self._findings:
            self._findings[number, kind] = self._find(number, kind)
        return self._findings[number, kind]

    def may_subscribe(self, number: str, kind: str) -> bool:
        """Say whether the caller has room for a subscription to this number."""
        if (number, kind) not in self._rooms:
            subject = self._keys.subject(number)
            try:
                with self._database.reading(self._seconds()) as connection:
                    room = room_for(connection, self._phone_hmac, subject, kind)
            except Unavailable:
                room = True  # the wish itself will tell
            self._rooms[number, kind] = room
        return self._rooms[number, kind]

    def sent(self, code: str) -> Sending:
        """Look for a message to the caller by its code."""
        if code not in self._sendings:
            try:
                with self._database.reading(self._seconds()) as connection:
                    moment = sent_with_code(connection, self._phone_hmac, code)
                on = self.country.day(moment) if moment else None
                self._sendings[code] = Sending(on)
            except Unavailable:
                self._sendings[code] = Sending(away=True)
        return self._sendings[code]

    def _find(self, number: str, kind: str) -> Finding:
        subject = self._keys.subject(number)
        try:
            if self._asked is None:
                return self._find_counted_here(subject, number, kind)
            mark = subject_mark(subject)
            if mark not in self._asked:
                if len(self._asked) >= BUDGET:
                    return Finding(Luck.SPENT)
                self._asked.add(mark)
                self.charges.append(mark)
            with self._database.reading(self._seconds()) as connection:
                return self._finding(*self._look_up(connection, number, kind))
        except Unavailable:
            return Finding(Luck.AWAY)

    def _find_counted_here(self, subject: bytes, number: str, kind: str) -> Finding:
        today = self.now.date()
        with self._database.writing(self._seconds()) as connection:
            if not charge(connection, self._phone_hmac, today, subject):
                return Finding(Luck.SPENT)
            return self._finding(*self._look_up(connection, number, kind))

    def _look_up(
        self, connection: Connection, number: str, kind: str
    ) -> tuple[Iterable[Found], str | None]:
        kinds = [Kind(kind)] if kind else list(Kind)
        hmacs = number_hmacs(self._keys, self.country, number, kind)
        return find(connection, hmacs, kinds, self._phone_hmac)

    def _finding(self, found: Iterable[Found], language: str | None) -> Finding:
        if self._language is None:
            self._learn(language)
        return Finding(Luck.LOOKED, tuple(found))

    def _learn(self, language: str | None) -> None:
        self._language = self.learned = language or NO_LANGUAGE
