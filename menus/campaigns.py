"""Campaigns, put into words: the text that each owner gets, and what all of them come to."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from menus import answers
from menus.line import Line
from menus.words import Words, spoken
from models.base import Connection
from models.campaigns import (
    Choice,
    Message,
    begin,
    cause_of,
    id_of,
    keep_skipped,
    queue_all,
)
from models.centres import every_centre
from models.choosing import Chosen, Owner, Skip
from models.documents import Found
from models.gsm7 import segments
from models.numbers import Kind
from models.outbox import notice_code

Progress = Callable[[int, int], None]
"""Told of the documents looked at so far, and of how many there are."""

Note = Callable[[Connection, int, int], None]
"""Told of a campaign's id, and of how many messages it has queued."""

_WORDINGS = 4_096
"""Wordings that are kept at hand: every kind at every centre, and many pairs of them."""
_STEP = 1_000


@dataclass
class Tally:
    """What a campaign comes to.

    Attributes:
        chosen: documents.
        told: those of them that somebody is told of.
        languages: messages in each.
        segments: of all messages.
        skipped: documents that nobody is told of, and why.
        examples: one text in each language, with noughts in the place of what is personal.
    """

    chosen: int = 0
    told: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    segments: int = 0
    skipped: Counter[Skip] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    @property
    def recipients(self) -> int:
        """Owners that are told: one message each."""
        return self.languages.total()


def plan(line: Line, name: str, choice: Choice, progress: Progress) -> Tally:
    """Say what a campaign would come to, or one that is begun would still; queue nothing."""
    with line.database.working() as connection:
        made = _Campaign(connection, line, choice, id_of(connection, name), progress)
        for _ in made.messages():
            pass
        return made.tally


def queue(
    line: Line, name: str, choice: Choice, progress: Progress, note: Note | None = None
) -> Tally:
    """Queue a campaign's messages: all of them, or none.

    Args:
        note: told of it at the end of the same transaction.

    Raises:
        models.campaigns.OtherChoice: the campaign of this name is of other documents.
        models.campaigns.Stopped: it is stopped.
    """
    with line.database.working() as connection:
        campaign_id = begin(connection, name, choice)
        made = _Campaign(connection, line, choice, campaign_id, progress)
        for _ in queue_all(connection, line.keys, campaign_id, made.messages()):
            pass
        left_out = {
            str(why): n for why, n in made.tally.skipped.items() if why is not Skip.IN_IT
        }
        keep_skipped(connection, campaign_id, left_out)
        if note:
            note(connection, campaign_id, made.tally.recipients)
        return made.tally


class _Campaign:
    def __init__(
        self,
        connection: Connection,
        line: Line,
        choice: Choice,
        campaign_id: int | None,
        progress: Progress,
    ) -> None:
        today = line.country.day(line.clock())
        self._keys = line.keys
        self._languages = line.languages
        self._language = choice.language
        self._id = campaign_id or 0
        self._chosen = Chosen(connection, line.keys, choice, today, campaign_id)
        self._progress = progress
        self._centres = {one.code: one for one in every_centre(connection)}
        self._confirmed_on = today
        self._first: tuple[tuple[Kind, str], ...] = ()
        self._wording = lru_cache(_WORDINGS)(self._write)
        self.tally = Tally()

    def messages(self) -> Iterator[Message]:
        """Write a message to each owner, and count."""
        reported = 0
        for owner in self._chosen:
            yield self._message(owner)
            if self._chosen.read - reported >= _STEP:
                reported = self._chosen.read
                self._progress(reported, self._chosen.total)
        self._progress(self._chosen.read, self._chosen.total)
        self.tally.chosen = self._chosen.read
        self.tally.skipped = self._chosen.skipped
        self._add_examples()

    def _add_examples(self) -> None:
        """Write the first owner's text in those languages that nobody is told in, too."""
        if self._first:
            for code in self._languages:
                wording, _ = self._wording(code, self._first)
                self.tally.examples.setdefault(code, _example(wording, len(self._first)))

    def _message(self, owner: Owner) -> Message:
        words = spoken(self._languages, owner.language or self._language)
        lying = tuple((one.kind, one.centre_code) for one in owner.documents)
        wording, its_segments = self._wording(words.code, lying)
        self._first = self._first or lying
        cause = cause_of(self._id, owner.phone_hmac)
        code = notice_code(self._keys, cause, owner.phone)
        numbers = [one.last_three for one in owner.documents]
        body = answers.campaign_filled(wording, numbers, code)
        self._count(words, wording, owner, its_segments)
        ids = tuple(one.id for one in owner.documents)
        return Message(cause, code, ids, owner.phone, body)

    def _count(self, words: Words, wording: str, owner: Owner, its_segments: int) -> None:
        tally = self.tally
        tally.told += len(owner.documents)
        tally.segments += its_segments
        tally.languages[words.code] += 1
        if words.code not in tally.examples:
            tally.examples[words.code] = _example(wording, len(owner.documents))

    def _write(self, language: str, lying: tuple[tuple[Kind, str], ...]) -> tuple[str, int]:
        """Choose the wording for documents of some kinds at some centres; count its segments.

        What is put into it afterwards is as wide for everybody.
        """
        found = [
            Found(kind, True, self._confirmed_on, self._centres[code]) for kind, code in lying
        ]
        wording = answers.campaign_wording(self._languages[language], found)
        return wording, segments(_example(wording, len(found)))


def _example(wording: str, documents: int) -> str:
    return answers.campaign_filled(wording, ["000"] * documents, "00000")
