"""What an SMS gateway is to the line: who sends through it, and what it says of a message.

One file a gateway knows its field names, and speaks of them in these words; what people
text us is a `menus.dial.Text`.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from models.reported import Report as Report

LONGEST = 100
"""Letters of a gateway's id or cost that are kept."""


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
