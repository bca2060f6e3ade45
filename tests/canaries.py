"""Canaries: made-up phones, numbers, words and secrets, sent through the line to be looked for.

Sessions come in every kind, of both channels, right and broken; whatever answers is noted where
it is no page for a caller.
"""

import random
import string
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlencode

from tests.caller import TOKEN, Caller, text
from tests.stealing import Loot

_drawn = random.Random("canaries")
NUMBERS = [str(_drawn.randrange(21_000_000, 39_999_999)) for _ in range(120)]
CARDS = [str(_drawn.randrange(210_000_000, 899_999_999)) for _ in range(60)]
PHONES = [f"+2547{_drawn.randrange(21_000_000, 98_999_999)}" for _ in range(400)]
WORDS = ["".join(_drawn.choices(string.ascii_lowercase, k=12)) for _ in range(120)]
API_KEY = "apikey" + "".join(_drawn.choices(string.ascii_lowercase, k=20))
METRICS = "metrics" + "".join(_drawn.choices(string.ascii_lowercase, k=30))
NEVER = "forged" + "".join(_drawn.choices(string.ascii_lowercase, k=30))
"""A token that never was one."""

TYPED = [*NUMBERS, *CARDS, *PHONES, *WORDS]
SECRETS = [TOKEN, NEVER, API_KEY, METRICS]
FORM = "application/x-www-form-urlencoded"
AT = f"/ussd/africastalking/{TOKEN}"


class Client(Protocol):
    """Sends calls as Flask's test client does, or over a wire."""

    def post(self, path: str, **options: Any) -> Any:
        """Send a form, or `data` as it is, with a `content_type`."""

    def get(self, path: str, **options: Any) -> Any:
        """Ask for an address."""


class Flock:
    """Sends sessions that bear canaries.

    Attributes:
        sessions: how many were begun.
        faults: answers that are no page for a caller: the error pages among them.
    """

    def __init__(self, client: Client) -> None:
        self._client: Any = client
        self.sessions = 0
        self.faults = bytearray()

    def fly(self, count: int) -> None:
        """Begin so many sessions more, of every kind in turn."""
        for _ in range(count):
            nth, self.sessions = self.sessions, self.sessions + 1
            self._kinds[nth % len(self._kinds)](
                self, PHONES[nth % len(PHONES)], NUMBERS[nth % 120], WORDS[nth % 120]
            )

    def _ask_and_wish(self, phone: str, number: str, _word: str) -> None:
        Caller(self._client, phone).keys("1", "1", number, "1")

    def _report(self, phone: str, number: str, word: str) -> None:
        Caller(self._client, phone).dial(number, "7", "3", word)

    def _complain(self, phone: str, number: str, word: str) -> None:
        Caller(self._client, phone).dial("5", "2", "4", f"{word} {number}")

    def _ask_for_a_call(self, phone: str, _number: str, word: str) -> None:
        Caller(self._client, phone).dial("5", "1", word)

    def _name_a_place(self, phone: str, _number: str, word: str) -> None:
        Caller(self._client, phone).keys("2", word)
        Caller(self._client, phone).dial("5", "4", word)

    def _ask_of_a_text(self, phone: str, number: str, word: str) -> None:
        Caller(self._client, phone).dial("5", "3", f"{word}{number}")

    def _text_a_number(self, phone: str, number: str, _word: str) -> None:
        self._texted(f"ID {number}", phone)

    def _text_words(self, phone: str, number: str, word: str) -> None:
        self._texted(f"{word} {number} {phone}", phone)

    def _texted(self, body: str, phone: str) -> None:
        status = text(self._client, body, phone)
        assert status in (200, 500, 503), status  # it comes again

    def _end(self, phone: str, number: str, word: str) -> None:
        fields = {"sessionId": word, "phoneNumber": phone, "status": "Success"}
        self._call(
            f"{AT}/events", {**fields, "input": f"1*1*{number}", "lastAppResponse": word}
        )

    def _report_of_a_text(self, phone: str, number: str, word: str) -> None:
        fields = {"id": f"{word}{phone}", "status": "Failed", "phoneNumber": phone}
        self._call(f"/sms/africastalking/{TOKEN}/reports", {**fields, "failureReason": number})

    def _refuse_texts(self, phone: str, _number: str, _word: str) -> None:
        self._call(f"/sms/africastalking/{TOKEN}/optouts", {"phoneNumber": phone})

    def _unreadable(self, phone: str, number: str, word: str) -> None:
        self._call(AT, {"phoneNumber": f"{phone}{word}", "sessionId": number, "text": word})
        self._call(f"/ussd/hubtel/{TOKEN}", f'{{"Mobile":"{phone}","Message":"{number}{word}')

    def _forged(self, phone: str, number: str, word: str) -> None:
        fields = {"phoneNumber": phone, "text": number, "sessionId": word}
        self._call(f"/ussd/africastalking/{NEVER}", fields)
        self._call(f"/ussd/{word}/{TOKEN}", fields)
        self._call(f"/sms/africastalking/{NEVER}?text={number}", {"from": phone, "text": word})

    def _too_large(self, phone: str, number: str, word: str) -> None:
        self._call(AT, {"phoneNumber": phone, "text": f"{number}*{word}" * 600})

    def _debug(self, phone: str, number: str, word: str) -> None:
        asked = urlencode({"__debugger__": "yes", "cmd": word, "s": TOKEN, "frm": number})
        for path in (f"/console?{asked}", f"{AT}?{asked}", f"/{phone}", f"/static/{word}"):
            self._note(self._client.get(path, headers={"X-Debug": phone}))

    def _of_another_method(self, phone: str, number: str, word: str) -> None:
        self._note(self._client.get(f"{AT}?phoneNumber={phone[1:]}&text={number}*{word}"))

    def _call(self, path: str, data: dict[str, str] | str) -> None:
        body = data if isinstance(data, str) else urlencode(data)
        self._note(self._client.post(path, data=body, content_type=FORM))

    def _note(self, answer: Any) -> None:
        if answer.status_code >= 400:  # one who is sent on is told the address they asked for
            headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
            self.faults += f"\n{headers}\n".encode() + answer.get_data() + b"\n"

    _kinds: tuple[Callable[["Flock", str, str, str], None], ...] = (
        _ask_and_wish,
        _report,
        _text_a_number,
        _complain,
        _ask_for_a_call,
        _unreadable,
        _name_a_place,
        _text_words,
        _ask_of_a_text,
        _end,
        _report_of_a_text,
        _forged,
        _refuse_texts,
        _too_large,
        _debug,
        _of_another_method,
    )


def caught(planted: list[str], where: dict[str, bytes]) -> dict[str, list[str]]:
    """Give what of the planted stands where, in any form it could be found in."""
    loot = Loot(planted)
    found = {name: loot.found_in(octets) for name, octets in where.items()}
    return {name: some for name, some in found.items() if some}
