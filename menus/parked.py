"""Questions parked: asked while the database was away, and answered by a text once it is back.

The caller is promised a text only when the question lies in a spool of this machine, on its
disk. It is kept for a day at most.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from menus.drainer import Drainer, Work
from menus.spool import Spool, Waiting
from menus.wishes import AnswerMe
from models import requests
from models.asked import BUDGET
from models.country import Country
from models.keys import Keys
from models.lookups import Channel
from models.outbox import CALL

KEPT = timedelta(days=1)
"""The longest that anybody waits for an answer: then it is given up."""

MOST = BUDGET
"""Open questions of one phone and day."""

_MARK = 24
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Question:
    """Who asked what, on which way.

    Attributes:
        phone: the caller's, E.164: an agent may have asked for them.
        said: what was said on the way to the question, by its names.
        language: in which it is answered.
        request: the request that asked, by its name in the log.
    """

    channel: Channel
    phone: str = field(repr=False)
    said: dict[str, str] = field(repr=False)
    language: str
    request: str = ""

    def dump(self) -> str:
        """Write it as text."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Question":
        """Read what `dump` wrote."""
        written = json.loads(text)
        return cls(**{**written, "channel": Channel(written["channel"])})

    @property
    def subject(self) -> str:
        """What is asked by whom: the same question has the same."""
        names = ("number", "kind", "picked", "lies_in")
        return "|".join((self.phone, *(self.said.get(name, "") for name in names)))


Answer = Callable[[Question, datetime], None]
"""Answers a question that was asked at a moment, once however often it comes."""


class Parked:
    """The questions that wait on this machine.

    Args:
        keys: name phones and questions without telling them.
        country: whose midnight ends a day.

    Attributes:
        spool: where they lie.
    """

    def __init__(self, spool: Spool, keys: Keys, country: Country) -> None:
        self.spool = spool
        self._keys = keys
        self._country = country
        self._is_failing = False
        self.drainer = Drainer(spool, "questions", KEPT)

    def keep(self, phone: str, wish: AnswerMe, channel: Channel) -> bool:
        """Park a question; say whether it will be answered.

        It will not be where it cannot be written, or where the phone has as many questions
        open as it may have in a day. One that is asked again within a call is the same.
        """
        said = {name: value for name, value in wish.said.items() if value}
        question = Question(channel, phone, said, wish.language, requests.name())
        who = self._keys.phone_hmac(phone).hex()[:_MARK]
        what = self._keys.subject(f"parked|{question.subject}").hex()[:_MARK]
        now = datetime.now(UTC)
        try:
            with self.spool.writing() as book:
                asked = book.of(who)
                if what in asked and now - asked[what] < CALL:
                    return True
                today = {one for one, at in asked.items() if self._is_today(at, now)}
                if what not in today and len(today) >= MOST:
                    return False
                book.add(question.dump(), who, what)
        except OSError as error:
            self._note_failure(error)
            return False
        self._is_failing = False
        return True

    def waiting(self) -> Waiting:
        """Tell how many wait, and for how long.

        Raises:
            OSError: the files cannot be read.
        """
        return self.spool.waiting()

    def start(self, answer: Answer, may: Callable[[], bool]) -> None:
        """Have the questions answered, from now on.

        Args:
            may: says whether anything can be looked up now.
        """
        self.drainer.start(self.work(answer, may))

    def work(self, answer: Answer, may: Callable[[], bool]) -> Work:
        """Say how the questions are answered."""
        return Work(
            whose=lambda text: Question.read(text).phone,
            take=lambda text, at: answer(Question.read(text), at),
            may=may,
        )

    def close(self) -> None:
        """Have no more of them answered."""
        self.drainer.close()

    def _is_today(self, at: datetime, now: datetime) -> bool:
        return self._country.day(at) == self._country.day(now)

    def _note_failure(self, error: OSError) -> None:
        """Log that questions cannot be parked, once."""
        if not self._is_failing:
            _log.error("questions cannot be parked", extra={"error": type(error).__name__})
        self._is_failing = True
