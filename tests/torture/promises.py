"""Callers who note down what the line promised them, and ask again where it did not answer.

Afterwards their notes are held against the database: what was promised must be there, once.
"""

import http.client
import itertools
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from bench.stores import Line
from bench.traffic import Number
from config import Config
from models import lookups
from models.base import Database
from models.outbox import texts_to

PATIENCE = 10.0
TRIES = 40
PAUSE_SECONDS = 0.25

_phones = itertools.count(int(time.time()) % 10**6 * 100)
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Notes:
    """What callers noted.

    Args:
        looked: phones whose look-up was answered.
        promised: those who were promised a text.
        texted: those whose own text was taken.
        lost: answers that never came.
        unanswered: requests that got none however often they were made again.
        wrong: pages that do not say what they must.
    """

    looked: list[str] = field(default_factory=list)
    promised: list[str] = field(default_factory=list)
    texted: list[str] = field(default_factory=list)
    lost: int = 0
    unanswered: int = 0
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0


class Crowd:
    """Callers who call one after the other, each on a phone of its own, until told to stop.

    Args:
        pause: seconds between two calls of one of them.
    """

    def __init__(
        self, line: Line, numbers: Sequence[Number], callers: int, pause: float
    ) -> None:
        self.notes = Notes()
        self._line = line
        self._numbers = itertools.cycle(numbers)
        self._pause = pause
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._hopeless = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(callers)]

    def start(self) -> None:
        """Begin to call."""
        for thread in self._threads:
            thread.start()

    def give_up(self) -> None:
        """Ask for nothing again: there is no line any more."""
        self._hopeless.set()

    def stop(self) -> Notes:
        """Let calls under way come to their end; give the notes."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        return self.notes

    def _run(self) -> None:
        wire = _Wire(self._line, self.notes, self._lock, self._hopeless)
        while not self._stopped.wait(self._pause):
            with self._lock:
                caller, texter = (f"+2547{next(_phones) % 10**8:08d}" for _ in range(2))
                number = next(self._numbers)
            wire.call(caller, number)
            wire.text(texter, number)
        wire.close()


class _Wire:
    """One caller's connection."""

    def __init__(
        self, line: Line, notes: Notes, lock: threading.Lock, hopeless: threading.Event
    ) -> None:
        self._line = line
        self._notes = notes
        self._lock = lock
        self._hopeless = hopeless
        self._open: http.client.HTTPConnection | None = None

    def call(self, phone: str, number: Number) -> None:
        """Ask for a number, and for a text of the answer."""
        session = f"promise{phone[1:]}"
        first = self._hop(session, phone, number.text)
        if not self._is_said(first, "is READY", self._notes.looked, phone):
            return
        then = self._hop(session, phone, f"{number.text}*1")
        self._is_said(then, "We will text you the answer", self._notes.promised, phone)

    def text(self, phone: str, number: Number) -> None:
        """Text a number."""
        name = f"text{phone[1:]}"
        fields = {"id": name, "linkId": name, "from": phone, "to": "1919"}
        if self._ask("sms", {**fields, "text": number.text}) is not None:
            with self._lock:
                self._notes.texted.append(phone)

    def close(self) -> None:
        """Hang up."""
        if self._open:
            self._open.close()
        self._open = None

    def _hop(self, session: str, phone: str, text: str) -> str | None:
        fields = {"sessionId": session, "phoneNumber": phone, "networkCode": "63902"}
        return self._ask("ussd", {**fields, "serviceCode": "*1919#", "text": text})

    def _is_said(self, page: str | None, says: str, noted: list[str], phone: str) -> bool:
        if page is None:
            return False
        with self._lock:
            if says in page:
                noted.append(phone)
            else:
                self._notes.wrong.append(page)
        return says in page

    def _ask(self, face: str, fields: dict[str, str]) -> str | None:
        """Ask until there is an answer; give it, None where there never is one."""
        for nth in range(TRIES):
            if self._hopeless.is_set():
                break
            began = time.monotonic()
            try:
                status, body = self._send(face, fields)
            except (OSError, http.client.HTTPException):
                self.close()
                with self._lock:
                    self._notes.lost += nth == 0
                time.sleep(PAUSE_SECONDS)
                continue
            if status == 200:
                with self._lock:
                    took = time.monotonic() - began
                    self._notes.slowest = max(self._notes.slowest, took)
                return body
            time.sleep(PAUSE_SECONDS)
        with self._lock:
            self._notes.unanswered += 1
        return None

    def _send(self, face: str, fields: dict[str, str]) -> tuple[int, str]:
        if self._open is None:
            self._open = http.client.HTTPConnection("127.0.0.1", self._line.port, PATIENCE)
        address = f"/{face}/africastalking/{self._line.token}"
        self._open.request("POST", address, urlencode(fields), _FORM)
        answer = self._open.getresponse()
        body = answer.read().decode()
        if answer.getheader("Connection") == "close":
            self.close()
        return answer.status, body


@dataclass(frozen=True)
class Kept:
    """What of the notes is not in the database as it must be: how many of each."""

    look_ups_lost: int
    promises_lost: int
    texts_lost: int
    doubled: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing was lost or doubled."""
        return not any((self.look_ups_lost, self.promises_lost, self.texts_lost, self.doubled))


def held_against(notes: Notes, config: Config, wait: float = 40.0) -> Kept:
    """Hold notes against the database, once look-ups had time to be moved there."""
    until = time.monotonic() + wait
    database = Database(config.database_url)
    try:
        while (kept := _compared(notes, config, database)).look_ups_lost:
            if time.monotonic() > until:
                break
            time.sleep(1.0)
    finally:
        database.close()
    return kept


def _compared(notes: Notes, config: Config, database: Database) -> Kept:
    """Compare: each phone was promised one text, or texted once and is answered once."""
    keys = config.keys
    with database.working() as connection:
        promises, texts = (
            [len(texts_to(connection, keys, phone)) for phone in phones]
            for phones in (notes.promised, notes.texted)
        )
        missing = sum(
            not lookups.of_phone(connection, [keys.phone_hmac(phone)])
            for phone in set(notes.looked)
        )
    doubled = sum(count > 1 for count in (*promises, *texts))
    return Kept(missing, promises.count(0), texts.count(0), doubled)
