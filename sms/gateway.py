"""What an SMS gateway is to the line: who sends through it, and what it says of a message.

One file a gateway knows its field names, and speaks of them in these words; what people
text us is a `menus.dial.Text`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from menus.dial import Text
from models.reported import Report as Report

LONGEST = 100
"""Letters of a gateway's id or cost that are kept."""

_NAME = re.compile(r"[A-Za-z]{1,40}")
_PHONE = re.compile(r"\+[0-9]{7,15}")


class Unreadable(ValueError):
    """A request that is not what it should be."""


class Fate(StrEnum):
    """What a submission came to.

    REFUSED is this message's own fault, and final. PASSING was surely not accepted, and may
    be tried again, also elsewhere: the account, the gateway or the way there was at fault.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    PASSING = "passing"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Submitted:
    """What a gateway said of one message.

    Attributes:
        gateway_id: the gateway's own name for it, by which reports will know it.
        cost: as the gateway wrote it: "KES 0.8000".
        reason: a word for why it was not accepted, without personal data.
    """

    fate: Fate
    gateway_id: str | None = None
    cost: str | None = None
    reason: str | None = None

    @property
    def is_trouble(self) -> bool:
        """Say whether it speaks against the gateway, and not against the message."""
        return self.fate in (Fate.PASSING, Fate.UNKNOWN)


@dataclass(frozen=True)
class OptOut:
    """A phone that told the gateway to send it nothing unasked any more."""

    phone: str = field(repr=False)


class Sender(Protocol):
    """Sends one message at a time. Used from several threads at once."""

    name: str
    """The gateway's name in addresses, settings and the outbox."""

    names_by_us: bool
    """Whether the gateway reports a message by the name that we give it with `reference`."""

    def send(self, reference: str, phone: str, body: str) -> Submitted:
        """Hand one message over, and say what became of it. Raises nothing.

        Args:
            reference: our own name for the message, for gateways that keep one.
            phone: E.164.
            body: GSM 7-bit text.
        """

    def answers(self) -> bool:
        """Say within three seconds whether the gateway answers, sending nothing."""


class Adapter(Protocol):
    """Reads what one gateway calls us with: the file of that gateway.

    `read_optout(fields) -> OptOut` is there as well where the gateway tells of those.
    """

    NAME: str
    METHOD: str
    """GET, with its fields behind the address, or POST, with them in a form."""

    def read(self, fields: Mapping[str, str], /) -> Text:
        """Read an incoming message.

        Raises:
            Unreadable: it is none, or comes from no phone.
        """

    def read_report(self, fields: Mapping[str, str], /) -> Report:
        """Read what became of a message that the gateway took.

        Raises:
            Unreadable: it names no message.
        """


def phone_of(text: str) -> str:
    """Give a phone as E.164, with the plus that some gateways leave out or spoil.

    Raises:
        Unreadable: it is none.
    """
    phone = text.strip()
    phone = phone if phone.startswith("+") else f"+{phone}"
    if not _PHONE.fullmatch(phone):
        raise Unreadable
    return phone


def phone_in(text: str) -> str:
    """Give a phone as E.164 where there is one, else nothing."""
    try:
        return phone_of(text)
    except Unreadable:
        return ""


def name_of(text: str) -> str:
    """Give a gateway's name for a message, as much of it as is kept.

    Raises:
        Unreadable: it is none that a database would keep.
    """
    name = kept(text)
    if name is None:
        raise Unreadable
    return name


def kept(value: object) -> str | None:
    """Give as much as is kept of a name or a cost; None where it is no line of text."""
    if isinstance(value, str) and value and value.isprintable():
        return value[:LONGEST]
    return None


def plain_name(value: object) -> str | None:
    """Give a name of letters alone, which can quote neither a number nor a text."""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else None
