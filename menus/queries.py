"""What one hop asks of the stores: each question once, within the caller's budget."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from menus.anew import replace
from menus.line import Line
from menus.looks import Looks
from menus.lookups import moment
from menus.parse import ODD
from menus.screens import Cost, Finding, Luck, Sending
from menus.session import Dropped
from menus.sessions import NO_LANGUAGE, Loaded, subject_mark
from menus.wishes import number_hmacs
from models.asked import BUDGET, Charge, charge
from models.base import Connection, Unavailable
from models.callers import read_language
from models.country import Country
from models.directory import Directory
from models.documents import NO_ANSWER, Answer, look_up
from models.lookups import ANSWERED, Channel, Lookup, Outcome, near
from models.numbers import Kind
from models.outbox import sent_with_code
from models.subscriptions import room_for

LANGUAGE_SECONDS = 0.3
"""The longest a hop waits to learn a language: it can be answered in the first one as well."""


class Queries:
    """One hop's questions. The same question costs nothing the second time.

    Args:
        phone: the caller's, E.164.
        loaded: what Redis had; None where it is away, and the database counts the budget.
        seconds: how long a statement may take now.
        network: the code of the caller's network; empty where nobody says.
        looks: an agent's, where one asks for the caller.

    Attributes:
        channel: the way that the questions come.
    """

    channel = Channel.USSD

    def __init__(
        self,
        line: Line,
        phone: str,
        loaded: Loaded | None,
        seconds: Callable[[], float],
        network: str = "",
        looks: Looks | None = None,
    ) -> None:
        self._looks = looks
        self._database = line.database
        self._journal = line.journal
        self._keys = line.keys
        self._phone_hmacs = line.keys.phone_hmacs(phone)
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
        self.told: Mapping[str, str] | None = line.watch.said
        self._paused = line.watch.is_paused("lookups")
        self.dropped: Dropped | None = loaded.dropped if loaded else None
        self.charges: list[bytes] = []
        self.learned = ""

    def language(self) -> str | None:
        """Give the language that the caller chose; None where none, or nobody can say."""
        if self._language is None:
            seconds = min(LANGUAGE_SECONDS, self._seconds())
            try:
                with self._database.reading(seconds) as connection:
                    self._learn(read_language(connection, self._phone_hmacs))
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
            subjects = self._keys.subjects(number)
            try:
                with self._database.reading(self._seconds()) as connection:
                    room = room_for(connection, self._phone_hmacs, subjects, kind)
            except Unavailable:
                room = True  # the wish itself will tell
            self._rooms[number, kind] = room
        return self._rooms[number, kind]

    def sent(self, code: str) -> Sending:
        """Look for a message to the caller by its code."""
        if code not in self._sendings:
            try:
                with self._database.reading(self._seconds()) as connection:
                    moment = sent_with_code(connection, self._phone_hmacs, code)
                on = self.country.day(moment) if moment else None
                self._sendings[code] = Sending(on)
            except Unavailable:
                self._sendings[code] = Sending(away=True)
        return self._sendings[code]

    def _find(self, number: str, kind: str) -> Finding:
        """Look, record it, and only then tell: what cannot be recorded is not told."""
        subjects = self._keys.subjects(number)
        finding = self._recorded(number, subjects, *self._look(number, kind, subjects))
        looks = self._looks
        if looks and finding.luck is Luck.SPENT and looks.lets(subjects):
            beyond = self._look_beyond(number, kind, subjects[0])
            finding = self._recorded(number, subjects, *beyond, charges=False)
        if looks:
            looks.found[number, kind] = finding
        return finding

    def _recorded(
        self,
        number: str,
        subjects: Sequence[bytes],
        outcome: Outcome,
        answer: Answer,
        charges: bool = True,
    ) -> Finding:
        """Record what a look-up came to, and give what may be told of it.

        Args:
            charges: it counts for the budget.
        """
        asked = {subject_mark(one) for one in answer.asked}.union(self._asked or ())
        if not asked.isdisjoint(map(subject_mark, subjects)):
            asked.add(subject_mark(subjects[0]))
        lookup = Lookup(
            at=moment(self.now.astimezone(UTC)),
            day=self.now.date(),
            channel=self.channel,
            outcome=outcome,
            phone_hmac=self._phone_hmacs[0],
            subject=subjects[0],
            near=near(self._keys, number),
        )
        outcome = self._journal.admit(lookup, asked).outcome
        if self._looks:
            self._looks.outcomes.append(outcome)
        if outcome not in ANSWERED:
            return Finding(Luck.SPENT if outcome is Outcome.SPENT else Luck.AWAY)
        if charges:
            self._charge(subjects)
        if self._language is None:
            self._learn(answer.language)
        return Finding(Luck.LOOKED, tuple(answer.found))

    def _look(
        self, number: str, kind: str, subjects: Sequence[bytes]
    ) -> tuple[Outcome, Answer]:
        """Look a number up, where the budget has room as far as the stores know."""
        if self._paused:
            return Outcome.AWAY, NO_ANSWER
        try:
            if self._asked is None:
                return self._look_counted_here(number, kind, subjects)
            if not self._is_asked(subjects) and len(self._asked) >= BUDGET:
                return Outcome.SPENT, NO_ANSWER
            with self._database.reading(self._seconds()) as connection:
                return self._look_up(connection, number, kind)
        except (Unavailable, OSError):
            return Outcome.AWAY, NO_ANSWER

    def _look_beyond(self, number: str, kind: str, subject: bytes) -> tuple[Outcome, Answer]:
        """Look a number up as if it had been asked for before: it is recorded, not charged."""
        try:
            with self._database.reading(self._seconds()) as connection:
                outcome, answer = self._look_up(connection, number, kind)
        except Unavailable:
            return Outcome.AWAY, NO_ANSWER
        return outcome, replace(answer, asked=answer.asked | {subject})

    def _look_counted_here(
        self, number: str, kind: str, subjects: Sequence[bytes]
    ) -> tuple[Outcome, Answer]:
        """Look a number up without Redis: charged and looked up in one transaction.

        What is charged by it is not known before, so that the journal decides as well.
        """
        subject, phone_hmac, today = subjects[0], self._phone_hmacs[0], self.now.date()
        elsewhere = self._journal.asked(today, phone_hmac)
        with self._database.writing(self._seconds()) as connection:
            charged = charge(connection, phone_hmac, today, subject, elsewhere)
            if charged is Charge.FULL:
                return Outcome.SPENT, NO_ANSWER
            outcome, answer = self._look_up(connection, number, kind)
        own = {subject} if charged is Charge.NEW else set()
        return outcome, replace(answer, asked=answer.asked - own)

    def _look_up(
        self, connection: Connection, number: str, kind: str
    ) -> tuple[Outcome, Answer]:
        kinds = [Kind(kind)] if kind else list(Kind)
        hmacs = number_hmacs(self._keys, self.country, number, kind)
        answer = look_up(connection, hmacs, kinds, self._phone_hmacs, self.now.date())
        if answer.found:
            return Outcome.FOUND, answer
        is_odd = number.startswith(ODD)
        return Outcome.MALFORMED if is_odd else Outcome.UNKNOWN, answer

    def _is_asked(self, subjects: Iterable[bytes]) -> bool:
        """Say whether Redis knows that a number was asked for, under any key version."""
        return not (self._asked or set()).isdisjoint(map(subject_mark, subjects))

    def _charge(self, subjects: Sequence[bytes]) -> None:
        """Let Redis count a number with the session, where it does not know it yet."""
        if self._asked is not None and not self._is_asked(subjects):
            self._asked.add(subject_mark(subjects[0]))
            self.charges.append(subject_mark(subjects[0]))

    def _learn(self, language: str | None) -> None:
        self._language = self.learned = language or NO_LANGUAGE
