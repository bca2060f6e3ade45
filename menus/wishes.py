"""Wishes: what a caller asks to be kept or sent. A step makes them, a turn grants them.

Each is unique by its subject, so that a wish made twice takes effect once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from models import call_backs
from models.base import Connection, Database
from models.callers import caller_row, choose_language
from models.country import Country
from models.keys import Keys
from models.outbox import CALL, is_queued, queue, queued_since
from models.ratings import rate
from models.rekeying import rekey_numbers, rekey_phones, rekey_subscription
from models.reports import Report, report
from models.subscriptions import current_hmacs, subscribe


@dataclass(frozen=True)
class TextMe:
    """Text me this answer."""

    subject: str = field(repr=False)
    body: str = field(repr=False)


@dataclass(frozen=True)
class TellMeWhenReady:
    """Text me when the document of this number is ready."""

    number: str = field(repr=False)
    kind: str
    language: str


@dataclass(frozen=True)
class SpeakTo:
    """Speak this language to me from now on."""

    language: str


@dataclass(frozen=True)
class CallMeBack:
    """Ring me, in this language."""

    language: str
    place: str


@dataclass(frozen=True)
class Complain:
    """Keep this report for the agents."""

    report: Report


@dataclass(frozen=True)
class Rate:
    """Keep my mark for a centre, and for a desk there."""

    centre_code: str
    mark: int
    desk: str = ""


@dataclass(frozen=True)
class AnswerMe:
    """Text me the answer to this question, once it can be looked up.

    It is the one wish that is kept without the database: see `menus/parked.py`.

    Attributes:
        said: what was said on the way to the question, by its names.
    """

    said: Mapping[str, str] = field(repr=False)
    language: str


Wish = TextMe | TellMeWhenReady | SpeakTo | CallMeBack | Complain | Rate | AnswerMe


def grant(
    database: Database,
    keys: Keys,
    country: Country,
    phone: str,
    wishes: Sequence[Wish],
    seconds: float,
) -> bool:
    """Write wishes to the database, in one transaction.

    Returns:
        Whether there was room for all of them.

    Raises:
        models.base.Unavailable: nothing was kept.
    """
    with database.writing(seconds) as connection:
        return grant_in(connection, keys, country, phone, wishes)


def grant_in(
    connection: Connection, keys: Keys, country: Country, phone: str, wishes: Sequence[Wish]
) -> bool:
    """Write wishes in a transaction that is open; say whether there was room for all."""
    phone_hmac, today = keys.phone_hmac(phone), country.day(datetime.now(UTC))
    kept = True
    rekey_phones(connection, keys, [phone])
    for wish in wishes:
        match wish:
            case SpeakTo(language):
                sealed = keys.people.seal(phone, caller_row(phone_hmac))
                choose_language(connection, phone_hmac, sealed, language)
            case TextMe(subject, body):
                _text(connection, keys, country, phone, subject, body)
            case TellMeWhenReady():
                _subscribe(connection, keys, country, phone, wish)
            case CallMeBack(language, place):
                call_backs.ask(connection, keys, phone, language, place)
            case Complain(said):
                kept &= report(connection, keys, phone, said, today)
            case Rate(centre_code, mark, desk):
                rate(connection, phone_hmac, centre_code, today, mark, desk)
    return kept


def _text(
    connection: Connection, keys: Keys, country: Country, phone: str, subject: str, body: str
) -> None:
    """Queue a text once a day there, midnight in the middle of a call included.

    A key that is changed in the middle of a day begins no other day.
    """
    now = datetime.now(UTC)
    abouts = [one.hex() for one in keys.subjects(f"{phone}|{subject}")]
    today, *older = (f"text|{about}|{country.day(now)}" for about in abouts)
    if country.day(now) != country.day(now - CALL):
        before = [f"text|{about}|{country.day(now - CALL)}" for about in abouts]
        if any(queued_since(connection, one, now - CALL) for one in before):
            return
    if not any(is_queued(connection, one) for one in older):
        queue(connection, keys, today, phone, body)


def _subscribe(
    connection: Connection, keys: Keys, country: Country, phone: str, wish: TellMeWhenReady
) -> None:
    """Keep a subscription. All that speaks of its number is moved to the current key first."""
    number, kind = wish.number, wish.kind
    rekey_numbers(connection, keys, country.formats.asked_by(number, kind).items())
    subject, hmacs = keys.subject(number), current_hmacs(keys, country, number, kind)
    rekey_subscription(connection, keys, phone, number, kind, hmacs)
    subscribe(connection, keys, phone, subject, kind, wish.language, hmacs, number)


def number_hmacs(keys: Keys, country: Country, number: str, kind: str) -> list[bytes]:
    """Give every HMAC that a number may be stored under, for one kind or for any.

    A number that no document may bear has one all the same, under which nothing is stored: it
    is looked up and waited for like any other.
    """
    hmacs = [
        hmac
        for number_type, canonical in country.formats.asked_by(number, kind).items()
        for hmac in keys.number_hmacs(number_type, canonical)
    ]
    return hmacs or [keys.subject(number)]
